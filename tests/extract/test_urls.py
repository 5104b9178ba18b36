"""One article has one address, however the feed links to it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.extract import urls
from tracker.extract.urls import canonical, same_site
from tracker.store.database import open_archive


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("https://Example.COM/A?utm_source=rss&utm_medium=feed", "https://example.com/A"),
        ("https://example.com/a?id=7&fbclid=xyz&page=2", "https://example.com/a?id=7&page=2"),
        ("https://example.com/a?gclid=1&mc_cid=2&cmp=3&ns_mchannel=rss&ns_campaign=x", "https://example.com/a"),
        ("https://example.com/a?src=rss", "https://example.com/a"),
        ("https://example.com/a?mod=rss_Technology", "https://example.com/a"),
        ("https://example.com/a?ref=other-site.com", "https://example.com/a"),
        ("https://example.com/a?src=gallery&mod=viewthread", "https://example.com/a?src=gallery&mod=viewthread"),
        ("https://example.com/article.php?12345", "https://example.com/article.php?12345"),
        ("https://example.com/?p=12&gallery=1&uid=5&blank=", "https://example.com/?p=12&gallery=1&uid=5&blank="),
        ("https://example.com/a#comments", "https://example.com/a"),
        ("https://example.com:443/a", "https://example.com/a"),
        ("http://example.com:80", "http://example.com/"),
        ("http://example.com:8080/a", "http://example.com:8080/a"),
        ("https://example.com/a/../b/./c", "https://example.com/b/c"),
        ("https://example.com/@name/post-(1),2", "https://example.com/@name/post-(1),2"),
        ("https://example.com/caf\u00e9 bar", "https://example.com/caf%C3%A9bar"),
        ("https://example.com/caf%C3%A9", "https://example.com/caf%C3%A9"),
        ("https://M\u00dcNCHEN.example/a", "https://xn--mnchen-3ya.example/a"),
        ("https://xn--mnchen-3ya.example/a", "https://xn--mnchen-3ya.example/a"),
        ("  https://example.com/a\n", "https://example.com/a"),
        ("http://[2001:DB8::1]/a", "http://[2001:db8::1]/a"),
        ("/a?x=1", "https://example.com/a?x=1"),
        ("//cdn.example.com/a", "https://cdn.example.com/a"),
    ],
)
def test_canonical_form(raw: str, expected: str) -> None:
    assert canonical(raw, "https://example.com/feed") == expected


@pytest.mark.parametrize(
    "raw",
    [
        "javascript:alert(1)",
        "mailto:a@example.com",
        "ftp://example.com/a",
        "data:text/html,x",
        "http://[::1",
        "http://a:b@example.com/",
    ],
)
def test_what_is_no_address_of_an_article(raw: str) -> None:
    assert canonical(raw, "https://example.com/feed") is None


@given(st.text(max_size=60))
def test_any_text_gives_a_stable_address_or_none(raw: str) -> None:
    once = canonical(raw, "https://example.com/feed")
    assert once is None or canonical(once) == once


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("https://www.example.co.uk/a", "https://news.example.co.uk/b", True),
        ("https://one.co.uk/a", "https://two.co.uk/a", False),
        ("http://127.0.0.1:1/a", "http://127.0.0.1:2/b", True),
        ("http://127.0.0.1/a", "http://127.0.0.2/b", False),
    ],
)
def test_same_site(a: str, b: str, expected: bool) -> None:
    assert same_site(a, b) is expected


def test_the_spellings_of_an_address_share_a_key_here_and_in_the_archive() -> None:
    spellings = ["https://example.com/a/", "http://example.com/a", "https://www.example.com/a/", "http://www.example.com/a"]
    others = ["https://example.com/a/b", "https://example.com/a?p=1", "https://example.com/a/?p=1", "https://example.com/", "https://web.example.com/a"]
    archive = open_archive(None)
    try:
        stored = [archive.execute("select address_key(?)", (url,)).fetchall()[0][0] for url in spellings + others]
    finally:
        archive.close()
    assert [urls.key(url) for url in spellings + others] == stored
    assert len(set(stored[:4])) == 1
    assert len(set(stored)) == 5
