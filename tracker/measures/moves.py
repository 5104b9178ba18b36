"""Stories by day come in, of each theme and of all; what is new, grows, fades or fell silent in the last seven days goes out, with its test.

News comes in bursts, so a theme is measured against its own noise. Given all stories a theme has in these weeks, how many of them fall
into the newest is a binomial question, with the coins of the weeks scattered as the theme's earlier weeks are: the beta-binomial, which
is the negative binomial once the unknown mean is conditioned away (a test of two rates, Przyborowski and Wilenski 1940, with the
extra scatter of Farrington et al. 1996). A few weeks say little of scatter; as in edgeR (Robinson and Smyth 2007) the other themes of the
archive say the rest. False alarms and power: evals/moves.py.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, TypeAlias, TypeVar

import numpy as np
from scipy.optimize import brentq  # type: ignore[import-untyped, unused-ignore]
from scipy.special import logsumexp  # type: ignore[import-untyped, unused-ignore]
from scipy.stats import (  # type: ignore[import-untyped, unused-ignore]
    betabinom,
    dirichlet_multinomial,
    false_discovery_control,
)

from tracker.measures.intervals import LEVEL, FloatArray, IntArray, Numbers
from tracker.measures.turning import MAX_Q

Kind: TypeAlias = Literal["new", "growing", "fading", "silent", "steady", "too little data"]
Key = TypeVar("Key")

WEEK = 7  # days: weekends halve the volume of news, so a window holds each weekday once
WEEKS_BEFORE = 12  # a quarter: longer ago is another season of the news
MIN_WEEKS = 5  # with four, themes of the wildest noise are called moving in 8 % of quiet weeks (evals/moves.py)
MIN_STORIES = 5  # in all these weeks: with fewer hardly any division of them is improbable
MIN_OF_STORIES = 20  # on all subjects in the recent window: with fewer one story is more than a twentieth of the news
MIN_PART = 0.5  # of the recent window's stories: a week of which less was collected had another mix of outlets
# What a theme's noise may be: 1 / concentration is the squared variation of its level from week to week, from 140 to 7 %
CONCENTRATIONS = np.geomspace(0.5, 200, 15)  # steps of 1.5: twice as many change no p value by a hundredth
# Before any archive is seen: variation of 45 %, between 25 and 82 % in two of three themes. Discovered themes of two collections of 2025 vary
# by 37 % (2,894 full texts) and 10 % (10,226 summaries), medians; whoever errs should err toward noise
USUAL_CONCENTRATION, USUAL_SPREAD = 5.0, 1.2
UNSEEN_NOISE = 0.8  # of a concentration: weeks resemble their neighbours, so a few of them show less noise than there is
USUAL_THEMES = 10  # as many themes of this archive outweigh that
ROUNDS = 30  # of fitting the archive's own noise: as many again change no p value by a hundredth
LARGEST_RATIO = 1e6  # within which the ends of intervals are looked for


@dataclass(frozen=True, slots=True)
class Move:
    """One theme in the recent window against the weeks before. Without enough data only the counts are set."""

    kind: Kind
    first_day: date
    last_day: date
    stories: int
    of_stories: int  # all stories of the window
    weeks_before: int
    stories_before: int  # of the theme, in those weeks
    expected: float | None = None  # stories, by the theme's share in the weeks before
    low: float | None = None  # interval of stories / expected: it leaves out 1 exactly where p < 0.05
    high: float | None = None
    p_value: float | None = None
    q_value: float | None = None

    @property
    def ratio(self) -> float | None:
        """Stories / expected; None where nothing was to be expected."""
        return self.stories / self.expected if self.expected else None


def find(stories: Mapping[date, int], on_themes: Mapping[Key, Mapping[date, int]]) -> dict[Key, Move]:
    """The move of every theme, from all stories by day and the theme's own; nothing if there are no stories at all.

    The recent window ends on the newest day with stories. A day nobody crawled has no stories, so it adds nothing to either side;
    weeks of which too little was collected are left out. A first story needs no test: that a theme is new is a fact, and `stories`
    says how much of one.
    """
    last_day = max((day for day, n in stories.items() if n), default=None)
    if last_day is None:
        return {}
    first_day = last_day - timedelta(days=WEEK - 1)
    collected = _weeks(stories, last_day)
    is_used = collected >= MIN_PART * collected[0]
    all_stories, weeks_before = collected[is_used], int(is_used.sum()) - 1
    counts = {theme: _weeks(days, last_day)[is_used] for theme, days in on_themes.items()}
    is_enough = weeks_before >= MIN_WEEKS and all_stories[0] >= MIN_OF_STORIES
    first = {theme: min((day for day, n in days.items() if n), default=None) for theme, days in on_themes.items()}
    new = {theme for theme, day in first.items() if is_enough and day is not None and day >= first_day}
    tested = [theme for theme, n in counts.items() if is_enough and theme not in new and n.sum() >= MIN_STORIES]

    moves = {
        theme: Move("new" if theme in new else "too little data", first_day, last_day, int(n[0]), int(all_stories[0]), weeks_before, int(n[1:].sum()))
        for theme, n in counts.items()
    }  # fmt: skip
    noise = noises([counts[theme] for theme in tested], all_stories)
    p_values = [p_value(counts[theme], all_stories, of) for theme, of in zip(tested, noise, strict=True)]
    for theme, of, p, q in zip(tested, noise, p_values, q_values(p_values), strict=True):
        expected = float(moves[theme].stories_before * all_stories[0] / all_stories[1:].sum())
        low, high = ratio_interval(counts[theme], all_stories, of)
        before = moves[theme]
        moves[theme] = Move(
            _kind(before.stories, expected, q), first_day, last_day, before.stories, before.of_stories, weeks_before,
            before.stories_before, expected, low, high, p, q,
        )  # fmt: skip
    return moves


def noises(counts: Iterable[Numbers], all_stories: Numbers) -> FloatArray:
    """For each theme the probabilities of CONCENTRATIONS: what its own weeks before say, and what those of all the themes say.

    Weeks of stories go newest first; the newest, which is to be tested, is not looked at.
    """
    scales = CONCENTRATIONS[:, None] * _exposures(all_stories)[1:]
    own = np.array([dirichlet_multinomial.logpmf(of[1:], scales, of[1:].sum()) for of in map(np.asarray, counts)])
    own = own.reshape(-1, len(CONCENTRATIONS))
    usual = _softmax(-0.5 * (np.log(CONCENTRATIONS / USUAL_CONCENTRATION) / USUAL_SPREAD) ** 2)
    common = usual
    for _ in range(ROUNDS):
        common = (USUAL_THEMES * usual + _softmax(own + np.log(common)).sum(axis=0)) / (USUAL_THEMES + len(own))
    return _softmax(own + np.log(common))


def p_value(counts: Numbers, all_stories: Numbers, noise: FloatArray) -> float:
    """Two-sided: twice the smaller tail. Stories of the theme and of all by week, newest first, and the probabilities of its noise."""
    return min(1.0, 2 * min(_tails(np.asarray(counts), _exposures(all_stories), noise)))


def ratio_interval(counts: Numbers, all_stories: Numbers, noise: FloatArray) -> tuple[float, float | None]:
    """The ratios to its weeks before that the newest week does not speak against; without an end above if the weeks before are empty."""
    of, exposures = np.asarray(counts), _exposures(all_stories)

    def end(tail: Literal[0, 1]) -> float:
        def beyond(log_ratio: float) -> float:
            return _tails(of, exposures, noise, float(np.exp(log_ratio)))[tail] - (1 - LEVEL) / 2

        return float(np.exp(brentq(beyond, -np.log(LARGEST_RATIO), np.log(LARGEST_RATIO))))

    return end(1) if of[0] else 0.0, end(0) if of[1:].any() else None


def q_values(p_values: Iterable[float]) -> list[float]:
    """Benjamini and Hochberg's: those up to MAX_Q hold at most that part of false ones, as expected."""
    p = np.asarray(list(p_values), dtype=np.float64)
    return [float(q) for q in false_discovery_control(p)] if len(p) else []


def _kind(stories: int, expected: float, q: float) -> Kind:
    if q > MAX_Q:
        return "steady"
    if stories > expected:
        return "growing"
    return "fading" if stories else "silent"


def _weeks(days: Mapping[date, int], last_day: date) -> IntArray:
    """Stories of the recent window and of those before it, newest first."""
    weeks = np.zeros(1 + WEEKS_BEFORE, dtype=np.int64)
    for day, stories in days.items():
        ago = (last_day - day).days // WEEK
        if 0 <= ago <= WEEKS_BEFORE:
            weeks[ago] += stories
    return weeks


def _exposures(all_stories: Numbers) -> FloatArray:
    """The weeks in units of the largest: the noise is that of a whole week, a smaller one has more of it."""
    stories = np.asarray(all_stories, dtype=np.float64)
    exposures: FloatArray = stories / stories.max()
    return exposures


def _tails(counts: IntArray, exposures: FloatArray, noise: FloatArray, ratio: float = 1.0) -> tuple[float, float]:
    """How probable so few, and so many, stories of the newest week are if the theme's level there is `ratio` times that before."""
    scales = UNSEEN_NOISE * CONCENTRATIONS[:, None]
    up_to = np.arange(counts[0] + 1)
    each = betabinom.pmf(up_to, counts.sum(), ratio * scales * exposures[0], scales * exposures[1:].sum())
    probabilities = noise @ each
    # The difference loses its digits where it is tiny; it is never less than the probability of this very number
    return float(probabilities.sum()), float(max(probabilities[-1], 1 - probabilities[:-1].sum()))


def _softmax(logs: FloatArray) -> FloatArray:
    probabilities: FloatArray = np.exp(logs - logsumexp(logs, axis=-1, keepdims=True))
    return probabilities
