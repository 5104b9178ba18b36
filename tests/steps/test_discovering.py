"""When a night looks for themes anew: a subject that breaks is a theme the same night, however large the archive is against it."""

import random
from datetime import timedelta

import pytest

from tests import builders
from tests.builders import FIXED_NOW
from tests.steps.test_dividing import WHO, Archive, on, rules
from tracker.records import Article, short_id
from tracker.settings import Settings, ThemeSettings
from tracker.store import derived, theme_edits

SUBJECTS_AT_FIRST = ("batteries", "ransom", "glasses", "rockets", "bread")
BREAKING = "football"
SELDOM = ThemeSettings(min_articles_to_discover=48, subject_similarity=0.1, refit_unassigned=0.9, refit_growth=9)


def seldom() -> Settings:
    """Rules by which neither growth nor leftovers make a night of this size look anew."""
    return rules().model_copy(update={"discovery": SELDOM})


def alone(number: int) -> Article:
    """An article that shares its words with no other."""
    draw = random.Random(number)
    words = ["".join(draw.choice("abcdefghij") for _ in range(8)) for _ in range(60)]
    url = f"https://example.com/alone/{number}"
    return builders.article(
        article_id=short_id(url), url=url, title=" ".join(words[:5]), text=f"{' '.join(words)}.", published_at=FIXED_NOW - timedelta(hours=1)
    )


def fits(archive: Archive) -> int:
    return int(archive.connection.execute("select count(*) from discovery_fits").fetchall()[0][0])


@pytest.fixture
def archive() -> Archive:
    """Five themes of ten stories each, found on a first night."""
    made = Archive()
    made.night([article for subject in SUBJECTS_AT_FIRST for article in on(subject, range(10))], seldom())
    return made


def test_a_subject_that_breaks_is_a_theme_the_same_night(archive: Archive) -> None:
    archive.night(on(BREAKING, range(12)), seldom())
    assert fits(archive) == 2
    assert archive.subjects_in(archive.theme_of(BREAKING)) == {BREAKING: 12}


def test_a_night_of_stories_on_nothing_in_common_does_not_look_anew(archive: Archive) -> None:
    archive.night([*map(alone, range(12)), *on(BREAKING, range(5))], seldom())
    assert fits(archive) == 1


def test_a_subject_that_was_merged_into_a_curated_theme_does_not_look_anew_night_after_night(archive: Archive) -> None:
    into = next(one.theme for one in derived.themes(archive.connection) if one.theme.kind == "curated")
    theme_edits.merge(archive.connection, archive.theme_of("rockets"), into, WHO, FIXED_NOW)
    for first in (10, 22, 34):
        archive.night(on("rockets", range(first, first + 12)), seldom())
    assert fits(archive) == 1
