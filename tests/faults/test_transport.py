"""Faults between us and a server: each is met for real on loopback, by one route or one server."""

import asyncio
import socket
import time
import tracemalloc
import zlib
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import brotli
import pytest
from aiohttp import web as server
from aiohttp.abc import ResolveResult
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import FIXED_NOW, feed, html, rss, rss_item
from tests.getting import Names, at_loopback, closed_port, get, get_all, get_from_raw
from tests.web import Handler, Web
from tracker.fetch import feeds
from tracker.fetch.address import refusal
from tracker.fetch.client import Client, Response
from tracker.fetch.headers import retry_after_seconds
from tracker.fetch.turns import host_key
from tracker.records import FeedFetch, Validators
from tracker.settings import FetchSettings

zstd = pytest.importorskip("backports.zstd")

ZEROS = bytes(2**20)
BOMB_MEGABYTES = 50
A_MINUTE_LATER = "Sun, 01 Nov 2026 06:01:00 GMT"


def poll(url: str, settings: FetchSettings, last: Validators | None = None, now: datetime = FIXED_NOW, verify_tls: bool = True) -> FeedFetch:
    async def run() -> FeedFetch:
        async with Client(settings) as client:
            return await feeds.poll(client, feed(url=url, verify_tls=verify_tls), last, now)

    return asyncio.run(run())


def one_after_another(settings: FetchSettings, *urls: str, pause: float = 0.0, names: Names | None = None) -> list[Response]:
    """The answers of one run, the last URL asked after a pause."""

    async def run() -> list[Response]:
        async with Client(settings, names) as client:
            first = [await client.get(url, 100_000) for url in urls[:-1]]
            await asyncio.sleep(pause)
            return [*first, await client.get(urls[-1], 100_000)]

    return asyncio.run(run())


def bomb(coding: str) -> bytes:
    """Many megabytes of zeros in a thousandth of the space, or less."""
    if coding == "zstd":
        pack = zstd.ZstdCompressor(level=1)
        return b"".join([*(pack.compress(ZEROS) for _ in range(BOMB_MEGABYTES)), pack.flush()])
    if coding == "br":
        squeeze = brotli.Compressor(quality=1)
        return b"".join([*(squeeze.process(ZEROS) for _ in range(BOMB_MEGABYTES)), squeeze.finish()])
    deflate = zlib.compressobj(1, wbits=31 if coding == "gzip" else 15)
    return b"".join([*(deflate.compress(ZEROS) for _ in range(BOMB_MEGABYTES)), deflate.flush()])


# Compression and bodies


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_a_compression_bomb_stops_at_the_limit_in_time_and_memory(web: Web, polite: FetchSettings, coding: str) -> None:
    url = web.add("/bomb", bomb(coding), headers={"Content-Encoding": coding})
    tracemalloc.start()
    started = time.monotonic()
    response = get(url, polite)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (response.outcome, response.reason, len(response.body)) == ("hard_error", "too_large", 100_000)
    assert time.monotonic() - started < 2
    assert peak < 10 * 2**20


@pytest.mark.parametrize(("coding", "packed"), [("br", brotli.compress(b"hello")), ("zstd", zstd.compress(b"hello"))])
def test_brotli_and_zstd_are_offered_and_read(web: Web, polite: FetchSettings, coding: str, packed: bytes) -> None:
    assert get(web.add("/a", packed, headers={"Content-Encoding": coding}), polite).body == b"hello"
    assert {"gzip", "br", "zstd"} <= {offer.strip() for offer in web.seen[0].headers["Accept-Encoding"].split(",")}


@pytest.mark.parametrize("coding", ["gzip, gzip", "gzip, br", "zstd,zstd"])
def test_stacked_encodings_are_refused_unread(web: Web, polite: FetchSettings, coding: str) -> None:
    response = get(web.add("/a", zlib.compress(zlib.compress(ZEROS, wbits=31), wbits=31), headers={"Content-Encoding": coding}), polite)
    assert (response.outcome, response.reason, response.body) == ("hard_error", "bad_content_encoding", b"")


def test_encodings_stacked_in_two_headers_are_refused_too(polite: FetchSettings) -> None:
    async def talk(writer: asyncio.StreamWriter) -> None:
        packed = zlib.compress(zlib.compress(ZEROS, wbits=31), wbits=31)
        head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n\r\n"
        writer.write(head.encode() + packed)
        await writer.drain()

    response = get_from_raw(polite, talk)
    assert (response.reason, response.body) == ("bad_content_encoding", b"")


def test_an_endless_body_stops_at_the_limit(web: Web, polite: FetchSettings) -> None:
    async def endless(request: server.Request) -> server.StreamResponse:
        response = server.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x" * 10_000)

    response = get(web.handle("/endless", endless), polite)
    assert (response.outcome, response.reason, len(response.body)) == ("hard_error", "too_large", 100_000)


# Deadlines


async def drip_headers(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n")
    for number in range(1000):
        writer.write(f"X-{number}: slow\r\n".encode())
        await writer.drain()
        await asyncio.sleep(0.05)


async def drip_body(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(1000):
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.05)


async def say_nothing(_: asyncio.StreamWriter) -> None:
    await asyncio.sleep(5)


@pytest.mark.parametrize("talk", [drip_headers, drip_body, say_nothing])
def test_slow_headers_and_a_slow_body_meet_the_deadline(
    polite: FetchSettings, talk: Callable[[asyncio.StreamWriter], Awaitable[None]]
) -> None:
    started = time.monotonic()
    response = get_from_raw(polite.model_copy(update={"total_seconds": 0.4}), talk)
    assert (response.outcome, response.reason) == ("soft_error", "timeout")
    assert time.monotonic() - started < 1.5


def test_slow_redirects_share_one_deadline(web: Web, polite: FetchSettings) -> None:
    async def slow(_: server.Request) -> server.StreamResponse:
        await asyncio.sleep(0.25)
        return server.Response(status=302, headers={"Location": "/slow"})

    response = get(web.handle("/slow", slow), polite.model_copy(update={"total_seconds": 0.6}))
    assert (response.outcome, response.reason, len(web.seen)) == ("soft_error", "timeout", 3)


def test_a_name_server_that_does_not_answer_meets_the_deadline(polite: FetchSettings) -> None:
    class Silent(Names):
        async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC) -> list[ResolveResult]:
            await asyncio.sleep(5)
            return []

    response = get("http://www.example.com/", polite.model_copy(update={"total_seconds": 0.3}), names=Silent({}))
    assert (response.outcome, response.reason) == ("soft_error", "timeout")


# Redirects


def test_a_redirect_loop_ends(web: Web, polite: FetchSettings) -> None:
    web.add("/there", status=301, headers={"Location": "/back"})
    response = get(web.add("/back", status=302, headers={"Location": "/there"}), polite)
    assert (response.outcome, response.reason) == ("hard_error", "too_many_redirects")
    assert len(web.seen) == polite.redirects + 1


@pytest.mark.parametrize(("hops", "reason"), [(5, ""), (6, "too_many_redirects")])
def test_five_redirects_are_followed_and_a_longer_chain_is_not(web: Web, polite: FetchSettings, hops: int, reason: str) -> None:
    for hop in range(hops):
        web.add(f"/{hop}", status=302, headers={"Location": f"/{hop + 1}"})
    web.add(f"/{hops}", "the end")
    assert get(f"{web.base}/0", polite).reason == reason


@pytest.mark.parametrize(
    "location", ["file:///etc/passwd", "data:text/html,x", "ftp://example.com/a", "javascript:alert(1)", "JavaScript:x", "gopher://a/"]
)
def test_a_redirect_to_another_scheme_is_refused(web: Web, polite: FetchSettings, location: str) -> None:
    response = get(web.add("/go", status=302, headers={"Location": location}), polite)
    assert (response.outcome, response.reason) == ("refused", "bad_scheme")


@pytest.mark.parametrize("location", ["http://[::1", "http://a..b/", "http://example.com:99999/"])
def test_a_redirect_to_no_address_is_refused(web: Web, polite: FetchSettings, location: str) -> None:
    response = get(web.add("/go", status=302, headers={"Location": location}), polite)
    assert (response.outcome, response.reason) == ("refused", "bad_url")


def test_a_redirect_in_latin_1_is_followed_byte_by_byte(web: Web, polite: FetchSettings) -> None:
    async def talk(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 302 Found\r\nLocation: " + web.base.encode() + b"/caf\xe9\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()

    assert get_from_raw(polite, talk).final_url == f"{web.base}/caf%E9"


def test_cookies_and_credentials_are_not_carried_along(web: Web, polite: FetchSettings) -> None:
    other = Web()
    other.start()
    other.add("/three", "hello")
    web.add("/two", status=302, headers={"Location": f"{other.base}/three", "Set-Cookie": "c=d"})
    assert get(web.add("/one", status=302, headers={"Location": "/two", "Set-Cookie": "a=b"}), polite).outcome == "ok"
    for seen in (*web.seen, *other.seen):
        assert not {"Cookie", "Authorization"} & set(seen.headers)
    other.stop()


@pytest.mark.parametrize("location", ["http://user:secret@127.0.0.1/", "//user@127.0.0.1/", "http://example.com\\@127.0.0.1/"])
def test_credentials_in_a_redirect_are_refused(web: Web, polite: FetchSettings, location: str) -> None:
    assert get(web.add("/go", status=302, headers={"Location": location}), polite).reason == "credentials_in_url"


@given(st.text(st.characters()), st.sampled_from(["", "//", "http://", "http://example.com/", "https://example.com:", "http://[", "HTTP:"]))
def test_whatever_is_asked_for_there_is_an_answer(text: str, start: str) -> None:
    """Hosts are all unknown here: nothing is connected to."""

    class Nobody(Names):
        async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC) -> list[ResolveResult]:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")

    response = get(start + text, FetchSettings(host_delay_seconds=0), names=Nobody({}))
    assert response.outcome in ("refused", "hard_error", "soft_error")


# What a feed's server says about its news


def answers_condition(tag: str | None, modified: str | None, fresh: dict[str, str] | None = None) -> Handler:
    async def answer(request: server.Request) -> server.StreamResponse:
        if request.headers.get("If-None-Match") == tag and request.headers.get("If-Modified-Since") == modified:
            return server.Response(status=304, headers=fresh or {})
        given = {"ETag": tag, "Last-Modified": modified}
        return server.Response(text=rss(rss_item()), headers={name: value for name, value in given.items() if value})

    return answer


def test_etag_and_last_modified_are_kept_verbatim_and_both_sent_back(web: Web, polite: FetchSettings) -> None:
    tag, modified = 'W/"a b\\"c--gzip"', "sat, 31 oct 2026 10:00:00 +0000"
    url = web.handle("/feed", answers_condition(tag, modified))
    first = poll(url, polite)
    assert (first.validators.etag, first.validators.last_modified) == (tag, modified)
    assert (poll(url, polite, first.validators).outcome, web.seen[1].headers["If-None-Match"]) == ("unchanged", tag)


def test_a_304_brings_new_validators_and_keeps_those_it_does_not_name(web: Web, polite: FetchSettings) -> None:
    known = Validators('"1"', A_MINUTE_LATER, "hash", FIXED_NOW)
    now = FIXED_NOW + timedelta(days=1)
    fetched = poll(web.handle("/feed", answers_condition('"1"', A_MINUTE_LATER, {"ETag": '"2"'})), polite, known, now)
    assert fetched.outcome == "unchanged"
    assert fetched.validators == Validators('"2"', A_MINUTE_LATER, "hash", FIXED_NOW)


def test_validators_that_a_200_no_longer_names_are_forgotten(web: Web, polite: FetchSettings) -> None:
    known = Validators('"1"', A_MINUTE_LATER, "hash", FIXED_NOW)
    fetched = poll(web.add("/feed", rss(rss_item())), polite, known)
    assert (fetched.outcome, fetched.validators.etag, fetched.validators.last_modified) == ("ok", None, None)
    assert (fetched.validators.full_at, web.seen[0].headers["If-None-Match"]) == (FIXED_NOW, '"1"')


@pytest.mark.parametrize(
    ("full_at", "is_conditional"),
    [
        (FIXED_NOW - timedelta(days=6), True),
        (FIXED_NOW - timedelta(days=8), False),
        (FIXED_NOW + timedelta(days=900), False),  # the clock was wrong then
        (None, False),
    ],
)
def test_a_304_that_lies_is_found_out_after_a_week(
    web: Web, polite: FetchSettings, full_at: datetime | None, is_conditional: bool
) -> None:
    async def liar(request: server.Request) -> server.StreamResponse:
        return server.Response(status=304) if "If-None-Match" in request.headers else server.Response(text=rss(rss_item()))

    fetched = poll(web.handle("/feed", liar), polite, Validators('"1"', None, "old", full_at))
    assert fetched.outcome == ("unchanged" if is_conditional else "ok")


def test_a_304_to_a_question_without_conditions_is_a_failure(web: Web, polite: FetchSettings) -> None:
    fetched = poll(web.add("/feed", status=304), polite)
    assert (fetched.outcome, fetched.reason) == ("soft_error", "http_304")


@pytest.mark.parametrize(
    ("chain", "is_moved"),
    [([301], True), ([308], True), ([301, 308], True), ([302], False), ([303], False), ([307], False), ([301, 302], False), ([307, 301], False)],
)
def test_only_a_chain_of_permanent_redirects_says_where_a_feed_moved(
    web: Web, polite: FetchSettings, chain: list[int], is_moved: bool
) -> None:
    for hop, status in enumerate(chain):
        web.add(f"/{hop}", status=status, headers={"Location": f"/{hop + 1}"})
    end = web.add(f"/{len(chain)}", rss(rss_item()))
    fetched = poll(f"{web.base}/0", polite)
    assert (fetched.outcome, fetched.final_url) == ("ok", end)
    assert fetched.moved_to == (end if is_moved else None)


# Waiting when asked to


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "120"}, 120),
        ({"Retry-After": "9" * 400}, 24 * 3600),
        ({"Retry-After": "Sun, 01 Nov 2026 06:02:00 GMT", "Date": "Sun, 01 Nov 2026 06:00:00 GMT"}, 120),
        ({"Retry-After": "Mon, 01 Nov 2027 06:02:00 GMT", "Date": "Sun, 01 Nov 2026 06:00:00 GMT"}, 24 * 3600),
        ({"Retry-After": "Sun, 01 Nov 2026 05:00:00 GMT", "Date": "Sun, 01 Nov 2026 06:00:00 GMT"}, 0),
    ],
)
def test_retry_after_counts_from_the_servers_date_to_a_day_at_most(
    web: Web, polite: FetchSettings, headers: dict[str, str], seconds: float
) -> None:
    asked = get(web.add("/a", status=429, headers=headers), polite).retry_after_seconds
    assert asked is not None
    assert seconds <= asked <= 1.1 * seconds


@pytest.mark.parametrize("value", ["soon", "-5", "1e9", "\u0661\u0662", "Sun, 01 Nov 2026 06:02:00 +99999999999999999999"])
def test_a_retry_after_that_says_nothing_is_none(web: Web, polite: FetchSettings, value: str) -> None:
    assert get(web.add("/a", status=503, headers={"Retry-After": value}), polite).retry_after_seconds is None


@given(st.text(), st.text())
def test_whatever_retry_after_says_it_is_nothing_or_less_than_a_day(value: str, date: str) -> None:
    seconds = retry_after_seconds({"retry-after": value, "date": date})
    assert seconds is None or 0 <= seconds <= 24 * 3600


def test_clients_that_were_turned_away_together_come_back_apart(web: Web, polite: FetchSettings) -> None:
    url = web.add("/a", status=503, headers={"Retry-After": "1000"})
    assert len({get(url, polite).retry_after_seconds for _ in range(4)}) > 1


@pytest.mark.parametrize(("status", "headers"), [(429, {"Retry-After": "3600"}), (503, {"Retry-After": "3600"}), (429, {})])
def test_a_host_that_asks_for_time_is_left_alone_as_a_whole(web: Web, polite: FetchSettings, status: int, headers: dict[str, str]) -> None:
    port = web.port
    web.add("/busy", status=status, headers=headers)
    urls = [f"http://feeds.example.com:{port}/busy", f"http://www.example.com:{port}/a", f"http://www.example.net:{port}/a"]
    answers = get_all(urls, polite, names=at_loopback("feeds.example.com", "www.example.com", "www.example.net"))
    assert [answer.reason for answer in answers] == [f"http_{status}", "host_asked_to_wait", "http_404"]
    assert len(web.seen) == 2


def test_a_host_that_asked_for_time_is_asked_again_when_it_is_over(web: Web, polite: FetchSettings) -> None:
    busy = web.add("/busy", status=429)
    soon = polite.model_copy(update={"host_down_seconds": 0.2})
    answers = one_after_another(soon, busy, f"{web.base}/a", f"{web.base}/a", pause=0.3)
    assert [answer.reason for answer in answers] == ["http_429", "host_asked_to_wait", "http_404"]


# Hosts that are not there


def test_of_a_host_that_is_down_the_other_addresses_are_skipped(polite: FetchSettings) -> None:
    base = f"http://127.0.0.1:{closed_port()}"
    slow = polite.model_copy(update={"host_delay_seconds": 0.2})  # nobody waits for a host that is not asked
    started = time.monotonic()
    reasons = [answer.reason for answer in get_all([f"{base}/{number}" for number in range(50)], slow)]
    assert reasons == ["connection"] * 2 + ["host_down"] * 48
    assert time.monotonic() - started < 2


def test_a_host_that_was_down_is_asked_again_after_a_while(polite: FetchSettings) -> None:
    base = f"http://127.0.0.1:{closed_port()}"
    soon = polite.model_copy(update={"host_down_seconds": 0.3})
    answers = one_after_another(soon, *(f"{base}/{number}" for number in range(4)), pause=0.4)
    assert [answer.reason for answer in answers] == ["connection", "connection", "host_down", "connection"]


def test_an_answer_of_any_kind_shows_that_a_host_is_up(web: Web, polite: FetchSettings) -> None:
    async def sleep(_: server.Request) -> server.StreamResponse:
        await asyncio.sleep(0.4)
        return server.Response()

    slow, good = web.handle("/slow", sleep), f"{web.base}/none"
    answers = one_after_another(polite.model_copy(update={"total_seconds": 0.2}), slow, good, slow, good)
    assert [answer.reason for answer in answers] == ["timeout", "http_404", "timeout", "http_404"]


def test_dead_names_of_a_domain_do_not_take_the_living_ones_with_them(web: Web, polite: FetchSettings) -> None:
    unknown = socket.gaierror(socket.EAI_NONAME, "unknown")
    names = Names({"a.example.com": [unknown], "b.example.com": [unknown], "c.example.com": [["127.0.0.1"]]})
    urls = [f"http://{name}.example.com:{web.port}/x" for name in "aabbc"]
    assert [answer.reason for answer in get_all(urls, polite, names=names)][-1] == "http_404"


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (socket.gaierror(socket.EAI_AGAIN, "try again"), "dns_temporary"),
        (socket.gaierror(socket.EAI_FAIL, "failed"), "dns_temporary"),
        (socket.gaierror(socket.EAI_NONAME, "unknown"), "dns_unknown"),
        (OSError("network is down"), "dns_temporary"),
    ],
)
def test_a_name_server_in_trouble_is_told_from_a_name_nobody_knows(polite: FetchSettings, error: OSError, reason: str) -> None:
    response = get("http://www.example.com/", polite, names=Names({"www.example.com": [error]}))
    assert (response.outcome, response.reason) == ("soft_error", reason)


def test_a_name_that_really_does_not_exist(polite: FetchSettings) -> None:
    assert get("http://no-such-host.invalid/", polite).reason in ("dns_unknown", "dns_temporary")  # by the machine's resolver


# Headers


def test_hundreds_of_headers_and_a_16_kilobyte_policy_are_read(web: Web, polite: FetchSettings) -> None:
    headers = {f"X-Header-{number}": "v" for number in range(300)} | {"Content-Security-Policy": "x" * 16 * 1024}
    assert get(web.add("/a", "hello", headers=headers), polite).body == b"hello"


@pytest.mark.parametrize("fields", [b"X-A: b\r\n" * 2000, b"X-A: " + b"b" * 2**20 + b"\r\n"])
def test_two_thousand_headers_or_a_megabyte_in_one_are_refused(polite: FetchSettings, fields: bytes) -> None:
    async def talk(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n" + fields + b"Content-Length: 5\r\n\r\nhello")
        await writer.drain()

    response = get_from_raw(polite, talk)
    assert (response.outcome, response.reason) == ("soft_error", "bad_http")


def test_a_server_that_does_not_speak_http(polite: FetchSettings) -> None:
    async def talk(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HELLO I AM NOT HTTP\r\n\r\n")
        await writer.drain()

    response = get_from_raw(polite, talk)
    assert (response.outcome, response.reason) == ("soft_error", "bad_http")


def test_a_body_shorter_than_announced_is_a_soft_failure(polite: FetchSettings) -> None:
    async def talk(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhello")
        await writer.drain()

    response = get_from_raw(polite, talk)
    assert (response.outcome, response.reason, response.body) == ("soft_error", "connection", b"")


# TLS


def test_a_wrong_certificate_is_a_soft_failure_and_read_only_where_feeds_yaml_says_so(secure_web: Web, polite: FetchSettings) -> None:
    url = secure_web.add("/feed", rss(rss_item()))
    refused = poll(url, polite)
    assert (refused.outcome, refused.reason, refused.body) == ("soft_error", "tls", b"")
    assert secure_web.seen == []
    accepted = poll(url, polite, verify_tls=False)
    assert (accepted.outcome, accepted.feed.verify_tls) == ("ok", False)


def test_plain_http_behind_https_is_a_tls_failure(web: Web, polite: FetchSettings) -> None:
    assert get(web.base.replace("http:", "https:") + "/", polite).reason == "tls"


# Walls and names


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (403, {"cf-mitigated": "challenge"}),
        (503, {"cf-mitigated": "challenge"}),
        (403, {"x-datadome": "protected"}),
        (429, {"x-vercel-mitigated": "challenge"}),
        (202, {"x-amzn-waf-action": "challenge"}),
        (405, {"x-amzn-waf-action": "captcha"}),
    ],
)
def test_a_bot_wall_is_named_and_its_page_not_kept(web: Web, polite: FetchSettings, status: int, headers: dict[str, str]) -> None:
    response = get(web.add("/a", html(), status=status, headers=headers), polite)
    assert (response.outcome, response.reason, response.body) == ("soft_error", "bot_wall", b"")


def test_a_refusal_without_a_challenge_is_no_bot_wall(web: Web, polite: FetchSettings) -> None:
    assert get(web.add("/a", html(), status=403, headers={"Server": "cloudflare"}), polite).reason == "http_403"
    assert get(web.add("/b", html(), headers={"x-datadome": "protected"}), polite).outcome == "ok"


def test_an_idn_host_is_one_host_however_it_is_written(web: Web, polite: FetchSettings) -> None:
    assert host_key("http://www.b\u00fccher.de/") == host_key("http://xn--bcher-kva.de/") == "xn--bcher-kva.de"
    url = f"http://b\u00fccher.example.com:{web.port}/a"
    web.add("/a", "hello")
    assert get(url, polite, names=at_loopback("xn--bcher-kva.example.com")).body == b"hello"
    assert web.seen[0].headers["Host"].startswith("xn--bcher-kva.example.com")


@pytest.mark.parametrize("host", ["a..b", "x" * 64 + ".com", "a\u200e.com", "\ud800.com"])
def test_a_host_that_idna_does_not_know_is_refused(host: str) -> None:
    assert refusal(f"http://{host}/") == "bad_url"


@pytest.mark.parametrize("host", ["\u2460\u2461\u2466.\u24ea.\u24ea.\u2460", "\uff11\uff12\uff17.0.0.1", "127\u30020\u30020\u30021"])
def test_digits_in_disguise_lead_to_loopback_and_are_refused(web: Web, host: str) -> None:
    response = get(web.base.replace("127.0.0.1", host) + "/secret", FetchSettings(host_delay_seconds=0))
    assert (response.outcome, response.reason, web.seen) == ("refused", "private_address", [])


def test_a_header_that_is_no_ascii_is_left_out_and_the_answer_read(polite: FetchSettings) -> None:
    async def talk(writer: asyncio.StreamWriter) -> None:
        writer.write(b'HTTP/1.1 200 OK\r\nETag: "caf\xe9"\r\nLast-Modified: yesterday\r\nContent-Length: 2\r\n\r\nok')
        await writer.drain()

    response = get_from_raw(polite, talk)
    assert (response.outcome, response.body) == ("ok", b"ok")
    assert "etag" not in response.headers  # a string that no database takes
    assert response.headers["last-modified"] == "yesterday"


def test_a_host_whose_bodies_never_end_is_left_alone_after_two(web: Web, polite: FetchSettings) -> None:
    urls = [web.add(f"/{number}", b"x" * 200_000) for number in range(4)]
    reasons = [response.reason for response in get_all(urls, polite, limit_bytes=100_000)]
    assert reasons == ["too_large", "too_large", "host_down", "host_down"]
