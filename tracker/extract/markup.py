"""What a page says about itself in its markup: HTML bytes come in; its dates, headings and 'not free' marks go out."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lxml import etree, html

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
_ARTICLE_KINDS = ("Article", "NewsArticle", "BlogPosting", "Report", "Posting", "WebPage")


@dataclass(frozen=True, slots=True)
class Markup:
    """`dates` as written, best first; `headings` are the title element and the h1 elements."""

    dates: tuple[str, ...] = ()
    headings: tuple[str, ...] = ()
    is_free: bool = True


def read(body: bytes) -> Markup:
    """Read a page's head. An unreadable page gives an empty Markup."""
    try:
        tree = html.document_fromstring(body)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return Markup()
    nodes = [node for script in tree.xpath("//script[@type='application/ld+json']") for node in _nodes(script.text or "")]
    published = [str(node["datePublished"]) for node in nodes if _is_article(node) and node.get("datePublished")]
    for name in _DATE_NAMES:
        published += tree.xpath("//meta[@property=$name or @itemprop=$name or @name=$name]/@content", name=name)
    published += tree.xpath("//*[@itemprop='datePublished']/@datetime")
    headings = [" ".join(element.text_content().split()) for element in tree.xpath("//title | //h1")]
    marks = [node.get("isAccessibleForFree") for node in nodes]
    marks += tree.xpath("//meta[@itemprop='isAccessibleForFree']/@content")
    is_free = not any(str(mark).strip().lower().rpartition("/")[2] == "false" for mark in marks)
    return Markup(tuple(published), tuple(headings), is_free)


def _is_article(node: dict[str, Any]) -> bool:
    return any(str(kind).endswith(_ARTICLE_KINDS) for kind in _listed(node.get("@type")))


def _nodes(text: str) -> Iterator[dict[str, Any]]:
    """Every JSON-LD object on any level, outer ones first."""
    try:
        todo: list[Any] = [json.loads(text, strict=False)]
    except (ValueError, RecursionError):
        return
    while todo:
        value = todo.pop(0)
        if isinstance(value, dict):
            yield value
            todo.extend(value.values())
        elif isinstance(value, list):
            todo.extend(value)


def _listed(value: Any) -> list[Any]:  # JSON-LD writes one or a list of anything
    return value if isinstance(value, list) else [value]
