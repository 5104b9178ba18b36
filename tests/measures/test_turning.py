"""Turning points: planted ones are found where they are, and noise has none."""

from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.measures.turning import TurningPoint, benjamini_hochberg, find, select

WEEKS = [date(2024, 1, 1) + timedelta(weeks=week) for week in range(104)]


def _shares(
    levels: npt.NDArray[np.float64], seed: int, stories: int = 300
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    n = np.full(len(WEEKS), stories)
    return np.random.default_rng(seed).binomial(n, levels), n


def _scores(levels: npt.NDArray[np.float64], seed: int, stories: int = 40) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    random, n = np.random.default_rng(seed), np.full(len(WEEKS), stories)
    speaking = random.binomial(n, 0.7)
    return 2 * random.binomial(speaking, (1 + levels / 0.7) / 2) - speaking, n


@pytest.mark.parametrize("seed", range(5))
def test_a_planted_rise_in_share_is_found_where_it_is(seed: int) -> None:
    levels = np.where(np.arange(104) < 60, 0.05, 0.10)
    point = find(WEEKS, *_shares(levels, seed), "share", seed)
    assert point is not None
    assert point.p_value <= 0.01 and point.is_large
    assert abs((point.day - WEEKS[60]).days) <= 21
    assert point.first_day <= point.day <= point.last_day
    assert point.before == pytest.approx(0.05, abs=0.01) and point.after == pytest.approx(0.10, abs=0.01)


@pytest.mark.parametrize("seed", range(5))
def test_a_planted_turn_of_stance_is_found_where_it_is(seed: int) -> None:
    levels = np.where(np.arange(104) < 40, 0.3, -0.2)
    point = find(WEEKS, *_scores(levels, seed), "net_stance", seed)
    assert point is not None
    assert point.p_value <= 0.01 and point.is_large
    assert abs((point.day - WEEKS[40]).days) <= 21
    assert point.before > 0.2 and point.after < -0.1


def test_noise_has_no_turning_points() -> None:
    points = {seed: find(WEEKS, *_shares(np.full(104, 0.08), seed), "share", seed) for seed in range(20)}
    points |= {100 + seed: find(WEEKS, *_scores(np.zeros(104), seed), "net_stance", seed) for seed in range(20)}
    assert select(points) == {}
    assert np.mean([point.p_value <= 0.05 for point in points.values() if point is not None]) <= 0.15


def test_a_series_that_never_moves_has_none() -> None:
    for numerators in (np.zeros(104), np.full(104, 300), np.full(104, 30)):
        point = find(WEEKS, numerators, np.full(104, 300), "share", 1)
        assert point is not None and point.p_value > 0.5
        point = find(WEEKS, numerators, np.full(104, 300), "net_stance", 1)
        assert point is not None and point.p_value > 0.5


def test_a_spike_of_two_weeks_is_no_turning_point() -> None:
    levels = np.full(104, 0.05)
    levels[50:52] = 0.25
    point = find(WEEKS, *_shares(levels, 1), "share", 1)
    assert point is not None
    assert select({"theme": point}) == {}


def test_weeks_without_data_are_left_out_and_not_zero() -> None:
    k, n = _shares(np.full(104, 0.08), 3)
    k[70:90], n[70:90] = 0, 0
    unknown = np.where(n > 0, k, np.nan)
    assert find(WEEKS, k, n, "share", 3) == find(WEEKS, unknown, n, "share", 3)
    point = find(WEEKS, k, n, "share", 3)
    assert point is not None and point.p_value > 0.1


def test_less_than_half_a_year_is_not_tested() -> None:
    k, n = _shares(np.where(np.arange(104) < 50, 0.02, 0.2), 1)
    n[:30], n[55:] = 0, 0
    assert find(WEEKS, k, n, "share", 1) is None
    assert find([], [], [], "share", 1) is None


def test_the_same_seed_gives_the_same_answer() -> None:
    series = _shares(np.where(np.arange(104) < 60, 0.05, 0.06), 2)
    assert find(WEEKS, *series, "share", 9) == find(WEEKS, *series, "share", 9)


def _point(p: float, before: float, after: float, measure: str = "share") -> TurningPoint:
    return TurningPoint(measure, WEEKS[30], WEEKS[28], WEEKS[33], before, after, p)  # type: ignore[arg-type]


def test_changes_too_small_to_matter_are_not_shown() -> None:
    assert select({"a": _point(0.001, 0.05, 0.055)}) == {}
    assert "b" in select({"b": _point(0.001, 0.002, 0.003)})  # by half
    assert "c" in select({"c": _point(0.001, 0.080, 0.0695)})  # by a percentage point
    assert select({"d": _point(0.001, 0.1, 0.2, "net_stance")}) == {}
    assert "e" in select({"e": _point(0.001, 0.1, -0.1, "net_stance")})


def test_many_tests_ask_for_more() -> None:
    alone = {"a": _point(0.04, 0.05, 0.1)}
    crowd = alone | {str(i): _point(0.8, 0.05, 0.1) for i in range(9)}
    assert list(select(alone)) == ["a"]
    assert select(crowd) == {}
    assert list(select({"a": _point(0.005, 0.05, 0.1)} | {"x": None})) == ["a"]


def test_benjamini_and_hochbergs_own_rule() -> None:
    # The largest p with p <= q * rank / m decides, even where a smaller one fails its own comparison.
    assert benjamini_hochberg([0.01, 0.06, 0.07, 0.9], q=0.10) == [True, True, True, False]
    assert benjamini_hochberg([]) == []


@given(st.lists(st.floats(0, 1), max_size=30), st.floats(0.01, 0.5))
def test_whoever_is_believed_has_a_smaller_p_than_whoever_is_not(p_values: list[float], q: float) -> None:
    believed = benjamini_hochberg(p_values, q)
    yes = [p for p, is_believed in zip(p_values, believed, strict=True) if is_believed]
    no = [p for p, is_believed in zip(p_values, believed, strict=True) if not is_believed]
    assert max(yes, default=0) <= q
    assert max(yes, default=-1) < min(no, default=2)
