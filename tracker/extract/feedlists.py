"""Addresses of feeds: an OPML file, or a page that names its feeds, comes in; addresses go out, and back into OPML."""

import codecs
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import get_args
from urllib.parse import urljoin, urlsplit
from xml.sax.saxutils import escape, quoteattr

from lxml import etree, html

from tracker.extract import plain, urls
from tracker.settings import FeedEntry, OutletEntry, OutletKind

KINDS: tuple[str, ...] = get_args(OutletKind)
# Where blog and news software puts its feed, most usual first
USUAL_PATHS = ("/feed", "/feed/", "/rss", "/rss.xml", "/atom.xml", "/feed.xml", "/index.xml")
# One host, many publishers: there the host alone names nobody
_SHARED_HOSTS = frozenset({"feedburner.com", "github.com", "medium.com", "reddit.com", "rsshub.app", "youtube.com"})
_FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/feed+json", "application/xml", "text/xml")
_OURS = "https://github.com/narrative-tracker/opml"  # our attributes have a namespace, as OPML 2.0 asks ("Extending OPML")
_PROLOGUE = re.compile(r"<\?xml[^>]*\?>|<!DOCTYPE[^\[>]*(?:\[.*?\]\s*)?>", re.DOTALL | re.IGNORECASE)
_BARE_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#\d+|#[xX][\da-fA-F]+);)")  # common in the addresses of hand-made files


@dataclass(frozen=True, slots=True)
class ListedFeed:
    """A feed as an OPML file lists it; '' is what it does not say. `kind` is a folder's name; the last four stand only in our own files."""

    url: str
    title: str = ""
    kind: str = ""
    section: str = ""
    language: str = ""
    is_enabled: bool = True
    outlet: str = ""
    country: str = ""
    tier: int | None = None
    is_full_text: bool = False


@dataclass(frozen=True, slots=True)
class FeedList:
    """The feeds of an OPML file, each address once, in its order; and the addresses in it that nobody can poll."""

    feeds: tuple[ListedFeed, ...] = ()
    unusable: tuple[str, ...] = ()


def read(opml: bytes) -> FeedList:
    """The feeds of an OPML file (opml.org, versions 1 and 2), however deep its folders are; an empty list if it is none.

    Read leniently, as exports of feed readers often are not well-formed. Entities are never expanded.
    """
    text = _BARE_AMPERSAND.sub("&amp;", plain.controls_off(_PROLOGUE.sub("", _decoded(opml))))
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    root = etree.fromstring(text.encode(), parser) if text.strip() else None
    found: dict[str, ListedFeed] = {}
    unusable: list[str] = []
    for outline in root.iter("{*}outline") if root is not None else ():
        given = {str(name).lower(): " ".join(str(value).split()) for name, value in outline.attrib.items()}
        address = re.sub(r"^feed:(?://)?(?=https?:)|^feed(?=:)", lambda m: "http" if m[0] == "feed" else "", given.get("xmlurl", ""))
        if address and urls.canonical(address) is None:
            unusable.append(address)
        elif address:
            found.setdefault(address_key(address), _listed(outline, given, address))
    return FeedList(tuple(found.values()), tuple(unusable))


def write(outlets: Iterable[OutletEntry], title: str, with_disabled: bool) -> str:
    """An OPML 2.0 document: a folder a kind, an outline a feed. Disabled feeds, where wanted, are marked as comments.

    What OPML has no word for stands in attributes of our own, so that `read` gives it back. How we meet a server
    (user_agent, verify_tls) is not passed on: whoever reads the list decides that.
    """
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f'<opml version="2.0" xmlns:tracker="{_OURS}">']
    lines += ["  <head>", f"    <title>{escape(title)}</title>", "  </head>", "  <body>"]
    listed = [(outlet, feed) for outlet in outlets for feed in outlet.feeds if feed.enabled or with_disabled]
    for kind in KINDS:
        outlines = [_outline(outlet, feed) for outlet, feed in listed if outlet.kind == kind]
        if outlines:
            lines += [f'    <outline text="{kind}">', *(f"      {outline}" for outline in outlines), "    </outline>"]
    return "\n".join([*lines, "  </body>", "</opml>", ""])


def named_by(page: bytes, url: str) -> tuple[str, ...]:
    """The feeds that an HTML page names with <link rel="alternate"> (RSS Advisory Board, "RSS Autodiscovery").

    In the page's order, except that feeds of comments come last: nobody who adds a site means those.
    """
    try:
        root = html.document_fromstring(page)
    except (etree.LxmlError, ValueError):
        return ()
    base = urljoin(url, next(iter(root.xpath("//base/@href")), ""))
    links = [link for link in root.xpath("//link[@href]") if {"alternate", "feed"} & set(str(link.get("rel", "")).lower().split())]
    addresses = {
        address: "comment" in f"{link.get('title', '')} {link.get('href')}".lower()
        for link in links
        if str(link.get("type", "")).partition(";")[0].strip().lower() in _FEED_TYPES
        and urls.canonical(address := _joined(base, str(link.get("href")))) is not None
    }
    return tuple(sorted(addresses, key=lambda address: addresses[address]))


def usual_addresses(url: str) -> tuple[str, ...]:
    """Where a site that names no feed mostly has one."""
    parts = urlsplit(url)
    return tuple(f"{parts.scheme}://{parts.netloc}{path}" for path in USUAL_PATHS)


def address_key(url: str) -> str:
    """The same for addresses that lead to one feed: http or https, with www or without, with or without a slash at the end."""
    canonical = urls.canonical(url)
    if canonical is None:
        return url
    place, asked = urlsplit(canonical).netloc, urlsplit(url.strip())  # the query as it is: in a feed's address it can be what is asked for
    return f"{place.removeprefix('www.')}{asked.path.rstrip('/')}?{asked.query}"


def outlet_id(url: str) -> str:
    """An outlet's id from an address of it: its host, without what only says 'web' or 'feeds'; where many publish, with the path."""
    parts = urlsplit(urls.canonical(url) or "")
    host = re.sub(r"^(?:www\d?|feeds?|rss)\.(?=[^.]+\.)", "", parts.hostname or "")
    place = f"{host} {parts.path} {parts.query}" if host in _SHARED_HOSTS else host
    return re.sub(r"[^a-z0-9.-]+", "-", place.lower()).strip("-.")


def _listed(outline: etree._Element, given: Mapping[str, str], address: str) -> ListedFeed:
    folders = [str(folder.get("text") or folder.get("title") or "").strip().lower() for folder in outline.iterancestors("{*}outline")]
    ours = {name.rpartition("}")[2]: value for name, value in given.items() if name.startswith("{" + _OURS)}
    return ListedFeed(
        url=address,
        title=given.get("title") or given.get("text") or "",
        kind=next((kind for folder in folders for kind in KINDS if folder in (kind, f"{kind}s")), ""),
        section=ours.get("section") or given.get("category", "").partition(",")[0].strip("/").rpartition("/")[2],
        language=_if_like(r"[a-z]{2}", given.get("language", "").partition("-")[0].lower()),
        is_enabled=given.get("iscomment") != "true",
        outlet=_if_like(r"[a-z0-9][a-z0-9.-]*", ours.get("outlet", "")),
        country=_if_like(r"[A-Z]{2}", ours.get("country", "")),
        tier=int(tier) if (tier := _if_like(r"[123]", ours.get("tier", ""))) else None,
        is_full_text=ours.get("full_text") == "true",
    )


def _if_like(form: str, value: str) -> str:
    return value if re.fullmatch(form, value) else ""


def _outline(outlet: OutletEntry, feed: FeedEntry) -> str:
    given: dict[str, object] = {"type": "rss", "text": f"{outlet.name}: {feed.section}" if feed.section else outlet.name, "title": outlet.name}
    given |= {"xmlUrl": feed.url, "language": feed.language, "category": feed.section, "isComment": "" if feed.enabled else "true"}
    kept = outlet.model_dump(include={"outlet", "tier", "country"}, exclude_defaults=True)
    kept |= feed.model_dump(include={"section", "full_text"}, exclude_defaults=True)
    given |= {f"tracker:{name}": str(value).lower() if isinstance(value, bool) else value for name, value in kept.items()}
    attributes = " ".join(f"{name}={quoteattr(plain.controls_off(str(value)))}" for name, value in given.items() if value)
    return f"<outline {attributes}/>"


def _decoded(opml: bytes) -> str:
    """As its byte order mark or its first line says; else as UTF-8; else as Windows would write it. No failure, at worst wrong letters."""
    marks = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
    marked = [encoding for mark, encoding in marks if opml.startswith(mark)]
    declared = re.match(rb"\s*<\?xml[^>]*encoding\s*=\s*[\"']([\w.-]+)", opml)
    for encoding in _known([*marked, *([declared[1].decode()] if declared else []), "utf-8"]):
        try:
            return opml.decode(encoding)
        except UnicodeDecodeError:
            continue
    return opml.decode("cp1252", errors="replace")


def _known(encodings: Sequence[str]) -> Iterable[str]:
    for encoding in encodings:
        try:
            codecs.lookup(encoding)
        except LookupError:
            continue
        yield encoding


def _joined(base: str, href: str) -> str:
    try:
        return urljoin(base, href.strip())
    except ValueError:  # such as an unfinished IPv6 address
        return ""
