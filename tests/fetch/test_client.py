"""Whatever a server does, the client answers with one record, in time and within its size."""

import asyncio
import gzip
import socket
import time
from itertools import pairwise

import pytest
from aiohttp import web as server

from tests.builders import gzip_bomb
from tests.web import Web
from tracker.fetch.client import Client, Response
from tracker.settings import FetchSettings


def get(url: str, settings: FetchSettings, limit_bytes: int = 100_000) -> Response:
    return get_all([url], settings, limit_bytes)[0]


def get_all(urls: list[str], settings: FetchSettings, limit_bytes: int = 100_000, yields_to_host: bool = False) -> list[Response]:
    async def run() -> list[Response]:
        async with Client(settings) as client:
            return await asyncio.gather(*(client.get(url, limit_bytes, yields_to_host=yields_to_host) for url in urls))

    return asyncio.run(run())


def test_a_plain_answer(web: Web, polite: FetchSettings) -> None:
    url = web.add("/a", "hello", headers={"ETag": 'W/"1"'})
    response = get(url, polite)
    assert (response.outcome, response.reason, response.status, response.body) == ("ok", "", 200, b"hello")
    assert response.headers["etag"] == 'W/"1"'
    assert response.final_url == url
    assert "tracker" in web.seen[0].headers["User-Agent"]


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (404, "hard_error"),
        (410, "hard_error"),
        (403, "hard_error"),
        (429, "soft_error"),
        (408, "soft_error"),
        (500, "soft_error"),
    ],
)
def test_statuses(web: Web, polite: FetchSettings, status: int, outcome: str) -> None:
    response = get(web.add("/a", "an error page", status=status), polite)
    assert (response.outcome, response.reason, response.status, response.body) == (outcome, f"http_{status}", status, b"")


def test_a_compression_bomb_stops_at_the_limit(web: Web, polite: FetchSettings) -> None:
    url = web.add("/bomb", gzip_bomb(200), headers={"Content-Encoding": "gzip"})
    started = time.monotonic()
    response = get(url, polite)
    assert (response.outcome, response.reason) == ("hard_error", "too_large")
    assert len(response.body) == 100_000
    assert time.monotonic() - started < 2


def test_an_endless_body_stops_at_the_limit(web: Web, polite: FetchSettings) -> None:
    async def endless(request: server.Request) -> server.StreamResponse:
        response = server.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x" * 10_000)

    assert get(web.handle("/endless", endless), polite).reason == "too_large"


def test_a_body_that_drips_meets_the_deadline(web: Web, polite: FetchSettings) -> None:
    async def drip(request: server.Request) -> server.StreamResponse:
        response = server.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x")
            await asyncio.sleep(0.05)

    started = time.monotonic()
    response = get(web.handle("/drip", drip), polite.model_copy(update={"total_seconds": 0.4}))
    assert (response.outcome, response.reason) == ("soft_error", "timeout")
    assert time.monotonic() - started < 2


@pytest.mark.parametrize("coding", ["gzip, gzip", "gzip, br", "compress", "made-up"])
def test_codings_we_do_not_decode(web: Web, polite: FetchSettings, coding: str) -> None:
    url = web.add("/a", gzip.compress(gzip.compress(b"hello")), headers={"Content-Encoding": coding})
    response = get(url, polite)
    assert (response.outcome, response.reason) == ("hard_error", "bad_content_encoding")


def test_a_body_that_is_not_in_the_coding_it_claims(web: Web, polite: FetchSettings) -> None:
    response = get(web.add("/a", "plain text", headers={"Content-Encoding": "gzip"}), polite)
    assert (response.outcome, response.reason) == ("hard_error", "bad_content_encoding")


def test_many_and_long_headers_are_accepted(web: Web, polite: FetchSettings) -> None:
    headers = {f"X-Header-{i}": "v" for i in range(300)} | {"Content-Security-Policy": "x" * 20_000}
    assert get(web.add("/a", "hello", headers=headers), polite).outcome == "ok"


def test_redirects_are_followed_and_permanent_ones_told(web: Web, polite: FetchSettings) -> None:
    web.add("/new", "hello")
    web.add("/mid", status=308, headers={"Location": "new"})
    moved = get(web.add("/old", status=301, headers={"Location": "/mid"}), polite)
    assert (moved.outcome, moved.final_url, moved.was_permanently_moved) == ("ok", f"{web.base}/new", True)
    passing = get(web.add("/now", status=302, headers={"Location": "/mid"}), polite)
    assert (passing.final_url, passing.was_permanently_moved) == (f"{web.base}/new", False)


def test_a_redirect_loop_ends(web: Web, polite: FetchSettings) -> None:
    response = get(web.add("/loop", status=302, headers={"Location": "/loop"}), polite)
    assert (response.outcome, response.reason) == ("hard_error", "too_many_redirects")
    assert len(web.seen) == polite.redirects + 1


@pytest.mark.parametrize(
    ("location", "reason"),
    [("file:///etc/passwd", "bad_scheme"), ("data:text/html,x", "bad_scheme"), ("http://a:b@127.0.0.1/", "credentials_in_url")],
)
def test_redirects_off_the_web_are_refused(web: Web, polite: FetchSettings, location: str, reason: str) -> None:
    response = get(web.add("/go", status=302, headers={"Location": location}), polite)
    assert (response.outcome, response.reason) == ("refused", reason)


def test_cookies_are_not_kept(web: Web, polite: FetchSettings) -> None:
    web.add("/two", "hello")
    get(web.add("/one", status=302, headers={"Location": "/two", "Set-Cookie": "a=b"}), polite)
    assert "Cookie" not in web.seen[1].headers


def test_a_reset_connection_is_tried_once_more(web: Web, polite: FetchSettings) -> None:
    tries = []

    async def reset_once(request: server.Request) -> server.StreamResponse:
        tries.append(1)
        if len(tries) == 1 and request.transport is not None:
            request.transport.abort()
        return server.Response(text="hello")

    assert get(web.handle("/a", reset_once), polite).body == b"hello"


def test_nobody_listening_unknown_hosts_and_plain_http_behind_https(web: Web, polite: FetchSettings) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        assert get(f"http://127.0.0.1:{port}/", polite).reason == "connection"
    assert get("http://no-such-host.invalid/", polite).reason in ("dns_unknown", "dns_temporary")  # by the machine's resolver
    assert get(web.base.replace("http:", "https:") + "/", polite).reason == "tls"


def test_a_server_that_does_not_speak_http(polite: FetchSettings) -> None:
    async def run() -> Response:
        async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"HELLO I AM NOT HTTP\r\n\r\n")
            writer.close()

        babbler = await asyncio.start_server(babble, "127.0.0.1", 0)
        port = babbler.sockets[0].getsockname()[1]
        async with babbler, Client(polite) as client:
            return await client.get(f"http://127.0.0.1:{port}/", 1000)

    response = asyncio.run(run())
    assert (response.outcome, response.reason) == ("soft_error", "bad_http")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "120"}, 120),
        ({"Retry-After": "99999999"}, 24 * 3600),
        ({"Retry-After": "Sun, 01 Nov 2026 06:02:00 GMT", "Date": "Sun, 01 Nov 2026 06:00:00 GMT"}, 120),
        ({"Retry-After": "soon"}, None),
        ({}, None),
    ],
)
def test_retry_after(web: Web, polite: FetchSettings, headers: dict[str, str], seconds: float | None) -> None:
    assert get(web.add("/a", status=429, headers=headers), polite).retry_after_seconds == seconds


def test_one_start_per_host_and_delay_one_in_flight(web: Web, polite: FetchSettings) -> None:
    urls = [web.add(f"/{i}", "x") for i in range(4)]
    get_all(urls, polite.model_copy(update={"host_delay_seconds": 0.2}))
    starts = [seen.at for seen in web.seen]
    assert all(later - earlier > 0.19 for earlier, later in pairwise(starts))


def test_hosts_do_not_wait_for_each_other(polite: FetchSettings) -> None:
    one, two = Web(), Web()
    one.start()
    two.start()
    urls = [one.add("/a", "x"), one.add("/b", "x"), two.add("/a", "x"), two.add("/b", "x")]
    started = time.monotonic()
    get_all(urls, polite.model_copy(update={"host_delay_seconds": 0.5}))
    assert time.monotonic() - started < 0.95
    one.stop()
    two.stop()


def test_pages_of_a_host_that_is_down_wait_for_the_next_run(polite: FetchSettings) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        urls = [f"http://127.0.0.1:{closed.getsockname()[1]}/{i}" for i in range(5)]
        reasons = [response.reason for response in get_all(urls, polite, yields_to_host=True)]
    assert reasons == ["connection"] * 3 + ["host_down"] * 2


def test_pages_of_a_host_that_asked_to_wait_are_left_but_feeds_are_asked(web: Web, polite: FetchSettings) -> None:
    urls = [web.add("/busy", status=429, headers={"Retry-After": "3600"}), web.add("/next", "x")]
    assert [r.reason for r in get_all(urls, polite, yields_to_host=True)] == ["http_429", "host_asked_to_wait"]
    assert [r.reason for r in get_all(urls, polite)] == ["http_429", ""]


def test_other_media_types_are_not_read(web: Web, polite: FetchSettings) -> None:
    url = web.add("/a.pdf", b"%PDF" * 1000, kind="application/pdf")

    async def run() -> Response:
        async with Client(polite) as client:
            return await client.get(url, 100_000, media_types=frozenset({"text/html"}))

    response = asyncio.run(run())
    assert (response.outcome, response.reason, response.body) == ("hard_error", "wrong_type", b"")


def test_the_environment_cannot_send_us_through_a_proxy(web: Web, polite: FetchSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert get(web.add("/a", "hello"), polite).body == b"hello"
