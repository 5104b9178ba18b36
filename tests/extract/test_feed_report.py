"""A feed described: format, dates, rhythm, fullness, language."""

from collections import Counter

import pytest

from tests.builders import PARAGRAPHS, feed_fetch, rss, rss_item
from tracker.extract import entries
from tracker.extract.feed_report import FeedReport, describe, form, is_full_text

ARTICLE = "<description><![CDATA[" + "".join(f"<p>{text}</p>" for text in PARAGRAPHS * 2) + "]]></description>"


def described(*items: str) -> FeedReport:
    body = rss(*items).encode()
    return describe(body, entries.read(feed_fetch(body), 100))


def item(number: int, more: str) -> str:
    return rss_item(f"https://example.com/{number}", more=more)


def test_the_rhythm_is_the_gaps_between_entries() -> None:
    days = [f"<pubDate>{day} Oct 2026 12:00 GMT</pubDate>" for day in (5, 12, 19, 26)]
    report = described(*(item(i, day) for i, day in enumerate(days)))
    assert (report.entries, report.dated, report.entries_a_week) == (4, 4, pytest.approx(1.0))
    assert described(item(1, days[0])).entries_a_week is None
    assert described(item(1, days[0]), item(2, days[0])).entries_a_week is None


def test_dates_that_are_not_believed_are_counted_by_reason() -> None:
    wrong = ("31 Foo 2026", "1 Jan 2999 00:00 GMT", "1 Jan 1699 00:00 GMT", "")
    report = described(*(item(i, f"<pubDate>{date}</pubDate>") for i, date in enumerate(wrong)))
    assert report.dated == 0
    assert report.notes == Counter({"unreadable": 1, "future": 1, "too_old": 1, "missing": 1})


def test_a_long_description_is_a_whole_article_unless_its_page_has_far_more() -> None:
    body = rss(*(item(i, ARTICLE) for i in range(3))).encode()
    reading = entries.read(feed_fetch(body), 100)
    report, first = describe(body, reading), reading.entries[0]
    words = len(" ".join(PARAGRAPHS * 2).split())
    assert report.words == words
    assert is_full_text(report, None, None) and is_full_text(report, first, words)
    assert not is_full_text(report, first, 3 * words)
    assert not is_full_text(described(item(1, "<description>Short.</description>")), None, None)


def test_the_language_is_that_of_titles_and_summaries() -> None:
    german = "<description>Der Hafenrat von Westmere hat am Dienstag beschlossen, eine kleine Firma ihre Kräne prüfen zu lassen.</description>"
    assert described(item(1, german)).language == "de"
    assert described(item(1, ARTICLE)).language == "en"
    assert described().language is None


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (rss().encode(), "RSS 2.0"),
        (b'<?xml version="1.0"?><!-- <b> --><rss version="0.91">', "RSS 0.91"),
        (b'<rdf:RDF xmlns:rdf="x" xmlns="http://purl.org/rss/1.0/">', "RSS 1.0"),
        (b'\xef\xbb\xbf<feed xmlns="http://www.w3.org/2005/Atom">', "Atom 1.0"),
        (b'<feed version="0.3" xmlns="http://purl.org/atom/ns#">', "Atom 0.3"),
        ('<feed xmlns="http://www.w3.org/2005/Atom">'.encode("utf-16"), "Atom 1.0"),
        (b'{"version": "https://jsonfeed.org/version/1.1"}', "JSON Feed"),
        (b"<html>", ""),
        (b"", ""),
    ],
)
def test_formats_are_told_by_their_first_element(body: bytes, name: str) -> None:
    assert form(body) == name
