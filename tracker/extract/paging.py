"""Paged feeds: one page of a feed comes in; what it says, and the address of the next older page, go out."""

import io
from urllib.parse import parse_qsl, urlencode, urlsplit

from lxml import etree

from tracker.extract import entries, sites, urls
from tracker.extract.entries import FeedReading
from tracker.records import FeedFetch

_OLDER = ("prev-archive", "next")  # RFC 5005, sections 4 and 3
_ITEMS = ("item", "entry")


def read(fetch: FeedFetch, entries_at_most: int) -> tuple[FeedReading, str | None]:
    """Parse one page; the address is None when the feed names no older page and is not WordPress's, which always has some."""
    reading = entries.read(fetch, entries_at_most)
    return reading, None if reading.error else _older(fetch.body, fetch.final_url)


def _older(body: bytes, address: str) -> str | None:
    links: dict[str, str] = {}
    generator = ""
    parsing = etree.iterparse(
        io.BytesIO(body.lstrip()), events=("end",), recover=True, resolve_entities=False, no_network=True, load_dtd=False
    )
    try:
        for _, element in parsing:
            name = element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
            parent = element.getparent()
            about_feed = (
                parent is not None and isinstance(parent.tag, str) and parent.tag.rpartition("}")[2] in ("channel", "feed", "RDF")
            )
            if name == "link" and about_feed and element.get("href"):
                links.setdefault(element.get("rel", ""), str(element.get("href")))
            elif name == "generator" and about_feed:
                generator = f"{element.text or ''} {element.get('uri', '')}"
            elif name in _ITEMS:
                element.clear()
    except etree.XMLSyntaxError:  # the reader of entries was more patient; what was found so far counts
        pass
    named = next((links[rel] for rel in _OLDER if rel in links), None)
    if named is None and "wordpress" in generator.lower():
        named = _numbered(address)
    older = None if named is None else sites.absolute(named, address)
    return older if older is not None and urls.same_site(older, address) else None


def _numbered(address: str) -> str:
    """The address with WordPress's `paged` one higher: the plain address is page 1."""
    parts = urlsplit(address)
    asked = dict(parse_qsl(parts.query, keep_blank_values=True))
    number = asked.get("paged", "1")
    asked["paged"] = str(int(number) + 1 if number.isascii() and number.isdigit() else 2)
    return parts._replace(query=urlencode(asked), fragment="").geturl()
