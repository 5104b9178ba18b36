"""Stories: articles' texts come in, and the story each belongs to, the group of its copies and rewrites, goes out."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from datasketch import MinHash

_PERMUTATIONS = 128  # standard error of the estimate at 0.6: 0.04
_SEED = 1  # signatures of different nights must be comparable: never change it
_SHINGLE_WORDS = 5
_SHORT_WORDS = 50  # a text shorter than this is mostly phrases that other texts share: its title belongs to it
_BAND_BYTES = (
    16  # 32 bands of 4 values: finds a pair at Jaccard 0.6 with probability 0.99, at 0.7 with 0.9998; the estimate then decides
)
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Item:
    """One article as grouping sees it. `at` is its publication time or, if unknown, when we first saw it."""

    article_id: str
    at: datetime
    signature: bytes


@dataclass(frozen=True, slots=True)
class KnownItem:
    """An article whose story was settled in an earlier run; `first_at` is the time of the story's first article."""

    item: Item
    story_id: str
    first_at: datetime


def signature(title: str, text: str) -> bytes:
    """MinHash of the text's 5-word shingles as 512 bytes, equal on every machine."""
    words = _WORD.findall(text.casefold())
    if len(words) < _SHORT_WORDS:
        words = _WORD.findall(title.casefold()) + words
    count = max(1, len(words) - _SHINGLE_WORDS + 1)
    sketch = MinHash(num_perm=_PERMUTATIONS, seed=_SEED, scheme="affine32")
    sketch.update_batch([" ".join(words[i : i + _SHINGLE_WORDS]).encode() for i in range(count)])
    return np.asarray(sketch.hashvalues).astype("<u4").tobytes()


def similarity(a: bytes, b: bytes) -> float:
    """Estimated Jaccard similarity of two texts' shingles, 0..1."""
    return float(np.mean(np.frombuffer(a, "<u4") == np.frombuffer(b, "<u4")))


def group(items: Iterable[Item], threshold: float, days: int) -> dict[str, str]:
    """article_id -> story_id for articles that are all new; a story is named after its first article."""
    return join(items, (), threshold, days)


def join(new_items: Iterable[Item], known_items: Iterable[KnownItem], threshold: float, days: int) -> dict[str, str]:
    """article_id -> story_id for the new articles; known stories keep their id, and the order of the input does not matter.

    In order of time, each article joins the story of the most similar earlier article, if the similarity reaches `threshold` and
    it lies within `days` of that story's *first* article; so a story cannot grow from day to day into something else.
    """
    buckets: dict[tuple[int, bytes], list[KnownItem]] = defaultdict(list)
    for known in sorted(known_items, key=lambda k: (k.item.at, k.item.article_id)):
        _place(known, buckets)
    stories = {}
    for item in sorted(new_items, key=lambda i: (i.at, i.article_id)):
        near = {other.item.article_id: other for band in _bands(item.signature) for other in buckets.get(band, ())}
        matches = [
            (-score, other.first_at, other.story_id)
            for other in near.values()
            if abs(item.at - other.first_at) <= timedelta(days=days)
            and (score := similarity(item.signature, other.item.signature)) >= threshold
        ]
        _, first_at, story_id = min(matches, default=(0.0, item.at, item.article_id))
        _place(KnownItem(item, story_id, first_at), buckets)
        stories[item.article_id] = story_id
    return stories


def _bands(signature: bytes) -> Iterator[tuple[int, bytes]]:
    """Locality-sensitive hashing: similar texts share at least one of these with high probability."""
    for start in range(0, len(signature), _BAND_BYTES):
        yield start, signature[start : start + _BAND_BYTES]


def _place(known: KnownItem, buckets: dict[tuple[int, bytes], list[KnownItem]]) -> None:
    for band in _bands(known.item.signature):
        buckets[band].append(known)
