"""A seed and a number of nights come in; the invented world of that seed goes out: every article there will be, and the nights' events."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from random import Random

from evals import replay_words
from evals.replay_world import FIRST_NIGHT, JOINER, OUTLETS, Item, Kind, Outlet, Shown, Trend, TrueTheme, World, time_of

BURST_STORIES = 28  # on the night it is born, and has to be seen the same night
BURST_AFTER = (12, 8, 6, 4, 3)  # stories on the days after
FEWEST_NIGHTS_WITH_BURST = 8  # before, there are too few stories to find any theme among
FEWEST_NIGHTS_WITH_OUTAGES = 30
COPIED = 0.14  # of what an outlet prints is another one's story
COPY_HOURS, LATE_COPY_HOURS = (1, 36), (48, 80)  # after the original; one copy in ten is late
LIGHT, HEAVY = (0.03, 0.10), (0.15, 0.33)  # of a text's words changed
TWO_THEMES = 0.06  # of the articles on a theme are on a second one too
WRONGLY_DATED = 0.004  # of the articles claim to be of 1970
LATE = 0.10  # of one outlet's articles are listed days after they are dated
# Outlet, nights without its feed, what the server says then, and about when in the period
OUTAGES = (("northfield-post", 4, 503, 0.25), ("meridian-daily", 3, 410, 0.55), ("late-edition", 1, 410, 0.72))
HISTORY_DAYS = {"the-slow-column": 16}  # before the first night; the others one


def invent(seed: int, nights: int) -> World:
    """The world of a seed; `nights` is 3 or more. From 30 nights on feeds die and an outlet joins, from 8 on a new theme bursts out."""
    draw = Random(f"{seed} world")  # any text: a sample, not a secret
    themes = _themes(draw)
    others = tuple(replay_words.subject(draw) for _ in range(5))
    missed, twice = _schedule(draw, nights)
    burst_night = _looked_at(nights // 2, missed) if nights >= FEWEST_NIGHTS_WITH_BURST else None
    outlets = _outlets(draw, nights)
    burst = replay_words.subject(draw)
    items = _items(draw, nights, outlets, themes, others, (burst, burst_night))
    items, future = _misdated(draw, items, nights, missed)
    down = _outages(draw, nights, missed, burst_night) if nights >= FEWEST_NIGHTS_WITH_OUTAGES else {}
    return World(seed, nights, outlets, themes, others, burst, items, missed, twice, down, future, burst_night)


def _themes(draw: Random) -> tuple[TrueTheme, ...]:
    """Three that rise, one born, three that stay, three that fall, one that dies."""
    lives: list[tuple[Trend, int, float, float]] = [
        ("up", 3, 0, 1), ("up", 1, 0.5, 1), ("no clear change", 3, 0, 1), ("down", 3, 0, 1), ("down", 1, 0, 0.5),
    ]  # fmt: skip
    themes = []
    for trend, first, end in ((trend, first, end) for trend, count, first, end in lives for _ in range(count)):
        steep = math.exp(draw.uniform(math.log(2.5), math.log(6)))
        factor = 1.0 if trend == "no clear change" or (first, end) != (0, 1) else steep if trend == "up" else 1 / steep
        name = replay_words.subject(draw)
        lean = ((draw.uniform(0.1, 0.6), draw.uniform(0.1, 0.35)), (draw.uniform(0.1, 0.6), draw.uniform(0.1, 0.35)))
        themes.append(TrueTheme(name.lower().replace(" ", "-"), name, trend, draw.uniform(0.06, 0.08), factor, lean, first, end))
    return tuple(themes)


def _outlets(draw: Random, nights: int) -> tuple[Outlet, ...]:
    joins = nights // 3 if nights >= FEWEST_NIGHTS_WITH_OUTAGES else 0
    return tuple(
        replace(
            o, weekday=o.weekday * draw.uniform(0.85, 1.15), weekend=o.weekend * draw.uniform(0.85, 1.15),
            joins=joins if o.outlet == JOINER else 0,
        )
        for o in OUTLETS
    )  # fmt: skip


def _schedule(draw: Random, nights: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The nights on which nobody looks, and those on which two runs do: single nights, two in a row, and five."""
    if nights < FEWEST_NIGHTS_WITH_OUTAGES:
        return ((nights - 1) // 2,), (nights - 1,)
    starts = [(0.15, 1), (0.33, 1), (0.42, 2), (0.64, 5), (0.85, 1)]
    gaps = [(int(part * nights) + draw.randint(0, 2), length) for part, length in starts]
    missed = [first + i for first, length in gaps for i in range(length)]
    free = [night for night in range(5, nights - 1) if night not in missed]
    return tuple(missed), (*sorted(draw.sample(free, 3)), nights - 1)


def _looked_at(night: int, missed: Sequence[int]) -> int:
    """The first night from this one on which, and on the one before, somebody looks."""
    return next(n for n in range(night, night + 20) if not {n, n - 1} & set(missed))


def _outages(draw: Random, nights: int, missed: Sequence[int], burst_night: int | None) -> dict[tuple[str, int], int]:
    down: dict[tuple[str, int], int] = {}
    for outlet, length, status, part in OUTAGES:
        first = int(part * nights) + draw.randint(0, 2)
        busy = {*missed, burst_night}
        first = next(n for n in range(first, nights) if not busy & set(range(n, n + length)))
        down |= {(outlet, first + i): status for i in range(length)}
    return down


def _items(
    draw: Random,
    nights: int,
    outlets: Sequence[Outlet],
    themes: Sequence[TrueTheme],
    others: Sequence[str],
    burst: tuple[str, int | None],
) -> dict[str, Item]:
    """Every outlet's articles in order of time: originals, and copies of what others printed before."""
    taste = {o.outlet: [math.exp(draw.gauss(0, 0.25)) for _ in themes] for o in outlets}
    slots = sorted((at, o.outlet, count, is_burst) for o in outlets for at, count, is_burst in _slots(draw, o, nights, burst[1]))
    of_name = {o.outlet: o for o in outlets}
    items: dict[str, Item] = {}
    originals: list[Item] = []
    numbers: dict[str, int] = {}
    for at, name, count, is_burst in slots:
        outlet = of_name[name]
        numbers[name] = numbers.get(name, 0) + 1
        blank = _blank(draw, outlet, f"{name}-{numbers[name]}", at)
        made = None
        if not is_burst and draw.random() < COPIED:
            made = _copied(draw, blank, originals)
        if made is None:
            made = _original(draw, blank, at, nights, themes, others, taste[name], burst[0] if is_burst else None)
            originals.append(made)
        # On two themes and with a headline that names neither, a text is at the encoder's limits, which are not asked for here
        is_headed = outlet.titles != "" and count == 0 and len(made.themes) < 2
        items[made.id] = replace(made, title=outlet.titles) if is_headed else made
    return items


def _slots(draw: Random, outlet: Outlet, nights: int, burst_night: int | None) -> list[tuple[datetime, int, bool]]:
    """When an outlet publishes: (time, how many that day before, whether on the burst)."""
    first = time_of(outlet.joins).date() - timedelta(days=HISTORY_DAYS.get(outlet.outlet, 1))
    last = time_of(nights - 1).date()
    slots = []
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        times = sorted(_moment(draw, day, outlet.hours) for _ in range(_poisson(draw, outlet.rate(day))))
        slots += [(at, count, False) for count, at in enumerate(times) if at <= time_of(nights - 1)]
    if burst_night is not None and outlet.joins == 0 and outlet.only_on is None:
        share = outlet.weekday / sum(o.weekday for o in OUTLETS if o.only_on is None and o.outlet != JOINER)
        born = time_of(burst_night).date() - timedelta(days=1)
        for after, stories in enumerate((BURST_STORIES, *BURST_AFTER)):
            hours = range(5, 24)  # after the run of that day, before that of the next
            times = [
                _moment(draw, born + timedelta(days=after), tuple(hours)) for _ in range(_rounded(draw, share * stories, after))
            ]
            slots += [(at, 1, True) for at in times if at <= time_of(nights - 1)]
    return slots


def _blank(draw: Random, outlet: Outlet, name: str, at: datetime) -> Item:
    """An item of which only time and place are known."""
    listed_at = at + timedelta(hours=draw.uniform(24, 72)) if outlet.is_late and draw.random() < LATE else at
    shown: Shown = "nothing" if outlet.dating == "never" else "true"
    if shown == "true" and draw.random() < WRONGLY_DATED:
        shown = "ancient"
    return Item(name, outlet.outlet, at, listed_at, shown, "", (), ())


def _original(
    draw: Random, blank: Item, at: datetime, nights: int, themes: Sequence[TrueTheme], others: Sequence[str], taste: Sequence[float],
    burst: str | None,
) -> Item:  # fmt: skip
    names = [replay_words.name(draw) for _ in range(draw.randint(2, 3))]
    part = min(max((at - FIRST_NIGHT) / timedelta(days=max(nights - 1, 1)), 0.0), 0.999)
    if burst is not None:
        planted: list[tuple[str, replay_words.Side]] = [(burst, "neutral")]
        on: list[tuple[str, replay_words.Side]] = []
    else:
        levels = [theme.level(part) * liking for theme, liking in zip(themes, taste, strict=True)]
        rest = max(0.05, 1 - sum(levels))
        # Half of the rest is on subjects that recur, half on none
        place = draw.choices(range(len(themes) + 2), [*levels, rest / 2, rest / 2])[0]
        found = [themes[place]] if place < len(themes) else []
        if found and draw.random() < TWO_THEMES:
            found += [other for other in draw.sample(themes, 1) if other is not found[0] and other.level(part) > 0]
        sides = [theme.side(part, draw) for theme in found]
        on = [(theme.slug, side) for theme, side in zip(found, sides, strict=True)]
        planted = [(theme.name, side) for theme, side in zip(found, sides, strict=True)]
        if place == len(themes):
            planted = [(draw.choice(others), "neutral")]
    title = replay_words.headline(draw, names, [subject for subject, _ in planted])
    paragraphs = replay_words.body(draw, names, planted, draw.randint(3, 6))
    return replace(blank, title=title, paragraphs=paragraphs, themes=tuple(on), is_burst=burst is not None)


def _copied(draw: Random, blank: Item, originals: Sequence[Item]) -> Item | None:
    """What another outlet printed some hours before, as it was or rewritten; None if there is nothing."""
    low, high = LATE_COPY_HOURS if draw.random() < 0.1 else COPY_HOURS
    recent = originals[-300:]  # a week's
    choice = [
        item
        for item in recent
        if item.outlet != blank.outlet and timedelta(hours=low) <= blank.at - item.at <= timedelta(hours=high)
    ]
    if not choice:
        return None
    root = draw.choice(choice)
    kind: Kind = draw.choice(("copy", "light", "heavy"))
    paragraphs = root.paragraphs
    if kind != "copy":
        share = draw.uniform(*(LIGHT if kind == "light" else HEAVY))
        paragraphs = replay_words.rewritten(draw, paragraphs, share, is_reordered=kind == "heavy")
    title = replay_words.retitled(draw, root.title)
    return replace(blank, title=title, paragraphs=paragraphs, themes=root.themes, kind=kind, root=root.id, is_burst=root.is_burst)


def _misdated(draw: Random, items: Mapping[str, Item], nights: int, missed: Sequence[int]) -> tuple[dict[str, Item], str]:
    """One article, first listed on a night of the second third, claims a far future."""
    night = next(n for n in range(max(1, nights // 3), nights) if n not in missed)
    candidates = [
        item
        for item in items.values()
        if time_of(night - 1) + timedelta(hours=2) < item.at < time_of(night) and item.listed_at == item.at
        and item.shown == "true" and item.kind == "original" and item.outlet in ("harrow-wire", "northfield-post", "otsu-ledger")
        and item.themes
    ]  # fmt: skip
    chosen = draw.choice(
        candidates or [item for item in items.values() if item.outlet == "harrow-wire" and item.at < time_of(night)]
    )
    return {**items, chosen.id: replace(chosen, shown="future")}, chosen.id


def _moment(draw: Random, day: date, hours: Sequence[int]) -> datetime:
    """A second of that UTC day in one of these hours, but not while two runs of one night look: what is new between them is no error."""
    while True:
        at = datetime(day.year, day.month, day.day, draw.choice(hours), draw.randrange(60), draw.randrange(60))
        if not timedelta(hours=3) <= at - datetime(day.year, day.month, day.day) < timedelta(hours=4, minutes=30):
            return at


def _poisson(draw: Random, rate: float) -> int:
    """Knuth's method: the rates are small."""
    count, product = -1, 1.0
    while product > math.exp(-rate):
        count, product = count + 1, product * draw.random()
    return max(count, 0)


def _rounded(draw: Random, number: float, after: int) -> int:
    """Up on the first day, so that there are enough; later up or down by chance."""
    return math.ceil(number) if after == 0 else math.floor(number + draw.random())
