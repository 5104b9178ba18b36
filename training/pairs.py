"""Labelled sets in, training pairs (text, claim, label) out; nothing here needs torch."""

import hashlib
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import yaml

from tracker.records import LABELS, Label

FOLDS = 4  # themes are held out in four groups: one training each, and every theme is judged by a model that never saw it
HELD_OUT = 0.05  # of the real passages, by their text: never trained on, to calibrate on and to choose by
FLIP: dict[Label, Label] = {"supports": "opposes", "opposes": "supports", "neutral": "neutral", "unrelated": "unrelated"}
# Pairs taken of each argument set for the first stage: as many as two cores read in half an hour
FIRST_STAGE = {"perspectrum": 9000, "ibm30k": 10000, "debatepoints": 6000, "climatefever": 4000, "newsmtsc": 5000}
KEPT_FROM_FIRST = 4000  # of these shown again in the second stage, so that it does not forget arguments outside technology
# Shares of the pairs that are also shown against the contrary claim; unrelated ones too, else wording gives a side away.
CONTRARY: dict[Label, float] = {"supports": 0.6, "opposes": 0.5, "neutral": 0.3, "unrelated": 0.15}
SAME = 0.1  # and against the reworded claim
MISMATCHED = 1500  # texts shown with a claim of another pair: easy 'unrelated' ones, which nearness of embedding never shows us
MAX_TOKENS = 128  # of text and claim together: 99.9 % of the silver pairs are shorter
MAX_FIRST_CHARS = 500  # a little longer than our own passages get
TARGET = "{} is good and deserves support."  # makes a claim of a bare target, as newsmtsc has


@dataclass(frozen=True, slots=True)
class Pair:
    """One labelled (text, claim). `theme` groups the pairs that must be held out together; empty for the first-stage sets."""

    theme: str
    text: str
    claim: str
    label: Label

    @property
    def target(self) -> int:
        """Position of the label in LABELS."""
        return LABELS.index(self.label)

    @property
    def key(self) -> str:
        """A digest of text and claim, by which logits are found again."""
        return hashlib.sha256(f"{self.text}\n{self.claim}".encode()).hexdigest()[:16]


def silver(shared: Path) -> list[Pair]:
    """The silver set: real passages for 47 claims, one reading."""
    return _pairs(pd.read_parquet(shared / "corpora/stance/train_ai_silver.parquet"))


def dev(shared: Path) -> list[Pair]:
    """The development set: 406 passages, eleven themes; never trained on."""
    return _pairs(pd.read_json(shared / "evals/stance_ai_dev.jsonl", lines=True))


def first_stage(shared: Path, seed: int) -> list[Pair]:
    """A sample of the argument sets whose licences allow shipped weights, in random order."""
    picked: list[Pair] = []
    for name, size in FIRST_STAGE.items():
        frame = pd.read_parquet(shared / f"corpora/stance/train_{name}.parquet").assign(theme="")
        frame = frame[frame.text.str.len().between(15, MAX_FIRST_CHARS)]
        if name == "newsmtsc":
            frame = frame.assign(claim=frame.claim.map(TARGET.format))
        picked += _pairs(frame.sample(n=min(size, len(frame)), random_state=seed))
    random.Random(seed).shuffle(picked)
    return picked


def is_held_out(text: str) -> bool:
    """Whether a real passage is kept from training: by its text, so that it is for every claim."""
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) / 2**32 < HELD_OUT


def without_dev(pairs: Iterable[Pair], dev: Iterable[Pair]) -> list[Pair]:
    """The pairs whose text shares no more than three runs of six words, and less than a third of its runs, with the dev set."""
    shown = set().union(*(_runs(pair.text) for pair in dev))
    kept = []
    for pair in pairs:
        runs = _runs(pair.text)
        if len(runs & shown) < 4 and len(runs & shown) <= 0.3 * len(runs):
            kept.append(pair)
    return kept


def mismatched(pairs: Sequence[Pair], count: int, seed: int) -> list[Pair]:
    """At most `count` texts paired with a claim of another pair."""
    draw = random.Random(seed)
    claims = sorted({(p.theme, p.claim) for p in pairs})
    rows = []
    for pair in draw.choices(list(pairs), k=count):
        theme, claim = draw.choice(claims)
        if claim != pair.claim:
            rows.append(Pair(theme, pair.text, claim, "unrelated"))
    return rows


def reworded(pairs: Iterable[Pair], claims: Path, seed: int) -> list[Pair]:
    """Pairs against the contrary claim (label flipped) and the reworded claim: most with a side, fewer of the others."""
    draw = random.Random(seed)
    words: dict[str, dict[str, str]] = yaml.safe_load(claims.read_text(encoding="utf-8"))
    rows = []
    for pair in pairs:
        if draw.random() < CONTRARY[pair.label]:
            rows.append(Pair(pair.theme, pair.text, words[pair.theme]["contrary"], FLIP[pair.label]))
        if draw.random() < SAME:
            rows.append(Pair(pair.theme, pair.text, words[pair.theme]["same"], pair.label))
    return rows


def fold_of(themes: Iterable[str]) -> dict[str, int]:
    """Theme -> fold: themes in alphabetical order, dealt out like cards."""
    return {theme: i % FOLDS for i, theme in enumerate(sorted(set(themes)))}


def _runs(text: str) -> set[str]:
    words = "".join(c if c.isalnum() else " " for c in text.lower()).split()
    return {" ".join(words[i : i + 6]) for i in range(max(1, len(words) - 5))}


def _pairs(frame: pd.DataFrame) -> list[Pair]:
    return [Pair(*row) for row in frame[["theme", "text", "claim", "label"]].itertuples(index=False, name=None)]
