"""feeds.yaml on the command line: listed, imported into, and left alone when something is wrong."""

import json
from pathlib import Path

import pytest

from tests.builders import html, rss, rss_item
from tests.cli import run
from tests.web import Web
from tracker.settings import read_feeds

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
    answer = run("feeds", "list", "--json", "--feeds", str(feeds))
    assert answer.code == 0
    assert json.loads(answer.out) == [
        {"outlet": "example.com", "kind": "news", "tier": 2, "country": None, "enabled": enabled, "feed": feed}
        for enabled, feed in (("yes", "https://example.com/feed"), ("no", "https://example.com/ai"))
    ]
    assert (
        run("feeds", "list", "--feeds", str(feeds)).out.splitlines()[0].split() == "outlet kind tier country enabled feed".split()
    )


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


def test_a_site_is_followed_to_the_feed_it_names_and_a_page_without_one_is_refused(feeds: Path, web: Web) -> None:
    web.add("/", html(head='<link rel="alternate" type="application/rss+xml" href="/rss">'))
    web.add("/rss", rss(rss_item(), title="The quay"), kind="application/rss+xml")
    web.add("/bare", html())
    here = ("--outlet", "quay", "--feeds", str(feeds), "--allow-private-hosts", "127.0.0.1")

    assert run("feeds", "add", f"{web.base}/bare", *here).code == 1
    assert feeds.read_text(encoding="utf-8") == OUTLETS

    answer = run("feeds", "add", f"{web.base}/", *here)
    assert answer.code == 0, answer.err
    new = read_feeds(feeds).outlets[-1]
    assert (new.outlet, new.name, [feed.url for feed in new.feeds]) == ("quay", "The quay", [f"{web.base}/rss"])


def test_a_mistake_in_the_file_is_one_line_and_exit_1(feeds: Path) -> None:
    feeds.write_text(OUTLETS.replace("kind", "knd"), encoding="utf-8")
    answer = run("feeds", "list", "--feeds", str(feeds))
    assert (answer.code, answer.out) == (1, "")
    assert answer.err.count("\n") == 1 and "did you mean 'kind'?" in answer.err
