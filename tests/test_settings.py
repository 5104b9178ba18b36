"""The two files people edit: a mistake is named with its file, line, key and fix; the project's own files are right."""

from pathlib import Path

import pytest

from tracker.errors import SettingsError
from tracker.settings import load, read_feeds, read_themes

PROJECT = Path(__file__).parent.parent
SLUGS = (
    "age-of-research compute-arms-race continual-learning data-exhaustion democratised-progress end-of-scaling humanlike-learning "
    "jagged-intelligence safety-first sentient-life ssi-funding"
).split()
OUTLETS = """\
outlets:
  # a comment
  - outlet: example.com
    name: Example
    kind: news
    country: GB
    feeds:
      - https://example.com/feed
"""
THEMES = """\
themes:
  - slug: night-quay
    name: Robots on the quay
    claim: "Robot cranes shorten the wait of ships."
    supports: ["Ships wait less."]
"""


def refusal_of_feeds(tmp_path: Path, text: str) -> str:
    path = tmp_path / "feeds.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as refused:
        read_feeds(path)
    return str(refused.value)


def refusal_of_themes(tmp_path: Path, text: str) -> str:
    path = tmp_path / "themes.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as refused:
        read_themes(path)
    return str(refused.value)


def test_a_misspelt_key_is_named_with_its_file_line_and_the_key_it_resembles(tmp_path: Path) -> None:
    said = refusal_of_feeds(tmp_path, OUTLETS.replace("country", "contry"))
    assert said.startswith(f"{tmp_path / 'feeds.yaml'}, line 6: outlets.0.contry:")
    assert "did you mean 'country'?" in said

    said = refusal_of_themes(tmp_path, THEMES.replace("supports", "suports"))
    assert said.startswith(f"{tmp_path / 'themes.yaml'}, line 5: themes.0.suports:")
    assert "did you mean 'supports'?" in said


def test_a_key_that_resembles_none_gets_the_list_of_keys(tmp_path: Path) -> None:
    said = refusal_of_themes(tmp_path, THEMES + "    zzz: 1\n")
    assert "line 6" in said and "known keys: aliases, claim" in said


def test_a_mistake_inside_a_feed_is_named_at_the_feed(tmp_path: Path) -> None:
    said = refusal_of_feeds(tmp_path, OUTLETS + "      - url: https://example.com/other\n        sectoin: AI\n")
    assert "line 10" in said and "did you mean 'section'?" in said
    assert "line 8" in refusal_of_feeds(tmp_path, OUTLETS.replace("https://", "htps://"))


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("kind: news", "kind: paper", "line 5: outlets.0.kind"),
        ("country: GB", "country: Britain", "line 6: outlets.0.country"),
        ("    name: Example\n", "", "the key 'name' is missing"),
        ("outlet: example.com", "outlet: Example dot com", "line 3: outlets.0.outlet"),
    ],
)
def test_a_wrong_value_is_named_with_line_and_key(tmp_path: Path, before: str, after: str, expected: str) -> None:
    assert expected in refusal_of_feeds(tmp_path, OUTLETS.replace(before, after))


def test_an_outlet_a_feed_or_a_slug_that_stands_twice_is_refused(tmp_path: Path) -> None:
    second = OUTLETS.split("\n", 2)[2]
    assert "the outlet 'example.com' stands here twice" in refusal_of_feeds(tmp_path, OUTLETS + second)
    renamed = second.replace("outlet: example.com", "outlet: example.org")
    assert "the feed address 'https://example.com/feed' stands here twice" in refusal_of_feeds(tmp_path, OUTLETS + renamed)
    assert "the slug 'night-quay' stands here twice" in refusal_of_themes(tmp_path, THEMES + THEMES.split("\n", 1)[1])


def test_a_misspelt_key_that_is_needed_is_called_misspelt_not_missing(tmp_path: Path) -> None:
    said = refusal_of_feeds(tmp_path, OUTLETS.replace("kind", "knd"))
    assert "line 5: outlets.0.knd" in said and "did you mean 'kind'?" in said


def test_further_mistakes_are_mentioned(tmp_path: Path) -> None:
    assert "1 more mistake)" in refusal_of_feeds(tmp_path, OUTLETS.replace("GB", "Britain").replace("kind: news", "kind: paper"))


def test_what_is_not_yaml_or_not_the_file_meant_is_refused_in_one_line(tmp_path: Path) -> None:
    for text in ("outlets: [", "outlets:\n\t- outlet: a", "", "just words", "- a list", "themes: []"):
        said = refusal_of_feeds(tmp_path, text)
        assert "feeds.yaml, line " in said and "\n" not in said
    (tmp_path / "feeds.yaml").write_bytes(b"outlets: \xff")
    with pytest.raises(SettingsError, match="UTF-8"):
        read_feeds(tmp_path / "feeds.yaml")


def test_a_missing_file_says_how_to_name_it(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"feeds.yaml: no such file.*--feeds"):
        load(tmp_path / "feeds.yaml", tmp_path / "themes.yaml")


def test_the_projects_own_files_are_right() -> None:
    settings = load(PROJECT / "feeds.yaml", PROJECT / "themes.yaml")
    assert len({feed.outlet for feed in settings.feeds}) >= 50
    assert sorted(theme.slug for theme in settings.themes) == SLUGS
    assert all(theme.supports and theme.opposes and theme.aliases for theme in settings.themes)


def test_a_disabled_feed_is_not_polled(tmp_path: Path) -> None:
    path = tmp_path / "feeds.yaml"
    path.write_text(OUTLETS + "      - url: https://example.com/other\n        enabled: false\n", encoding="utf-8")
    (outlet,) = read_feeds(path).outlets
    assert [feed.url for feed in outlet.enabled_feeds()] == ["https://example.com/feed"]


def test_a_key_that_stands_twice_is_an_error_and_not_silently_the_last(tmp_path: Path) -> None:
    path = tmp_path / "themes.yaml"
    path.write_text("themes:\n  - slug: a\n    name: A\n    claim: One thing is so.\n    claim: Another is.\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"themes\.yaml, line 5: not valid YAML: the key 'claim' stands here a second time"):
        read_themes(path)


def test_keys_that_only_look_alike_and_yaml_that_holds_itself_are_read_on(tmp_path: Path) -> None:
    path = tmp_path / "themes.yaml"
    path.write_text("a: &a {1: x, '1': y}\nb: {<<: *a, 2: z}\nc: &c [*c]\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="themes"):  # for what is missing, not for its keys
        read_themes(path)


ONE = "outlets:\n  - {{outlet: a.example, name: {}, kind: news, feeds: [https://a.example/feed]}}\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (ONE.format("2026-13-45"), "a date that does not exist.*put it in quotes"),
        (ONE.format("NO"), "line 2: outlets.0.name: .*YAML reads bool here; put it in quotes$"),
        ("", "the file is empty"),
    ],
)
def test_what_yaml_takes_for_something_else_is_told_in_one_line(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "feeds.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=told):
        read_feeds(path)
