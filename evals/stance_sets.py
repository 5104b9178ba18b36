"""Public stance sets and a judge in, its scores beside those of simpler methods out: Emergent, SemEval-2016 task 6, VAST.

None of the sets took part in training the judge or the regression. Their third label is neutral, so a passage found unrelated counts as
neutral, whoever found it.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from evals import baselines, scoring
from evals.scoring import Measured
from tracker.records import LABELS, Label
from tracker.stance.judge import Judge
from tracker.themes.embed import Encoder, OnnxEncoder

LABELS_THERE = LABELS[:3]
TEMPLATE = "{target} is good and deserves support."
FEW_CLAIMS = 30  # with fewer, resampling whole claims would say little: single rows are drawn instead
JUDGE = "judge"

# A target is a sentence if a finite verb follows its subject, and no word before the verb makes it a part of another sentence
_VERB = re.compile(r"\b(?:is|are|was|were|should|must|can|could|would|cannot|has|have|does|do|needs? to)\b")
_PART = re.compile(r"\b(?:that|who|which|what|how|whether|when|where|why|if|those|need|against|about)\b")


@dataclass(frozen=True, slots=True)
class Set:
    """A public set: its file under corpora/stance/, the split scored (None: all rows), its own measure, and whether its claims are targets.

    Emergent's claims are all sentences, if odd ones (headlines); the others name targets, of which some are sentences.
    """

    name: str
    file: str
    split: str | None
    measure: str
    names_targets: bool = True


SETS = (
    Set("emergent", "evaluate_emergent", None, "macro_f1", names_targets=False),
    Set("emergent_test", "evaluate_emergent", "test", "macro_f1", names_targets=False),
    Set("semeval2016", "evaluate_semeval2016t6", "test", "favg"),  # favg: the mean F1 of supports and opposes, over all rows
    Set("vast", "evaluate_vast", "test", "macro_f1"),
)
STATISTICS: dict[str, scoring.Statistic] = {
    "macro_f1": scoring.mean_f1,
    "favg": lambda counts: scoring.mean_f1(counts, 2),
}


@dataclass(frozen=True, slots=True)
class Score:
    """One method on one set."""

    set: str
    method: str
    measure: str
    found: Measured
    labels: tuple[float, ...]  # F1 of LABELS_THERE; nan where a label is neither gold nor found


@dataclass(frozen=True, slots=True)
class Report:
    """Every method on every set. `judge` is the judge's name and revision."""

    judge: str
    found: tuple[Score, ...]

    def rows(self) -> list[tuple[str, float | int | None, str]]:
        """(set: method, value, detail)."""
        return [
            (
                f"{score.set}: {score.method}",
                score.found.value,
                f"{score.measure} {score.found} of {score.found.rows}; F1 "
                + ", ".join(f"{label} {value:.2f}" for label, value in zip(LABELS_THERE, score.labels, strict=True))
                + (f"; {self.judge}" if score.method == JUDGE else ""),
            )
            for score in self.found
        ]


def evaluate(shared: Path, judge: Judge, encoder: Encoder | None = None, sets: Sequence[Set] = SETS) -> Report:
    """Score judge and baselines on sets under `shared`/corpora/stance/. Raises SettingsError naming the file that is wrong."""
    loaded = [read(shared, one) for one in sets]
    regression = baselines.Regression(*baselines.training(shared), encoder or OnnxEncoder())
    methods: dict[str, Callable[[baselines.Pairs], list[Label]]] = {
        JUDGE: lambda pairs: [stance.label for stance in judge.judge(pairs)],
        "regression": regression,
        "vader": baselines.sentiment,
    }
    pairs = [list(zip(rows["text"], rows["claim"], strict=True)) for rows in loaded]
    distinct = list(dict.fromkeys(pair for of_set in pairs for pair in of_set))  # a split's rows are also among all rows
    answers = {method: dict(zip(distinct, answer(distinct), strict=True)) for method, answer in methods.items()}
    found = []
    for one, rows, of_set in zip(sets, loaded, pairs, strict=True):
        gold, claims = rows["label"].tolist(), rows["claim"].tolist()
        found += [score(one, method, gold, [answer[pair] for pair in of_set], claims) for method, answer in answers.items()]
        found.append(score(one, "majority", gold, baselines.majority(gold), claims))
    return Report(judge.name, tuple(found))


def read(shared: Path, one: Set) -> pd.DataFrame:
    """Text, claim and label of the rows scored, targets made claims."""
    rows = baselines.frame(shared, one.file)
    rows = rows if one.split is None else rows[rows["split"] == one.split]
    return rows.assign(claim=rows["claim"].map(claim)) if one.names_targets else rows


def claim(target: str) -> str:
    """The target, if it is a sentence; else TEMPLATE about it."""
    verb = _VERB.search(target.lower())
    if verb and verb.start() > 0 and verb.end() < len(target) and not _PART.search(target.lower()[: verb.start()]):
        return target
    return TEMPLATE.format(target=target[:1].upper() + target[1:])


def score(one: Set, method: str, gold: Sequence[Label], found: Sequence[Label], claims: Sequence[str]) -> Score:
    """A method's answers against gold; unrelated counts as neutral. The interval draws whole claims, or rows where claims are few."""
    truth, answers = (np.array([min(LABELS.index(label), 2) for label in labels]) for labels in (gold, found))
    by_claim = len(set(claims)) >= FEW_CLAIMS
    cluster = scoring.clusters(claims if by_claim else [None] * len(claims))
    counts = scoring.confusions(truth, answers, cluster, len(LABELS_THERE))
    measured = scoring.measured(counts, STATISTICS[one.measure], len(truth))
    return Score(one.name, method, one.measure, measured, tuple(scoring.f1(counts.sum(axis=0)).tolist()))
