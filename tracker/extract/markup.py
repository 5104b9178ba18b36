"""What a page says about itself in its markup: HTML bytes come in; a tree and its title, dates, address and 'not free' marks go out."""

import codecs
import json
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from tracker.extract import plain, urls

Tree: TypeAlias = Any  # lxml ships no types

# Where publishers write the time of first publication, most precise first.
_DATE_NAMES = (
    "article:published_time",
    "og:article:published_time",
    "og:published_time",
    "datePublished",
    "parsely-pub-date",
    "sailthru.date",
    "pubdate",
    "publish-date",
    "DC.date.issued",
    "dcterms.created",
    "citation_publication_date",
    "article.published",
    "cXenseParse:recs:publishtime",
)
_DAY_LETTERS = 10  # as many as 2026-11-22 has
_TITLE_NAMES = ("og:title", "twitter:title", "parsely-title")
_AUTHOR_NAMES = ("author", "parsely-author", "sailthru.author", "dc.creator", "article:author")
_ARTICLE_KINDS = ("Article", "NewsArticle", "BlogPosting", "Report", "Posting", "WebPage")
_HEADLINES = 20  # no page has more that say what it is about; hostile ones have 100,000
_SITE_PARTS = re.compile(r"\s+(?:[|\u2013\u2014\u00b7\u00bb:-]|::)\s+")  # what stands between a headline and the name of the site
_BODY_CLASS = re.compile(r"(?:^|[\s_-])(?:body|content|text)(?:[\s_-]|$)", re.IGNORECASE)

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_CONTROLS = bytes({*range(32)} - set(b"\t\n\v\f\r\x1b"))  # \x1b: Japanese mail encodings switch alphabets with it
_BINARY_SHARE = 0.05  # of control bytes; a PDF or a picture has a tenth, a page with stray ones far fewer
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w:.-]+)", re.IGNORECASE)
_HEAD_BYTES = 2048  # HTML asks for the charset within the first 1,024 bytes; some sites write a banner first
# Browsers read these names as the larger sets that contain them (WHATWG Encoding); other codecs of Python are no charsets.
_LARGER = {
    "iso8859-1": "cp1252",
    "ascii": "cp1252",
    "iso8859-9": "cp1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
}
_WEB_CODECS = ("iso8859", "cp125", "cp874", "koi8", "gb18030", "big5", "euc_", "cp932", "iso2022_jp", "utf-16", "mac-")


@dataclass(frozen=True, slots=True)
class Markup:
    """What a page says about itself; empty where it says nothing.

    `dates` as written, best first; `headings` are the title element and the h1 elements; `canonical` is the page's own name for its
    address, on its own site; `words` is the length of the article that JSON-LD states, 0 when it states none.
    """

    title: str = ""
    author: str = ""
    dates: tuple[str, ...] = ()
    headings: tuple[str, ...] = ()
    canonical: str | None = None
    is_free: bool = True
    words: int = 0


def parse(body: bytes, content_type: str = "") -> Tree | None:
    """The page as a tree of elements; None when it is no HTML."""
    import trafilatura

    text = _decoded(body, content_type)
    return None if text is None else trafilatura.load_html(text)


def read(tree: Tree, url: str) -> Markup:
    """Read the head of a page that was served at `url`."""
    nodes = [node for script in tree.iterfind(".//script[@type='application/ld+json']") for node in _nodes(script.text or "")]
    articles = [node for node in nodes if _is_article(node)]
    meta = _meta(tree)
    published = [str(node["datePublished"]) for node in articles if node.get("datePublished")]
    published += [value for name in _DATE_NAMES for value in meta.get(name.lower(), ())]
    published += tree.xpath("//*[@itemprop='datePublished']/@datetime")
    times = tree.xpath("//time/@datetime[string()]")
    if len({time[:_DAY_LETTERS] for time in times}) == 1:  # with more days, most are those of other stories
        published.append(times[0])
    page_title = " ".join(tree.findtext(".//title", "").split())
    headlines = [text for element in islice(tree.iter("h1"), _HEADLINES) if (text := " ".join(element.text_content().split()))]
    given = [value for name in _TITLE_NAMES for value in meta.get(name, ())[:1]]
    given += [plain.line(str(node["headline"])) for node in articles[:_HEADLINES] if node.get("headline")]
    marks = [str(node.get("isAccessibleForFree")) for node in nodes] + meta.get("isaccessibleforfree", [])
    return Markup(
        title=_title(headlines, [*given, page_title], page_title, [*meta.get("og:site_name", ()), urlsplit(url).hostname or ""]),
        author=_author(articles, meta),
        dates=tuple(published),
        headings=(page_title, *headlines) if page_title else tuple(headlines),
        canonical=_canonical([*tree.xpath("//link[@rel='canonical']/@href"), *meta.get("og:url", ())], url),
        is_free=not any(mark.strip().lower().rpartition("/")[2] == "false" for mark in marks),
        words=max((_words(node) for node in articles), default=0),
    )


def join_pieces(tree: Tree) -> None:
    """Make an article's body whole again where the page cut it in pieces of one class, with advertisements between them.

    Extraction takes one element for the body, so it would find the first piece only.
    """
    for article in tree.xpath("//article[not(.//article)]"):
        pieces: dict[str, list[Tree]] = {}
        for element in article.iter("div", "section"):
            name = element.get("class") or ""
            if _BODY_CLASS.search(name) and len(element.findall("p")) > 1:
                pieces.setdefault(name, []).append(element)
        for first, *others in pieces.values():
            for other in others:
                if first not in other.iterancestors():
                    first.extend(list(other))


def drop_data(tree: Tree) -> None:
    """Take the JSON-LD out: of an article that is not free it may hold what the page does not show."""
    for script in tree.xpath("//script[@type='application/ld+json']"):
        script.drop_tree()


def _decoded(body: bytes, content_type: str) -> str | None:
    """The text in its byte order mark's encoding; else UTF-8 if it is; else as declared in the header or the page; else a guess.

    None for bytes that are no text at all.
    """
    from trafilatura.utils import decode_file

    for bom, encoding in _BOMS:
        if body.startswith(bom):
            return body[len(bom) :].decode(encoding, "replace")
    head = body[:_HEAD_BYTES]
    if head.count(0) > len(head) // 3:  # Latin letters in UTF-16 have a zero byte each
        return body.decode("utf-16-be" if head[:1] == b"\0" else "utf-16-le", "replace")
    if len(body) - len(body.translate(None, _CONTROLS)) > _BINARY_SHARE * len(body):
        return None
    text = body.decode("utf-8", "replace")
    bad = text.count("\ufffd")
    if not bad or len(text) - len(text.encode("ascii", "ignore")) > 2 * bad:  # UTF-8 with some bytes broken
        return text
    declared = _CHARSET.search(content_type) or _CHARSET.search(head.decode("ascii", "ignore"))
    return _as_declared(body, declared[1] if declared else "") or str(decode_file(body))


def _as_declared(body: bytes, charset: str) -> str:
    """The text in a charset of the web; '' where there is no such charset or the page is not written in it."""
    try:
        name = codecs.lookup(charset).name
        name = _LARGER.get(name, name)
        return body.decode(name) if name.startswith(_WEB_CODECS) else ""
    except (LookupError, UnicodeError):
        return ""


def _meta(tree: Tree) -> dict[str, list[str]]:
    """Contents of meta elements by lower-case name."""
    found: dict[str, list[str]] = {}
    for element in tree.iter("meta"):
        content = " ".join((element.get("content") or "").split())
        for attribute in ("property", "name", "itemprop"):
            if content and (name := element.get(attribute)):
                found.setdefault(name.lower(), []).append(content)
    return found


def _title(headlines: list[str], given: list[str], page_title: str, sites: list[str]) -> str:
    """The headline a reader sees: the h1 that the page's own names for itself agree with best; else the first of those names."""
    names = {_letters(site) for site in sites if site}
    last = _letters(_SITE_PARTS.split(page_title)[-1])
    seen = [
        line for line in headlines if _letters(line) not in names and (_letters(line) != last or last == _letters(page_title))
    ]
    best = max(seen, key=lambda line: max((_agreement(line, name) for name in given), default=0.0), default="")
    if best and (not given or any(_agreement(best, name) for name in given)):
        return best
    return next((_site_off(name, names) for name in given if _letters(name)), best)


def _agreement(a: str, b: str) -> float:
    if _letters(a) == _letters(b):
        return 1.0
    words, others = plain.telling_words(a), plain.telling_words(b)
    return len(words & others) / max(len(words | others), 1)


def _site_off(title: str, names: set[str]) -> str:
    """The title without the site's name at its end: a name the page gives itself, or one that its host contains."""
    parts = list(_SITE_PARTS.finditer(title))
    if parts:
        end = _letters(title[parts[-1].end() :])
        if any(end in name or (name and name in end) for name in names):
            return title[: parts[-1].start()]
    return title


def _letters(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum())


def _canonical(links: list[str], url: str) -> str | None:
    for link in links:
        address = urls.canonical(link, url)
        if address is not None and urlsplit(address).path != "/" and urls.same_site(address, url):
            return address
    return None


def _author(articles: list[dict[str, Any]], meta: dict[str, list[str]]) -> str:
    people = (person for node in articles for person in _listed(node.get("author")))
    names = (person.get("name") if isinstance(person, dict) else person for person in people)
    named = (plain.line(str(name or "")) for name in chain(names, *(meta.get(name, ()) for name in _AUTHOR_NAMES)))
    return next((name for name in named if name and not name.startswith(("http:", "https:", "@"))), "")


def _words(node: dict[str, Any]) -> int:
    stated = str(node.get("wordCount") or "")
    return int(stated) if stated.isdecimal() else len(str(node.get("articleBody") or "").split())


def _is_article(node: dict[str, Any]) -> bool:
    return any(str(kind).endswith(_ARTICLE_KINDS) for kind in _listed(node.get("@type")))


def _nodes(text: str) -> Iterator[dict[str, Any]]:
    """Every JSON-LD object on any level, outer ones first."""
    try:
        todo: deque[Any] = deque([json.loads(text, strict=False)])
    except (ValueError, RecursionError):
        return
    while todo:
        value = todo.popleft()
        if isinstance(value, dict):
            yield value
            todo.extend(value.values())
        elif isinstance(value, list):
            todo.extend(value)


def _listed(value: Any) -> list[Any]:  # JSON-LD writes one or a list of anything
    return value if isinstance(value, list) else [value]
