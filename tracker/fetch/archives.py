"""Older articles on the web: an outlet's site comes in; the addresses and bytes of its sitemaps, and pages of its feeds, go out.

All through the client's guard and politeness, and robots.txt: no person chose these addresses.
"""

from datetime import datetime

from tracker.fetch import feeds
from tracker.fetch.client import Client, Response
from tracker.fetch.robots import Robots
from tracker.records import Feed, FeedFetch, Validators

SITEMAP_BYTES = 50 * 2**20  # packed or not: sitemaps.org's own limit
_ACCEPT = "application/xml, text/xml;q=0.9, text/plain;q=0.8, */*;q=0.1"
# Where sitemaps lie when robots.txt names none; news first
_USUAL_PLACES = ("/news-sitemap.xml", "/sitemap-news.xml", "/sitemap_index.xml", "/sitemap.xml")


async def sitemap_addresses(robots: Robots, origin: str) -> tuple[list[str], bool]:
    """The sitemaps that an origin's robots.txt names; else the usual places, and True: these are guesses."""
    named = await robots.sitemaps(f"{origin}/")
    return (named, False) if named else ([origin + place for place in _USUAL_PLACES], True)


async def get_sitemap(client: Client, robots: Robots, url: str) -> Response:
    """Fetch one sitemap. Of a too large one the beginning comes back, as `too_large`."""
    return await client.get(url, SITEMAP_BYTES, {"Accept": _ACCEPT}, may_visit=robots.allows)


async def get_feed_page(client: Client, robots: Robots, feed: Feed, url: str, now: datetime) -> FeedFetch:
    """Fetch an older page of a feed; its entries will count as the feed's own."""
    reason = await robots.allows(url)
    if reason is not None:
        return FeedFetch(feed, url, now, "refused", reason, None, Validators(), b"", "", 0.0)
    return await feeds.poll(client, feed, None, now, url)
