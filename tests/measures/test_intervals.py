"""Intervals: what a reader may conclude from a share or a net stance, and what happens at the edges."""

import time

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.intervals import CoverageRow, Noise, Report, TurningRow, World, evaluate, interval_coverage
from tracker.measures.intervals import (
    Interval,
    difference,
    net_change,
    net_interval,
    p_value,
    share_change,
    share_intervals,
    story_interval,
    trailing,
)

counts = st.lists(
    st.tuples(st.integers(0, 40), st.integers(0, 40)).map(lambda pair: (min(pair), max(pair))), min_size=1, max_size=40
)
scores = st.lists(st.lists(st.sampled_from([-1, 0, 1]), max_size=12), min_size=1, max_size=20)


def _share(on_theme: npt.ArrayLike, stories: npt.ArrayLike) -> Interval:
    """Of one window, with one number per outlet."""
    return share_intervals(np.asarray(on_theme)[None], np.asarray(stories)[None]).at(0)


def _net(stories: list[list[int]], label_error_variance: float = 0.0) -> Interval:
    sums, numbers = [sum(outlet) for outlet in stories], [len(outlet) for outlet in stories]
    return net_interval(sums, numbers, [sum(abs(score) for score in outlet) for outlet in stories], label_error_variance)


def _check(interval: Interval, lowest: float) -> None:
    if interval.n == 0:
        assert interval.value is None
    else:
        assert interval.value is not None
    if interval.outlets < 5:
        assert interval.low is None and interval.high is None
    else:
        assert interval.low is not None and interval.high is not None and interval.value is not None
        assert lowest <= interval.low <= interval.value <= interval.high <= 1
        assert interval.low < interval.high


@given(counts)
def test_a_share_lies_within_its_interval(pairs: list[tuple[int, int]]) -> None:
    interval = _share([k for k, _ in pairs], [n for _, n in pairs])
    _check(interval, lowest=0)
    assert interval.n == sum(n for _, n in pairs)
    assert interval.outlets == sum(n > 0 for _, n in pairs)


@given(scores)
def test_a_net_stance_lies_within_its_interval(stories: list[list[int]]) -> None:
    _check(_net(stories), lowest=-1)


@given(scores, st.floats(0.0, 0.5))
def test_uncertain_labels_never_narrow_the_interval(stories: list[list[int]], variance: float) -> None:
    known, unsure = _net(stories), _net(stories, variance)
    assert unsure.value == known.value
    if known.low is not None and known.high is not None and unsure.low is not None and unsure.high is not None:
        assert unsure.low <= known.low and unsure.high >= known.high


def test_agreeing_outlets_of_equal_size_give_wilsons_interval_with_students_t() -> None:
    interval = _share([2] * 10, [10] * 10)
    t, n, p = 2.262157, 100, 0.2  # t of nine degrees of freedom
    centre, half = (p + t**2 / (2 * n)) / (1 + t**2 / n), t / (1 + t**2 / n) * np.sqrt(p * (1 - p) / n + t**2 / (4 * n**2))
    assert (interval.low, interval.high) == pytest.approx((centre - half, centre + half), rel=1e-5)


def test_outlets_that_disagree_widen_the_interval() -> None:
    agree, disagree = _share([2] * 10, [10] * 10), _share([0] * 5 + [4] * 5, [10] * 10)
    assert agree.value == disagree.value
    assert agree.low is not None and disagree.low is not None and disagree.low < agree.low


def test_one_large_outlet_among_small_ones_counts_for_little_more_than_itself() -> None:
    even, uneven = _share([10] * 10, [100] * 10), _share([91] + [1] * 9, [910] + [10] * 9)
    assert even.n == uneven.n
    assert even.high is not None and uneven.high is not None and uneven.high > even.high + 0.1


def test_under_five_outlets_the_value_stands_without_an_interval() -> None:
    assert _share([1, 1, 1, 1], [4, 4, 4, 4]) == Interval(0.25, None, None, 16, 4)
    assert _share([500], [1000]) == Interval(0.5, None, None, 1000, 1)
    assert net_interval([4], [4], [4]) == Interval(1.0, None, None, 4, 1)


def test_nothing_at_all_has_no_value() -> None:
    assert _share([0, 0], [0, 0]) == Interval(None, None, None, 0, 0)
    assert _share([], []) == Interval(None, None, None, 0, 0)
    assert story_interval([]) == Interval(None, None, None, 0, 0)


def test_unanimity_still_leaves_room_for_doubt() -> None:
    none, every = _share([0] * 6, [5] * 6), _share([5] * 6, [5] * 6)
    assert none.low == 0 and none.high is not None and 0.05 < none.high < 0.3
    assert every.high == 1 and every.low is not None and 0.7 < every.low < 0.95
    unanimous = _net([[1] * 5] * 6)
    assert unanimous.high == 1 and unanimous.low is not None and 0.8 < unanimous.low < 1


def test_one_outlets_stories_are_its_units() -> None:
    assert story_interval([1, 1, 0, -1]) == Interval(0.25, None, None, 4, 1)
    interval = story_interval([1, 1, 0, -1, 1, 0])
    assert interval.outlets == 1 and interval.n == 6
    standard_error = np.std([1, 1, 0, -1, 1, 0], ddof=1) / np.sqrt(6)
    assert interval.low == pytest.approx(1 / 3 - 2.570582 * standard_error)


def test_the_difference_of_equal_windows_is_nothing() -> None:
    window = _share([1, 2, 3, 4, 5, 6], [20] * 6)
    change = difference(window, window)
    assert change.value == 0 and change.low is not None and change.high is not None and change.low < 0 < change.high
    assert p_value(change) == 1


@given(counts, counts)
def test_p_is_small_exactly_when_the_interval_leaves_out_zero(
    before: list[tuple[int, int]], after: list[tuple[int, int]]
) -> None:
    windows = [_share([k for k, _ in pairs], [n for _, n in pairs]) for pairs in (before, after)]
    change = difference(windows[1], windows[0])
    p = p_value(change)
    if change.low is None or change.high is None:
        assert p is None
    elif min(abs(change.low), abs(change.high)) > 1e-9:
        assert p is not None and (p < 0.05) == (change.low > 0 or change.high < 0)


def test_a_trailing_sum_looks_back_28_days_and_no_day_ahead() -> None:
    daily = np.random.default_rng(1).integers(0, 30, (90, 12))
    sums = trailing(daily)
    assert np.array_equal(sums[60], daily[33:61].sum(axis=0))
    assert np.array_equal(sums[3], daily[:4].sum(axis=0))
    assert np.array_equal(trailing(daily[:61]), sums[:61])


def test_three_years_of_a_hundred_outlets_are_quick_enough_for_a_live_filter() -> None:
    n = np.full((1000, 100), 8)
    seconds = []
    for _ in range(3):
        started = time.perf_counter()
        share_intervals(trailing(n // 4), trailing(n))
        seconds.append(time.perf_counter() - started)
    assert min(seconds) < 0.05


def test_the_95_percent_interval_holds_the_truth_about_95_times_in_100() -> None:
    row = interval_coverage(World(outlets=12, stories=6), 1000, np.random.default_rng(7))
    assert 0.92 <= row.share <= 0.99
    assert 0.92 <= row.net <= 0.99
    assert row.plain_share < row.share


def test_the_simulation_can_be_repeated() -> None:
    report = evaluate(runs=20, series=2, seed=3)
    assert report == evaluate(runs=20, series=2, seed=3)
    assert report != evaluate(runs=20, series=2, seed=4)


def test_the_report_counts_the_cells_that_hold_the_truth_too_seldom_or_too_often() -> None:
    held = CoverageRow(World(12, 6), plain_share=0.8, share=0.95, net=0.99, share_change=0.95, net_change=0.9)
    false = TurningRow(Noise(0.3, 0.7), false_alarms=0.2, power=1, near=1, in_range=1)
    values = {measure: value for measure, value, _ in Report(1, 100, 50, (held,), (false,), ()).rows()}
    assert values["cells within 93 to 98 %"] == 0.5
    assert values["no false alarm, noise 0.3, autocorrelation 0.7"] == 0.8


def _ends(change: Interval) -> tuple[float, float, float]:
    assert change.low is not None and change.value is not None and change.high is not None
    return change.low, change.value, change.high


def test_what_outlets_keep_from_window_to_window_does_not_blur_a_change() -> None:
    stories = [[100] * 8] * 2
    on_theme = [[5, 30, 10, 20, 5, 30, 10, 20], [10, 36, 14, 27, 10, 36, 14, 27]]  # outlets differ, and all rise
    low, value, high = _ends(share_change(on_theme, stories))
    assert 0 < low < value < high
    windows = [_share(top, bottom) for top, bottom in zip(on_theme, stories, strict=True)]
    as_strangers = _ends(difference(windows[1], windows[0]))
    assert as_strangers[1] == pytest.approx(value)
    assert as_strangers[0] < 0
    low, value, _ = _ends(net_change([[-20, 10, 5, -5, 0, 10], [-10, 20, 15, 5, 10, 20]], [[40] * 6] * 2, [[30] * 6] * 2))
    assert value == pytest.approx(0.25)
    assert low > 0


def test_a_change_from_nothing_is_no_certainty_and_one_of_few_outlets_has_no_interval() -> None:
    low, value, _ = _ends(share_change([[0] * 6, [1, 0, 0, 0, 0, 0]], [[10] * 6] * 2))
    assert low < 0 < value
    few = share_change([[1, 2, 0, 0], [2, 4, 0, 0]], [[10] * 4] * 2)
    assert few.value == pytest.approx(0.075)
    assert (few.low, few.high, few.outlets) == (None, None, 4)
    assert share_change([[0] * 6] * 2, [[0] * 6, [5] * 6]).value is None
