"""Stories: articles' texts and titles come in, and the story each belongs to, the group of its copies and rewrites, goes out."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
from datasketch import MinHash

from tracker.extract.headlines import Headlines
from tracker.settings import ExtractSettings

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PERMUTATIONS = 256  # standard error of the estimate at 0.2: 0.025
_SEED = 1  # signatures of different nights must be comparable: never change it
_SHINGLE_WORDS = 2  # a heavy rewrite (a third of the words) leaves under half of all pairs of words, and hardly any run of five
_FEWEST_WORDS = 12  # of a text at all: one sentence
_SHORT_WORDS = 50  # a text shorter than this is mostly phrases that other texts share: its title belongs to it
_TEASER_WORDS = 100  # two texts longer than this speak for themselves; of a shorter one the title says more
_WORD = re.compile(r"\w+")
_EPOCH = datetime(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Item:
    """One article as grouping sees it. `at` is its publication time or, if unknown, when we first saw it; `words` those of its text."""

    article_id: str
    outlet: str
    at: datetime
    title: str
    words: int
    signature: bytes


@dataclass(frozen=True, slots=True)
class KnownItem:
    """An article whose story was settled in an earlier run."""

    item: Item
    story_id: str


def item(article_id: str, outlet: str, at: datetime, title: str, text: str) -> Item:
    """An article that nobody has grouped yet."""
    return Item(article_id, outlet, at, title, len(text.split()), signature(title, text))


def signature(title: str, text: str) -> bytes:
    """MinHash of the text's pairs of neighbouring words, 256 values of 16 bits: 512 bytes, equal on every machine."""
    words = _WORD.findall(text.casefold())
    if len(words) < _SHORT_WORDS:
        words = _WORD.findall(title.casefold()) + words
    count = max(1, len(words) - _SHINGLE_WORDS + 1)
    sketch = MinHash(num_perm=_PERMUTATIONS, seed=_SEED, scheme="affine32")
    sketch.update_batch([" ".join(words[i : i + _SHINGLE_WORDS]).encode() for i in range(count)])
    # the low bits are as good: two values that differ agree in them once in 65,536 (b-bit minwise hashing, Li and König 2010)
    return (np.asarray(sketch.hashvalues) & 0xFFFF).astype("<u2").tobytes()


def join(new_items: Iterable[Item], known_items: Iterable[KnownItem], limits: ExtractSettings) -> dict[str, str]:
    """article_id -> story_id for the new articles; the order of the input does not matter. A new story is named after its first article.

    In order of time, each article joins the story of the article most like it, known or just joined, as long as that story's first and
    last article then lie at most `limits.story_days` apart: so a story cannot grow from day to day into something else. Known stories
    keep their id, also when an earlier copy turns up, and are never merged. `known_items` should reach three times `story_days` before and
    after the new articles: so far back lie the titles that tell whether that of a possible copy recurs.
    """
    settled = list(known_items)
    known = {k.item.article_id: k.story_id for k in settled}
    items = sorted([*(k.item for k in settled), *new_items], key=lambda i: (i.at, i.article_id))
    evidence = _Evidence(items, limits)
    stories: list[str | None] = [known.get(i.article_id) for i in items]
    spans: dict[str, tuple[datetime, datetime]] = {}
    for one, story in zip(items, stories, strict=True):
        if story is not None:
            spans[story] = _with(spans.get(story), one.at)
    longest = timedelta(days=limits.story_days)
    for place, one in enumerate(items):
        if stories[place] is not None:
            continue
        best: tuple[float, datetime, str] | None = None
        for other, strength in evidence.for_one(place).items():
            story = stories[other]
            if story is None:
                continue
            first, last = _with(spans[story], one.at)
            if last - first <= longest:
                choice = (-strength, spans[story][0], story)
                best = choice if best is None else min(best, choice)
        story = best[2] if best else one.article_id
        stories[place] = story
        spans[story] = _with(spans.get(story), one.at)
    return {one.article_id: story for one, story in zip(items, stories, strict=True) if story and one.article_id not in known}


class _Evidence:
    """How strongly articles, in order of time, look like copies or rewrites of each other."""

    def __init__(self, items: list[Item], limits: ExtractSettings) -> None:
        self._limits = limits
        self._items = items
        self._days = np.array([(i.at - _EPOCH) / timedelta(days=1) for i in items])
        joined = b"".join(i.signature for i in items)
        self._signatures: NDArray[np.uint16] = np.frombuffer(joined, "<u2").reshape(len(items), _PERMUTATIONS)
        memory = 2.0 * limits.story_days  # a weekly's title comes back within it
        self._titles = Headlines([i.title for i in items], [i.outlet for i in items], self._days.tolist(), memory)

    def for_one(self, place: int) -> dict[int, float]:
        """Place of another article within reach -> strength of the evidence, 0..1: the overlap of texts or of titles."""
        reach = float(self._limits.story_days)
        first = int(np.searchsorted(self._days, self._days[place] - reach))
        last = int(np.searchsorted(self._days, self._days[place] + reach, side="right"))
        alike = (self._signatures[first:last] == self._signatures[place]).mean(axis=1)  # estimates the Jaccard similarity of the pairs of words
        found: dict[int, float] = {}
        for other in (np.flatnonzero(alike >= self._limits.rewrite_similarity) + first).tolist():
            strength = float(alike[other - first])
            if other != place and self._text_tells(place, other, strength):
                found[other] = strength
        for other, overlap in self._titles.alike(place, first, last, self._limits.title_overlap).items():
            if min(self._items[place].words, self._items[other].words) < _TEASER_WORDS:
                found[other] = max(overlap, found.get(other, 0.0))
        return found

    def _text_tells(self, place: int, other: int, strength: float) -> bool:
        """Whether so similar texts are one. Those of one outlet, or short ones, share furniture: then more is asked."""
        one, two = self._items[place], self._items[other]
        shorter = min(one.words, two.words)
        if one.outlet != two.outlet:
            return shorter >= _SHORT_WORDS or (shorter >= _FEWEST_WORDS and strength >= self._limits.update_similarity)
        is_teaser_of_a_series = shorter < _SHORT_WORDS and self._titles.recurs(place, place)
        is_one_title = self._titles.overlap(place, other) >= self._limits.title_overlap
        return strength >= self._limits.update_similarity and is_one_title and not is_teaser_of_a_series


def _with(span: tuple[datetime, datetime] | None, at: datetime) -> tuple[datetime, datetime]:
    return (min(span[0], at), max(span[1], at)) if span else (at, at)
