"""What goes wrong with feeds and their entries from night to night: each night is a real crawl of a small web on loopback.

The nights share one pool of workers, as starting one takes a second.
"""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any

import duckdb
import pytest
from aiohttp import web as server

from tests import builders
from tests.builders import FIXED_NOW
from tests.web import Web
from tracker.extract.workers import Workers
from tracker.fetch.client import Client
from tracker.records import Run
from tracker.settings import FeedEntry, FetchSettings, OutletEntry, Settings
from tracker.steps import crawling, measuring
from tracker.store import ledger, observed
from tracker.store.database import open_archive

NIGHT = timedelta(days=1)
XML = "application/rss+xml"


_POOL: dict[str, Workers] = {}
_RUNNER = asyncio.Runner()


@pytest.fixture(autouse=True, scope="module")
def pool() -> Iterator[None]:
    with _RUNNER:
        _POOL["workers"] = Workers(1)
        yield
        _RUNNER.run(_POOL.pop("workers").__aexit__(None, None, None))


@pytest.fixture
def archive() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = open_archive(None)
    yield connection
    connection.close()


def settings_for(polite: FetchSettings, *feeds: str | FeedEntry, full_text: bool = True) -> Settings:
    """One outlet with these feeds; their entries carry whole articles, so that no page is asked for, unless told otherwise."""
    entries = tuple(feed if isinstance(feed, FeedEntry) else FeedEntry(url=feed, full_text=full_text) for feed in feeds)
    return Settings(outlets=(OutletEntry(outlet="example.com", name="Example", kind="news", feeds=entries),), themes=(), fetch=polite)


def crawl(archive: duckdb.DuckDBPyConnection, settings: Settings, now: datetime, run_id: str = "") -> None:
    """One night."""
    tonight = Run(run_id or f"{now:%Y%m%dT%H%M%S}", now, "test", settings.digest)
    observed.start_run(archive, tonight, "crawl")
    observed.sync_outlets(archive, settings.outlets, now)

    async def poll_and_read() -> None:
        async with Client(settings.fetch) as client:
            await crawling.poll_and_read(archive, settings, tonight, client, _POOL["workers"], lambda *_: None)

    _RUNNER.run(poll_and_read())
    measuring.measure(archive, settings, tonight)


def rows(archive: duckdb.DuckDBPyConnection, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
    return archive.execute(query, list(parameters)).fetchall()


def told(number: int, title: str = "", words: str = "", link: str = "", guid: str = "", at: datetime | None = None) -> str:
    """One item that carries its article."""
    text = words or " ".join(f"Sentence {number} of a report about the harbour of Westmere, part {part}." for part in range(4))
    date = f"<pubDate>{format_datetime(at or FIXED_NOW - timedelta(hours=number + 1))}</pubDate>"
    tag = f'<guid isPermaLink="false">{guid}</guid>' if guid else ""
    more = f"{date}{tag}<description>{text}</description>"
    return builders.rss_item(link or f"https://example.com/{number}", title or f"Report {number} from the harbour", more)


def serve(web: Web, *items: str, path: str = "/feed") -> str:
    return web.add(path, builders.rss(*items), kind=XML)


def moved(web: Web, path: str, to: str, status: int = 301) -> str:
    return web.add(path, status=status, headers={"Location": to})


def asked(web: Web) -> list[str]:
    """The paths asked for since the last call."""
    paths = web.paths()
    web.seen.clear()
    return paths


def test_a_feed_that_moved_for_good_is_polled_at_its_new_address_after_two_runs(
    web: Web, polite: FetchSettings, archive: duckdb.DuckDBPyConnection
) -> None:
    old, new = moved(web, "/old", web.base + "/new"), serve(web, told(1), path="/new")
    chosen = settings_for(polite, old)
    crawl(archive, chosen, FIXED_NOW)
    crawl(archive, chosen, FIXED_NOW + NIGHT)
    assert asked(web) == ["/old", "/new", "/old", "/new"]
    crawl(archive, chosen, FIXED_NOW + 2 * NIGHT)
    assert asked(web) == ["/new"]
    assert rows(archive, "select feed, address from feed_states") == [(old, new)]  # the old one stays its name
    assert rows(archive, "select count(*) from entries") == [(1,)]


@pytest.mark.parametrize("status", [302, 303, 307])
def test_a_feed_that_is_elsewhere_for_the_moment_keeps_its_address(
    web: Web, polite: FetchSettings, archive: duckdb.DuckDBPyConnection, status: int
) -> None:
    serve(web, told(1), path="/new")
    old = moved(web, "/old", web.base + "/new", status)
    for night in range(3):
        crawl(archive, settings_for(polite, old), FIXED_NOW + night * NIGHT)
    assert asked(web) == ["/old", "/new"] * 3


def test_a_new_address_that_is_no_feed_is_never_stored(web: Web, polite: FetchSettings, archive: duckdb.DuckDBPyConnection) -> None:
    old = moved(web, "/old", web.base + "/new")
    web.add("/new", builders.html())
    for night in range(3):
        crawl(archive, settings_for(polite, old), FIXED_NOW + night * NIGHT)
    assert rows(archive, "select address, last_reason from feed_states") == [(old, "not_a_feed")]


def test_a_feed_whose_new_address_fails_is_asked_at_its_old_one_again(
    web: Web, polite: FetchSettings, archive: duckdb.DuckDBPyConnection
) -> None:
    old = moved(web, "/old", web.base + "/new")
    serve(web, told(1), path="/new")
    chosen = settings_for(polite, old)
    for night in range(2):
        crawl(archive, chosen, FIXED_NOW + night * NIGHT)
    web.add("/new", status=500)
    serve(web, told(1), told(2), path="/old")
    asked(web)
    for night in range(2, 8):
        crawl(archive, chosen, FIXED_NOW + night * NIGHT)
    assert asked(web)[:4] == ["/new", "/new", "/new", "/old"]
    assert rows(archive, "select address, failures_in_a_row from feed_states") == [(old, 0)]
    assert rows(archive, "select count(*) from entries") == [(2,)]


def test_a_feed_whose_new_address_comes_back_after_weeks_is_found_there(
    web: Web, polite: FetchSettings, archive: duckdb.DuckDBPyConnection
) -> None:
    old = moved(web, "/old", web.base + "/new")
    serve(web, told(1), path="/new")
    chosen = settings_for(polite, old)
    for night in range(2):
        crawl(archive, chosen, FIXED_NOW + night * NIGHT)
    web.add("/old", status=404)
    web.add("/new", status=404)
    for night in range(2, 60, 4):
        crawl(archive, chosen, FIXED_NOW + night * NIGHT)
    serve(web, told(1), told(2), path="/new")
    for night in range(60, 200, 20):
        crawl(archive, chosen, FIXED_NOW + night * NIGHT)
    assert rows(archive, "select failures_in_a_row from feed_states") == [(0,)]
    assert rows(archive, "select count(*) from entries") == [(2,)]


def test_a_feed_that_only_seemed_a_duplicate_is_asked_again_within_weeks(
    web: Web, polite: FetchSettings, archive: duckdb.DuckDBPyConnection
) -> None:
    section, main = moved(web, "/section", web.base + "/main"), serve(web, told(1), path="/main")
    chosen = settings_for(polite, section, main)
    for night in range(2):
        crawl(archive, chosen, FIXED_NOW + night * NIGHT)
    serve(web, told(2), path="/section")
    for night in range(2, 42, 5):
        crawl(archive, chosen, FIXED_NOW + night * NIGHT)
    assert rows(archive, "select count(*) from entries") == [(2,)]
    assert rows(archive, "select count(duplicate_of) from feed_states") == [(0,)]


def test_two_feeds_that_moved_to_one_address_are_fetched_once(
    web: Web, polite: FetchSettings, archive: duckdb.DuckDBPyConnection
) -> None:
    old, new = moved(web, "/old", web.base + "/new"), serve(web, told(1), path="/new")
    chosen = settings_for(polite, old, new)
    for night in range(3):
        crawl(archive, chosen, FIXED_NOW + night * NIGHT)
    asked(web)
    crawl(archive, chosen, FIXED_NOW + 3 * NIGHT)
    assert asked(web) == ["/new"]
    assert rows(archive, "select feed, duplicate_of from feed_states order by feed") == [(new, None), (old, new)]
    assert {state for (state,) in rows(archive, "select state from coverage_days where day = ?", FIXED_NOW.date() + NIGHT)} == {"complete"}


def test_html_at_a_feeds_address_that_names_the_new_feed_is_followed(
    web: Web, polite: FetchSettings, archive: duckdb.DuckDBPyConnection
) -> None:
    serve(web, told(1), path="/new.xml")
    head = '<link rel="alternate" type="application/rss+xml" href="/new.xml">'
    old = web.add("/feed", builders.html(head=head))
    chosen = settings_for(polite, old)
    crawl(archive, chosen, FIXED_NOW)
    assert rows(archive, "select last_outcome from feed_states") == [("ok",)]
    assert rows(archive, "select count(*) from entries") == [(1,)]
    crawl(archive, chosen, FIXED_NOW + NIGHT)
    asked(web)
    crawl(archive, chosen, FIXED_NOW + 2 * NIGHT)
    assert asked(web) == ["/new.xml"]


def test_html_at_a_feeds_address_that_names_nothing_is_a_soft_failure(
    web: Web, polite: FetchSettings, archive: duckdb.DuckDBPyConnection
) -> None:
    crawl(archive, settings_for(polite, web.add("/feed", builders.html())), FIXED_NOW)
    assert rows(archive, "select last_outcome, last_reason, failures_in_a_row from feed_states") == [("soft_error", "not_a_feed", 1)]


def test_html_that_names_a_feed_of_another_site_is_not_followed(
    web: Web, polite: FetchSettings, archive: duckdb.DuckDBPyConnection
) -> None:
    head = '<link rel="alternate" type="application/rss+xml" href="http://127.0.0.2:9/parked.xml">'
    crawl(archive, settings_for(polite, web.add("/feed", builders.html(head=head))), FIXED_NOW)
    assert rows(archive, "select last_reason from feed_states") == [("not_a_feed",)]


def nights_asked(web: Web, polite: FetchSettings, archive: duckdb.DuckDBPyConnection, feed: str, nights: int) -> list[int]:
    """The nights on which the feed was polled."""
    chosen, found = settings_for(polite, feed), []
    for night in range(nights):
        asked(web)
        crawl(archive, chosen, FIXED_NOW + night * NIGHT)
        if asked(web):
            found.append(night)
    return found


def test_a_feed_that_fails_is_asked_more_and_more_rarely_and_never_given_up(
    web: Web, polite: FetchSettings, archive: duckdb.DuckDBPyConnection
) -> None:
    assert nights_asked(web, polite, archive, web.base + "/gone-astray", 24) == [0, 1, 3, 6, 10, 15, 21]


def test_a_server_in_trouble_is_asked_again_sooner_than_one_that_says_no(
    web: Web, polite: FetchSettings, archive: duckdb.DuckDBPyConnection
) -> None:
    assert nights_asked(web, polite, archive, web.add("/feed", status=502), 12) == [0, 1, 2, 3, 5, 7, 10]


def test_a_feed_that_says_gone_for_a_week_is_parked_for_a_month(
    web: Web, polite: FetchSettings, archive: duckdb.DuckDBPyConnection
) -> None:
    assert nights_asked(web, polite, archive, web.add("/feed", status=410), 38) == [0, 1, 3, 6, 36]
    assert rows(archive, "select last_reason, next_due_at::date from feed_states") == [
        ("http_410", (FIXED_NOW + 66 * NIGHT - timedelta(hours=2)).date())
    ]


def test_a_clock_that_was_wrong_once_does_not_stop_a_feed_for_years(
    web: Web, polite: FetchSettings, archive: duckdb.DuckDBPyConnection
) -> None:
    chosen = settings_for(polite, web.add("/feed", status=404))
    crawl(archive, chosen, FIXED_NOW.replace(year=2036), "20261031T060000")
    crawl(archive, chosen, FIXED_NOW, "20261101T060000")
    assert rows(archive, "select count(*) from feed_fetches") == [(2,)]


def test_runs_and_not_clocks_say_which_poll_came_last(web: Web, polite: FetchSettings, archive: duckdb.DuckDBPyConnection) -> None:
    chosen = settings_for(polite, web.add("/feed", status=404))
    crawl(archive, chosen, FIXED_NOW, "20261101T060000")
    serve(web, told(1))
    crawl(archive, chosen, FIXED_NOW - 300 * NIGHT, "20261101T060000-001")
    assert rows(archive, "select last_outcome, failures_in_a_row from feed_states") == [("ok", 0)]


def test_too_many_requests_holds_all_feeds_of_the_host_until_the_server_allows(
    web: Web, polite: FetchSettings, archive: duckdb.DuckDBPyConnection
) -> None:
    busy, other = web.add("/busy", status=429, headers={"Retry-After": "7200"}), serve(web, told(1), path="/other")
    chosen = settings_for(polite, busy, other)
    crawl(archive, chosen, FIXED_NOW)
    assert asked(web) == ["/busy"]
    crawl(archive, chosen, FIXED_NOW + timedelta(hours=1))
    assert asked(web) == []
    crawl(archive, chosen, FIXED_NOW + timedelta(hours=3))
    assert asked(web) == ["/busy"]


def test_a_feed_given_to_another_outlet_goes_with_it(web: Web, polite: FetchSettings, archive: duckdb.DuckDBPyConnection) -> None:
    chosen = settings_for(polite, serve(web, told(1)))
    crawl(archive, chosen, FIXED_NOW)
    renamed = chosen.outlets[0].model_copy(update={"outlet": "example.org"})
    crawl(archive, chosen.model_copy(update={"outlets": (renamed,)}), FIXED_NOW + NIGHT)
    assert rows(archive, "select outlet from feed_states") == [("example.org",)]


def test_a_wrong_certificate_that_feeds_yaml_accepts_is_recorded(
    web: Web, polite: FetchSettings, archive: duckdb.DuckDBPyConnection
) -> None:
    feed = serve(web, told(1))
    crawl(archive, settings_for(polite, FeedEntry(url=feed, full_text=True, verify_tls=False)), FIXED_NOW)
    assert rows(archive, "select is_tls_verified from feed_fetches") == [(False,)]


def test_a_feed_that_answers_and_says_nothing_is_silent(web: Web, polite: FetchSettings, archive: duckdb.DuckDBPyConnection) -> None:
    lively = serve(web, told(1), path="/lively")
    chosen = settings_for(polite, serve(web), lively)
    for night in (0, 10, 20):
        serve(web, *(told(n, at=FIXED_NOW + night * NIGHT) for n in range(night)), told(99), path="/lively")
        crawl(archive, chosen, FIXED_NOW + night * NIGHT)
    assert rows(archive, "select feed like '%lively', silent_since from feed_states order by 1") == [(False, FIXED_NOW), (True, None)]


def test_a_week_that_was_missed_is_caught_up_or_reported_as_a_possible_gap(
    web: Web, polite: FetchSettings, archive: duckdb.DuckDBPyConnection
) -> None:
    def told_on(days: Sequence[int]) -> list[str]:
        return [told(day, at=FIXED_NOW + (day - 0.5) * NIGHT) for day in days]

    chosen = settings_for(polite, web.base + "/long", web.base + "/short")
    for night, long, short in ((0, range(-9, 1), range(-2, 1)), (7, range(-2, 8), range(5, 8))):
        serve(web, *told_on(long), path="/long")
        serve(web, *(item.replace("/example.com/", "/example.com/short-").replace("Report", "Note") for item in told_on(short)), path="/short")
        crawl(archive, chosen, FIXED_NOW + night * NIGHT)
    assert rows(archive, "select count(*) from entries where feed like '%long'") == [(17,)]
    gap = (web.base + "/short", FIXED_NOW, FIXED_NOW + 4.5 * NIGHT)
    assert rows(archive, "select feed, from_at, to_at from possible_gaps") == [gap]


def test_pinned_entries_without_a_believable_date_prove_nothing_about_the_nights_between(
    web: Web, polite: FetchSettings, archive: duckdb.DuckDBPyConnection
) -> None:
    pinned = [told(1, at=FIXED_NOW + 400 * NIGHT), told(2, at=datetime(1970, 1, 1))]
    chosen = settings_for(polite, web.base + "/feed")
    for night, young in ((0, []), (4, [told(3, at=FIXED_NOW + 3.9 * NIGHT)])):
        serve(web, *young, *pinned)
        crawl(archive, chosen, FIXED_NOW + night * NIGHT)
    states = dict(rows(archive, "select day, state from coverage_days"))
    between = [states[(FIXED_NOW + night * NIGHT).date()] for night in (1, 2, 3)]
    assert "complete" not in between and "missing" in between
    assert rows(archive, "select count(*) from possible_gaps") == [(1,)]


# Entries


OTHER_WORDS = "Quite another report, under a title that returns each day, on fish and boats and the weather."


def stored(archive: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    return rows(archive, "select url, title from articles order by url")


def test_an_entry_that_is_updated_keeps_its_first_version_and_each_new_one_once(
    web: Web, polite: FetchSettings, archive: duckdb.DuckDBPyConnection
) -> None:
    chosen = settings_for(polite, web.base + "/feed")
    for night, title in enumerate(("A first title here", "A second title here", "A first title here", "A third title here", "A third title here")):
        serve(web, told(1, title))
        crawl(archive, chosen, FIXED_NOW + night * NIGHT)
    assert rows(archive, "select title from entries") == [("A first title here",)]
    assert rows(archive, "select title from entry_revisions order by seen_at") == [("A second title here",), ("A third title here",)]
    assert stored(archive) == [("https://example.com/1", "A first title here")]


def test_an_entry_whose_guid_changes_stays_one_entry(web: Web, polite: FetchSettings, archive: duckdb.DuckDBPyConnection) -> None:
    chosen = settings_for(polite, web.base + "/feed")
    for night in range(2):
        serve(web, told(1, guid=f"made-up-{night}"))
        crawl(archive, chosen, FIXED_NOW + night * NIGHT)
    assert len(stored(archive)) == 1


@pytest.mark.parametrize(
    ("first", "second", "kept"),
    [
        pytest.param({"guid": "a"}, {"guid": "a", "words": OTHER_WORDS}, 1, id="same guid"),
        pytest.param({"guid": "a"}, {"guid": "b"}, 1, id="same words"),
        pytest.param({"guid": "a"}, {"guid": "b", "words": OTHER_WORDS}, 2, id="neither"),
        pytest.param({"guid": "a"}, {"guid": "a", "title": "Another title", "at": FIXED_NOW - timedelta(hours=9)}, 2, id="another title and time"),
        pytest.param({"guid": "a"}, {"guid": "a", "at": FIXED_NOW + 9 * NIGHT}, 2, id="weeks later"),
    ],
)
def test_an_entry_whose_address_changes_is_the_same_one_if_its_title_and_guid_or_words_are(
    web: Web, polite: FetchSettings, archive: duckdb.DuckDBPyConnection, first: dict[str, Any], second: dict[str, Any], kept: int
) -> None:
    chosen = settings_for(polite, web.base + "/feed")
    serve(web, told(1, link="http://example.com/2026/cranes", **first))
    crawl(archive, chosen, FIXED_NOW)
    serve(web, told(1, link="https://example.com/2026/11/the-cranes", **second))
    crawl(archive, chosen, FIXED_NOW + 9 * NIGHT)
    assert len(stored(archive)) == kept
    assert rows(archive, "select count(*) from entries") == [(kept,)]


@pytest.mark.parametrize(
    "link",
    ["https://example.com/cranes", "http://example.com/cranes/", "https://www.example.com/cranes/", "https://example.com/cranes?utm_source=rss"],
)
def test_an_address_that_is_only_written_otherwise_is_the_same(
    web: Web, polite: FetchSettings, archive: duckdb.DuckDBPyConnection, link: str
) -> None:
    chosen = settings_for(polite, web.base + "/feed")
    for night, (address, title) in enumerate((("https://example.com/cranes/", "A first title"), (link, "A second title"))):
        serve(web, told(night, title, link=address))
        crawl(archive, chosen, FIXED_NOW + night * 20 * NIGHT)
    assert rows(archive, "select url from entries") == [("https://example.com/cranes/",)]
    assert rows(archive, "select title from entry_revisions") == [("A second title",)]


def test_a_guid_that_a_feed_gives_to_everything_hides_no_entry(
    web: Web, polite: FetchSettings, archive: duckdb.DuckDBPyConnection
) -> None:
    chosen = settings_for(polite, web.base + "/feed")
    at = FIXED_NOW - timedelta(hours=1)
    serve(web, told(1, guid="x", at=at), told(2, guid="x", at=at))
    crawl(archive, chosen, FIXED_NOW)
    serve(web, told(3, guid="x", at=at), told(1, guid="x", at=at), told(2, guid="x", at=at))
    crawl(archive, chosen, FIXED_NOW + NIGHT)
    assert len(stored(archive)) == 3


def test_an_entry_that_is_renamed_at_a_new_address_is_known_by_guid_and_time(
    web: Web, polite: FetchSettings, archive: duckdb.DuckDBPyConnection
) -> None:
    chosen, at = settings_for(polite, web.base + "/feed"), FIXED_NOW - timedelta(hours=1)
    for night, name in enumerate(("cranes", "robots")):
        serve(web, told(night, f"The {name} of Westmere", link=f"https://example.com/{name}", guid="WP-17", at=at))
        crawl(archive, chosen, FIXED_NOW + night * NIGHT)
    assert rows(archive, "select title from entries") == [("The cranes of Westmere",)]
    assert rows(archive, "select raw_url from entry_revisions") == [("https://example.com/robots",)]


def test_a_date_that_the_feed_names_later_is_taken(web: Web, polite: FetchSettings, archive: duckdb.DuckDBPyConnection) -> None:
    chosen = settings_for(polite, web.base + "/feed")
    undated = told(1).replace("pubDate", "ignored")
    for night, item in enumerate((undated, told(1))):
        serve(web, item)
        crawl(archive, chosen, FIXED_NOW + night * NIGHT)
    assert rows(archive, "select published_at, published_from from articles") == [(FIXED_NOW - timedelta(hours=2), "feed")]
    assert rows(archive, "select count(*) from entry_revisions") == [(0,)]


def test_a_daily_digest_with_the_same_title_and_words_is_stored_every_day(
    web: Web, polite: FetchSettings, archive: duckdb.DuckDBPyConnection
) -> None:
    words = "All the news of the harbour in one place, with the tides, the weather and what is on at the pier."
    chosen = settings_for(polite, web.base + "/feed")
    for night in range(3):
        at = FIXED_NOW + (night - 0.5) * NIGHT
        serve(web, told(night, "The morning briefing", words, guid=f"digest-{night}", at=at))
        crawl(archive, chosen, FIXED_NOW + night * NIGHT)
    assert len(stored(archive)) == 3


def test_markup_that_changes_every_night_is_no_new_version(
    web: Web, polite: FetchSettings, archive: duckdb.DuckDBPyConnection
) -> None:
    chosen = settings_for(polite, web.base + "/feed")
    words = "A report about the harbour of Westmere, long enough to be an article of its own in the archive."
    for night in range(3):
        serve(web, told(1, words=f"{words}&lt;img src='https://example.com/pixel?{night}'&gt;"))
        crawl(archive, chosen, FIXED_NOW + night * NIGHT)
    assert rows(archive, "select count(*) from entry_revisions") == [(0,)]


def test_an_entry_in_two_feeds_of_an_outlet_is_stored_once(web: Web, polite: FetchSettings, archive: duckdb.DuckDBPyConnection) -> None:
    feeds = [serve(web, told(1), path="/all"), serve(web, told(1), told(2), path="/some")]
    crawl(archive, settings_for(polite, *feeds), FIXED_NOW)
    assert [url for url, _ in stored(archive)] == ["https://example.com/1", "https://example.com/2"]


# Pages


def test_an_address_that_two_outlets_link_is_one_article_whatever_they_call_it(
    web: Web, polite: FetchSettings, archive: duckdb.DuckDBPyConnection
) -> None:
    one = settings_for(polite, web.base + "/one")
    aggregator = settings_for(polite, web.base + "/two").outlets[0].model_copy(update={"outlet": "two.example", "name": "Two"})
    serve(web, told(1, title="One headline", link="https://example.com/x?utm_source=two"), path="/one")
    serve(web, told(2, title="Quite another, of its own making", words=OTHER_WORDS, link="https://example.com/x"), path="/two")
    crawl(archive, one.model_copy(update={"outlets": (*one.outlets, aggregator)}), FIXED_NOW)
    assert rows(archive, "select url from articles") == [("https://example.com/x",)]


def paged(web: Web, *paths: str, titles: Sequence[str] = ()) -> str:
    names = titles or [f"Report {number} from the harbour" for number, _ in enumerate(paths)]
    return serve(web, *(told(n, title, link=web.base + path) for n, (path, title) in enumerate(zip(paths, names, strict=True))))


WALL = builders.html(
    [
        "Westmere Media keeps this site free for everyone who lives by the harbour, and it asks for a moment of patience today.",
        "Choose how you would like to read on. Our team has prepared several ways, and each of them leads to the same place.",
        "Whatever is chosen here is remembered until next spring, and a letter to the office changes it at any moment.",
    ],
    title="Westmere Media",
)


def test_a_notice_served_for_every_page_of_a_host_is_no_article(
    web: Web, polite: FetchSettings, archive: duckdb.DuckDBPyConnection
) -> None:
    paths = [f"/news/{n}" for n in range(4)]
    for path in paths:
        web.add(path, WALL)
    chosen = settings_for(polite, paged(web, *paths), full_text=False)
    crawl(archive, chosen, FIXED_NOW)
    assert rows(archive, "select distinct text_source from articles") == [("feed",)]
    assert rows(archive, "select count(*) from articles") == [(4,)]  # with the feed's own words


def test_a_notice_found_out_on_a_later_night_is_taken_back(web: Web, polite: FetchSettings, archive: duckdb.DuckDBPyConnection) -> None:
    for night in range(3):
        web.add(f"/news/{night}", WALL)
        short = told(night, f"Report {night} of many", "Too short.", link=f"{web.base}/news/{night}")
        chosen = settings_for(polite, serve(web, short), full_text=False)
        crawl(archive, chosen, FIXED_NOW + night * NIGHT)
        assert rows(archive, "select count(*) from articles") == [(night + 1 if night < 2 else 0,)]
    assert rows(archive, "select distinct reason from rejections") == [("same_text",)]
    crawl(archive, chosen, FIXED_NOW + 3 * NIGHT)
    assert asked(web).count("/news/0") == 1


def test_one_article_under_several_addresses_of_a_host_is_stored_once(
    web: Web, polite: FetchSettings, archive: duckdb.DuckDBPyConnection
) -> None:
    head = f'<link rel="canonical" href="{web.base}/news/cranes">'
    paths = ["/amp/cranes", "/news/cranes", "/mobile/cranes"]
    for path in paths:
        web.add(path, builders.html(head=head))
    titles = ["Westmere lets robots work the night quay"] * 3
    crawl(archive, settings_for(polite, paged(web, *paths, titles=titles), full_text=False), FIXED_NOW)
    assert len(stored(archive)) == 1
    assert {reason for (reason,) in rows(archive, "select reason from rejections")} <= {"same_canonical"}


def test_a_page_that_answers_softly_wrong_is_tried_on_three_nights(
    web: Web, polite: FetchSettings, archive: duckdb.DuckDBPyConnection
) -> None:
    web.add("/news/1", status=500)
    chosen = settings_for(polite, serve(web, told(1, words="Short.", link=web.base + "/news/1")), full_text=False)
    for night in range(5):
        crawl(archive, chosen, FIXED_NOW + night * NIGHT)
    assert asked(web).count("/news/1") == 3
    assert rows(archive, "select reason from rejections") == [("http_500",)]


def test_pages_that_were_never_asked_for_are_not_given_up(
    web: Web, polite: FetchSettings, archive: duckdb.DuckDBPyConnection
) -> None:
    paths = [f"/news/{n}" for n in range(4)]
    for path in paths:
        web.add(path, status=429, headers={"Retry-After": "600"})
    titles = [f"Report {n}" for n in range(4)]
    short = (told(n, titles[n], "Short.", link=web.base + path) for n, path in enumerate(paths))
    chosen = settings_for(polite, serve(web, *short), full_text=False)
    for night in range(4):
        crawl(archive, chosen, FIXED_NOW + night * NIGHT)
    assert rows(archive, "select count(*) from rejections") == [(1,)]  # the one that was asked for on three nights
    for number, path in enumerate(paths):
        web.add(path, builders.html([f"{text} {titles[number]}" for text in builders.PARAGRAPHS]))
    for night in range(4, 6):
        crawl(archive, chosen, FIXED_NOW + night * NIGHT)
    assert rows(archive, "select count(*) from articles where text_source = 'page'") == [(3,)]


def test_a_host_that_takes_all_night_does_not_hold_the_run(
    web: Web, polite: FetchSettings, archive: duckdb.DuckDBPyConnection
) -> None:
    paths = [f"/news/{n}" for n in range(6)]
    chosen = settings_for(polite.model_copy(update={"host_delay_seconds": 0.2, "crawl_seconds": 0.5}), paged(web, *paths), full_text=False)
    crawl(archive, chosen, FIXED_NOW)
    assert 0 < len([path for path in asked(web) if path.startswith("/news/")]) < 6
    assert rows(archive, "select count(*) from page_fetches") < [(6,)]


def test_a_rejected_item_of_a_feed_hides_no_entry_of_that_address(
    web: Web, polite: FetchSettings, archive: duckdb.DuckDBPyConnection
) -> None:
    page = web.add("/news/1", status=500)
    linkless = f"<title>A title</title><guid isPermaLink='false'>{page}</guid>"
    chosen = settings_for(polite, serve(web, told(1, words="Short.", link=page)), serve(web, linkless, path="/other"), full_text=False)
    crawl(archive, chosen, FIXED_NOW)
    web.add("/news/1", builders.html())
    crawl(archive, chosen, FIXED_NOW + NIGHT)
    assert [url for url, _ in stored(archive)] == [page]


def test_robots_files_are_asked_for_once_a_day(web: Web, polite: FetchSettings, archive: duckdb.DuckDBPyConnection) -> None:
    web.add("/robots.txt", "User-agent: *\nDisallow: /private\n", kind="text/plain")
    for hours in (0, 6, 30):
        path = f"/news/{hours}"
        web.add(path, builders.html())
        chosen = settings_for(polite, serve(web, told(hours + 1, link=web.base + path)), full_text=False)
        crawl(archive, chosen, FIXED_NOW + timedelta(hours=hours))
    assert asked(web).count("/robots.txt") == 2


def test_a_night_with_nothing_new_costs_one_conditional_request_a_feed(
    web: Web, polite: FetchSettings, archive: duckdb.DuckDBPyConnection
) -> None:
    web.add("/news/1", builders.html())
    body = builders.rss(told(1, link=web.base + "/news/1"))

    async def conditional(request: server.Request) -> server.StreamResponse:
        if request.headers.get("If-None-Match") == '"one"':
            return server.Response(status=304, headers={"ETag": '"one"'})
        return server.Response(text=body, headers={"ETag": '"one"'})

    chosen = settings_for(polite, web.handle("/feed", conditional), full_text=False)
    crawl(archive, chosen, FIXED_NOW)
    asked(web)
    crawl(archive, chosen, FIXED_NOW + NIGHT)
    assert asked(web) == ["/feed"]
    assert ledger.feed_states(archive)[chosen.feeds[0].url].failures_in_a_row == 0
