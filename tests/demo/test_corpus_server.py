"""A Parquet file of news becomes feeds and pages that the tracker can read, and a run over it is measured."""

import asyncio
import sys
from pathlib import Path

import aiohttp
import feedparser
import pandas as pd
import pytest
from lxml import html

from evals import corpus_server
from tracker import settings

ROWS = [
    (
        "x-1",
        "The Example",
        "Salt & light <again>",
        "2025-02-03",
        "First paragraph.\nSecond, with \x00 a null & an ampersand.\n\nThird.",
    ),
    ("x-2", "The Example", "Later", "2025-02-04T10:00:00Z", "Short."),
    ("y-1", "arXiv", "A paper", "2025-01-01", "Abstract."),
    ("z-1", "日本", "No text", "2025-01-02", None),
]


@pytest.fixture
def corpus(tmp_path: Path) -> dict[str, list[corpus_server.CorpusArticle]]:
    """The rows above, from a file."""
    pd.DataFrame(ROWS, columns=corpus_server.COLUMNS).to_parquet(tmp_path / "news.parquet")
    return corpus_server.read(tmp_path / "news.parquet")


def fetch(corpus: dict[str, list[corpus_server.CorpusArticle]], *paths: str) -> list[bytes]:
    """What the server sends for the paths."""

    async def run() -> list[bytes]:
        async with corpus_server.serve(corpus, 0) as site, aiohttp.ClientSession(site, raise_for_status=True) as session:
            return [await (await session.get(path)).read() for path in paths]

    return asyncio.run(run())


def test_feeds_carry_titles_dates_and_summaries(corpus: dict[str, list[corpus_server.CorpusArticle]]) -> None:
    feed = feedparser.parse(fetch(corpus, "/o/the-example/feed.xml")[0])
    assert not feed.bozo
    assert [(e.title, e.updated) for e in feed.entries] == [
        ("Later", "2025-02-04T10:00:00Z"),
        ("Salt & light <again>", "2025-02-03"),
    ]


def test_pages_carry_the_text_in_paragraphs(corpus: dict[str, list[corpus_server.CorpusArticle]]) -> None:
    page = html.fromstring(fetch(corpus, "/o/the-example/a/x-1")[0].decode())
    assert [p.text for p in page.iter("p")] == ["First paragraph.", "Second, with  a null & an ampersand.", "Third."]
    assert page.findtext(".//h1") == "Salt & light <again>"


def test_feeds_yaml_can_be_read_by_the_tracker(corpus: dict[str, list[corpus_server.CorpusArticle]], tmp_path: Path) -> None:
    (tmp_path / "feeds.yaml").write_text(corpus_server.feeds_yaml(corpus, "http://127.0.0.1:8700"), encoding="utf-8")
    outlets = settings.read_feeds(tmp_path / "feeds.yaml").outlets
    assert {(o.name, o.kind) for o in outlets} == {("The Example", "news"), ("arXiv", "research"), ("日本", "news")}


def test_an_outlet_with_many_articles_gets_several_feeds() -> None:
    many = [corpus_server.CorpusArticle(f"m-{n}", "Many", f"Title {n}", "2025-01-01", "Text.") for n in range(4001)]
    feeds = fetch({"many": many}, "/o/many/feed.xml", "/o/many/feed-2.xml", "/o/many/feed-3.xml")
    assert [body.count(b"<item>") for body in feeds] == [2000, 2000, 1]
    assert "/o/many/feed-3.xml" in corpus_server.feeds_yaml({"many": many}, "http://127.0.0.1:8700")


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="memory is read from /proc")
def test_a_run_is_measured_with_its_children() -> None:
    child = "x = bytearray(60 * 2**20); import time; time.sleep(1)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}]); sys.exit(3)"
    usage = asyncio.run(corpus_server.measure([sys.executable, "-c", parent], {}))
    assert usage.status == 3
    assert usage.seconds >= 1
    assert usage.peak_bytes > 60 * 2**20
