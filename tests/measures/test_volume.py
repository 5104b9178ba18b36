"""Series: a gap in the crawl is a gap in the line, and never a fall to zero."""

from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tracker.measures.volume import NO_MINIMUM, Collected, Minimum, Series, Step, net, share, steps, windows

MONDAY = date(2026, 6, 1)
SUNDAY = date(2026, 8, 23)  # twelve weeks
DAYS, OUTLETS = 84, 8


def _share(is_collected: npt.NDArray[np.bool_], step: str = "week", minimum: Minimum = NO_MINIMUM) -> Series:
    """Each outlet has 10 stories a day, 2 of them on the theme; what was not collected is zero, as in any table."""
    n = np.where(is_collected, 10, 0)
    spans = steps(MONDAY, SUNDAY, "day") if step == "single day" else windows(MONDAY, SUNDAY, "week")
    return share(spans, Collected(MONDAY, is_collected), n // 5, n, minimum)


@settings(max_examples=60, deadline=None)
@given(arrays(np.bool_, (DAYS, OUTLETS)))
def test_days_nobody_collected_never_pull_the_line_to_zero(is_collected: npt.NDArray[np.bool_]) -> None:
    for step in ("single day", "week"):
        series = _share(is_collected, step)
        assert np.all(np.isnan(series.value) | np.isclose(series.value, 0.2))
        assert np.array_equal(np.isnan(series.value), series.collected < 0.5)


@settings(max_examples=60, deadline=None)
@given(arrays(np.bool_, (DAYS, OUTLETS)))
def test_stories_from_uncollected_days_do_not_enter(is_collected: npt.NDArray[np.bool_]) -> None:
    n = np.full((DAYS, OUTLETS), 10)
    k = np.where(is_collected, 2, 9)  # what slipped in on other days looks different
    series = share(windows(MONDAY, SUNDAY, "week"), Collected(MONDAY, is_collected), k, n, NO_MINIMUM)
    assert np.all(np.isnan(series.value) | np.isclose(series.value, 0.2))


def test_a_true_zero_stays_a_zero() -> None:
    collected = Collected(MONDAY, np.ones((DAYS, OUTLETS), dtype=np.bool_))
    zeros, tens = np.zeros((DAYS, OUTLETS)), np.full((DAYS, OUTLETS), 10)
    series = share(windows(MONDAY, SUNDAY, "week"), collected, zeros, tens)
    assert series.value[-1] == 0 and series.low[-1] == 0 and series.high[-1] > 0


def test_the_line_breaks_where_less_than_half_was_collected() -> None:
    is_collected = np.ones((DAYS, OUTLETS), dtype=np.bool_)
    is_collected[30:60] = False
    series = _share(is_collected)
    broken = [window.last_day for window, value in zip(series.windows, series.value, strict=True) if np.isnan(value)]
    # Windows begin before the data, too: the first holds 7 of its 28 days. From 1 July nothing was collected for 30 days.
    assert broken == [date(2026, 6, 7), date(2026, 7, 19), date(2026, 7, 26), date(2026, 8, 2), date(2026, 8, 9)]


def test_an_outlet_that_was_not_due_is_no_gap() -> None:
    is_due = np.ones((DAYS, OUTLETS), dtype=np.bool_)
    is_due[:, 3:] = False
    n = np.where(is_due, 10, 0)
    spans = windows(MONDAY, SUNDAY, "week")
    assert np.all(np.isnan(share(spans, Collected(MONDAY, is_due), n // 5, n, NO_MINIMUM).value))
    assert share(spans, Collected(MONDAY, is_due, is_due), n // 5, n, NO_MINIMUM).value[-1] == 0.2


def test_too_few_stories_or_outlets_show_counts_but_no_line() -> None:
    collected = Collected(MONDAY, np.ones((DAYS, OUTLETS), dtype=np.bool_))
    few = np.zeros((DAYS, OUTLETS))
    few[-7:, :4] = 2
    series = share(windows(MONDAY, SUNDAY, "week"), collected, few / 2, few, Minimum(stories=50, outlets=5))
    assert np.isnan(series.value[-1])
    assert (series.total[-1], series.n[-1], series.outlets[-1]) == (28, 56, 4)
    assert series.is_collected[-1]


def test_net_stance_counts_scores_in_the_window() -> None:
    collected = Collected(MONDAY, np.ones((DAYS, OUTLETS), dtype=np.bool_))
    ones = np.ones((DAYS, OUTLETS))
    series = net(windows(MONDAY, SUNDAY, "week"), collected, ones / 2, ones, ones)
    assert series.value[-1] == 0.5 and series.n[-1] == 28 * OUTLETS
    wider = net(windows(MONDAY, SUNDAY, "week"), collected, ones / 2, ones, ones, label_error_variance=0.01)
    assert wider.low[-1] < series.low[-1]


def test_unfinished_steps_are_left_out() -> None:
    assert steps(date(2026, 6, 1), date(2026, 6, 13), "week")[-1].last_day == date(2026, 6, 7)
    assert steps(date(2026, 6, 1), date(2026, 6, 14), "week")[-1].last_day == date(2026, 6, 14)
    months = windows(date(2026, 1, 15), date(2026, 4, 29), "month")
    assert [(month.first_day, month.last_day) for month in months] == [
        (date(2026, 1, 1), date(2026, 1, 31)),
        (date(2026, 2, 1), date(2026, 2, 28)),
        (date(2026, 3, 1), date(2026, 3, 31)),
    ]
    assert steps(date(2026, 6, 2), date(2026, 6, 4), "week") == []


@given(st.dates(date(2020, 1, 1), date(2026, 11, 22)), st.integers(0, 400), st.sampled_from(["day", "week", "month"]))
def test_steps_follow_each_other_without_gap_or_overlap(first_day: date, length: int, step: Step) -> None:
    last_day = first_day + timedelta(days=length)
    found = steps(first_day, last_day, step)
    assert all(earlier.last_day + timedelta(days=1) == later.first_day for earlier, later in pairwise(found))
    assert all(first_day <= span.last_day <= last_day for span in found)


def test_trailing_windows_are_whole_weeks() -> None:
    assert {span.last_day - span.first_day for span in windows(MONDAY, SUNDAY, "day")} == {timedelta(days=6)}
    assert {span.last_day - span.first_day for span in windows(MONDAY, SUNDAY, "week")} == {timedelta(days=27)}


def test_no_days_at_all_give_broken_windows() -> None:
    nothing = np.zeros((0, 3))
    series = share(windows(MONDAY, SUNDAY, "week"), Collected(MONDAY, nothing.astype(np.bool_)), nothing, nothing)
    assert np.all(np.isnan(series.value)) and np.all(series.collected == 0)
