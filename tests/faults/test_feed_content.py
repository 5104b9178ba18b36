"""What feeds contain that they should not, and what becomes of it: one test a fault, named after it."""

import itertools
import time
from dataclasses import astuple
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import FIXED_NOW, feed_fetch, html, rss, rss_item
from tests.web import Web
from tracker.extract import entries
from tracker.extract.entries import FeedReading
from tracker.records import Entry

ACCENTED = rss(rss_item(title="Caf\u00e9 \u2013 zw\u00f6lf"))


def read(body: bytes | str, **changes: object) -> FeedReading:
    return entries.read(feed_fetch(body, **changes), 2000)


def only(body: bytes | str, **changes: object) -> Entry:
    (entry,) = read(body, **changes).entries
    return entry


def can_be_stored(entry: Entry) -> bool:
    return not any(
        0xD800 <= ord(char) <= 0xDFFF or char == "\0" for value in astuple(entry) if isinstance(value, str) for char in value
    )


# Bytes that are no feed


def test_a_body_that_is_a_file_path_is_not_opened(tmp_path: Path) -> None:
    file = tmp_path / "feed.xml"
    file.write_text(rss(rss_item()))
    assert read(str(file)).error == "not_a_feed"
    assert read(file.as_uri()).error == "not_a_feed"


def test_a_body_that_is_an_address_is_not_fetched(web: Web) -> None:
    address = web.add("/feed", rss(rss_item()))
    assert read(address).error == "not_a_feed"
    assert web.paths() == []


@pytest.mark.parametrize("body", [b"", b" \r\n\t ", b"\0\0\0"])
def test_an_empty_body_is_a_failure(body: bytes) -> None:
    assert read(body).error == "empty_body"


@pytest.mark.parametrize(
    "body",
    [html(), '{"items": []}', '{"broken', "[1, 2]", "Hello.", "%PDF-1.7 \x00", "<svg xmlns='http://www.w3.org/2000/svg'/>"],
)
def test_html_and_other_things_at_a_feeds_address_are_no_feed(body: str) -> None:
    assert read(body, content_type="text/html").error == "not_a_feed"


def page(title: str, *lines: str, head: str = "") -> str:
    said = "".join(f"<p>{line}</p>" for line in lines)
    return f"<!doctype html><html><head><title>{title}</title>{head}<script>var a = 1;</script></head><body>{said}</body></html>"


@pytest.mark.parametrize(
    "wall",
    [
        page("Just a moment...", "Verifying you are human. This may take a few seconds.", "Ray ID: 0123456789abcdef"),
        page("Attention Required!", "Sorry, you have been blocked. This site uses a security service to protect itself."),
        page("Before you continue", "We value your privacy. We and our 512 partners store data.", "Accept all", "Reject all"),
    ],
)
def test_a_bot_or_consent_wall_at_a_feeds_address_is_told_apart_from_a_page(wall: str) -> None:
    assert read(wall, content_type="text/html").error == "bot_wall"


def test_a_home_page_with_a_cookie_notice_is_no_wall_if_it_names_its_feed() -> None:
    named = '<link rel="alternate" type="application/rss+xml" href="/feed">'
    home = page("The Westmere Post", "We value your privacy.", "Accept all cookies", "Reject all", head=named)
    assert read(home, content_type="text/html").error == "not_a_feed"


# Encodings


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["no byte order mark", "byte order mark"])
@pytest.mark.parametrize("declared", ["utf-8", "iso-8859-1", "us-ascii", "klingon", ""])
@pytest.mark.parametrize(
    "content_type", ["", "text/xml", "application/xml; charset=klingon", "text/plain; charset=utf-8", "application/octet-stream"]
)
def test_a_wrong_or_missing_charset_does_not_change_utf_8(mark: bytes, declared: str, content_type: str) -> None:
    feed = ACCENTED.replace('encoding="utf-8"', f'encoding="{declared}"' if declared else "")
    assert only(mark + feed.encode(), content_type=content_type).title == "Caf\u00e9 \u2013 zw\u00f6lf"


def test_a_latin_1_header_over_a_utf_8_body_is_not_believed() -> None:
    assert only(ACCENTED, content_type="application/rss+xml; charset=iso-8859-1").title == "Caf\u00e9 \u2013 zw\u00f6lf"


def test_an_overridden_character_encoding_is_a_warning_and_no_failure() -> None:
    reading = read(ACCENTED.encode("cp1252"))  # and its first line says UTF-8
    assert reading.error is None
    assert reading.entries[0].title == "Caf\u00e9 \u2013 zw\u00f6lf"
    assert reading.warning.startswith("CharacterEncodingOverride")


@pytest.mark.parametrize("declared", ["as it is", "utf-8", ""])
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"])
def test_utf_16_and_utf_32_are_read_whatever_they_say_of_themselves(encoding: str, declared: str) -> None:
    says = f'encoding="{encoding if declared == "as it is" else declared}"' if declared else ""
    feed = ACCENTED.replace('encoding="utf-8"', says).encode(encoding)
    assert only(feed, content_type="application/xml").title == "Caf\u00e9 \u2013 zw\u00f6lf"


# Malformed XML


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(rss(rss_item(title="Fish & chips < steak")), id="unescaped"),
        pytest.param(rss(rss_item(title="Fish &nosuch; chips")), id="unknown entity"),
        pytest.param(rss(rss_item()).replace("</channel>", ""), id="unclosed"),
        pytest.param(rss(rss_item(more="<media:content url='x'/>")), id="undeclared namespace"),
        pytest.param(rss(rss_item(more="<a b=c>d</e>")), id="tag soup"),
    ],
)
def test_invalid_xml_is_read_and_the_trouble_kept_as_a_warning(body: str) -> None:
    reading = read(body)
    assert (reading.error, len(reading.entries)) == (None, 1)
    assert reading.warning


def test_a_well_formed_feed_has_no_warning() -> None:
    assert read(rss(rss_item())).warning == ""


@pytest.mark.parametrize("control", ["\x00", "\x01", "\x08", "\x0b", "\x0c", "\x1b", "\x1f"])
def test_nul_and_control_characters_are_taken_out(control: str) -> None:
    assert only(rss(rss_item(title=f"Ships{control} and {control}cranes"))).title == "Ships and cranes"


@pytest.mark.parametrize(
    "number", ["0", "8", "x1F", "xD800", "xDFFF", "55296", "x110000", "99999999999999999999", "x" + "F" * 5000]
)
def test_references_to_impossible_characters_are_taken_out(number: str) -> None:
    entry = only(
        rss(
            rss_item(
                title=f"Ships &#{number};and cranes", more=f"<description>&lt;p>A &#{number};day &amp;#{number};</description>"
            )
        )
    )
    assert entry.title == "Ships and cranes"
    assert can_be_stored(entry)


def test_a_truncated_feed_gives_what_arrived() -> None:
    whole = rss(rss_item("https://example.com/a"), rss_item("https://example.com/b"))
    assert [e.url for e in read(whole[: whole.rindex("<item>")]).entries] == ["https://example.com/a"]
    assert read(whole[:150]).error == "broken_feed"


def test_leading_blanks_and_marks_before_the_declaration_do_not_matter() -> None:
    assert only(b"\n\n \t\xef\xbb\xbf" + rss(rss_item()).encode()).title == "A title"


def test_a_malformed_extension_that_breaks_the_parser_breaks_only_its_feed() -> None:
    assert read(rss(rss_item(more='<gml:pos xmlns:gml="http://www.opengis.net/gml">x</gml:pos>'))).error == "broken_feed"


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_no_bytes_raise(data: st.DataObject) -> None:
    body = rss(rss_item(more="<description>&lt;p>A day.</description><pubDate>2026-10-31</pubDate>")).encode()
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(body)))
        body = (
            body[:at]
            + data.draw(st.binary(max_size=8) | st.sampled_from([b"<", b"&#", b"<![CDATA[", b"]]>", b"<!--", b"\xff\xfe", b"{"]))
            + body[at:]
        )
    reading = read(body)
    assert reading.error in (None, "broken_feed", "not_a_feed", "empty_body")
    assert all(can_be_stored(entry) for entry in reading.entries)


# Hostile XML


def test_an_external_entity_is_not_read(tmp_path: Path, web: Web) -> None:
    secret = tmp_path / "secret"
    secret.write_text("the-secret")
    for address in (secret.as_uri(), web.add("/secret", "the-secret")):
        feed = rss(rss_item(title="&x; read", more="<description>&x;</description>")).replace(
            "<rss", f'<!DOCTYPE r [<!ENTITY x SYSTEM "{address}">]><rss', 1
        )
        assert "the-secret" not in repr(read(feed))
    assert web.paths() == []


def test_an_external_dtd_is_not_fetched(web: Web) -> None:
    address = web.add("/evil.dtd", '<!ENTITY x "expanded">')
    feed = rss(rss_item(title="&x; read")).replace("<rss", f'<!DOCTYPE rss SYSTEM "{address}"><rss', 1)
    assert "expanded" not in repr(read(feed))
    parameter = rss(rss_item()).replace("<rss", f'<!DOCTYPE r [<!ENTITY % d SYSTEM "{address}"> %d;]><rss', 1)
    assert read(parameter).error is None
    assert web.paths() == []


def test_an_entity_bomb_is_not_expanded() -> None:
    names = "abcdefghi"
    layers = "".join(f'<!ENTITY {name} "{f"&{below};" * 10}">' for below, name in itertools.pairwise(names))
    feed = rss(rss_item(title="&i;")).replace("<rss", f'<!DOCTYPE r [<!ENTITY a "laugh">{layers}]><rss', 1)
    started = time.monotonic()
    assert all(len(entry.title) < 1000 for entry in read(feed).entries)
    assert time.monotonic() - started < 5


# Titles, links, guids


def test_script_in_a_title_is_removed() -> None:
    for title in (
        "A &lt;script>alert(1)&lt;/script>&lt;img src=x onerror=alert(1)>claim",
        "<![CDATA[A <script>alert(1)</script><iframe src='x'></iframe>claim]]>",
        "A &amp;lt;script&amp;gt;&lt;svg onload=alert(1)>&lt;/svg>claim",
    ):
        entry = only(rss(rss_item(title=title)))
        assert entry.title in ("A claim", "A <script>claim")  # the last was escaped twice: it is text that says so
        assert "onload" not in entry.title


def test_script_in_a_description_is_removed() -> None:
    text = "&lt;p onclick='alert(1)'>A day.&lt;script>alert(1)&lt;/script>&lt;a href='javascript:alert(1)'>more&lt;/a>&lt;/p>"
    entry = only(rss(rss_item(more=f"<description>{text}</description><content:encoded>{text}</content:encoded>")))
    for kept in (entry.summary, entry.content):
        assert "A day." in kept
        assert "alert" not in kept


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ("/b?x=1", "https://example.com/b?x=1"),
        ("b", "https://example.com/blog/b"),
        ("../b", "https://example.com/b"),
        ("//other.example/b", "https://other.example/b"),
        ("  https://example.com/\n b ", "https://example.com/b"),
    ],
)
def test_relative_and_scheme_less_links_are_resolved_against_where_the_feed_was_found(link: str, url: str) -> None:
    entry = only(rss(rss_item(link)), final_url="https://example.com/blog/feed")
    assert entry.url == url
    assert entry.raw_url == link.strip()


def test_a_link_relative_to_an_xml_base_is_resolved_against_that() -> None:
    atom = '<feed xmlns="http://www.w3.org/2005/Atom" xml:base="/news/"><entry><title>T</title><link href="b"/></entry></feed>'
    assert only(atom).url == "https://example.com/news/b"


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "ftp://example.com/a",
        "mailto:a@example.com",
        "file:///etc/passwd",
        "http://[::1",
        "http://u:p@example.com/",
    ],
)
def test_a_link_that_is_no_web_address_is_rejected_with_a_reason(link: str) -> None:
    (rejection,) = read(rss(rss_item(link))).rejections
    assert (rejection.stage, rejection.reason) == ("feed", "bad_link")


@pytest.mark.parametrize(
    "more",
    [
        "",
        "<guid>abc-123</guid>",
        "<guid>/relative</guid>",
        "<guid>tag:example.com,2026:a</guid>",
        "<guid isPermaLink='false'>https://example.com/a</guid>",
        "<enclosure url='https://example.com/a.mp3' type='audio/mpeg' length='1'/>",
    ],
)
def test_an_entry_without_a_link_is_rejected_with_a_reason(more: str) -> None:
    reading = read(rss(f"<title>T</title>{more}"))
    assert [rejection.reason for rejection in reading.rejections] == ["no_link"]
    assert reading.entries == ()


@pytest.mark.parametrize("more", ["<guid>https://example.com/a</guid>", "<guid isPermaLink='true'>https://example.com/a</guid>"])
def test_a_guid_that_is_the_address_stands_for_a_missing_link(more: str) -> None:
    assert only(rss(f"<title>T</title>{more}")).url == "https://example.com/a"


def test_an_enclosure_is_not_taken_for_the_link() -> None:
    atom = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>T</title><link href="/a"/><link rel="self" href="/a.xml"/>'
        '<link rel="enclosure" href="/a.mp3"/><link rel="alternate" type="application/json" href="/a.json"/></entry></feed>'
    )
    assert only(atom).url == "https://example.com/a"


def test_duplicate_guids_keep_the_first_and_the_later_ones_get_their_url() -> None:
    reading = read(rss(*(rss_item(f"https://example.com/{i}", more="<guid isPermaLink='false'>same</guid>") for i in range(3))))
    assert [entry.guid for entry in reading.entries] == ["same", "same https://example.com/1", "same https://example.com/2"]


def test_a_changed_guid_does_not_change_the_entrys_address() -> None:
    first, second = (only(rss(rss_item(more=f"<guid isPermaLink='false'>{guid}</guid>"))) for guid in ("one", "two"))
    assert first.url == second.url


def test_tracking_parameters_go_and_others_and_the_raw_address_stay() -> None:
    raw = "https://example.com/a?id=7&amp;utm_source=rss&amp;fbclid=x&amp;page=2"
    entry = only(rss(rss_item(raw)))
    assert entry.url == "https://example.com/a?id=7&page=2"
    assert entry.raw_url == raw.replace("&amp;", "&")


# Dates


def dated(written: str) -> tuple[datetime | None, str]:
    entry = only(rss(rss_item(more=f"<pubDate>{written}</pubDate>")))
    return entry.published_at, entry.date_note


def test_a_missing_date_is_never_now() -> None:
    entry = only(rss(rss_item()))
    assert (entry.published_at, entry.date_note, entry.first_seen_at) == (None, "missing", FIXED_NOW)


@pytest.mark.parametrize(
    ("written", "note"),
    [
        ("-0001-11-30T00:00:00+00:00", "unreadable"),
        ("Sun, 30 Nov -0001 00:00:00 +0000", "too_old"),  # read as the year 1
        ("Thu, 01 Jan 1699 00:00:00 GMT", "too_old"),
        ("1970-01-01T00:00:00Z", "too_old"),
        ("2999-01-01T00:00:00Z", "future"),
        ("Fri, 31 Dec 9999 23:59:59 GMT", "future"),
        ("2024-13-45", "unreadable"),
        ("2024-02-30T10:00:00Z", "unreadable"),
        ("2025\ub144 05\uc6d4 28\uc77c", "unreadable"),
    ],
)
def test_future_and_absurd_dates_are_not_believed_and_say_why(written: str, note: str) -> None:
    assert dated(written) == (None, note)


def test_dates_at_the_edges_of_belief() -> None:
    ahead, behind = FIXED_NOW + timedelta(hours=26), FIXED_NOW - timedelta(days=20 * 365)
    assert dated(ahead.isoformat() + "Z") == (ahead, "")
    assert dated((ahead + timedelta(seconds=1)).isoformat() + "Z") == (None, "future")
    assert dated(behind.isoformat() + "Z") == (behind, "")


def test_a_date_without_a_time_is_believed_and_its_precision_kept() -> None:
    assert dated("Tue, 27 Oct 2026") == (datetime(2026, 10, 27), "date_only")
    assert dated("2026-10-27") == (datetime(2026, 10, 27), "date_only")


def test_a_local_time_without_a_zone_is_read_as_utc_and_its_precision_kept() -> None:
    assert dated("Tue, 27 Oct 2026 18:30:00") == (datetime(2026, 10, 27, 18, 30), "zoneless")
    assert dated("2026-10-27T18:30:00") == (datetime(2026, 10, 27, 18, 30), "zoneless")
    assert dated("Tue, 27 Oct 2026 18:30:00 +0100") == (datetime(2026, 10, 27, 17, 30), "")
