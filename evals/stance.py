"""Labelled passages and a judge in, its scores out: overall and per theme, with intervals over outlets, and its worst mistakes."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from evals import mistakes, scoring
from evals.mistakes import Mistake
from evals.scoring import Floats, Ints, Measured
from tracker.errors import SettingsError
from tracker.records import LABELS, Label, Stance
from tracker.stance import evidence
from tracker.stance.judge import Judge

ALL = "all"  # the theme under which the scores of the whole set stand

Row: TypeAlias = dict[str, Any]
Confusion: TypeAlias = dict[str, dict[str, int]]  # gold label -> found label -> passages


@dataclass(frozen=True, slots=True)
class LabelScore:
    """How well one label is found."""

    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True, slots=True)
class Report:
    """Scores of one judge on one labelled set; but for `decided`, of its most probable labels. docs/method.md explains each measure.

    `measures`: theme ("all" first) -> measure -> value with a 95 % bootstrap interval over outlets. `perfect_ece`: the calibration error
    that the same probabilities would show on so few passages if they were exactly right. `decided`: scores after `evidence.decide`.
    `confusion`: of the most probable labels. `published`: of the labels a run publishes, without the mentions on which the judge abstains.
    `crossed`: the same after a calibration fitted without the passage's outlet; empty with too few outlets.
    """

    judge: str
    measures: dict[str, dict[str, Measured]]
    perfect_ece: float
    labels: dict[str, LabelScore]
    decided: dict[str, LabelScore]
    confusion: Confusion
    published: Confusion
    crossed: Confusion
    mistakes: tuple[Mistake, ...] = ()

    def rows(self) -> list[tuple[str, float | int | None, str]]:
        """(measure, value, detail): shares, the larger the better; a line for each theme; then the confusion matrix and the mistakes."""
        found = self.measures[ALL]
        notes = {"macro_f1": self.judge, **_NOTES}
        table: list[tuple[str, float | int | None, str]] = [
            (m, found[m].value, f"{_ends(found[m])}; {note}") for m, note in notes.items()
        ]
        for measure, note in _CALIBRATIONS.items():
            error = found[measure.replace("calibration", "ece")]
            detail = f"1 - expected calibration error {error}; {note}; by chance alone {self.perfect_ece:.3f}"
            table.append((measure, None if error.value is None else 1 - error.value, detail))
        for prefix, scores in (("", self.labels), ("decided ", self.decided)):
            table += [
                (f"{prefix}{k}", s.f1, f"F1; P {s.precision:.3f} R {s.recall:.3f} of {s.support}") for k, s in scores.items()
            ]
        table += [(f"theme {theme}", of["macro_f1"].value, _of_theme(of)) for theme, of in self.measures.items() if theme != ALL]
        for name, confusion in (
            ("gold", self.confusion),
            ("published, gold", self.published),
            ("cross-fitted, gold", self.crossed),
        ):
            table += [
                (f"{name} {gold}", sum(of.values()), "called " + ", ".join(f"{n} {label}" for label, n in of.items()))
                for gold, of in confusion.items()
            ]
        return table + [(f"wrong: {polarity}", number, kinds) for polarity, number, kinds in mistakes.counted(self.mistakes)]

    def worst(self, number: int) -> list[tuple[tuple[str, ...], list[tuple[Any, ...]]]]:
        """Two tables (columns, rows): so many mistakes, the surest, kind by kind; and how many there are of each kind. Screen only."""
        surest = self.mistakes[:number]
        listed: list[tuple[Any, ...]] = [mistake.row() for mistake in mistakes.by_kind(surest)]
        return [(mistakes.COLUMNS, listed), (mistakes.COUNTED, [*mistakes.counted(surest)])]

    def scores(self, name: str, *, by_theme: bool = True) -> dict[str, Any]:
        """What tracker/stance/model/SCORES.json holds: judge, rows {set, theme, measure, value, low, high, rows}, confusion."""
        rows = [
            {"set": name, "theme": theme, "measure": measure, **found.as_dict()}
            for theme, of_theme in self.measures.items()
            for measure, found in of_theme.items()
            if found.value is not None and (by_theme or theme == ALL)
        ]
        return {"judge": self.judge, "rows": rows, "confusion": self.crossed or self.published}


_NOTES = {
    "accuracy": "most probable label",
    "macro_f1_related": "three labels, of passages gold related",
    "polarity": "macro-F1 of the likelier side, of passages with a gold side",
    "polarity_strict": "the same with all four answers open",
    "related_f1": "supports, opposes or neutral against unrelated",
    "abstained": "of the passages found related, those it is not sure of (evidence.is_unsure)",
    "macro_f1_sure": "of the labels as published (evidence.decide), without those",
}
_CALIBRATIONS = {
    "calibration": "as judged",
    "calibration_crossfit": "vector scaling fitted without the outlet",
    "calibration_temperature": "one temperature fitted without the outlet",
}


def evaluate(path: Path, judge: Judge) -> Report:
    """Score the judge on a JSONL file of {text, claim, label}, and perhaps {id, theme, outlet}. Raises SettingsError."""
    return _judged(judge, read(path))


def read(path: Path) -> list[Row]:
    """Rows of a labelled JSONL file. Raises SettingsError naming the file, the line and the fix."""
    try:
        lines = path.read_text(encoding="utf-8").split(
            "\n"
        )  # splitlines would also cut at U+2028, which JSON allows inside a string
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: cannot be read as UTF-8 text: {error}. Name a gold set with --gold.") from None
    rows = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise SettingsError(f"{path}, line {number}: not JSON: {error.msg}") from None
        if not isinstance(row, dict) or not {"text", "claim", "label"} <= row.keys() or row["label"] not in LABELS:
            raise SettingsError(f"{path}, line {number}: needs text, claim and a label out of {', '.join(LABELS)}")
        rows.append(row)
    if not rows:
        raise SettingsError(f"{path}: holds no rows")
    return rows


def report(
    name: str,
    gold: Sequence[Label],
    stances: Sequence[Stance],
    outlets: Sequence[str | None] | None = None,
    themes: Sequence[str | None] | None = None,
    sure: float = evidence.SURE,
) -> Report:
    """All scores of the answers `stances` to rows labelled `gold`. Without `outlets` the intervals are over passages.

    `sure`: the probability below which the judge abstains.
    """
    truth = np.array([LABELS.index(label) for label in gold])
    chances = np.array([[s.supports, s.opposes, s.neutral, s.unrelated] for s in stances])
    found, (decided, _) = chances.argmax(axis=1), _decided(chances, sure)
    cluster = scoring.clusters(outlets or [None] * len(truth))
    crossed, warmed = (scoring.cross_fitted(chances, truth, cluster, shared=shared) for shared in (False, True))
    measures = {ALL: _measures(truth, chances, cluster) | _published(truth, chances, cluster, sure)}
    for measure, fitted in (("ece_crossfit", crossed), ("ece_temperature", warmed)):
        measures[ALL][measure] = (
            _calibration(truth, fitted, cluster) if fitted is not None else Measured(None, None, None, len(truth))
        )
    named = np.array([theme or "" for theme in themes or [None] * len(truth)])
    for theme in sorted(set(named.tolist()) - {""}):
        measures[theme] = _measures(truth[named == theme], chances[named == theme], cluster[named == theme])
    return Report(
        judge=name,
        measures=measures,
        perfect_ece=scoring.perfect_error(chances),
        labels={label: _of_label(truth == i, found == i) for i, label in enumerate(LABELS)},
        decided={"related": _of_label(truth < 3, decided < 3)}
        | {label: _of_label(truth == i, decided == i) for i, label in enumerate(LABELS[:3])},
        confusion=_confusion(truth, found),
        published=_as_published(truth, chances, sure),
        crossed={} if crossed is None else _as_published(truth, crossed, sure),
    )


def _judged(judge: Judge, rows: Sequence[Row]) -> Report:
    stances = judge.judge([(row["text"], row["claim"]) for row in rows])
    outlets, themes = ([None if row.get(key) is None else str(row[key]) for row in rows] for key in ("outlet", "theme"))
    scored = report(judge.name, [row["label"] for row in rows], stances, outlets, themes)
    return replace(scored, mistakes=mistakes.find(rows, stances))


def _measures(truth: Ints, chances: Floats, cluster: Ints) -> dict[str, Measured]:
    """What is measured of the whole set and of each theme."""
    found, related, sided = chances.argmax(axis=1), truth < 3, truth < 2
    four = scoring.confusions(truth, found, cluster, 4)
    three = scoring.confusions(truth[related], chances[related, :3].argmax(axis=1), cluster[related], 3)
    two = scoring.confusions(truth[sided], chances[sided, :2].argmax(axis=1), cluster[sided], 2)
    strict = scoring.confusions(truth[sided], found[sided], cluster[sided], 4)
    bears = scoring.confusions((~related).astype(int), (found == 3).astype(int), cluster, 2)
    rows, sides = len(truth), int(sided.sum())
    return {
        "macro_f1": scoring.measured(four, scoring.mean_f1, rows),
        "accuracy": scoring.measured(four, scoring.accuracy, rows),
        "macro_f1_related": scoring.measured(three, scoring.mean_f1, int(related.sum())),
        "polarity": scoring.measured(two, scoring.mean_f1, sides),
        "polarity_strict": scoring.measured(strict, lambda counts: scoring.mean_f1(counts, 2), sides),
        "related_f1": scoring.measured(bears, scoring.f1_of(0), rows),
        "ece": _calibration(truth, chances, cluster),
        **{f"f1_{label}": scoring.measured(four, scoring.f1_of(i), int((truth == i).sum())) for i, label in enumerate(LABELS)},
    }


def _published(truth: Ints, chances: Floats, cluster: Ints, sure: float) -> dict[str, Measured]:
    """Of the labels that a run publishes: the share of mentions on which the judge abstains, and macro-F1 on all other passages."""
    labels, unsure = _decided(chances, sure)
    mentions = labels < 3
    abstained = scoring.confusions((~unsure[mentions]).astype(int), np.zeros_like(truth[mentions]), cluster[mentions], 2)
    four = scoring.confusions(truth[~unsure], labels[~unsure], cluster[~unsure], 4)
    return {
        "abstained": scoring.measured(abstained, scoring.accuracy, int(mentions.sum())),
        "macro_f1_sure": scoring.measured(four, scoring.mean_f1, int((~unsure).sum())),
    }


def _decided(chances: Floats, sure: float) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """What a run makes of the probabilities: positions in LABELS, and which mentions the judge abstains on."""
    stances = [Stance(*map(float, chance)) for chance in chances]
    labels = np.array([LABELS.index(evidence.decide(stance)) for stance in stances])
    return labels, (labels < 3) & np.array([evidence.is_unsure(stance, sure) for stance in stances])


def _calibration(truth: Ints, chances: Floats, cluster: Ints) -> Measured:
    counts = scoring.calibration_counts(truth, chances, cluster)
    return scoring.measured(counts, scoring.calibration_error, len(truth), unbiased=True)


def _ends(found: Measured) -> str:
    return ("" if found.low is None else f"95 % {found.low:.3f} to {found.high:.3f}, ") + f"{found.rows} passages"


def _of_theme(of: dict[str, Measured]) -> str:
    return (
        f"{_ends(of['macro_f1'])}; three labels {of['macro_f1_related']}; polarity {of['polarity']} of {of['polarity'].rows}; "
        f"calibration error {of['ece']}"
    )


def _as_published(truth: Ints, chances: Floats, sure: float) -> Confusion:
    labels, unsure = _decided(chances, sure)
    return _confusion(truth[~unsure], labels[~unsure])


def _confusion(truth: Ints, found: Ints) -> Confusion:
    counts = scoring.confusions(truth, found, np.zeros_like(truth), len(LABELS))[0]
    return {gold: {label: int(counts[i, j]) for j, label in enumerate(LABELS)} for i, gold in enumerate(LABELS)}


def _of_label(truth: npt.NDArray[np.bool_], found: npt.NDArray[np.bool_]) -> LabelScore:
    hits = int((truth & found).sum())
    precision, recall = hits / max(int(found.sum()), 1), hits / max(int(truth.sum()), 1)
    return LabelScore(precision, recall, 2 * hits / max(int(truth.sum()) + int(found.sum()), 1), int(truth.sum()))
