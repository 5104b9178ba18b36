"""Expectations are read as each parser's authors state them, and what we miss is counted with its cause."""

import io
import tarfile
from pathlib import Path

import pyarrow as pa
import pytest

from evals import feeds
from evals.feeds import Expected
from tests.builders import rss, rss_item
from tracker.errors import SettingsError

STATED = "<!--\nDescription: made up\nHeader:  Content-Type: text/xml; charset=utf-8\nExpect:      {}\n-->\n"


def feedparser_case(expression: str, feed: str) -> str:
    return STATED.format(expression) + feed.split("?>", 1)[1]


FILES = {
    "feedparser-tests/a/title.xml": feedparser_case("not bozo and entries[0]['title'] == 'A title'", rss(rss_item())),
    "feedparser-tests/a/link.xml": feedparser_case(
        "entries[1].link == 'https://example.com/other'", rss(rss_item(), rss_item("https://example.com/b"))
    ),
    "feedparser-tests/a/lost.xml": feedparser_case("len(entries) == 2", rss(rss_item())),
    "feedparser-tests/a/feed.xml": feedparser_case("not bozo and feed['title'] == 'Example'", rss()),
    "gofeed-testdata/b/linkless.xml": rss("<title>&lt;b>A&lt;/b> title</title>"),
    "gofeed-testdata/b/linkless.json": '{"items": [{"title": "A title"}]}',
    "gofeed-testdata/b/feed.json": '{"version": "https://jsonfeed.org/version/1", "items": [{"id": "1", "url": "/a", "title": "A title"}]}',
    "gofeed-testdata/b/feed_expected.json": '{"items": [{"title": "A title", "link": "/a"}]}',
    "miniflux-testdata/c/testdata/html.xml": "<html><body><entry>no</entry></body></html>",
    "miniflux-testdata/LICENSE": "Do as you like.",
}


def archive(path: Path, files: dict[str, str]) -> Path:
    with pa.output_stream(str(path), compression="zstd") as stream, tarfile.open(fileobj=stream, mode="w|") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text.encode())
            tar.addfile(member, io.BytesIO(text.encode()))
    return path


def test_what_is_found_is_counted_and_what_is_missed_has_its_cause(tmp_path: Path) -> None:
    rows = feeds.evaluate(archive(tmp_path / "cases.tar.zst", FILES), processes=1).rows()
    assert rows == [
        ("files survived", 1.0, "10 files"),
        ("entries found", 4 / 6, "feedparser 2 of 3, gofeed 2 of 2, miniflux 0 of 1"),
        ("of these usable", 5 / 6, "5 of 6 entries, 1 no_link"),
        ("titles agree", 1.0, "feedparser 1 of 1, gofeed 2 of 2"),
        ("links agree", 0.5, "feedparser 0 of 1, gofeed 1 of 1"),
        ("  missed", None, "1 link differs: feedparser-tests/a/link.xml"),
        ("  missed", None, "1 fewer entries than expected: feedparser-tests/a/lost.xml"),
        ("  missed", None, "1 not_a_feed: miniflux-testdata/c/testdata/html.xml"),
    ]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("not bozo and entries[0]['title'] == u'caf\\xe9'", Expected(1, {0: "caf\u00e9"})),
        ("entries[0]['link'] == entries[1]['link'] == 'x'", Expected(2, {}, {0: "x", 1: "x"})),
        ("not bozo and entries[2].link == 'x'", Expected(3, {}, {2: "x"})),
        ("'x' == entries[0].title", Expected(1, {0: "x"})),
        ("entries[0]['title'] != 'x' and entries[0]['tags'][1]['term'] == 'y'", Expected(1)),
        ("feed.title == 'x' and len(entries) == 2", Expected(2)),
        ("feed['title'] == 'x'", Expected()),
        ("__import__('os').system('false')", Expected()),
        ("no python", Expected()),
    ],
)
def test_an_expectation_in_a_comment_is_parsed_and_never_run(expression: str, expected: Expected) -> None:
    assert feeds.in_comment(expression) == expected


def test_an_expectation_in_json_names_the_alternate_link() -> None:
    document = b'{"entries": [{"title": "T", "links": [{"rel": "self", "href": "s"}, {"href": "a"}]}, {"links": [{"rel": "via", "href": "v"}]}]}'
    assert feeds.in_json(document) == Expected(2, {0: "T"}, {0: "a"})
    assert feeds.in_json(b"{") == Expected()


def test_a_file_that_is_not_the_test_files_is_named(tmp_path: Path) -> None:
    path = tmp_path / "cases.tar.zst"
    path.write_bytes(b"nothing of the sort")
    with pytest.raises(SettingsError, match=r"cases\.tar\.zst"):
        feeds.evaluate(path)
