"""Sitemaps (sitemaps.org, with Google's news extension): their bytes come in; entries, and further sitemaps worth reading, go out."""

import calendar
import io
import re
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from urllib.parse import unquote, urlsplit

from lxml import etree

from tracker.extract import dates, plain, sites, urls
from tracker.extract.sites import Site
from tracker.records import Entry

ADDRESSES_AT_MOST = 50_000  # in one file: sitemaps.org's own limit
_HEAD_BYTES = 65536  # comments and definitions may come before the first element
_GZIP = b"\x1f\x8b"
_ZONES = timedelta(days=1)  # a file named after a day may be written where that day ends later
# Parts of file names that say: this lists no articles
_LISTS_OTHERS = re.compile(
    r"(?:^|[-_.])(?:authors?|categor(?:y|ies)|contributors?|images?|podcasts?|products?|tags?|taxonom(?:y|ies)|users?|videos?)(?:[-_.\d]|$)"
    r"|^page-sitemap|posts-page-",
    re.IGNORECASE,
)
# Years from 1995, so that most running numbers are not taken for dates
_YEAR = r"(?P<year>199[5-9]|20\d\d)"
_MONTH, _DAY = r"(?P<month>0[1-9]|1[0-2])", r"(?P<day>0[1-9]|[12]\d|3[01])"
_PERIODS = (
    re.compile(rf"y+={_YEAR}(?:&m+={_MONTH}(?:&d+={_DAY})?)?(?!\d)"),
    re.compile(rf"(?<!\d){_YEAR}(?P<mark>[-_/]?){_MONTH}(?:(?P=mark){_DAY})?(?![\d])"),
    re.compile(rf"(?<!\d){_YEAR}(?!\d)"),
)


@dataclass(frozen=True, slots=True)
class Part:
    """One sitemap of an index; `changed` as written, '' when the index does not say."""

    url: str
    changed: str = ""


@dataclass(frozen=True, slots=True)
class Sitemap:
    """What a sitemap said. `error` is None, `not_a_sitemap`, or `broken_sitemap`.

    `parts` are the files of an index that may list what was asked for, the most promising first. `entries` are newest first;
    `skipped` counts the other addresses by reason: older, other_site, not_an_article, other_section, bad_address.
    `is_cut`: the file is longer than the protocol allows, or does not end.
    """

    parts: tuple[Part, ...] = ()
    entries: tuple[Entry, ...] = ()
    skipped: Counter[str] = field(default_factory=Counter)
    is_cut: bool = False
    error: str | None = None


@dataclass(slots=True)
class _Listed:
    """One element of a sitemap, as written."""

    kind: str
    url: str = ""
    changed: str = ""
    published: str = ""
    title: str = ""


def read(body: bytes, address: str, limit_bytes: int, site: Site, since: date, seen_at: datetime) -> Sitemap:
    """Read one sitemap, packed or not, as XML or as lines: what it lists of `since` or later. Never raises for what it contains.

    Times are naive UTC. A change is no publication: it only rules out pages last changed before `since`; the others' own date decides.
    """
    body, is_cut = _unpacked(body, limit_bytes)
    listed = list(_lines(body) if body.lstrip(b"\xef\xbb\xbf \t\r\n")[:4] == b"http" else _elements(body))
    if not listed:
        return Sitemap(error=_why_empty(body))
    is_cut = is_cut or len(listed) > ADDRESSES_AT_MOST
    listed = listed[:ADDRESSES_AT_MOST]
    parts = [Part(url, item.changed) for item in listed if item.kind == "sitemap" and (url := sites.absolute(item.url, address))]
    kept: dict[str, tuple[datetime, Entry]] = {}
    skipped: Counter[str] = Counter()
    for item in listed:
        if item.kind != "url":
            continue
        url = urls.canonical(item.url, address)
        moment, reason = (None, "bad_address") if url is None else _wanted(item, url, site, since, seen_at)
        if url is None or reason is not None:
            skipped[reason or ""] += 1
        elif url not in kept:
            kept[url] = (moment or datetime.min, _entry(item, url, site.outlet, address, seen_at))  # noqa: DTZ901  # naive by contract
    newest_first = sorted(kept.values(), key=lambda found: found[0], reverse=True)
    return Sitemap(_promising(parts, since), tuple(entry for _, entry in newest_first), skipped, is_cut)


def is_settled(part: Part, done_at: datetime) -> bool:
    """Whether a sitemap that was read at `done_at` cannot have changed since, as the index or its name says."""
    changed = dates.parse(part.changed)
    if changed is not None:
        return changed.date() < done_at.date()
    until = covers_until(part.url)
    return until is not None and until + _ZONES < done_at.date()


def covers_until(url: str) -> date | None:
    """The last day of the year, month or day that a sitemap is named after (sitemap-2025-06.xml); None when it is not."""
    parts = urlsplit(unquote(url))
    named = f"{parts.path}?{parts.query}"
    for form in _PERIODS:
        found = form.search(named)
        if found:
            part = found.groupdict()
            year, month = int(part["year"]), int(part.get("month") or 12)
            last = calendar.monthrange(year, month)[1]
            return date(year, month, min(int(part.get("day") or last), last))
    return None


def news_first(addresses: list[str]) -> list[str]:
    """Addresses with those of news sitemaps in front, else in their order."""
    return sorted(addresses, key=lambda url: "news" not in _name(url).lower())


def _promising(parts: list[Part], since: date) -> tuple[Part, ...]:
    """The parts that may list something of `since` or later: news first, then the most recent."""
    kept: list[tuple[bool, date, Part]] = []
    for part in parts:
        changed, until = dates.parse(part.changed), covers_until(part.url)
        known = [day for day in (changed.date() if changed else None, until + _ZONES if until else None) if day]
        if not _LISTS_OTHERS.search(_name(part.url)) and (not known or min(known) >= since):
            kept.append(("news" in _name(part.url).lower(), min(known, default=date.min), part))
    return tuple(part for *_, part in sorted(kept, key=lambda found: found[:2], reverse=True))


def _wanted(item: _Listed, url: str, site: Site, since: date, seen_at: datetime) -> tuple[datetime | None, str | None]:
    """What is known of an address's time, and why it is not wanted (None: it is)."""
    published, _ = dates.believable(item.published, seen_at)
    in_url, _ = dates.believable(dates.in_url(url), seen_at)
    changed, _ = dates.believable(item.changed, seen_at)
    moment = published or in_url or changed
    reason = site.refuses(url)
    if reason is None and any(
        time is not None and time.date() < since for time in ((published,) if published else (in_url, changed))
    ):
        reason = "older"
    return moment, reason


def _entry(item: _Listed, url: str, outlet: str, address: str, seen_at: datetime) -> Entry:
    published_at, note = dates.believable(item.published, seen_at)
    return Entry(
        outlet=outlet,
        feed_url=address,
        url=url,
        raw_url=item.url,
        guid=None,
        title=plain.line(item.title),
        author=None,
        summary="",
        content="",
        published_at=published_at,
        date_note=note,
        first_seen_at=seen_at,
    )


def _elements(body: bytes) -> Iterator[_Listed]:
    """The url and sitemap elements; of a broken file, those before the break. Entities are never expanded, nothing is fetched."""
    reading = etree.iterparse(
        io.BytesIO(body), events=("end",), recover=True, resolve_entities=False, no_network=True, load_dtd=False
    )
    try:
        for _, element in reading:
            kind = _local(element)
            if kind in ("url", "sitemap"):
                item = _Listed(kind)
                for child in element:
                    _fill(item, child)
                if item.url:
                    yield item
                element.clear()
                while element.getprevious() is not None:
                    del element.getparent()[0]
    except etree.XMLSyntaxError:  # what came before counts
        return


def _why_empty(body: bytes) -> str | None:
    """Why a file without any address is no sitemap; None when it is an empty one."""
    try:
        root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
    except (etree.XMLSyntaxError, ValueError):
        return "broken_sitemap" if b"<urlset" in body[:_HEAD_BYTES] or b"<sitemapindex" in body[:_HEAD_BYTES] else "not_a_sitemap"
    return None if _local(root) in ("urlset", "sitemapindex") else "not_a_sitemap"


def _fill(item: _Listed, child: etree._Element) -> None:
    text = "" if len(child) else (child.text or "").strip()
    match _local(child):
        case "loc":
            item.url = item.url or text
        case "lastmod":
            item.changed = text
        case "news":
            for part in child:
                name = _local(part)
                if name == "publication_date":
                    item.published = (part.text or "").strip()
                elif name == "title":
                    item.title = (part.text or "").strip()


def _lines(body: bytes) -> Iterator[_Listed]:
    """A sitemap may be a list of addresses, one a line."""
    for line in body.decode("utf-8-sig", errors="replace").splitlines():
        if line.strip().startswith(("http://", "https://")):
            yield _Listed("url", line.strip())


def _local(element: etree._Element) -> str:
    """The name of an element without its namespace; '' for comments and the like."""
    return element.tag.rpartition("}")[2].lower() if isinstance(element.tag, str) else ""


def _unpacked(body: bytes, limit_bytes: int) -> tuple[bytes, bool]:
    """The bytes of a .gz file up to the limit, and whether some are missing; others as they are."""
    if not body.startswith(_GZIP):
        return body, False
    unpacking = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        unpacked = unpacking.decompress(body, limit_bytes)
    except zlib.error:
        return b"", True
    return unpacked, not unpacking.eof


def _name(url: str) -> str:
    return urlsplit(url).path.rpartition("/")[2]
