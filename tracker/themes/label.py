"""A cluster gets a name and a provisional claim, both taken from its own texts: no language model needed."""

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np

from tracker.themes.embed import Vectors

_WORD = re.compile(r"[\w'’+-]+(?:\.\w+)*")
_TOO_GENERAL_ALONE = frozenset("ai model models system systems data tool tools app apps user users".split())  # in technology news
_NAME_TERMS = 2  # two phrases tell themes apart; three no longer read as a name
_NOT_A_NAME = frozenset(
    "new says said say year years week today things thing report reports company companies use used using make makes best get gets "
    "million billion percent plans plan week's first one two three day days way time people world daily email readers free".split()
)


def name(terms: Sequence[str], texts: Sequence[str], taken: Sequence[str] = ()) -> str:
    """A short noun phrase from a cluster's terms, in the spelling its texts use most, different from the names in `taken`.

    A good term is typical (early in `terms`), said by many of the texts, and more than one word; a second one adds what the first leaves out.
    """
    lowered = [" " + " ".join(w.lower() for w in _WORD.findall(text)) + " " for text in texts]
    said = {term: sum(f" {term} " in text for text in lowered) / max(len(lowered), 1) for term in terms}

    def weight(term: str) -> float:
        return said[term] * (1.5 if " " in term else 1.0) / (1 + terms.index(term) / len(terms))

    useful = [t for t in terms if not (set(t.split()) & _NOT_A_NAME) and t not in _TOO_GENERAL_ALONE] or list(terms)
    chosen: list[str] = []
    for term in sorted(useful, key=lambda t: (-weight(t), t)):
        words = {_stem(w) for w in term.split()}
        if len(words) < len(term.split()) or any(words & {_stem(w) for w in c.split()} for c in chosen):
            continue
        chosen.append(term)
        if len(chosen) >= _NAME_TERMS and _phrase(chosen, texts).lower() not in {t.lower() for t in taken}:
            break
    found = _phrase(chosen or ["unnamed"], texts)
    unique, number = found, 2
    while unique.lower() in {t.lower() for t in taken}:
        unique, number = f"{found} ({number})", number + 1
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
# Does not stand alone: an opening quote or dash, a dateline, a pronoun, a connective
_DANGLING = re.compile(
    r"^(?:\W|[A-Z]{4,},? |(?:It|This|That|These|Those|They|He|She|But|And|Or|So|Then|However|Meanwhile|Still|Yet|Also|Here|There|Such|Both"
    r"|According)\b)"
)


def is_assertive(passage: str) -> bool:
    """Whether a passage is one declarative sentence that can be read alone: 8 to 40 words, no question, no 'you', no dangling 'it'."""
    text = passage.strip()
    words = text.split()
    ends = len(re.findall(r"[.!?][\"”')]*(?=\s+[A-Z\"“]|$)", text))
    return (
        8 <= len(words) <= 40
        and text.endswith(".")
        and ends == 1
        and "?" not in text
        and "|" not in text  # a row of a table, or of links
        and not _DANGLING.match(text)
        and not _PERSONAL.search(text)
        and bool(_VERB.search(text))
    )


def _stem(word: str) -> str:
    return word[:-1] if word.endswith("s") and len(word) > 3 else word


def _phrase(terms: Sequence[str], texts: Sequence[str]) -> str:
    # the first and the newest: when a name is taken, the next term makes the difference
    spelled = ", ".join(_as_written(term, texts) for term in dict.fromkeys((terms[0], terms[-1])))
    return spelled[:1].upper() + spelled[1:] if spelled.split(" ", 1)[0].strip(",").islower() else spelled  # not 'IPhone'


def _as_written(term: str, texts: Sequence[str]) -> str:
    """The spelling that texts use most inside a sentence, so that names keep their capitals and common words lose theirs."""
    pattern = re.compile(r"(?<=[a-z,;] )" + r"[\s-]".join(re.escape(w) for w in term.split()) + r"(?!\w)", re.IGNORECASE)
    found = Counter(match.group(0) for text in texts for match in pattern.finditer(text))
    if not found:
        return term
    return min(found, key=lambda spelling: (-found[spelling], spelling))
