"""A source of chance comes in; invented news goes out: sentences with planted subjects and stances, titles, and rewrites of them.

What the stand-ins of evals/fakes.py read is planted here: the name of a subject, and one word that says which way a sentence leans.
All other words are drawn at random, so that two texts share five words in a row only if one is made from the other.
"""

from collections.abc import Sequence
from random import Random
from typing import Literal, TypeAlias

Side: TypeAlias = Literal["supports", "opposes", "neutral"]
Paragraphs: TypeAlias = tuple[str, ...]

PRO = ("vindicated", "succeeded", "flourished")
CON = ("disappointed", "faltered", "floundered")
NOUNS = tuple(
    "harbour bridge ferry orchard quarry tram council bakery library museum archive mill reservoir canal depot terminal garden workshop "
    "studio laboratory furnace turbine vessel wagon market hall tower gallery fountain observatory vineyard meadow lighthouse warehouse "
    "foundry brewery stadium theatre chapel college clinic kitchen press signal engine battery cable antenna lens sensor filter valve "
    "ledger contract permit survey census petition budget tariff invoice schedule manual atlas lexicon almanac forecast audit ballot "
    "rehearsal concert festival regatta marathon auction seminar banquet parade inquiry verdict treaty charter merger lease pension "
    "apprentice surveyor carpenter conductor botanist courier architect glazier weaver cooper pilot steward tutor notary cartographer".split()
)
VERBS = tuple(
    "repaired opened delayed measured painted sold bought moved closed reviewed questioned funded designed tested counted sealed mapped "
    "restored leased insured borrowed copied described weighed trimmed cleaned shipped stored printed recorded sorted polished guarded "
    "visited mentioned replaced adjusted extended rented approved audited staffed lit drained fenced paved catalogued rehearsed "
    "postponed inspected assembled numbered framed".split()
)
ADJECTIVES = tuple(
    "quiet narrow wooden northern coastal municipal modest crowded recent heavy bright rusty copper portable seasonal rural ancient "
    "temporary circular electric hollow amber brisk distant eager fragile gentle humid inland joint keen level mild novel oblique patient "
    "remote sturdy tidal upper vacant western annual broad cautious damp elder formal granite".split()
)
ADVERBS = tuple(
    "slowly twice again early late overnight jointly quietly briefly partly openly weekly nearby abroad indoors".split()
)
PREPOSITIONS = tuple("near behind above beside beyond without against across under within".split())
_CLASS_OF = {word: words for words in (NOUNS, VERBS, ADJECTIVES, ADVERBS, PREPOSITIONS) for word in words}
_SYLLABLES = "bar cor del fen gar hol jun kel lor mar nor pel quin ros sel tor ul ven wil yar zan".split()
_ENDS = "by dale ford ham ley mere ric sten ton vik wick".split()
_THINGS = "compact levy corridor protocol index trust grid pledge doctrine standard".split()
_PATTERNS = (
    "The {adj} {noun} {verb} a {adj} {noun} {prep} the {noun} of {name}.",
    "{name} {verb} the {noun} {adv}, and a {adj} {noun} {verb} {number} others.",
    "In {name} the {noun} {verb} the {adj} {noun} {prep} every {noun}.",
    "A {noun} from {name} {verb} {number} of the {adj} boxes {adv} {prep} a {noun}.",
    "Nobody {verb} the {adj} {noun} {prep} {name} before the {noun} {verb} it.",
    "After the {noun}, {name} {verb} one {adj} {noun} and {verb} another {adv}.",
    "Since the {adj} {noun} {verb}, each {noun} {prep} {name} {verb} {number} times.",
    "What the {noun} {verb} {adv} {prep} the {adj} {noun}, {name} {verb} for {number} crowns.",
)
_ON_SUBJECT = (
    "The {subject} {verb} a {adj} {noun} {prep} {name} in {number} days.",
    "{name} {verb} the {noun} {adv} because the {subject} {verb} the {adj} {noun}.",
    "With the {subject}, a {adj} {noun} {verb} the {noun} {prep} {name}.",
)
_SIDED = (
    "The {subject} {side} {adv} when the {adj} {noun} {verb} {name}.",
    "For {name} and the {noun}, the {subject} {side} {prep} a {adj} {noun}.",
    "In the {adj} {noun} the {subject} {side}, as {name} {verb} {adv}.",
)
_HEADLINES = (
    "{name} {verb} the {adj} {noun}{about}",
    "Why the {noun} {verb} {name}{about}",
    "{adj} {noun} {verb} in {name}{about}",
)  # fmt: skip


def subject(draw: Random) -> str:
    """A name like 'Quinmar compact': no text holds its first word by chance."""
    first = "".join(draw.choice(_SYLLABLES) for _ in range(3)).capitalize()
    return f"{first} {draw.choice(_THINGS)}"


def name(draw: Random) -> str:
    """A person or a place, like 'Fengarley'."""
    return "".join(draw.choice(_SYLLABLES) for _ in range(2)).capitalize() + draw.choice(_ENDS)


def headline(draw: Random, names: Sequence[str], subjects: Sequence[str]) -> str:
    """A title that names one of `names` and all of the subjects."""
    about = f" after the {' and the '.join(subjects)}" if subjects else ""
    said = _filled(draw, draw.choice(_HEADLINES), names, about=about)
    return said[0].upper() + said[1:]


def retitled(draw: Random, title: str) -> str:
    """Another desk's title of the same story: half of its plain words are others."""
    return changed(draw, title, 0.5)


def body(draw: Random, names: Sequence[str], planted: Sequence[tuple[str, Side]], paragraphs: int) -> Paragraphs:
    """Some paragraphs of two or three sentences. Each planted subject has two or more of them, most of which take its side."""
    parts = [[sentence(draw, names) for _ in range(draw.randint(2, 3))] for _ in range(paragraphs)]
    for subject_name, side in planted:
        for place, part in enumerate(draw.sample(parts, max(2, len(parts) * 3 // (4 * len(planted))))):
            is_sided = side != "neutral" and place % 3 < 2
            pattern = draw.choice(_SIDED if is_sided else _ON_SUBJECT)
            word = draw.choice(PRO if side == "supports" else CON)
            part.insert(draw.randint(0, len(part)), _filled(draw, pattern, names, subject=subject_name, side=word))
    return tuple(" ".join(part) for part in parts)


def sentence(draw: Random, names: Sequence[str]) -> str:
    """One sentence on no subject."""
    return _filled(draw, draw.choice(_PATTERNS), names)


def rewritten(draw: Random, paragraphs: Paragraphs, share: float, *, is_reordered: bool) -> Paragraphs:
    """The text with so large a share of its words changed; and, if so told, its paragraphs and their sentences in another order."""
    parts = [_sentences(paragraph) for paragraph in paragraphs]
    if is_reordered:
        for part in parts:
            draw.shuffle(part)
        draw.shuffle(parts)
    return tuple(changed(draw, " ".join(part), share) for part in parts)


def changed(draw: Random, text: str, share: float) -> str:
    """The text with so large a share of its words replaced by others of their class; names and planted words stay."""
    words = text.split()
    free = [place for place, word in enumerate(words) if _bare(word) in _CLASS_OF]
    for place in draw.sample(free, min(len(free), round(share * len(words)))):
        bare = _bare(words[place])
        other = draw.choice([word for word in _CLASS_OF[bare] if word != bare])
        fresh = other.capitalize() if words[place][0].isupper() else other
        words[place] = fresh + words[place][len(bare) :]
    return " ".join(words)


def _sentences(paragraph: str) -> list[str]:
    return [f"{part.rstrip('.')}." for part in paragraph.split(". ")]


def _bare(word: str) -> str:
    return word.rstrip(".,").lower()


def _filled(draw: Random, pattern: str, names: Sequence[str], **given: str) -> str:
    """The pattern with its gaps filled, each one anew."""
    words = {"adj": ADJECTIVES, "noun": NOUNS, "verb": VERBS, "adv": ADVERBS, "prep": PREPOSITIONS, "name": tuple(names)}
    said = []
    for part in pattern.split("{"):
        gap, closed, rest = part.partition("}")
        if not closed:
            said.append(gap)
            continue
        filled = given.get(gap) if gap in given else str(draw.randint(2, 999)) if gap == "number" else draw.choice(words[gap])
        said.append(f"{filled}{rest}")
    text = "".join(said)
    return text[0].upper() + text[1:]
