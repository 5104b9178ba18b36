"""Whatever a server does, the client answers with one record, in time and within its size."""

import asyncio
import gzip
import time
from itertools import pairwise

import pytest
from aiohttp import web as server

from tests.getting import get, get_all
from tests.web import Web
from tracker.fetch.client import Client, Response
from tracker.settings import FetchSettings


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


@pytest.mark.parametrize("coding", ["gzip, gzip", "gzip, br", "compress", "made-up"])
def test_codings_we_do_not_decode(web: Web, polite: FetchSettings, coding: str) -> None:
    url = web.add("/a", gzip.compress(gzip.compress(b"hello")), headers={"Content-Encoding": coding})
    response = get(url, polite)
    assert (response.outcome, response.reason) == ("hard_error", "bad_content_encoding")


def test_a_body_that_is_not_in_the_coding_it_claims(web: Web, polite: FetchSettings) -> None:
    response = get(web.add("/a", "plain text", headers={"Content-Encoding": "gzip"}), polite)
    assert (response.outcome, response.reason) == ("hard_error", "bad_content_encoding")


def test_redirects_are_followed_and_permanent_ones_told(web: Web, polite: FetchSettings) -> None:
    web.add("/new", "hello")
    web.add("/mid", status=308, headers={"Location": "new"})
    moved = get(web.add("/old", status=301, headers={"Location": "/mid"}), polite)
    assert (moved.outcome, moved.final_url, moved.was_permanently_moved) == ("ok", f"{web.base}/new", True)
    passing = get(web.add("/now", status=302, headers={"Location": "/mid"}), polite)
    assert (passing.final_url, passing.was_permanently_moved) == (f"{web.base}/new", False)


def test_a_reset_connection_is_tried_once_more(web: Web, polite: FetchSettings) -> None:
    tries = []

    async def reset_once(request: server.Request) -> server.StreamResponse:
        tries.append(1)
        if len(tries) == 1 and request.transport is not None:
            request.transport.abort()
        return server.Response(text="hello")

    assert get(web.handle("/a", reset_once), polite).body == b"hello"


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


def test_other_media_types_are_not_read(web: Web, polite: FetchSettings) -> None:
    url = web.add("/a.pdf", b"%PDF" * 1000, kind="application/pdf")

    async def run() -> Response:
        async with Client(polite) as client:
            return await client.get(url, 100_000, media_types=frozenset({"text/html"}))

    response = asyncio.run(run())
    assert (response.outcome, response.reason, response.body) == ("hard_error", "wrong_type", b"")
