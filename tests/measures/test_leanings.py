"""Outlets are compared on the same days, drawn together where they know little, and called above or below only when that is clear."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.intervals import Newsroom, lean_rates
from tracker.measures import leanings
from tracker.measures.leanings import Leanings


def found(by_month: list[list[tuple[int, int, int]]]) -> Leanings:
    """From (supports, opposes, neutral) by month and outlet."""
    counts = np.array(by_month, dtype=float)
    daily = np.zeros((len(counts) * leanings.PERIOD_DAYS, counts.shape[1], 3))
    daily[:: leanings.PERIOD_DAYS] = counts
    supports, opposes, neutral = np.moveaxis(daily, -1, 0)
    return leanings.find(supports - opposes, supports + opposes + neutral, supports + opposes)


def test_an_outlet_that_wrote_during_a_surge_is_not_blamed_for_it() -> None:
    calm, surge = [(10, 10, 5)] * 5, [(40, 4, 5)] * 5
    late = [(0, 0, 0), (40, 4, 5)]
    months = [[*calm, late[0]], [*calm, late[0]], [*surge, late[1]]]
    leans = found(months)
    assert leans.groups() == ["not separable"] * 6
    assert abs(leans.lean[5]) < 0.05  # its own net stance is +0.73, that of all +0.37


def test_a_clear_lean_is_called_and_the_rest_are_not() -> None:
    leans = found([[(12, 12, 6)] * 8 + [(26, 1, 3)] + [(1, 26, 3)]] * 6)
    assert leans.groups() == ["not separable"] * 8 + ["above", "below"]


def test_few_stories_are_drawn_to_the_middle_and_many_hardly() -> None:
    leans = found([[(30, 10, 10), (10, 30, 10), (20, 20, 10), (28, 12, 10), (12, 28, 10), (1, 0, 0)]] * 6)
    assert leans.lean[0] == pytest.approx(0.4, abs=0.08)
    assert 0 < leans.lean[5] < 0.8  # six stories, all in support
    assert leans.high[5] - leans.low[5] > leans.high[0] - leans.low[0]


def test_under_five_outlets_nobody_is_called() -> None:
    leans = found([[(30, 1, 1), (1, 30, 1), (10, 10, 1), (10, 10, 1)]] * 4)
    assert np.isnan(leans.low).all() and set(leans.groups()) == {"not separable"}


def test_nothing_at_all_is_no_lean() -> None:
    assert found([[(0, 0, 0)] * 6] * 2).lean.tolist() == [0.0] * 6
    assert leanings.find(np.zeros((3, 0)), np.zeros((3, 0)), np.zeros((3, 0))).groups() == []


@given(st.lists(st.lists(st.tuples(*[st.integers(0, 20)] * 3), min_size=6, max_size=6), min_size=1, max_size=4))
def test_leans_lie_in_their_intervals_and_turn_with_the_sides(months: list[list[tuple[int, int, int]]]) -> None:
    leans = found(months)
    is_known = ~np.isnan(leans.low)
    assert ((leans.low <= leans.lean) & (leans.lean <= leans.high))[is_known].all()
    turned = found([[(opposes, supports, neutral) for supports, opposes, neutral in month] for month in months])
    assert np.allclose(leans.lean, -turned.lean, atol=1e-6)


def test_the_intervals_hold_the_truth_and_outlets_that_do_not_differ_are_left_in_peace() -> None:
    some = lean_rates(Newsroom(20, 60, 0.2), 60, np.random.default_rng(1))
    assert 0.92 <= some.held <= 0.98
    assert some.error < some.plain_error
    assert lean_rates(Newsroom(20, 30, 0.0), 60, np.random.default_rng(2)).called < 0.01
