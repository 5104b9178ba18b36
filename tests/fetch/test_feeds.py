"""Feeds are polled with conditions, and what the server says about itself is kept as sent."""

import asyncio
from datetime import datetime, timedelta

from aiohttp import web as server

from tests.builders import FIXED_NOW, feed, rss, rss_item
from tests.web import Web
from tracker.fetch import feeds
from tracker.fetch.client import Client
from tracker.records import FeedFetch, Validators
from tracker.settings import FetchSettings


def poll(url: str, settings: FetchSettings, last: Validators | None = None, now: datetime = FIXED_NOW, **more: str) -> FeedFetch:
    async def run() -> FeedFetch:
        async with Client(settings) as client:
            return await feeds.poll(client, feed(url=url, **more), last, now)

    return asyncio.run(run())


def conditional(web: Web, tag: str = 'W/"abc"') -> str:
    async def answer(request: server.Request) -> server.StreamResponse:
        if request.headers.get("If-None-Match") == tag:
            return server.Response(status=304, headers={"ETag": tag})
        return server.Response(text=rss(rss_item()), headers={"ETag": tag, "Last-Modified": "Sat, 31 Oct 2026 10:00:00 GMT"})

    return web.handle("/feed", answer)


def test_a_second_poll_asks_for_news_and_is_unchanged(web: Web, polite: FetchSettings) -> None:
    url = conditional(web)
    first = poll(url, polite)
    assert first.outcome == "ok"
    assert b"A title" in first.body
    assert first.validators.etag == 'W/"abc"'
    second = poll(url, polite, first.validators)
    assert (second.outcome, second.status, second.body) == ("unchanged", 304, b"")
    assert second.validators == first.validators
    assert web.seen[1].headers["If-Modified-Since"] == "Sat, 31 Oct 2026 10:00:00 GMT"


def test_the_same_bytes_are_unchanged_and_lost_validators_forgotten(web: Web, polite: FetchSettings) -> None:
    url = web.add("/feed", rss(rss_item()), headers={"ETag": '"1"'})
    first = poll(url, polite)
    web.add("/feed", rss(rss_item()))
    second = poll(url, polite, first.validators)
    assert (second.outcome, second.reason, second.validators.etag) == ("unchanged", "same_body", None)


def test_a_server_that_always_says_not_modified_is_asked_without_conditions_after_a_week(web: Web, polite: FetchSettings) -> None:
    first = poll(conditional(web), polite)
    late = poll(f"{web.base}/feed", polite, first.validators, FIXED_NOW + timedelta(days=8))
    assert "If-None-Match" not in web.seen[1].headers
    assert late.status == 200


def test_failures_keep_what_we_knew(web: Web, polite: FetchSettings) -> None:
    known = Validators('"1"', None, "hash")
    gone = poll(web.add("/feed", status=503, headers={"Retry-After": "60"}), polite, known)
    assert (gone.outcome, gone.reason, gone.validators) == ("soft_error", "http_503", known)
    assert 60 <= (gone.retry_after_seconds or 0) <= 66
    assert poll(f"{web.base}/none", polite).outcome == "hard_error"


def test_not_modified_without_a_question_is_a_failure(web: Web, polite: FetchSettings) -> None:
    assert poll(web.add("/feed", status=304), polite).outcome == "soft_error"


def test_a_feed_can_ask_for_its_own_user_agent(web: Web, polite: FetchSettings) -> None:
    poll(web.add("/feed", rss()), polite, user_agent="Reader/1.0")
    assert web.seen[0].headers["User-Agent"] == "Reader/1.0"
