"""Counts by outlet come in; a share or a net stance with its 95 % interval goes out.

Outlets, not stories, are the independent units: stories of one house resemble each other, and an interval that takes them for
independent covers the truth in 64 to 91 % of cases instead of 95 % (measured by evals/intervals.py, as is the rule below).

What the edge cases give, everywhere in this file: no stories: no value. Fewer than MIN_OUTLETS outlets with stories (one outlet
with everything included): the value without an interval. All zero or all one: the outlets cannot disagree, so the stories count
as independent, and the interval still has a width.
"""

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.special import stdtr, stdtrit  # type: ignore[import-untyped, unused-ignore]

Numbers: TypeAlias = npt.ArrayLike
FloatArray: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int64]

LEVEL = 0.95  # the convention every reader expects
MIN_OUTLETS = 5  # below this the variance between outlets is a guess: counts in words instead
MIN_STORIES = 5  # the same for the stories of a single outlet
TRAILING_DAYS = 28  # whole weeks, since weekends halve the volume of news; four of them carry enough stories for a line


@dataclass(frozen=True, slots=True)
class Interval:
    """A share (0 to 1) or a net stance (-1 to 1) with its interval, and the stories `n` and outlets behind it."""

    value: float | None  # None without stories
    low: float | None  # None when there are too few outlets
    high: float | None
    n: int
    outlets: int


@dataclass(frozen=True, slots=True)
class Intervals:
    """The same as arrays, one element a window; NaN stands where Interval has None."""

    value: FloatArray
    low: FloatArray
    high: FloatArray
    n: IntArray
    outlets: IntArray

    def at(self, position: int) -> Interval:
        """The interval of one window."""
        value, low, high = (_number(array[position]) for array in (self.value, self.low, self.high))
        return Interval(value, low, high, int(self.n[position]), int(self.outlets[position]))


def share_interval(numerators: Numbers, denominators: Numbers, level: float = LEVEL) -> Interval:
    """The share of `numerators` (stories on the theme) in `denominators` (all stories), each one number per outlet."""
    return share_intervals([numerators], [denominators], level).at(0)


def net_interval(
    sums: Numbers, counts: Numbers, squares: Numbers, label_error_variance: float = 0.0, level: float = LEVEL
) -> Interval:
    """The mean of story scores in -1..1 from, per outlet, their sum, their count and the sum of their squares.

    `label_error_variance` is the judge's own contribution to the variance of the mean, from the gold set.
    """
    return net_intervals([sums], [counts], [squares], label_error_variance, level).at(0)


def story_interval(scores: Numbers, level: float = LEVEL) -> Interval:
    """The mean of one outlet's story scores in -1..1, with stories as units: MIN_STORIES of them or no interval."""
    scores = np.asarray(scores, dtype=np.float64)
    stories = np.ones_like(scores)
    return Interval(*_net([scores], [stories], [scores**2], 0.0, level, MIN_STORIES).at(0).__reduce__)


def share_intervals(numerators: Numbers, denominators: Numbers, level: float = LEVEL) -> Intervals:
    """Shares of many windows at once, from arrays of windows x outlets: Wilson's interval on the effective number of stories."""
    ratio = _Ratio.of(numerators, denominators)
    binomial = _divide(ratio.value * (1 - ratio.value), ratio.n)
    inflation = np.maximum(1.0, _divide(ratio.variance, binomial, 1.0))  # never narrower than independent stories
    n = _divide(ratio.n, inflation)
    t = _t_quantile(ratio.outlets, level, MIN_OUTLETS)
    with np.errstate(invalid="ignore", divide="ignore"):
        centre = (ratio.value + t**2 / (2 * n)) / (1 + t**2 / n)
        half = t / (1 + t**2 / n) * np.sqrt(ratio.value * (1 - ratio.value) / n + t**2 / (4 * n**2))
    low = np.clip(centre - half, 0.0, ratio.value)
    return ratio.within(low, np.clip(centre + half, ratio.value, 1.0))


def net_intervals(
    sums: Numbers,
    counts: Numbers,
    squares: Numbers,
    label_error_variance: Numbers = 0.0,
    level: float = LEVEL,
) -> Intervals:
    """Net stances of many windows at once, from arrays of windows x outlets; `label_error_variance` is one number or one a window."""
    return _net(sums, counts, squares, label_error_variance, level, MIN_OUTLETS)
