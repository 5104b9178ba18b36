"""Faults of robots.txt files and of our own haste: what RFC 9309 asks for, against real servers."""

import asyncio
import socket
import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from aiohttp import web as server

from tests.builders import FIXED_NOW, entry, feed, html, rss
from tests.getting import Names, at_loopback, closed_port, get_all
from tests.web import Web
from tracker.fetch import feeds, pages
from tracker.fetch.client import Client
from tracker.fetch.robots import Robots
from tracker.fetch.turns import Turns, host_key
from tracker.records import RobotsFile
from tracker.settings import FetchSettings

RULES = "User-agent: *\nDisallow: /private\n"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def ask(
    urls: list[str], settings: FetchSettings, known: Iterable[RobotsFile] = (), now: datetime = FIXED_NOW
) -> tuple[list[str | None], list[RobotsFile]]:
    """What robots.txt says about each of these, and what is to be remembered of it."""

    async def run() -> tuple[list[str | None], list[RobotsFile]]:
        async with Client(settings) as client:
            robots = Robots(client, known, now)
            return [await robots.allows(url) for url in urls], robots.files

    return asyncio.run(run())


def serve_rules(web: Web, rules: str | bytes = RULES, status: int = 200, kind: str = "text/plain") -> list[str]:
    """One allowed address and one that is not."""
    web.add("/robots.txt", rules, status=status, kind=kind)
    return [f"{web.base}/open", f"{web.base}/private/a"]


# robots.txt answers


def test_rules_are_read_once_a_run_and_obeyed(web: Web, polite: FetchSettings) -> None:
    answers, remembered = ask(serve_rules(web) * 3, polite)
    assert answers == [None, "robots_disallow"] * 3
    assert web.paths() == ["/robots.txt"]
    assert remembered == [RobotsFile(web.base, FIXED_NOW, RULES)]


def test_a_byte_order_mark_does_not_hide_the_first_group(web: Web, polite: FetchSettings) -> None:
    assert ask(serve_rules(web, b"\xef\xbb\xbf" + RULES.encode()), polite)[0] == [None, "robots_disallow"]


@pytest.mark.parametrize(
    "rules", [b"# caf\xe9 \xff\0\n" + RULES.encode(), RULES.replace("\n", "\r").encode(), b"USER-AGENT:*\r\nDISALLOW:/private#here"]
)
def test_rules_with_broken_characters_or_old_line_ends_are_rules(web: Web, polite: FetchSettings, rules: bytes) -> None:
    assert ask(serve_rules(web, rules), polite)[0] == [None, "robots_disallow"]


def test_of_a_file_over_500_kib_the_beginning_counts(web: Web, polite: FetchSettings) -> None:
    padding = "# padding\n" * 49_000
    assert len(RULES + padding) < polite.robots_bytes
    answers, remembered = ask(serve_rules(web, padding + RULES + padding + "Disallow: /\n"), polite)
    assert answers == [None, "robots_disallow"]
    assert len(remembered[0].rules) <= polite.robots_bytes


def test_a_file_cut_in_the_middle_of_a_rule_loses_that_rule(web: Web, polite: FetchSettings) -> None:
    small = polite.model_copy(update={"robots_bytes": len(RULES + "Disallow: /")})
    assert ask(serve_rules(web, RULES + "Disallow: /only-this\n"), small)[0] == [None, "robots_disallow"]


@pytest.mark.parametrize("kind", ["text/plain", "text/html", ""])
def test_html_as_robots_allows_everything(web: Web, polite: FetchSettings, kind: str) -> None:
    body = "\n <!doctype html><html><body><pre>User-agent: *\nDisallow: /</pre></body></html>"
    assert ask(serve_rules(web, body, kind=kind), polite)[0] == [None, None]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451])
def test_absent_rules_allow_everything(web: Web, polite: FetchSettings, status: int) -> None:
    assert ask(serve_rules(web, RULES, status), polite)[0] == [None, None]


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_server_in_trouble_allows_nothing(web: Web, polite: FetchSettings, status: int) -> None:
    answers, remembered = ask(serve_rules(web, RULES, status), polite)
    assert answers == ["robots_unreachable"] * 2
    assert remembered == [RobotsFile(web.base, None, "", FIXED_NOW)]


def test_a_server_that_does_not_answer_allows_nothing(web: Web, polite: FetchSettings) -> None:
    async def sleep(_: server.Request) -> server.StreamResponse:
        await asyncio.sleep(0.4)
        return server.Response()

    web.handle("/robots.txt", sleep)
    quick = polite.model_copy(update={"total_seconds": 0.2})
    assert ask([f"{web.base}/a", f"http://127.0.0.1:{closed_port()}/a", "http://no.invalid/"], quick)[0] == ["robots_unreachable"] * 3


def test_pages_of_a_server_in_trouble_wait_for_another_night(web: Web, polite: FetchSettings) -> None:
    web.add("/robots.txt", status=503)

    async def run() -> pages.Page:
        async with Client(polite) as client:
            return await pages.fetch(client, Robots(client, [], FIXED_NOW), entry(url=web.add("/a", html())), FIXED_NOW)

    page = asyncio.run(run())
    assert (page.outcome, page.reason, web.paths()) == ("soft_error", "robots_unreachable", ["/robots.txt"])


# Copies of earlier runs


def test_a_copy_less_than_a_day_old_is_used_without_a_request(web: Web, polite: FetchSettings) -> None:
    copy = RobotsFile(web.base, FIXED_NOW - 23 * HOUR, RULES)
    assert ask(serve_rules(web, "User-agent: *\nDisallow: /\n"), polite, [copy]) == ([None, "robots_disallow"], [])
    assert web.seen == []


@pytest.mark.parametrize("fetched_at", [FIXED_NOW - 25 * HOUR, FIXED_NOW + 40 * DAY])
def test_an_older_copy_or_one_from_the_future_is_replaced(web: Web, polite: FetchSettings, fetched_at: datetime) -> None:
    urls = serve_rules(web, "User-agent: *\nDisallow: /open\n")
    answers, remembered = ask(urls, polite, [RobotsFile(web.base, fetched_at, RULES)])
    assert (answers, remembered[0].fetched_at) == (["robots_disallow", None], FIXED_NOW)


def test_while_a_server_is_in_trouble_a_fresh_copy_is_used(web: Web, polite: FetchSettings) -> None:
    copy = RobotsFile(web.base, FIXED_NOW - 3 * HOUR, RULES, FIXED_NOW - HOUR)
    answers, remembered = ask(serve_rules(web, status=503), polite, [copy])
    assert (answers, remembered, len(web.seen)) == ([None, "robots_disallow"], [copy], 1)


@pytest.mark.parametrize(("days", "answers"), [(29, ["robots_unreachable"] * 2), (31, [None, "robots_disallow"])])
def test_rules_out_of_reach_for_a_month_are_as_last_known(web: Web, polite: FetchSettings, days: int, answers: list[str | None]) -> None:
    copy = RobotsFile(web.base, FIXED_NOW - (days + 1) * DAY, RULES, FIXED_NOW - days * DAY)
    assert ask(serve_rules(web, status=503), polite, [copy]) == (answers, [copy])


@pytest.mark.parametrize(("days", "answer"), [(29, "robots_unreachable"), (31, None)])
def test_rules_that_were_never_reached_count_as_absent_after_a_month(web: Web, polite: FetchSettings, days: int, answer: str | None) -> None:
    copy = RobotsFile(web.base, None, "", FIXED_NOW - days * DAY)
    assert ask(serve_rules(web, status=503), polite, [copy])[0] == [answer] * 2


def test_rules_in_reach_again_are_obeyed_at_once(web: Web, polite: FetchSettings) -> None:
    copy = RobotsFile(web.base, None, "", FIXED_NOW - 31 * DAY)
    assert ask(serve_rules(web), polite, [copy]) == ([None, "robots_disallow"], [RobotsFile(web.base, FIXED_NOW, RULES)])


# Redirects


def test_redirected_rules_apply_to_the_first_host(web: Web, polite: FetchSettings) -> None:
    other = Web()
    other.start()
    web.add("/robots.txt", status=301, headers={"Location": "/1"})
    for hop in range(1, 4):
        web.add(f"/{hop}", status=302, headers={"Location": f"/{hop + 1}"})
    web.add("/4", status=302, headers={"Location": other.add("/rules", RULES, kind="text/plain")})
    assert ask([f"{web.base}/private", f"{other.base}/private"], polite)[0] == ["robots_disallow", None]
    other.stop()


def test_a_redirect_loop_of_robots_allows_everything(web: Web, polite: FetchSettings) -> None:
    web.add("/robots.txt", status=301, headers={"Location": "/robots.txt"})
    assert ask([f"{web.base}/private"], polite)[0] == [None]


@pytest.mark.parametrize("location", ["http://127.0.0.2/robots.txt", "file:///etc/passwd", "http://user@example.com/"])
def test_rules_that_lead_somewhere_forbidden_are_out_of_reach(web: Web, polite: FetchSettings, location: str) -> None:
    web.add("/robots.txt", status=302, headers={"Location": location})
    assert ask([f"{web.base}/a"], polite)[0] == ["robots_unreachable"]


def test_a_page_redirected_into_a_forbidden_place_is_not_fetched(web: Web, polite: FetchSettings) -> None:
    serve_rules(web)
    start = web.add("/open", status=302, headers={"Location": "/private/a"})

    async def run() -> pages.Page:
        async with Client(polite) as client:
            return await pages.fetch(client, Robots(client, [], FIXED_NOW), entry(url=start), FIXED_NOW)

    page = asyncio.run(run())
    assert (page.outcome, page.reason, web.paths()) == ("refused", "robots_disallow", ["/robots.txt", "/open"])


def test_feeds_that_a_person_chose_do_not_need_robots(web: Web, polite: FetchSettings) -> None:
    serve_rules(web, "User-agent: *\nDisallow: /\n")

    async def run() -> str:
        async with Client(polite) as client:
            return (await feeds.poll(client, feed(url=web.add("/feed", rss())), None, FIXED_NOW)).outcome

    assert (asyncio.run(run()), web.paths()) == ("ok", ["/feed"])


# The pace


def starts(web: Web) -> list[float]:
    return [seen.at for seen in web.seen]


@pytest.mark.parametrize(
    ("delay", "cap", "least", "most"), [("0.3", 30.0, 0.29, 1.0), ("900", 0.2, 0.19, 1.0), ("nan", 30.0, 0, 0.1), ("-5", 30.0, 0, 0.1)]
)
def test_crawl_delay_is_kept_up_to_a_cap(web: Web, polite: FetchSettings, delay: str, cap: float, least: float, most: float) -> None:
    serve_rules(web, f"User-agent: *\nCrawl-delay: {delay}\n")

    async def run() -> None:
        async with Client(polite.model_copy(update={"host_delay_cap_seconds": cap})) as client:
            await Robots(client, [], FIXED_NOW).allows(f"{web.base}/a")
            for path in ("/a", "/b"):
                await client.get(web.base + path, 100)

    asyncio.run(run())
    assert least <= starts(web)[2] - starts(web)[1] <= most


def test_of_one_host_one_request_is_in_flight(web: Web, polite: FetchSettings) -> None:
    in_flight = [0]
    most = [0]

    async def count(_: server.Request) -> server.StreamResponse:
        in_flight[0] += 1
        most[0] = max(most[0], in_flight[0])
        await asyncio.sleep(0.02)
        in_flight[0] -= 1
        return server.Response()

    get_all([web.handle(f"/{number}", count) for number in range(8)], polite)
    assert (len(web.seen), most[0]) == (8, 1)


def test_subdomains_and_both_schemes_share_one_pace(web: Web, secure_web: Web, polite: FetchSettings) -> None:
    names = at_loopback("example.com", "www.example.com", "news.example.com")
    urls = [
        f"http://example.com:{web.port}/a",
        f"https://www.example.com:{secure_web.port}/b",  # its handshake fails: that is a visit, too
        f"http://news.example.com:{web.port}/c",
    ]
    get_all(urls, polite.model_copy(update={"host_delay_seconds": 0.2}), names=names)
    assert starts(web)[1] - starts(web)[0] >= 0.39


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("http://www.example.co.uk/a", "example.co.uk"),
        ("https://News.Example.co.uk:8443/b", "example.co.uk"),
        ("https://example.co.uk./", "example.co.uk"),
        ("https://one.github.io/", "one.github.io"),  # a public suffix: its names belong to different people
        ("http://b\u00fccher.de/", "xn--bcher-kva.de"),
        ("http://localhost:8000/", "localhost:8000"),
        ("http://192.0.2.7/", "192.0.2.7:80"),
        ("https://[2001:db8::1]/", "2001:db8::1:443"),
        ("http://example.com:99999/", ""),
        ("http://[::1", ""),
    ],
)
def test_the_pace_is_kept_by_registrable_domain(url: str, key: str) -> None:
    assert host_key(url) == key


def test_a_pause_passes_between_two_starts(web: Web, polite: FetchSettings) -> None:
    get_all([f"{web.base}/{number}" for number in range(4)], polite.model_copy(update={"host_delay_seconds": 0.15}))
    assert all(later - earlier >= 0.14 for earlier, later in pairwise(starts(web)))


@pytest.mark.parametrize(("answer_seconds", "cap", "pause"), [(0.5, 30.0, 0.1), (6.0, 30.0, 0.3), (600.0, 0.25, 0.25), (600.0, 0.05, 0.1)])
def test_a_slow_host_is_asked_more_slowly(answer_seconds: float, cap: float, pause: float) -> None:
    async def run() -> float:
        turns = Turns(0.1, cap, 8)
        turns.host("https://example.com/").answered(answer_seconds)
        started = time.monotonic()
        for _ in range(2):
            async with turns.turn("https://www.example.com/a"):
                pass
        return time.monotonic() - started

    assert pause - 0.01 <= asyncio.run(run()) <= pause + 0.15


def test_we_say_who_we_are_and_where_to_write(web: Web) -> None:
    settings = FetchSettings(allow_private_hosts=("127.0.0.1",), host_delay_seconds=0)
    get_all([f"{web.base}/a"], settings)
    agent = web.seen[0].headers["User-Agent"]
    assert agent.startswith("narrative-tracker/")
    assert "(+https://" in agent
    assert "Mozilla" not in agent


def test_a_group_that_names_us_goes_before_the_one_for_all(web: Web, polite: FetchSettings) -> None:
    urls = serve_rules(web, "User-agent: *\nDisallow: /\n\nUser-agent: Narrative-Tracker\nDisallow: /private\n")
    assert ask(urls, polite)[0] == [None, "robots_disallow"]


def test_a_host_that_asked_for_time_is_asked_for_its_rules_later_in_the_same_run(web: Web, polite: FetchSettings) -> None:
    web.add("/busy", status=429)
    urls = serve_rules(web)

    async def run() -> list[str | None]:
        async with Client(polite.model_copy(update={"host_down_seconds": 0.2})) as client:
            robots = Robots(client, [], FIXED_NOW)
            await client.get(f"{web.base}/busy", 100)
            first = await robots.allows(urls[0])
            await asyncio.sleep(0.25)
            return [first, await robots.allows(urls[0])]

    assert asyncio.run(run()) == ["host_asked_to_wait", None]


def test_names_that_nobody_knows_are_not_waited_for(polite: FetchSettings) -> None:
    unknown = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    names = Names({f"{part}.example.com": [unknown] for part in "abcd"})
    started = time.monotonic()
    found = get_all([f"http://{part}.example.com/" for part in "abcd"], polite.model_copy(update={"host_delay_seconds": 5.0}), names=names)
    assert {response.reason for response in found} == {"dns_unknown"}
    assert time.monotonic() - started < 3  # no host was asked, so none is hurried
