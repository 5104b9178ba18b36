"""What people decide about themes outlasts every later analysis."""

import shutil
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from evals.fakes import FakeEncoder
from tests import night
from tests.builders import FIXED_NOW
from tests.test_pipeline import NEXT_NIGHT, QUAY, read, settings, store, subject_articles
from tracker.errors import StoreError
from tracker.records import Run, Theme
from tracker.settings import FetchSettings, Settings, ThemeEntry, ThemeSettings
from tracker.steps import dividing
from tracker.store import derived, theme_edits
from tracker.store.database import open_archive

WHO, WHEN = "Jo Amsel", FIXED_NOW


def chosen(*themes: ThemeEntry) -> Settings:
    return settings(None, FetchSettings(), *(themes or (QUAY,)), discovery=ThemeSettings(min_articles_to_discover=36, subject_similarity=0.1))


@pytest.fixture(scope="module")
def discovered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder in whose articles three themes were found."""
    data = tmp_path_factory.mktemp("discovered")
    store(data, subject_articles(0, 36))
    night.run(data, chosen(), FIXED_NOW, is_crawling=False)
    return data


@pytest.fixture
def data(discovered: Path, tmp_path: Path) -> Path:
    """The same folder, to edit."""
    shutil.copy(discovered / "archive.duckdb", tmp_path)
    return tmp_path


def largest(data: Path) -> list[Theme]:
    """The discovered themes with articles, largest first."""
    archive = open_archive(data / "archive.duckdb")
    found = [
        (len(derived.members(archive, s.theme.theme_id)), s.theme)
        for s in derived.themes(archive)
        if s.theme.kind == "discovered"
    ]
    archive.close()
    return [theme for size, theme in sorted(found, key=lambda pair: (-pair[0], pair[1].slug)) if size]


def stored(data: Path) -> dict[str, derived.StoredTheme]:
    """Every theme by id."""
    archive = open_archive(data / "archive.duckdb")
    found = {s.theme.theme_id: s for s in derived.themes(archive)}
    archive.close()
    return found


def members(data: Path, theme: Theme) -> set[str]:
    archive = open_archive(data / "archive.duckdb")
    found = set(derived.members(archive, theme.theme_id))
    archive.close()
    return found


def bring_back(archive: duckdb.DuckDBPyConnection, theme: Theme) -> None:
    """As `tracker themes merge --undo` does."""
    strengths = dividing.stories_back(archive, chosen().discovery, FakeEncoder(), theme_edits.find(archive, theme.slug))
    theme_edits.unmerge(archive, Run("20261101T120000", WHEN, "test", "test"), theme, strengths, WHO, WHEN)


def test_a_new_name_a_hiding_and_a_merge_survive_a_forced_refit(data: Path) -> None:
    kept, merged, hidden = largest(data)[:3]
    both = members(data, kept) | members(data, merged)
    archive = open_archive(data / "archive.duckdb")
    theme_edits.rename(archive, kept, "Storage of power", WHO, WHEN)
    theme_edits.hide(archive, hidden, True, WHO, WHEN)
    theme_edits.merge(archive, merged, kept, WHO, WHEN)
    archive.close()

    night.run(data, chosen(), NEXT_NIGHT, refit=True, is_crawling=False)

    after = stored(data)
    assert (after[kept.theme_id].theme.name, after[kept.theme_id].theme.slug) == ("Storage of power", kept.slug)
    assert after[hidden.theme_id].status == "hidden"
    assert (after[merged.theme_id].status, after[merged.theme_id].merged_into) == ("merged", kept.theme_id)
    assert members(data, kept) == both
    assert members(data, merged) == set()
    published = {
        slug: (name, status, articles)
        for slug, name, status, articles in read(data, "select slug, name, status, articles from themes")
    }
    assert published[kept.slug][:2] == ("Storage of power", "active")
    assert published[merged.slug][1:] == ("merged", 0)
    assert published[hidden.slug][1] == "hidden"


def test_a_hidden_theme_can_be_shown_again_and_its_log_says_who_did_what(data: Path) -> None:
    theme = largest(data)[0]
    archive = open_archive(data / "archive.duckdb")
    theme_edits.hide(archive, theme, True, WHO, WHEN)
    theme_edits.hide(archive, theme, False, "Ilse", NEXT_NIGHT)
    log = theme_edits.log(archive, theme)
    status = theme_edits.find(archive, theme.slug).status
    archive.close()
    assert status == "active"
    assert log == [(WHEN, WHO, "hide", None), (NEXT_NIGHT, "Ilse", "show", None)]


def test_a_theme_cannot_be_merged_into_itself(data: Path) -> None:
    theme = largest(data)[0]
    archive = open_archive(data / "archive.duckdb")
    with pytest.raises(StoreError, match="into itself"):
        theme_edits.merge(archive, theme, theme, WHO, WHEN)
    assert theme_edits.log(archive, theme) == []
    assert {s.status for s in derived.themes(archive)} == {"active"}
    archive.close()


def test_a_discovered_theme_merged_into_a_curated_one_gives_its_articles_up(data: Path) -> None:
    theme = largest(data)[0]
    archive = open_archive(data / "archive.duckdb")
    theme_edits.merge(archive, theme, theme_edits.find(archive, QUAY.slug).theme, WHO, WHEN)
    archive.close()
    night.run(data, chosen(), NEXT_NIGHT, is_crawling=False)
    assert members(data, theme) == set()
    assert read(data, f"select count(*) from mentions where theme_id = '{theme.theme_id}'") == [(0,)]


def test_a_theme_is_found_by_slug_id_or_name_and_a_near_miss_names_near_ones(data: Path) -> None:
    theme = largest(data)[0]
    archive = open_archive(data / "archive.duckdb")
    for word in (theme.slug, theme.theme_id, theme.name.upper()):
        assert theme_edits.find(archive, word).theme == theme
    with pytest.raises(StoreError, match=r"no theme 'night-quai'\. Near: night-quay"):
        theme_edits.find(archive, "night-quai")
    with pytest.raises(StoreError, match="tracker themes list"):
        theme_edits.find(archive, "zzzz")
    archive.close()


def test_a_promoted_theme_keeps_its_id_under_the_claim_that_themes_yaml_gives_it(data: Path) -> None:
    theme = largest(data)[0]
    archive = open_archive(data / "archive.duckdb")
    theme_edits.promote(archive, theme, WHO, WHEN)
    archive.close()
    entry = ThemeEntry(
        slug=theme.slug, name="By hand", claim="What the sentences of this subject say is true.", aliases=theme.terms[:3]
    )

    night.run(data, chosen(QUAY, entry), NEXT_NIGHT, is_crawling=False)

    rows = read(data, f"select theme_id, name, kind, claim, claim_from from themes where slug = '{theme.slug}'")
    assert rows == [(theme.theme_id, "By hand", "curated", entry.claim, "yaml")]
    assert members(data, theme) == set()


def test_a_theme_merged_away_takes_no_other_edit_and_the_error_names_where_it_went(data: Path) -> None:
    first, second, third = largest(data)[:3]
    archive = open_archive(data / "archive.duckdb")
    theme_edits.merge(archive, first, second, WHO, WHEN)
    theme_edits.merge(archive, second, third, WHO, WHEN)  # a chain: what went into the second goes on into the third
    where = rf"'{first.slug}' was merged into '{third.slug}'.*tracker themes merge {first.slug} --undo"
    for edit in (
        lambda: theme_edits.rename(archive, first, "Another name", WHO, WHEN),
        lambda: theme_edits.hide(archive, first, True, WHO, WHEN),
        lambda: theme_edits.merge(archive, first, third, WHO, WHEN),
        lambda: theme_edits.merge(archive, third, first, WHO, WHEN),
        lambda: theme_edits.require_promotable(archive, first),
        lambda: theme_edits.divisible(archive, first),
    ):
        with pytest.raises(StoreError, match=where):
            edit()
    assert [verb for _, _, verb, _ in theme_edits.log(archive, first)] == ["merge"]
    archive.close()

    night.run(data, chosen(), NEXT_NIGHT, refit=True, is_crawling=False)
    assert len(members(data, third)) == 36
    assert members(data, first) == members(data, second) == set()


def test_nothing_is_merged_into_or_made_of_a_hidden_theme_before_it_is_shown(data: Path) -> None:
    hidden, other = largest(data)[:2]
    archive = open_archive(data / "archive.duckdb")
    theme_edits.hide(archive, hidden, True, WHO, WHEN)
    theme_edits.hide(archive, hidden, True, WHO, WHEN)  # it is hidden already
    for edit in (lambda: theme_edits.merge(archive, other, hidden, WHO, WHEN), lambda: theme_edits.require_promotable(archive, hidden)):
        with pytest.raises(StoreError, match=rf"'{hidden.slug}' is hidden.*tracker themes hide {hidden.slug} --undo"):
            edit()
    assert theme_edits.log(archive, hidden) == [(WHEN, WHO, "hide", None)]
    theme_edits.merge(archive, hidden, other, WHO, WHEN)
    back = Run("20261103T060000", NEXT_NIGHT, "test", "test")
    theme_edits.unmerge(archive, back, hidden, {}, WHO, WHEN)
    assert theme_edits.find(archive, hidden.slug).status == "hidden"
    archive.close()


def test_a_name_is_a_persons_until_a_promotion_hands_it_to_the_file(data: Path) -> None:
    renamed, other = largest(data)[:2]
    archive = open_archive(data / "archive.duckdb")
    with pytest.raises(StoreError, match="needs a word"):
        theme_edits.rename(archive, renamed, "  ", WHO, WHEN)
    with pytest.raises(StoreError, match=f"'{other.slug}' is called"):
        theme_edits.rename(archive, renamed, other.name.upper(), WHO, WHEN)
    theme_edits.rename(archive, renamed, "Storage  of power", WHO, WHEN)
    assert archive.execute("select name, name_from from themes where theme_id = ?", (renamed.theme_id,)).fetchall() == [
        ("Storage of power", "person")
    ]
    theme_edits.promote(archive, renamed, WHO, WHEN)
    archive.close()
    entry = ThemeEntry(slug=renamed.slug, name="As the file has it", claim="What the sentences of this subject say is true.")
    night.run(data, chosen(QUAY, entry), NEXT_NIGHT, is_crawling=False)
    named = f"select name, name_from from themes where slug = '{renamed.slug}'"
    assert read(data, named) == [("As the file has it", "yaml")]

    archive = open_archive(data / "archive.duckdb")
    theme_edits.rename(archive, theme_edits.find(archive, renamed.slug).theme, "By hand again", WHO, WHEN)
    archive.close()
    night.run(data, chosen(QUAY, entry), NEXT_NIGHT + timedelta(days=1), is_crawling=False)
    assert read(data, named) == [("By hand again", "person")]


def test_a_theme_merged_by_mistake_comes_back_with_its_articles(data: Path) -> None:
    kept, merged = largest(data)[:2]
    before = {theme.theme_id: members(data, theme) for theme in (kept, merged)}
    archive = open_archive(data / "archive.duckdb")
    theme_edits.merge(archive, merged, kept, WHO, WHEN)
    archive.close()
    night.run(data, chosen(), NEXT_NIGHT, refit=True, is_crawling=False)
    assert members(data, kept) == before[kept.theme_id] | before[merged.theme_id]

    archive = open_archive(data / "archive.duckdb")
    with pytest.raises(StoreError, match="nothing to undo"):
        bring_back(archive, kept)
    bring_back(archive, merged)
    archive.close()
    after = NEXT_NIGHT + timedelta(days=1)
    night.run(data, chosen(), after, is_crawling=False)
    assert {theme.theme_id: members(data, theme) for theme in (kept, merged)} == before
    night.run(data, chosen(), after + timedelta(days=1), refit=True, is_crawling=False)
    assert {theme.theme_id: members(data, theme) for theme in (kept, merged)} == before
    assert read(data, f"select status, merged_into from themes where slug = '{merged.slug}'") == [("active", None)]
    events = f"select event, other_theme_id from theme_events where theme_id = '{merged.theme_id}' and made_by = '{WHO}' order by event"
    assert read(data, events) == [("merged", kept.theme_id), ("unmerged", kept.theme_id)]


def test_a_theme_comes_back_only_if_no_other_has_its_name_by_now(data: Path) -> None:
    kept, merged = largest(data)[:2]
    archive = open_archive(data / "archive.duckdb")
    theme_edits.merge(archive, merged, kept, WHO, WHEN)
    theme_edits.rename(archive, kept, merged.name, WHO, WHEN)
    with pytest.raises(StoreError, match=rf"'{kept.slug}' is called '{merged.name}' already.*`tracker themes rename {kept.slug} NAME`"):
        bring_back(archive, merged)
    assert theme_edits.find(archive, merged.slug).status == "merged"
    assert theme_edits.find(archive, merged.name).theme.slug == kept.slug  # of two of that name the one that lives
    theme_edits.rename(archive, kept, "Another name", WHO, WHEN)
    bring_back(archive, merged)
    archive.close()
    names = [s.theme.name.lower() for s in stored(data).values() if s.status == "active"]
    assert sorted(names) == sorted(set(names)) and merged.name.lower() in names


def test_a_curated_theme_that_is_brought_back_finds_its_articles_again(data: Path) -> None:
    theme, other = largest(data)[:2]
    archive = open_archive(data / "archive.duckdb")
    theme_edits.promote(archive, theme, WHO, WHEN)
    archive.close()
    entry = ThemeEntry(slug=theme.slug, name="By hand", claim=theme.claim, aliases=theme.terms[:3])
    night.run(data, chosen(QUAY, entry), NEXT_NIGHT, is_crawling=False)
    found = f"select article_id, stance from article_themes where theme_id = '{theme.theme_id}' order by article_id"
    before = read(data, found)
    assert before

    archive = open_archive(data / "archive.duckdb")
    theme_edits.merge(archive, theme, other, WHO, WHEN)
    archive.close()
    night.run(data, chosen(), NEXT_NIGHT + timedelta(days=1), is_crawling=False)
    assert read(data, found) == []

    archive = open_archive(data / "archive.duckdb")
    bring_back(archive, theme)
    archive.close()
    night.run(data, chosen(QUAY, entry), NEXT_NIGHT + timedelta(days=2), is_crawling=False)
    assert read(data, found) == before
    assert members(data, theme) == set()


def test_touched_are_all_themes_of_which_a_person_decided_something(data: Path) -> None:
    first, second, third = largest(data)[:3]
    archive = open_archive(data / "archive.duckdb")
    assert theme_edits.touched(archive) == set()
    archive.execute("insert into theme_edits values (1, ?, 'llm:some', 'word', ?, 'Words')", (WHEN, third.theme_id))
    assert theme_edits.touched(archive) == set()
    theme_edits.merge(archive, first, second, WHO, WHEN)
    assert theme_edits.touched(archive) == {first.theme_id, second.theme_id}
    archive.close()
