"""Titles in order of time come in; how much of their distinctive words two of them share goes out."""

import html
import math
import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Sequence

Words = frozenset[str]

# "GPT-4.1" is gpt and 4.1
_WORD = re.compile(r"\d+(?:\.\d+)?|[^\W\d_]+")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3})")
_POSSESSIVE = re.compile(r"['’]s\b")
# Words that series are named with. Grammar needs no list: it is frequent, so it weighs little
_SERIES = frozenset(
    """
    briefing column daily day digest edition episode evening issue letter links live morning news newsletter notes podcast recap review
    roundup today update updates week weekend weekly
    """.split()
)
_FEWEST_SHARED = 3  # two words in common may be a product's name; but a whole title of two, as "Cursor CLI", is one
_ANOTHER_DAY = 0.5  # half a day: a daily's two issues are never nearer, an article listed twice seldom farther


def words(title: str) -> Words:
    """The words of a title, lower case: without those that series are named with."""
    plain = _THOUSANDS.sub("", _POSSESSIVE.sub("", html.unescape(title).casefold()))
    return frozenset(_WORD.findall(plain)) - _SERIES


class Headlines:
    """The titles of a stretch of time, by position (0 is the oldest): which of them share words, weighed by how rare these are.

    A word's weight is log(1 + titles / titles with the word), counted over the `days` before the title that asks. So the answer for two
    titles does not depend on what was published after them, and the name an outlet appends to each of its titles weighs little.
    """

    def __init__(self, titles: Sequence[str], outlets: Sequence[str], days: Sequence[float], memory_days: float) -> None:
        """`days`: when each was published, in days since any moment, ascending."""
        self._words = [words(title) for title in titles]
        self._outlets = outlets
        self._days = days
        self._first = [bisect_left(days, day - memory_days) for day in days]
        self._with_word: dict[str, list[int]] = defaultdict(list)
        self._same: dict[tuple[str, Words], list[int]] = defaultdict(list)
        for position, (outlet, held) in enumerate(zip(outlets, self._words, strict=True)):
            self._same[outlet, held].append(position)
            for word in held:
                self._with_word[word].append(position)

    def alike(self, asking: int, first: int, last: int, least: float) -> dict[int, float]:
        """Position -> overlap, of the titles in [first, last) of other outlets that overlap by `least` or more (0..1).

        The overlap is the weight of the words in both as a part of that of the words in either (a weighted Jaccard index). A title that
        an outlet gives to one article after another says nothing about what is in them, and neither do fewer than three common words, unless
        two are all there are.
        """
        weights = {word: self._weight(word, asking) for word in self._words[asking]}
        return {
            other: overlap
            for other in self._sharing(weights, first, last, least)
            if self._outlets[other] != self._outlets[asking]
            and self._share_enough(asking, other)
            and (overlap := self.overlap(asking, other)) >= least
            and not self.recurs(asking, asking)
            and not self.recurs(other, asking)
        }

    def overlap(self, asking: int, other: int) -> float:
        """The weight of the words in both titles as a part of that of the words in either, 0..1; 1 if neither has any."""
        both, either = self._words[asking] & self._words[other], self._words[asking] | self._words[other]
        total = math.fsum(self._weight(word, asking) for word in either)
        return math.fsum(self._weight(word, asking) for word in both) / total if total else 1.0

    def recurs(self, position: int, asking: int) -> bool:
        """Whether its outlet gave an article of another day, published before the one that asks, the same title."""
        same = self._same[self._outlets[position], self._words[position]]
        places = same[bisect_left(same, self._first[position]) : bisect_right(same, max(position, asking))]
        return any(abs(self._days[place] - self._days[position]) >= _ANOTHER_DAY for place in places)

    def _sharing(self, weights: dict[str, float], first: int, last: int, least: float) -> set[int]:
        """Titles that may overlap enough: without its heaviest words, too little of the title is left to share."""
        found: set[int] = set()
        left = math.fsum(weights.values())
        enough = least * left
        for word in sorted(weights, key=lambda w: (-weights[w], w)):
            if left < enough:
                break
            left -= weights[word]
            places = self._with_word[word]
            found.update(places[bisect_left(places, first) : bisect_left(places, last)])
        return found

    def _share_enough(self, asking: int, other: int) -> bool:
        one, two = self._words[asking], self._words[other]
        return len(one & two) >= _FEWEST_SHARED or (one == two and len(one) == _FEWEST_SHARED - 1)

    def _weight(self, word: str, asking: int) -> float:
        first = self._first[asking]
        return math.log1p((asking + 1 - first) / max(1, self._count(self._with_word.get(word, ()), first, asking)))

    @staticmethod
    def _count(places: Sequence[int], first: int, last: int) -> int:
        return bisect_right(places, last) - bisect_left(places, first)
