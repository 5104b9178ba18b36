"""A cluster gets a name and a provisional claim, both taken from its own texts: no language model needed."""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Sequence

import numpy as np

from tracker.themes.embed import Vectors
from tracker.themes.phrases import TITLES_AT_LEAST, TOO_GENERAL_ALONE, Phrases, singular

# What a phrase must have to name a cluster
_TITLES_SHARE = 0.1  # of the stories that say it: the part whose headline does
_SHARE_AT_LEAST = 0.03  # of the cluster's stories: less is a detail
_WEAK = 0.40  # of the members: a single noun that fewer say ("frozen", "twice") names no subject
_BITS_AT_LEAST = 1.0  # log2 of how many times likelier it is in the cluster than outside: one is twice as likely
# score = share of the cluster to the power, times bits, times the weight of its form
_SHARE_POWER = 0.75  # under 1: a rarer phrase may win if it is more typical
_FORM = {"several words": 1.3, "name": 1.0, "common noun": 0.6}  # "AI chips" before "Nvidia" before "chips", other things equal
_CANDIDATES = 40  # the best; below them nothing is worth being a name
# A phrase is a piece of a longer one if that has this part of its stories
_PIECE = 0.6
_PIECE_COMMON = 0.25  # of a common noun: "smart glasses" says more than "glasses"
# A second phrase must add this part of the first one's score, and the more the more stories the first covers: share 0 and 1
_SECOND_AT_LEAST = (0.3, 0.7)
_PRECISE = 0.5  # of the stories that say a phrase, this part is in the cluster: else many clusters could have its name
_ROOT = 4  # letters that two words share if they are of one family: robots and robotics, kills and killing


def name(terms: Sequence[str], members: Collection[int], said: Phrases, taken: Sequence[str] = ()) -> str:
    """A short noun phrase for a cluster, or two with "and" between them, in the spelling its texts use; unlike the names in `taken`.

    `members` are positions in `said`, which holds the phrases of the cluster's and of all other stories. A good phrase is said by many of the
    members, in headlines too, and by few others. A second one adds stories that the first leaves out, or tells the cluster from others that
    the first could name as well. `terms`, most typical first, are used when no phrase is good enough; where all there is are single nouns that
    few members say, those of several words come first.
    """
    options = list(_options(_candidates(members, said), members, said))
    shown = [_sentence_case(" and ".join(said.spelled[phrase] for phrase in option)) for option in options]
    if options and all(_form(phrase, said) == "common noun" and _said_by(phrase, members, said) < _WEAK for phrase in options[0]):
        shown = [_sentence_case(" ".join(said.spelled.get(word, word) for word in term.split())) for term in terms if " " in term] + shown
    shown += [_sentence_case(term) for term in terms if term not in TOO_GENERAL_ALONE]
    used = {content_words(one) for one in taken}
    for one in shown:
        if content_words(one) not in used:
            return one
    stem, number = next(iter(shown), "Unnamed"), 1
    while content_words(unique := stem if number == 1 else f"{stem} ({number})") in used:
        number += 1
    return unique


def content_words(text: str) -> frozenset[str]:
    """The words by which two names are told apart."""
    return frozenset(singular(word) for word in re.findall(r"[\w.+-]+", text.lower())) - {"and"}


# Latin letters that Unicode takes for one piece, so that no accent comes off
_WHOLE = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th"})


def slug(text: str, taken: Sequence[str] = ()) -> str:
    """A readable id from a name, its Latin letters without their accents; unlike those in `taken`."""
    spelled = unicodedata.normalize("NFKD", text.casefold()).translate(_WHOLE)
    plain = "".join(letter for letter in spelled if not unicodedata.combining(letter))
    stem = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60] or "theme"
    unique, number = stem, 2
    while unique in taken:
        unique, number = f"{stem}-{number}", number + 1
    return unique


def provisional_claim(passages: Sequence[str], vectors: Vectors, centroid: Vectors, named: str = "") -> int | None:
    """Position of the passage that can stand as the theme's claim; None if there is none.

    It is assertive, says a word of the theme's name if any such passage does, and is of these the nearest to the centroid.
    `vectors` has one unit row per passage.
    """
    nearness = vectors @ centroid if len(passages) else np.zeros(0)
    able = [int(position) for position in np.argsort(-nearness, kind="stable") if is_assertive(passages[position])]
    words = content_words(named)
    return next((position for position in able if words & content_words(passages[position])), able[0] if able else None)


_VERB = re.compile(
    r"\b(is|are|was|were|will|would|can|could|may|must|should|has|have|had|does|do|did|remains?|shows?|makes?|needs?|means?|says?|\w{3,}(?:ed|es))\b"
)
_PERSONAL = re.compile(r"\b(I|I'm|you|your|we|our|us|my|click|subscribe|sign up|read more|newsletter)\b", re.IGNORECASE)
# "The deal", with nothing before that says which
_OF_BEFORE = "announcement|app|campaign|company|deal|feature|firm|latest|launch|model|move|news|project|report|startup|study|team|tool|update"
# Does not stand alone: an opening quote or dash, a dateline, a pronoun, a connective, a thing named before
_DANGLING = re.compile(
    r"^(?:\W|[A-Z]{4,},? |(?:It|Its|This|That|These|Those|They|Their|He|His|She|Her|But|And|Or|So|Then|However|Meanwhile|Still|Yet|Also|Here"
    r"|There|Such|Both|According|Since then|After that|The (?:" + _OF_BEFORE + r"))\b)"
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


def _candidates(members: Collection[int], said: Phrases) -> dict[str, float]:
    """The phrases that could name a cluster with their scores, best first; pieces of longer ones left out."""
    size, others = len(members), len(said.of_title) - len(members)
    in_title = Counter(phrase for i in members for phrase in said.of_title[i])
    found = Counter(phrase for i in members for phrase in said.of_title[i] | said.of_lead[i])
    scores = {}
    for phrase, stories in found.items():
        titles_at_least = max(TITLES_AT_LEAST, _TITLES_SHARE * stories)
        if stories < _SHARE_AT_LEAST * size or in_title[phrase] < titles_at_least or phrase in TOO_GENERAL_ALONE:
            continue
        # half a story is added to both counts, so that a phrase never said elsewhere has a finite weight
        bits = math.log2((stories + 0.5) / (size + 1) * (others + 1) / (said.texts[phrase] - stories + 0.5))
        if bits > _BITS_AT_LEAST:
            scores[phrase] = (stories / size) ** _SHARE_POWER * bits * _FORM[_form(phrase, said)]
    best = sorted(scores, key=lambda phrase: (-scores[phrase], phrase))[:_CANDIDATES]

    def is_piece(phrase: str) -> bool:
        enough = found[phrase] * (_PIECE_COMMON if _form(phrase, said) == "common noun" else _PIECE)
        return any(phrase != longer and f" {phrase} " in f" {longer} " and found[longer] >= enough for longer in best)

    return {phrase: scores[phrase] for phrase in best if not is_piece(phrase)}


def _said_by(phrase: str, members: Collection[int], said: Phrases) -> float:
    """Share of the members that say a phrase, 0..1."""
    return sum(phrase in said.of_title[i] or phrase in said.of_lead[i] for i in members) / max(len(members), 1)


def _form(phrase: str, said: Phrases) -> str:
    return "several words" if " " in phrase else "name" if phrase in said.names else "common noun"


def _options(scores: dict[str, float], members: Collection[int], said: Phrases) -> Iterable[tuple[str, ...]]:
    """The phrases to show, best choice first: the best one, with a second one if that adds enough; then other pairs; then each alone."""
    if not scores:
        return
    saying = {phrase: {i for i in members if phrase in said.of_title[i] or phrase in said.of_lead[i]} for phrase in scores}
    first = next(iter(scores))
    is_precise = len(saying[first]) >= _PRECISE * said.texts[first]

    def gain(phrase: str) -> float:
        left_out = saying[phrase] - saying[first] if is_precise else saying[phrase]
        return float(scores[phrase] * (len(left_out) / len(saying[phrase])) ** _SHARE_POWER)

    seconds = sorted((p for p in scores if not _same_family(first, p)), key=lambda p: (-gain(p), p))
    pairs = [tuple(sorted((first, second), key=lambda p: (-len(saying[p]), p))) for second in seconds]  # the wider one first
    enough = np.interp(len(saying[first]) / len(members), (0, 1), _SECOND_AT_LEAST) * scores[first]
    if pairs and gain(seconds[0]) >= enough:
        yield pairs[0]
    yield (first,)
    yield from pairs
    yield from ((phrase,) for phrase in scores)


def _same_family(one: str, other: str) -> bool:
    """Whether two phrases share a word, or a word's root, or one is the other's initials."""
    words, others = one.split(), other.split()
    if {word[:_ROOT] for word in words} & {word[:_ROOT] for word in others}:
        return True
    return one == "".join(word[0] for word in others) or other == "".join(word[0] for word in words)


def _sentence_case(text: str) -> str:
    first = text.split(" ", 1)[0]
    return text[:1].upper() + text[1:] if first.islower() else text  # not 'IPhone'
