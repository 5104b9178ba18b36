"""The judge's manifest and the scores of its last evaluation come in; the figures of the Method page go out."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

import tracker

_ROOT = Path(tracker.__file__).parent
MANIFEST = _ROOT / "stance" / "model" / "MANIFEST.json"
SCORES = _ROOT.parent / "evals" / "stance_loto.json"  # in a checkout; not part of the installed package
KNOWN = "themes_seen_dev"  # labelled passages, none seen in training, on claims it was trained on: those of themes.yaml
HELD_OUT = "themes_held_out_dev"  # the same passages, by judges that had not seen the claim: what a claim you add gets
LABELS = ("supports", "opposes", "neutral", "unrelated")


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Of the judge on one set: macro-F1 with its 95% interval, passages, share of right polarity, and two tables."""

    macro_f1: float
    low: float
    high: float
    passages: int
    polarity: float
    made: str
    labels: pd.DataFrame  # label, precision, recall, f1, support
    confusion: pd.DataFrame  # gold label -> found label -> rows


def judge_name(manifest: Path = MANIFEST) -> str | None:
    """Name and revision of the packaged judge; None if no model is packaged."""
    found = _read(manifest)
    return None if found is None else f"{found.get('name', 'judge')} {found.get('revision', '')}".strip()


def read(part: str, scores: Path = SCORES) -> Accuracy | None:
    """The figures; None where the evaluation was not run, or was written in a shape this page does not know."""
    found = (_read(scores) or {}).get(part)
    if not isinstance(found, dict) or not {"macro_f1", "low", "high", "passages", "polarity", "labels", "confusion"} <= found.keys():
        return None
    labels = pd.DataFrame([{"label": label, **found["labels"][label]} for label in LABELS if label in found["labels"]])
    confusion = pd.DataFrame([{"label": gold, **found["confusion"].get(gold, {})} for gold in LABELS])
    numbers = [float(found[key]) for key in ("macro_f1", "low", "high")]
    made = str((_read(scores) or {}).get("made", ""))
    return Accuracy(numbers[0], numbers[1], numbers[2], int(found["passages"]), float(found["polarity"]), made, labels, confusion)


def _read(path: Path) -> dict[str, Any] | None:
    if not path.exists():
        return None
    found = json.loads(path.read_text(encoding="utf-8"))
    return found if isinstance(found, dict) else None
