"""What a person wants to know of a feed: its bytes and their reading come in; format, dates, rhythm, fullness and language go out."""

import re
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from statistics import median

from tracker.extract import plain
from tracker.extract.entries import FeedReading
from tracker.records import Entry

_STARTS = re.compile(rb"<(?:\w+:)?(rss|feed|RDF)\b([^>]*)", re.IGNORECASE)
_STARTS_WITHIN = 4096  # comments and processing instructions may come first
_WHOLE_ARTICLE_WORDS = 150  # teasers have under 100 words, few articles have under 200
_WHOLE_SHARE = 0.8  # of the words of the article's page: extraction takes in a caption or leaves out a note
_LANGUAGE_ENTRIES = 50  # titles and summaries of so many are text enough


@dataclass(frozen=True, slots=True)
class FeedReport:
    """`form` means something for feeds only; `notes` counts the entries without a believable date by reason (extract.dates.DateNote).

    `entries_a_week` is None with fewer than two moments; `words` is the median of the entries' own text; `language` an ISO 639-1 code.
    """

    form: str
    entries: int
    dated: int
    notes: Counter[str]
    entries_a_week: float | None
    words: int
    language: str | None


def describe(body: bytes, reading: FeedReading) -> FeedReport:
    """Describe one feed. Never raises for what a feed contains."""
    found = reading.entries
    moments = sorted(entry.published_at for entry in found if entry.published_at)
    span = moments[-1] - moments[0] if moments else timedelta()
    return FeedReport(
        form=form(body),
        entries=len(found),
        dated=len(moments),
        notes=Counter(entry.date_note for entry in found if not entry.published_at),
        entries_a_week=(len(moments) - 1) * (timedelta(weeks=1) / span) if span else None,
        words=int(median(words(entry) for entry in found)) if found else 0,
        language=_language(found),
    )


def form(body: bytes) -> str:
    """Format of a feed that could be read, by its first element: `RSS 2.0`, `Atom 1.0`, `RSS 1.0`, `JSON Feed`; '' if unknown."""
    start = body[:_STARTS_WITHIN].replace(b"\0", b"")  # UTF-16 keeps its letters
    if start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return "JSON Feed"
    found = _STARTS.search(start)
    if found is None:
        return ""
    name, rest = found[1].lower(), found[2]
    if name == b"rss":
        version = re.search(rb"version\s*=\s*[\"']([\d.]+)", rest)
        return f"RSS {version[1].decode()}" if version else "RSS"
    if name == b"feed":
        return "Atom 0.3" if b"purl.org/atom/ns#" in rest else "Atom 1.0"
    return "RSS 1.0"


def words(entry: Entry) -> int:
    """Words of the text that the feed itself carries for an entry."""
    return max(len(plain.paragraphs(text).split()) for text in (entry.content, entry.summary))


def is_full_text(report: FeedReport, first: Entry | None, page_words: int | None) -> bool:
    """Whether the feed carries whole articles; checked on the first entry's page where that could be read (`page_words`)."""
    is_long = report.words >= _WHOLE_ARTICLE_WORDS
    return is_long and (first is None or page_words is None or words(first) >= _WHOLE_SHARE * page_words)


def _language(entries: tuple[Entry, ...]) -> str | None:
    import py3langid  # loads a model of 4 MB

    text = " ".join(f"{entry.title} {plain.paragraphs(entry.summary)}" for entry in entries[:_LANGUAGE_ENTRIES]).strip()
    return str(py3langid.classify(text)[0]) if text else None
