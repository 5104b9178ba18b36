"""A seed comes in; a small world of stories goes out, night by night, whose themes turn, are born, die, merge and split on known nights.

A theme is a direction that turns by some degrees a night in a random plane of its own. A story is its theme's direction with noise added: cosine
0.55 to 0.75 to it. Real clusters are like that: the cosine of an article to the mean of its cluster's others has quartiles 0.51 to 0.72
in tldr_2025, 0.57 to 0.73 in bbc, 0.62 to 0.83 in aivibe_2025 (UMAP and HDBSCAN leaves, MiniLM vectors). Some stories are of no theme: any direction.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

import numpy as np

from tracker.themes.embed import DIMENSIONS, Vectors, unit

Kind: TypeAlias = Literal["born", "died", "merged", "split"]

FEWEST, MOST = 8, 15  # true themes at a time
AT_FIRST = 11
PER_NIGHT = (4, 30)  # stories of one theme
COSINE = (0.55, 0.75)  # of a story to its theme
STRAY = (0.05, 0.10)  # share of a night's stories that are of no theme
APPROACH = 5  # nights in which two themes become one, or one becomes two: 18 degrees a night
USUAL: dict[Kind, int] = {"born": 7, "died": 5, "merged": 4, "split": 4}  # in 90 nights
EDITED = 4  # themes that people edit: renamed, merged, merged into, hidden; nothing else happens to them
FIRST_EVENT, LAST_EVENT = 13, 6  # not before that night, and not in so many last nights: what happens then can hardly be found
NO_THEME = -1
_SYLLABLES = "ba ce di fo gu ha je ki lo mu na pe qi ro su ta ve wi xo yu za bre cli dro fle gri ska plo tre vlu".split()
_PLAIN = "report market plan group city year board price study week".split()  # words that every theme's texts share
_VERBS = "shows opens delays expands reviews questions".split()


@dataclass(frozen=True, slots=True)
class Event:
    """What befell a theme on a night: the first of its life, the first after it, or the first on which it is one with, or apart from, `other`."""

    night: int
    kind: Kind
    theme: int
    other: int = NO_THEME


@dataclass(frozen=True, slots=True)
class TrueTheme:
    """A theme with its plane, its usual number of stories and the nights it lives: from `first` to before `end`."""

    plane: Vectors  # two orthogonal unit rows
    stories: float
    words: tuple[str, ...]
    first: int
    end: int
    joins: int = NO_THEME  # the theme that it becomes at `end`
    leaves: int = NO_THEME  # the theme that it was before `first`


@dataclass(frozen=True, slots=True)
class Story:
    """`theme` is the true one, NO_THEME for a stray."""

    title: str
    text: str
    theme: int
    vector: Vectors = field(repr=False)


@dataclass(frozen=True, slots=True)
class World:
    """Themes by number and what befalls them, in order of nights. `common`: how much of one direction all themes share, as in real corpora."""

    seed: int
    nights: int
    degrees: float
    common: float
    themes: tuple[TrueTheme, ...]
    events: tuple[Event, ...]

    @property
    def edited(self) -> tuple[int, ...]:
        """The themes that people edit: they live from the first night to the last."""
        return tuple(range(EDITED))

    def living(self, night: int) -> list[int]:
        """The themes that have stories that night."""
        return [number for number, theme in enumerate(self.themes) if theme.first <= night < theme.end]

    def direction(self, number: int, night: int) -> Vectors:
        """A theme's true centroid: a unit row of 384."""
        shared = np.full(DIMENSIONS, 1 / math.sqrt(DIMENSIONS), dtype=np.float32)
        return unit(self.common * shared + math.sqrt(1 - self.common**2) * self._own(number, night))

    def _own(self, number: int, night: int) -> Vectors:
        theme, angle = self.themes[number], math.radians(self.degrees * night)
        own = unit((math.cos(angle) * theme.plane[0] + math.sin(angle) * theme.plane[1]).astype(np.float32))
        if not self.is_between(number, night):
            return own
        if theme.joins >= 0 and night >= theme.end - APPROACH:
            return _between(own, self._own(theme.joins, night), 1 - (theme.end - night) / (APPROACH + 1))
        return _between(self._own(theme.leaves, night), own, (night - theme.first + 1) / (APPROACH + 1))

    def is_between(self, number: int, night: int) -> bool:
        """Whether a theme is on its way into another that night, or out of one: no reader could say which of the two a story is of."""
        theme = self.themes[number]
        return (theme.joins >= 0 and night >= theme.end - APPROACH) or (theme.leaves >= 0 and night < theme.first + APPROACH)

    def became(self, number: int) -> int:
        """The theme whose stories a theme's stories are in the end: itself, or what it merged into."""
        while self.themes[number].joins >= 0:
            number = self.themes[number].joins
        return number

    def stories(self) -> Iterator[list[Story]]:
        """Each night's stories, strays last; the same for the same world."""
        draw = np.random.default_rng((self.seed, 2))
        for night in range(self.nights):
            found = [story for number in self.living(night) for story in self._of_theme(number, night, draw)]
            strays = round(len(found) * draw.uniform(*STRAY))
            every_word = [word for theme in self.themes for word in theme.words]
            yield found + [
                _story(draw, NO_THEME, draw.choice(every_word, 12).tolist(), _random_unit(draw)) for _ in range(strays)
            ]

    def _of_theme(self, number: int, night: int, draw: np.random.Generator) -> list[Story]:
        theme, centroid = self.themes[number], self.direction(number, night)
        count = int(np.clip(draw.poisson(theme.stories), *PER_NIGHT))
        return [_story(draw, number, theme.words, _near(centroid, draw)) for _ in range(count)]


def invent(seed: int, nights: int = 90, degrees: float = 10.0, common: float = 0.0) -> World:
    """A world whose events are spread over its nights."""
    draw = np.random.default_rng((seed, 1))
    world = World(seed, nights, degrees, common, tuple(_theme(draw, 0, nights) for _ in range(AT_FIRST)), ())
    scale = max(0, nights - FIRST_EVENT - LAST_EVENT) / (90 - FIRST_EVENT - LAST_EVENT)
    kinds: list[Kind] = [kind for kind, count in USUAL.items() for _ in range(round(count * scale))]
    when = np.linspace(FIRST_EVENT, nights - LAST_EVENT, len(kinds), endpoint=False).astype(int)
    for night, kind in zip(when.tolist(), _in_bounds(kinds, draw), strict=True):
        world = _befall(world, kind, night, draw)
    return world


def _in_bounds(kinds: Sequence[Kind], draw: np.random.Generator) -> list[Kind]:
    """A random order in which the number of themes stays within its bounds."""
    while True:
        order: list[Kind] = [kinds[i] for i in draw.permutation(len(kinds))]
        living = AT_FIRST + np.cumsum([1 if kind in ("born", "split") else -1 for kind in order])
        if len(kinds) == 0 or (living.min() >= FEWEST + 1 and living.max() <= MOST):
            return order


def _befall(world: World, kind: Kind, night: int, draw: np.random.Generator) -> World:
    themes, number = list(world.themes), len(world.themes)
    # Whoever is in the middle of something, or will be edited, is left alone
    last = {t: event.night for event in world.events for t in (event.theme, event.other)}
    free = [
        t
        for t in world.living(night)
        if t >= EDITED and themes[t].end == world.nights and night - last.get(t, -99) > 2 * APPROACH
    ]
    if kind == "born":
        themes.append(_theme(draw, night, world.nights))
        event = Event(night, kind, number)
    elif kind == "died":
        theme = int(draw.choice(free))
        themes[theme] = replace(themes[theme], end=night)
        event = Event(night, kind, theme)
    elif kind == "merged":
        one, other = (int(t) for t in draw.choice(free, 2, replace=False))
        gone, kept = (one, other) if themes[one].stories <= themes[other].stories else (other, one)
        themes[gone] = replace(themes[gone], end=night, joins=kept)
        themes[kept] = replace(themes[kept], stories=min(themes[kept].stories + themes[gone].stories, PER_NIGHT[1]))
        event = Event(night, kind, gone, kept)
    else:
        other = max((int(t) for t in draw.permutation(free)[:3]), key=lambda t: themes[t].stories)  # one that has enough for two
        part = float(draw.uniform(0.3, 0.5))
        new = replace(_theme(draw, night, world.nights), stories=max(themes[other].stories * part, PER_NIGHT[0]), leaves=other)
        # The two keep some of their words in common, as the halves of a story do
        themes.append(replace(new, words=themes[other].words[:3] + new.words[3:]))
        themes[other] = replace(themes[other], stories=max(themes[other].stories * (1 - part), PER_NIGHT[0]))
        event = Event(night, kind, number, other)
    return replace(world, themes=tuple(themes), events=(*world.events, event))


def _theme(draw: np.random.Generator, first: int, end: int) -> TrueTheme:
    one, two = _random_unit(draw), _random_unit(draw)
    plane = np.stack([one, unit(two - (two @ one) * one)])
    words = tuple("".join(draw.choice(_SYLLABLES, int(draw.integers(2, 5)))) for _ in range(10))
    return TrueTheme(plane, float(np.exp(draw.uniform(np.log(5), np.log(26)))), words, first, end)


def _story(draw: np.random.Generator, theme: int, words: Sequence[str], vector: Vectors) -> Story:
    """One sentence, as a passage is, of words in random order and a number: no two stories are copies."""
    said = [str(w) for w in draw.permutation(list(words))[:6]]
    plain, verb, number = draw.choice(_PLAIN, 3), draw.choice(_VERBS), int(draw.integers(10**9))
    title = f"{said[0]} {said[1]} {verb} {plain[0]} {number}"
    text = f"The {said[0]} {said[2]} {plain[1]} {verb} what {said[1]} and {said[3]} said of {said[4]} {said[5]} in {plain[2]} {number}."
    return Story(title, text, theme, vector)


def _near(centroid: Vectors, draw: np.random.Generator) -> Vectors:
    cosine, noise = draw.uniform(*COSINE), _random_unit(draw)
    sideways = unit(noise - (noise @ centroid) * centroid)
    return unit((cosine * centroid + math.sqrt(1 - cosine**2) * sideways).astype(np.float32))


def _between(one: Vectors, other: Vectors, part: float) -> Vectors:
    """The direction that far on the great circle from one to the other, 0..1."""
    angle = math.acos(float(np.clip(one @ other, -1, 1)))
    arc = math.sin((1 - part) * angle) * one + math.sin(part * angle) * other
    return unit(arc.astype(np.float32))  # its length does not matter


def _random_unit(draw: np.random.Generator) -> Vectors:
    return unit(draw.normal(size=DIMENSIONS).astype(np.float32))
