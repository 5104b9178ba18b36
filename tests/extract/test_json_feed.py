"""JSON Feed is read like the other formats, and what only looks like it is not."""

import json
from datetime import datetime

import pytest

from tests.builders import feed_fetch
from tracker.extract import entries
from tracker.extract.entries import FeedReading
from tracker.records import Entry

VERSION = "https://jsonfeed.org/version/1.1"
ITEM = {"id": "a-1", "url": "https://example.com/a", "title": "A title"}


def read(body: bytes | str, **changes: object) -> FeedReading:
    return entries.read(feed_fetch(body, content_type="application/feed+json", **changes), 2000)


def feed(*items: object, version: object = VERSION) -> str:
    return json.dumps({"version": version, "title": "Example", "items": items})


def only(**changes: object) -> Entry:
    (entry,) = read(feed({**ITEM, **changes})).entries
    return entry


def test_an_item_with_everything() -> None:
    entry = only(
        url="https://example.com/a?utm_source=feed",
        title="Ships & cranes",
        summary="Short.",
        content_html="<p>Long.</p>",
        content_text="Long.",
        date_published="2026-10-31T08:00:00-04:00",
        date_modified="2026-11-01T00:00:00Z",
        authors=[{"name": "Jo Amsel"}, {"name": "Ilse Barendt"}],
    )
    assert (entry.url, entry.raw_url, entry.guid) == ("https://example.com/a", "https://example.com/a?utm_source=feed", "a-1")
    assert (entry.title, entry.author, entry.summary, entry.content) == ("Ships & cranes", "Jo Amsel", "Short.", "<p>Long.</p>")
    assert (entry.published_at, entry.date_note) == (datetime(2026, 10, 31, 12, 0), "")
    assert read(feed(ITEM)).title == "Example"


@pytest.mark.parametrize("version", ["https://jsonfeed.org/version/1", VERSION, "http://jsonfeed.org/version/1", "1.0", "1.1", 1])
def test_every_version_is_read(version: object) -> None:
    assert len(read(feed(ITEM, version=version)).entries) == 1


def test_the_author_of_version_1_0() -> None:
    assert only(author={"name": "Jo Amsel"}).author == "Jo Amsel"


@pytest.mark.parametrize(
    ("changes", "url"),
    [
        ({"url": "/b"}, "https://example.com/b"),
        ({"url": None, "external_url": "https://other.example/b"}, "https://other.example/b"),
        ({"url": "", "id": "https://example.com/c"}, "https://example.com/c"),
    ],
)
def test_the_address_of_an_item(changes: dict[str, object], url: str) -> None:
    assert only(**changes).url == url


def test_an_item_without_an_address_is_rejected_with_a_reason() -> None:
    reading = read(feed({"id": 7, "title": "T"}, {"id": "8", "url": "javascript:alert(1)"}))
    assert [(rejection.url, rejection.reason) for rejection in reading.rejections] == [
        ("7", "no_link"),
        ("javascript:alert(1)", "bad_link"),
    ]


def test_texts_carry_no_scripts_and_plain_text_is_not_taken_for_html() -> None:
    assert only(content_html="<p onclick='x()'>A day.<script>alert(1)</script></p>").content == "<p>A day.</p>"
    assert only(content_text="1 < 2 & <b>").content == "1 &lt; 2 &amp; &lt;b&gt;"
    assert only(title="A <script>alert(1)</script>claim").title == "A claim"


@pytest.mark.parametrize(
    "body", [b"\xef\xbb\xbf" + feed(ITEM).encode(), feed(ITEM).encode("utf-16"), b" \n" + feed(ITEM).encode()]
)
def test_marks_and_blanks_before_the_object_do_not_matter(body: bytes) -> None:
    assert len(read(body).entries) == 1


def test_line_breaks_in_strings_and_halves_of_characters_are_overlooked() -> None:
    entry = read(feed(ITEM).replace("A title", "A \n ti\\ud800tle\x00")).entries[0]
    assert entry.title == "A title"


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (feed(ITEM, version="https://example.com/schema"), "not_a_feed"),
        (feed(ITEM, version=None), "not_a_feed"),
        (json.dumps({"version": VERSION, "items": {"a": 1}}), "not_a_feed"),
        (json.dumps([ITEM]), "not_a_feed"),
        (feed(ITEM)[:-20], "broken_feed"),
        ('{"error": "no such', "not_a_feed"),
        (feed(None, 7, "x", [ITEM]), None),
        (feed(), None),
    ],
)
def test_what_is_no_feed_says_so(body: str, error: str | None) -> None:
    assert read(body) == FeedReading(error=error, title="" if error else "Example")


def test_fields_of_the_wrong_kind_are_left_out() -> None:
    entry = only(id={"a": 1}, title=["x"], summary=7, authors="Jo", author=["Jo"], date_published=True)
    assert (entry.guid, entry.title, entry.summary, entry.author, entry.date_note) == (None, "", "7", None, "missing")
