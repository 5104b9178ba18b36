"""Feeds: a FeedFetch comes in, its entries, and what was wrong with the others, go out."""

from dataclasses import dataclass, replace
from datetime import datetime

from tracker.extract import dates, feedlists, gates, json_feed, plain, urls, xml_feed
from tracker.extract.items import FeedItem, ParsedFeed
from tracker.records import Entry, FeedFetch, Rejection

_WALL_BYTES = 200_000  # a challenge is a small page; what is longer is a page about something
_WALLS = ("bot_wall", "consent_wall")


@dataclass(frozen=True, slots=True)
class FeedReading:
    """What a feed said. `error` is None, or why it is no feed: `empty_body`, `not_a_feed`, `bot_wall`, `broken_feed`.

    `dropped` counts the entries beyond the limit, `duplicates` those whose URL the feed gave twice; `warning` says in a line
    what the parser had to overlook, '' for a well-formed feed.
    """

    entries: tuple[Entry, ...] = ()
    rejections: tuple[Rejection, ...] = ()
    dropped: int = 0
    duplicates: int = 0
    oldest_at: datetime | None = None
    newest_at: datetime | None = None
    error: str | None = None
    title: str = ""
    warning: str = ""


def read(fetch: FeedFetch, entries_at_most: int) -> FeedReading:
    """Read one polled feed; of too many entries, the newest `entries_at_most` stay. Never raises for what a feed contains."""
    said = parse(fetch)
    if said.error is not None:
        return FeedReading(error=said.error)
    return replace(_reading(fetch, said.items, entries_at_most), title=plain.line(said.title), warning=said.warning)


def parse(fetch: FeedFetch) -> ParsedFeed:
    """What the feed says, as written: nothing is resolved, believed or left out yet."""
    said = json_feed.read(fetch.body) or xml_feed.read(fetch.body, fetch.content_type)
    return replace(said, error="bot_wall") if said.error == "not_a_feed" and _is_wall(fetch) else said


def _is_wall(fetch: FeedFetch) -> bool:
    """Whether a page that asks who we are was served in the feed's place. A page that names feeds is a page of the site."""
    text = plain.paragraphs(fetch.body[:_WALL_BYTES].decode("utf-8", "replace"))
    return gates.notice(text) in _WALLS and not feedlists.named_by(fetch.body, fetch.final_url)


def _reading(fetch: FeedFetch, items: tuple[FeedItem, ...], entries_at_most: int) -> FeedReading:
    by_url: dict[str, Entry] = {}
    rejections, guids, duplicates = [], set[str](), 0
    for item in items:
        guid = item.guid or None
        url = urls.canonical(item.link, fetch.final_url) if item.link else None
        if url is None:
            reason = "bad_link" if item.link else "no_link"
            rejections.append(Rejection(item.link or guid or fetch.feed.url, fetch.feed.outlet, "feed", reason, fetch.fetched_at))
        elif url in by_url:
            duplicates += 1
        else:
            if guid in guids:  # a guid used twice says nothing alone
                guid = f"{guid} {url}"
            guids.add(guid or "")
            by_url[url] = _entry(fetch, item, url, guid)
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


def _entry(fetch: FeedFetch, item: FeedItem, url: str, guid: str | None) -> Entry:
    published_at, note = dates.believable(item.published, fetch.fetched_at)
    return Entry(
        outlet=fetch.feed.outlet,
        feed_url=fetch.feed.url,
        url=url,
        raw_url=item.link,
        guid=guid,
        title=plain.line(item.title),
        author=plain.line(item.author) or None,
        summary=item.summary,
        content=item.content,
        published_at=published_at,
        date_note=note,
        first_seen_at=fetch.fetched_at,
    )
