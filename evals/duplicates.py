"""Articles with known copies come in; how many pairs of them `extract.duplicates` groups, rightly and wrongly, goes out.

Planted copies of the demo world and, with ../shared at hand, real items of one address (evals/story_pairs.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from evals import story_pairs
from tracker.demo import world as invented
from tracker.demo.score import Hits
from tracker.demo.world import DemoArticle, World
from tracker.extract import duplicates
from tracker.settings import ExtractSettings

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Report:
    """Pairs of articles in one story, against the planted ones. `wrong` lists the pairs grouped or left apart wrongly; `real` is of the news sets."""

    articles: int
    pairs: Hits
    wire: Hits
    rewrites: Hits
    wrong: tuple[Pair, ...]
    real: story_pairs.Report | None

    def rows(self) -> list[tuple[str, float | int | None, str]]:
        """(measure, value, detail): over all pairs, then recall of either kind of copy, then the wrong pairs; then of real pairs."""
        return [
            ("pairs, precision", self.pairs.precision, f"{self.pairs}, of {self.articles} articles"),
            ("pairs, recall", self.pairs.recall, ""),
            ("pairs, F1", self.pairs.f1, ""),
            ("wire copies, recall", self.wire.recall, f"{self.wire.right} of {self.wire.right + self.wire.missed}"),
            ("rewrites, recall", self.rewrites.recall, f"{self.rewrites.right} of {self.rewrites.right + self.rewrites.missed}"),
            *(("  wrong", None, f"{first}, {second}") for first, second in self.wrong),
            *(self.real.rows() if self.real else ()),
        ]


def evaluate(shared: Path | None = None, limits: ExtractSettings | None = None) -> Report:
    """Group all articles of the demo world, and all items of the news sets under `shared`, as a run does."""
    world = invented.load()
    rules = limits or ExtractSettings()
    items = [
        duplicates.item(a.id, a.outlet, a.published_at, a.title, "\n".join(a.paragraphs)) for a in world.articles
    ]
    found = _together(duplicates.join(items, (), rules))
    true = _together({a.id: world.truths[a.id].copy_of or a.id for a in world.articles})
    wire, rewrites = _kinds(world, true)
    return Report(
        len(items), _hits(found, true), _hits(found & wire, wire), _hits(found & rewrites, rewrites), tuple(sorted(found ^ true)),
        story_pairs.evaluate(shared, rules) if shared else None,
    )


def _kinds(world: World, pairs: set[Pair]) -> tuple[set[Pair], set[Pair]]:
    """The pairs with a wire copy, and those with a rewrite."""
    articles: Mapping[str, DemoArticle] = {a.id: a for a in world.articles}
    wire = {pair for pair in pairs if any(articles[name].is_wire_copy for name in pair)}
    return wire, pairs - wire


def _together(stories: Mapping[str, str]) -> set[Pair]:
    members: dict[str, list[str]] = {}
    for name, story in sorted(stories.items()):
        members.setdefault(story, []).append(name)
    return {pair for names in members.values() for pair in combinations(names, 2)}


def _hits(found: set[Pair], true: set[Pair]) -> Hits:
    return Hits(len(found & true), len(found - true), len(true - found))
