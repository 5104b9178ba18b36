"""feeds.yaml on the command line: checked, added to, listed, exchanged, and left alone when something is wrong."""

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pandas as pd
import pytest
from aiohttp import web as aiohttp_web

from tests.builders import PARAGRAPHS, html, rss, rss_item
from tests.cli import run
from tests.dashboard import invented
from tests.web import Web
from tracker.settings import read_feeds
from tracker.store import public

OUTLETS = """\
# ours
outlets:
  # the first
  - outlet: example.com
    name: Example
    kind: news   # general
    feeds:
      - https://example.com/feed
      - url: https://example.com/ai
        enabled: false
"""
OPML = """<?xml version="1.0"?><opml version="2.0"><head/><body><outline text="Tech">
<outline type="rss" text="Example" xmlUrl="https://example.com/feed"/>
<outline type="rss" text="New one" xmlUrl="https://www.new.org/rss"/>
<outline type="rss" text="New two" xmlUrl="https://new.org/ai"/>
</outline></body></opml>"""


@pytest.fixture
def feeds(tmp_path: Path) -> Path:
    path = tmp_path / "feeds.yaml"
    path.write_text(OUTLETS, encoding="utf-8")
    return path


def test_the_list_has_a_row_for_every_feed(feeds: Path) -> None:
    answer = run("feeds", "list", "--json", "--feeds", str(feeds), "--data", str(feeds.parent))
    assert answer.code == 0
    assert json.loads(answer.out) == [
        {"outlet": "example.com", "kind": "news", "tier": 2, "country": None, "enabled": enabled, "feed": feed}
        for enabled, feed in (("yes", "https://example.com/feed"), ("no", "https://example.com/ai"))
    ]
    plain = run("feeds", "list", "--feeds", str(feeds), "--data", str(feeds.parent)).out
    assert plain.splitlines()[0].split() == "outlet kind tier country enabled feed".split()


def test_the_list_says_how_feeds_did_in_the_last_run(feeds: Path, tmp_path: Path) -> None:
    health = public.Published(invented.build(tmp_path, "small")).feed_health()
    url = health["feed"].iloc[0]
    feeds.write_text(OUTLETS.replace("https://example.com/feed", url), encoding="utf-8")
    polled, new = json.loads(run("feeds", "list", "--json", "--feeds", str(feeds), "--data", str(tmp_path)).out)
    assert polled["last_outcome"] == health["last_outcome"].iloc[0]
    assert polled["failures_in_a_row"] == health["failures_in_a_row"].iloc[0]
    assert polled["silent_since"] == (str(since) if pd.notna(since := health["silent_since"].iloc[0]) else None)
    assert (new["feed"], new["last_outcome"]) == ("https://example.com/ai", None)  # it was not polled yet

    (tmp_path / "tracker.duckdb").unlink()
    (tmp_path / "tracker.duckdb").write_bytes(b"no database")
    answer = run("feeds", "list", "--json", "--feeds", str(feeds), "--data", str(tmp_path))
    assert answer.code == 0 and len(json.loads(answer.out)) == 2


def test_an_opml_file_is_added_below_and_comments_stay(feeds: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.opml").write_text(OPML, encoding="utf-8")
    answer = run("feeds", "import", str(tmp_path / "mine.opml"), "--kind", "trade", "--feeds", str(feeds))
    assert answer.code == 0 and "added 2 feeds of 1 outlets" in answer.err
    assert feeds.read_text(encoding="utf-8").startswith(OUTLETS)
    new = read_feeds(feeds).outlets[1]
    assert (new.outlet, new.name, new.kind) == ("new.org", "New one", "trade")
    assert [feed.url for feed in new.feeds] == ["https://www.new.org/rss", "https://new.org/ai"]

    before = feeds.read_bytes()
    assert run("feeds", "import", str(tmp_path / "mine.opml"), "--feeds", str(feeds)).code == 0
    assert feeds.read_bytes() == before


def test_what_cannot_be_imported_changes_nothing(feeds: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.opml").write_text("<p>no list", encoding="utf-8")
    answer = run("feeds", "import", str(tmp_path / "mine.opml"), "--feeds", str(feeds))
    assert answer.code == 1 and "is it an OPML file?" in answer.err
    (tmp_path / "mine.opml").write_text(OPML, encoding="utf-8")
    answer = run("feeds", "import", str(tmp_path / "mine.opml"), "--kind", "gossip", "--feeds", str(feeds))
    assert answer.code == 1 and "Nothing was changed." in answer.err and answer.err.count("\n") == 1
    assert feeds.read_text(encoding="utf-8") == OUTLETS


@pytest.fixture
def here(feeds: Path) -> tuple[str, ...]:
    """Options that reach the small web at once."""
    return ("--feeds", str(feeds), "--allow-private-hosts", "127.0.0.1", "--host-delay", "0")


def dated(days_ago: float) -> str:
    """A pubDate so many days before now: the command reads the clock."""
    return f"<pubDate>{format_datetime(datetime.now(UTC) - timedelta(days=days_ago))}</pubDate>"


def checked(url: str, here: tuple[str, ...], code: int = 0) -> dict[str, object]:
    """What `feeds check --json` says, by row."""
    answer = run("feeds", "check", url, "--json", *here)
    assert answer.code == code, answer.err
    rows = json.loads(answer.out)
    assert all(list(row) == ["what", "value"] for row in rows)
    return {row["what"]: row["value"] for row in rows}


def test_check_says_what_a_person_wants_to_know(web: Web, here: tuple[str, ...]) -> None:
    items = [rss_item(f"{web.base}/{days}", more=dated(days) + "<description>A council voted for the trial.</description>") for days in (1, 8, 15)]
    feed = rss(*items, rss_item(f"{web.base}/x", more="<pubDate>31 Foo 26</pubDate>"), title="The quay").encode()
    tag = {"ETag": '"7"'}

    async def answer(request: aiohttp_web.Request) -> aiohttp_web.Response:
        if request.headers.get("If-None-Match") == '"7"':
            return aiohttp_web.Response(status=304, headers=tag)
        return aiohttp_web.Response(body=feed, headers={**tag, "Content-Type": "application/rss+xml"})

    url = web.handle("/feed", answer)
    web.add("/1", html())
    web.add("/robots.txt", "User-agent: *\nDisallow: /feed", kind="text/plain")
    found = checked(url, here)
    assert found.items() >= {
        "answer": "ok", "status": 200, "bytes": len(feed), "media type": "application/rss+xml", "redirects to": None, "format": "RSS 2.0",
        "title": "The quay", "entries": 4, "with a date": 3, "date unreadable": 1, "date in the future": None, "entries a week": 1.0,
        "silent since": None, "language": "en", "full text": "no, summaries", "asked again": "says 'unchanged' (304)",
        "robots.txt, articles": "allows", "stands already": None, "verdict": "ready to add",
    }.items()  # fmt: skip
    assert str(found["robots.txt, feed"]).startswith("forbids; the feed is read all the same")
    assert found["first article"] == f"{len(' '.join(PARAGRAPHS).split())} words, date from the feed"
    assert web.paths() == ["/feed", "/feed", "/robots.txt", "/1"]


def test_check_sees_whole_articles_and_articles_closed_by_robots(web: Web, here: tuple[str, ...]) -> None:
    whole = "<description><![CDATA[" + "".join(f"<p>{text}</p>" for text in PARAGRAPHS * 3) + "]]></description>"
    web.add("/feed", rss(rss_item(f"{web.base}/a", more=dated(1) + whole)), kind="application/rss+xml")
    web.add("/a", html(PARAGRAPHS * 3))
    assert checked(f"{web.base}/feed", here)["verdict"] == "add with full_text: true, as the feed carries whole articles"
    web.add("/feed", rss(rss_item(f"{web.base}/a", more=dated(1))), kind="application/rss+xml")
    web.add("/robots.txt", "User-agent: *\nDisallow: /a", kind="text/plain")
    found = checked(f"{web.base}/feed", here)
    assert (found["robots.txt, articles"], found["first article"]) == ("forbids", "rejected: robots_disallow")
    assert "first article cannot be read (robots_disallow)" in str(found["verdict"])
    assert found["asked again"] == "sends everything again"


def test_check_names_the_new_address_of_a_feed_that_moved_for_good(web: Web, here: tuple[str, ...]) -> None:
    web.add("/new", rss(rss_item(f"{web.base}/a", more=dated(1))), kind="application/rss+xml")
    web.add("/old", status=301, headers={"Location": "/new"})
    web.add("/today", status=302, headers={"Location": "/new"})
    found = checked(f"{web.base}/old", here)
    assert (found["redirects to"], found["redirect"]) == (f"{web.base}/new", "permanent")
    assert f"add {web.base}/new instead" in str(found["verdict"])
    found = checked(f"{web.base}/today", here)
    assert found["redirect"] == "temporary" and "instead" not in str(found["verdict"])
    shown = run("feeds", "check", f"{web.base}/new", *here).out
    assert "verdict" in shown and "redirect" not in shown  # for a person, only what there is to say


def test_check_finds_a_feed_silent_undated_or_in_a_language_we_do_not_keep(feeds: Path, web: Web, here: tuple[str, ...]) -> None:
    german = "<description>Der Hafenrat von Westmere hat am Dienstag für eine Probe gestimmt, sagte der Sprecher.</description>"
    feeds.write_text(OUTLETS + "languages: [en]\n", encoding="utf-8")
    web.add("/feed", rss(*(rss_item(f"{web.base}/{day}", more=dated(400 + day) + german) for day in range(9))), kind="text/xml")
    found = checked(f"{web.base}/feed", here)
    assert str(found["verdict"]).startswith("answers but is silent since 20")
    assert "its language is de, and feeds.yaml keeps only en" in str(found["verdict"])
    web.add("/feed", rss(rss_item(f"{web.base}/a", more=german)), kind="text/xml")
    assert "undated articles are in no chart" in str(checked(f"{web.base}/feed", here)["verdict"])


@pytest.mark.parametrize("listed", ["http://{}/feed/", "https://{}/feed"])
def test_a_feed_that_stands_there_in_another_spelling_is_no_news(feeds: Path, web: Web, here: tuple[str, ...], listed: str) -> None:
    url = web.add("/feed", rss(rss_item(f"{web.base}/a", more=dated(1))), kind="text/xml")
    with feeds.open("a", encoding="utf-8") as file:
        file.write(f"  - {{outlet: quay, name: Q, kind: news, feeds: ['{listed.format(web.base.partition('//')[2])}']}}\n")
    before = feeds.read_bytes()
    assert checked(url, here)["stands already"] == "line 11, outlet quay"
    answer = run("feeds", "add", url, *here)
    assert answer.code == 1 and "already: line 11, outlet quay. Nothing was added." in answer.err
    assert feeds.read_bytes() == before


@pytest.mark.parametrize(
    ("url", "advice"),
    [
        ("file:///etc/passwd", "only http:// and https://"),
        ("javascript:alert(1)", "is it spelt right?"),
        ("http://name:pa55@127.0.0.1/feed", "take the name and the password out"),
    ],
)
def test_an_address_that_cannot_be_a_feed_is_refused_with_advice(url: str, advice: str, here: tuple[str, ...]) -> None:
    answer = run("feeds", "check", url, *here)
    assert (answer.code, answer.err.count("\n")) == (1, 1)
    assert advice in answer.err and "pa55" not in answer.err + answer.out


def test_an_address_in_a_private_network_is_refused_unless_it_is_named(feeds: Path, web: Web) -> None:
    web.add("/feed", rss(rss_item(f"{web.base}/a")))
    for command in ("check", "add"):
        answer = run("feeds", command, f"{web.base}/feed", "--feeds", str(feeds), "--host-delay", "0")
        assert answer.code == 1 and "name it with --allow-private-hosts" in answer.err
    assert web.seen == [] and feeds.read_text(encoding="utf-8") == OUTLETS


def test_check_names_the_feeds_of_a_page_and_says_what_an_empty_feed_and_an_error_mean(web: Web, here: tuple[str, ...]) -> None:
    web.add("/", html(head='<link rel="alternate" type="application/rss+xml" href="/rss">'))
    web.add("/empty", rss(), kind="application/rss+xml")
    web.add("/shut", status=403)
    assert checked(f"{web.base}/", here, code=1)["names these feeds"] == [f"{web.base}/rss"]
    assert "no entries now" in str(checked(f"{web.base}/empty", here, code=1)["verdict"])
    assert "refuses programs" in str(checked(f"{web.base}/shut", here, code=1)["verdict"])


def test_a_site_is_followed_to_the_main_feed_it_names(feeds: Path, web: Web, here: tuple[str, ...]) -> None:
    link = '<link rel="alternate" type="application/rss+xml" title="{}" href="{}">'
    named = (("Comments", "/comments"), ("Gone", "/gone"), ("Main", "/rss"), ("AI", "/ai"))
    web.add("/", html(head="".join(link.format(*each) for each in named)))
    for path in ("/comments", "/rss", "/ai"):
        web.add(path, rss(rss_item(f"{web.base}/a", more=dated(1)), title=f"The quay {path}"), kind="application/rss+xml")
    answer = run("feeds", "add", f"{web.base}/", "--outlet", "quay", *here)
    assert answer.code == 0, answer.err
    new = read_feeds(feeds).outlets[-1]
    assert (new.outlet, new.name, [feed.url for feed in new.feeds]) == ("quay", "The quay /rss", [f"{web.base}/rss"])
    assert f"the page also names: {web.base}/gone, {web.base}/ai, {web.base}/comments" in answer.err
    assert feeds.read_text(encoding="utf-8").startswith(OUTLETS)


def test_a_site_that_names_no_feed_is_asked_at_the_usual_places_that_its_robots_txt_allows(
    feeds: Path, web: Web, here: tuple[str, ...]
) -> None:
    web.add("/news", html())
    answer = run("feeds", "add", f"{web.base}/news", *here)
    assert answer.code == 1 and "the page names none" in answer.err
    assert web.paths() == ["/news", "/robots.txt", "/feed", "/feed/", "/rss", "/rss.xml", "/atom.xml", "/feed.xml", "/index.xml"]
    assert feeds.read_text(encoding="utf-8") == OUTLETS

    web.seen.clear()
    web.add("/robots.txt", "User-agent: *\nDisallow: /rss", kind="text/plain")
    for path in ("/rss", "/atom.xml", "/feed.xml"):
        web.add(path, rss(rss_item(f"{web.base}/a")), kind="application/rss+xml")
    options = ("--name", "Quay: news", "--kind", "lab", "--country", "NO", "--section", "AI", "--language", "en", "--full-text")
    assert run("feeds", "add", f"{web.base}/news", *options, *here).code == 0
    assert web.paths() == ["/news", "/robots.txt", "/feed", "/feed/", "/atom.xml"]  # the first feed ends the search
    new = read_feeds(feeds).outlets[-1]
    assert (new.outlet, new.name, new.kind, new.country) == ("127.0.0.1", "Quay: news", "lab", "NO")
    (feed,) = new.feeds
    assert (feed.url, feed.section, feed.language, feed.full_text) == (f"{web.base}/atom.xml", "AI", "en", True)


def test_add_takes_the_lasting_address_and_a_wrong_option_changes_nothing(feeds: Path, web: Web, here: tuple[str, ...]) -> None:
    web.add("/new", rss(rss_item(f"{web.base}/a")), kind="application/rss+xml")
    web.add("/old", status=308, headers={"Location": "/new"})
    answer = run("feeds", "add", f"{web.base}/old", "--language", "English", *here)
    assert answer.code == 1 and "Nothing was changed." in answer.err
    assert feeds.read_text(encoding="utf-8") == OUTLETS
    assert run("feeds", "add", f"{web.base}/old", "--outlet", "example.com", *here).code == 0
    assert [feed.url for feed in read_feeds(feeds).outlets[0].feeds][2:] == [f"{web.base}/new"]


def test_a_feed_or_an_outlet_is_paused_resumed_and_removed(feeds: Path) -> None:
    with feeds.open("a", encoding="utf-8") as file:
        file.write("  - {outlet: quay, name: Q, kind: news, feeds: [https://quay.org/feed]}\n")

    def enabled() -> list[bool]:
        return [feed.enabled for outlet in read_feeds(feeds).outlets for feed in outlet.feeds]

    for words, then in (
        (("pause", "http://example.com/feed/"), [False, False, True]),
        (("resume", "example.com"), [True, True, True]),
        (("pause", "quay"), [True, True, False]),
        (("remove", "https://example.com/ai"), [True, False]),
        (("remove", "example.com"), [False]),
    ):
        assert run("feeds", *words, "--feeds", str(feeds)).code == 0
        assert enabled() == then
    answer = run("feeds", "remove", "quay", "--feeds", str(feeds))
    assert answer.code == 1 and "would have no feed left" in answer.err
    answer = run("feeds", "pause", "kuay", "--feeds", str(feeds))
    assert answer.code == 1 and "did you mean 'quay'?" in answer.err


def test_export_and_import_give_the_same_outlets(feeds: Path, tmp_path: Path) -> None:
    text = OUTLETS.replace("name: Example", "name: 'Ex & <b>ample</b>'\n    tier: 1\n    country: DE")
    feeds.write_text(text.replace("enabled: false", "section: 'AI, all'\n        full_text: true\n        enabled: false"), encoding="utf-8")
    opml, again = tmp_path / "out.opml", tmp_path / "again.yaml"
    assert run("feeds", "export", "--all", "--out", str(opml), "--feeds", str(feeds)).code == 0
    answer = run("feeds", "import", str(opml), "--kind", "policy", "--feeds", str(again))
    assert answer.code == 0, answer.err
    assert read_feeds(again).outlets == read_feeds(feeds).outlets
    shown = run("feeds", "export", "--feeds", str(feeds)).out
    assert shown.startswith("<?xml") and "example.com/feed" in shown and "example.com/ai" not in shown  # paused ones only with --all


def test_import_with_check_leaves_out_what_is_no_feed_now(feeds: Path, web: Web, here: tuple[str, ...], tmp_path: Path) -> None:
    web.add("/rss", rss(rss_item(f"{web.base}/a")), kind="application/rss+xml")
    web.add("/page", html())
    outlines = "".join(f'<outline text="x" xmlUrl="{web.base}/{path}"/>' for path in ("rss", "page", "gone"))
    (tmp_path / "mine.opml").write_text(f'<opml><body>{outlines}<outline xmlUrl="ftp://old.org/f"/></body></opml>', encoding="utf-8")
    answer = run("feeds", "import", str(tmp_path / "mine.opml"), "--check", *here)
    assert answer.code == 0 and "added 1 feeds of 1 outlets" in answer.err
    assert [feed.url for feed in read_feeds(feeds).outlets[-1].feeds] == [f"{web.base}/rss"]
    for left_out in ("ftp://old.org/f", f"{web.base}/page: not a feed", f"{web.base}/gone: http_404"):
        assert left_out in answer.err


def test_a_mistake_in_the_file_is_one_line_and_exit_1(feeds: Path) -> None:
    feeds.write_text(OUTLETS.replace("kind", "knd"), encoding="utf-8")
    answer = run("feeds", "list", "--feeds", str(feeds))
    assert (answer.code, answer.out) == (1, "")
    assert answer.err.count("\n") == 1 and "did you mean 'kind'?" in answer.err
