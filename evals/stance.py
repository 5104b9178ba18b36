"""Labelled passages and a judge in, its scores out: macro-F1 with its interval, each label, polarity, calibration, thresholds."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from tracker.errors import SettingsError
from tracker.records import LABELS, Label, Stance
from tracker.stance.evidence import decide
from tracker.stance.judge import Judge

DRAWS = 1000  # bootstrap resamples of passages: the ends of the interval then move by less than 0.005
SEED = 20251125  # any number; fixed so that a score can be repeated
BINS = 10  # of equal width, for the expected calibration error

Row: TypeAlias = dict[str, Any]
Ints: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LabelScore:
    """How well one label is found."""

    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True, slots=True)
class Report:
    """Scores of one judge on one labelled set; but for `decided`, of its most probable labels.

    `low`, `high`: 95 % bootstrap interval of `macro_f1`. `polarity`: of the `polarity_rows` passages that are supports or opposes
    and are called one of the two, the share called the right one. `ece`: expected calibration error. `related_f1`: everything but
    unrelated, against unrelated. `decided`: scores after `evidence.decide`. `confusion`: gold label -> found label -> passages.
    """

    judge: str
    passages: int
    macro_f1: float
    low: float
    high: float
    accuracy: float
    polarity: float
    polarity_rows: int
    ece: float
    related_f1: float
    labels: dict[str, LabelScore]
    decided: dict[str, LabelScore]
    confusion: dict[str, dict[str, int]]

    def rows(self) -> list[tuple[str, float | int | None, str]]:
        """(measure, value, detail): shares, the larger the better; then the confusion matrix, a line for each gold label."""
        table: list[tuple[str, float | int | None, str]] = [
            ("macro_f1", self.macro_f1, f"95 % {self.low:.3f} to {self.high:.3f}; {self.passages} passages; {self.judge}"),
            ("accuracy", self.accuracy, ""),
            ("polarity", self.polarity, f"right side, of {self.polarity_rows} sided passages given a side"),
            ("calibration", 1 - self.ece, "1 - expected calibration error"),
            ("related_f1", self.related_f1, "supports, opposes or neutral against unrelated"),
        ]
        for prefix, scores in (("", self.labels), ("decided ", self.decided)):
            table += [
                (f"{prefix}{k}", s.f1, f"F1; P {s.precision:.3f} R {s.recall:.3f} of {s.support}") for k, s in scores.items()
            ]
        for gold, found in self.confusion.items():
            table.append((f"gold {gold}", sum(found.values()), "called " + ", ".join(f"{n} {k}" for k, n in found.items())))
        return table

    def as_dict(self) -> dict[str, Any]:
        """The report as plain JSON values, numbers rounded to four digits."""
        rounded: dict[str, Any] = json.loads(json.dumps(asdict(self)), parse_float=lambda number: round(float(number), 4))
        return rounded


def evaluate(path: Path, judge: Judge) -> Report:
    """Score the judge on a JSONL file of {text, claim, label}. Raises SettingsError if the file is not that."""
    return _judged(judge, read(path))


def score(judge: Judge, rows: Sequence[Row]) -> dict[str, Any]:
    """Scores of the judge on rows {text, claim, label}, as plain JSON values."""
    return _judged(judge, rows).as_dict()


def read(path: Path) -> list[Row]:
    """Rows of a labelled JSONL file. Raises SettingsError naming the file, the line and the fix."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
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


def report(name: str, gold: Sequence[Label], stances: Sequence[Stance]) -> Report:
    """All scores of the answers `stances` to rows labelled `gold`."""
    truth = np.array([LABELS.index(label) for label in gold])
    chances = np.array([[s.supports, s.opposes, s.neutral, s.unrelated] for s in stances])
    found = chances.argmax(axis=1)
    decided = np.array([LABELS.index(decide(s)) for s in stances])
    low, high = _interval(truth, found)
    sided = (truth < 2) & (found < 2)
    return Report(
        judge=name,
        passages=len(truth),
        macro_f1=macro_f1(truth, found),
        low=low,
        high=high,
        accuracy=float((truth == found).mean()),
        polarity=float((truth[sided] == found[sided]).mean()) if sided.any() else 0.0,
        polarity_rows=int(sided.sum()),
        ece=calibration_error(truth, chances),
        related_f1=_of_label(truth < 3, found < 3).f1,
        labels={label: _of_label(truth == i, found == i) for i, label in enumerate(LABELS)},
        decided={"related": _of_label(truth < 3, decided < 3)}
        | {label: _of_label(truth == i, decided == i) for i, label in enumerate(LABELS[:3])},
        confusion={g: {f: int(((truth == i) & (found == j)).sum()) for j, f in enumerate(LABELS)} for i, g in enumerate(LABELS)},
    )


def macro_f1(truth: Ints, found: Ints) -> float:
    """Mean F1 of the labels that occur in `truth` or `found` (positions in LABELS)."""
    seen = np.union1d(truth, found)
    return float(np.mean([_of_label(truth == i, found == i).f1 for i in seen]))


def calibration_error(truth: Ints, chances: Floats) -> float:
    """Expected calibration error of the most probable label; `chances` has shape (rows, 4)."""
    sure, right = chances.max(axis=1), chances.argmax(axis=1) == truth
    place = np.minimum((sure * BINS).astype(int), BINS - 1)
    bins = [place == b for b in range(BINS) if (place == b).any()]
    return sum(abs(float(right[b].sum() - sure[b].sum())) for b in bins) / len(truth)


def _judged(judge: Judge, rows: Sequence[Row]) -> Report:
    return report(judge.name, [row["label"] for row in rows], judge.judge([(row["text"], row["claim"]) for row in rows]))


def _interval(truth: Ints, found: Ints) -> tuple[float, float]:
    draw = np.random.default_rng(SEED)
    picks = draw.integers(0, len(truth), size=(DRAWS, len(truth)))
    low, high = np.quantile([macro_f1(truth[rows], found[rows]) for rows in picks], [0.025, 0.975])
    return float(low), float(high)


def _of_label(truth: npt.NDArray[np.bool_], found: npt.NDArray[np.bool_]) -> LabelScore:
    hits = int((truth & found).sum())
    precision, recall = hits / max(int(found.sum()), 1), hits / max(int(truth.sum()), 1)
    return LabelScore(precision, recall, 2 * hits / max(int(truth.sum()) + int(found.sum()), 1), int(truth.sum()))
