"""Clusters meet the themes of last time: first one to one, then splits and merges; what drifts stays itself."""

import numpy as np
import pytest

from tracker.themes.embed import unit
from tracker.themes.link import Lineage, Recent, lineage, merged_since

A, B, C, D = np.eye(4, dtype=np.float32)
NEAR_A = unit(np.array([1, 0.3, 0, 0], dtype=np.float32))


def rows(*vectors: np.ndarray) -> np.ndarray:
    return np.stack(vectors) if vectors else np.empty((0, 4), dtype=np.float32)


def linked(
    pairs: list[tuple[int, int, int]],
    clusters: np.ndarray,
    themes: np.ndarray,
    fixed: tuple[int, ...] = (),
    days: list[float] | None = None,
) -> Lineage:
    """`pairs`: (cluster, theme before, how many stories); all on the same ten days unless `days` says one per pair."""
    cluster_of = np.concatenate([np.full(n, c) for c, _, n in pairs])
    theme_of = np.concatenate([np.full(n, t) for _, t, n in pairs])
    when = [np.arange(n) % 10 if days is None else np.full(n, days[i]) for i, (_, _, n) in enumerate(pairs)]
    return lineage(cluster_of, theme_of, np.concatenate(when).astype(float), clusters, themes, 0.75, fixed)


def test_each_theme_is_given_once_so_that_the_whole_fits_best() -> None:
    near_b = unit(np.array([0.6, 0.8, 0, 0], dtype=np.float32))
    found = linked([(0, 0, 10), (1, 1, 10)], rows(NEAR_A, near_b), rows(A, B))
    assert found.same == {0: 0, 1: 1}
    assert (found.born, found.split, found.merged, found.part) == ((), {}, {}, {})


def test_the_order_of_rows_does_not_matter() -> None:
    found = linked([(1, 0, 10), (0, 1, 10)], rows(B, A), rows(A, B))
    assert found.same == {1: 0, 0: 1}


def test_a_theme_that_has_drifted_far_is_known_by_its_stories() -> None:
    assert linked([(0, 0, 10)], rows(D), rows(A)).same == {0: 0}


def test_a_theme_is_known_by_its_centroid_when_none_of_its_old_stories_are_left() -> None:
    assert linked([(0, -1, 10)], rows(NEAR_A), rows(A)).same == {0: 0}


def test_a_cluster_far_from_every_theme_and_of_nobodys_stories_is_born() -> None:
    found = linked([(0, 0, 10), (1, -1, 9), (1, 0, 3)], rows(A, C), rows(A))
    assert (found.same, found.born) == ({0: 0}, (1,))


def test_two_clusters_of_one_themes_stories_side_by_side_and_apart_are_a_split() -> None:
    found = linked([(0, 0, 20), (1, 0, 10)], rows(A, C), rows(A))
    assert (found.same, found.split, found.born) == ({0: 0}, {1: 0}, ())


def test_a_part_that_only_ended_where_the_other_began_is_drift() -> None:
    found = linked([(0, 0, 20), (1, 0, 10)], rows(A, C), rows(A), days=[20, 3])
    assert (found.split, found.part) == ({}, {1: 0})


def test_a_part_that_blurs_into_the_rest_is_drift_and_a_burst_beside_it_is_a_split() -> None:
    def found(part: range, rest: range) -> dict[int, int]:
        days = np.array([*rest, *part] * 3, dtype=float)
        cluster_of = np.array([*[0] * len(rest), *[1] * len(part)] * 3)
        return dict(lineage(cluster_of, np.zeros_like(cluster_of), days, rows(A, C), rows(A), 0.75).split)

    assert found(range(4), range(2, 12)) == {}
    assert found(range(3, 6), range(12)) == {1: 0}
    assert found(range(9, 12), range(12)) == {1: 0}


def test_a_part_that_is_near_to_the_rest_is_no_theme_of_its_own() -> None:
    found = linked([(0, 0, 20), (1, 0, 10)], rows(A, NEAR_A), rows(A))
    assert (found.same, found.split, found.part) == ({0: 0}, {}, {1: 0})


def test_a_theme_whose_stories_went_into_anothers_cluster_is_one_with_it_if_they_are_near() -> None:
    found = linked([(0, 0, 20), (0, 1, 9), (-1, 1, 2)], rows(A), rows(A, NEAR_A))
    assert (found.same, found.merged) == ({0: 0}, {1: 0})


def test_two_near_themes_are_one_when_their_stories_lie_mixed_in_the_same_clusters() -> None:
    clusters = rows(A, unit(np.array([1, 0.5, 0, 0], dtype=np.float32)))
    mixed = linked([(0, 0, 12), (0, 1, 8), (1, 0, 10), (1, 1, 7)], clusters, rows(A, NEAR_A))
    assert mixed.merged == {1: 0}
    apart = linked([(0, 0, 12), (0, 1, 2), (1, 0, 3), (1, 1, 12)], clusters, rows(A, NEAR_A))
    assert apart.merged == {}


def test_a_theme_whose_stories_are_swallowed_by_a_far_one_stays() -> None:
    found = linked([(0, 0, 20), (0, 1, 9)], rows(A), rows(A, B))
    assert found.merged == {}


def test_what_a_person_has_edited_neither_splits_nor_merges() -> None:
    assert linked([(0, 0, 20), (1, 0, 10)], rows(A, C), rows(A), fixed=(0,)).part == {1: 0}
    for fixed in (0, 1):
        assert linked([(0, 0, 20), (0, 1, 9)], rows(A), rows(A, NEAR_A), fixed=(fixed,)).merged == {}


def test_no_clusters_and_no_themes() -> None:
    nothing = np.empty(0, dtype=np.int64)
    assert lineage(nothing, nothing, nothing.astype(float), rows(), rows(A), 0.75) == Lineage({}, {}, (), {}, {})
    assert linked([(0, -1, 10), (1, -1, 10)], rows(A, B), rows()).born == (0, 1)


ONE, OTHER, FAR = "one", "other", "far"
LAST_DAY = 9  # of the one theme that falls silent
ITS_OUTLET, OUTLETS = "one.example", ("one.example", "two.example", "three.example")


def around(direction: np.ndarray, stories: int, seed: int) -> np.ndarray:
    """Stories at a cosine of about 0.6 to what they are about, as real ones are, in 384 dimensions."""
    noise = unit(np.random.default_rng(seed).normal(size=(stories, 384)).astype(np.float32))
    return unit(0.6 * direction + 0.8 * noise)


def at(degrees: float) -> np.ndarray:
    direction = np.zeros(384, dtype=np.float32)
    direction[:2] = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return direction


def ended(
    degrees: float, since: float = 150, fixed: tuple[str, ...] = (), last_day_of_other: int = 29, last_day: int = 29,
    seen_since: int = 0, outlet: str = "",
) -> dict[str, str]:  # fmt: skip
    """Three themes of three stories a day, one each of three outlets. One turns from so many degrees to others off OTHER, and falls silent.

    `seen_since`: so many of the newest stories are in ONE's cluster. `outlet`: all of ONE's stories are its, and it has no others since.
    """
    days_of = {ONE: range(LAST_DAY + 1), OTHER: range(last_day_of_other + 1), FAR: range(last_day + 1)}
    where = {ONE: lambda day: at(since - (since - degrees) * day / LAST_DAY), OTHER: lambda _: at(0), FAR: lambda _: at(180)}
    told = sorted((day, theme) for theme, days in days_of.items() for day in days)
    vectors = np.concatenate([around(where[theme](day), 3, 100 * list(where).index(theme) + day) for day, theme in told])
    days, themes = (np.repeat([row[column] for row in told], 3) for column in (0, 1))
    outlets = np.where(outlet and themes == ONE, outlet, np.resize(OUTLETS, len(themes)))
    outlets = np.where((outlets == outlet) & (themes != ONE) & (days > LAST_DAY), OUTLETS[1], outlets)
    seen_as = np.where(np.arange(len(themes)) >= len(themes) - seen_since, ONE, themes)
    return merged_since(Recent(themes, seen_as, outlets, days.astype(float), vectors), 0.75, fixed)


def test_a_theme_that_came_near_to_another_and_fell_silent_is_one_with_it() -> None:
    assert ended(degrees=10) == {ONE: OTHER}


@pytest.mark.parametrize("degrees", [60, 90])
def test_a_theme_that_fell_silent_far_from_every_other_has_ended(degrees: float) -> None:
    assert ended(degrees) == {}


def test_neighbours_of_which_one_pauses_stay_two() -> None:
    assert ended(degrees=20, since=20) == {}


def test_a_pause_is_no_silence() -> None:
    assert ended(degrees=10, last_day_of_other=12, last_day=12) == {}  # six of its stories would have come
    assert ended(degrees=10, last_day_of_other=LAST_DAY, last_day=LAST_DAY) == {}  # no night since


def test_a_theme_whose_outlet_nobody_could_read_since_is_not_silent() -> None:
    assert ended(degrees=10, outlet=ITS_OUTLET) == {}


def test_a_theme_that_a_fit_still_sees_in_new_stories_is_not_silent() -> None:
    assert ended(degrees=10, seen_since=1) == {}


def test_a_theme_does_not_merge_into_one_that_is_silent_too() -> None:
    assert ended(degrees=10, last_day_of_other=LAST_DAY) == {}


def test_what_a_person_has_edited_does_not_merge_by_falling_silent() -> None:
    assert ended(degrees=10, fixed=(ONE,)) == ended(degrees=10, fixed=(OTHER,)) == {}


def test_no_recent_stories() -> None:
    nobody = np.empty(0, dtype=np.str_)
    assert merged_since(Recent(nobody, nobody, nobody, np.empty(0), np.empty((0, 384), dtype=np.float32)), 0.75) == {}
