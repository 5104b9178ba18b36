"""A judge that errs: what its errors add to a band, and whether the band then holds the truth."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.label_error import RATES, coverage
from tracker.measures.intervals import FloatArray, net_intervals
from tracker.measures.label_error import ENOUGH_GOLD, UNKNOWN, LabelError, corrected, counted, drawn

ONE_SIDED = (0.6, 0.1, 0.3)  # true net 0.5, which this judge reads as 0.37

shares = st.tuples(*[st.floats(0.01, 1.0)] * 3).map(lambda parts: np.array(parts) / sum(parts))


def test_only_passages_that_both_take_for_mentions_are_counted_and_in_order() -> None:
    counts = counted(
        {
            "neutral": {"neutral": 9, "supports": 1, "unrelated": 5},
            "supports": {"supports": 4, "opposes": 3, "neutral": 2, "unrelated": 1},
            "unrelated": {"supports": 7, "unrelated": 70},
        }
    )
    assert counts.tolist() == [[4, 3, 2], [0, 0, 0], [1, 0, 9]]


def test_draws_lie_around_the_counts_sum_to_one_and_can_be_repeated() -> None:
    counts = np.array([[40, 3, 10], [5, 30, 14], [12, 9, 120]])
    error = drawn(counts, seed=3)
    assert error.rates.shape == (200, 3, 3)
    assert error.gold_labels == 243
    assert error.rates.sum(axis=-1) == pytest.approx(1)
    assert error.rates.mean(axis=0) == pytest.approx(counts / counts.sum(axis=1, keepdims=True), abs=0.03)
    assert np.array_equal(error.rates, drawn(counts, seed=3).rates)
    assert not np.array_equal(error.rates, drawn(counts, seed=4).rates)


@given(shares)
def test_correction_finds_the_mix_that_was_misread(mix: FloatArray) -> None:
    assert corrected((mix @ RATES)[None], RATES[None])[0, 0] == pytest.approx(mix, abs=1e-9)


@given(st.lists(shares, min_size=1, max_size=4), st.tuples(shares, shares, shares))
def test_corrected_shares_are_shares_and_none_explain_the_labels_better(windows: list[FloatArray], rows: tuple[FloatArray, ...]) -> None:
    found, rates = np.array(windows), np.array(rows)
    (best,) = corrected(found, rates[None])
    assert best.min() >= 0
    assert best.sum(axis=-1) == pytest.approx(1)
    tried = np.array([(i, j, 20 - i - j) for i in range(21) for j in range(21 - i)]) / 20
    away = (((tried @ rates)[None] - found[:, None]) ** 2).sum(axis=-1).min(axis=1)
    assert (((best @ rates - found) ** 2).sum(axis=-1) <= away + 1e-9).all()


def test_a_judge_at_chance_tells_nothing_and_breaks_nothing() -> None:
    error = LabelError(np.full((200, 3, 3), 1 / 3), 1000)
    assert np.isfinite(error.variance([[50, 20, 30], [0, 0, 0]])).all()
    assert np.isfinite(error.scores).all()


def test_where_nothing_is_known_the_band_is_that_of_the_stories_alone() -> None:
    sides = np.random.default_rng(1).integers(0, 9, (3, 4, 12))
    plain = net_intervals(sides[0] - sides[1], sides.sum(axis=0), sides[0] + sides[1])
    assert not UNKNOWN.is_known
    assert np.array_equal(UNKNOWN.net(sides).low, plain.low)
    assert np.array_equal(UNKNOWN.net(sides).value, plain.value)
    assert drawn(np.zeros((3, 3), dtype=np.int64), seed=1) is UNKNOWN


def test_a_window_without_stories_has_no_value_and_no_error() -> None:
    sides = np.zeros((3, 2, 6))
    sides[0, 1] = 3
    error = drawn(np.array([[40, 3, 10], [5, 30, 14], [12, 9, 120]]), seed=1)
    found = error.net(sides)
    assert np.isnan(found.value[0]) and np.isnan(found.low[0])
    assert error.variance([0, 0, 0]) == 0


def test_more_gold_labels_leave_less_doubt() -> None:
    few, many = (drawn((RATES * n).astype(np.int64), seed=1) for n in (200, 5000))
    assert many.variance([60, 10, 30]) < few.variance([60, 10, 30]) / 4


def test_from_enough_gold_labels_on_net_stance_is_corrected_and_before_it_is_as_labelled() -> None:
    rates = np.repeat(RATES[None], 200, axis=0)
    sides = np.repeat((np.array(ONE_SIDED) @ RATES * 1000)[:, None, None], 10, axis=2)
    before, after = LabelError(rates, ENOUGH_GOLD - 1).net(sides), LabelError(rates, ENOUGH_GOLD).net(sides)
    assert before.value[0] == pytest.approx(0.37)
    assert before.low[0] < 0.5 < before.high[0]
    assert after.value[0] == pytest.approx(0.5)
    assert after.high[0] - after.low[0] < before.high[0] - before.low[0]


def test_a_corrected_net_stance_stays_between_minus_one_and_one() -> None:
    sides = np.zeros((3, 1, 8))
    sides[0] = 5  # all support: more than a judge that errs could find
    found = LabelError(np.repeat(RATES[None], 200, axis=0), ENOUGH_GOLD).net(sides)
    assert found.low[0] <= found.value[0] <= found.high[0] <= 1


@pytest.mark.parametrize(("stories", "gold", "rarely"), [(10, 300, 0.5), (100, 300, 0.1), (100, ENOUGH_GOLD, 0.1)])
def test_the_widened_band_holds_the_truth_where_the_band_of_stories_alone_does_not(stories: int, gold: int, rarely: float) -> None:
    with_errors, alone = coverage(ONE_SIDED, stories, gold, runs=100, seed=11)
    assert with_errors.rate >= 0.9  # 95 % promised; under 90 of 100 by chance about once in a hundred times
    assert alone.rate <= rarely
