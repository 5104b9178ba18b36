"""Stories join the nearest theme, and themes move with their stories, quickly or slowly."""

import numpy as np
import pytest

from tracker.themes.embed import DIMENSIONS, Vectors, unit
from tracker.themes.follow import follow, join

JOIN, SAME = 0.40, 0.75
AXES = np.eye(DIMENSIONS, dtype=np.float32)
NO_DAYS, NO_THEMES = np.empty(0), np.empty(0, dtype=np.int64)


def noisy(direction: Vectors, n: int, seed: int, cosine: float = 0.65) -> Vectors:
    """`n` unit rows at this cosine to a direction."""
    noise = np.random.default_rng(seed).normal(size=(n, DIMENSIONS)).astype(np.float32)
    noise = unit(noise - (noise @ direction)[:, None] * direction)
    return unit(cosine * direction + np.sqrt(1 - cosine**2) * noise)


def turned(degrees: float) -> Vectors:
    angle = np.radians(degrees)
    turned: Vectors = (np.cos(angle) * AXES[0] + np.sin(angle) * AXES[1]).astype(np.float32)
    return turned


def test_a_story_joins_the_nearest_theme_or_none() -> None:
    stories = np.stack([turned(10), turned(80), AXES[5]])
    joined = join(stories, np.zeros(3), AXES[:2], AXES[:0], NO_DAYS, NO_THEMES, JOIN, SAME)
    assert joined.themes.tolist() == [0, 1, -1]
    assert joined.strengths[0] == pytest.approx(np.cos(np.radians(10)), abs=1e-5)


@pytest.mark.parametrize("stories", [4, 10, 30])
def test_a_theme_that_turns_ten_degrees_a_day_keeps_its_stories(stories: int) -> None:
    nights = 90
    vectors = np.vstack([noisy(turned(10 * night), stories, night) for night in range(nights)])
    days = np.repeat(np.arange(nights, dtype=float), stories)
    joined = join(vectors, days, AXES[:1], AXES[:0], NO_DAYS, NO_THEMES, JOIN, SAME)
    assert (joined.themes == 0).mean() > 0.97
    assert float(joined.centroids[0] @ turned(10 * (nights - 1))) > 0.7


def test_it_is_the_same_night_by_night_as_all_at_once_as_long_as_the_memory_is_read_back() -> None:
    nights = [noisy(turned(3 * night), 12, night) for night in range(20)]
    days = [np.full(12, float(night)) for night in range(20)]
    at_once = join(np.vstack(nights), np.concatenate(days), AXES[:1], AXES[:0], NO_DAYS, NO_THEMES, JOIN, SAME)
    last = join(
        nights[19], days[19], AXES[:1], np.vstack(nights[:19]), np.concatenate(days[:19]), np.zeros(19 * 12, dtype=np.int64), JOIN, SAME
    )
    assert last.themes.tolist() == at_once.themes[19 * 12 :].tolist()
    assert last.centroids == pytest.approx(at_once.centroids, abs=1e-4)


def test_one_odd_day_does_not_move_a_theme_much() -> None:
    usual = noisy(AXES[0], 60, 1)
    odd = noisy(turned(45), 3, 2)
    days = np.repeat(np.arange(30.0), 2)
    before = follow(AXES[0], usual, days, SAME)
    after = follow(AXES[0], np.vstack([usual, odd]), np.append(days, [30.0] * 3), SAME)
    assert float(before @ after) > 0.97


def test_a_theme_without_stories_stays_where_it_was_and_no_theme_takes_none() -> None:
    joined = join(noisy(AXES[0], 5, 1), np.zeros(5), AXES[:2], AXES[:0], NO_DAYS, NO_THEMES, JOIN, SAME)
    assert joined.centroids[1] == pytest.approx(AXES[1], abs=1e-6)
    assert join(AXES[:2], np.zeros(2), AXES[:0], AXES[:0], NO_DAYS, NO_THEMES, JOIN, SAME).themes.tolist() == [-1, -1]


def test_a_theme_merged_of_two_far_ones_follows_both() -> None:
    nights, ends = 40, np.array([0, 0])
    one = np.vstack([noisy(turned(10 * night), 6, night) for night in range(nights)])
    other = np.vstack([noisy(AXES[9], 6, 500 + night) for night in range(nights)])
    days = np.repeat(np.arange(nights, dtype=float), 6)
    start = np.stack([AXES[9], AXES[0]])
    order = np.argsort(np.append(days, days), kind="stable")
    vectors, days = np.vstack([one, other])[order], np.append(days, days)[order]
    joined = join(vectors, days, start, AXES[:0], NO_DAYS, NO_THEMES, JOIN, SAME, ends)
    assert (joined.themes >= 0).mean() > 0.97
    before = days < nights - 1
    members = np.zeros(before.sum(), dtype=np.int64)  # all stand under the theme that the other was merged into
    last = join(vectors[~before], days[~before], start, vectors[before], days[before], members, JOIN, SAME, ends)
    assert (last.themes >= 0).mean() > 0.9
