"""RSS, RDF and Atom: a feed's bytes come in, what it says goes out."""

import io
import re
from typing import Any
from xml.sax import SAXException

import feedparser

from tracker.extract.items import FeedItem, ParsedFeed, storable

_WIDE_STARTS = (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<", b"\0\0\0<", b"\0\0\xfe\xff")  # UTF-16 and UTF-32: NULs are part of them
_CONTROLS = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")  # no XML parser accepts these, and some feeds contain them
_REFERENCE = re.compile(rb"&#(?:[xX]([0-9a-fA-F]+)|([0-9]+));")
_MOST_DIGITS = 7  # 1114111 is the last character; longer ones, leading zeros aside, name none
_WARNING_CHARS = 200  # one line for a person; parsers may quote the feed
_WEB = ("http://", "https://")
_PAGES = ("text/html", "application/xhtml+xml", "html", "xhtml")  # types of a link, the last two as old Atom feeds write them
# What feedparser lets out of its handlers where an extension (GML, Podlove, iTunes ...) is malformed; found by mutating feeds
_FAILURES = (ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)


def read(body: bytes, content_type: str) -> ParsedFeed:
    """Parse a feed that may be malformed or hostile; links stay as written.

    `error` is `empty_body`, `not_a_feed`, `broken_feed` or None.
    """
    if not body.startswith(_WIDE_STARTS):
        body = _REFERENCE.sub(_possible, _CONTROLS.sub(b"", body)).strip()
    if not body:
        return ParsedFeed(error="empty_body")
    # Always a stream: given bytes or text, feedparser would open a file or an address of that name.
    # No base address: feedparser would make one out of a guid that is none.
    try:
        parsed = feedparser.parse(
            io.BytesIO(body),
            response_headers={"content-type": content_type} if content_type else {},
            resolve_relative_uris=False,  # in texts: nobody follows them
        )
    except _FAILURES:
        return ParsedFeed(error="broken_feed")
    trouble = parsed.get("bozo_exception")
    items = parsed.get("entries", [])
    if not parsed.get("version"):
        return ParsedFeed(error="not_a_feed")
    if not items and isinstance(trouble, SAXException):
        return ParsedFeed(error="broken_feed")
    return ParsedFeed(
        _text(parsed.get("feed", {}), "title"),
        tuple(_item(item) for item in items),
        warning=" ".join(f"{type(trouble).__name__}: {trouble}".split())[:_WARNING_CHARS] if trouble else "",
    )


def _item(item: dict[str, Any]) -> FeedItem:
    return FeedItem(
        link=_link(item),
        guid=_text(item, "id"),
        title=_text(item, "title"),
        author=storable((item.get("author_detail") or {}).get("name")) or _text(item, "author"),  # RSS writes `address (name)`
        summary=_text(item, "summary"),
        content=max((storable(part.get("value")) for part in item.get("content") or []), key=len, default=""),
        # As written: feedparser's own reading fills gaps with today's date
        published=_text(item, "published") or _text(item, "updated"),
    )


def _link(item: dict[str, Any]) -> str:
    """The last link to a page; where there is none, the guid if that is an address and not said to be no permalink."""
    # Not feedparser's own `link`: it may be an enclosure's, or a guid that it made an address of
    links = [link for link in item.get("links") or [] if link.get("rel") == "alternate"]
    pages = [storable(link.get("href")) for link in links if str(link.get("type")).lower() in _PAGES]
    guid = _text(item, "id")
    is_address = guid.startswith(_WEB) and dict.get(item, "guidislink", True)
    return next(filter(None, reversed(pages)), guid if is_address else "")


def _text(fields: dict[str, Any], name: str) -> str:
    # Asked by membership, not get(): feedparser answers for a missing 'updated' with 'published', and warns.
    return storable(dict.get(fields, name))


def _possible(reference: re.Match[bytes]) -> bytes:
    """The character reference, or nothing where it names no character of XML: feedparser fails on some of them."""
    digits = (reference[1] or reference[2]).lstrip(b"0")
    number = int(digits or b"0", 16 if reference[1] else 10) if len(digits) <= _MOST_DIGITS else -1
    valid = number in (0x9, 0xA, 0xD) or 0x20 <= number <= 0xD7FF or 0xE000 <= number <= 0x10FFFF
    return reference[0] if valid else b""
