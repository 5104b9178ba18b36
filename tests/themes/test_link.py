"""Clusters meet the themes of last time one to one."""

import numpy as np

from tracker.themes.embed import DIMENSIONS, unit
from tracker.themes.link import to_last

THEMES = unit(np.array([[1, 0, 0], [0.8, 0.6, 0], [0, 0, 1]], dtype=np.float32))
CLUSTERS = unit(np.array([[0.9, 0.3, 0], [1, 0.05, 0], [0, 1, 0.1]], dtype=np.float32))


def test_each_theme_is_given_once_so_that_the_whole_fits_best() -> None:
    # both of the first clusters are near both of the first themes; the second fits theme 0 better
    assert to_last(CLUSTERS, THEMES, 0.75) == {0: 1, 1: 0}


def test_the_order_of_rows_does_not_matter() -> None:
    expected = to_last(CLUSTERS, THEMES, 0.75)
    for seed in range(5):
        rng = np.random.default_rng(seed)
        rows, columns = rng.permutation(3), rng.permutation(3)
        found = to_last(CLUSTERS[rows], THEMES[columns], 0.75)
        assert {int(rows[r]): int(columns[c]) for r, c in found.items()} == expected


def test_what_is_below_the_threshold_stays_without_a_match() -> None:
    assert to_last(CLUSTERS[2:], THEMES, 0.75) == {}
    assert to_last(CLUSTERS[2:], THEMES, 0.55) == {0: 1}
    assert to_last(THEMES, THEMES, 0.99) == {0: 0, 1: 1, 2: 2}


def test_more_clusters_than_themes_and_none_at_all() -> None:
    assert to_last(CLUSTERS, THEMES[:1], 0.75) == {1: 0}
    empty = np.empty((0, DIMENSIONS), dtype=np.float32)
    assert to_last(empty, empty, 0.75) == {}
    assert to_last(CLUSTERS, np.empty((0, 3), dtype=np.float32), 0.75) == {}
