"""A passage in, whose voice it is out; a stance in, its label out; an article's mentions in, its stance out. All pure."""

import re
from collections.abc import Sequence

from tracker.records import Label, Mention, Stance, Voice

# Measured on 1,461 passages the judge was not trained on (printed by training/ship.py; in brackets a claim it never saw):
RELATED = 0.5  # 1 - p_unrelated from which a passage is a mention: precision 0.84, recall 0.84 (0.72, 0.67)
# Probability of a mention's best label (of all four) below which the judge abstains. At 0.7 one mention in two is sure; of these 77 %
# carry the right label of four (67 % at 0.5, 71 % at 0.6), and of the sides it gives 77 % are right, 45 % of all sides found (at 0.5
# 69 % and 56 %). A reader who meets a wrong passage believes no chart, so it rather says less.
SURE = 0.7
# The same for a claim it was not trained on. At 0.7 no neutral passage would be left there, and net stance would be all sides; at 0.5
# six mentions in ten are sure, their mix is nearly that of careful readers (0.40, 0.16, 0.44 for 0.35, 0.17, 0.48), and 58 % are right.
SURE_UNKNOWN = 0.5

# Net stance from which an article takes a side: one clear passage among four, the rest neutral. Of 91 articles of aivibe_2025 read as
# wholes (python -m evals.aivibe) it puts 60 % right of four labels, as a majority of sure passages does (the surest passage 56 %, the
# first 53 %); where reader and judge both see the issue, 78 % of three.
LEANING = 0.25
QUOTED_SHARE = 0.3  # share of a passage inside quotation marks that, with a speech verb, makes it a quotation
ALL_QUOTED = 0.8  # with this share the verb may stand in the sentence before


def decide(stance: Stance) -> Label:
    """The label shown to readers: unrelated unless probably a mention, else the most probable of the three others."""
    if 1 - stance.unrelated < RELATED:
        return "unrelated"
    if stance.neutral >= max(stance.supports, stance.opposes):
        return "neutral"
    return "supports" if stance.supports > stance.opposes else "opposes"


def is_unsure(stance: Stance, sure: float = SURE) -> bool:
    """Whether the judge abstains on a mention: it speaks of the claim, but none of supports, opposes and neutral is probable enough."""
    return max(stance.supports, stance.opposes, stance.neutral) < sure


def of_article(mentions: Sequence[Mention]) -> tuple[Label, float, float] | None:
    """(label, net, confidence) of an article toward one claim, from its mentions of it; None if there is none that the judge is sure of.

    The probabilities are summed: a passage weighs as much as it is probably related, and a neutral one pulls toward 0. `net` is
    (supports - opposes) / (supports + opposes + neutral), in -1..1; `confidence`, in 0..1, is the label's share of that sum.
    """
    sure = [m.stance for m in mentions if not m.is_unsure]
    supports = sum(stance.supports for stance in sure)
    opposes = sum(stance.opposes for stance in sure)
    neutral = sum(stance.neutral for stance in sure)
    total = supports + opposes + neutral
    if total <= 0:
        return None
    net = (supports - opposes) / total
    if abs(net) < LEANING:
        return "neutral", net, neutral / total
    return ("supports", net, supports / total) if net > 0 else ("opposes", net, opposes / total)


_QUOTE = re.compile(r"“[^“”]{2,}(?:”|$)|\"[^\"]{2,}(?:\"|$)|(?:^|(?<=\s))‘[^‘’]{12,}’(?=\W|$)")
_SAID = (
    r"(?:said|says?|told|tells?|argued|argues?|warned|warns?|claimed|claims?|wrote|writes?|added|adds?|noted|notes?|explained"
    r"|explains?|believes?|believed|predicted|predicts?|insisted|insists?|acknowledged|acknowledges?|admitted|admits?|testified|tweeted"
    r"|posted|contends?|contended|stated|states|cautioned|cautions?|conceded|concedes?|thinks?|maintains?|remarked|countered|counters)"
)
_ADVERB = (
    r"(?:(?:also|recently|has|have|had|later|still|reportedly|previously|already|publicly|repeatedly|even|then|now|once|often)"
    r"\s+){0,2}"
)
_NAME = r"[A-Z][\w’'.&-]*(?:\s+(?:(?:of|de|van|von|der|bin|al|&)\s+)?[A-Z][\w’'.&-]*){0,5}"
_BEFORE = re.compile(rf"(?P<name>{_NAME})(?:,[^,“”\".]{{2,70}},|\s+\([^)]{{1,40}}\))?\s+{_ADVERB}(?<![’']s ){_SAID}\b")
_AFTER = re.compile(rf"(?:[,”\"?!]|^)\s*{_SAID}\s+(?:the\s+)?(?:[a-z-]+\s+){{0,4}}?(?P<name>{_NAME})")
_ACCORDING = re.compile(rf"\b[Aa]ccording to\s+(?:the\s+)?(?:(?:[a-z-]+\s+){{0,3}}?(?P<name>{_NAME})|[a-z])")
_SOMEONE = re.compile(
    r"\b(?:he|she|they|who|company|startup|lab|firm|spokes(?:man|woman|person|people)|researchers?|scientists?|analysts?|experts?"
    r"|critics?|executives?|officials?|authors?|founders?|chief|ceo|professors?|engineers?|economists?|investors?|lawmakers?|regulators?"
    rf"|people|study|paper|report|lawsuit|memo|advocates?|observers?|insiders?|sources?|employees|developers)\s+{_ADVERB}{_SAID}\b",
    re.IGNORECASE,
)
_SPEECH = re.compile(rf"\b{_SAID}\b")
_WHEN = re.compile(
    r"^(?:(?:In|On|Last|Since|By|Late|Early)\s+)?(?:January|February|March|April|May|June|July|August|September|October|November|December"
    r"|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)\s+"
)
_ROLE = re.compile(
    r"^(?:.*\b)?(?:[Cc]o-[Ff]ounder|CEO|CTO|CFO|COO|President|Chairman|Chair|Founder|Chief|Director|Professor|Prof\.?|Dr\.?|Senator|Sen\."
    r"|Judge|Minister)\s+"
)
_OWN = frozenset("I We It This That These Those There What Which You And But If As Nobody".split())
_NOT_A_NAME = frozenset(
    "He She They Who The A An Some Many Most Several Others One Another Authors Critics Experts Researchers Scientists Analysts "
    "Executives Officials Investors Economists Engineers People Insiders Sources Lawmakers Regulators Advocates Employees Developers "
    "Observers AI".split()
)


def voice(passage: str) -> tuple[Voice, str | None]:
    """Whether the outlet speaks in its own voice or lets someone else speak, and who, when the passage names them.

    Quoted: "according to X"; someone other than the author says, argues, warns ...; or much of the passage is in quotation marks.
    The author's own "I think" or "we argue" outside quotation marks is the outlet's voice.
    """
    around = _QUOTE.sub(lambda found: " “” " if found.end() < len(passage) else " “”", passage)
    share = sum(len(found.group()) for found in _QUOTE.finditer(passage)) / max(len(passage), 1)
    for pattern in (_ACCORDING, _BEFORE, _AFTER):
        for found in pattern.finditer(around):
            name = found.group("name")
            if name is None:
                return "quoted", None
            if name.split()[0] not in _OWN:
                return "quoted", _speaker(name)
    if _SOMEONE.search(around) or share >= ALL_QUOTED or (share >= QUOTED_SHARE and _SPEECH.search(around)):
        return "quoted", None
    return "outlet", None


def _speaker(name: str) -> str | None:
    """The name without a role or an owner ("OpenAI CEO", "DeepMind's") before it; None for 'Critics', 'He' and the like."""
    bare = re.sub(r"^.*[’']s\s+|[’']s$", "", _ROLE.sub("", _WHEN.sub("", name))).rstrip(".,’'")
    return bare if bare and bare.split()[0] not in _NOT_A_NAME else None
