"""A world comes in; its outlets go out on loopback, each on a port of its own, as ordinary web sites."""

import hashlib
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import yaml
from aiohttp import web

from tracker.demo import feed_xml, page_html
from tracker.demo.world import DemoArticle, DemoOutlet, World
from tracker.errors import SettingsError

LOOPBACK = "127.0.0.1"
BASE_PORT = 8641  # in a range without well-known services, below the ports that systems hand out by themselves
PORT_BLOCKS = 50  # blocks of ports tried before we give up: more are taken only by a runaway program
HTML = "text/html; charset=utf-8"
ROBOTS = {"substation-weekly": "User-agent: *\nDisallow: /private/\n"}  # everyone else: everything may be read
UNAVAILABLE = b"<html><body><h1>503 Service Unavailable</h1></body></html>"


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server answers at one path, ready to be sent."""

    body: bytes
    content_type: str
    status: int
    etag: str
    modified_at: datetime | None

    @classmethod
    def of(cls, body: bytes, content_type: str = HTML, status: int = 200, modified_at: datetime | None = None) -> "Reply":
        """A reply with the entity tag of its body. `modified_at` is naive UTC."""
        return cls(body, content_type, status, hashlib.sha256(body).hexdigest()[:16], modified_at)


@dataclass(frozen=True, slots=True)
class Served:
    """A served world: what to put into feeds.yaml and into TRACKER_ALLOW_PRIVATE_HOSTS, and a note for the operator, or ''."""

    feeds: tuple[dict[str, Any], ...]
    feeds_yaml: str
    allow: tuple[str, ...]
    base_port: int
    note: str


@asynccontextmanager
async def serve(world: World, base_port: int = BASE_PORT) -> AsyncIterator[Served]:
    """Serve every outlet until the block ends, on consecutive ports from `base_port` (0: any free ports).

    If one of the ports is taken, the next free block is used and `note` says so. Raises SettingsError if there is none.
    """
    sockets, first = _listen(base_port, len(world.outlets))
    ports = [sock.getsockname()[1] for sock in sockets]
    async with AsyncExitStack() as stack:
        for outlet, sock in zip(world.outlets, sockets, strict=True):
            site = f"http://{LOOPBACK}:{sock.getsockname()[1]}"
            await stack.enter_async_context(running(application(replies(outlet, world.of(outlet), site)), sock))
        entries = tuple(_feeds_entry(outlet, port) for outlet, port in zip(world.outlets, ports, strict=True))
        yield Served(
            feeds=entries,
            feeds_yaml=_feeds_yaml(world.outlets, entries),
            allow=tuple(f"{LOOPBACK}:{port}" for port in ports),
            base_port=first,
            note="" if first == base_port else f"A port from {base_port} on is taken; serving from port {first} on instead.",
        )


def replies(outlet: DemoOutlet, articles: Sequence[DemoArticle], site: str) -> dict[str, Reply]:
    """Everything one outlet answers, by path. `articles` are newest first."""
    robots = Reply.of(ROBOTS.get(outlet.outlet, "User-agent: *\nDisallow:\n").encode(), "text/plain; charset=utf-8")
    if outlet.fault == "unavailable":
        down = Reply.of(UNAVAILABLE, status=503)
        return {"/robots.txt": robots, "/": down, "/feed.xml": down} | {article.path: down for article in articles}
    feed, feed_type = feed_xml.render(outlet, articles, site)
    template = page_html.shape(outlet)
    pages = {
        article.path: Reply.of(page_html.render(template, outlet, article, _neighbours(articles, place), site))
        for place, article in enumerate(articles)
    }
    newest = max((article.published_at for article in articles), default=None)
    return pages | {
        "/": Reply.of(page_html.front(outlet, articles)),
        "/feed.xml": Reply.of(feed, feed_type, modified_at=newest),
        "/robots.txt": robots,
    }


def application(answers: Mapping[str, Reply]) -> web.Application:
    """A web server that gives each path its reply, 304 to whoever has it already, and 404 to everything else."""

    async def answer(request: web.Request) -> web.Response:
        reply = answers.get(request.path)
        if reply is None:
            return web.Response(status=404, text="Not found")
        response = web.Response(body=reply.body, status=reply.status, headers={"Content-Type": reply.content_type})
        if reply.status == 200:
            response.etag = reply.etag
            response.last_modified = reply.modified_at.replace(tzinfo=UTC) if reply.modified_at else None
            if _has_it_already(request, reply):
                response.set_status(304)
                response.body = None
        return response

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    return app


@asynccontextmanager
async def running(app: web.Application, sock: socket.socket) -> AsyncIterator[None]:
    """Serve `app` on a listening socket until the block ends, then close both."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)  # one second: loopback clients have nothing left to send
    await runner.setup()
    try:
        await web.SockSite(runner, sock).start()
        yield
    finally:
        await runner.cleanup()


def _has_it_already(request: web.Request, reply: Reply) -> bool:
    """RFC 9110, section 13.2.2: an If-None-Match outweighs an If-Modified-Since."""
    if request.if_none_match is not None:
        return any(tag.value in (reply.etag, "*") for tag in request.if_none_match)
    since = request.if_modified_since
    return since is not None and reply.modified_at is not None and reply.modified_at.replace(tzinfo=UTC) <= since


def _neighbours(articles: Sequence[DemoArticle], place: int) -> list[DemoArticle]:
    """The articles after this one, and from the top again: the links beside a text differ from page to page."""
    return [*articles[place + 1 :], *articles[:place]][: page_html.RELATED_LINKS]


def _listen(base_port: int, count: int) -> tuple[list[socket.socket], int]:
    for block in range(PORT_BLOCKS):
        first = base_port + block * count if base_port else 0
        sockets: list[socket.socket] = []
        try:
            for offset in range(count):
                sockets.append(socket.create_server((LOOPBACK, first + offset if first else 0)))  # noqa: PERF401  # those opened are closed below
        except (OSError, OverflowError):  # taken, or past the last port
            for sock in sockets:
                sock.close()
        else:
            return sockets, first
    raise SettingsError(f"no {count} free ports in a row from {base_port} on; close another program or choose other ports")


def _feeds_entry(outlet: DemoOutlet, port: int) -> dict[str, Any]:
    address = f"http://{LOOPBACK}:{port}/feed.xml"
    return {
        "outlet": outlet.outlet,
        "name": outlet.name,
        "kind": outlet.kind,
        "tier": outlet.tier,
        "country": outlet.country,
        "feeds": [{"url": address, "full_text": True} if outlet.feed == "rss-full" else address],
    }


def _feeds_yaml(outlets: Sequence[DemoOutlet], entries: Sequence[dict[str, Any]]) -> str:
    head = "# The invented outlets of the demo, served on this machine only while `tracker demo` runs.\noutlets:\n"
    parts = []
    for outlet, entry in zip(outlets, entries, strict=True):
        listed = yaml.safe_dump([entry], sort_keys=False, allow_unicode=True)
        parts.append(f"# {outlet.about}\n{listed}")
    return head + "\n".join(parts)
