"""Passages: an article's text comes in, pieces of one to three sentences, each an exact substring of it, go out."""

import re
from collections.abc import Iterator
from itertools import pairwise

from tracker.records import Passage

_SENTENCES_AT_MOST = 3
_MIN_WORDS = 4  # 'Read on.' bears on no claim

# A possible end: final punctuation with its closing quotes and brackets, then space; or CJK punctuation, which needs no space.
_END = re.compile(r"[.!?\u2026]+[\"'\u201d\u2019\u00bb)\]]*(?=\s)|[\u3002\uff01\uff1f]+[\u300d\u300f\u201d\uff09]*")
_OPENS = re.compile(r"\s*[\"'\u201c\u2018\u00ab(\[\u2014-]*(.)", re.DOTALL)
_LAST_WORD = re.compile(r"([^\s(\[\"'\u201c\u2018]+?)\.$")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TITLES = _words(
    "adm atty brig capt cmdr col cpl det dr drs fr gen gov hon insp lt maj messrs mlle mme mr mrs ms mx pres prof"
    " pvt rep reps rev sen sens sgt sr st supt vs v"
)
# Before a number, a part of a name: 'No. 5', 'Sept. 3', 'fig. 2'.
_BEFORE_NUMBER = _words("no nos art ch fig figs vol pp p sec para jan feb mar apr jun jul aug sep sept oct nov dec approx ca est")
_MID_SENTENCE = _words("e.g i.e cf etc viz al a.k.a approx inc corp co ltd llc dept univ assn bros mt ft")
_INITIALS = re.compile(r"(?:[A-Za-z]\.)*[A-Za-z]", re.ASCII)
# A country, a degree or a time of day also ends sentences; these words then show that a new one starts.
_STARTERS = _words(
    "the a an this that these those he she it they we i you but and or in on at as for if when while after before"
    " his her its their our my there what who why how so yet still however meanwhile"
)


def split(article_id: str, text: str, passage_chars: int) -> tuple[Passage, ...]:
    """Group up to three neighbouring sentences of one paragraph (one line) while they fit into `passage_chars`.

    A longer sentence stays whole and alone. Passages of fewer than four words are left out. Positions count from 0.
    """
    spans = [span for paragraph in _paragraphs(text) for span in _grouped(_sentences(text, *paragraph), passage_chars)]
    pieces = (text[start:end] for start, end in spans)
    return tuple(Passage(article_id, i, piece) for i, piece in enumerate(p for p in pieces if len(p.split()) >= _MIN_WORDS))


def sentences(text: str) -> tuple[str, ...]:
    """The sentences of a text, each an exact substring without outer white space."""
    return tuple(text[start:end] for paragraph in _paragraphs(text) for start, end in _sentences(text, *paragraph))


def _paragraphs(text: str) -> Iterator[tuple[int, int]]:
    for line in re.finditer(r"[^\r\n\u2028\u2029]+", text):
        yield from _trimmed(text, line.start(), line.end())


def _sentences(text: str, start: int, end: int) -> list[tuple[int, int]]:
    ends = [match.end() for match in _END.finditer(text, start, end) if _is_boundary(text, start, match, end)]
    return [span for a, b in pairwise((start, *ends, end)) for span in _trimmed(text, a, b)]


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    piece = text[start:end]
    if piece.strip():
        yield start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())


def _is_boundary(text: str, start: int, match: re.Match[str], end: int) -> bool:
    """Whether the punctuation ends a sentence, judged by the word before it and the letter after it."""
    following = _OPENS.match(text, match.end(), end)
    if following is None or match.group()[0] in "\u3002\uff01\uff1f":
        return True
    opener = following.group(1)
    if opener.islower():  # 'Yahoo! is', '"Why?" she asked', 'approx. ten'
        return False
    before = _LAST_WORD.search(text[start : match.end()])
    if before is None:  # ends with '!', '?', an ellipsis or a closing quote
        return True
    word = before.group(1)
    plain = word.lower()
    if plain in _TITLES or (plain in _BEFORE_NUMBER and opener.isdigit()):
        return False
    if plain in _MID_SENTENCE or _INITIALS.fullmatch(word):
        next_word = re.match(r"\w+", text[following.start(1) : end])
        is_new = next_word is not None and next_word.group().lower() in _STARTERS
        # 'John F. Kennedy', 'J. Smith' go on; 'in the U.S. The' does not; 'Vitamin C. It' neither.
        return is_new and not plain.startswith(("e.g", "i.e"))
    return True


def _grouped(spans: list[tuple[int, int]], passage_chars: int) -> Iterator[tuple[int, int]]:
    group: list[tuple[int, int]] = []
    for span in spans:
        if group and (len(group) == _SENTENCES_AT_MOST or span[1] - group[0][0] > passage_chars):
            yield group[0][0], group[-1][1]
            group = []
        group.append(span)
    if group:
        yield group[0][0], group[-1][1]
