"""Labelled sets in, training pairs (text, claim, label) out; nothing here needs torch."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from tracker.records import LABELS, Label

FOLDS = 4  # themes are held out in four groups: one training each, and every theme is judged by a model that never saw it
FLIP: dict[Label, Label] = {"supports": "opposes", "opposes": "supports", "neutral": "neutral", "unrelated": "unrelated"}
FIRST_STAGE = {"perspectrum": 9000, "ibm30k": 9000, "debatepoints": 5000}  # pairs taken of each: about six minutes on two cores
CLIMATEFEVER = 3000  # the one first-stage set with 'neutral'
# Shares of the pairs that are also shown with another wording of their claim; unrelated ones too, else wording gives a side away.
CONTRARY: dict[Label, float] = {"supports": 0.9, "opposes": 0.7, "neutral": 0.6, "unrelated": 0.5}
SAME = 0.3
MAX_TOKENS = 128  # of text and claim together: 99.9 % of the silver pairs are shorter
MAX_FIRST_CHARS = 400  # as long as our own passages get


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


def silver(shared: Path) -> list[Pair]:
    """The silver set: real passages for 47 claims, one reading."""
    return _pairs(pd.read_parquet(shared / "corpora/stance/train_ai_silver.parquet"))


def article_groups(shared: Path) -> list[int]:
    """A number for each silver row: the same for passages of one outlet and day, and for those that share a text."""
    frame = pd.read_parquet(shared / "corpora/stance/train_ai_silver.parquet")
    of_day = frame.groupby(["source", "outlet", "published"], dropna=False).ngroup()
    of_text = frame.groupby("text").ngroup()
    nodes = np.arange(len(frame)), of_day.to_numpy() + len(frame), of_text.to_numpy() + 2 * len(frame)
    rows = np.concatenate([nodes[0], nodes[0]])
    links = coo_matrix((np.ones(len(rows)), (rows, np.concatenate(nodes[1:]))), (3 * len(frame), 3 * len(frame)))
    return [int(group) for group in connected_components(links)[1][: len(frame)]]


def dev(shared: Path) -> list[Pair]:
    """The development set: 406 passages, eleven themes; never trained on."""
    return _pairs(pd.read_json(shared / "evals/stance_ai_dev.jsonl", lines=True))


def first_stage(shared: Path, seed: int) -> list[Pair]:
    """A sample of the argument sets whose licences allow shipped weights, plus mismatched claims as 'unrelated'."""
    picked: list[Pair] = []
    for name, size in {**FIRST_STAGE, "climatefever": CLIMATEFEVER}.items():
        frame = pd.read_parquet(shared / f"corpora/stance/train_{name}.parquet").assign(theme="")
        frame = frame[frame.text.str.len().between(15, MAX_FIRST_CHARS)]
        picked += _pairs(frame.sample(n=min(size, len(frame)), random_state=seed))
    return picked + mismatched(picked, len(picked) // 5, seed)


def mismatched(pairs: Sequence[Pair], count: int, seed: int) -> list[Pair]:
    """`count` texts paired with a claim of another pair: easy 'unrelated' ones, which nearness of embedding never shows us."""
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


def _pairs(frame: pd.DataFrame) -> list[Pair]:
    return [Pair(*row) for row in frame[["theme", "text", "claim", "label"]].itertuples(index=False, name=None)]
