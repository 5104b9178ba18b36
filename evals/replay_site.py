"""A world and a night come in; the outlets' feeds and pages as they are then go out on loopback, and what of them was asked for is noted."""

import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from html import escape
from typing import TypeAlias
from xml.sax.saxutils import quoteattr

from aiohttp import web

from evals.replay_world import FAR_FUTURE, FIRST_NIGHT, LONG_AGO, Dating, Item, Outlet, World
from tracker.demo import server
from tracker.demo.server import Reply
from tracker.settings import OutletEntry

FEED = "/feed.xml"
ROBOTS = Reply.of(b"User-agent: *\nDisallow:\n", "text/plain; charset=utf-8")
NEIGHBOURS = 3  # links beside a text
EST, JAPAN, PACIFIC = (timezone(timedelta(hours=hours)) for hours in (-5, 9, -8))


@dataclass(frozen=True, slots=True)
class Look:
    """One listing that a feed gave to whoever asked: when, and the ids it showed."""

    outlet: str
    at: datetime
    listed: tuple[str, ...]


@dataclass(slots=True)
class Site:
    """The world's web. `set` makes it what it is on a night; `looks` are the listings that were asked for since."""

    world: World
    answers: dict[str, dict[str, Reply]]
    addresses: dict[str, str]
    looks: list[Look] = field(default_factory=list)
    _now: datetime = FIRST_NIGHT
    _listed: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def set(self, night: int, now: datetime, without: Collection[str] = ()) -> None:
        """Show what there is at this time; of the items `without` nothing."""
        self._now = now
        for outlet in self.world.outlets:
            answers, site = self.answers[outlet.outlet], self.addresses[outlet.outlet]
            listed = [item for item in listing(self.world, outlet, now) if item.id not in without]
            self._listed[outlet.outlet] = tuple(item.id for item in listed)
            status = self.world.down.get((outlet.outlet, night))
            if status is None:
                answers[FEED] = Reply.of(
                    feed(outlet, listed, site), f"application/{'atom' if outlet.is_atom else 'rss'}+xml; charset=utf-8"
                )
            else:
                answers[FEED] = Reply.of(b"<html><body><h1>Not now</h1></body></html>", status=status)
            for place, item in enumerate(listed):
                if path(item) not in answers:
                    answers[path(item)] = Reply.of(page(outlet, item, listed[place + 1 : place + 1 + NEIGHBOURS], site))

    def note(self, outlet: str, status: int) -> None:
        """Somebody asked this outlet's feed and got this status."""
        if status in (200, 304):
            self.looks.append(Look(outlet, self._now, self._listed[outlet]))

    def entries(self, night: int) -> tuple[OutletEntry, ...]:
        """What feeds.yaml holds on a night."""
        return tuple(
            OutletEntry.model_validate(
                {
                    "outlet": o.outlet, "name": o.outlet.replace("-", " ").title(), "kind": "news",
                    "feeds": [{"url": self.addresses[o.outlet] + FEED, "full_text": o.is_full_text}],
                }
            )
            for o in self.world.outlets if o.joins <= night
        )  # fmt: skip


@asynccontextmanager
async def served(world: World) -> AsyncIterator[Site]:
    """Serve every outlet on a port of its own until the block ends."""
    site = Site(world, {}, {})
    async with AsyncExitStack() as stack:
        for outlet in world.outlets:
            sock = socket.create_server((server.LOOPBACK, 0))
            site.addresses[outlet.outlet] = f"http://{server.LOOPBACK}:{sock.getsockname()[1]}"
            site.answers[outlet.outlet] = {"/robots.txt": ROBOTS}
            app = server.application(site.answers[outlet.outlet])
            app.middlewares.append(_noting(site, outlet.outlet))
            await stack.enter_async_context(server.running(app, sock))
        yield site


_Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]


def _noting(site: Site, outlet: str) -> Callable[[web.Request, _Handler], Awaitable[web.StreamResponse]]:
    @web.middleware
    async def noted(request: web.Request, handler: _Handler) -> web.StreamResponse:
        response = await handler(request)
        if request.path == FEED:
            site.note(outlet, response.status)
        return response

    return noted


def listing(world: World, outlet: Outlet, now: datetime) -> list[Item]:
    """What the outlet's feed shows at a time, newest first."""
    known = [item for item in world.items.values() if item.outlet == outlet.outlet and item.listed_at <= now]
    return sorted(known, key=lambda item: (item.at, item.id), reverse=True)[: outlet.shows]


def path(item: Item) -> str:
    """The address of an item's page on its outlet's site: it names no day."""
    return f"/story/{item.id}"


def written(item: Item, dating: Dating) -> str:
    """The item's time as its outlet writes it; '' where it writes none."""
    if item.shown == "nothing" or dating == "never":
        return ""
    at = {"future": FAR_FUTURE, "ancient": LONG_AGO}.get(item.shown, item.at).replace(tzinfo=UTC)
    if dating == "rfc_gmt":
        return f"{_rfc(at)} GMT"
    if dating == "rfc_est":
        return f"{_rfc(at.astimezone(EST))} EST"
    if dating == "rfc_japan":
        return f"{_rfc(at.astimezone(JAPAN))} +0900"
    if dating == "iso":
        return f"{at:%Y-%m-%dT%H:%M:%SZ}"
    return at.astimezone(PACIFIC).isoformat()


def feed(outlet: Outlet, items: list[Item], site: str) -> bytes:
    """The feed of these items, RSS 2.0 or Atom."""
    dating: Dating = "never" if outlet.dating == "page" else outlet.dating
    listed = "\n".join(_atom(item, dating, site) if outlet.is_atom else _rss(outlet, item, dating, site) for item in items)
    name = escape(outlet.outlet)
    if outlet.is_atom:
        head = f'<feed xmlns="http://www.w3.org/2005/Atom"><title>{name}</title><id>{site}/</id><link href="{site}/"/>'
        return f'<?xml version="1.0" encoding="utf-8"?>\n{head}\n{listed}\n</feed>'.encode()
    spaces = 'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    head = f"<title>{name}</title><link>{site}/</link><description>Invented news</description>"
    return f'<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0" {spaces}><channel>{head}\n{listed}\n</channel></rss>'.encode()


def _rss(outlet: Outlet, item: Item, dating: Dating, site: str) -> str:
    at, element = written(item, dating), "dc:date" if dating.startswith("iso") else "pubDate"
    whole = escape("".join(f"<p>{escape(p)}</p>" for p in item.paragraphs))
    parts = [
        f"<title>{escape(item.title)}</title><link>{site}{path(item)}</link><guid>{site}{path(item)}</guid>",
        f"<description>{escape(_summary(item))}</description>",
        f"<{element}>{at}</{element}>" if at else "",
        f"<content:encoded>{whole}</content:encoded>" if outlet.is_full_text else "",
    ]
    return f"<item>{''.join(parts)}</item>"


def _atom(item: Item, dating: Dating, site: str) -> str:
    at = written(item, dating)
    return (
        f"<entry><title>{escape(item.title)}</title><id>{site}{path(item)}</id><link href={quoteattr(site + path(item))}/>"
        f"<published>{at}</published><updated>{at}</updated><summary>{escape(_summary(item))}</summary></entry>"
    )


def page(outlet: Outlet, item: Item, others: list[Item], site: str) -> bytes:
    """The item's page: furniture, its text, links to others."""
    at = written(item, outlet.dating)
    facts = {"@context": "https://schema.org", "@type": "NewsArticle", "headline": item.title}
    if at:
        facts["datePublished"] = at
    text = "\n".join(f"<p>{escape(paragraph)}</p>" for paragraph in item.paragraphs)
    links = "".join(f'<li><a href="{path(other)}">{escape(other.title)}</a></li>' for other in others)
    name = escape(outlet.outlet.replace("-", " ").title())
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{escape(item.title)} | {name}</title><link rel="canonical" href="{site}{path(item)}">
<script type="application/ld+json">{json.dumps(facts)}</script></head>
<body><header><a href="/">{name}</a><nav><ul><li><a href="/towns">Towns</a></li><li><a href="/trades">Trades</a></li></ul></nav></header>
<main><article><h1>{escape(item.title)}</h1>
{text}
</article><aside><h2>More</h2><ul>{links}</ul></aside></main>
<footer><p><a href="/about">About us</a> <a href="/terms">Terms</a></p></footer></body></html>
""".encode()


def _summary(item: Item) -> str:
    return item.paragraphs[0].split(". ")[0] + "."


def _rfc(at: datetime) -> str:
    """RFC 822 without its zone; English names whatever the locale of the machine."""
    day = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[at.weekday()]
    month = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()[at.month - 1]
    return f"{day}, {at.day:02} {month} {at:%Y %H:%M:%S}"
