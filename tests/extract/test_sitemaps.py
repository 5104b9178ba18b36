"""Sitemaps: what they list of the days asked for is found, and nothing they contain can hurt."""

import gzip
import time
from datetime import date, datetime

import pytest

from tests.builders import FIXED_NOW
from tracker.extract import sitemaps, sites
from tracker.extract.sitemaps import Part, Sitemap

SITE = sites.learn("example.com", ["https://example.com/feed"], [])
SINCE = date(2026, 6, 1)
NEWS = 'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9" xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"'
START = f'<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" {NEWS}>'


def urlset(*items: str) -> bytes:
    return (START + "".join(f"<url>{item}</url>" for item in items) + "</urlset>").encode()


def index(*parts: tuple[str, str]) -> bytes:
    inside = "".join(f"<sitemap><loc>https://example.com/{name}</loc><lastmod>{day}</lastmod></sitemap>" for name, day in parts)
    return f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{inside}</sitemapindex>'.encode()


def read(body: bytes, limit_bytes: int = 10**8) -> Sitemap:
    return sitemaps.read(body, "https://example.com/sitemap.xml", limit_bytes, SITE, SINCE, FIXED_NOW)


def paths(read_: Sitemap) -> list[str]:
    return [entry.url.removeprefix("https://example.com") for entry in read_.entries]


def test_a_news_sitemap_gives_titles_and_publication_dates() -> None:
    found = read(
        urlset(
            "<loc>https://example.com/a?utm_source=x</loc><image:image><image:loc>https://example.com/a.jpg</image:loc></image:image>"
            "<news:news><news:publication><news:name>Example</news:name></news:publication>"
            "<news:publication_date>2026-06-03T10:00:00+02:00</news:publication_date><news:title>Cranes &amp; quays</news:title></news:news>"
        )
    )
    (entry,) = found.entries
    assert (entry.url, entry.title, entry.published_at) == ("https://example.com/a", "Cranes & quays", datetime(2026, 6, 3, 8))
    assert entry.feed_url == "https://example.com/sitemap.xml" and entry.first_seen_at == FIXED_NOW


def test_a_change_is_no_publication_but_what_did_not_change_since_is_older() -> None:
    found = read(
        urlset(
            "<loc>https://example.com/old</loc><lastmod>2026-05-31</lastmod>",
            "<loc>https://example.com/changed</loc><lastmod>2026-06-02</lastmod>",
            "<loc>https://example.com/2026/05/30/dated</loc><lastmod>2026-10-01</lastmod>",
            "<loc>https://example.com/unknown</loc>",
        )
    )
    assert paths(found) == ["/changed", "/unknown"]
    assert [entry.published_at for entry in found.entries] == [None, None]
    assert found.skipped == {"older": 2}


def test_the_newest_come_first() -> None:
    found = read(urlset(*(f"<loc>https://example.com/{day}</loc><lastmod>2026-07-{day}</lastmod>" for day in ("02", "09", "05"))))
    assert paths(found) == ["/09", "/05", "/02"]


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("https://elsewhere.org/a", "other_site"),
        ("https://example.com/", "not_an_article"),
        ("https://example.com/tag/robots", "not_an_article"),
        ("https://example.com/news/page/3/", "not_an_article"),
        ("https://example.com/video.mp4", "not_an_article"),
        ("file:///etc/passwd", "bad_address"),
        ("javascript:alert(1)", "bad_address"),
    ],
)
def test_addresses_that_are_no_articles_of_the_site_are_counted(url: str, reason: str) -> None:
    found = read(urlset(f"<loc>{url}</loc>"))
    assert (found.entries, found.skipped) == ((), {reason: 1})


def test_of_an_index_only_what_may_hold_the_days_asked_for_is_read_news_first_then_newest() -> None:
    found = read(
        index(
            ("post-sitemap1.xml", "2026-05-01"),
            ("post-sitemap2.xml", "2026-09-01T10:00:00Z"),
            ("sitemap-2026-04.xml", "2026-11-01"),
            ("sitemap-2026-06.xml", "2026-11-01"),
            ("category-sitemap.xml", "2026-11-01"),
            ("news-sitemap.xml", "2026-06-20"),
        )
    )
    assert [part.url.rpartition("/")[2] for part in found.parts] == [
        "news-sitemap.xml",
        "post-sitemap2.xml",
        "sitemap-2026-06.xml",
    ]


@pytest.mark.parametrize(
    ("url", "until"),
    [
        ("https://e.com/sitemap-2025-06.xml", date(2025, 6, 30)),
        ("https://e.com/sitemaps/2025/02/28.xml.gz", date(2025, 2, 28)),
        ("https://e.com/sitemap_20250603.xml", date(2025, 6, 3)),
        ("https://e.com/sitemap.xml?yyyy=2025&mm=06&dd=01", date(2025, 6, 1)),
        ("https://e.com/archive-2024.xml", date(2024, 12, 31)),
        ("https://e.com/post-sitemap12.xml", None),
        ("https://e.com/sitemap-123456789.xml", None),
    ],
)
def test_a_file_named_after_a_time_says_until_when_it_goes(url: str, until: date | None) -> None:
    assert sitemaps.covers_until(url) == until


def test_what_was_read_after_its_last_change_is_not_read_again() -> None:
    done_at = datetime(2026, 10, 2, 6)
    assert sitemaps.is_settled(Part("https://e.com/a.xml", "2026-10-01"), done_at)
    assert not sitemaps.is_settled(Part("https://e.com/a.xml", "2026-10-02"), done_at)
    assert not sitemaps.is_settled(Part("https://e.com/news.xml"), done_at)
    assert sitemaps.is_settled(Part("https://e.com/sitemap-2026-09.xml"), done_at)
    assert not sitemaps.is_settled(Part("https://e.com/sitemap-2026-10.xml"), done_at)


def test_gzip_and_plain_lists_are_read() -> None:
    assert paths(read(gzip.compress(urlset("<loc>https://example.com/packed</loc>")))) == ["/packed"]
    assert paths(read(b"\xef\xbb\xbfhttps://example.com/a\r\nhttps://example.com/b\n\nnot an address\n")) == ["/a", "/b"]


def test_a_gzip_bomb_stops_at_the_limit() -> None:
    bomb = gzip.compress(urlset("<loc>https://example.com/first</loc>")[:-9] + b" " * 50_000_000)
    found = read(bomb, limit_bytes=100_000)
    assert paths(found) == ["/first"]
    assert found.is_cut


def test_damaged_gzip_is_no_sitemap_and_a_cut_one_gives_what_it_has() -> None:
    assert read(b"\x1f\x8b\x08nonsense").error == "not_a_sitemap"
    whole = gzip.compress(urlset(*(f"<loc>https://example.com/{i}-{i * 7919 % 1000}</loc>" for i in range(500))))
    found = read(whole[: len(whole) // 2])
    assert 50 < len(found.entries) < 500 and found.is_cut


def test_a_truncated_sitemap_gives_what_came_before() -> None:
    body = urlset("<loc>https://example.com/a</loc>", "<loc>https://example.com/b</loc>")
    assert paths(read(body[: body.index(b"/b<")])) == ["/a"]


def test_an_entity_bomb_is_not_expanded() -> None:
    bomb = '<!DOCTYPE u [<!ENTITY a "aaaaaaaaaa">' + "".join(
        f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    body = START.replace("?>", f"?>{bomb}]>", 1) + "<url><loc>https://example.com/&i;</loc></url></urlset>"
    started = time.perf_counter()
    assert read(body.encode()).entries == ()
    assert time.perf_counter() - started < 2


def test_an_external_entity_is_not_read() -> None:
    body = START.replace("?>", '?><!DOCTYPE u [<!ENTITY x SYSTEM "file:///etc/passwd">]>', 1)
    body += "<url><loc>https://example.com/&x;</loc></url><url><loc>https://example.com/ok</loc></url></urlset>"
    assert paths(read(body.encode())) == ["/ok"]


def test_a_broken_sitemap_without_an_address_says_so() -> None:
    assert read(START.encode() + b"<url><loc>").error == "broken_sitemap"


@pytest.mark.parametrize(
    "body", [b"", b"<html><body>Not here</body></html>", b'{"a": 1}', b"\x00\xff\xfe", b"<rss><channel/></rss>"]
)
def test_what_is_no_sitemap_says_so(body: bytes) -> None:
    assert read(body).error == "not_a_sitemap"


def test_an_empty_sitemap_is_one() -> None:
    assert read(urlset()) == Sitemap()


def test_of_too_many_addresses_the_protocol_s_number_is_read() -> None:
    found = read(urlset(*("<loc>x:y</loc>" for _ in range(sitemaps.ADDRESSES_AT_MOST + 5))))
    assert found.skipped == {"bad_address": sitemaps.ADDRESSES_AT_MOST}
    assert found.is_cut
