"""Edits by the program leave everything else in the two files byte for byte, and a refused edit leaves all of it."""

from difflib import unified_diff
from pathlib import Path

import pytest

from tracker.edits import add_outlets, add_theme, enable, places, remove
from tracker.errors import SettingsError
from tracker.settings import read_feeds, read_themes

PROJECT = Path(__file__).parent.parent
OUTLETS = """\
# at the top

outlets:

  # ---------------- first
  - outlet: b.org   # the second letter first: order is ours
    name: 'Bee: one'
    kind: news
    feeds:
      - https://b.org/feed   # main
      - url: https://b.org/ai
        section: AI

  - outlet: a.org
    kind: lab
    name: "Ay"
    feeds: [https://a.org/feed]
# at the end
"""
NEW = {"outlet": "new.org", "name": "New: a paper", "kind": "news", "feeds": ["https://new.org/feed"]}
THEME = {
    "slug": "night-quay",
    "name": "Robots on the quay",
    "claim": "Robot cranes shorten the wait of ships: at night too.",
    "supports": ["Ships wait less, and the council is glad of it, said a member who had long argued for a trial. " * 3],
    "opposes": ['"Nothing" changed'],
    "aliases": ["robot cranes"],
}


@pytest.fixture
def feeds(tmp_path: Path) -> Path:
    path = tmp_path / "feeds.yaml"
    path.write_text(OUTLETS, encoding="utf-8")
    return path


def changed(before: str, after: str) -> tuple[list[str], list[str]]:
    """Lines that are gone, and lines that are new."""
    lines = [
        line for line in unified_diff(before.splitlines(keepends=True), after.splitlines(keepends=True), n=0)
        if not line.startswith(("---", "+++", "@@"))
    ]  # fmt: skip
    return [line[1:] for line in lines if line.startswith("-")], [line[1:] for line in lines if line.startswith("+")]


def test_a_new_outlet_is_added_and_comments_order_and_quotes_stay(feeds: Path) -> None:
    add_outlets(feeds, [NEW])
    gone, new = changed(OUTLETS, feeds.read_text(encoding="utf-8"))
    assert gone == []
    assert new[0] == "\n" and len(new) == 6  # as between the others
    assert [outlet.outlet for outlet in read_feeds(feeds).outlets] == ["b.org", "a.org", "new.org"]
    assert read_feeds(feeds).outlets[-1].name == "New: a paper"


def test_a_known_outlet_gets_only_the_addresses_it_lacks(feeds: Path) -> None:
    add_outlets(feeds, [{**NEW, "outlet": "b.org", "feeds": ["https://b.org/ai", "https://b.org/more"]}])
    gone, new = changed(OUTLETS, feeds.read_text(encoding="utf-8"))
    assert gone == []
    assert [line.strip() for line in new if line.strip()] == ["- https://b.org/more"]
    bee = read_feeds(feeds).outlets[0]
    assert (bee.name, [feed.url for feed in bee.feeds]) == (
        "Bee: one",
        ["https://b.org/feed", "https://b.org/ai", "https://b.org/more"],
    )


def test_the_projects_own_files_keep_every_line(tmp_path: Path) -> None:
    for name in ("feeds.yaml", "themes.yaml"):
        (tmp_path / name).write_bytes((PROJECT / name).read_bytes())
    add_outlets(tmp_path / "feeds.yaml", [NEW])
    add_theme(tmp_path / "themes.yaml", THEME)
    for name in ("feeds.yaml", "themes.yaml"):
        before, after = ((folder / name).read_bytes().decode() for folder in (PROJECT, tmp_path))
        gone, new = changed(before, after)
        assert gone == [] and new
    added = read_themes(tmp_path / "themes.yaml").themes[-1]
    assert added.model_dump() == {**THEME, **{key: tuple(THEME[key]) for key in ("supports", "opposes", "aliases")}}


def test_a_file_that_is_not_there_is_begun(tmp_path: Path) -> None:
    add_outlets(tmp_path / "feeds.yaml", [NEW])
    assert [outlet.outlet for outlet in read_feeds(tmp_path / "feeds.yaml").outlets] == ["new.org"]


@pytest.mark.parametrize(
    "wrong", [{**NEW, "kind": "paper"}, {**NEW, "feeds": ["ftp://new.org/feed"]}, {**NEW, "feeds": ["https://a.org/feed"]}]
)
def test_a_refused_edit_leaves_the_file_as_it_was(feeds: Path, wrong: dict[str, object]) -> None:
    with pytest.raises(SettingsError, match=r"feeds\.yaml, line \d+.*Nothing was changed") as refused:
        add_outlets(feeds, [wrong])
    assert ".part" not in str(refused.value)
    assert feeds.read_text(encoding="utf-8") == OUTLETS
    assert [path.name for path in feeds.parent.iterdir()] == ["feeds.yaml"]


def test_a_theme_whose_slug_stands_there_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "themes.yaml"
    add_theme(path, THEME)
    before = path.read_bytes()
    with pytest.raises(SettingsError, match="'night-quay' stands here twice"):
        add_theme(path, {**THEME, "name": "Another"})
    assert path.read_bytes() == before


@pytest.mark.parametrize("text", ["outlets: [", "outlets:\n", "", "themes: []\n"])
def test_a_file_that_is_wrong_already_is_a_settings_error_and_stays(feeds: Path, text: str) -> None:
    feeds.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=r"feeds\.yaml"):
        add_outlets(feeds, [NEW])
    assert feeds.read_text(encoding="utf-8") == text


WITH_HEADINGS = """\
outlets:
  # ---------- news

  - outlet: a.org
    name: Ay
    kind: news
    feeds:
      - https://a.org/feed

  # a word about labs
  # ---------- lab

  - outlet: b.org
    name: Bee
    kind: lab
    feeds:
      - https://b.org/feed   # main

  # ---------- policy
  # None yet.

# at the end
"""


@pytest.mark.parametrize(
    ("kind", "line_before", "line_after"),
    [
        ("news", "      - https://a.org/feed", "  # a word about labs"),
        ("lab", "      - https://b.org/feed   # main", "  # ---------- policy"),
        ("policy", "  # None yet.", "# at the end"),
        ("trade", "      - https://b.org/feed   # main", "  # ---------- policy"),  # no heading: after the last outlet
    ],
)
def test_an_outlet_goes_below_the_heading_of_its_kind(feeds: Path, kind: str, line_before: str, line_after: str) -> None:
    feeds.write_text(WITH_HEADINGS, encoding="utf-8")
    add_outlets(feeds, [{**NEW, "kind": kind}])
    text = feeds.read_text(encoding="utf-8")
    gone, new = changed(WITH_HEADINGS, text)
    assert gone == [] and len(new) == 6
    lines = [line for line in text.splitlines() if line]
    at = lines.index("  - outlet: new.org")
    assert (lines[at - 1], lines[at + 5]) == (line_before, line_after)


LAYOUTS = {
    "dashes under the key": """\
outlets:
- outlet: a.org
  name: Ay
  kind: lab
  feeds:
  - https://a.org/feed # x
  - https://a.org/two
""",
    "wide": """\
outlets:
    -   outlet: a.org
        name: Ay
        kind: lab
        feeds:
            -   https://a.org/feed
            -   https://a.org/two
""",
    "an outlet on one line": """\
outlets:
  - {outlet: a.org, name: Ay, kind: lab, feeds: [https://a.org/feed, {url: 'https://a.org/two', section: X}]}
""",
    "brackets over several lines": """\
outlets:
  - outlet: a.org
    name: Ay
    kind: lab
    feeds: [
      https://a.org/feed,  # main
      # of its own
      https://a.org/two
    ]
""",
    "brackets, and a comma after the last": """\
outlets:
  - outlet: a.org
    name: Ay
    kind: lab
    feeds: [
      "https://a.org/feed" ,
      {url: https://a.org/two, section: X, },
    ]
""",
    "no newline at the end": """\
outlets:
  - outlet: a.org
    feeds: [https://a.org/feed, https://a.org/two]
    kind: lab
    name: Ay""",
    "feeds first, in quotes": """\
outlets:
  - feeds:
      - "https://a.org/feed"  # \U0001f4f0

      - url: 'https://a.org/two'
        section: A
    outlet: a.org
    name: Ay
    kind: lab
""",
    "a byte order mark": """\
\ufeffoutlets:
  - outlet: a.org
    name: \U0001f4f0 Ay
    kind: lab
    feeds:
      - https://a.org/feed
      - url: https://a.org/two
        enabled: true  # yes
""",
}


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_that_yaml_allows_is_edited_in_its_own_manner(feeds: Path, layout: str, newline: str) -> None:
    before = LAYOUTS[layout].replace("\n", newline).encode()
    feeds.write_bytes(before)
    feeds.chmod(0o640)
    add_outlets(feeds, [NEW, {"outlet": "a.org", "kind": "lab", "feeds": [{"url": "https://a.org/three", "section": "AI: all, [now]"}]}])
    enable(feeds, {"https://a.org/feed", "https://a.org/two", "https://new.org/feed"}, enabled=False)
    first, second = read_feeds(feeds).outlets
    assert [(feed.url, feed.enabled, feed.section) for feed in first.feeds][2:] == [("https://a.org/three", True, "AI: all, [now]")]
    assert [feed.enabled for feed in (*first.feeds, *second.feeds)] == [False, False, True, False]
    enable(feeds, {"https://a.org/feed", "https://a.org/two"}, enabled=True)
    assert all(feed.enabled for feed in read_feeds(feeds).outlets[0].feeds)
    remove(feeds, {"https://new.org/feed", "https://a.org/two"})
    (only,) = read_feeds(feeds).outlets
    assert [feed.url for feed in only.feeds] == ["https://a.org/feed", "https://a.org/three"]
    after = feeds.read_bytes()
    assert after.count(b"\r\n") == (after.count(b"\n") if newline == "\r\n" else 0)
    assert feeds.stat().st_mode & 0o777 == 0o640


def test_what_is_taken_out_leaves_all_comments_and_no_double_gap(feeds: Path) -> None:
    feeds.write_text(WITH_HEADINGS, encoding="utf-8")
    remove(feeds, {"https://a.org/feed"})
    text = feeds.read_text(encoding="utf-8")
    assert [line for line in text.splitlines() if "#" in line] == [
        line for line in WITH_HEADINGS.splitlines() if line.strip().startswith("#") or "# main" in line
    ]
    assert "\n\n\n" not in text
    with pytest.raises(SettingsError, match="Nothing was changed"):
        remove(feeds, {"https://b.org/feed"})  # the last one
    assert feeds.read_text(encoding="utf-8") == text


def test_pausing_a_feed_keeps_the_words_beside_it(feeds: Path) -> None:
    enable(feeds, {"https://b.org/feed", "https://b.org/ai", "https://a.org/feed"}, enabled=False)
    gone, new = changed(OUTLETS, feeds.read_text(encoding="utf-8"))
    assert gone == ["      - https://b.org/feed   # main\n", "    feeds: [https://a.org/feed]\n"]
    assert new == [
        "      - url: https://b.org/feed   # main\n",
        "        enabled: false\n",
        "        enabled: false\n",
        "    feeds: [{url: https://a.org/feed, enabled: false}]\n",
    ]
    assert [feed.enabled for outlet in read_feeds(feeds).outlets for feed in outlet.feeds] == [False, False, False]


def test_a_link_to_the_file_stays_a_link(feeds: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.yaml"
    link.symlink_to(feeds)
    add_outlets(link, [NEW])
    assert link.is_symlink() and len(read_feeds(feeds).outlets) == 3


def test_places_are_the_lines_of_the_addresses(feeds: Path) -> None:
    lines = OUTLETS.splitlines()
    for address, place in places(feeds).items():
        assert address in lines[place.line - 1]
    assert [place.outlet for place in places(feeds).values()] == ["b.org", "b.org", "a.org"]
    assert places(feeds.with_name("none.yaml")) == {}
