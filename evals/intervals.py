"""A seed comes in; how often our intervals cover the truth, and how often turning points are seen in noise, goes out.

The worlds are simulated, so the truth is known. As in real coverage, an outlet leans, its stories of one event resemble each
other, and weekly series drift.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from tracker.measures import intervals, leanings
from tracker.measures.intervals import FloatArray, Intervals, net_intervals, share_intervals
from tracker.measures.turning import TurningPoint, find

SEED = 20251125
SHARE = 0.3  # stories that mention the theme, in the simulated worlds
SIDED = 0.6  # stories that take a side: SHARE of them support
EVENT_STORIES = 2  # an outlet writes of an event twice
EVENT_CORRELATION = 0.3  # between these two stories
LARGEST = 20  # times the mean: no outlet is larger
WEEKS = 104  # two years
WEEK_DAYS = [date(2024, 1, 1) + timedelta(weeks=week) for week in range(WEEKS)]
WEEKLY_STORIES = 300
WEEKLY_SHARE = 0.1
STEP_LOGITS = 0.8  # the planted change: from 10 to 20 %
FOUND_WITHIN_WEEKS = 3
FALSE_ALARM = 0.05
MONTHS = 12
LEVEL_MOVES = 0.08  # of the net stance of all, from month to month, standard deviation
LEAN_SIDED = 0.9  # stories that take a side: so a lean has room
LEAN_STORIES = 5  # fewer are not shown
CHANGES_PART = 4  # of the runs: changes are made one by one
WELL_COVERED = (0.93, 0.98)  # part of the runs in which a nominal 95 % interval should hold the truth


@dataclass(frozen=True, slots=True)
class World:
    """Outlets with so many stories each, on average; `spread` is the standard deviation of the log of an outlet's size."""

    outlets: int
    stories: int
    correlation: float = 0.1
    spread: float = 0.0

    def __str__(self) -> str:
        return f"{self.outlets} x {self.stories}, correlation {self.correlation}" + (f", spread {self.spread}" if self.spread else "")


WORLDS = (
    World(30, 4, correlation=0.02),
    World(30, 4),
    World(12, 6),
    World(8, 6),
    World(5, 6),
    World(30, 30),
    World(12, 30, spread=1.0),
    World(40, 10, spread=1.5),
)


@dataclass(frozen=True, slots=True)
class Noise:
    """What moves a weekly series besides counting: standard deviation in logits, and autocorrelation from week to week."""

    deviation: float
    autocorrelation: float


NOISES = (Noise(0.0, 0.0), Noise(0.3, 0.0), Noise(0.3, 0.5), Noise(0.3, 0.7))


@dataclass(frozen=True, slots=True)
class Newsroom:
    """Outlets whose leans spread by so much (standard deviation, in net stance), with so many stories each, on average, over a year."""

    outlets: int
    stories: int
    leans: float
    wander: float = 0.0  # of an outlet's lean from month to month, standard deviation

    def __str__(self) -> str:
        return f"{self.outlets} x {self.stories}, leans {self.leans}" + (f", wandering {self.wander}" if self.wander else "")


NEWSROOMS = (
    Newsroom(20, 30, 0.0), Newsroom(20, 15, 0.2), Newsroom(20, 60, 0.2), Newsroom(40, 30, 0.3), Newsroom(8, 15, 0.2),
    Newsroom(20, 30, 0.2, wander=0.2),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class LeanRow:
    """Outlets with 5 stories or more: part whose 95 % interval holds their true lean; part called above or below; of these on the wrong side.

    `error` and `plain_error`: root mean square distance to the truth, of the leans and of the outlets' own net stance beside that of all.
    """

    newsroom: Newsroom
    held: float
    called: float
    wrong: float
    error: float
    plain_error: float


@dataclass(frozen=True, slots=True)
class CoverageRow:
    """Part of the runs in which a nominal 95 % interval held the truth: stories taken as independent, and by our rules."""

    world: World
    plain_share: float
    share: float
    net: float
    share_change: float  # of two windows that differ by nothing but chance
    net_change: float


@dataclass(frozen=True, slots=True)
class TurningRow:
    """Parts of the series: turning points seen where none is; planted ones seen; of these, within three weeks; in the range."""

    noise: Noise
    false_alarms: float
    power: float
    near: float
    in_range: float


@dataclass(frozen=True, slots=True)
class Report:
    """How the intervals and the turning points fared, with what made the worlds."""

    seed: int
    runs: int
    series: int
    coverage: tuple[CoverageRow, ...]
    turning: tuple[TurningRow, ...]
    leans: tuple[LeanRow, ...]

    def rows(self) -> list[tuple[str, float, str]]:
        """(measure, value, detail): coverage cell by cell, how many cells lie in the range, series without a false alarm, leans of outlets held."""
        cells = [
            (f"{name}, {row.world}", held, f"stories independent: {row.plain_share:.1%}")
            for row in self.coverage
            for name, held in (("share", row.share), ("net stance", row.net))
        ]
        inside = [name for name, held, _ in cells if WELL_COVERED[0] <= held <= WELL_COVERED[1]]
        return [
            *cells,
            ("cells within 93 to 98 %", len(inside) / len(cells), f"{len(inside)} of {len(cells)}, {self.runs} worlds each, seed {self.seed}"),
            *(
                (f"no change told, {row.world}", row.share_change, f"of net stance {row.net_change:.1%}; {self.runs // CHANGES_PART} worlds")
                for row in self.coverage
            ),
            *(
                (f"no false alarm, noise {row.noise.deviation}, autocorrelation {row.noise.autocorrelation}", 1 - row.false_alarms,
                 f"of {self.series} series of {WEEKS} weeks; planted steps found {row.power:.1%}, {row.near:.0%} of them within 3 weeks")
                for row in self.turning
            ),
            *(
                (f"leans of outlets, {row.newsroom}", row.held,
                 f"called above or below {row.called:.1%}, wrongly {row.wrong:.1%}; error {row.error:.2f}, of plain net stance {row.plain_error:.2f}")
                for row in self.leans
            ),
        ]  # fmt: skip


def evaluate(runs: int = 4000, series: int = 400, seed: int = SEED) -> Report:
    """Simulate `runs` worlds and `series` weekly series for each row of the two tables; about 40 seconds by default."""
    seeds = np.random.SeedSequence(seed).spawn(len(WORLDS) + len(NOISES) + len(NEWSROOMS))
    randoms = [np.random.default_rng(child) for child in seeds]
    first_newsroom = len(WORLDS) + len(NOISES)
    return Report(
        seed,
        runs,
        series,
        tuple(interval_coverage(world, runs, random) for world, random in zip(WORLDS, randoms, strict=False)),
        tuple(turning_rates(noise, series, random) for noise, random in zip(NOISES, randoms[len(WORLDS) : first_newsroom], strict=True)),
        tuple(lean_rates(room, max(1, runs // 25), random) for room, random in zip(NEWSROOMS, randoms[first_newsroom:], strict=True)),
    )


def interval_coverage(world: World, runs: int, random: np.random.Generator) -> CoverageRow:
    """How often the intervals hold the truth in `runs` drawings of a world, and those of a change in a part of them."""
    says_so, scores, stories = _drawn(world, _scattered(np.full((runs, world.outlets, 1), SHARE), world.correlation, random), random)
    flat = share_intervals(says_so.reshape(runs, -1), stories.reshape(runs, -1))  # as if each story were its own outlet
    n = stories.sum(axis=2)
    share = share_intervals(says_so.sum(axis=2), n)
    net = net_intervals(scores.sum(axis=2), n, (scores**2).sum(axis=2))
    changes = _unchanged(world, max(1, runs // CHANGES_PART), random)
    return CoverageRow(world, _held(flat, SHARE), _held(share, SHARE), _held(net, SIDED * (2 * SHARE - 1)), *changes)


def _unchanged(world: World, runs: int, random: np.random.Generator) -> tuple[float, float]:
    """How often the intervals of a change of share and of net stance hold 0 where only chance moved; outlets keep half of their leaning."""
    kept = _scattered(np.full((runs, world.outlets, 1), SHARE), world.correlation / 2, random)
    windows = [_drawn(world, _scattered(kept, world.correlation / 2, random), random) for _ in range(2)]
    tops, sums, counts, squares = (
        np.stack(of_both, axis=1)
        for of_both in zip(*[(s.sum(axis=2), v.sum(axis=2), n.sum(axis=2), (v**2).sum(axis=2)) for s, v, n in windows], strict=True)
    )
    share = [intervals.share_change(*of) for of in zip(tops, counts, strict=True)]
    net = [intervals.net_change(*of) for of in zip(sums, counts, squares, strict=True)]
    return _part(_holds_nothing(change) for change in share), _part(_holds_nothing(change) for change in net)


def _holds_nothing(change: intervals.Interval) -> bool:
    return change.low is not None and change.high is not None and change.low <= 0 <= change.high


def _drawn(world: World, leaning: FloatArray, random: np.random.Generator) -> tuple[npt.NDArray[np.bool_], FloatArray, npt.NDArray[np.bool_]]:
    """Runs x outlets x stories: whether a story mentions the theme, its score, and whether there is one; `leaning` is runs x outlets x 1."""
    runs = len(leaning)
    sizes = world.stories / EVENT_STORIES * np.exp(random.normal(-(world.spread**2) / 2, world.spread, (runs, world.outlets)))
    events = np.clip(np.rint(sizes), 1, LARGEST * world.stories / EVENT_STORIES).astype(np.int64)
    exists = (np.arange(events.max()) < events[..., None]).repeat(EVENT_STORIES, axis=-1)
    by_event = _scattered(leaning.repeat(events.max(), axis=-1), EVENT_CORRELATION, random).repeat(EVENT_STORIES, axis=-1)
    says_so = (random.random(exists.shape) < by_event) & exists
    takes_side = (random.random(exists.shape) < SIDED) & exists
    return says_so, np.where(takes_side, np.where(says_so, 1.0, -1.0), 0.0), exists


def turning_rates(noise: Noise, series: int, random: np.random.Generator) -> TurningRow:
    """How often a turning point is seen in `series` weekly series without one, and in as many with one in the middle."""
    middle = WEEKS // 2
    false = _significant(_turning(noise, 0.0, random) for _ in range(series))
    seen = _significant(_turning(noise, STEP_LOGITS, random) for _ in range(series))
    return TurningRow(
        noise,
        len(false) / series,
        len(seen) / series,
        _part(abs((point.day - WEEK_DAYS[middle]).days) <= 7 * FOUND_WITHIN_WEEKS for point in seen),
        _part(point.first_day <= WEEK_DAYS[middle] <= point.last_day for point in seen),
    )


def lean_rates(room: Newsroom, runs: int, random: np.random.Generator) -> LeanRow:
    """How the leans of outlets fare in `runs` years of a newsroom."""
    years = [_year(room, random) for _ in range(runs)]
    truth, plain = (np.concatenate([year[i] for year in years]) for i in (0, 1))
    lean, low, high = (np.concatenate([getattr(year[2], name) for year in years]) for name in ("lean", "low", "high"))
    known = np.concatenate([year[3] for year in years]) >= LEAN_STORIES
    called = known & ((low > 0) | (high < 0))
    wrong = called & (np.sign(lean) != np.sign(truth))
    return LeanRow(
        room,
        float(np.mean(((low <= truth) & (truth <= high))[known])),
        float(np.mean(called[known])),
        float(wrong.sum() / max(1, called.sum())),
        float(np.sqrt(np.mean((lean - truth)[known] ** 2))),
        float(np.sqrt(np.mean((plain - truth)[known] ** 2))),
    )


def _year(room: Newsroom, random: np.random.Generator) -> tuple[FloatArray, FloatArray, leanings.Leanings, FloatArray]:
    """By outlet the true lean, the plain difference to all stories, the lean as found, and stories; some outlets write in a few months only."""
    truth = random.normal(0, room.leans, room.outlets)
    level = random.normal(0, LEVEL_MOVES, MONTHS).cumsum()
    net = np.clip(level[:, None] + truth + random.normal(0, 1, (MONTHS, room.outlets)) * room.wander, -LEAN_SIDED, LEAN_SIDED)
    size = np.rint(room.stories * np.exp(random.normal(-0.5, 1.0, room.outlets))).clip(1).astype(np.int64)
    n = np.stack([random.multinomial(stories, random.dirichlet(np.full(MONTHS, 0.7))) for stories in size], axis=1)
    supports = random.binomial(n, (LEAN_SIDED + net) / 2)
    opposes = random.binomial(n - supports, ((LEAN_SIDED - net) / 2) / (1 - (LEAN_SIDED + net) / 2))
    daily = np.zeros((3, MONTHS * leanings.PERIOD_DAYS, room.outlets))
    daily[:, :: leanings.PERIOD_DAYS] = supports - opposes, n, supports + opposes
    scores, counts = daily[:2].sum(axis=1)
    return truth - (counts * truth).sum() / counts.sum(), scores / counts - scores.sum() / counts.sum(), leanings.find(*daily), counts


def _turning(noise: Noise, step: float, random: np.random.Generator) -> TurningPoint | None:
    drift = np.zeros(WEEKS)
    shocks = random.normal(0, noise.deviation, WEEKS)
    drift[0] = shocks[0]
    for week in range(1, WEEKS):  # the innovations shrink, so that the deviation stays the same at every autocorrelation
        drift[week] = noise.autocorrelation * drift[week - 1] + np.sqrt(1 - noise.autocorrelation**2) * shocks[week]
    logits = np.log(WEEKLY_SHARE / (1 - WEEKLY_SHARE)) + drift + step * (np.arange(WEEKS) >= WEEKS // 2)
    stories = np.full(WEEKS, WEEKLY_STORIES)
    mentions = random.binomial(stories, 1 / (1 + np.exp(-logits)))
    return find(WEEK_DAYS, mentions, stories, "share", int(random.integers(2**32)))


def _significant(points: Iterable[TurningPoint | None]) -> list[TurningPoint]:
    return [point for point in points if point is not None and point.p_value <= FALSE_ALARM]


def _scattered(p: FloatArray, correlation: float, random: np.random.Generator) -> FloatArray:
    """Probabilities around `p` whose draws correlate by `correlation` within each (the beta-binomial)."""
    p, size = np.clip(p, 1e-6, 1 - 1e-6), 1 / correlation - 1
    return random.beta(p * size, (1 - p) * size)


def _held(intervals: Intervals, truth: float) -> float:
    return float(np.mean((intervals.low <= truth) & (truth <= intervals.high)))


def _part(answers: Iterable[bool]) -> float:
    answered = list(answers)
    return sum(answered) / len(answered) if answered else 0.0

