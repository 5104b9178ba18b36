"""robots.txt is obeyed as RFC 9309 says."""

import asyncio

import pytest

from tests.builders import FIXED_NOW
from tests.web import Web
from tracker.fetch.client import Client
from tracker.fetch.robots import Robots
from tracker.settings import FetchSettings

RULES = "User-agent: *\nDisallow: /private\n"


def ask(urls: list[str], settings: FetchSettings) -> list[str | None]:
    async def run() -> list[str | None]:
        async with Client(settings) as client:
            robots = Robots(client, [], FIXED_NOW)
            return [await robots.allows(url) for url in urls]

    return asyncio.run(run())


def test_disallowed_paths_are_named_and_the_file_is_read_once(web: Web, polite: FetchSettings) -> None:
    web.add("/robots.txt", RULES, kind="text/plain")
    assert ask([f"{web.base}/a", f"{web.base}/private/b", f"{web.base}/c"], polite) == [None, "robots_disallow", None]
    assert web.paths() == ["/robots.txt"]


def test_a_group_for_us_goes_before_the_group_for_all(web: Web, polite: FetchSettings) -> None:
    web.add("/robots.txt", "User-agent: narrative-tracker\nDisallow: /\n\nUser-agent: *\nAllow: /\n", kind="text/plain")
    assert ask([f"{web.base}/a"], polite) == ["robots_disallow"]


def test_a_byte_order_mark_does_not_hide_the_first_group(web: Web, polite: FetchSettings) -> None:
    web.add("/robots.txt", b"\xef\xbb\xbf" + RULES.encode(), kind="text/plain")
    assert ask([f"{web.base}/private"], polite) == ["robots_disallow"]


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (404, None),
        (403, None),
        (410, None),
        (429, "robots_unreachable"),
        (500, "robots_unreachable"),
        (503, "robots_unreachable"),
    ],
)
def test_absent_rules_allow_and_broken_servers_do_not(web: Web, polite: FetchSettings, status: int, reason: str | None) -> None:
    web.add("/robots.txt", RULES, status=status)
    assert ask([f"{web.base}/private"], polite) == [reason]


def test_html_is_no_robots_file(web: Web, polite: FetchSettings) -> None:
    web.add("/robots.txt", "<html>Disallow: /</html>", kind="text/plain")
    assert ask([f"{web.base}/private"], polite) == [None]


def test_redirected_rules_apply_to_the_first_host_and_loops_to_none(web: Web, polite: FetchSettings) -> None:
    web.add("/robots.txt", status=301, headers={"Location": "/rules"})
    web.add("/rules", RULES, kind="text/plain")
    assert ask([f"{web.base}/private"], polite) == ["robots_disallow"]
    web.add("/robots.txt", status=301, headers={"Location": "/robots.txt"})
    assert ask([f"{web.base}/private"], polite) == [None]


def test_of_a_huge_file_the_beginning_counts(web: Web, polite: FetchSettings) -> None:
    web.add("/robots.txt", RULES + "# padding\n" * 100_000, kind="text/plain")
    assert ask([f"{web.base}/private"], polite) == ["robots_disallow"]


def test_crawl_delay_is_kept(web: Web, polite: FetchSettings) -> None:
    web.add("/robots.txt", "User-agent: *\nCrawl-delay: 0.3\n", kind="text/plain")
    web.add("/a", "x")
    web.add("/b", "x")

    async def run() -> None:
        async with Client(polite) as client:
            await Robots(client, [], FIXED_NOW).allows(f"{web.base}/a")
            for path in ("/a", "/b"):
                await client.get(web.base + path, 100)

    asyncio.run(run())
    assert web.seen[2].at - web.seen[1].at > 0.29


def test_a_private_host_is_refused_as_such(web: Web) -> None:
    assert ask([f"{web.base}/a"], FetchSettings(host_delay_seconds=0)) == ["private_address"]
