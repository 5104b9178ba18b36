"""Records for tests: overrides come in, a sensible record goes out."""

import gzip
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from tracker.records import Article, Entry, Feed, FeedFetch, Page, Validators

FIXED_NOW = datetime(2026, 11, 1, 6, 0)

PARAGRAPHS = (
    """The harbour council of Westmere voted on Tuesday to let a small robotics firm test its cranes on the northern quay. \
Members argued for three hours before the motion passed by two votes.""",
    """Supporters said the machines would shorten the wait of ships that now lie at anchor for days. \
"We are not replacing anyone," said Ilse Barendt, who runs the firm. "We are moving boxes at night.\"""",
    """Dock workers were less sure. Their union asked for a written promise that no shift would be cut before the trial ends, \
and for a say in what is measured. The council will publish the first figures in March.""",
)


def feed(**changes: Any) -> Feed:
    """A feed of example.com."""
    return replace(Feed(outlet="example.com", url="https://example.com/feed"), **changes)


def feed_fetch(body: bytes | str = b"", **changes: Any) -> FeedFetch:
    """A poll that went well and brought this body."""
    made = FeedFetch(
        feed=feed(),
        final_url="https://example.com/feed",
        fetched_at=FIXED_NOW,
        outcome="ok",
        reason="",
        status=200,
        validators=Validators(),
        body=body.encode() if isinstance(body, str) else body,
        content_type="application/rss+xml",
        seconds=0.1,
    )
    return replace(made, **changes)


def entry(**changes: Any) -> Entry:
    """An entry of yesterday noon."""
    made = Entry(
        outlet="example.com",
        feed_url="https://example.com/feed",
        url="https://example.com/news/cranes",
        raw_url="https://example.com/news/cranes?utm_source=rss",
        guid="cranes-1",
        title="Westmere lets robots work the night quay",
        author="Jo Amsel",
        summary="The council voted for a trial of robotic cranes.",
        content="",
        published_at=datetime(2026, 10, 31, 12, 0),
        date_note="",
        first_seen_at=FIXED_NOW,
    )
    return replace(made, **changes)


def page(body: bytes | str | None = None, **changes: Any) -> Page:
    """A page that was fetched well; by default a whole article."""
    content = html() if body is None else body
    made = Page(
        entry=entry(),
        final_url="https://example.com/news/cranes",
        fetched_at=FIXED_NOW,
        outcome="ok",
        reason="",
        status=200,
        body=content.encode() if isinstance(content, str) else content,
        content_type="text/html; charset=utf-8",
        seconds=0.1,
    )
    return replace(made, **changes)


def article(**changes: Any) -> Article:
    """An English article of yesterday noon."""
    made = Article(
        article_id="0123456789abcdef",
        outlet="example.com",
        url="https://example.com/news/cranes",
        raw_url="https://example.com/news/cranes?utm_source=rss",
        title="Westmere lets robots work the night quay",
        author="Jo Amsel",
        language="en",
        published_at=datetime(2026, 10, 31, 12, 0),
        published_from="feed",
        date_note="",
        first_seen_at=FIXED_NOW,
        text="\n".join(PARAGRAPHS),
        text_source="page",
    )
    return replace(made, **changes)


def html(paragraphs: Iterable[str] = PARAGRAPHS, title: str = "Westmere lets robots work the night quay", head: str = "") -> str:
    """A page in the shape that news sites have: navigation, article, footer."""
    body = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>{head}</head><body>'
        f'<nav><a href="/">Home</a> <a href="/tech">Technology</a></nav>'
        f"<main><article><h1>{title}</h1>{body}</article></main><footer><p>Example Media</p></footer></body></html>"
    )


def rss(*items: str, title: str = "Example") -> str:
    """An RSS 2.0 feed around these item bodies."""
    inside = "".join(f"<item>{item}</item>" for item in items)
    return (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/">'
        f"<channel><title>{title}</title><link>https://example.com/</link>{inside}</channel></rss>"
    )


def rss_item(link: str = "https://example.com/a", title: str = "A title", more: str = "") -> str:
    """The inside of one RSS item."""
    return f"<title>{title}</title><link>{link}</link>{more}"


def gzip_bomb(megabytes: int) -> bytes:
    """So many megabytes of zeros in a thousandth of the space."""
    return gzip.compress(bytes(megabytes * 2**20))
