"""Edits by the program leave everything else in the two files byte for byte, and a refused edit leaves all of it."""

from difflib import unified_diff
from pathlib import Path

import pytest

from tracker.edits import add_outlets, add_theme
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
    assert len(new) == 5
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
