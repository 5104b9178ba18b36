"""A cluster gets a name and a provisional claim, both taken from its own texts: no language model needed."""

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np

from tracker.themes.embed import Vectors

_WORD = re.compile(r"[\w'’+-]+(?:\.\w+)*")
_NAME_TERMS = 2  # two phrases tell themes apart; three no longer read as a name
_NOT_A_NAME = frozenset(
    "new says said say year years week today things thing report reports company companies use used using make makes best get gets "
    "million billion percent plans plan week's first one two three day days way time people world daily email readers free".split()
)


def name(terms: Sequence[str], titles: Sequence[str], taken: Sequence[str] = ()) -> str:
    """A short noun phrase from a cluster's terms, in the spelling the titles use most, different from the names in `taken`.

    Phrases of two or three words that titles really contain come before single words; a phrase that repeats words of a chosen one is passed over.
    """
    lowered = [" ".join(w.lower() for w in _WORD.findall(title)) for title in titles]
    counted = {term: sum(f" {term} " in f" {title} " for title in lowered) for term in terms}
    useful = [t for t in terms if not (set(t.split()) & _NOT_A_NAME)]

    def weight(term: str) -> float:
        rank = terms.index(term)
        return (counted[term] + 0.5) * (1.6 if 1 < len(term.split()) < 4 else 1.0) / (1 + rank / 10)

    chosen: list[str] = []
    for term in sorted(useful, key=lambda t: (-weight(t), t)):
        words = {_stem(w) for w in term.split()}
        if len(words) < len(term.split()) or any(words & {_stem(w) for w in c.split()} for c in chosen):
            continue
        chosen.append(term)
        candidate = _phrase(chosen, titles)
        if len(chosen) >= _NAME_TERMS and candidate.lower() not in {t.lower() for t in taken}:
            return candidate
    fallback = _phrase(chosen or list(terms[:1]) or ["unnamed"], titles)
    number = 2
    unique = fallback
    while unique.lower() in {t.lower() for t in taken}:
        unique, number = f"{fallback} ({number})", number + 1
    return unique


def slug(text: str, taken: Sequence[str] = ()) -> str:
    """A readable id from a name, unlike those in `taken`."""
    stem = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:60] or "theme"
    unique, number = stem, 2
    while unique in taken:
        unique, number = f"{stem}-{number}", number + 1
    return unique


def provisional_claim(passages: Sequence[str], vectors: Vectors, centroid: Vectors) -> int | None:
    """Position of the passage that can stand as the theme's claim: assertive, one sentence, and nearest to the centroid; None if there is none.

    `vectors` has one unit row per passage.
    """
    nearness = vectors @ centroid if len(passages) else np.zeros(0)
    for position in np.argsort(-nearness, kind="stable"):
        if is_assertive(passages[position]):
            return int(position)
    return None


_VERB = re.compile(
    r"\b(is|are|was|were|will|would|can|could|may|must|should|has|have|had|does|do|did|remains?|shows?|makes?|needs?|means?|says?|\w{3,}(?:ed|es))\b"
)
_PERSONAL = re.compile(r"\b(I|I'm|you|your|we|our|us|my|click|subscribe|sign up|read more|newsletter)\b", re.IGNORECASE)
_DANGLING = re.compile(
    r"^(It|This|That|These|Those|They|He|She|But|And|Or|So|Then|However|Meanwhile|Still|Yet|Also|Here|There|Such|Both|According|[\"“”'‘(\[–—-])"
)


def is_assertive(passage: str) -> bool:
    """Whether a passage is one declarative sentence that can be read alone: 8 to 40 words, no question, no address to the reader, no dangling 'it'."""
    text = passage.strip()
    words = text.split()
    ends = len(re.findall(r"[.!?][\"”')]*(?=\s+[A-Z\"“]|$)", text))
    return (
        8 <= len(words) <= 40
        and text.endswith(".")
        and ends == 1
        and "?" not in text
        and not _DANGLING.match(text)
        and not _PERSONAL.search(text)
        and bool(_VERB.search(text))
    )


def _stem(word: str) -> str:
    return word[:-1] if word.endswith("s") and len(word) > 3 else word


def _phrase(terms: Sequence[str], titles: Sequence[str]) -> str:
    spelled = ", ".join(_as_written(term, titles) for term in terms[:_NAME_TERMS])
    return spelled[:1].upper() + spelled[1:]


def _as_written(term: str, titles: Sequence[str]) -> str:
    """The spelling of a term that titles use most inside a sentence, so that names keep their capitals and common words lose theirs."""
    pattern = re.compile(r"(?<!\w)" + r"[\s-]".join(re.escape(w) for w in term.split()) + r"(?!\w)", re.IGNORECASE)
    found = Counter(match.group(0) for title in titles for match in pattern.finditer(title) if match.start() > 0)
    if not found:
        return term
    return min(found, key=lambda spelling: (-found[spelling], spelling))
