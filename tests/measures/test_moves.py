"""Moves of the newest week: what is planted is found, noise is left alone, and where little is known little is said."""

from collections.abc import Mapping
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evals.moves import NOISES, Noise, rates_of
from tracker.measures import moves
from tracker.measures.moves import CONCENTRATIONS, UNSEEN_NOISE, find, noises, p_value, ratio_interval

LAST = date(2026, 10, 31)
ALL = [200] * 13


def _days(weeks: list[int]) -> dict[date, int]:
    """Weekly numbers, newest first, as stories by day: all on the last day of their week."""
    return {LAST - timedelta(weeks=ago): n for ago, n in enumerate(weeks) if n}


def _one(
    weeks: list[int], all_stories: list[int] | None = None, others: Mapping[str, Mapping[date, int]] | None = None
) -> moves.Move:
    return find(_days(all_stories or ALL), {"theme": _days(weeks), **(others or {})})["theme"]


def _of(place: int) -> npt.NDArray[np.float64]:
    """A noise known to be CONCENTRATIONS[place]."""
    known: npt.NDArray[np.float64] = np.eye(len(CONCENTRATIONS))[place]
    return known


def test_the_p_value_is_that_of_the_beta_binomial_by_hand() -> None:
    a = UNSEEN_NOISE * CONCENTRATIONS[6]
    b = 4 * a  # four weeks before, of one size
    one_in_five = a / (a + b)
    assert p_value([1, 0, 0, 0, 0], [9] * 5, _of(6)) == pytest.approx(2 * one_in_five)
    assert p_value([2, 0, 0, 0, 0], [9] * 5, _of(6)) == pytest.approx(2 * one_in_five * (a + 1) / (a + b + 1))
    none = b * (b + 1) / ((a + b) * (a + b + 1))
    assert p_value([0, 2, 0, 0, 0], [9] * 5, _of(6)) == pytest.approx(min(1, 2 * none))


def test_a_week_of_twice_the_stories_lets_one_expect_twice_as_many() -> None:
    move = _one([10] + [5] * 12, [400] + [200] * 12)
    assert move.expected == pytest.approx(10) and move.ratio == pytest.approx(1)
    assert move.kind == "steady"


@settings(deadline=None)  # an example takes a tenth of a second, and twice that on a busy machine
@given(st.lists(st.integers(0, 30), min_size=13, max_size=13).filter(lambda weeks: sum(weeks) >= 5))
def test_the_interval_leaves_out_one_exactly_where_p_is_below_five_per_cent(weeks: list[int]) -> None:
    counts, noise = np.array(weeks), noises([weeks], ALL)[0]
    p, (low, high) = p_value(counts, ALL, noise), ratio_interval(counts, ALL, noise)
    if abs(p - 0.05) > 1e-6:
        assert (p < 0.05) == (low > 1 or (high is not None and high < 1))
    if counts[1:].sum():
        assert high is not None and low <= counts[0] / counts[1:].mean() <= high
    else:
        assert high is None


def test_planted_moves_are_told_by_their_names() -> None:
    calm = {str(n): _days([6 + (n + week) % 3 for week in range(13)]) for n in range(20)}
    planted = {
        "burst": _days([24, 7, 6, 8, 7, 6, 8, 7, 7, 6, 8, 7, 7]),
        "gone": _days([0, 8, 9, 7, 8, 9, 7, 8, 8, 7, 9, 8, 8]),
        "less": _days([6, 30, 28, 31, 29, 30, 32, 30, 29, 31, 28, 30, 30]),
        "first": _days([4]),
        "back": _days([9] + [0] * 12) | {LAST - timedelta(weeks=40): 3},
    }
    found = find(_days(ALL) | {LAST - timedelta(weeks=40): 200}, calm | planted)
    assert {theme: found[theme].kind for theme in planted} == {
        "burst": "growing", "gone": "silent", "less": "fading", "first": "new", "back": "growing",
    }  # fmt: skip
    assert {found[theme].kind for theme in calm} == {"steady"}
    burst, back, first = found["burst"], found["back"], found["first"]
    assert (
        burst.ratio is not None and burst.low is not None and burst.high is not None and 1 < burst.low < burst.ratio < burst.high
    )
    assert back.ratio is None and back.expected == 0 and back.low is not None and back.low > 1 and back.high is None
    assert (first.stories, first.of_stories, first.weeks_before, first.p_value, first.expected) == (4, 200, 12, None, None)
    assert (burst.first_day, burst.last_day) == (date(2026, 10, 25), LAST)


def test_a_theme_is_measured_against_its_own_noise() -> None:
    calm, restless = [18] + [6] * 12, [18, 1, 20, 2, 0, 14, 1, 3, 19, 0, 2, 9, 1]
    assert sum(calm[1:]) == sum(restless[1:])
    assert _one(calm).kind == "growing"
    assert _one(restless).kind == "steady"


def test_few_weeks_are_read_by_the_noise_of_the_other_themes() -> None:
    weeks, all_stories = [14, 6, 7, 5, 6, 6], [200] * 6
    calm = {str(n): _days([20 + (n + week) % 3 for week in range(6)]) for n in range(30)}
    restless = {str(n): _days([20, *np.random.default_rng(n).permutation([2, 9, 16, 25, 46]).tolist()]) for n in range(30)}
    among_calm, among_restless = _one(weeks, all_stories, calm), _one(weeks, all_stories, restless)
    assert among_calm.p_value is not None and among_restless.p_value is not None
    assert among_calm.p_value < 0.5 * among_restless.p_value


def test_the_window_ends_on_the_newest_day_with_stories_whatever_day_it_is() -> None:
    stories, theme = _days(ALL), {"theme": _days([20] + [5] * 12)}
    later = {LAST + timedelta(days=n): 0 for n in range(1, 30)}
    assert find(stories | later, theme) == find(stories, theme)
    assert find({}, theme) == find(later, theme) == {}


def test_days_nobody_crawled_are_no_silence() -> None:
    days = [LAST - timedelta(days=n) for n in range(13 * 7)]
    unseen = {LAST - timedelta(days=n) for n in (1, 2, 3, 20, 21, 22, 23, 24)}
    stories = {day: 30 for day in days if day not in unseen}
    theme = {day: 2 for day in days if day not in unseen}
    move = find(stories, {"theme": theme})["theme"]
    assert move.stories == 8 and move.expected == pytest.approx(8)
    assert move.kind == "steady" and move.p_value == 1


def test_a_week_of_which_little_was_collected_is_not_compared_with() -> None:
    all_stories = [200] * 6 + [40] * 7  # the feeds reach back six weeks
    move = _one([10] + [5] * 5 + [12] * 7, all_stories)
    assert (move.weeks_before, move.stories_before) == (5, 25)


@pytest.mark.parametrize(
    ("weeks", "all_stories"),
    [
        ([9, 2, 3, 2, 3], [200] * 5),  # four weeks before
        ([1, 1, 0, 1, 0, 1], [200] * 6),  # four stories
        ([3, 3, 2, 4, 3, 3], [12] * 6),  # a week of twelve stories on all subjects
        ([5], [200]),  # the first week of an archive: everything in it is a first story
    ],
)
def test_where_there_is_too_little_only_the_counts_are_said(weeks: list[int], all_stories: list[int]) -> None:
    move = _one(weeks, all_stories)
    assert move.kind == "too little data"
    assert (move.stories, move.of_stories) == (weeks[0], all_stories[0])
    assert (move.expected, move.ratio, move.low, move.high, move.p_value, move.q_value) == (None,) * 6


def test_a_theme_without_stories_has_its_row() -> None:
    assert _one([]).kind == "too little data"


def test_many_themes_ask_for_more() -> None:
    weeks = [15] + [6] * 12
    alone = _one(weeks)
    crowd = _one(weeks, None, {str(n): _days([6 + (n + week) % 2 for week in range(13)]) for n in range(200)})
    assert alone.q_value == alone.p_value
    assert crowd.q_value is not None and crowd.p_value is not None and crowd.q_value > 10 * crowd.p_value


@pytest.mark.parametrize("noise", NOISES[:4], ids=str)
def test_noise_is_seldom_called_a_move(noise: Noise) -> None:
    row = rates_of(noise, 8, 12, np.random.default_rng(3))
    assert row.alarms.mean() <= 0.05
    assert row.found[-1, 1] > 0.3  # of the themes with 30 stories a week that trebled
