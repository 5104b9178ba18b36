"""Daily counts by outlet come in; a series by day, week or month goes out, broken where too little was collected.

A day that nobody collected is not a day without news: it counts neither above nor below the line. Windows look back only, so
a point once drawn does not move because of what came after.
"""

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from tracker.measures import intervals
from tracker.measures.intervals import TRAILING_DAYS, FloatArray, IntArray, Intervals, Numbers

Step: TypeAlias = Literal["day", "week", "month"]

STEADY = 0.8  # of the weeks in which anything was collected, for an outlet to be compared with itself
MIN_COLLECTED = 0.5  # of the outlet-days due: with less, the line would show our crawl and not the news


@dataclass(frozen=True, slots=True)
class Window:
    """The days first_day to last_day, both included."""

    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True)
class Minimum:
    """What a window must hold before a value is shown."""

    stories: int
    outlets: int


SHARE_MINIMUM = Minimum(stories=100, outlets=5)  # one story is then at most 1 % of the whole
NET_MINIMUM = Minimum(stories=30, outlets=5)  # half-width 0.30 at 30 stories even if all were independent
NO_MINIMUM = Minimum(stories=0, outlets=0)  # for bars and dots, which claim no more than what they count


@dataclass(frozen=True, slots=True)
class Series:
    """One element a window. value, low and high are NaN where the line is broken; the counts are of collected outlet-days."""

    windows: tuple[Window, ...]
    value: FloatArray
    low: FloatArray
    high: FloatArray
    total: FloatArray  # stories on the theme, or the sum of scores
    n: IntArray  # all stories, or the stories with a score
    outlets: IntArray  # outlets among these
    collected: FloatArray  # collected outlet-days as a part of those due, 0..1

    @property
    def is_collected(self) -> npt.NDArray[np.bool_]:
        """Whether enough was collected to speak of the window; where not, a total or n of 0 means unknown."""
        return self.collected >= MIN_COLLECTED


@dataclass(frozen=True, slots=True)
class Collected:
    """Which outlet-days count: arrays of days x outlets that begin on first_day. Days outside them are due, not collected."""

    first_day: date
    is_collected: npt.NDArray[np.bool_]  # wholly or partly
    is_due: npt.NDArray[np.bool_] | None = None  # None: every outlet on every day

    def sums(self, spans: Sequence[Window], daily: Numbers) -> FloatArray:
        """Windows x outlets: the sums of a days x outlets array over the collected outlet-days."""
        return self._added(spans, np.where(self.is_collected, np.asarray(daily, dtype=np.float64), 0.0))

    def parts(self, spans: Sequence[Window]) -> FloatArray:
        """Of each window the collected outlet-days as a part of those due, 0..1."""
        is_due = np.ones_like(self.is_collected) if self.is_due is None else self.is_due
        rows, outlets = self.is_collected.shape
        inside = np.diff(self._edges(spans, rows), axis=0)[0]
        days = np.array([(span.last_day - span.first_day).days + 1 for span in spans], dtype=np.int64)
        due = self._added(spans, is_due).sum(axis=-1) + (days - inside) * outlets
        collected = self._added(spans, self.is_collected & is_due).sum(axis=-1)
        return intervals.divide(collected, due, absent=0.0)

    def steady(self, spans: Sequence[Window]) -> npt.NDArray[np.bool_]:
        """Which outlets were collected, wholly or partly, in at least the part STEADY of the weeks of every window in which any outlet was."""
        found = np.ones(self.is_collected.shape[1], dtype=np.bool_)
        for start, end in self._edges(spans, len(self.is_collected)).T:
            weeks = self.is_collected[start:end]
            weeks = np.logical_or.reduceat(weeks, np.arange(0, len(weeks), 7), axis=0) if len(weeks) else weeks
            found &= weeks.sum(axis=0) >= STEADY * weeks.any(axis=1).sum()
        return found

    def _added(self, spans: Sequence[Window], daily: npt.NDArray[np.float64] | npt.NDArray[np.bool_]) -> FloatArray:
        running = np.zeros((len(daily) + 1, daily.shape[1]))
        np.cumsum(daily, axis=0, out=running[1:])
        starts, ends = self._edges(spans, len(daily))
        added: FloatArray = running[ends] - running[starts]
        return added

    def _edges(self, spans: Sequence[Window], rows: int) -> IntArray:
        """2 x windows: the first row of each window, and the row after its last."""
        starts = [(span.first_day - self.first_day).days for span in spans]
        ends = [(span.last_day - self.first_day).days + 1 for span in spans]
        return np.clip(np.array([starts, ends], dtype=np.int64), 0, rows)


def steps(first_day: date, last_day: date, step: Step) -> list[Window]:
    """The days, weeks (Monday to Sunday) or months that end within first_day..last_day; a step not yet over is left out."""
    found = []
    end = _step_end(first_day, step)
    while end <= last_day:
        found.append(Window(_step_start(end, step), end))
        end = _step_end(end + timedelta(days=1), step)
    return found


def windows(first_day: date, last_day: date, step: Step) -> list[Window]:
    """The windows a line is drawn from: at each step's end the last 7 days (day) or 28 days (week), or the month itself."""
    days = {"day": 7, "week": TRAILING_DAYS}
    return [
        Window(span.last_day - timedelta(days=days[step] - 1), span.last_day) if step in days else span
        for span in steps(first_day, last_day, step)
    ]


def share(
    spans: Sequence[Window], collected: Collected, numerators: Numbers, denominators: Numbers, minimum: Minimum = SHARE_MINIMUM
) -> Series:
    """The share of coverage in each window, from stories on the theme and all stories as arrays of days x outlets."""
    top, bottom = collected.sums(spans, numerators), collected.sums(spans, denominators)
    return _series(spans, collected, intervals.share_intervals(top, bottom), top, minimum)


def net(
    spans: Sequence[Window],
    collected: Collected,
    sums: Numbers,
    counts: Numbers,
    squares: Numbers,
    minimum: Minimum = NET_MINIMUM,
    label_error_variance: Numbers = 0.0,
) -> Series:
    """The net stance in each window, from the sum, count and sum of squares of story scores as arrays of days x outlets."""
    top, bottom, square = (collected.sums(spans, daily) for daily in (sums, counts, squares))
    estimate = intervals.net_intervals(top, bottom, square, label_error_variance)
    return _series(spans, collected, estimate, top, minimum)


def _series(spans: Sequence[Window], collected: Collected, estimate: Intervals, tops: FloatArray, minimum: Minimum) -> Series:
    parts = collected.parts(spans)
    is_shown = (parts >= MIN_COLLECTED) & (estimate.n >= minimum.stories) & (estimate.outlets >= minimum.outlets)
    value, low, high = (np.where(is_shown, array, np.nan) for array in (estimate.value, estimate.low, estimate.high))
    return Series(tuple(spans), value, low, high, tops.sum(axis=-1), estimate.n, estimate.outlets, parts)


def _step_start(day: date, step: Step) -> date:
    if step == "day":
        return day
    return day - timedelta(days=day.weekday()) if step == "week" else day.replace(day=1)


def _step_end(day: date, step: Step) -> date:
    if step == "day":
        return day
    if step == "week":
        return day + timedelta(days=6 - day.weekday())
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])
