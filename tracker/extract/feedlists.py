"""Addresses of feeds: an OPML file, or a page that names its feeds, comes in; addresses go out."""

from urllib.parse import urljoin
from xml.etree import ElementTree as ET

from lxml import html
from lxml.etree import ParserError

_FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/feed+json")


def read(opml: bytes) -> list[tuple[str, str]]:
    """(title, address) of every feed of an OPML file (opml.org, version 2.0), each address once; [] if it is none."""
    try:
        root = ET.fromstring(opml)  # noqa: S314  # expat refuses entity bombs, and nothing external is read
    except ET.ParseError:
        return []
    found: dict[str, str] = {}
    for outline in root.iter("outline"):
        address = (outline.get("xmlUrl") or "").strip()
        if address.startswith(("http://", "https://")):
            found.setdefault(address, (outline.get("title") or outline.get("text") or "").strip())
    return [(title, address) for address, title in found.items()]


def named_by(page: bytes, url: str) -> tuple[str, ...]:
    """The feeds that an HTML page names with <link rel="alternate"> (RSS Advisory Board, "RSS Autodiscovery"), in its order."""
    try:
        root = html.document_fromstring(page)
    except (ParserError, ValueError):
        return ()
    links = root.xpath("//link[contains(concat(' ', translate(@rel, 'ALTERN', 'altern'), ' '), ' alternate ')]")
    addresses = [
        urljoin(url, link.get("href")) for link in links if link.get("type", "").lower() in _FEED_TYPES and link.get("href")
    ]
    return tuple(dict.fromkeys(address for address in addresses if address.startswith(("http://", "https://"))))
