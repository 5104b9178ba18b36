"""Titles and first sentences of stories come in; the noun phrases each story says, and how they are spelled, go out: what names are made of.

There is no tagger. Whether a word can end a noun phrase is counted in the texts themselves: nouns stand before prepositions and full stops,
verbs before articles and after 'to', adjectives before other words; names keep their capital inside a sentence.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

TITLES_AT_LEAST = 2  # stories whose headline has it: what stands in texts alone may be furniture
_LEAD = 350  # characters: two or three sentences say what a story is about, later ones digress
_READ = 1500  # characters among which these are found: some outlets begin with half a page about themselves
_FURNITURE = 3  # a sentence that as many texts share is the outlet's, not a story's
_IN_SENTENCE = 5  # what a spelling inside a text counts against one in a title, which may capitalise every word
_ALONE_AT_LEAST = 0.3  # of its uses: a word of longer names ('Elon', 'League') that stands alone less is no name
_PLURAL_AT_LEAST = 0.08  # of its uses: what can be counted is shown in the plural, 'humanoid robots'
_WORDS = 4  # the longest phrase; more no longer reads as a name

_TOKEN = re.compile(r"[^\W_](?:[\w+#]|[.&'-](?=\w))*[+#]*|\S")
_DATELINE = re.compile(r"^[^a-z]{3,40}(?:\([^()]{2,30}\) ?)?[-–—]{1,2} ")
_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_ASIDE = re.compile(r"\(\d+ minute read\)|\([^()]{2,24}\)\s*$")  # what aggregators add to titles: reading time, agency
_VERSION = re.compile(r"\d{1,4}(?:\.\d+)*[a-zA-Z]?")  # Windows 11, Gemini 2.5, Pixel 9a
_YEAR = re.compile(r"(?:19|20)\d\d")

_DETERMINER, _PREPOSITION, _TO, _AUXILIARY, _PRONOUN, _OTHER = "D", "P", "T", "A", "N", "O"
_OWNS = "'s"
_BREAK, _NUMBER, _CONTENT = "B", "#", "C"
_CLASS_OF = {
    word: kind
    for kind, words in {
        _DETERMINER: "the a an its his her their our my your this that these those each every some any no another both all",
        _PREPOSITION: "of in on at by with from into over under for about against between through during after before via as without within across "
        "among around behind since toward towards per amid amidst despite than until beyond inside outside near upon "
        "using including following according",
        _TO: "to",
        _AUXILIARY: "is are was were be been being am has have had having will would can could may might must should do does did done not cannot "
        "won't can't isn't doesn't don't didn't aren't wasn't couldn't",
        _PRONOUN: "i you he she it we they who which what whose me him us them himself itself themselves something everything anything nothing "
        "everyone anyone someone nobody it's i'm i've you're we're that's there's here's what's",
        _OTHER: "and or but if when while where how why so because although though then just now only even still yet more most less least very too "
        "here there also up out off down back away again once ever never always often already soon almost nearly much many few several such own "
        "same other others else not nor s t re ve ll d m vs etc ago worth together instead rather well later earlier further ahead forward "
        "whether however meanwhile",
    }.items()
    for word in words.split()
}  # fmt: skip
# Words that say nothing of what a story is about: they take no part in a name. Verbs and most adjectives need no list, their use gives them away
_EMPTY = frozenset(
    """new newest latest best better good great big bigger biggest major first second third next last early late recent former top key full entire
    long old higher low lower faster slower different various important true likely little large larger small smaller current daily weekly
    year years month months week weeks day days today tonight yesterday tomorrow hour hours minute minutes seconds time times
    monday tuesday wednesday thursday friday saturday sunday january february march april june july august september october november december
    jan feb mar apr jun jul aug sep sept oct nov dec quarter one two three four five six seven eight nine ten dozen hundreds thousands half
    million millions billion billions trillion percent thing things way ways lot lots kind part number people person man woman men women end
    start bit look step use work works release show shows company companies firm firms maker makers inc corp co ltd llc plc group
    official officials expert experts analyst analysts researchers employees report reports review reviews guide tips list story stories article
    articles post posts blog newsletter news update updates reader readers subscribers email link links editor reporter reuters ap afp
    mr mrs ms dr sir president minister chief ceo cto boss head executive executives founder founders co-founder spokesman spokesperson""".split()
)
_DAYS = frozenset("day week monday tuesday wednesday thursday friday saturday sunday".split())
# Words that name nothing alone, though a phrase may end on them: language models, web browsers
TOO_GENERAL_ALONE = frozenset(
    "ai tech technology model system data tool app user service product team business deal industry customer developer engineer feature version "
    "project program platform solution approach result test study research image share issue problem question change rate level".split()
)
_NOUN = re.compile(r".*(?:tion|sion|ment|ness|ity|ism|ship|ance|ence|ware|logy|graphy|ists?|ers|ors|tions|ments)$")
_ADJECTIVE = re.compile(r".*(?:ful|less|ous|ive|able|ible|ical|est|ized|ised)$")
_SUFFIX_SAYS = 2  # as much as this many uses of the word

# What a word can do in a noun phrase
_NO, _MODIFIES, _ENDS, _NAMES, _FOLLOWS_A_NAME = "", "modifies", "ends", "names", "follows a name"
_ENDS_AT_LEAST = 0.2  # of its uses: 'language' mostly stands before another noun, and is one
_NAME_AT_LEAST = 2  # times as often with a capital inside sentences as without


@dataclass(frozen=True, slots=True)
class Phrases:
    """What texts say. A phrase's key is in lower case, its last word singular; `texts` counts the texts that say it."""

    of_title: tuple[frozenset[str], ...]
    of_lead: tuple[frozenset[str], ...]
    texts: Counter[str]
    spelled: dict[str, str]  # as it stands inside a sentence
    names: frozenset[str]  # the keys that end on a proper name


def read(titles: Sequence[str], texts: Sequence[str]) -> Phrases:
    """The phrases of each story: those of its title, and what the beginning of its text says of phrases that several titles have."""
    heads = [_tokens(_ASIDE.sub("", title)) for title in titles]
    leads = _leads(texts)
    met = _Met(_Roles(leads))
    in_title = [set(met.phrases(head, 1)) for head in heads]
    several = {phrase for phrase, count in Counter(chain.from_iterable(in_title)).items() if count >= TITLES_AT_LEAST}
    met.forget_all_but(several)
    in_lead = [set(met.phrases(lead, _IN_SENTENCE)) for lead in leads]
    whole = several - met.broken()
    of_title, of_lead = (tuple(frozenset(keys & whole) for keys in found) for found in (in_title, in_lead))
    counted = Counter(phrase for title, lead in zip(of_title, of_lead, strict=True) for phrase in title | lead)
    return Phrases(of_title, of_lead, counted, met.spelled(), met.names())


def singular(word: str) -> str:
    """An English noun in lower case without its plural ending; a word that has none stays as it is."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("sses", "shes", "ches", "xes", "zes")):
        return word[:-2]
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is", "ics")) else word


def _leads(texts: Sequence[str]) -> list[list[str]]:
    """The tokens of the first sentences, without those that several texts share."""
    sentences = [_SENTENCE.split(_DATELINE.sub("", " ".join(text[:_READ].split()))) for text in texts]
    shared = Counter(sentence for one in sentences for sentence in set(one))
    return [_tokens(" ".join(s for s in one if shared[s] < _FURNITURE)[:_LEAD]) for one in sentences]


def _tokens(text: str) -> list[str]:
    found = []
    for token in _TOKEN.findall(text.replace("’", "'")):
        stem = token.removesuffix("'").removesuffix("'s").removesuffix("'S")
        found += [token] if stem == token or not stem else [stem, _OWNS]
    return found


def _class(token: str) -> str:
    """Which kind of word it is, as far as the word alone says."""
    if token == _OWNS or not token[0].isalnum():
        return _BREAK
    return _NUMBER if token[0].isdigit() else _CLASS_OF.get(token.lower(), _CONTENT)


class _Roles:
    """What a word can be in a noun phrase, from how the texts use it."""

    def __init__(self, leads: Sequence[Sequence[str]]) -> None:
        self._lower: Counter[str] = Counter()
        self._upper: Counter[str] = Counter()
        self._noun: Counter[str] = Counter()
        self._verb: Counter[str] = Counter()
        self._modifier: Counter[str] = Counter()
        self._classes: dict[str, str] = {}
        self._known: dict[str, str] = {}
        for lead in leads:
            classes = [_BREAK, *map(self._class, lead), _BREAK]
            for token, before, kind, after in zip(lead, classes, classes[1:], classes[2:], strict=False):
                if kind == _CONTENT and before != _BREAK:  # the first word of a sentence has a capital anyway
                    self._count(token, before, after)

    def _class(self, token: str) -> str:
        if token not in self._classes:
            self._classes[token] = _class(token)
        return self._classes[token]

    def _count(self, token: str, before: str, after: str) -> None:
        word = token.lower()
        (self._lower if token == word else self._upper)[word] += 1
        if token == word and (after in {_DETERMINER, _PRONOUN, _TO} or before in {_AUXILIARY, _PRONOUN, _TO}):
            self._verb[word] += 1
        elif after == _CONTENT or (after == _NUMBER and token == word):  # a number after a name is its version
            self._modifier[word] += 1
        else:
            self._noun[word] += 1

    def as_in_sentences(self, token: str) -> str:
        """The word without its capital if sentences mostly write it so."""
        word = token.lower()
        return word if self._lower[word] > 0 and self._lower[word] >= self._upper[word] else token

    def __call__(self, token: str) -> str:
        """What a token can do in a noun phrase."""
        if token not in self._known:
            self._known[token] = self._decide(token)
        return self._known[token]

    def _decide(self, token: str) -> str:
        kind, word = self._class(token), token.lower()
        if token != word and word in _DAYS:  # Prime Day, Black Friday
            return _FOLLOWS_A_NAME
        if kind == _NUMBER:
            return _FOLLOWS_A_NAME if _VERSION.fullmatch(token) and not _YEAR.fullmatch(token) else _NO
        if kind != _CONTENT or word in _EMPTY or len(word) < 2:
            return _NO
        lower, upper = self._lower[word], self._upper[word]
        noun, verb, modifier = self._noun[word] + 0.5, self._verb[word] + 0.5, self._modifier[word] + 0.5
        if token != word and upper > _NAME_AT_LEAST * lower:
            return _NAMES if noun > _ENDS_AT_LEAST * (noun + modifier) else _MODIFIES  # 'Iraq', but 'Iraqi' only before a noun
        if lower + upper == 0:  # seen in titles alone, where every word may have a capital
            return _NAMES if token[1:] != word[1:] else _NO
        if word.endswith("ly") or verb > (noun + verb + modifier) / 2:
            return _NO
        noun += _SUFFIX_SAYS * bool(_NOUN.match(word))
        modifier += _SUFFIX_SAYS * bool(_ADJECTIVE.match(word))
        ends = noun > _ENDS_AT_LEAST * (noun + modifier) and not word.endswith("ed") and not _ADJECTIVE.match(word)
        return _ENDS if ends else _MODIFIES


class _Met:
    """Phrases met so far: how often each was spelled how, ended on a name, and stood alone."""

    def __init__(self, role: _Roles) -> None:
        self._role = role
        self._only: set[str] | None = None
        self._spellings: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._met: Counter[str] = Counter()
        self._named: Counter[str] = Counter()
        self._alone: Counter[str] = Counter()

    def phrases(self, tokens: Sequence[str], weight: int) -> Iterator[str]:
        """The keys of all phrases in some tokens; a spelling counts `weight` times."""
        run: list[tuple[str, str]] = []
        for token in (*tokens, "."):
            if kind := self._role(token):
                run.append((token, kind))
                continue
            for first in range(len(run)):
                for last in range(first, min(first + _WORDS, len(run))):
                    if _is_phrase(run, first, last):
                        key = _key(run, first, last)
                        if self._only is None or key in self._only:
                            self._count(key, run, first, last, weight)
                            yield key
            run = []

    def forget_all_but(self, phrases: set[str]) -> None:
        """From now on only these are of interest."""
        self._only = phrases
        for key in self._spellings.keys() - phrases:
            del self._spellings[key]

    def _count(self, key: str, run: Sequence[tuple[str, str]], first: int, last: int, weight: int) -> None:
        self._spellings[key][" ".join(token for token, _ in run[first : last + 1])] += weight
        self._met[key] += 1
        self._named[key] += run[last][1] in {_NAMES, _FOLLOWS_A_NAME}
        before = first > 0 and run[first - 1][1] == run[first][1] == _NAMES
        after = last + 1 < len(run) and run[last][1] == run[last + 1][1] == _NAMES
        self._alone[key] += not (before or after)

    def broken(self) -> set[str]:
        """Words of longer names that hardly ever stand alone."""
        return {key for key in self._spellings if " " not in key and self._alone[key] < _ALONE_AT_LEAST * self._met[key]}

    def names(self) -> frozenset[str]:
        """The phrases that mostly end on a proper name."""
        return frozenset(key for key in self._spellings if 2 * self._named[key] > self._met[key])

    def spelled(self) -> dict[str, str]:
        """The commonest spelling of each phrase; of common nouns the plural if there is one."""
        names = self.names()
        return {key: self._commonest(spellings, key in names) for key, spellings in self._spellings.items()}

    def _commonest(self, spellings: Counter[str], is_name: bool) -> str:
        plurals = {spelling: count for spelling, count in spellings.items() if _is_plural(spelling.split()[-1], is_name)}
        enough = _PLURAL_AT_LEAST * spellings.total()
        best = min(plurals if sum(plurals.values()) >= max(enough, 1) else spellings, key=lambda s: (-spellings[s], s))
        if spellings[best] >= _IN_SENTENCE:
            return best
        return " ".join(map(self._role.as_in_sentences, best.split()))  # only titles have it: the capitals may be theirs


def _is_phrase(run: Sequence[tuple[str, str]], first: int, last: int) -> bool:
    """Whether it begins on a word, and ends on a noun, a name, or what follows a name."""
    begins, ends = run[first][1], run[last][1]
    return begins != _FOLLOWS_A_NAME and ends != _MODIFIES and (ends != _FOLLOWS_A_NAME or run[last - 1][1] == _NAMES)


def _is_plural(word: str, is_name: bool) -> bool:
    if len(word) > 2 and word[-1] == "s" and word[:-1].isupper():  # LLMs
        return True
    return not is_name and singular(word.lower()) != word.lower()


def _key(run: Sequence[tuple[str, str]], first: int, last: int) -> str:
    token, kind = run[last]
    word = token.lower()
    if kind == _ENDS:
        word = singular(word)
    elif _is_plural(token, is_name=True):
        word = word[:-1]
    return " ".join([*(before.lower() for before, _ in run[first:last]), word])
