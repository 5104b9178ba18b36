"""JSON Feed, versions 1.0 and 1.1 (jsonfeed.org): a feed's bytes come in, what it says goes out."""

import html
import json
from typing import Any

import nh3

from tracker.extract.items import FeedItem, ParsedFeed, storable

_NAMED = "jsonfeed.org/version/"
_SHORT_VERSIONS = ("1", "1.0", "1.1")  # some feeds leave out the address that the specification asks for
_HEAD_CHARS = 2000  # where a feed that broke off would have named its version
_WEB = ("http://", "https://")


def read(body: bytes) -> ParsedFeed | None:
    """The feed in a JSON object; None if the body is no JSON object. `error` is `not_a_feed`, `broken_feed` or None."""
    text = body.decode(json.detect_encoding(body), "replace").lstrip("\ufeff\0 \t\r\n")
    if not text.startswith("{"):
        return None
    try:
        feed = json.loads(text, strict=False)  # line breaks inside strings are a common fault
    except (ValueError, RecursionError):
        return ParsedFeed(error="broken_feed" if _NAMED in text[:_HEAD_CHARS] else "not_a_feed")
    version, items = storable(feed.get("version")), feed.get("items")
    if not isinstance(items, list) or not (_NAMED in version or version in _SHORT_VERSIONS):
        return ParsedFeed(error="not_a_feed")
    return ParsedFeed(storable(feed.get("title")), tuple(_item(item) for item in items if isinstance(item, dict)))


def _item(item: dict[str, Any]) -> FeedItem:
    guid = storable(item.get("id"))
    links = (storable(item.get("url")), storable(item.get("external_url")), guid if guid.startswith(_WEB) else "")
    return FeedItem(
        link=next(filter(None, links), ""),
        guid=guid,
        title=storable(item.get("title")),
        author=_author(item),
        summary=nh3.clean(storable(item.get("summary"))),
        content=nh3.clean(storable(item.get("content_html"))) or html.escape(storable(item.get("content_text")), quote=False),
        published=storable(item.get("date_published")) or storable(item.get("date_modified")),
    )


def _author(item: dict[str, Any]) -> str:
    """The first name among `authors` (1.1) and `author` (1.0)."""
    authors = item.get("authors")
    listed = [*(authors if isinstance(authors, list) else []), item.get("author")]
    return next((name for author in listed if isinstance(author, dict) and (name := storable(author.get("name")))), "")
