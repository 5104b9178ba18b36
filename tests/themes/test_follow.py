"""Stories join the nearest theme, and themes move with their stories, quickly or slowly."""

import numpy as np
import pytest

from tracker.themes.embed import DIMENSIONS, Vectors, unit
from tracker.themes.follow import Joined, Themes, join, settled

JOIN, CORE, SAME = 0.37, 0.50, 0.75
AXES = np.eye(DIMENSIONS, dtype=np.float32)


def noisy(direction: Vectors, n: int, seed: int, cosine: float = 0.65) -> Vectors:
    """`n` unit rows at this cosine to a direction."""
    noise = np.random.default_rng(seed).normal(size=(n, DIMENSIONS)).astype(np.float32)
    noise = unit(noise - (noise @ direction)[:, None] * direction)
    return unit(cosine * direction + np.sqrt(1 - cosine**2) * noise)


def turned(degrees: float) -> Vectors:
    angle = np.radians(degrees)
    turned: Vectors = (np.cos(angle) * AXES[0] + np.sin(angle) * AXES[1]).astype(np.float32)
    return turned


def joined(
    vectors: Vectors, days: np.ndarray, centroids: Vectors, *, behind: float = 50, ends: tuple[int, ...] | None = None,
    recent: Vectors = AXES[:0], recent_days: np.ndarray | None = None,
) -> Joined:  # fmt: skip
    """The recent stories, if any, are those of the first theme."""
    themes = Themes(centroids, np.full(len(centroids), behind), np.arange(len(centroids)) if ends is None else np.array(ends))
    when = np.empty(0) if recent_days is None else recent_days
    return join(vectors, days, themes, recent, when, np.zeros(len(recent), dtype=np.int64), JOIN, CORE, SAME)


def test_a_story_joins_the_nearest_theme_or_none() -> None:
    found = joined(np.stack([turned(10), turned(80), AXES[5]]), np.zeros(3), AXES[:2])
    assert found.themes.tolist() == [0, 1, -1]
    assert found.strengths[0] == pytest.approx(np.cos(np.radians(10)), abs=1e-5)


@pytest.mark.parametrize("stories", [4, 10, 30])
def test_a_theme_that_turns_ten_degrees_a_day_keeps_its_stories(stories: int) -> None:
    nights = 90
    vectors = np.vstack([noisy(turned(10 * night), stories, night) for night in range(nights)])
    found = joined(vectors, np.repeat(np.arange(nights, dtype=float), stories), AXES[:1])
    assert (found.themes == 0).mean() > 0.97
    assert float(found.centroids[0] @ turned(10 * (nights - 1))) > 0.7


def test_a_theme_that_turns_is_kept_night_by_night_too() -> None:
    centroid, kept, recent, recent_days = AXES[:1], [], AXES[:0], np.empty(0)
    for night in range(60):
        found = joined(noisy(turned(10 * night), 8, night), np.full(8, float(night)), centroid, recent=recent, recent_days=recent_days)
        kept.append((found.themes == 0).mean())
        centroid = found.centroids
        recent = np.vstack([recent, noisy(turned(10 * night), 8, night)])[-24:]
        recent_days = np.append(recent_days, np.full(8, float(night)))[-24:]
    assert np.mean(kept) > 0.95


def test_a_theme_stays_what_it_is_when_other_stories_come_to_its_edge() -> None:
    own = np.vstack([noisy(AXES[0], 2, day) for day in range(200)])
    edge = np.vstack([noisy(turned(60), 4, 1000 + day, 0.8) for day in range(200)])  # cosine 0.40 to the theme
    days = np.append(np.repeat(np.arange(200.0), 2), np.repeat(np.arange(200.0), 4))
    order = np.argsort(days, kind="stable")
    found = joined(np.vstack([own, edge])[order], days[order], AXES[:1])
    assert float(found.centroids[0] @ AXES[0]) > 0.9


def test_one_odd_day_does_not_move_a_theme_much() -> None:
    vectors = np.vstack([noisy(AXES[0], 60, 1), noisy(turned(45), 3, 2)])
    days = np.append(np.repeat(np.arange(30.0), 2), [30.0] * 3)
    before, after = joined(vectors[:60], days[:60], AXES[:1]), joined(vectors, days, AXES[:1])
    assert float(before.centroids[0] @ after.centroids[0]) > 0.97


def test_a_theme_without_stories_stays_where_it_was_and_no_theme_takes_none() -> None:
    assert joined(noisy(AXES[0], 5, 1), np.zeros(5), AXES[:2]).centroids[1] == pytest.approx(AXES[1], abs=1e-6)
    assert joined(AXES[:2], np.zeros(2), AXES[:0]).themes.tolist() == [-1, -1]


def test_a_theme_merged_of_two_far_ones_follows_both() -> None:
    nights, start, ends = 40, np.stack([AXES[9], AXES[0]]), (0, 0)
    days = np.repeat(np.arange(nights, dtype=float), 12)
    vectors = np.vstack([np.vstack([noisy(turned(10 * night), 6, night), noisy(AXES[9], 6, 500 + night)]) for night in range(nights)])
    found = joined(vectors, days, start, ends=ends)
    assert (found.themes >= 0).mean() > 0.97
    is_last, is_recent = days == nights - 1, (days < nights - 1) & (days > nights - 5)
    last = joined(vectors[is_last], days[is_last], found.centroids, ends=ends, recent=vectors[is_recent], recent_days=days[is_recent])
    assert (last.themes >= 0).mean() > 0.9


def test_a_theme_found_now_is_where_its_last_stories_are_if_it_moved() -> None:
    nights = np.repeat(np.arange(9.0), 6)
    moving = np.vstack([noisy(turned(10 * night), 6, night) for night in range(9)])
    mean = unit(moving.mean(axis=0))
    assert float(settled(mean, moving, nights, 0.95) @ turned(80)) > float(mean @ turned(80)) + 0.1
    assert settled(mean, moving[:3], nights[:3], 0.95) is mean  # three stories lead nowhere
