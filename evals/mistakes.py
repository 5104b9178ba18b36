"""Labelled rows and a judge's answers in, the wrong ones out, the surest first, and how often each kind occurs.

A mistake carries its passage, which is other people's text: it is for the screen, and no file of this repository.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tracker.records import LABELS, Label, Stance

SIDES = ("supports", "opposes")
COLUMNS = ("polarity", "kind", "probability", "of_gold", "id", "theme", "text")
COUNTED = ("polarity", "mistakes", "kinds")
POLARITIES = (
    "other side",
    "side lost",
    "side made up",
    "no side in play",
)  # what a mistake does to a net stance, the worst first


@dataclass(frozen=True, slots=True)
class Mistake:
    """A passage whose most probable label is not its gold label. `probability` is the found label's, `of_gold` the gold label's."""

    id: str
    theme: str
    gold: Label
    found: Label
    probability: float
    of_gold: float
    text: str

    @property
    def kind(self) -> str:
        """As "supports -> neutral"."""
        return f"{self.gold} -> {self.found}"

    @property
    def polarity(self) -> str:
        """Which of POLARITIES."""
        if self.gold in SIDES:
            return POLARITIES[0] if self.found in SIDES else POLARITIES[1]
        return POLARITIES[2] if self.found in SIDES else POLARITIES[3]

    def row(self) -> tuple[str | float, ...]:
        """Its cells, under COLUMNS; the passage on one line."""
        return (self.polarity, self.kind, self.probability, self.of_gold, self.id, self.theme, " ".join(self.text.split()))


def find(rows: Sequence[Mapping[str, Any]], stances: Sequence[Stance]) -> tuple[Mistake, ...]:
    """The mistakes among rows {text, label} and perhaps {id, theme}, the confidently wrong first; an id is else the row's number."""
    wrong = []
    for number, (row, stance) in enumerate(zip(rows, stances, strict=True), start=1):
        if stance.label != row["label"]:
            chances = dict(zip(LABELS, (stance.supports, stance.opposes, stance.neutral, stance.unrelated), strict=True))
            wrong.append(
                Mistake(
                    str(row.get("id", number)), str(row.get("theme", "")), row["label"], stance.label,
                    chances[stance.label], chances[row["label"]], str(row["text"]),
                )
            )  # fmt: skip
    return tuple(sorted(wrong, key=lambda mistake: -mistake.probability))


def by_kind(mistakes: Iterable[Mistake]) -> list[Mistake]:
    """The same, the worst polarity first, then kind by kind; within a kind in the order given."""
    return sorted(mistakes, key=lambda mistake: (POLARITIES.index(mistake.polarity), mistake.kind))


def counted(mistakes: Iterable[Mistake]) -> list[tuple[str, int, str]]:
    """(polarity, mistakes, the kinds among them with their numbers), under COUNTED, the worst polarity first."""
    found = list(mistakes)
    table = []
    for polarity in POLARITIES:
        kinds = Counter(mistake.kind for mistake in found if mistake.polarity == polarity)
        table.append((polarity, kinds.total(), ", ".join(f"{times} {kind}" for kind, times in kinds.most_common())))
    return table
