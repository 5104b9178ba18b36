"""An outlet and one of its articles come in; the HTML page goes out, dressed in the outlet's template from shapes/."""

import json
from collections.abc import Sequence
from html import escape
from pathlib import Path
from string import Template

from tracker.demo import shown_dates
from tracker.demo.world import DemoArticle, DemoOutlet

SHAPES_FOLDER = Path(__file__).parent / "shapes"
RELATED_LINKS = 5  # what a real article page offers beside its text
SUBSCRIBE_NOTICE = (
    '<div class="subscribe-wall"><h2>Subscribe to keep reading</h2><p>This article is for subscribers. '
    'Already have an account? <a href="/login">Log in</a></p><p><a class="button" href="/offers">See our offers</a></p></div>'
)


def shape(outlet: DemoOutlet) -> Template:
    """The template of the outlet's pages. Raises FileNotFoundError when shapes/ has no such file."""
    return Template((SHAPES_FOLDER / f"{outlet.page}.html").read_text(encoding="utf-8"))


def render(template: Template, outlet: DemoOutlet, article: DemoArticle, others: Sequence[DemoArticle], site: str) -> bytes:
    """The page of an article at `site`, with links to some of the `others`. Every value is escaped."""
    paragraphs = article.paragraphs[:1] if article.is_paywalled else article.paragraphs
    if article.is_wire_copy:
        paragraphs = (*paragraphs, "(Harrow Wire)")
    texts = [escape(paragraph, quote=False) for paragraph in paragraphs]
    return template.substitute(
        outlet=escape(outlet.name),
        title=escape(article.title),
        author=escape(article.author),
        section=escape(article.section),
        summary=escape(article.summary),
        url=escape(site + article.path),
        iso=shown_dates.iso(article.shown_at),
        american=shown_dates.american(article.shown_at),
        zoned=shown_dates.zoned(article.shown_at),
        spoken=shown_dates.spoken(article.shown_at),
        paragraphs="\n".join(f"<p>{text}</p>" for text in texts),
        blocks="\n".join(f'<div class="bx-t bx-t--{n % 3}"><div>{text}</div></div>' for n, text in enumerate(texts)),
        breaks="<br><br>\n".join(texts),
        related="\n".join(_link(other) for other in others if other.id != article.id),
        notice=SUBSCRIBE_NOTICE if article.is_paywalled else "",
        json_ld=_json_ld(outlet, article, site),
    ).encode()


def front(outlet: DemoOutlet, articles: Sequence[DemoArticle]) -> bytes:
    """The outlet's front page: its headlines, and the address of its feed."""
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{escape(outlet.name)}</title>
<link rel="alternate" type="application/rss+xml" title="{escape(outlet.name)}" href="/feed.xml"></head>
<body><h1>{escape(outlet.name)}</h1><ul>{"".join(_link(article) for article in articles)}</ul></body></html>
""".encode()


def _link(article: DemoArticle) -> str:
    return f'<li><a href="{escape(article.path)}">{escape(article.title)}</a></li>'


def _json_ld(outlet: DemoOutlet, article: DemoArticle, site: str) -> str:
    facts = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": article.title,
        "datePublished": shown_dates.iso(article.shown_at),
        "author": {"@type": "Person", "name": article.author},
        "publisher": {"@type": "Organization", "name": outlet.name},
        "mainEntityOfPage": site + article.path,
        "isAccessibleForFree": not article.is_paywalled,
    }
    return json.dumps(facts).replace("</", "<\\/")  # so that no headline can close the script element
