"""Feeds: a FeedFetch comes in, its entries, and what was wrong with the others, go out."""

import io
import re
from dataclasses import dataclass, replace
from datetime import datetime
from xml.sax import SAXException

import feedparser

from tracker.extract import dates, plain, urls
from tracker.records import Entry, FeedFetch, Rejection

_WIDE_STARTS = (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<", b"\0\0\0<")  # UTF-16 and UTF-32: NULs are part of them
_CONTROLS = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")  # no XML parser accepts these, and some feeds contain them


@dataclass(frozen=True, slots=True)
class FeedReading:
    """What a feed said. `error` is None, or why it is no feed: `empty_body`, `not_a_feed`, `broken_feed`.

    `dropped` counts the entries beyond the limit, `duplicates` those whose URL the feed gave twice.
    """

    entries: tuple[Entry, ...] = ()
    rejections: tuple[Rejection, ...] = ()
    dropped: int = 0
    duplicates: int = 0
    oldest_at: datetime | None = None
    newest_at: datetime | None = None
    error: str | None = None
    title: str = ""


def read(fetch: FeedFetch, entries_at_most: int) -> FeedReading:
    """Parse one polled feed; of too many entries, the newest `entries_at_most` stay. Never raises for what a feed contains."""
    body = fetch.body if fetch.body.startswith(_WIDE_STARTS) else _CONTROLS.sub(b"", fetch.body).strip()
    if not body:
        return FeedReading(error="empty_body")
    headers = {"content-location": fetch.final_url, **({"content-type": fetch.content_type} if fetch.content_type else {})}
    # Always a stream: given bytes or text, feedparser would open a file or an address of that name.
    parsed = feedparser.parse(io.BytesIO(body), response_headers=headers)
    items = parsed.get("entries", [])
    if not parsed.get("version"):
        return FeedReading(error="not_a_feed")
    if not items and isinstance(parsed.get("bozo_exception"), SAXException):
        return FeedReading(error="broken_feed")
    return replace(_reading(fetch, items, entries_at_most), title=plain.line(_text(parsed.get("feed", {}), "title")))


def _reading(fetch: FeedFetch, items: list[feedparser.FeedParserDict], entries_at_most: int) -> FeedReading:
    by_url: dict[str, Entry] = {}
    rejections, guids, duplicates = [], set[str](), 0
    for item in items:
        raw_url, guid = _text(item, "link"), _text(item, "id") or None
        url = urls.canonical(raw_url, fetch.final_url) if raw_url else None
        if url is None:
            reason = "bad_link" if raw_url else "no_link"
            rejections.append(Rejection(raw_url or guid or fetch.feed.url, fetch.feed.outlet, "feed", reason, fetch.fetched_at))
        elif url in by_url:
            duplicates += 1
        else:
            if guid in guids:  # a guid used twice says nothing alone
                guid = f"{guid} {url}"
            guids.add(guid or "")
            by_url[url] = _entry(fetch, item, url, raw_url, guid)
    found = list(by_url.values())
    if len(found) > entries_at_most:  # undated entries count as new: they may be
        found = sorted(found, key=lambda entry: entry.published_at or fetch.fetched_at, reverse=True)[:entries_at_most]
    moments = [entry.published_at for entry in found if entry.published_at]
    return FeedReading(
        entries=tuple(found),
        rejections=tuple(rejections),
        dropped=len(by_url) - len(found),
        duplicates=duplicates,
        oldest_at=min(moments, default=None),
        newest_at=max(moments, default=None),
    )


def _entry(fetch: FeedFetch, item: feedparser.FeedParserDict, url: str, raw_url: str, guid: str | None) -> Entry:
    published_at, note = _published(item, fetch.fetched_at)
    return Entry(
        outlet=fetch.feed.outlet,
        feed_url=fetch.feed.url,
        url=url,
        raw_url=raw_url,
        guid=guid,
        title=plain.line(_text(item, "title")),
        author=_author(item),
        summary=_text(item, "summary"),
        content=_content(item),
        published_at=published_at,
        date_note=note,
        first_seen_at=fetch.fetched_at,
    )


def _published(item: feedparser.FeedParserDict, first_seen_at: datetime) -> tuple[datetime | None, dates.DateNote]:
    """From the published date, else the updated one, always as written: feedparser's own reading fills gaps with today's date."""
    return dates.believable(_text(item, "published") or _text(item, "updated"), first_seen_at)


def _content(item: feedparser.FeedParserDict) -> str:
    """The longest full text the entry carries (content:encoded, Atom content), or ''."""
    return max((str(part.get("value") or "") for part in item.get("content") or []), key=len, default="")


def _author(item: feedparser.FeedParserDict) -> str | None:
    """The name rather than RSS's `address (name)`."""
    detail = item.get("author_detail") or {}
    return plain.line(str(detail.get("name") or "") or _text(item, "author")) or None


def _text(item: feedparser.FeedParserDict, name: str) -> str:
    # Asked by membership, not get(): feedparser answers for a missing 'updated' with 'published', and warns.
    return str(dict.get(item, name) or "").strip()
