"""Curated themes follow themes.yaml, and what the file says no longer, or by a name that was merged away, changes no past in silence."""

from pathlib import Path

import pytest

from evals.fakes import FakeEncoder
from tests.builders import FIXED_NOW, PARAGRAPHS, article
from tests.steps.test_discovering import alone
from tests.steps.test_dividing import DAYS, WHO, Archive, on, rules
from tests.test_pipeline import QUAY, paragraphs_of
from tracker.errors import SettingsError
from tracker.records import Article, Rejection, Run, Theme, short_id
from tracker.settings import ThemeEntry
from tracker.steps import theming
from tracker.store import derived, discovered, exchange, observed, theme_edits
from tracker.store.database import open_archive, transaction

# Without its examples it finds less: the claim alone is not near enough to what the articles say
FIGURES = ThemeEntry(
    slug="figures", name="Figures in March", claim="Council figures published in March decide about a whole country's harbours and jobs.",
    supports=(PARAGRAPHS[2],), opposes=("Nobody reads what a council prints.",),
)  # fmt: skip


def report(number: int) -> Article:
    url = f"https://example.com/report/{number}"
    return article(article_id=short_id(url), url=url, title=f"Report {number} from the quay", text="\n".join(paragraphs_of(number)))


def discover(archive: Archive, subject: str) -> Theme:
    """A discovered theme that what is written on a subject joins."""
    said = [one.text for one in on(subject, range(3))]
    theme = Theme(short_id(subject), subject, f"All about {subject}", "discovered", said[0], "test", (subject,))
    run = Run("20261030T000000", FIXED_NOW - 2 * DAYS, "test", "test")
    derived.add_theme(archive.connection, run, theme, FakeEncoder().encode([" ".join(said)])[0])
    return theme


def found(archive: Archive) -> list[tuple[object, ...]]:
    """Every mention of the theme FIGURES, with the run that wrote it."""
    return archive.connection.execute(
        """select m.* exclude (theme_id) from mentions m join themes t using (theme_id) where t.slug = 'figures' order by passage_id"""
    ).fetchall()


def test_a_theme_taken_out_of_the_file_keeps_what_it_found_and_goes_on_as_it_was(tmp_path: Path) -> None:
    archive = Archive()
    archive.night([report(0), report(1)], rules(FIGURES))
    before = found(archive)
    assert before
    archive.night([], rules())
    assert found(archive) == before

    exchange.export(archive.connection, tmp_path / "export")
    archive.connection = open_archive(None)
    exchange.restore(archive.connection, tmp_path / "export")
    archive.night([report(2)], rules())
    assert set(before) < set(found(archive))
    archive.night([], rules(FIGURES))
    assert set(before) < set(found(archive))  # listed again: nothing was changed, so nothing is judged anew

    archive.night([], rules(FIGURES.model_copy(update={"supports": ()})))
    assert len(found(archive)) < len(before)  # its examples are what found it


def test_discovery_leaves_what_is_its_own_to_a_theme_taken_out_of_the_file_too_until_that_is_merged_away() -> None:
    archive, run = Archive(), Run("20261101T000000", FIXED_NOW, "test", "test")
    first, second = theming.sync_curated(archive.connection, run, [FIGURES, QUAY])
    assert theming.sync_curated(archive.connection, run, [QUAY]) == [second, first]
    theme_edits.merge(archive.connection, first, second, WHO, FIXED_NOW)
    assert theming.sync_curated(archive.connection, run, [QUAY]) == [second]


def test_a_slug_that_was_merged_away_does_not_come_back_in_silence() -> None:
    archive = Archive()
    first, second, third = (discover(archive, subject) for subject in ("bread", "rockets", "glasses"))
    theme_edits.merge(archive.connection, first, second, WHO, FIXED_NOW)
    theme_edits.merge(archive.connection, second, third, WHO, FIXED_NOW)
    entry = ThemeEntry(slug="bread", name="Bread", claim="Sourdough is baked in every oven of the town.")
    with pytest.raises(SettingsError, match=r"'bread'.* was merged into 'glasses'.*`tracker themes merge bread --undo`.*another slug"):
        archive.night([], rules(entry))
    assert theme_edits.find(archive.connection, "bread").theme == first

    run = Run("20261102T000000", FIXED_NOW + DAYS, "test", "test")
    theme_edits.unmerge(archive.connection, run, first, {}, WHO, FIXED_NOW)
    archive.night([], rules(entry))
    assert theme_edits.find(archive.connection, "bread").theme.claim == entry.claim


def test_a_discovered_theme_whose_slug_is_written_into_the_file_leaves_its_stories() -> None:
    archive = Archive()
    theme = discover(archive, "bread")
    archive.night(on("bread", range(5)), rules())
    assert archive.subjects_in(theme) == {"bread": 5}
    entry = ThemeEntry(slug="bread", name="Bread", claim="Millers want higher prices for their grain than last year.")
    archive.night([], rules(entry))
    assert archive.subjects_in(theme) == {}
    assert len(discovered.unplaced(archive.connection)) == 5


def test_a_story_whose_first_article_is_taken_back_keeps_its_theme() -> None:
    archive = Archive()
    theme = discover(archive, "bread")
    (first,) = on("bread", [0])
    copy = article(
        article_id="copy", outlet="other.example", url="https://other.example/bread/0", title=first.title, text=first.text,
        published_at=first.published_at,
    )  # fmt: skip
    archive.night([first, alone(0)], rules())
    archive.night([copy], rules())
    members = "select story_id from story_members where article_id = 'copy'"
    assert archive.connection.execute(members).fetchall() == [(first.article_id,)]

    with transaction(archive.connection):  # as a crawl does when the text turns out to be a notice
        run = Run("20261103T000000", FIXED_NOW + 2 * DAYS, "test", "test")
        gone = observed.replace_articles(archive.connection, run, [Rejection(first.url, first.outlet, "extract", "same_text", FIXED_NOW)])
        derived.forget_articles(archive.connection, gone)
    archive.night([], rules())

    assert archive.connection.execute(members).fetchall() == [("copy",)]
    assert set(derived.members(archive.connection, theme.theme_id)) == {"copy"}
    assert archive.connection.execute("select count(*) from story_members").fetchall() == [(2,)]
