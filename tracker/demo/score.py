"""What the tracker published about the demo world, and the planted truth, come in; how much of it is right goes out."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from typing import NamedTuple, TypeVar
from urllib.parse import urlsplit

from tracker.demo.world import DemoArticle, Truth, World


class Row(NamedTuple):
    """One article x theme as the public views show it; the four last are None where the article has no theme."""

    url: str
    outlet: str
    story_id: str
    published_at: datetime | None
    slug: str | None = None
    kind: str | None = None
    name: str | None = None
    stance: str | None = None


@dataclass(frozen=True, slots=True)
class Hits:
    """Counts of a yes-or-no question: found rightly, found wrongly, missed. A ratio without a denominator is 0."""

    right: int
    extra: int
    missed: int

    @property
    def precision(self) -> float:
        """The right ones as a part of those found, 0..1."""
        return _ratio(self.right, self.right + self.extra)

    @property
    def recall(self) -> float:
        """The right ones as a part of those there are, 0..1."""
        return _ratio(self.right, self.right + self.missed)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall, 0..1."""
        return _ratio(2 * self.right, 2 * self.right + self.extra + self.missed)

    def __str__(self) -> str:
        """Precision and recall with their counts."""
        return f"P {self.precision:.2f} R {self.recall:.2f} ({self.right} right, {self.extra} extra, {self.missed} missed)"


@dataclass(frozen=True, slots=True)
class TopicMatch:
    """An uncurated topic and the discovered theme that fits it best ('' if none); its purity is `hits.precision`."""

    topic: str
    theme: str
    hits: Hits


@dataclass(frozen=True, slots=True)
class Score:
    """All counts behind the demo's table. Articles nobody can read (see World.readable) are left out everywhere."""

    readable: int
    stored: int
    strangers: int  # published addresses that are no article of the world
    dates_right: int
    days_off: tuple[tuple[str, int], ...]  # (article id, days) for each dated on a wrong day; UTC days
    undated_right: int  # the outlet shows no believable date, and none was invented
    undated_wrong: int  # a date is shown, and was missed
    copies: Hits  # over pairs of stored articles: in one story, and truly copies of one text
    themes: tuple[tuple[str, Hits], ...]  # curated themes by slug, over articles that bear on them, planted or also
    sure_themes: Hits  # all of them together, when an article without a stance (all mentions unsure) is not taken for found
    planted_themes: Hits  # the planted ones alone, found or missed; what is found beside them is not counted here
    stances: tuple[tuple[str, str, int], ...]  # (planted, found, articles) on rightly found themes
    topics: tuple[TopicMatch, ...]

    @property
    def all_themes(self) -> Hits:
        """The curated themes together (micro-average)."""
        return _sum(hits for _, hits in self.themes)

    @property
    def stance_accuracy(self) -> float:
        """Share of the rightly found themes whose stance is right, 0..1."""
        return _ratio(sum(n for planted, found, n in self.stances if planted == found), sum(n for *_, n in self.stances))

    @property
    def stance_macro_f1(self) -> float:
        """Mean F1 of the stances that were planted or found, 0..1."""
        labels = sorted({label for planted, found, _ in self.stances for label in (planted, found)})
        return _ratio(sum(self._stance_hits(label).f1 for label in labels), len(labels))

    @property
    def flips(self) -> int:
        """How often support was read as opposition or opposition as support."""
        return sum(n for planted, found, n in self.stances if {planted, found} == {"supports", "opposes"})

    def rows(self) -> list[tuple[str, float, str]]:
        """(measure, value, detail) a line, ready for a table: 0..1, except the counts of addresses from nowhere and of flips."""
        dated = self.dates_right + len(self.days_off)
        undated = self.undated_right + self.undated_wrong
        worst = max((abs(days) for _, days in self.days_off), default=0)
        judged = sum(n for *_, n in self.stances)
        f1s = [hits.f1 for _, hits in self.themes]
        planted = self.planted_themes
        return [
            ("articles stored", _ratio(self.stored, self.readable), f"{self.stored} of {self.readable}"),
            ("addresses from nowhere", float(self.strangers), "published, but no article of this world"),
            ("dates on the right day", _ratio(self.dates_right, dated), f"{self.dates_right} of {dated}, worst {worst} days off"),
            ("undated rightly", _ratio(self.undated_right, undated), f"{self.undated_right} of {undated} undated"),
            ("copies grouped, F1 of pairs", self.copies.f1, str(self.copies)),
            ("curated themes, F1", self.all_themes.f1, str(self.all_themes)),
            ("curated themes, F1 with a stance", self.sure_themes.f1, str(self.sure_themes)),
            ("curated themes, recall of planted", planted.recall, f"{planted.right} of {planted.right + planted.missed}"),
            ("curated themes, mean F1", _ratio(sum(f1s), len(f1s)), f"{len(f1s)} themes"),
            *((f"  {slug}", hits.f1, str(hits)) for slug, hits in self.themes),
            ("stance accuracy", self.stance_accuracy, f"{judged} articles whose theme was found"),
            ("stance, macro-F1", self.stance_macro_f1, "supports, opposes, neutral"),
            ("stance flips", float(self.flips), f"of {judged}; supports read as opposes or the reverse"),
            *((f"discovered: {m.topic}", m.hits.f1, f"{m.theme or 'none'}: {m.hits}") for m in self.topics),
        ]

    def _stance_hits(self, label: str) -> Hits:
        return Hits(
            right=sum(n for planted, found, n in self.stances if planted == found == label),
            extra=sum(n for planted, found, n in self.stances if found == label != planted),
            missed=sum(n for planted, found, n in self.stances if planted == label != found),
        )


def score(rows: Iterable[Row], world: World) -> Score:
    """Score the published rows of a demo run. Rows are matched to articles by outlet and path."""
    at = {(article.outlet, article.path.rstrip("/")): article for article in world.articles}
    placed = [(row, at.get((row.outlet, urlsplit(row.url).path.rstrip("/")))) for row in rows]
    readable = {article.id for article in world.readable()}
    known = [(article, row) for row, article in placed if article is not None and article.id in readable]
    stored = {article.id: (article, row) for article, row in known}
    days_off = {
        name: (row.published_at.date() - article.published_at.date()).days
        for name, (article, row) in stored.items()
        if row.published_at
    }
    undated = [article for name, (article, _) in stored.items() if name not in days_off]
    rightly = [article for article in undated if not world.is_datable(article)]
    truths = {name: world.truths[name] for name in readable}
    curated = {(row.slug, article.id): row.stance for article, row in known if row.kind == "curated" and row.slug}
    planted = {(truth.theme, name) for name, truth in truths.items() if truth.theme}
    return Score(
        readable=len(readable),
        stored=len(stored),
        strangers=len({row.url for row, article in placed if article is None}),
        dates_right=sum(days == 0 for days in days_off.values()),
        days_off=tuple(sorted((name, days) for name, days in days_off.items() if days)),
        undated_right=len(rightly),
        undated_wrong=len(undated) - len(rightly),
        copies=_pairs({name: row.story_id for name, (_, row) in stored.items()}, truths),
        themes=_themes(set(curated), truths),
        sure_themes=_sum(hits for _, hits in _themes({pair for pair, stance in curated.items() if stance}, truths)),
        planted_themes=_compare(planted & curated.keys(), planted),
        stances=_stances(known, truths),
        topics=_topics(known, truths),
    )


def _pairs(stories: Mapping[str, str], truths: Mapping[str, Truth]) -> Hits:
    """The pairs of articles that share a story against the pairs that share an original."""
    found = _together(stories)
    true = _together({name: truths[name].copy_of or name for name in stories})
    return _compare(found, true)


def _together(groups: Mapping[str, str]) -> set[tuple[str, ...]]:
    members: dict[str, list[str]] = {}
    for name, group in sorted(groups.items()):
        members.setdefault(group, []).append(name)
    return {pair for names in members.values() for pair in combinations(names, 2)}


def _themes(found: set[tuple[str, str]], truths: Mapping[str, Truth]) -> tuple[tuple[str, Hits], ...]:
    """The (theme, article) pairs found against all that are true, a theme. Themes that the world does not have are left out."""
    true = {(slug, name) for name, truth in truths.items() for slug in truth.themes}
    slugs = sorted({slug for slug, _ in true})
    return tuple((slug, _compare({f for f in found if f[0] == slug}, {t for t in true if t[0] == slug})) for slug in slugs)


def _stances(known: list[tuple[DemoArticle, Row]], truths: Mapping[str, Truth]) -> tuple[tuple[str, str, int], ...]:
    read: dict[str, tuple[str, str]] = {}
    for article, row in known:
        planted = truths[article.id]
        if row.kind == "curated" and row.slug == planted.theme and planted.stance and row.stance:
            read[article.id] = (planted.stance, row.stance)
    return tuple(sorted((planted, found, n) for (planted, found), n in Counter(read.values()).items()))


def _topics(known: list[tuple[DemoArticle, Row]], truths: Mapping[str, Truth]) -> tuple[TopicMatch, ...]:
    themes: dict[str, tuple[str, set[str]]] = {}
    for article, row in known:
        if row.kind == "discovered" and row.slug:
            themes.setdefault(row.slug, (row.name or row.slug, set()))[1].add(article.id)
    matches = []
    for topic in sorted({truth.topic for truth in truths.values() if truth.topic}):
        true = {name for name, truth in truths.items() if truth.topic == topic}
        best = TopicMatch(topic, "", Hits(0, 0, len(true)))
        for _, (name, members) in sorted(themes.items()):
            hits = _compare(members, true)
            if hits.f1 > best.hits.f1:
                best = TopicMatch(topic, name, hits)
        matches.append(best)
    return tuple(matches)


_Item = TypeVar("_Item")


def _compare(found: set[_Item], true: set[_Item]) -> Hits:
    return Hits(right=len(found & true), extra=len(found - true), missed=len(true - found))


def _sum(many: Iterable[Hits]) -> Hits:
    counts = [(hits.right, hits.extra, hits.missed) for hits in many]
    return Hits(*(sum(column) for column in zip(*counts, strict=True))) if counts else Hits(0, 0, 0)


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
