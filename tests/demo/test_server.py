"""Each outlet of the demo answers on its own port, in its own manner, as a real site would."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

import aiohttp
import feedparser
import pytest
from lxml import html

from tracker import settings
from tracker.demo.server import LOOPBACK, Served, serve
from tracker.demo.world import DemoOutlet, load
from tracker.errors import SettingsError

WORLD = load()
BY_ID = {outlet.outlet: outlet for outlet in WORLD.outlets}
UNREADABLE_PAGES = {"meridian-evening", "fallen-tower"}


class Answer(NamedTuple):
    """What the server sent."""

    status: int
    headers: Mapping[str, str]
    body: bytes


Get = Callable[..., Awaitable[Answer]]
_Result = TypeVar("_Result")


def visit(steps: Callable[[Served, Get], Awaitable[_Result]]) -> _Result:
    """Serve the world on free ports and take some steps in it."""

    async def run() -> _Result:
        async with serve(WORLD, base_port=0) as served, aiohttp.ClientSession() as session:

            async def get(url: str, **headers: str) -> Answer:
                async with session.get(url, headers={name.replace("_", "-"): value for name, value in headers.items()}) as reply:
                    return Answer(reply.status, reply.headers, await reply.read())

            return await steps(served, get)

    return asyncio.run(run())


def feed_of(served: Served, outlet: str) -> str:
    """The address of an outlet's feed."""
    entry: Any = next(entry["feeds"][0] for entry in served.feeds if entry["outlet"] == outlet)
    return str(entry if isinstance(entry, str) else entry["url"])


def words_of(page: bytes) -> str:
    """What a reader sees of a page, with single spaces."""
    return " ".join(html.fromstring(page.decode()).text_content().split())


@pytest.mark.parametrize("outlet", [o for o in WORLD.outlets if o.fault != "unavailable"], ids=lambda o: o.outlet)
def test_a_feed_lists_every_article_of_its_outlet(outlet: DemoOutlet) -> None:
    async def steps(served: Served, get: Get) -> Answer:
        return await get(feed_of(served, outlet.outlet))

    feed = feedparser.parse(visit(steps).body)
    articles = WORLD.of(outlet)
    assert not feed.bozo
    assert [entry.title for entry in feed.entries] == [article.title for article in articles]
    assert [urlsplit(entry.link).path for entry in feed.entries] == [article.path for article in articles]
    assert [entry.summary for entry in feed.entries] == [article.summary for article in articles]
    dates = [entry.get("published_parsed") or entry.get("updated_parsed") for entry in feed.entries]
    if outlet.feed == "rss-undated":
        assert dates == [None] * len(articles)
    else:
        assert [tuple(date[:6]) for date in dates] == [tuple(article.shown_at.timetuple()[:6]) for article in articles]


@pytest.mark.parametrize("outlet", [o for o in WORLD.outlets if o.outlet not in UNREADABLE_PAGES], ids=lambda o: o.outlet)
def test_pages_show_the_whole_text_inside_the_outlets_own_chrome(outlet: DemoOutlet) -> None:
    async def steps(served: Served, get: Get) -> list[Answer]:
        site = feed_of(served, outlet.outlet).removesuffix("/feed.xml")
        return [await get(site + article.path) for article in WORLD.of(outlet)]

    for article, answer in zip(WORLD.of(outlet), visit(steps), strict=True):
        seen = words_of(answer.body)
        assert answer.status == 200
        assert outlet.name in seen
        assert article.title in seen
        assert article.paragraphs[0] in seen
        if article.is_paywalled:
            assert article.paragraphs[1] not in seen
            assert b'"isAccessibleForFree": false' in answer.body
        else:
            assert all(paragraph in seen for paragraph in article.paragraphs)
        assert ("(Harrow Wire)" in seen) or not article.is_wire_copy
        assert len(seen) > len(article.title) + len(article.body) / 3  # navigation, related links


def test_undated_pages_carry_no_date() -> None:
    async def steps(served: Served, get: Get) -> list[Answer]:
        site = feed_of(served, "saltmarsh-review").removesuffix("/feed.xml")
        return [await get(site + article.path) for article in WORLD.of(BY_ID["saltmarsh-review"])]

    for article, answer in zip(WORLD.of(BY_ID["saltmarsh-review"]), visit(steps), strict=True):
        chrome = words_of(answer.body)
        for paragraph in article.paragraphs:
            chrome = chrome.replace(paragraph, "")
        assert "202" not in chrome
        assert "Last-Modified" not in answer.headers


def test_civic_circuit_crosses_midnight_in_both_directions() -> None:
    async def steps(served: Served, get: Get) -> Answer:
        return await get(feed_of(served, "civic-circuit"))

    shown = {entry.id.rpartition(":")[2]: entry.published for entry in feedparser.parse(visit(steps).body).entries}
    assert shown["civic-circuit-006"] == "2026-01-27T21:10:00-05:00"  # in UTC the 28th
    assert shown["civic-circuit-009"] == "2026-06-17T00:50:00+02:00"  # in UTC the 16th


def test_the_newsletters_feed_carries_whole_articles() -> None:
    async def steps(served: Served, get: Get) -> Answer:
        assert {"url": feed_of(served, "tensor-notebook"), "full_text": True} in [e["feeds"][0] for e in served.feeds]
        return await get(feed_of(served, "tensor-notebook"))

    entry = feedparser.parse(visit(steps).body).entries[0]
    newest = WORLD.of(BY_ID["tensor-notebook"])[0]
    assert all(paragraph in words_of(entry.content[0].value.encode()) for paragraph in newest.paragraphs)


def test_whoever_has_the_feed_already_is_told_so() -> None:
    async def steps(served: Served, get: Get) -> list[Answer]:
        url = feed_of(served, "harrow-wire")
        first = await get(url)
        return [
            first,
            await get(url, If_None_Match=first.headers["ETag"]),
            await get(url, If_Modified_Since=first.headers["Last-Modified"]),
            await get(url, If_None_Match='"another"', If_Modified_Since=first.headers["Last-Modified"]),
        ]

    first, by_tag, by_date, changed = visit(steps)
    assert (by_tag.status, by_tag.body) == (304, b"")
    assert (by_date.status, by_date.body) == (304, b"")
    assert (changed.status, changed.body) == (200, first.body)


def test_the_consent_wall_is_the_same_everywhere_and_hides_the_text() -> None:
    async def steps(served: Served, get: Get) -> list[Answer]:
        site = feed_of(served, "meridian-evening").removesuffix("/feed.xml")
        return [await get(site + article.path) for article in WORLD.of(BY_ID["meridian-evening"])]

    bodies = {answer.body for answer in visit(steps)}
    assert len(bodies) == 1
    assert "Accept all" in words_of(bodies.pop())
    assert all(len(article.summary.split()) >= 45 for article in WORLD.of(BY_ID["meridian-evening"]))


def test_the_fallen_server_fails_at_each_request() -> None:
    async def steps(served: Served, get: Get) -> list[int]:
        return [(await get(feed_of(served, "fallen-tower"))).status for _ in range(3)]

    assert visit(steps) == [503, 503, 503]


def test_the_dormant_desk_fell_silent_in_2025() -> None:
    assert {article.published_at.year for article in WORLD.of(BY_ID["dormant-desk"])} == {2025}


def test_every_host_has_robots_txt_and_one_closes_a_folder() -> None:
    async def steps(served: Served, get: Get) -> dict[str, Answer]:
        return {o.outlet: await get(feed_of(served, o.outlet).replace("feed.xml", "robots.txt")) for o in WORLD.outlets}

    answers = visit(steps)
    assert {answer.status for answer in answers.values()} == {200}
    assert [name for name, answer in answers.items() if b"Disallow: /private/" in answer.body] == ["substation-weekly"]


def test_unknown_addresses_are_not_found() -> None:
    async def steps(served: Served, get: Get) -> int:
        return (await get(feed_of(served, "lattice-ledger").replace("feed.xml", "nothing-here"))).status

    assert visit(steps) == 404


def test_what_is_served_can_be_written_as_feeds_yaml(tmp_path: Path) -> None:
    async def steps(served: Served, get: Get) -> Served:
        return served

    served = visit(steps)
    file = tmp_path / "feeds.yaml"
    file.write_text(served.feeds_yaml, encoding="utf-8")
    read = settings.read_feeds(file)
    assert [outlet.outlet for outlet in read.outlets] == [outlet.outlet for outlet in WORLD.outlets]
    assert [urlsplit(feed.url).netloc for outlet in read.outlets for feed in outlet.feeds] == list(served.allow)
    assert len(set(served.allow)) == len(WORLD.outlets)
    assert all(f"# {outlet.about}" in served.feeds_yaml for outlet in WORLD.outlets)
    settings.FetchSettings(allow_private_hosts=served.allow)


def test_a_taken_port_moves_the_whole_block_and_is_told() -> None:
    async def run() -> tuple[Served, int]:
        with socket.create_server((LOOPBACK, 0)) as taken:
            port = taken.getsockname()[1]
            async with serve(WORLD, base_port=port) as served:
                return served, port

    served, port = asyncio.run(run())
    assert served.base_port > port
    assert f"{LOOPBACK}:{port}" not in served.allow
    assert str(port) in served.note and str(served.base_port) in served.note


def test_no_free_ports_is_a_mistake_one_can_mend() -> None:
    async def run() -> None:
        async with serve(WORLD, base_port=65_530):
            pass

    with pytest.raises(SettingsError, match="free ports"):
        asyncio.run(run())
