"""What the last published file of a replay says, and the truth, come in; scores go out: what is right as a part of what there is.

Every score is a sum over its parts, so those of several seeds add up. 1 is without fault.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import combinations, pairwise
from statistics import median

import numpy as np
from scipy.stats import spearmanr  # type: ignore[import-untyped, unused-ignore]

from evals.replay_findings import Findings, Found
from evals.replay_site import Look
from evals.replay_world import Item, World

EXPECTED_DAYS = 28  # at the end: by then every weekday has been seen often enough
THEME_MONTH_STORIES = 5  # with fewer one story is a fifth of net stance
FEWEST_DAYS_COMPARED = 56  # the dashboard's shortest comparison: 28 days against the 28 before
NAMED = 5  # faults that a detail names


@dataclass(frozen=True, slots=True)
class Score:
    """`right` of `of`, and the lowest of its parts where they are not all alike."""

    measure: str
    right: float
    of: float
    detail: str = ""
    worst: float | None = None

    @property
    def value(self) -> float | None:
        """0..1; None if there was nothing to get right."""
        return self.right / self.of if self.of else None


@dataclass(frozen=True, slots=True)
class Lived:
    """What happened: every listing that was asked for, whether the burst's theme stood in the file of its night, and what runs changed."""

    looks: tuple[Look, ...]
    is_burst_seen: bool | None  # None: there was none
    runs_again: tuple[tuple[str, str], ...]  # checksums before and after
    with_future: tuple[str, str]  # numbers of one night without and with the article dated years ahead
    restored: tuple[str, str]  # checksums of the last night, and of an archive restored from its export


def scores(world: World, lived: Lived, findings: Findings) -> list[Score]:
    """All of them, in the order in which they are shown."""
    seen = frozenset(name for look in lived.looks for name in look.listed)
    due = {item.id: item for item in world.items.values() if item.listed_at <= world.until}
    stored = {found.id: found for found in findings.articles}
    lost = {name: item for name, item in due.items() if name not in stored}
    return [
        *_articles(world, due, seen, findings),
        *_days(world, lived, findings, due, lost),
        *_runs(lived),
        *_directions(world, findings),
        *_volumes(world, findings, due, lost, stored),
        *_stories(world, findings, stored),
        _net_stance(world, findings, stored),
        _expected(world, findings),
    ]


def share(measure: str, of: int, faults: Iterable[str], note: str = "") -> Score:
    """The part of so many that is without fault; the detail names the first faults, or else says the note."""
    named = list(faults)
    said = ", ".join([*named[:NAMED], *([f"and {len(named) - NAMED} more"] if named[NAMED:] else [])]) or note
    return Score(measure, of - len(named), of, f"{of - len(named)} of {of}" + (f"; {said}" if said else ""))


def _articles(world: World, due: Mapping[str, Item], seen: frozenset[str], findings: Findings) -> list[Score]:
    """Everything shown is stored, once, on its day; what has no day is kept apart; sums are sums."""
    count = Counter(found.id for found in findings.articles)
    dated = [found for found in findings.articles if world.items[found.id].is_dated]
    wrong = [found.id for found in dated if found.published_at is None or found.published_at != world.items[found.id].at]
    off = [
        abs((found.published_at.date() - world.items[found.id].at.date()).days) if found.published_at else 0 for found in dated
    ]
    others = [found for found in findings.articles if not world.items[found.id].is_dated]
    uneven = [f"{theme}: {volume} of {articles}" for theme, volume, articles in findings.sums if volume != articles]
    total = next((volume for theme, volume, _ in findings.sums if theme == "all"), 0)
    return [
        share("volume equals articles", len(findings.sums), uneven, f"{total} in all"),
        share(
            "articles kept",
            len(seen),
            sorted(seen - count.keys()),
            f"{len(due.keys() - seen)} more were in no feed when we looked",
        ),
        share("articles stored once", len(count), [name for name, n in count.items() if n > 1]),
        share("dates right", len(dated), wrong, f"largest error {max(off, default=0)} days"),
        share(
            "undated and implausible kept apart", len(others), [found.id for found in others if found.published_at is not None]
        ),
    ]


def _days(world: World, lived: Lived, findings: Findings, due: Mapping[str, Item], lost: Mapping[str, Item]) -> list[Score]:
    """What a day's coverage says of it: never complete where something was lost, and complete where a later look showed all of it."""
    complete = {day for day, covered in findings.coverage.items() if covered.state == "complete"}
    printed, holes = (Counter((item.outlet, item.at.date()) for item in items.values()) for items in (due, lost))
    half = [day for day, n in holes.items() if 2 * n >= printed[day]]
    known = {o.outlet: dict(_caught_up(world, lived.looks, o.outlet)) for o in world.outlets if o.dating not in ("page", "never")}
    missed = {(outlet, day): is_whole for outlet, days in known.items() for day, is_whole in days.items()}
    mistold = [f"{outlet} {day}" for (outlet, day), is_whole in sorted(missed.items()) if is_whole != ((outlet, day) in complete)]
    true = Counter((slug, item.at.date()) for item in due.values() if item.is_dated for slug, _ in item.themes)
    zeros = [day for day, said in findings.volume.items() if true[day] and said.articles == 0 and said.coverage == "complete"]
    return [
        share("days with lost articles flagged", len(holes), [f"{o} {d}" for o, d in sorted(holes.keys() & complete)]),
        share("days with half lost not complete", len(half), [f"{o} {d}" for o, d in half if (o, d) in complete]),
        share("missed nights told rightly", len(missed), mistold, f"{sum(missed.values())} caught up, the others flagged"),
        share("zeros of complete days true", sum(1 for day in true if day in findings.volume), [f"{t} {d}" for t, d in zeros]),
    ]


def _caught_up(world: World, looks: Sequence[Look], outlet: str) -> Iterable[tuple[date, bool]]:
    """The days between two looks more than a night apart, and whether the later listing, as it is dated, showed the whole of each."""
    own = sorted((look for look in looks if look.outlet == outlet), key=lambda look: look.at)
    for before, after in pairwise(own):
        dated = [world.items[name].at for name in after.listed if world.items[name].is_dated]
        if after.at - before.at < timedelta(days=1.5) or not dated:
            continue
        oldest = min(dated)
        for number in range((after.at.date() - before.at.date()).days):
            day = before.at.date() + timedelta(days=number)
            yield day, oldest <= max(before.at, datetime.combine(day, time()))


def _runs(lived: Lived) -> list[Score]:
    changed = [f"{before} {after}" for before, after in lived.runs_again if before != after]
    without, with_it = lived.with_future
    burst = (
        []
        if lived.is_burst_seen is None
        else [share("new theme seen the same night", 1, [] if lived.is_burst_seen else ["not there"])]
    )
    return [
        share("second run changes nothing", len(lived.runs_again), changed),
        share("restored export publishes the same", 1, [] if len(set(lived.restored)) == 1 else [" ".join(lived.restored)]),
        share("future date changes no number", 1, [] if without == with_it else ["other numbers than without it"]),
        *burst,
    ]


def _directions(world: World, findings: Findings) -> list[Score]:
    """Up, down or no clear change of a theme's share, second half against first, as the dashboard says it."""
    if world.nights < FEWEST_DAYS_COMPARED:
        return []
    wrong = [
        f"{t.slug}: {findings.verdicts.get(t.slug)}, true {t.trend}"
        for t in world.themes
        if findings.verdicts.get(t.slug) != t.trend
    ]
    return [share("direction right", len(world.themes), wrong)]


def _volumes(
    world: World, findings: Findings, due: Mapping[str, Item], lost: Mapping[str, Item], stored: Mapping[str, Found]
) -> list[Score]:
    """Daily volume in the order of the truth, of all days that have a number; and shares, on days of which nothing was lost."""
    true = Counter((slug, item.at.date()) for item in due.values() if item.is_dated for slug, _ in item.themes)
    last = world.until.date()
    hurt = {item.at.date() for item in lost.values()}

    kept = Counter(
        (slug, world.items[name].at.date())
        for name in stored
        if world.items[name].is_dated
        for slug, _ in world.items[name].themes
    )
    rows = []
    for measure, told, states in (
        ("rank correlation of daily volume", true, ("complete", "partial")),
        ("the same, days called complete", true, ("complete",)),
        ("the same, of what was collected", kept, ("complete", "partial")),
    ):
        rho = [_rank_correlation(findings, told, theme.slug, states, last) for theme in world.themes]
        known = [r for r in rho if r is not None]
        rows.append(Score(measure, sum(known), len(known), f"{len(known)} themes", min(known, default=None)))
    first = _first_of_stories(stored.keys(), world)
    stories = Counter(at.date() for at, _ in first.values())
    of_theme = Counter((slug, at.date()) for at, themes in first.values() for slug in themes)
    errors = []
    for theme in world.themes:
        for (slug, day), said in findings.volume.items():
            if slug == theme.slug and day not in hurt and day < last and said.share is not None and stories[day]:
                errors.append(abs(said.share - of_theme[slug, day] / stories[day]))
    exact = sum(error < 1e-9 for error in errors)
    detail = f"{exact} of {len(errors)} theme-days to the last digit; mean error {np.mean(errors) if errors else 0:.5f}"
    rows.append(Score("shares right", exact, len(errors), detail, 1 - max(errors, default=0)))
    return rows


def _rank_correlation(
    findings: Findings, true: Mapping[tuple[str, date], int], theme: str, states: Sequence[str], last: date
) -> float | None:  # fmt: skip
    """Spearman's, over the whole days in these states; None where either side is constant."""
    days = [day for (slug, day), said in findings.volume.items() if slug == theme and day < last and said.coverage in states]
    said, told = (
        [of(day) for day in days] for of in (lambda day: findings.volume[theme, day].articles, lambda day: true[theme, day])
    )
    return float(spearmanr(said, told).statistic) if len(set(said)) > 1 and len(set(told)) > 1 else None


def _first_of_stories(names: Iterable[str], world: World) -> dict[str, tuple[datetime, Mapping[str, str]]]:
    """True story -> when the first of these articles that can be dated was published, and the story's themes with its stances."""
    first: dict[str, tuple[datetime, Mapping[str, str]]] = {}
    for item in sorted((world.items[name] for name in names), key=lambda item: (item.at, item.id)):
        if item.is_dated:
            first.setdefault(item.story, (item.at, dict(item.themes)))
    return first


def _stories(world: World, findings: Findings, stored: Mapping[str, Found]) -> list[Score]:
    """Pairs of articles in one story, against the truth; and those whose more rewritten one is of each kind."""
    found, true = _pairs({n: f.story_id for n, f in stored.items()}), _pairs({n: world.items[n].story for n in stored})
    rank = ("original", "copy", "light", "heavy")
    rows = []
    for kind in ("all", "copy", "light", "heavy"):
        of_kind = [
            {pair for pair in pairs if kind in ("all", rank[max(rank.index(world.items[name].kind) for name in pair)])}
            for pairs in (found, true)
        ]
        right, told, there = len(of_kind[0] & of_kind[1]), len(of_kind[0]), len(of_kind[1])
        name = {"all": "stories", "copy": "wire copies", "light": "light rewrites", "heavy": "heavy rewrites"}[kind]
        rows += [
            Score(f"{name}, precision", right, told, f"{right} of {told} pairs"),
            Score(f"{name}, recall", right, there, f"{right} of {there} pairs"),
            Score(f"{name}, F1", 2 * right, told + there),
        ]
    members: dict[str, list[Found]] = defaultdict(list)
    for name, article in stored.items():
        members[world.items[name].story].append(article)
    first = _first_of_stories(stored.keys(), world)
    wrong = []
    copied = [story for story, articles in members.items() if len(articles) > 1 and story in first]
    for story in copied:
        one = min((a for a in members[story] if world.items[a.id].is_dated), key=lambda a: world.items[a.id].at)
        if findings.stories[one.story_id] != (world.items[one.id].at, world.items[one.id].title):
            wrong.append(one.id)
    rows.append(share("first publisher right", len(copied), wrong))
    return rows


def _pairs(stories: Mapping[str, str]) -> set[tuple[str, str]]:
    members: dict[str, list[str]] = defaultdict(list)
    for name, story in sorted(stories.items()):
        members[story].append(name)
    return {pair for names in members.values() for pair in combinations(names, 2)}


def _net_stance(world: World, findings: Findings, stored: Mapping[str, Found]) -> Score:
    """Net stance of each theme and month, from daily sides, against the truth about the same articles."""
    true: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for at, themes in _first_of_stories(stored.keys(), world).values():
        for slug, side in themes.items():
            true[slug, f"{at:%Y-%m}"][("supports", "opposes", "neutral").index(side)] += 1
    errors = [
        abs(_net(sides) - _net(findings.stance.get(of, (0, 0, 0))))
        for of, sides in true.items()
        if sum(sides) >= THEME_MONTH_STORIES
    ]
    detail = (
        f"{len(errors)} theme-months, mean error {np.mean(errors) if errors else 0:.4f}, largest {max(errors, default=0):.3f}"
    )
    return Score("net stance by theme and month", len(errors) - sum(errors), len(errors), detail, 1 - max(errors, default=0))


def _net(sides: Sequence[int]) -> float:
    return (sides[0] - sides[1]) / sum(sides) if sum(sides) else 0.0


def _expected(world: World, findings: Findings) -> Score:
    """How near the articles expected on complete days of the last weeks are to the outlets' true rhythms."""
    outlets = {o.outlet: o for o in world.outlets}
    since = world.until.date() - timedelta(days=EXPECTED_DAYS)
    pairs = [
        (covered.expected, outlets[outlet].rate(day))
        for (outlet, day), covered in findings.coverage.items()
        if since <= day < world.until.date() and covered.state == "complete" and covered.expected is not None
    ]
    errors, usual = [abs(said - rate) for said, rate in pairs], sum(rate for _, rate in pairs)
    detail = f"median error {median(errors):.2f} articles of {usual / len(pairs):.1f} a day" if pairs else ""
    return Score("expected articles near the rhythm", usual - sum(errors), usual, detail)
