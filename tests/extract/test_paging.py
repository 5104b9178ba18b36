"""Paged feeds name their older pages, or are WordPress's."""

import pytest

from tests.builders import feed_fetch, rss, rss_item
from tracker.extract import paging

ITEM = rss_item()


def older(body: str, url: str = "https://example.com/feed") -> str | None:
    return paging.read(feed_fetch(body, final_url=url), 100)[1]


def atom(*links: str) -> str:
    made = "".join(links)
    return f'<feed xmlns="http://www.w3.org/2005/Atom"><title>E</title>{made}<entry><link rel="next" href="/no"/><title>x</title></entry></feed>'


def test_an_archived_feed_names_the_document_before() -> None:
    links = '<link rel="self" href="/feed"/>', '<link rel="next" href="/p2"/>', '<link rel="prev-archive" href="/2026/09.atom"/>'
    assert older(atom(*links)) == "https://example.com/2026/09.atom"


def test_a_paged_rss_feed_names_its_next_page_in_atom_words() -> None:
    body = rss(ITEM).replace(
        "<link>https", '<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="next" href="?page=2"/><link>https', 1
    )
    assert older(body) == "https://example.com/feed?page=2"


def test_links_of_entries_are_not_the_feed_s() -> None:
    assert older(atom()) is None


@pytest.mark.parametrize(
    ("url", "next_url"),
    [
        ("https://example.com/feed/", "https://example.com/feed/?paged=2"),
        ("https://example.com/feed/?paged=2", "https://example.com/feed/?paged=3"),
        ("https://example.com/?feed=rss2&paged=9", "https://example.com/?feed=rss2&paged=10"),
    ],
)
def test_wordpress_feeds_are_numbered(url: str, next_url: str) -> None:
    body = rss(ITEM).replace("<title>", "<generator>https://wordpress.org/?v=6.8</generator><title>", 1)
    assert older(body, url) == next_url


@pytest.mark.parametrize("address", ["https://elsewhere.org/p2", "file:///etc/passwd", "http://[", "javascript:x"])
def test_a_next_page_elsewhere_is_not_followed(address: str) -> None:
    assert older(atom(f'<link rel="next" href="{address}"/>')) is None


def test_what_is_no_feed_has_no_older_page() -> None:
    reading, address = paging.read(feed_fetch("<html><p>no</p></html>"), 100)
    assert (reading.error, address) == ("not_a_feed", None)
