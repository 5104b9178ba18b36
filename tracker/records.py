"""The frozen values that travel between rooms, in the order in which they appear on an article's way.

Times are naive datetimes in UTC. Each record knows where it came from. A new fact is a new record, never a field filled in later.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

Outcome: TypeAlias = Literal["ok", "unchanged", "soft_error", "hard_error", "refused"]
DateSource: TypeAlias = Literal["feed", "page", "url", "unknown"]
Label: TypeAlias = Literal["supports", "opposes", "neutral", "unrelated"]
Voice: TypeAlias = Literal["outlet", "quoted"]
Progress: TypeAlias = Callable[[str, int, int], None]  # told the stage, how much of it is done, of how much

# Why an address was not asked at all; it says nothing about the address
NOT_ASKED = frozenset({"robots_unreachable", "host_down", "host_asked_to_wait"})
_TAG = re.compile(r"<[^>]*>")  # markup changes every night where it holds a counter's address

LABELS: tuple[Label, ...] = ("supports", "opposes", "neutral", "unrelated")


def short_id(*parts: str) -> str:
    """A stable 16-digit hexadecimal id for the given parts."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Feed:
    """One address we poll."""

    outlet: str
    url: str
    section: str | None = None
    language: str | None = None
    user_agent: str | None = None
    full_text: bool = False
    verify_tls: bool = True


@dataclass(frozen=True, slots=True)
class Validators:
    """What the server gave us last time, sent back to ask 'anything new?' (RFC 9110, section 13)."""

    etag: str | None = None
    last_modified: str | None = None
    body_sha256: str | None = None
    full_at: datetime | None = None  # when the server last sent the whole feed; None: not recorded


@dataclass(frozen=True, slots=True)
class FeedFetch:
    """One poll of one feed. `body` is empty unless the outcome is ok. `moved_to`: where permanent redirects alone led."""

    feed: Feed
    final_url: str
    fetched_at: datetime
    outcome: Outcome
    reason: str
    status: int | None
    validators: Validators
    body: bytes
    content_type: str
    seconds: float
    retry_after_seconds: float | None = None
    moved_to: str | None = None


@dataclass(frozen=True, slots=True)
class RobotsFile:
    """The last answer about one origin's robots.txt. `rules` is '' when everything is allowed."""

    origin: str
    fetched_at: datetime | None  # when the server last answered; None: never yet
    rules: str
    unreachable_since: datetime | None = None  # None: it answered when last asked


@dataclass(frozen=True, slots=True)
class Entry:
    """One item of a feed. `url` is canonical, `raw_url` as the feed gave it; `published_at` is None when absent or not believable."""

    outlet: str
    feed_url: str
    url: str
    raw_url: str
    guid: str | None
    title: str
    author: str | None
    summary: str
    content: str
    published_at: datetime | None
    date_note: str
    first_seen_at: datetime

    @property
    def content_sha256(self) -> str:
        """What tells one version of an entry from another: its words, not its dates, guid or address."""
        words = (" ".join(_TAG.sub(" ", part).split()) for part in (self.title, self.summary, self.content))
        return hashlib.sha256("\x1f".join(words).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Page:
    """One fetch of one article page. `body` is empty unless the outcome is ok."""

    entry: Entry
    final_url: str
    fetched_at: datetime
    outcome: Outcome
    reason: str
    status: int | None
    body: bytes
    content_type: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Article:
    """Extracted text with its date and where both came from. `published_at` is None exactly when `published_from` is 'unknown'.

    `canonical_url` is what the page calls its own address, believed within one site only; None when it names none or the same.
    `fingerprint` is the same for texts that differ only in case, spaces and punctuation.
    """

    article_id: str
    outlet: str
    url: str
    raw_url: str
    title: str
    author: str | None
    language: str
    published_at: datetime | None
    published_from: DateSource
    date_note: str
    first_seen_at: datetime
    text: str
    text_source: Literal["page", "feed"]
    canonical_url: str | None = None
    fingerprint: str = ""

    @property
    def words(self) -> int:
        """Number of whitespace-separated words in the text."""
        return len(self.text.split())


@dataclass(frozen=True, slots=True)
class Rejection:
    """An entry that did not become an article, and why. `stage` is the room that refused it."""

    url: str
    outlet: str
    stage: Literal["feed", "fetch", "extract"]
    reason: str
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Passage:
    """One to three sentences of an article, an exact substring of its text: the unit that is embedded and judged."""

    article_id: str
    position: int
    text: str

    @property
    def passage_id(self) -> str:
        """Stable id: the article and the position within it."""
        return f"{self.article_id}-{self.position}"


@dataclass(frozen=True, slots=True)
class Theme:
    """A narrative that coverage clusters into. `claim_from` is 'yaml' or the article_id of a provisional claim."""

    theme_id: str
    slug: str
    name: str
    kind: Literal["curated", "discovered"]
    claim: str
    claim_from: str
    terms: tuple[str, ...]
    supports: tuple[str, ...] = ()
    opposes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stance:
    """A judge's answer for one (text, claim): calibrated probabilities of the four labels, in the order of LABELS, summing to 1."""

    supports: float
    opposes: float
    neutral: float
    unrelated: float

    @property
    def label(self) -> Label:
        """The most probable label."""
        values = (self.supports, self.opposes, self.neutral, self.unrelated)
        return LABELS[values.index(max(values))]


@dataclass(frozen=True, slots=True)
class Mention:
    """A passage that bears on a theme's claim, with its stance, and whose voice it is. `is_unsure`: the judge abstains; it takes no side."""

    passage_id: str
    article_id: str
    theme_id: str
    strength: float
    stance: Stance
    voice: Voice
    speaker: str | None
    is_unsure: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """Provenance: which code, settings and models wrote the rows that carry `run_id`."""

    run_id: str
    started_at: datetime
    code_version: str
    settings_digest: str
