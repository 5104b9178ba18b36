"""The bundled world is complete, within its quotas, and mistakes in it are named."""

import shutil
from collections import Counter
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from tracker.demo.world import WORLD_FOLDER, load, slug
from tracker.errors import SettingsError

WORLD = load()
CURATED = Path(__file__).parents[2] / "themes.yaml"


def test_the_world_is_large_enough_to_try_everything_on() -> None:
    assert len(WORLD.outlets) >= 12
    assert len(WORLD.articles) >= 160
    first, last = WORLD.articles[0].published_at, WORLD.articles[-1].published_at
    assert (last - first).days >= 17 * 30  # 18 calendar months
    assert len({(a.published_at.year, a.published_at.month) for a in WORLD.articles}) == 18


def test_articles_have_the_length_of_news_items() -> None:
    assert [(a.id, a.words) for a in WORLD.articles if not 120 <= a.words <= 300] == []


def test_every_article_has_one_truth() -> None:
    assert {a.id for a in WORLD.articles} == set(WORLD.truths)
    assert all((truth.theme is None) != (truth.topic is None) for truth in WORLD.truths.values())
    assert len({truth.theme for truth in WORLD.truths.values()} - {None}) == 11
    assert Counter(truth.topic for truth in WORLD.truths.values() if truth.topic).keys() == {
        "grid-batteries",
        "smart-glasses",
        "hospital-ransomware",
        "phone-satellites",
    }


def test_planted_themes_are_themes_that_we_follow() -> None:
    followed = CURATED.read_text(encoding="utf-8")
    named = {theme for truth in WORLD.truths.values() for theme in truth.themes}
    assert [theme for theme in named if f"slug: {theme}\n" not in followed] == []


def test_some_articles_bear_on_a_second_theme() -> None:
    also = {name: truth.also for name, truth in WORLD.truths.items() if truth.also}
    assert also["lattice-ledger-011"] == ("age-of-research",)  # it reports the remark on an age of research
    assert not any(WORLD.truths[name].topic for name in also)
    assert len(also) >= 20


def test_copies_inherit_the_truth_and_wire_copies_the_text() -> None:
    articles = {a.id: a for a in WORLD.articles}
    copies = {name: truth for name, truth in WORLD.truths.items() if truth.copy_of}
    assert len(copies) >= 12
    for name, truth in copies.items():
        original = WORLD.truths[truth.copy_of or ""]
        assert replace(truth, copy_of=None) == original
        assert (articles[name].body == articles[truth.copy_of or ""].body) == articles[name].is_wire_copy


def test_unreadable_articles_are_known() -> None:
    readable = {a.id for a in WORLD.readable()}
    hidden = [a for a in WORLD.articles if a.id not in readable]
    assert Counter(a.outlet for a in hidden) == {"northgate-business": 3, "fallen-tower": 3}


def test_undatable_articles_are_known() -> None:
    undatable = [a for a in WORLD.articles if not WORLD.is_datable(a)]
    assert Counter(a.outlet for a in undatable) == {"saltmarsh-review": 14, "ember-street": 2}


def test_slugs_are_short_and_plain() -> None:
    assert slug("Zoë's café: 5 lessons") == "zoes-cafe-5-lessons"
    assert slug("word " * 40) == "-".join(["word"] * 12)


def test_times_are_naive_utc() -> None:
    first = next(a for a in WORLD.articles if a.id == "lattice-ledger-001")
    assert first.published_at == datetime(2025, 5, 8, 7, 40)


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("bluefin-labs.yaml", "  title: ", "  titel: ", "title"),
        ("bluefin-labs.truth.yaml", "bluefin-labs-001", "bluefin-labs-999", "bluefin-labs-001"),
        ("bluefin-labs.truth.yaml", "stance: supports", "stance: agrees", "stance"),
        ("bluefin-labs.truth.yaml", "also: [jagged-intelligence]", "also: [humanlike-learning]", "bluefin-labs-007"),
        ("copies.yaml", "copy_of: harrow-wire-003", "copy_of: harrow-wire-903", "quantile-post-c01"),
        ("outlets.yaml", "feed: atom\n", "feed: json\n", "feed"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, file: str, old: str, new: str, said: str) -> None:
    folder = tmp_path / "world"
    shutil.copytree(WORLD_FOLDER, folder)
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(SettingsError, match=said):
        load(folder)
