"""Feeds of every kind become entries, and what cannot be used says why."""

from datetime import datetime
from pathlib import Path

import pytest

from tests.builders import FIXED_NOW, feed_fetch, rss, rss_item
from tracker.extract import entries
from tracker.extract.entries import FeedReading
from tracker.records import Entry


def read(body: bytes | str, **changes: object) -> FeedReading:
    return entries.read(feed_fetch(body, **changes), 2000)


def only(body: bytes | str, **changes: object) -> Entry:
    (entry,) = read(body, **changes).entries
    return entry


def test_an_rss_item() -> None:
    more = (
        "<guid isPermaLink='false'>g1</guid><pubDate>Sat, 31 Oct 2026 08:00:00 EDT</pubDate>"
        "<author>jo@example.com (Jo Amsel)</author>"
        "<description>Short.</description><content:encoded><![CDATA[<p>Long.</p>]]></content:encoded>"
    )
    entry = only(rss(rss_item("https://example.com/a?utm_source=x", "Ships &amp;amp; cranes", more)))
    assert (entry.url, entry.raw_url) == ("https://example.com/a", "https://example.com/a?utm_source=x")
    assert (entry.title, entry.author, entry.guid) == ("Ships & cranes", "Jo Amsel", "g1")
    assert (entry.summary, entry.content) == ("Short.", "<p>Long.</p>")
    assert (entry.published_at, entry.date_note) == (datetime(2026, 10, 31, 12, 0), "")
    assert (entry.outlet, entry.first_seen_at) == ("example.com", FIXED_NOW)


def test_an_atom_entry_with_relative_link() -> None:
    atom = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>T</title><link href="../b"/><id>i</id>'
        "<updated>2026-10-31T10:00:00Z</updated></entry></feed>"
    )
    entry = only(atom, final_url="https://example.com/blog/feed")
    assert entry.url == "https://example.com/b"
    assert entry.published_at == datetime(2026, 10, 31, 10, 0)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (rss(rss_item(title="Caf\u00e9 \u2013 zw\u00f6lf")).encode(), "application/rss+xml; charset=iso-8859-1"),
        (rss(rss_item(title="Caf\u00e9 \u2013 zw\u00f6lf")).encode(), "text/plain"),
        (b"\xef\xbb\xbf" + rss(rss_item(title="Caf\u00e9 \u2013 zw\u00f6lf")).encode(), ""),
        (rss(rss_item(title="Caf\u00e9 \u2013 zw\u00f6lf")).replace("utf-8", "utf-16").encode("utf-16"), "text/xml"),
        (rss(rss_item(title="Caf\u00e9 \u2013 zw\u00f6lf")).replace("utf-8", "windows-1252").encode("cp1252"), "application/xml"),
        (b"\n\n " + rss(rss_item(title="Caf\u00e9 \u2013\x0b\x00 zw\u00f6lf")).encode(), "application/xml"),
    ],
)
def test_wrong_charsets_marks_blanks_and_controls_do_not_matter(body: bytes, content_type: str) -> None:
    assert only(body, content_type=content_type).title == "Caf\u00e9 \u2013 zw\u00f6lf"


def test_markup_in_titles_is_removed() -> None:
    entry = only(rss(rss_item(title="A &lt;script&gt;alert(1)&lt;/script&gt;&lt;b&gt;bold&lt;/b&gt; claim: 1 &amp;lt; 2")))
    assert entry.title == "A bold claim: 1 < 2"


def test_a_body_that_names_a_file_is_not_opened(tmp_path: Path) -> None:
    file = tmp_path / "feed.xml"
    file.write_text(rss(rss_item()))
    assert read(str(file)).error == "not_a_feed"
    assert read("https://example.com/feed").error == "not_a_feed"


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("", "empty_body"),
        (" \n", "empty_body"),
        ("<!doctype html><html><body><p>Hello</p></body></html>", "not_a_feed"),
        ('{"a": 1}', "not_a_feed"),
        (rss()[:-30], "broken_feed"),
        (rss(), None),
    ],
)
def test_what_is_no_feed_says_so(body: str, error: str | None) -> None:
    assert read(body).error == error


def test_a_truncated_feed_gives_what_arrived() -> None:
    whole = rss(rss_item("https://example.com/a"), rss_item("https://example.com/b"))
    reading = read(whole[: whole.rindex("<item>")])
    assert [entry.url for entry in reading.entries] == ["https://example.com/a"]
    assert reading.error is None


def test_entity_bombs_are_not_expanded() -> None:
    bomb = (
        '<!DOCTYPE r [<!ENTITY a "'
        + "x" * 1000
        + '">'
        + "".join(f'<!ENTITY {b} "{f"&{a};" * 100}">' for a, b in [("a", "b"), ("b", "c"), ("c", "d")])
    )
    reading = read(rss(rss_item(title="&d;")).replace("<rss", bomb + "]><rss", 1))
    assert all(len(entry.title) < 1000 for entry in reading.entries)


def test_entries_without_a_usable_link_are_rejected_with_a_reason() -> None:
    reading = read(rss("<title>No link</title>", rss_item("javascript:alert(1)"), rss_item("https://example.com/ok")))
    assert [rejection.reason for rejection in reading.rejections] == ["no_link", "bad_link"]
    assert {rejection.stage for rejection in reading.rejections} == {"feed"}
    assert len(reading.entries) == 1


def test_the_same_address_twice_is_one_entry_and_a_guid_used_twice_is_made_distinct() -> None:
    reading = read(
        rss(
            rss_item("https://example.com/a?utm_source=1", more="<guid>tag:g</guid>"),
            rss_item("https://example.com/a?utm_source=2", more="<guid>tag:h</guid>"),
            rss_item("https://example.com/b", more="<guid>tag:g</guid>"),
        )
    )
    assert [entry.guid for entry in reading.entries] == ["tag:g", "tag:g https://example.com/b"]
    assert reading.duplicates == 1


def test_of_too_many_entries_the_newest_stay() -> None:
    items = [
        rss_item(f"https://example.com/{day}", more=f"<pubDate>{day:02} Oct 2026 10:00:00 GMT</pubDate>") for day in range(1, 31)
    ]
    reading = entries.read(feed_fetch(rss(*items)), 10)
    assert (len(reading.entries), reading.dropped) == (10, 20)
    assert (reading.oldest_at, reading.newest_at) == (datetime(2026, 10, 21, 10), datetime(2026, 10, 30, 10))


@pytest.mark.parametrize(
    ("written", "note"),
    [
        ("2024-13-45", "unreadable"),
        ("Fri, 31 Dec 9999 23:59:59 GMT", "future"),
        ("Thu, 01 Jan 1970 00:00:00 GMT", "too_old"),
        ("", "missing"),
        ("soon", "unreadable"),
    ],
)
def test_dates_that_cannot_be_true(written: str, note: str) -> None:
    entry = only(rss(rss_item(more=f"<pubDate>{written}</pubDate>")))
    assert (entry.published_at, entry.date_note) == (None, note)


def test_a_date_that_we_cannot_read_is_not_guessed() -> None:
    entry = only(rss(rss_item(more="<pubDate>2025\ub144 05\uc6d4 28\uc77c</pubDate>")))
    assert (entry.published_at, entry.date_note) == (None, "unreadable")  # feedparser makes it the first of this month
