"""Feeds of every kind become entries, and what cannot be used says why; what is wrong with feeds: tests/faults/test_feed_content.py."""

from datetime import datetime

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


def test_markup_in_titles_is_removed() -> None:
    entry = only(rss(rss_item(title="A &lt;script&gt;alert(1)&lt;/script&gt;&lt;b&gt;bold&lt;/b&gt; claim: 1 &amp;lt; 2")))
    assert entry.title == "A bold claim: 1 < 2"


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


def test_a_feed_without_entries_is_a_feed() -> None:
    assert read(rss(title="Nothing &amp;amp; new")) == FeedReading(title="Nothing & new")


def test_a_date_of_the_last_change_stands_in_for_a_missing_one() -> None:
    atom = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>T</title><link href="/b"/>'
        "<updated>2026-10-31T10:00:00Z</updated>{}</entry></feed>"
    )
    assert only(atom.format("")).published_at == datetime(2026, 10, 31, 10, 0)
    assert only(atom.format("<published>2026-10-30T10:00:00Z</published>")).published_at == datetime(2026, 10, 30, 10, 0)


def test_an_rss_1_item_is_named_by_its_address() -> None:
    rdf = (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/'
        'elements/1.1/"><item rdf:about="https://example.com/a"><title>T</title><dc:creator>Jo Amsel</dc:creator></item></rdf:RDF>'
    )
    entry = only(rdf)
    assert (entry.url, entry.author) == ("https://example.com/a", "Jo Amsel")


def test_what_a_feed_says_can_be_had_as_written() -> None:
    (item,) = entries.parse(feed_fetch(rss(rss_item("/a?utm_source=x", more="<pubDate>soon</pubDate>")))).items
    assert (item.link, item.published) == ("/a?utm_source=x", "soon")
