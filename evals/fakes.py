"""Texts come in; vectors and stances made from their words alone go out: honest stand-ins where the models' quality is not asked."""

import re
import zlib
from collections.abc import Sequence

import numpy as np

from tracker.records import Stance
from tracker.themes.embed import DIMENSIONS, Progress, Vectors, unit

_WORD = re.compile(r"[a-z]+(?:'t)?")
_STOP_LETTERS = 3  # words as short as these are mostly grammar
_SHARED_WORDS = 3  # a passage with so many of the claim's words is about it
_NOISE = 0.9  # beside a planted name's 1: a passage's cosine to its subject is then 0.74, as MiniLM's is in a clear case
_SURE = 0.85  # probability of the answer given; the three others share the rest
_DENIALS = frozenset("no not never cannot can't won't isn't doesn't don't hardly nor neither without wrong fails failed".split())
_DOUBTS = frozenset("whether may might perhaps unclear undecided".split())


class FakeEncoder:
    """Bag of words: each word has a fixed place among the 384, so texts with the same words have the same vector."""

    name = "fake-bag-of-words@1"

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """One unit row per text: shape (len(texts), 384)."""
        rows = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in _content(text):
                row[zlib.crc32(word.encode()) % DIMENSIONS] += 1
        if progress:
            progress(len(texts), len(texts))
        return unit(rows)


class FakeJudge:
    """Words in common say whether a text bears on a claim, denials that it opposes it, doubts that it is neutral."""

    name = "fake-word-overlap@1"

    def knows(self, claim: str) -> bool:  # noqa: ARG002  # as the protocol has it
        """It was trained on nothing."""
        return False

    def judge(self, pairs: Sequence[tuple[str, str]]) -> list[Stance]:
        """One stance for each (text, claim); the same pair always gets the same answer."""
        return [_stance(text, claim) for text, claim in pairs]


def _stance(text: str, claim: str) -> Stance:
    words, rest = set(_WORD.findall(text.lower())), (1 - _SURE) / 3
    if len(set(_content(claim)) & words) < _SHARED_WORDS:
        return Stance(rest, rest, rest, _SURE)
    if words & _DOUBTS:
        return Stance(rest, rest, _SURE, rest)
    denied = bool(words & _DENIALS) != bool(set(_WORD.findall(claim.lower())) & _DENIALS)
    return Stance(rest, _SURE, rest, rest) if denied else Stance(_SURE, rest, rest, rest)


def _content(text: str) -> list[str]:
    return [word for word in _WORD.findall(text.lower()) if len(word) > _STOP_LETTERS]


class PlantedEncoder:
    """Knows the planted names: a text points where the names in it do, with noise of its own; without a name, anywhere."""

    name = "fake-planted-names@1"

    def __init__(self, names: Sequence[str]) -> None:
        """`names` of all planted subjects."""
        self._directions = {name.lower(): _direction(name) for name in names}
        self._named = re.compile("|".join(map(re.escape, self._directions)))

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """One unit row per text: shape (len(texts), 384)."""
        rows = [self._encoded(text) for text in texts]
        if progress:
            progress(len(texts), len(texts))
        return unit(np.array(rows, dtype=np.float32).reshape(len(texts), DIMENSIONS))

    def _encoded(self, text: str) -> Vectors:
        named = [self._directions[name] for name in sorted(set(self._named.findall(text.lower())))]
        row: Vectors = np.sum([_NOISE * _direction(text), *named], axis=0)
        return row


class PlantedJudge:
    """Knows the planted words: a text that names what the claim names bears on it, on the side that its planted words take."""

    name = "fake-planted-words@1"

    def __init__(self, names: Sequence[str], pro: Sequence[str], con: Sequence[str]) -> None:
        """`names` of all planted subjects, and the words that take the one side and the other."""
        self._named = re.compile("|".join(re.escape(name.lower()) for name in names))
        self._pro, self._con = frozenset(pro), frozenset(con)

    def knows(self, claim: str) -> bool:  # noqa: ARG002  # as the protocol has it
        """It was trained on nothing."""
        return False

    def judge(self, pairs: Sequence[tuple[str, str]]) -> list[Stance]:
        """One stance for each (text, claim); the same pair always gets the same answer."""
        return [self._stance(text, claim) for text, claim in pairs]

    def _stance(self, text: str, claim: str) -> Stance:
        rest, found = (1 - _SURE) / 3, self._named.search(claim.lower())
        # Another subject's sentence may stand in the same passage
        about = [part for part in text.lower().split(". ") if found and found.group() in part]
        words = {word for part in about for word in _WORD.findall(part)}
        if not about:
            return Stance(rest, rest, rest, _SURE)
        if words & self._pro:
            return Stance(_SURE, rest, rest, rest)
        return Stance(rest, _SURE, rest, rest) if words & self._con else Stance(rest, rest, _SURE, rest)


def _direction(text: str) -> Vectors:
    """A unit row that is always the same for a text, and nearly orthogonal to every other's."""
    return unit(np.random.default_rng(zlib.crc32(text.encode())).normal(size=DIMENSIONS).astype(np.float32))
