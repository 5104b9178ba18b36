"""Weekly counts come in; the week in which a share or a net stance most likely turned goes out, with its p value and its range.

Weekly news is autocorrelated, and a test that ignores this sees turning points everywhere: hence the bootstrap of whole blocks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt
from scipy.special import xlogy  # type: ignore[import-untyped, unused-ignore]

from tracker.measures.intervals import FloatArray, divide

Measure: TypeAlias = Literal["share", "net_stance"]
Key = TypeVar("Key")

MIN_WEEKS = 26  # half a year: less cannot tell a turn from a mood
MIN_SEGMENT = 6  # weeks on either side: shorter is an episode, not a new level
BLOCK_WEEKS = 10  # keeps false alarms under 10 % up to an autocorrelation of 0.7 over two years, where blocks of 8 let 11 % pass (evals/intervals.py)
DRAWS = 999  # p values down to 0.001
RANGE_DROP = 1.92  # of the log likelihood: half of 3.84, the 95 % point of chi-square with one degree of freedom
SHARE_FACTOR = 1.5  # a smaller change is real perhaps, but not worth a reader's time
SHARE_POINTS = 0.01
NET_POINTS = 0.15
MAX_Q = 0.10  # of the turning points shown, at most a tenth may be false


@dataclass(frozen=True, slots=True)
class TurningPoint:
    """The likeliest change of level in a series. Days are those of the weeks given to `find`."""

    measure: Measure
    day: date  # the first week of the new level
    first_day: date  # earliest and latest week the change may lie in
    last_day: date
    before: float  # level of all weeks before, and of all from `day` on
    after: float
    p_value: float

    @property
    def is_large(self) -> bool:
        """Whether the change is worth showing: a share by half or by one percentage point, a net stance by 0.15."""
        change = abs(self.after - self.before)
        if self.measure == "net_stance":
            return change >= NET_POINTS
        smaller, larger = sorted((self.before, self.after))
        return change >= SHARE_POINTS or larger >= SHARE_FACTOR * smaller


def find(
    weeks: Sequence[date], numerators: npt.ArrayLike, denominators: npt.ArrayLike, measure: Measure, seed: int
) -> TurningPoint | None:
    """The likeliest turning point, whatever its p value; None when fewer than MIN_WEEKS weeks hold data.

    Per week, `numerators` are stories on the theme and `denominators` all stories (share), or the sum of scores and the stories
    that have one (net_stance). A week without data has NaN or a denominator of 0 and is left out, not taken for zero.
    """
    top, bottom = np.asarray(numerators, dtype=np.float64), np.asarray(denominators, dtype=np.float64)
    valid = np.isfinite(top) & (bottom > 0)
    days = [day for day, is_valid in zip(weeks, valid, strict=True) if is_valid]
    if len(days) < MIN_WEEKS:
        return None
    top, bottom = top[valid], bottom[valid]
    gain = _gain(top, bottom, measure)
    best = int(np.argmax(gain))
    split = best + MIN_SEGMENT
    sample = _blocks(len(days), np.random.default_rng(seed))
    by_chance = _gain(top[sample], bottom[sample], measure).max(axis=-1)
    p_value = float((1 + np.count_nonzero(by_chance >= gain[best])) / (1 + DRAWS))
    near = np.flatnonzero(gain >= gain[best] - RANGE_DROP * _dispersion(top, bottom, split, measure)) + MIN_SEGMENT
    before, after = (float(top[part].sum() / bottom[part].sum()) for part in (slice(split), slice(split, None)))
    return TurningPoint(measure, days[split], days[near[0]], days[near[-1]], before, after, p_value)


def select(points: Mapping[Key, TurningPoint | None]) -> dict[Key, TurningPoint]:
    """Of all series tested together (theme and measure, say) those that turned: not chance at rate MAX_Q, and large enough."""
    tested = {key: point for key, point in points.items() if point is not None}
    kept = benjamini_hochberg([point.p_value for point in tested.values()])
    return {key: point for (key, point), is_kept in zip(tested.items(), kept, strict=True) if is_kept and point.is_large}


def benjamini_hochberg(p_values: Sequence[float], q: float = MAX_Q) -> list[bool]:
    """Which of the tests to believe, so that at most a part `q` of the believed is expected to be false."""
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p, kind="stable")
    passing = np.flatnonzero(p[order] <= q * np.arange(1, len(p) + 1) / max(1, len(p)))
    believed = np.zeros(len(p), dtype=np.bool_)
    believed[order[: passing[-1] + 1 if len(passing) else 0]] = True
    return [bool(is_believed) for is_believed in believed]


def _gain(top: FloatArray, bottom: FloatArray, measure: Measure) -> FloatArray:
    """What two levels explain better than one, in log likelihood, for every split that leaves MIN_SEGMENT weeks on each side."""
    tops, bottoms = np.cumsum(top, axis=-1), np.cumsum(bottom, axis=-1)
    total, weight = tops[..., -1:], bottoms[..., -1:]
    left, left_weight = tops[..., MIN_SEGMENT - 1 : -MIN_SEGMENT], bottoms[..., MIN_SEGMENT - 1 : -MIN_SEGMENT]
    right, right_weight = total - left, weight - left_weight
    if measure == "share":
        return _binomial(left, left_weight) + _binomial(right, right_weight) - _binomial(total, weight)
    # Normal with weights and an unknown variance: the share of the squares that one level leaves over and two do not.
    squares = (top**2 / bottom).sum(axis=-1, keepdims=True)
    one = squares - total**2 / weight
    two = squares - left**2 / left_weight - right**2 / right_weight
    floor = 1e-12 * squares + 1e-300  # rounding: two levels that explain everything leave this, not zero
    gain: FloatArray = top.shape[-1] / 2 * np.log(np.maximum(one, floor) / np.maximum(two, floor))
    return gain


def _binomial(top: FloatArray, bottom: FloatArray) -> FloatArray:
    likelihood: FloatArray = xlogy(top, top / bottom) + xlogy(bottom - top, 1 - top / bottom)
    return likelihood


def _dispersion(top: FloatArray, bottom: FloatArray, split: int, measure: Measure) -> float:
    """How much more than binomially the weeks scatter around the two levels, at least 1; the normal form knows already."""
    if measure == "net_stance":
        return 1.0
    means = [top[:split].sum() / bottom[:split].sum(), top[split:].sum() / bottom[split:].sum()]
    levels = np.repeat(means, [split, len(top) - split])
    variance = levels * (1 - levels) * bottom
    scatter = divide((top - levels * bottom) ** 2, variance, absent=0.0)
    return max(1.0, float(scatter.sum()) / (len(top) - 2))


def _blocks(weeks: int, random: np.random.Generator) -> npt.NDArray[np.int64]:
    """DRAWS x weeks: positions in blocks of BLOCK_WEEKS that start anywhere and run on over the end to the beginning."""
    starts = random.integers(0, weeks, size=(DRAWS, -(-weeks // BLOCK_WEEKS), 1))
    return ((starts + np.arange(BLOCK_WEEKS)) % weeks).reshape(DRAWS, -1)[:, :weeks]
