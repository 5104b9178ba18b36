"""Story scores by outlet and day come in; how far each outlet stands from all on the same days goes out.

A model with a level for each period and a lean for each outlet: score = level + lean + noise, leans normal around 0 with a spread that
is unknown (a random-effects model; Henderson 1975). The levels stand for the dates, so an outlet that wrote during a surge is not blamed
for it; the spread says how much outlets differ at all, and draws what few stories say towards no lean (Efron and Morris 1975). The levels
are eliminated exactly, the spread is averaged over with its likelihood, so that its uncertainty is in the intervals. How often they hold
the truth is measured by evals/intervals.py.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from scipy.special import stdtrit  # type: ignore[import-untyped, unused-ignore]

from tracker.measures.intervals import LEVEL, MIN_FREEDOM, MIN_OUTLETS, TRAILING_DAYS, FloatArray, Numbers, divide

Group: TypeAlias = Literal["above", "not separable", "below"]

PERIOD_DAYS = TRAILING_DAYS  # a level for each: shorter ones leave an outlet few others to be compared with
_SPREADS = np.linspace(0.0, 1.0, 41)  # of the leans: net stance has no room for more than 1; all as likely beforehand


@dataclass(frozen=True, slots=True)
class Leanings:
    """One element an outlet, in units of net stance: how far above all outlets together on the same days, with its 95 % interval.

    Where an outlet wrote only when no other did, the interval says no more than how much outlets differ. It is NaN under MIN_OUTLETS outlets.
    """

    lean: FloatArray
    low: FloatArray
    high: FloatArray

    def groups(self) -> list[Group]:
        """Which outlets stand clearly above or below all together: those whose interval leaves out 0."""
        return [
            "above" if low > 0 else "below" if high < 0 else "not separable"
            for low, high in zip(self.low, self.high, strict=True)
        ]


def find(sums: Numbers, counts: Numbers, squares: Numbers) -> Leanings:
    """The leans from arrays of days x outlets: the sum of story scores in -1..1, their count, and the sum of their squares."""
    total, n = (_by_period(np.asarray(values, dtype=np.float64)) for values in (sums, counts))
    of_period = n.sum(axis=1, keepdims=True)
    # Normal equations of the leans, the levels eliminated: information and score, both in units of 1 / variance of a story
    information = np.diag(n.sum(axis=0)) - n.T @ (n * divide(np.ones_like(of_period), of_period, absent=0.0))
    score = (total - n * divide(total.sum(axis=1, keepdims=True), of_period, absent=0.0)).sum(axis=0)
    sizes, axes = np.linalg.eigh(information)
    is_known = sizes > 1e-9 * max(1.0, float(sizes.max(initial=0.0)))  # what only the levels could explain is not
    sizes, along = np.where(is_known, sizes, 0.0), np.where(is_known, axes.T @ score, 0.0)
    variance = _story_variance(total, n, float(np.asarray(squares, dtype=np.float64).sum()), divide(along, sizes, absent=0.0) @ axes.T)
    spread = _SPREADS[:, None] ** 2
    weight = _likelihood(along[is_known], sizes[is_known], variance, spread)
    shrink = spread / (spread * sizes + variance)
    own = n.sum(axis=0)
    beside_all = axes - divide(own, np.full_like(own, own.sum()), absent=0.0) @ axes  # of each outlet, less that of all stories
    means = (shrink * along) @ beside_all.T
    variances = (variance * shrink) @ (beside_all**2).T
    lean = weight @ means
    outlets = np.count_nonzero(n.sum(axis=0))
    half = stdtrit(max(MIN_FREEDOM, outlets - 1.0), (1 + LEVEL) / 2) * np.sqrt(np.maximum(0.0, weight @ (variances + means**2) - lean**2))
    if outlets < MIN_OUTLETS:  # how much outlets differ is then a guess
        half = np.full_like(lean, np.nan)
    return Leanings(lean, lean - half, lean + half)


def _by_period(daily: FloatArray) -> FloatArray:
    """Periods x outlets: counted from the last day, so that a cut period is the oldest."""
    periods = -(-len(daily) // PERIOD_DAYS)
    padded = np.zeros((periods * PERIOD_DAYS, daily.shape[1]))
    padded[periods * PERIOD_DAYS - len(daily) :] = daily
    added: FloatArray = padded.reshape(periods, PERIOD_DAYS, -1).sum(axis=1)
    return added


def _story_variance(total: FloatArray, n: FloatArray, squares: float, leans: FloatArray) -> float:
    """Of one story around level and lean: within an outlet's period, or more where its stories resemble each other.

    At the least what intervals.net_intervals grants stories that all agree: the next one may lie one step away.
    """
    stories, is_cell = float(n.sum()), n > 0
    if not stories:
        return 1.0
    cells = divide(total, n, absent=0.0)
    inside = squares - float((cells**2 * n).sum())
    within = inside / max(1.0, stories - float(is_cell.sum()))
    of_period = n.sum(axis=1, keepdims=True)
    levels = divide((total - n * leans).sum(axis=1, keepdims=True), of_period, absent=0.0)
    freedom = float(is_cell.sum()) - float((of_period > 0).sum()) - float((n.sum(axis=0) > 0).sum()) + 1
    between = float((n * (cells - levels - leans) ** 2).sum()) / freedom if freedom > 0 else 0.0
    return max(within, between, stories / (stories + 1) ** 2)


def _likelihood(along: FloatArray, sizes: FloatArray, variance: float, spread: FloatArray) -> FloatArray:
    """Weight of each spread: the data's density under it (restricted likelihood), scaled to sum 1."""
    scatter = sizes * variance + sizes**2 * spread
    logs = -0.5 * (np.log(scatter) + along**2 / scatter).sum(axis=1)
    density = np.exp(logs - logs.max())
    weight: FloatArray = density / density.sum()
    return weight
