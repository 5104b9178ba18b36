"""Stories join themes day by day, and themes follow their stories: new stories and each theme's recent ones come in; who joins what goes out.

A theme has two centroids: one of the last weeks, and one of the last days, so that a story which moves quickly does not lose its theme.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracker.themes.embed import Vectors, unit

Days = NDArray[np.float64]
Ints = NDArray[np.int64]

MEMORY_DAYS = 60  # of members read back: older ones weigh under a twentieth
_SLOW_DAYS = 14.0  # half-life in the centroid: a theme is what it was about these weeks
_FAST_DAYS = 1.0  # half-life in the leading centroid; a theme that turns 10 degrees a day is then found 25 degrees behind (evals/drift.py)
_FAST_STORIES = 8.0  # the leading centroid never rests on fewer: below, one odd story leads it astray
_STORED_STORIES = 10.0  # what the stored centroid counts for, for themes with few stories of late


@dataclass(frozen=True, slots=True)
class Joined:
    """Per story its theme (a row number, -1: none) and its cosine to the nearer of the theme's two centroids; and the centroids after all."""

    themes: Ints
    strengths: NDArray[np.float64]
    centroids: Vectors


def join(
    vectors: Vectors, days: Days, centroids: Vectors, recent: Vectors, recent_days: Days, recent_ends: Ints, similarity: float, same: float,
    ends: Ints | None = None,
) -> Joined:  # fmt: skip
    """Let stories join the nearest theme, day by day, from the cosine `similarity` on, and the themes move with them.

    `vectors` (unit rows) and `days` are the stories to place; `centroids` the themes' stored centroids; `recent*` the members of the
    last MEMORY_DAYS before, with the rows of their themes. Where the leading centroid is less than `same` near to the slower one, the
    theme has moved on, and the slower one follows at once. `ends` says into which row each theme was merged (its own, if none):
    a merged theme goes on following its part of the stories, or a theme merged of two far ones would follow neither.
    """
    ends = np.arange(len(centroids)) if ends is None else ends
    memory = _Memory(centroids, same)
    for day in np.unique(recent_days):
        today = recent_days == day
        is_part = ends[None, :] == recent_ends[today][:, None]
        memory.add(recent[today], np.where(is_part, memory.nearness(recent[today]), -2).argmax(axis=1), float(day))
    themes, strengths = np.full(len(vectors), -1), np.zeros(len(vectors))
    for day in np.unique(days):
        today = np.flatnonzero(days == day)
        if len(centroids):
            nearness = memory.nearness(vectors[today])
            best = nearness.argmax(axis=1)
            strengths[today] = nearness[np.arange(len(today)), best]
            themes[today] = np.where(strengths[today] >= similarity, best, -1)
            placed = today[themes[today] >= 0]
            memory.add(vectors[placed], themes[placed], float(day))
    return Joined(themes, np.minimum(strengths, 1.0), memory.slow())


def follow(centroid: Vectors, members: Vectors, days: Days, same: float) -> Vectors:
    """Where a theme with this centroid and these members is in the end, shape (384,)."""
    of_it = np.zeros(len(members), dtype=np.int64)
    now: Vectors = join(members[:0], days[:0], centroid[None], members, days, of_it, 0.0, same).centroids[0]
    return now


class _Memory:
    """Sums of member vectors in which each day counts less than the next."""

    def __init__(self, centroids: Vectors, same: float) -> None:
        self._same = same
        self._slow = centroids * _STORED_STORIES
        self._fast = centroids * _FAST_STORIES
        self._behind_fast = np.full(len(centroids), _FAST_STORIES)
        self._day = np.full(len(centroids), -np.inf)

    def slow(self) -> Vectors:
        return unit(self._slow)

    def nearness(self, vectors: Vectors) -> Vectors:
        """The cosine to the nearer of each theme's two centroids, shape (stories, themes)."""
        nearer: Vectors = np.maximum(vectors @ unit(self._slow).T, vectors @ unit(self._fast).T)
        return nearer

    def add(self, vectors: Vectors, themes: Ints, day: float) -> None:
        """The members of one day; days come in order, a late story counts as of the newest day."""
        for theme in np.unique(themes):
            today = vectors[themes == theme]
            passed = max(0.0, day - self._day[theme]) if np.isfinite(self._day[theme]) else 0.0
            self._day[theme] = max(day, self._day[theme])
            kept = max(2 ** (-passed / _FAST_DAYS), min(1.0, _FAST_STORIES / self._behind_fast[theme]))
            self._slow[theme] = self._slow[theme] * 2 ** (-passed / _SLOW_DAYS) + today.sum(axis=0)
            self._fast[theme] = self._fast[theme] * kept + today.sum(axis=0)
            self._behind_fast[theme] = self._behind_fast[theme] * kept + len(today)
            if float(unit(self._slow[theme]) @ unit(self._fast[theme])) < self._same:
                self._slow[theme] = self._fast[theme]

