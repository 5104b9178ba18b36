"""Stories with their true themes and the ids they were given come in; how far the ids are the themes goes out.

B-cubed (Bagga and Baldwin 1998): a story's precision is the share of its id's stories that are of its true theme, its recall the share of its
true theme's stories that have its id; means over stories, F their harmonic mean. A story without an id is an id of its own, a stray a true
theme of its own. Two readings:

- as assigned: the id given on the story's own night, against the true theme of that night. A theme that merged into another is itself
  before that night and the other from that night on; of a theme that split, the smaller side is a new theme from that night on. Also without
  the nights on which they are on their way into each other, or apart.
- at the end: the id the story has after the last night (a merged id is what it became), against what the true theme became in the end: all
  stories of a theme that merged are the other's.

What a person merged counts like a true merge of that night.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

Ids = Sequence[str | None]
Classes = Sequence[int | None]

FEWEST = 3  # stories of a true theme under an id that count as more than a stray


@dataclass(frozen=True, slots=True)
class BCubed:
    """Means over stories, 0..1."""

    precision: float
    recall: float

    @property
    def f(self) -> float:
        """The harmonic mean."""
        return 2 * self.precision * self.recall / (self.precision + self.recall) if self.precision + self.recall else 0.0


@dataclass(frozen=True, slots=True)
class Agreement:
    """How ids agree with true themes.

    `ids`: true theme -> ids with at least three of its stories; `main_share`: of the stories of true themes that have an id, the share under
    their theme's main id; `joined`: ids with at least three stories of a second true theme; `unassigned`: share of the true themes' stories
    without an id; `strays_placed`: share of the strays with one.
    """

    bcubed: BCubed
    ids: Mapping[int, int]
    main_share: float
    joined: tuple[str, ...]
    unassigned: float
    strays_placed: float

    @property
    def with_one_id(self) -> int:
        """True themes with exactly one id."""
        return sum(count == 1 for count in self.ids.values())


def bcubed(ids: Ids, classes: Classes) -> BCubed:
    """Precision and recall; None is an id, or a class, of its own."""
    id_of: list[Hashable] = [(i, "alone") if found is None else found for i, found in enumerate(ids)]
    class_of: list[Hashable] = [(i, "alone") if true is None else true for i, true in enumerate(classes)]
    both, by_id, by_class = Counter(zip(id_of, class_of, strict=True)), Counter(id_of), Counter(class_of)
    stories = max(len(id_of), 1)
    return BCubed(
        sum(n * n / by_id[found] for (found, _), n in both.items()) / stories,
        sum(n * n / by_class[true] for (_, true), n in both.items()) / stories,
    )


def agreement(ids: Ids, classes: Classes) -> Agreement:
    """Every measure of one reading."""
    under: dict[int, Counter[str]] = defaultdict(Counter)
    themes_of: dict[str, Counter[int]] = defaultdict(Counter)
    for found, true in zip(ids, classes, strict=True):
        if true is not None:
            under[true] += Counter() if found is None else Counter([found])
            if found is not None:
                themes_of[found][true] += 1
    themed = sum(true is not None for true in classes)
    placed = sum(sum(of_theme.values()) for of_theme in under.values())
    strays = [found for found, true in zip(ids, classes, strict=True) if true is None]
    return Agreement(
        bcubed(ids, classes),
        {true: sum(n >= FEWEST for n in of_theme.values()) for true, of_theme in sorted(under.items())},
        sum(max(of_theme.values(), default=0) for of_theme in under.values()) / max(placed, 1),
        tuple(sorted(found for found, true in themes_of.items() if sum(n >= FEWEST for n in true.values()) > 1)),
        1 - placed / max(themed, 1),
        sum(found is not None for found in strays) / max(len(strays), 1),
    )


def main_ids(ids: Ids, classes: Classes) -> dict[int, str]:
    """True theme -> the id under which most of its stories are; themes without any are left out."""
    under: dict[int, Counter[str]] = defaultdict(Counter)
    for found, true in zip(ids, classes, strict=True):
        if found is not None and true is not None:
            under[true][found] += 1
    return {true: min(of_theme, key=lambda found: (-of_theme[found], found)) for true, of_theme in under.items()}
