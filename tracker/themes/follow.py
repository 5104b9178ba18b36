"""Stories join themes day by day, and themes follow their stories: new stories and each theme's recent ones come in; who joins what goes out.

A theme has a centroid, which its new stories move slowly, and where many stories come it has a second one that leads: made of the last days
alone, so that a theme which moves quickly does not lose its stories.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracker.themes.embed import Vectors, unit

Days = NDArray[np.float64]
Ints = NDArray[np.int64]

LEADING_DAYS = 3  # of members that make the leading centroid
SLOW_DAYS = 20  # of members behind a centroid: it is what the theme was about these weeks,
SLOW_STORIES = 50  # but never fewer stories, or a theme with one story a week would be what its last two were about
_HALF_LIFE = 1.0  # days, in the leading centroid: so a theme that turns 10 degrees a day keeps its stories (tests/themes/test_follow.py)
_LEADERS = 8.0  # stories; the leading centroid never rests on fewer: below, one odd story leads it astray


@dataclass(frozen=True, slots=True)
class Themes:
    """Themes row by row: unit centroids, the number of stories behind each, and the row of the theme it was merged into (its own, if none)."""

    centroids: Vectors
    behind: NDArray[np.float64]
    ends: Ints


@dataclass(frozen=True, slots=True)
class Joined:
    """Per story its theme (a row number, -1: none) and its cosine to the nearer of the theme's two centroids; and the centroids after all."""

    themes: Ints
    strengths: NDArray[np.float64]
    centroids: Vectors


def join(
    vectors: Vectors, days: Days, themes: Themes, recent: Vectors, recent_days: Days, recent_ends: Ints, similarity: float, core: float, same: float
) -> Joined:  # fmt: skip
    """Let stories join the nearest theme, day by day, from the cosine `similarity` on, and the themes move with them.

    `vectors` (unit rows) and `days` are the stories to place; `recent*` the members of the last LEADING_DAYS before, with the rows of their
    themes. Stories less near than `core` belong to a theme but do not move it. Where the leading centroid is less than `same` near to the other,
    the theme has moved on, and the other follows at once. A merged theme goes on following its part of the stories: a theme merged of two
    far ones would else follow neither.
    """
    memory = _Memory(themes, same)
    memory.read(recent, recent_days, recent_ends)
    found, strengths = np.full(len(vectors), -1), np.zeros(len(vectors))
    for day in np.unique(days):
        today = np.flatnonzero(days == day)
        if len(themes.centroids):
            nearness = memory.nearness(vectors[today])
            best = nearness.argmax(axis=1)
            strengths[today] = nearness[np.arange(len(today)), best]
            found[today] = np.where(strengths[today] >= similarity, best, -1)
            movers = today[strengths[today] >= max(core, similarity)]
            memory.move(vectors[movers], found[movers], float(day))
    return Joined(found, np.minimum(strengths, 1.0), memory.centroids())


def leading(themes: Themes, recent: Vectors, recent_days: Days, recent_ends: Ints) -> Vectors:
    """Each theme's leading centroid, or the other where the last days had too few stories; shape (themes, 384)."""
    memory = _Memory(themes, 0.0)
    memory.read(recent, recent_days, recent_ends)
    return memory.leading()


def settled(centroid: Vectors, members: Vectors, days: Days, same: float) -> Vectors:
    """Where a theme with this centroid and these members is now: at its last days' stories, if it has moved that far; shape (384,)."""
    memory = _Memory(Themes(centroid[None], np.ones(1), np.zeros(1, dtype=np.int64)), same)
    for day in np.unique(days):
        today = members[days == day]
        memory.lead(today, np.zeros(len(today), dtype=np.int64), float(day))
    now: Vectors = memory.leading()[0]
    return centroid if float(now @ centroid) >= same else now


class _Memory:
    """Where themes are: sums of member vectors, the older ones counting less."""

    def __init__(self, themes: Themes, same: float) -> None:
        self._same = same
        self._ends = themes.ends
        self._behind = np.maximum(themes.behind, 1.0)
        self._slow = themes.centroids * self._behind[:, None]
        self._lead = np.zeros_like(self._slow)
        self._leaders = np.zeros(len(self._slow))
        self._led_on = np.full(len(self._slow), -np.inf)
        self._moved_on = np.full(len(self._slow), -np.inf)

    def centroids(self) -> Vectors:
        return unit(self._slow)

    def leading(self) -> Vectors:
        """The leading centroids, the others where too few stories lead."""
        return unit(np.where((self._leaders >= _LEADERS)[:, None], self._lead, self._slow))

    def nearness(self, vectors: Vectors) -> Vectors:
        """The cosine to the nearer of each theme's two centroids, shape (stories, themes)."""
        nearer: Vectors = np.maximum(vectors @ self.centroids().T, vectors @ self.leading().T)
        return nearer

    def read(self, vectors: Vectors, days: Days, ends: Ints) -> None:
        """Members from before lead the nearest of the themes that were merged into theirs."""
        for day in np.unique(days):
            today = days == day
            is_part = self._ends[None, :] == ends[today][:, None]
            self.lead(vectors[today], np.where(is_part, self.nearness(vectors[today]), -2).argmax(axis=1), float(day))

    def lead(self, vectors: Vectors, themes: Ints, day: float) -> None:
        """Members of one day; days come in order, a late story counts as of the newest day."""
        for theme in np.unique(themes):
            today, passed = vectors[themes == theme], day - self._led_on[theme]
            kept = 0.0
            if passed <= LEADING_DAYS:
                kept = max(2 ** (-max(passed, 0.0) / _HALF_LIFE), min(1.0, _LEADERS / max(self._leaders[theme], 1.0)))
            self._lead[theme] = self._lead[theme] * kept + today.sum(axis=0)
            self._leaders[theme] = self._leaders[theme] * kept + len(today)
            self._led_on[theme] = max(day, self._led_on[theme])

    def move(self, vectors: Vectors, themes: Ints, day: float) -> None:
        """Members that move their theme."""
        self.lead(vectors, themes, day)
        for theme in np.unique(themes):
            today, passed = vectors[themes == theme], max(0.0, day - self._moved_on[theme])
            faded = self._behind[theme] * np.exp(-passed / SLOW_DAYS) if np.isfinite(passed) else self._behind[theme]
            kept = max(faded, min(self._behind[theme], SLOW_STORIES))
            self._slow[theme] = unit(self._slow[theme]) * kept + today.sum(axis=0)
            self._behind[theme] = kept + len(today)
            self._moved_on[theme] = max(day, self._moved_on[theme])
            if self._leaders[theme] >= _LEADERS and float(unit(self._slow[theme]) @ unit(self._lead[theme])) < self._same:
                self._behind[theme] = self._leaders[theme]
                self._slow[theme] = unit(self._lead[theme]) * self._behind[theme]
