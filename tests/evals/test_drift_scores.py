"""B-cubed and its neighbours against cases worked out by hand."""

import pytest

from evals.drift_scores import agreement, bcubed, main_ids


def test_bcubed_of_the_same_grouping_is_one() -> None:
    found = bcubed(["x", "x", "y", None], [1, 1, 2, None])
    assert (found.precision, found.recall, found.f) == (1.0, 1.0, 1.0)


def test_bcubed_of_one_id_for_everything() -> None:
    # Five stories, of themes with 3 and 2: precision (3*3/5 + 2*2/5) / 5, recall 1
    found = bcubed(["x"] * 5, [1, 1, 1, 2, 2])
    assert found.precision == pytest.approx(13 / 25)
    assert found.recall == 1.0
    assert found.f == pytest.approx(2 * 0.52 / 1.52)


def test_bcubed_of_a_theme_cut_in_two_and_a_story_left_over() -> None:
    # Theme 1 has ids x, x, y: recalls 2/3, 2/3, 1/3. Theme 2 has y and none: 1/2, 1/2. y mixes two themes: precision 1/2 for both
    found = bcubed(["x", "x", "y", "y", None], [1, 1, 1, 2, 2])
    assert found.precision == pytest.approx((1 + 1 + 0.5 + 0.5 + 1) / 5)
    assert found.recall == pytest.approx((2 / 3 + 2 / 3 + 1 / 3 + 0.5 + 0.5) / 5)


def test_bcubed_takes_strays_and_stories_without_id_as_single() -> None:
    assert bcubed([None, None], [None, None]).f == 1.0
    assert bcubed(["x", "x"], [None, None]).precision == 0.5
    assert bcubed([None, None], [1, 1]).recall == 0.5
    assert bcubed([], []).f == 0.0


def test_ids_joins_and_strays_are_counted() -> None:
    ids = ["x"] * 6 + ["y"] * 3 + ["x"] * 3 + ["z", "z", None] + ["x", None]
    classes = [1] * 6 + [1] * 3 + [2] * 3 + [3, 3, 3] + [None, None]
    found = agreement(ids, classes)
    assert found.ids == {1: 2, 2: 1, 3: 0}  # two stories do not make an id
    assert found.with_one_id == 1
    assert found.joined == ("x",)
    assert found.main_share == pytest.approx((6 + 3 + 2) / 14)
    assert found.unassigned == pytest.approx(1 / 15)
    assert found.strays_placed == 0.5
    assert main_ids(ids, classes) == {1: "x", 2: "x", 3: "z"}
