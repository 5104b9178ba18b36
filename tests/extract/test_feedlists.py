"""OPML as readers write it, and pages as they name their feeds: every address is found once, and nothing in a file can do harm."""

from pathlib import Path
from time import perf_counter

import pytest

from tests.builders import html
from tracker.extract import feedlists
from tracker.extract.feedlists import address_key, named_by, outlet_id
from tracker.settings import FeedEntry, OutletEntry, read_feeds

PROJECT = Path(__file__).parent.parent.parent
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'


def opml(*outlines: str, head: str = HEAD) -> bytes:
    return f'{head}<opml version="2.0"><head><title>Mine</title></head><body>{"".join(outlines)}</body></opml>'.encode()


def addresses(body: bytes) -> list[str]:
    return [feed.url for feed in feedlists.read(body).feeds]


def test_nested_folders_give_kinds_and_the_category_a_section() -> None:
    (first, second, third) = feedlists.read(
        opml(
            '<outline text="Work"><outline text="Labs"><outline type="rss" text="One: more" title="One" xmlUrl="https://one.org/f"'
            ' category="/Tech/AI,/Other" language="en-gb"/></outline></outline>',
            '<outline text="Two" xmlUrl="https://two.org/f"><outline text="Below a feed" xmlUrl="https://three.org/f"/></outline>',
        )
    ).feeds
    assert (first.title, first.kind, first.section, first.language) == ("One", "lab", "AI", "en")
    assert (second.title, second.kind, second.section) == ("Two", "", "")
    assert third.url == "https://three.org/f"


def test_the_same_feed_by_http_with_www_or_with_a_slash_is_listed_once() -> None:
    same = ("https://one.org/feed", "http://one.org/feed", "https://www.one.org/feed/", "https://ONE.org:443/feed")
    assert addresses(opml(*(f'<outline xmlUrl="{url}"/>' for url in same))) == [same[0]]
    other = ("https://one.org/Feed", "https://one.org/feed?cat=2", "https://one.org/?feed=rss2", "https://one.org:8443/feed")
    assert len({address_key(url) for url in (*same, *other)}) == 1 + len(other)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1", "windows-1252"])
def test_titles_in_any_declared_encoding(encoding: str) -> None:
    declared = f'<?xml version="1.0" encoding="{encoding.removesuffix("-sig")}"?>'
    text = opml('<outline title="Müller für alle" xmlUrl="https://one.org/f"/>', head=declared).decode()
    assert [feed.title for feed in feedlists.read(text.encode(encoding)).feeds] == ["Müller für alle"]


def test_a_wrong_or_unknown_encoding_loses_no_address() -> None:
    for declared in ("utf-8", "x-none", "us-ascii"):
        head = f'<?xml version="1.0" encoding="{declared}"?>'
        body = opml('<outline title="Müller" xmlUrl="https://one.org/f"/>', head=head).decode().encode("cp1252")
        assert [(feed.title, feed.url) for feed in feedlists.read(body).feeds] == [("Müller", "https://one.org/f")]


def test_bare_ampersands_other_spellings_and_a_file_that_breaks_off_are_read() -> None:
    body = opml(
        '<outline text="R&D" xmlUrl="https://one.org/f?a=1&b=2&copy=3"/>',
        '<outline text="x" XMLURL=" feed://two.org/f "/>',
        '<outline text="x" xmlurl="feed:https://three.org/f"/>',
        '<outline text="a \x01 control" xmlUrl="https://four.org/f"/>',
        '<outline text="cut',
    )
    assert addresses(body) == ["https://one.org/f?a=1&b=2&copy=3", "http://two.org/f", "https://three.org/f", "https://four.org/f"]


def test_an_entity_bomb_and_an_external_entity_expand_to_nothing(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("SECRET", encoding="utf-8")
    lol = "".join(f'<!ENTITY l{i + 1} "{f"&l{i};" * 10}">' for i in range(9))
    head = f'{HEAD}<!DOCTYPE opml [<!ENTITY l0 "ha">{lol}<!ENTITY x SYSTEM "file://{tmp_path}/secret">]>'
    started = perf_counter()
    read = feedlists.read(opml('<outline title="&l9;&x;" xmlUrl="https://one.org/f"/>', head=head))
    assert perf_counter() - started < 1
    assert [feed.url for feed in read.feeds] == ["https://one.org/f"]
    assert "haha" not in read.feeds[0].title and "SECRET" not in read.feeds[0].title


def test_a_file_of_5_mb_is_read_whole_and_in_seconds() -> None:
    outline = '<outline type="rss" text="{0}" title="{0}" description="" htmlUrl="https://site-{0}.org/" xmlUrl="https://site-{0}.org/feed"/>\n'
    body = opml("".join(outline.format(i) + " " * 100 for i in range(23_000)))
    assert len(body) > 5 * 2**20
    started = perf_counter()
    assert len(addresses(body)) == 23_000
    assert perf_counter() - started < 10


def test_addresses_that_nobody_can_poll_are_told_apart() -> None:
    bad = ("ftp://one.org/f", "javascript:alert(1)", "https://user:pass@one.org/f", "https://[::1", "/feed", "file:///etc/passwd")
    read = feedlists.read(opml(*(f'<outline xmlUrl="{url}"/>' for url in bad), '<outline xmlUrl="https://one.org/f"/>'))
    assert (read.unusable, [feed.url for feed in read.feeds]) == (bad, ["https://one.org/f"])


@pytest.mark.parametrize("body", [b"", b"  ", b"\0\0", b"outlets: []", b"<p>no list", b"<opml/>", b"<opml " + b"<outline>" * 10_000])
def test_what_is_no_list_of_feeds_is_an_empty_one(body: bytes) -> None:
    assert feedlists.read(body) == feedlists.FeedList()


def test_what_is_written_is_read_back_hostile_words_included() -> None:
    hostile = OutletEntry(
        outlet="bad.org",
        name='<script>alert("1")</script> & \'co\' ]]> &amp; \u202e\U0001f4f0',
        kind="newsletter",
        tier=3,
        country="DE",
        feeds=(
            FeedEntry(url="https://bad.org/f?a=1&b=\"<'", section="AI/ML, & <b>", language="de", full_text=True),
            FeedEntry(url="https://bad.org/off", enabled=False),
        ),
    )
    text = feedlists.write([hostile], "A & B", with_disabled=True)
    first, second = feedlists.read(text.encode()).feeds
    assert (first.url, first.title, first.kind) == (hostile.feeds[0].url, hostile.name.replace("\u202e", ""), "newsletter")
    assert (first.section, first.language, first.is_full_text) == ("AI/ML, & <b>", "de", True)
    assert (first.outlet, first.tier, first.country, first.is_enabled) == ("bad.org", 3, "DE", True)
    assert (second.url, second.is_enabled) == ("https://bad.org/off", False)
    assert "https://bad.org/off" not in feedlists.write([hostile], "", with_disabled=False)


def test_the_projects_own_outlets_survive_the_round_trip() -> None:
    outlets = read_feeds(PROJECT / "feeds.yaml").outlets
    read = feedlists.read(feedlists.write(outlets, "All", with_disabled=True).encode()).feeds
    assert {(feed.url, feed.title, feed.kind, feed.section or None, feed.is_enabled) for feed in read} == {
        (feed.url, outlet.name, outlet.kind, feed.section, feed.enabled) for outlet in outlets for feed in outlet.feeds
    }


def test_a_page_names_its_main_feed_before_that_of_its_comments() -> None:
    head = (
        '<base href="https://cdn.example.org/x/"><link rel="stylesheet" href="/s.css">'
        '<link rel="alternate" type="application/json" href="/wp-json/">'
        '<link rel="alternate" hreflang="de" href="/de/">'
        '<link rel="alternate" type="application/rss+xml" title="Example » Comments Feed" href="/comments/feed/">'
        '<link rel="ALTERNATE home" type="Application/RSS+XML; charset=utf-8" href="/feed/">'
        '<link rel="alternate" type="application/atom+xml" href="atom.xml"><link rel="alternate" type="text/xml" href="javascript:x">'
        '<link rel="alternate" type="application/rss+xml" href="/feed/"><link rel="alternate" type="text/xml" href="http://[::1">'
    )
    assert named_by(html(head=head).encode(), "https://example.org/news") == (
        "https://cdn.example.org/feed/",
        "https://cdn.example.org/x/atom.xml",
        "https://cdn.example.org/comments/feed/",
    )
    for nothing in (b"", b"\0", b"<?xml version='1.0'?><a/>", html().encode()):
        assert named_by(nothing, "https://example.org/") == ()


@pytest.mark.parametrize(
    ("url", "outlet"),
    [
        ("https://www.example.org/feed", "example.org"),
        ("http://feeds.Example.org:8080/x", "example.org"),
        ("https://feeds.org/x", "feeds.org"),
        ("https://medium.com/feed/@jo_amsel", "medium.com-feed-jo-amsel"),
        ("https://www.youtube.com/feeds/videos.xml?channel_id=UCx", "youtube.com-feeds-videos.xml-channel-id-ucx"),
        ("https://münchen.example/feed", "xn--mnchen-3ya.example"),
        ("http://[2001:db8::1]/feed", "2001-db8-1"),
    ],
)
def test_an_outlets_id_is_its_host_and_on_shared_hosts_also_its_path(url: str, outlet: str) -> None:
    assert outlet_id(url) == outlet
    OutletEntry(outlet=outlet, name="x", kind="news", feeds=(FeedEntry(url=url),))
