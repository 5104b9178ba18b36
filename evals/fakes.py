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
