"""Frames of daily counts come in; shares, net stances and comparisons, made by tracker.measures, go out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from tracker.measures import intervals, label_error, leanings, turning, volume
from tracker.measures.intervals import FloatArray, Interval
from tracker.measures.label_error import LabelError
from tracker.measures.volume import Collected, Minimum, Series, Step, Window

Verdict: TypeAlias = Literal["up", "down", "no clear change", "too little data"]

COMPARED_DAYS = (28, 91, 182)  # the shortest of these that holds enough stories before and after
ENOUGH_STORIES = 100  # in each of the two windows (volume.SHARE_MINIMUM)
READABLE = 2  # points a line needs before it is a line


@dataclass(frozen=True, slots=True)
class Grid:
    """What was published and collected: arrays of days x outlets that begin on `first_day`."""

    first_day: date
    last_day: date
    outlets: tuple[str, ...]
    stories: FloatArray  # all stories, the denominator
    collected: Collected

    def array(self, frame: pd.DataFrame, column: str) -> FloatArray:
        """A column of a frame with `outlet` and `day` as days x outlets; what lies outside the grid is left out."""
        inside = frame[
            frame["outlet"].isin(self.outlets) & frame["day"].between(pd.Timestamp(self.first_day), pd.Timestamp(self.last_day))
        ]
        days = (inside["day"] - pd.Timestamp(self.first_day)).dt.days.to_numpy()
        places = pd.Index(self.outlets).get_indexer(pd.Index(inside["outlet"]))
        values = np.zeros(((self.last_day - self.first_day).days + 1, len(self.outlets)))
        np.add.at(values, (days, places), inside[column].to_numpy(dtype=np.float64))
        return values


def grid(stories: pd.DataFrame, coverage: pd.DataFrame, outlets: Sequence[str], first: date, last: date) -> Grid:
    """The grid of the given outlets and days from the frames story_counts and coverage."""
    shape = ((last - first).days + 1, len(outlets))
    empty = Grid(first, last, tuple(outlets), np.zeros(shape), Collected(first, np.zeros(shape, dtype=np.bool_)))
    marked = coverage.assign(is_due=1, is_collected=coverage["state"].ne("missing").astype(int))
    collected, due = (empty.array(marked, column) > 0 for column in ("is_collected", "is_due"))
    return Grid(first, last, tuple(outlets), empty.array(stories, "stories"), Collected(first, collected, due))


@dataclass(frozen=True, slots=True)
class Theme:
    """The stories of one theme on a grid; those the judge is unsure of are among `stories` and on none of the three sides."""

    grid: Grid
    stories: FloatArray
    supports: FloatArray
    opposes: FloatArray
    neutral: FloatArray
    error: LabelError = label_error.UNKNOWN  # the judge's, part of every interval of net stance

    def share(self, windows: Sequence[Window], minimum: Minimum = volume.SHARE_MINIMUM) -> Series:
        """Share of coverage in each window."""
        return volume.share(windows, self.grid.collected, self.stories, self.grid.stories, minimum)

    def net(self, windows: Sequence[Window], minimum: Minimum = volume.NET_MINIMUM) -> Series:
        """Net stance in each window."""
        sides = [self.grid.collected.sums(windows, side).sum(axis=-1) for side in self._sided]
        error = self.error.variance(np.stack(sides, axis=-1))
        return volume.net(windows, self.grid.collected, *self.error.scored(self._sided), minimum, error)

    def share_change(self, windows: Sequence[Window]) -> Interval:
        """The share in the second window minus that in the first."""
        return intervals.share_change(self.grid.collected.sums(windows, self.stories), self.grid.collected.sums(windows, self.grid.stories))

    def net_change(self, windows: Sequence[Window]) -> Interval:
        """The net stance in the second window minus that in the first; the same judge reads both, so its errors do not part them."""
        sides = np.stack([self.grid.collected.sums(windows, side).sum(axis=-1) for side in self._sided], axis=-1)
        sums, counts, squares = (self.grid.collected.sums(windows, daily) for daily in self.error.scored(self._sided))
        return intervals.net_change(sums, counts, squares, float(self.error.shared.variance(sides).sum()))

    def steady(self, windows: Sequence[Window]) -> "Theme":
        """The theme among the outlets alone that were collected in most weeks of every window."""
        is_steady = self.grid.collected.steady(windows)
        stories, supports, opposes, neutral = (daily * is_steady for daily in (self.stories, self.supports, self.opposes, self.neutral))
        return Theme(replace(self.grid, stories=self.grid.stories * is_steady), stories, supports, opposes, neutral, self.error)

    def sides(self, windows: Sequence[Window]) -> pd.DataFrame:
        """Stories in each window: supports, opposes, neutral, unsure, n, all_stories, collected (0..1 of the outlet-days due)."""
        daily = {**self._by_side, "unsure": self._unsure, "n": self.stories, "all_stories": self.grid.stories}
        counts = {name: self.grid.collected.sums(windows, array).sum(axis=-1).astype(np.int64) for name, array in daily.items()}
        return pd.DataFrame(counts).assign(collected=self.grid.collected.parts(windows))

    def outlets(self) -> int:
        """Number of outlets that published a story of the theme."""
        return int((self.stories.sum(axis=0) > 0).sum())

    def by_outlet(self) -> pd.DataFrame:
        """Stories of the whole grid by outlet, largest first: outlet, n, supports, opposes, neutral, unsure, net, adjusted, low, high, group.

        `n` leaves out the unsure ones. `adjusted`: where the outlet stands beside the others on the same days (measures.leanings), with its
        interval, as net stance around that of all outlets.
        """
        daily = self.error.scored(self._sided)
        found = leanings.find(*daily)
        total, n = (counts.sum() for counts in daily[:2])
        overall = total / n if n else 0.0
        frame = pd.DataFrame({name: side.sum(axis=0).astype(np.int64) for name, side in {**self._by_side, "unsure": self._unsure}.items()})
        frame.insert(0, "outlet", pd.Series(self.grid.outlets, dtype="str"))
        frame.insert(1, "n", daily[1].sum(axis=0).astype(np.int64))
        frame["net"] = np.clip(intervals.divide(daily[0].sum(axis=0), daily[1].sum(axis=0)), -1, 1)
        for name, values in (("adjusted", found.lean), ("low", found.low), ("high", found.high)):
            frame[name] = np.clip(overall + values, -1, 1)
        frame["group"] = found.groups()
        return frame.query("n + unsure > 0").sort_values(["n", "outlet"], ascending=[False, True]).reset_index(drop=True)

    def marks(self) -> pd.DataFrame:
        """One row per story the judge is sure of: day, outlet, stance."""
        rows = [
            (self.grid.first_day + timedelta(days=int(row)), self.grid.outlets[column], side)
            for side, counts in self._by_side.items()
            for row, column in zip(*np.nonzero(counts), strict=True)
            for _ in range(int(counts[row, column]))
        ]
        return pd.DataFrame(rows, columns=["day", "outlet", "stance"]).sort_values(["day", "outlet", "stance"], ignore_index=True)

    @property
    def _sided(self) -> FloatArray:
        """Stories by side, 3 x days x outlets, in the order of label_error.SIDES."""
        return np.stack([self._by_side[side] for side in label_error.SIDES])

    @property
    def _by_side(self) -> dict[str, FloatArray]:
        return {"supports": self.supports, "opposes": self.opposes, "neutral": self.neutral}

    @property
    def _unsure(self) -> FloatArray:
        return self.stories - self.supports - self.opposes - self.neutral


def theme(grid: Grid, counts: pd.DataFrame, error: LabelError = label_error.UNKNOWN) -> Theme:
    """One theme on the grid, from the frame theme_counts."""
    stories, supports, opposes, neutral = (grid.array(counts, column) for column in ("stories", "supports", "opposes", "neutral"))
    return Theme(grid, stories, supports, opposes, neutral, error)


def known_error(draws: pd.DataFrame, confusion: pd.DataFrame) -> LabelError:
    """The judge's error rates from the frames label_error_draws and judge_confusion; UNKNOWN if they are empty."""
    if draws.empty or confusion.empty:
        return label_error.UNKNOWN
    rates = np.zeros((int(draws["draw"].max()) + 1, len(label_error.SIDES), len(label_error.SIDES)))
    gold, found = (pd.Index(label_error.SIDES).get_indexer(pd.Index(draws[column])) for column in ("gold", "found"))
    rates[draws["draw"].to_numpy(), gold, found] = draws["probability"].to_numpy()
    on_sides = confusion[confusion["gold"].isin(label_error.SIDES) & confusion["found"].isin(label_error.SIDES)]
    return LabelError(rates, int(on_sides["passages"].sum()))


def interval(series: Series, place: int) -> Interval:
    """One window of a series as an interval; None where the window holds too little."""
    value, low, high = (
        None if np.isnan(array[place]) else float(array[place]) for array in (series.value, series.low, series.high)
    )
    return Interval(value, low, high, int(series.n[place]), int(series.outlets[place]))


def halves(first: date, last: date) -> tuple[Window, Window]:
    """The two halves of a span; of an odd number of days the first has one more."""
    middle = first + (last - first) // 2
    return Window(first, middle), Window(middle + timedelta(days=1), last)


def compared(grid: Grid) -> tuple[Window, Window]:
    """The two windows a change is told from: the last 28 days and the 28 before, or longer ones where those hold too few stories."""
    for days in COMPARED_DAYS:
        after = Window(grid.last_day - timedelta(days=days - 1), grid.last_day)
        before = Window(after.first_day - timedelta(days=days), after.first_day - timedelta(days=1))
        if before.first_day < grid.first_day:
            break
        if (grid.collected.sums([before, after], grid.stories).sum(axis=-1) >= ENOUGH_STORIES).all():
            return before, after
    return halves(grid.first_day, grid.last_day)


@dataclass(frozen=True, slots=True)
class Change:
    """A measure in two windows, and what may be said of the change."""

    before: Interval
    after: Interval
    change: Interval
    verdict: Verdict


def changes(themes: Sequence[Theme], windows: tuple[Window, Window]) -> list[tuple[Change, Change]]:
    """For each theme the change of its share and of its net stance; all are tested together (Benjamini-Hochberg).

    A change that mostly vanishes among the outlets collected in both windows is none of theirs, and is not called one.
    """
    found: list[tuple[Interval, Interval, Interval]] = []
    holds: list[bool] = []
    for one in themes:
        steady = one.steady(windows)
        for shown, change, in_panel in (
            (one.share(windows), one.share_change(windows), steady.share_change(windows)),
            (one.net(windows), one.net_change(windows), steady.net_change(windows)),
        ):
            before, after = (interval(shown, place) for place in (0, 1))
            is_enough = before.value is not None and after.value is not None
            found.append((before, after, change if is_enough else replace(change, value=None, low=None, high=None)))
            holds.append(_holds(change, in_panel))
    p_values = [intervals.p_value(change) for _, _, change in found]
    believed = iter(turning.benjamini_hochberg([p for p in p_values if p is not None]))
    told = [
        Change(*of, _verdict(of[2], p is not None and next(believed) and is_held))
        for of, p, is_held in zip(found, p_values, holds, strict=True)
    ]
    return list(zip(told[::2], told[1::2], strict=True))


def _holds(change: Interval, in_panel: Interval) -> bool:
    return change.value is not None and in_panel.value is not None and intervals.is_mostly_left(change.value, in_panel.value)


def _verdict(change: Interval, is_believed: bool) -> Verdict:
    if change.value is None or change.low is None:
        return "too little data"
    if not is_believed:
        return "no clear change"
    return "up" if change.value > 0 else "down"


def is_line(series: Series) -> bool:
    """Whether enough windows hold enough to draw a line at all."""
    return int(np.count_nonzero(~np.isnan(series.value))) >= READABLE


def broken(series: Series, is_collected: npt.NDArray[np.bool_]) -> Series:
    """The series without its points at steps that were not collected themselves, though enough of their window was."""
    value, low, high = (np.where(is_collected, array, np.nan) for array in (series.value, series.low, series.high))
    return replace(series, value=value, low=low, high=high)


def gaps(windows: Sequence[Window], collected: Iterable[float]) -> list[Window]:
    """Runs of steps in which too little was collected."""
    found: list[Window] = []
    for window, part in zip(windows, collected, strict=True):
        if part >= volume.MIN_COLLECTED:
            continue
        if found and found[-1].last_day + timedelta(days=1) == window.first_day:
            found[-1] = Window(found[-1].first_day, window.last_day)
        else:
            found.append(window)
    return found


def periods(first: date, last: date, months: Literal[1, 3, 6]) -> list[tuple[str, Window]]:
    """Months, quarters or half-years from first to last with their names; the first and last may be cut, nothing is left out."""
    found = []
    start = first
    while start <= last:
        index = start.year * 12 + (start.month - 1) // months * months + months
        end = min(date(index // 12, index % 12 + 1, 1) - timedelta(days=1), last)
        part = (start.month - 1) // months + 1
        name = {1: f"{start:%b %Y}", 3: f"Q{part} {start.year}", 6: f"H{part} {start.year}"}[months]
        found.append((name, Window(start, end)))
        start = end + timedelta(days=1)
    return found


def steps(first: date, last: date, step: Step) -> list[Window]:
    """The finished days, weeks or months of the span."""
    return [window for window in volume.steps(first, last, step) if window.first_day >= first]


def fitting_months(first: date, last: date, stories: int, most: int) -> Literal[1, 3, 6]:
    """The shortest period that holds about ten stories and gives at most `most` rows; quarters where none does."""
    months = ((last - first).days + 1) / 30.4
    sizes: tuple[Literal[1, 3, 6], ...] = (1, 3, 6)
    for size in sizes:
        if months / size <= most and stories * size / months >= PERIOD_STORIES:
            return size
    return 3


PERIOD_STORIES = 10  # parts of a whole mean little below


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a frame as dictionaries: what pages loop over."""
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]
