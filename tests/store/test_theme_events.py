"""A theme's life as the view theme_events tells it: births, splits, merges, ends and returns, each on its day."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from tests import builders
from tests.builders import FIXED_NOW
from tracker.records import Run, Theme
from tracker.store import derived, observed, theme_edits
from tracker.store.database import open_archive

FIRST = date(2026, 3, 1)
WHO = "Jo Amsel"


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


def run(number: int) -> Run:
    """The run in the morning after the numbered day."""
    at = datetime.combine(day(number + 1), datetime.min.time().replace(hour=6))
    return Run(f"{at:%Y%m%dT%H%M%S}", at, "test", "test")


class Lives:
    """An archive whose themes get stories on numbered days."""

    def __init__(self) -> None:
        self.archive = open_archive(None)
        self._articles = 0

    def crawled(self, *numbers: int, state: str = "complete") -> None:
        """One outlet, watched on these days; on the others, up to the last, nobody crawled."""
        rows = [("example.com", day(n), 1, 0, 0, None, state) for n in numbers]
        self.archive.executemany("insert into coverage_days values (?, ?, ?, ?, ?, ?, ?)", rows)

    def theme(
        self, theme_id: str, found_on: int, stories: Iterable[int | None], kind: Any = "discovered", event: str = "born",
        other: str | None = None,
    ) -> Theme:  # fmt: skip
        """A theme found by the run after a day, with a story on each of these (None: one without a date)."""
        tonight = run(found_on)
        observed.start_run(self.archive, tonight, "run")
        theme = Theme(theme_id, theme_id, theme_id.title(), kind, "A claim that one can hold.", "yaml", ())
        derived.add_theme(self.archive, tonight, theme, None)
        if kind == "discovered":
            self.archive.execute("insert into theme_changes values (?, ?, ?, ?, 8)", (tonight.run_id, theme_id, event, other))
        for number in stories:
            self.story(theme_id, number)
        return theme

    def story(self, theme_id: str, number: int | None) -> None:
        name = f"a{self._articles:04d}"
        self._articles += 1
        at = None if number is None else datetime.combine(day(number), datetime.min.time())
        article = builders.article(article_id=name, url=f"https://example.com/{name}", published_at=at, published_from="feed" if at else "unknown")
        observed.record_pages(self.archive, run(0), [observed.Finished(None, article)])
        derived.add_story_members(self.archive, run(0), [(name, name, b"")])
        self.archive.execute(
            "insert into article_themes values ('r', ?, ?, 0.9, 1, 'neutral', 0.0, 0.5, 0)", (name, theme_id)
        )

    def events(self, theme: Theme, *wanted: str) -> list[tuple[Any, ...]]:
        """(day, event, other, made_by) in order; of these events only, if any are named."""
        rows = self.archive.execute(
            "select day, event, other_theme_id, made_by from theme_events where theme_id = ? order by recorded_at, event", (theme.theme_id,)
        ).fetchall()
        return [row for row in rows if not wanted or row[1] in wanted]


@pytest.fixture
def lives() -> Lives:
    return Lives()


def test_a_found_theme_is_born_on_the_day_of_its_first_story_and_one_of_the_file_is_added(lives: Lives) -> None:
    lives.crawled(*range(10))
    found = lives.theme("found", 8, [3, 5, None])
    listed = lives.theme("listed", 8, [2], kind="curated")
    undated = lives.theme("undated", 8, [None])
    silent = lives.theme("silent", 8, [], kind="curated")
    assert lives.events(found) == [(day(3), "born", None, "tracker")]
    assert lives.events(listed) == [(day(2), "added", None, "tracker")]
    assert lives.events(undated) == [(None, "born", None, "tracker")]
    assert lives.events(silent) == [(None, "added", None, "tracker")]
    assert lives.archive.execute("select stories from theme_events where theme_id = 'found'").fetchall() == [(8,)]


def test_a_promoted_theme_stays_born_also_where_no_change_was_recorded_at_its_birth(lives: Lives) -> None:
    lives.crawled(*range(10))
    theme = lives.theme("found", 8, [3])
    lives.archive.execute("delete from theme_changes")
    theme_edits.promote(lives.archive, theme, WHO, FIXED_NOW)
    assert lives.events(theme) == [(day(3), "born", None, "tracker"), (FIXED_NOW.date(), "promoted", None, WHO)]


def test_a_theme_that_came_out_of_another_is_not_born_whoever_divided_it(lives: Lives) -> None:
    lives.crawled(*range(10))
    lives.theme("parent", 3, [1])
    by_discovery = lives.theme("alone", 8, [4, 5], event="split", other="parent")
    by_person = lives.theme("apart", 8, [2, 6])
    lives.archive.execute("delete from theme_changes where theme_id = 'apart'")  # discovery did not make it
    lives.archive.execute("insert into theme_edits values (1, ?, ?, 'split', 'parent', 'apart')", (FIXED_NOW, WHO))
    assert lives.events(by_discovery) == [(day(4), "split", "parent", "tracker")]
    assert lives.events(by_person) == [(day(2), "split", "parent", WHO)]


def test_merges_are_told_with_who_made_them_and_a_theme_that_is_back_says_so(lives: Lives) -> None:
    lives.crawled(*range(10))
    target, other = lives.theme("target", 3, [1, 9]), lives.theme("other", 3, [2])
    by_discovery = lives.theme("gone", 3, [])
    lives.archive.execute("update themes set status = 'merged', merged_into = 'target' where theme_id = 'gone'")
    observed.start_run(lives.archive, run(9), "run")
    lives.archive.execute("insert into theme_changes values (?, 'gone', 'merged', 'target', 8)", (run(9).run_id,))
    theme_edits.merge(lives.archive, other, target, WHO, FIXED_NOW)

    assert lives.events(by_discovery) == [(day(4), "born", None, "tracker"), (day(10), "merged", "target", "tracker")]
    assert lives.events(other) == [(day(4), "born", None, "tracker"), (FIXED_NOW.date(), "merged", "target", WHO)]

    theme_edits.unmerge(lives.archive, run(9), other, {}, "Ilse", FIXED_NOW + timedelta(days=2))
    assert lives.events(other, "merged", "unmerged") == [
        (FIXED_NOW.date(), "merged", "target", WHO),
        (FIXED_NOW.date() + timedelta(days=2), "unmerged", "target", "Ilse"),
    ]


def test_silence_of_45_crawled_days_is_an_end_and_a_story_after_it_a_return(lives: Lives) -> None:
    lives.crawled(*range(120))
    brief = lives.theme("brief", 1, [0, 1, 2, 47, 48, 93, 94, 95, 119])
    long = lives.theme("long", 1, [0, 1, 2, 48, 49, 50, 80, 119])
    assert lives.events(brief, "ended", "returned") == []
    assert lives.events(long, "ended", "returned") == [(day(2), "ended", None, "tracker"), (day(48), "returned", None, "tracker")]


def test_what_is_written_of_once_a_month_does_not_end_in_a_pause_of_two(lives: Lives) -> None:
    lives.crawled(*range(400))
    rare = lives.theme("rare", 1, [0, 30, 60, 120, 150, 399])
    assert lives.events(rare, "ended", "returned") == [(day(150), "ended", None, "tracker"), (day(399), "returned", None, "tracker")]


def test_the_newest_day_is_not_over_and_ends_nothing(lives: Lives) -> None:
    lives.crawled(*range(46))
    theme = lives.theme("theme", 1, [0])
    assert lives.events(theme, "ended") == []
    lives.crawled(46, state="partial")
    assert lives.events(theme, "ended") == [(day(0), "ended", None, "tracker")]


def test_days_that_nobody_crawled_are_no_silence(lives: Lives) -> None:
    lives.crawled(*range(20), *range(80, 101))  # 40 days between the two stories, and 60 that nobody saw
    theme = lives.theme("theme", 1, [0, 1, 2, 98, 99, 100])
    assert lives.events(theme, "ended", "returned") == []
    lives.crawled(*range(20, 40))
    assert [event for _, event, *_ in lives.events(theme, "ended", "returned")] == ["ended", "returned"]


def test_a_theme_merged_away_does_not_end_and_one_that_is_hidden_does(lives: Lives) -> None:
    lives.crawled(*range(100))
    target, merged, hidden = (lives.theme(name, 1, [0]) for name in ("target", "merged", "hidden"))
    theme_edits.merge(lives.archive, merged, target, WHO, FIXED_NOW)
    theme_edits.hide(lives.archive, hidden, True, WHO, FIXED_NOW)
    lives.story("merged", 1)  # as a run that judged it before the merge may leave it
    assert lives.events(merged, "ended") == []
    assert lives.events(hidden, "ended", "hidden") == [(day(0), "ended", None, "tracker"), (FIXED_NOW.date(), "hidden", None, WHO)]


def test_edits_of_names_are_events_with_the_name_given(lives: Lives) -> None:
    lives.crawled(*range(10))
    theme = lives.theme("theme", 1, [0])
    theme_edits.rename(lives.archive, theme, "Quays at night", WHO, FIXED_NOW)
    rows = lives.archive.execute("select event, made_by, recorded_at, detail from theme_events where detail is not null").fetchall()
    assert rows == [("renamed", WHO, FIXED_NOW, "Quays at night")]
