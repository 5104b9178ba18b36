"""Counts by outlet come in; a share or a net stance with its 95 % interval goes out.

Outlets, not stories, are the independent units: stories of one house resemble each other, and an interval that takes them for
independent misses the truth far more often than it says. Outlets differ in size, so they count with their effective number,
(sum n)^2 / sum n^2: forty outlets of which two write half of everything know little more than those two. For outlets of equal
size it is their number. How often the intervals hold the truth is measured by evals/intervals.py.

The edge cases, everywhere in this file. No stories: no value. Fewer than MIN_OUTLETS outlets with stories (one outlet that has
everything, too): the value without an interval. All zero, all one or all the same: the outlets show no disagreement to
measure, so their stories count as independent, and the interval still has a width.
"""

from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.special import stdtr, stdtrit  # type: ignore[import-untyped, unused-ignore]

Numbers: TypeAlias = npt.ArrayLike
FloatArray: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int64]

LEVEL = 0.95  # the convention every reader expects
MIN_FREEDOM = 1.0  # of Student's t; with less its quantiles have no bounds, and 12.7 already says that nothing is known
MIN_OUTLETS = 5  # below this the spread between outlets is a guess: say the counts in words
KEPT = 0.5  # of a change that is left among the outlets collected on both sides, for it not to be one of which outlets there are
TRAILING_DAYS = 28  # whole weeks, since weekends halve the volume of news; four of them carry enough stories for a line


@dataclass(frozen=True, slots=True)
class Interval:
    """A share (0..1) or a net stance (-1..1) with its interval, and the stories and outlets behind it."""

    value: float | None  # None without stories
    low: float | None  # None when there are too few outlets
    high: float | None
    n: int
    outlets: int


@dataclass(frozen=True, slots=True)
class Intervals:
    """The same for many windows: arrays with one element a window, NaN where Interval has None."""

    value: FloatArray
    low: FloatArray
    high: FloatArray
    n: IntArray
    outlets: IntArray

    def at(self, position: int) -> Interval:
        """The interval of one window."""
        value, low, high = (_or_none(array[position]) for array in (self.value, self.low, self.high))
        return Interval(value, low, high, int(self.n[position]), int(self.outlets[position]))


def net_interval(sums: Numbers, counts: Numbers, squares: Numbers, label_error_variance: float = 0.0) -> Interval:
    """The mean of story scores in -1..1; per outlet their sum, their count and the sum of their squares.

    `label_error_variance` is the judge's own contribution to the variance of the mean, in squared units of net stance.
    """
    top, bottom, square = (np.asarray(values)[None] for values in (sums, counts, squares))
    return net_intervals(top, bottom, square, label_error_variance).at(0)


def story_interval(scores: Numbers, label_error_variance: float = 0.0) -> Interval:
    """The mean of the story scores (-1..1) of a single outlet: here stories are the units, and as many are needed."""
    scores = np.asarray(scores, dtype=np.float64)
    interval = net_interval(scores, np.ones_like(scores), scores**2, label_error_variance)
    return replace(interval, outlets=min(1, interval.n))


def share_intervals(numerators: Numbers, denominators: Numbers) -> Intervals:
    """Shares of `numerators` (stories on the theme) in `denominators` (all stories), from arrays of windows x outlets.

    Wilson's interval on the effective number of stories.
    """
    ratio = _ratio(numerators, denominators)
    p, t = ratio.value, ratio.t_quantile()
    design_effect = np.maximum(1.0, divide(ratio.variance, divide(p * (1 - p), ratio.n), absent=1.0))
    n = divide(ratio.n, design_effect)
    centre = (p + divide(t**2, 2 * n)) / (1 + divide(t**2, n))
    half = t / (1 + divide(t**2, n)) * np.sqrt(divide(p * (1 - p), n) + divide(t**2, 4 * n**2))
    # The formula holds 0 <= low <= p <= high <= 1 but for its last digit, which the clipping restores.
    return ratio.within(np.clip(centre - half, 0, p), np.clip(centre + half, p, 1))


def net_intervals(sums: Numbers, counts: Numbers, squares: Numbers, label_error_variance: Numbers = 0.0) -> Intervals:
    """Net stances of many windows, from arrays of windows x outlets; `label_error_variance` is one number, or one a window."""
    ratio = _ratio(sums, counts)
    total_squares = np.asarray(squares, dtype=np.float64).sum(axis=-1)
    sampling_variance = np.maximum(ratio.variance, divide(_story_variance(total_squares, ratio.n, ratio.value), ratio.n))
    half = ratio.t_quantile() * np.sqrt(sampling_variance + np.asarray(label_error_variance, dtype=np.float64))
    # Scores corrected for label error may lie beyond 1, and so may their mean
    value, low, high = (np.clip(end, -1, 1) for end in (ratio.value, ratio.value - half, ratio.value + half))
    return replace(ratio.within(low, high), value=value)


def difference(after: Interval, before: Interval) -> Interval:
    """`after` minus `before` by square-and-add; `n` and `outlets` are those of the weaker side.

    Where the same outlets stand on both sides the interval is too wide: share_change and net_change know better.
    """
    n, outlets = min(after.n, before.n), min(after.outlets, before.outlets)
    if after.value is None or before.value is None:
        return Interval(None, None, None, n, outlets)
    value = after.value - before.value
    if after.low is None or after.high is None or before.low is None or before.high is None:
        return Interval(value, None, None, n, outlets)
    down = np.hypot(after.value - after.low, before.high - before.value)
    up = np.hypot(after.high - after.value, before.value - before.low)
    return Interval(value, float(value - down), float(value + up), n, outlets)


def share_change(numerators: Numbers, denominators: Numbers) -> Interval:
    """The share in the second window minus that in the first, from arrays of 2 x outlets. The interval is that of _change."""
    top, bottom = (np.asarray(numbers, dtype=np.float64) for numbers in (numerators, denominators))
    n = bottom.sum(axis=-1)
    p = (top.sum(axis=-1) + 1) / (n + 2)  # Agresti and Caffo 2000: a story on either side, so that none at all is not certainty
    return _change(top, bottom, p * (1 - p) / (n + 2))


def net_change(sums: Numbers, counts: Numbers, squares: Numbers, label_error_variance: float = 0.0) -> Interval:
    """The net stance in the second window minus that in the first, from arrays of 2 x outlets. The interval is that of _change."""
    top, bottom = (np.asarray(numbers, dtype=np.float64) for numbers in (sums, counts))
    n = bottom.sum(axis=-1)
    variance = _story_variance(np.asarray(squares, dtype=np.float64).sum(axis=-1), n, divide(top.sum(axis=-1), n))
    return _change(top, bottom, divide(variance, n), label_error_variance)


def _change(top: FloatArray, bottom: FloatArray, independent: FloatArray, more: float = 0.0) -> Interval:
    """The difference of two ratios with the same outlets on both sides; `n` and `outlets` are those of the weaker window.

    What an outlet keeps is no part of the uncertainty: the variance is that of the outlets' own contributions to the difference (Taylor
    linearisation, outlets as clusters), at the least that of `independent` stories in both windows, and `more`.
    """
    ratio = _ratio(top, bottom)
    n, outlets = int(np.rint(ratio.n.min())), int(ratio.outlets.min())
    if not n:
        return Interval(None, None, None, n, outlets)
    value = float(ratio.value[1] - ratio.value[0])
    if outlets < MIN_OUTLETS:
        return Interval(value, None, None, n, outlets)
    own = (top - ratio.value[:, None] * bottom) / ratio.n[:, None]
    effective = float(ratio.effective_outlets.min())
    clustered = float(divide(effective * ((own[1] - own[0]) ** 2).sum(), np.array(effective - 1), absent=np.inf))
    half = float(stdtrit(max(effective - 1, MIN_FREEDOM), (1 + LEVEL) / 2)) * np.sqrt(max(clustered, float(independent.sum())) + more)
    return Interval(value, float(value - half), float(value + half), n, outlets)


def is_mostly_left(change: float, in_panel: float) -> bool:
    """Whether at least half of a change is left among the outlets that were collected before and after it; NaN: nothing to count there."""
    return bool(in_panel * change >= KEPT * change**2)


def p_value(change: Interval) -> float | None:
    """The two-sided p value that belongs to a difference: below 1 - LEVEL exactly when its interval excludes 0."""
    if change.value is None or change.low is None or change.high is None:
        return None
    towards_zero = change.value - change.low if change.value > 0 else change.high - change.value
    if towards_zero == 0:
        return 1.0 if change.value == 0 else 0.0
    freedom = change.outlets - 1
    return float(2 * stdtr(freedom, -abs(change.value) / towards_zero * stdtrit(freedom, (1 + LEVEL) / 2)))


def divide(top: FloatArray, bottom: FloatArray, absent: float = np.nan) -> FloatArray:
    """Top over bottom, element by element; `absent` where the bottom is not a positive number."""
    positive = bottom > 0
    quotient: FloatArray = np.divide(top, bottom, out=np.full(positive.shape, absent), where=positive)
    return quotient


@dataclass(frozen=True, slots=True)
class _Ratio:
    """Sum over sum, with the variance that disagreement between outlets gives it."""

    value: FloatArray
    variance: FloatArray
    n: FloatArray
    outlets: IntArray
    effective_outlets: FloatArray

    def t_quantile(self) -> FloatArray:
        """How many standard errors the interval reaches; NaN where it has none."""
        quantile: FloatArray = stdtrit(np.fmax(self.effective_outlets - 1, MIN_FREEDOM), (1 + LEVEL) / 2)
        return np.where(self.outlets >= MIN_OUTLETS, quantile, np.nan)

    def within(self, low: FloatArray, high: FloatArray) -> Intervals:
        return Intervals(self.value, low, high, np.rint(self.n).astype(np.int64), self.outlets)


def _story_variance(squares: FloatArray, n: FloatArray, mean: FloatArray) -> FloatArray:
    """Of one story's score. Stories that all agree still leave room for doubt: at the least, the next one may lie one step away."""
    variance: FloatArray = np.maximum(divide(squares, n) - mean**2, n / (n + 1) ** 2)
    return variance


def _ratio(tops: Numbers, bottoms: Numbers) -> _Ratio:
    top, bottom = np.asarray(tops, dtype=np.float64), np.asarray(bottoms, dtype=np.float64)
    n, outlets = bottom.sum(axis=-1), np.asarray(np.count_nonzero(bottom, axis=-1), dtype=np.int64)
    value, effective = divide(top.sum(axis=-1), n), divide(n**2, (bottom**2).sum(axis=-1))
    residuals = ((top - value[..., None] * bottom) ** 2).sum(axis=-1)
    return _Ratio(value, divide(effective * residuals, (effective - 1) * n**2), n, outlets, effective)


def trailing(daily: Numbers) -> FloatArray:
    """The sums over the TRAILING_DAYS days that end on each day, along the first axis."""
    running: FloatArray = np.cumsum(np.asarray(daily, dtype=np.float64), axis=0)
    before = np.zeros_like(running)
    before[TRAILING_DAYS:] = running[:-TRAILING_DAYS]
    return running - before


def _or_none(number: np.float64) -> float | None:
    return None if np.isnan(number) else float(number)
