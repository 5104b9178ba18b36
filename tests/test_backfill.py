"""Backfill: older articles come from sitemaps, older feed pages and WARC files, politely, and once."""

import asyncio
import gzip
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from tests import builders
from tests.builders import FIXED_NOW
from tests.cli import run as command
from tests.web import Web
from tracker.extract.workers import Workers
from tracker.fetch.client import Client
from tracker.records import Run
from tracker.settings import FetchSettings, OutletEntry, Settings
from tracker.steps.backfilling import Wanted, backfill
from tracker.store import observed
from tracker.store.backfilled import Tally
from tracker.store.database import open_archive

SINCE = date(2026, 6, 1)
XMLNS = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'
WORDPRESS = "<generator>https://wordpress.org/?v=6.8</generator>"


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    """One pool for all tests of this file: processes take seconds to start."""
    pool = Workers(1)
    yield pool
    asyncio.run(pool.__aexit__(None, None, None))


@pytest.fixture
def archive() -> duckdb.DuckDBPyConnection:
    return open_archive(None)


def article(web: Web, number: int, day: str = "2026-07-01") -> str:
    """Serve one article with a text of its own and its date in its markup."""
    return web.add(f"/news/{number}", page(number, day))


def page(number: int, day: str = "2026-07-01") -> str:
    head = f'<meta property="article:published_time" content="{day}T08:00:00Z">'
    town = "".join("bdfghklmnp"[int(digit)] + "ore" for digit in str(number)).capitalize()  # copies of a text would be one story
    paragraphs = [f"{town} {text.replace(' the ', f' the {town} ')}" for text in builders.PARAGRAPHS]
    return builders.html(paragraphs, title=f"Report {number} from the quay", head=head)


def urlset(*items: str) -> str:
    return f"<urlset {XMLNS}>" + "".join(f"<url>{item}</url>" for item in items) + "</urlset>"


def index(*parts: tuple[str, str]) -> str:
    return (
        f"<sitemapindex {XMLNS}>"
        + "".join(f"<sitemap><loc>{u}</loc><lastmod>{d}</lastmod></sitemap>" for u, d in parts)
        + "</sitemapindex>"
    )


def outlet_of(web: Web) -> OutletEntry:
    return OutletEntry.model_validate({"outlet": "127.0.0.1", "name": "Example", "kind": "news", "feeds": [web.base + "/feed"]})


def fill(
    archive: duckdb.DuckDBPyConnection,
    web: Web,
    fetch: FetchSettings,
    workers: Workers,
    now: datetime = FIXED_NOW,
    since: date = SINCE,
    limit: int = 100,
    **chosen: Any,
) -> list[Tally]:
    """One backfill of the outlet that the small web is."""
    outlet = outlet_of(web)
    settings = Settings(outlets=(outlet,), themes=(), fetch=fetch)
    run = Run(f"{now:%Y%m%dT%H%M%S}", now, "test", settings.digest)

    async def go() -> list[Tally]:
        async with Client(fetch) as client:
            wanted = Wanted(since, (outlet,), limit, **chosen)
            return await backfill(archive, settings, run, client, workers, wanted, lambda stage, done, total: None)

    observed.sync_outlets(archive, settings.outlets, now)
    return asyncio.run(go())


def numbers(archive: duckdb.DuckDBPyConnection) -> list[int]:
    """The articles stored, by number: one that is stored twice stands here twice."""
    return sorted(int(url.rpartition("/")[2]) for (url,) in archive.execute("select url from articles").fetchall())


def notes(tallies: Sequence[Tally]) -> Counter[str]:
    return sum((tally.notes for tally in tallies), Counter())


def test_robots_names_an_index_and_its_news_and_packed_and_plain_sitemaps_become_articles(
    web: Web, polite: FetchSettings, archive: duckdb.DuckDBPyConnection, workers: Workers
) -> None:
    pages = {number: article(web, number) for number in range(1, 7)}
    web.add(
        "/robots.txt",
        f"User-agent: *\nDisallow: /closed\nDisallow: /news/6\nSitemap: {web.base}/index.xml\nSitemap: {web.base}/closed/s.xml\n",
        kind="text/plain",
    )
    web.add(
        "/index.xml",
        index(
            (f"{web.base}/old.xml", "2026-05-01"),
            (f"{web.base}/packed.xml.gz", "2026-08-01"),
            (f"{web.base}/list.txt", "2026-07-01"),
            (f"{web.base}/news-sitemap.xml", "2026-10-31"),
            ("file:///etc/passwd", "2026-10-31"),
            (f"{web.base}/index.xml", "2026-10-31"),
        ),
    )
    news = "<news:news><news:publication_date>2026-07-04T05:06:07Z</news:publication_date><news:title>Given title</news:title></news:news>"
    web.add("/news-sitemap.xml", urlset(f"<loc>{pages[1]}</loc>{news}"))
    web.add(
        "/packed.xml.gz",
        gzip.compress(urlset(f"<loc>{pages[2]}</loc>", f"<loc>{pages[6]}</loc>").encode()),
        kind="application/gzip",
    )
    web.add("/list.txt", f"{pages[3]}\nhttps://elsewhere.org/news/7\n{web.base}/tag/quay\n", kind="text/plain")
    web.add("/old.xml", urlset(f"<loc>{pages[4]}</loc>"))
    web.add("/closed/s.xml", urlset(f"<loc>{pages[5]}</loc>"))

    (tally,) = fill(archive, web, polite, workers, with_feeds=False)

    assert numbers(archive) == [1, 2, 3]
    assert archive.execute("select title, published_at, published_from from articles where url = ?", (pages[1],)).fetchall() == [
        ("Given title", datetime(2026, 7, 4, 5, 6, 7), "feed")
    ]
    assert archive.execute("select url, reason from rejections").fetchall() == [(pages[6], "robots_disallow")]
    assert (tally.files, tally.found, len(tally.new)) == (4, 4, 4)
    assert tally.notes == {"robots_disallow": 1, "other_site": 1, "not_an_article": 1}
    asked = web.paths()
    assert asked[:5] == ["/robots.txt", "/index.xml", "/news-sitemap.xml", "/packed.xml.gz", "/list.txt"]
    assert asked.count("/robots.txt") == 1 and not {"/old.xml", "/closed/s.xml", "/news/6"} & set(asked)


def test_without_a_word_in_robots_the_usual_places_are_tried_and_bad_sitemaps_are_named(
    web: Web, polite: FetchSettings, archive: duckdb.DuckDBPyConnection, workers: Workers
) -> None:
    bomb = '<!DOCTYPE u [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>'
    web.add("/sitemap.xml", index(*((f"{web.base}/{name}.xml", "2026-10-01") for name in ("bomb", "html", "gone", "good"))))
    web.add("/bomb.xml", bomb + urlset("<loc>http://127.0.0.1/&c;</loc>"))
    web.add("/html.xml", "<html><body>Please log in</body></html>")
    web.add("/good.xml", urlset(f"<loc>{article(web, 1)}</loc>"))
    (tally,) = fill(archive, web, polite, workers, with_feeds=False)
    assert numbers(archive) == [1]
    assert tally.notes["not_a_sitemap"] == 1 and tally.notes["http_404"] == 1
    assert archive.execute("select count(*) from entries").fetchone() == (1,)


def feed_page(web: Web, articles: Sequence[int], head: str, day: str = "2026-07-01") -> str:
    at = format_datetime(datetime.fromisoformat(day))
    items = [builders.rss_item(article(web, n, day), f"Report {n} from the quay", f"<pubDate>{at}</pubDate>") for n in articles]
    return builders.rss(*items).replace("<title>", f"{head}<title>", 1)


def link(rel: str, href: str) -> str:
    return f'<link xmlns="http://www.w3.org/2005/Atom" rel="{rel}" href="{href}"/>'


def test_archived_feeds_are_followed_to_the_first_day_and_loops_end(
    web: Web, polite: FetchSettings, archive: duckdb.DuckDBPyConnection, workers: Workers
) -> None:
    web.add("/feed", feed_page(web, [1, 2], link("prev-archive", "/feed/b")))
    web.add("/feed/b", feed_page(web, [2, 3], link("prev-archive", "/feed/c")))
    web.add("/feed/c", feed_page(web, [4], link("prev-archive", "/feed/b")))
    (tally,) = fill(archive, web, polite, workers, with_sitemaps=False)
    assert numbers(archive) == [1, 2, 3, 4]
    assert [path for path in web.paths() if path.startswith("/feed")] == ["/feed", "/feed/b", "/feed/c"]
    assert (tally.files, len(tally.new)) == (3, 4)

    # What follows is older than asked for: the walk ends there
    web.add("/feed/c", feed_page(web, [4], link("prev-archive", "/feed/d")))
    web.add("/feed/d", feed_page(web, [5], link("prev-archive", "/feed/e"), "2026-05-01"))
    fill(archive, web, polite, workers, FIXED_NOW + timedelta(days=1), date(2026, 5, 20), with_sitemaps=False)
    assert numbers(archive) == [1, 2, 3, 4]
    assert web.paths()[-1] == "/feed/d"


def test_wordpress_pages_are_read_up_to_the_404_and_the_next_time_only_to_what_is_known(
    web: Web, polite: FetchSettings, archive: duckdb.DuckDBPyConnection, workers: Workers
) -> None:
    web.add("/feed", feed_page(web, [5, 6], WORDPRESS))
    web.add("/feed?paged=2", feed_page(web, [3, 4], WORDPRESS))
    web.add("/feed?paged=3", feed_page(web, [1, 2], WORDPRESS))
    web.add("/feed?paged=4", status=404)
    web.add("/robots.txt", "User-agent: *\nDisallow: /nothing\n", kind="text/plain")
    fill(archive, web, polite, workers, with_sitemaps=False)
    assert numbers(archive) == [1, 2, 3, 4, 5, 6]
    assert web.paths().count("/feed") == 4

    web.add("/feed", feed_page(web, [7, 8], WORDPRESS))
    web.add("/feed?paged=2", feed_page(web, [5, 6], WORDPRESS))
    fill(archive, web, polite, workers, FIXED_NOW + timedelta(days=1), with_sitemaps=False)
    assert numbers(archive) == [1, 2, 3, 4, 5, 6, 7, 8]
    assert web.paths().count("/feed") == 6


def test_older_pages_of_a_feed_obey_robots_although_the_feed_itself_was_chosen(
    web: Web, polite: FetchSettings, archive: duckdb.DuckDBPyConnection, workers: Workers
) -> None:
    web.add("/robots.txt", "User-agent: *\nDisallow: /feed\n", kind="text/plain")
    web.add("/feed", feed_page(web, [1], link("next", "/feed/2")))
    web.add("/feed/2", feed_page(web, [2], ""))
    (tally,) = fill(archive, web, polite, workers, with_sitemaps=False)
    assert numbers(archive) == [1]
    assert tally.notes == {"robots_disallow": 1}


def test_what_was_finished_is_not_read_again_and_a_limit_is_gone_on_from(
    web: Web, polite: FetchSettings, archive: duckdb.DuckDBPyConnection, workers: Workers
) -> None:
    web.add("/robots.txt", f"Sitemap: {web.base}/index.xml\n", kind="text/plain")
    parts = [(f"{web.base}/s{i}.xml", f"2026-0{i}-10") for i in (7, 8, 9)]
    web.add("/index.xml", index(*parts))
    for i in (7, 8, 9):
        listed = [f"<loc>{article(web, 10 * i + n)}</loc><lastmod>2026-0{i}-0{n}</lastmod>" for n in (1, 2)]
        web.add(f"/s{i}.xml", urlset(*listed))
    (first,) = fill(archive, web, polite, workers, limit=3, with_feeds=False)
    assert numbers(archive) == [82, 91, 92]  # newest first
    assert "stopped at --limit 3" in next(iter(notes([first])))

    fill(archive, web, polite, workers, FIXED_NOW + timedelta(days=1), limit=4, with_feeds=False)
    assert numbers(archive) == [71, 72, 81, 82, 91, 92]
    asked = Counter(web.paths())
    assert (asked["/s9.xml"], asked["/s8.xml"], asked["/s7.xml"]) == (1, 2, 1)
    assert all(asked[f"/news/{n}"] == 1 for n in numbers(archive))

    # A later first day asks for nothing new but the index; an earlier one, and a file that changed, are read
    article(web, 99)
    web.add("/index.xml", index(parts[0], parts[1], (parts[2][0], "2026-11-02")))
    web.add("/s9.xml", urlset(f"<loc>{web.base}/news/99</loc>"))
    fill(archive, web, polite, workers, FIXED_NOW + timedelta(days=2), since=date(2026, 7, 1), with_feeds=False)
    assert 99 in numbers(archive)
    assert Counter(web.paths())["/s7.xml"] == 1
    fill(archive, web, polite, workers, FIXED_NOW + timedelta(days=2), since=date(2026, 1, 1), with_feeds=False)
    assert Counter(web.paths())["/s7.xml"] == 2


def test_a_source_that_fails_for_now_is_read_the_next_time(
    web: Web, polite: FetchSettings, archive: duckdb.DuckDBPyConnection, workers: Workers
) -> None:
    web.add("/robots.txt", f"Sitemap: {web.base}/sitemap-2026-07.xml\n", kind="text/plain")
    web.add("/sitemap-2026-07.xml", status=503)
    web.add("/feed", feed_page(web, [1], link("next", "/feed/2")))
    web.add("/feed/2", status=503)
    assert notes(fill(archive, web, polite, workers)) == {"http_503": 2}
    assert archive.execute("select * from backfilled").fetchall() == []

    web.add("/sitemap-2026-07.xml", urlset(f"<loc>{article(web, 3)}</loc>"))
    web.add("/feed/2", feed_page(web, [2], ""))
    fill(archive, web, polite, workers, FIXED_NOW + timedelta(days=1))
    assert numbers(archive) == [1, 2, 3]
    assert archive.execute("select source, entries from backfilled order by source").fetchall() == [
        (f"{web.base}/feed", 2),
        (f"{web.base}/feed/2", 1),
        (f"{web.base}/sitemap-2026-07.xml", 1),
    ]

    # A file named after a month that was over when it was read is settled
    asked = Counter(web.paths())["/sitemap-2026-07.xml"]
    fill(archive, web, polite, workers, FIXED_NOW + timedelta(days=2))
    assert Counter(web.paths())["/sitemap-2026-07.xml"] == asked


def warc_file(path: Path, base: str, articles: Sequence[int], day: str = "2026-07-01") -> Path:
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=True)
        for url, body in [(f"{base}/news/{n}", page(n, day)) for n in articles] + [("https://elsewhere.org/news/1", page(1))]:
            http = StatusAndHeaders("200 OK", [("Content-Type", "text/html")], protocol="HTTP/1.1")
            writer.write_record(writer.create_warc_record(url, "response", payload=io.BytesIO(body.encode()), http_headers=http))
    return path


def test_pages_of_known_outlets_in_a_warc_file_become_articles_without_the_web(
    web: Web, polite: FetchSettings, archive: duckdb.DuckDBPyConnection, workers: Workers, tmp_path: Path
) -> None:
    whole = warc_file(tmp_path / "whole.warc.gz", web.base, range(8))
    older = warc_file(tmp_path / "older.warc.gz", web.base, [50], "2026-05-01")
    cut = tmp_path / "cut.warc.gz"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    local = {"with_sitemaps": False, "with_feeds": False}
    found = fill(archive, web, polite, workers, warcs=(cut, older), **local)
    some = numbers(archive)
    assert 1 < len(some) < 8
    assert [tally.notes for tally in found][1].most_common(1)[0][0].startswith("damaged: ")
    assert notes(found)["older"] == 1

    # The whole file brings the rest; a second time it is not read
    tallies = fill(archive, web, polite, workers, FIXED_NOW + timedelta(days=1), warcs=(whole,), **local)
    assert numbers(archive) == list(range(8))
    assert (tallies[0].found, len(tallies[0].new)) == (8, 8 - len(some))
    again = fill(archive, web, polite, workers, FIXED_NOW + timedelta(days=2), warcs=(whole,), **local)
    assert notes(again) == {"read before": 1}
    assert web.seen == []


def feeds_yaml(tmp_path: Path, web: Web) -> list[str]:
    (tmp_path / "feeds.yaml").write_text(
        json.dumps({"outlets": [{"outlet": "127.0.0.1", "name": "Example", "kind": "news", "feeds": [web.base + "/feed"]}]})
    )
    (tmp_path / "themes.yaml").write_text("themes: []\n")
    return ["--feeds", str(tmp_path / "feeds.yaml"), "--themes", str(tmp_path / "themes.yaml"), "--data", str(tmp_path / "data")]


def test_kill_9_in_the_middle_loses_nothing_and_the_next_run_goes_on(
    web: Web, polite: FetchSettings, workers: Workers, tmp_path: Path
) -> None:
    web.add("/robots.txt", f"Sitemap: {web.base}/sitemap.xml\n", kind="text/plain")
    pages = [article(web, number, "2020-02-02") for number in range(20)]
    web.add("/sitemap.xml", urlset(*(f"<loc>{url}</loc><lastmod>2020-02-02</lastmod>" for url in pages)))
    words = [
        "backfill", "--since", "2020-01-01", *feeds_yaml(tmp_path, web), "--sources", "sitemaps",
        "--allow-private-hosts", "127.0.0.1", "--host-delay", "0.1",
    ]  # fmt: skip
    killed = subprocess.Popen([sys.executable, "-m", "tracker", *words], stderr=subprocess.PIPE, start_new_session=True)
    while sum(path.startswith("/news/") for path in web.paths()) < 12 and killed.poll() is None:
        time.sleep(0.01)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.communicate()

    archive = open_archive(tmp_path / "data" / "archive.duckdb")
    kept = numbers(archive)
    assert 0 < len(kept) < 20
    (tally,) = fill(archive, web, polite, workers, since=date(2020, 1, 1), with_feeds=False)
    assert numbers(archive) == list(range(20))
    assert (tally.found, len(tally.new)) == (20, 0)  # the killed run had stored them all as waiting
    asked = Counter(web.paths())
    assert all(asked[f"/news/{number}"] == 1 for number in kept)
    archive.close()


def test_the_default_settings_meet_no_private_address(web: Web, tmp_path: Path) -> None:
    answer = command("backfill", "--since", "30d", *feeds_yaml(tmp_path, web), "--host-delay", "0")
    assert answer.code == 1
    assert "nothing could be read: " in answer.err and "private_address" in answer.err
    assert web.seen == []


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--since", "soon"), "--since: 'soon'"),
        (("--since", "2999-01-01"), "in the future"),
        (("--since", "9d", "--outlet", "techcrunch.org"), "did you mean techcrunch.com"),
        (("--since", "9d", "--sources", "dreams"), "unknown source 'dreams'"),
        (("--since", "9d", "--sources", "none"), "--warc"),
    ],
)
def test_what_cannot_be_meant_is_said_in_one_line(tmp_path: Path, words: tuple[str, ...], says: str) -> None:
    answer = command("backfill", *words, "--data", str(tmp_path))
    assert answer.code == 1
    assert says in answer.err and answer.err.count("\n") == 1


def test_a_warc_file_that_is_not_there_is_wrong_usage(tmp_path: Path) -> None:
    assert command("backfill", "--since", "9d", "--warc", str(tmp_path / "none.warc"), "--data", str(tmp_path)).code == 2
