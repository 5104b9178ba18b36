"""The SCORES.json beside a judge's weights comes in; what that judge scores on passages it never saw goes out.

It is written with the weights (`python -m training.ship`) and holds for them alone: of any other judge nothing is known.
"""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tracker.errors import ModelError
from tracker.records import Label
from tracker.stance.judge import MODEL, REPAIR


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Score(_Strict):
    """One score on one set of labelled passages; `theme` is a slug, or all. low..high is its 95 % interval, None where none was made."""

    set: str
    theme: str
    measure: str
    value: float
    low: float | None = None
    high: float | None = None
    rows: int


class Scores(_Strict):
    """A judge's scores, and how it errs: gold label -> found label -> passages, of which it was sure (evidence.is_unsure)."""

    judge: str
    rows: tuple[Score, ...]
    confusion: dict[Label, dict[Label, int]] = Field(default_factory=dict)


def of(judge: str, folder: Path = MODEL) -> Scores | None:
    """The scores of the judge of that name; None if the folder holds none, or those of another judge. Raises ModelError if they cannot be read."""
    path = folder / "SCORES.json"
    if not path.is_file():
        return None
    try:
        scores = Scores.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        raise ModelError(f"{path} cannot be read ({first['msg']} at {'.'.join(map(str, first['loc']))}). {REPAIR}") from None
    return scores if scores.judge == judge else None
