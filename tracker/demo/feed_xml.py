"""An outlet and its articles come in; its RSS or Atom feed goes out, written as sites of that kind write it."""

from collections.abc import Callable, Sequence
from datetime import datetime
from xml.sax.saxutils import escape, quoteattr

from tracker.demo import shown_dates
from tracker.demo.world import DemoArticle, DemoOutlet, FeedFormat

# how each RSS dialect dates an item: the element and the way the moment is written
RSS_DATES: dict[FeedFormat, tuple[str, Callable[[datetime], str]]] = {
    "rss": ("pubDate", shown_dates.gmt),
    "rss-full": ("pubDate", shown_dates.gmt),
    "rss-us": ("pubDate", shown_dates.american),
    "rss-dc": ("dc:date", shown_dates.iso),
}
NAMESPACES = 'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/"'


def render(outlet: DemoOutlet, articles: Sequence[DemoArticle], site: str) -> tuple[bytes, str]:
    """The feed of `articles` in their order, and its content type. `site` is the outlet's address without a final slash."""
    if outlet.feed.startswith("atom"):
        return _atom(outlet, articles, site).encode(), "application/atom+xml; charset=utf-8"
    return _rss(outlet, articles, site).encode(), "application/rss+xml; charset=utf-8"


def _rss(outlet: DemoOutlet, articles: Sequence[DemoArticle], site: str) -> str:
    items = "\n".join(_item(outlet, article, site) for article in articles)
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" {NAMESPACES}><channel>
<title>{escape(outlet.name)}</title>
<link>{site}/</link>
<description>{escape(outlet.name)}: latest articles</description>
<language>en</language>
{items}
</channel></rss>
"""


def _item(outlet: DemoOutlet, article: DemoArticle, site: str) -> str:
    link = escape(site + article.path + outlet.feed_query)
    parts = [
        f"<title>{escape(article.title)}</title>",
        f"<link>{link}</link>",
        f'<guid isPermaLink="false">{escape(article.id)}</guid>',
        f"<dc:creator>{escape(article.author)}</dc:creator>",
        f"<category>{escape(article.section)}</category>",
        f"<description>{escape(article.summary)}</description>",
    ]
    if outlet.feed in RSS_DATES:
        element, written = RSS_DATES[outlet.feed]
        parts.append(f"<{element}>{written(article.shown_at)}</{element}>")
    if outlet.feed == "rss-full":
        html = "".join(f"<p>{escape(paragraph)}</p>" for paragraph in article.paragraphs)
        parts.append(f"<content:encoded>{escape(html)}</content:encoded>")
    return f"<item>{''.join(parts)}</item>"


def _atom(outlet: DemoOutlet, articles: Sequence[DemoArticle], site: str) -> str:
    written = shown_dates.zoned if outlet.feed == "atom-zoned" else shown_dates.iso
    entries = "\n".join(_entry(outlet, article, site, written(article.shown_at)) for article in articles)
    newest = max((article.shown_at for article in articles), default=datetime(2025, 1, 1))
    return f"""<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">
<title>{escape(outlet.name)}</title>
<id>tag:{outlet.outlet},2025:feed</id>
<link rel="self" href="{site}/feed.xml"/><link rel="alternate" type="text/html" href="{site}/"/>
<updated>{written(newest)}</updated>
{entries}
</feed>
"""


def _entry(outlet: DemoOutlet, article: DemoArticle, site: str, written: str) -> str:
    return (
        f"<entry><title>{escape(article.title)}</title><id>tag:{outlet.outlet},2025:{escape(article.id)}</id>"
        f'<link rel="alternate" type="text/html" href={quoteattr(site + article.path + outlet.feed_query)}/>'
        f"<published>{written}</published><updated>{written}</updated>"
        f"<author><name>{escape(article.author)}</name></author><category term={quoteattr(article.section)}/>"
        f"<summary>{escape(article.summary)}</summary></entry>"
    )
