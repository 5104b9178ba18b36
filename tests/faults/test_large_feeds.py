"""Feeds with too much of something are read within the time a crawl gives them, or ended with a reason."""

import asyncio
from datetime import timedelta

import pytest

from tests.builders import FIXED_NOW, feed_fetch, rss, rss_item
from tracker.extract import entries
from tracker.extract.entries import FeedReading
from tracker.extract.workers import Failure, Timeout, Workers, failure_reason

MANY = 100_000


def nested_tags() -> bytes:
    return rss(rss_item(more="<a>" * MANY + "</a>" * MANY)).encode()


def huge_cdata() -> bytes:
    return rss(rss_item(more=f"<description><![CDATA[{'word ' * 1_000_000}]]></description>")).encode()


def many_links() -> bytes:
    return rss(rss_item(more=f"<description>{'&lt;a href=&quot;/x&quot;&gt;y&lt;/a&gt; ' * MANY}</description>")).encode()


def deep_json() -> bytes:
    return b'{"version": "https://jsonfeed.org/version/1.1", "items": ' + b"[" * MANY


def many_attributes() -> bytes:
    names = " ".join(f"a{i}='1'" for i in range(MANY))  # 80 s: feedparser looks for each among all
    return rss(rss_item(more=f"<a {names}/>")).encode()


@pytest.fixture(scope="module")
def crowd() -> dict[str, FeedReading | Failure]:
    """What workers make of the large feeds, with the time that a crawl gives them; the last one with less, as tests must end."""
    makers = {
        nested_tags: 30,
        huge_cdata: 30,
        many_links: 30,
        deep_json: 30,
        many_attributes: 1,
    }

    async def run() -> list[FeedReading | Failure]:
        async with Workers(2) as workers:
            work = [workers.run(entries.read, feed_fetch(make()), 2000, seconds=seconds) for make, seconds in makers.items()]
            return list(await asyncio.gather(*work))

    return dict(zip((make.__name__ for make in makers), asyncio.run(run()), strict=True))


@pytest.mark.parametrize("name", ["nested_tags", "huge_cdata", "many_links"])
def test_a_hundred_thousand_nested_tags_or_links_and_a_huge_cdata_section_are_read_in_time(
    crowd: dict[str, FeedReading | Failure], name: str
) -> None:
    reading = crowd[name]
    assert isinstance(reading, FeedReading)
    assert [entry.url for entry in reading.entries] == ["https://example.com/a"]


def test_endlessly_nested_json_is_a_broken_feed(crowd: dict[str, FeedReading | Failure]) -> None:
    assert crowd["deep_json"] == FeedReading(error="broken_feed")


def test_a_feed_that_takes_a_parser_for_ever_is_ended_with_a_reason(crowd: dict[str, FeedReading | Failure]) -> None:
    ended = crowd["many_attributes"]
    assert isinstance(ended, Timeout)
    assert failure_reason(ended) == "extract_timeout"


def test_of_a_huge_feed_the_newest_entries_stay_and_the_others_are_counted() -> None:
    newest = FIXED_NOW - timedelta(days=1)
    items = [
        rss_item(f"https://example.com/{i}", more=f"<pubDate>{(newest - timedelta(hours=i)).isoformat()}Z</pubDate>")
        for i in range(2500)
    ]
    reading = entries.read(feed_fetch(rss(*reversed(items))), 2000)
    assert (len(reading.entries), reading.dropped) == (2000, 500)
    assert (reading.newest_at, reading.oldest_at) == (newest, newest - timedelta(hours=1999))
