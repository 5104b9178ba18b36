"""A copy that turns up nights later joins its story, and the day, the first outlet and the counts follow."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from evals.fakes import FakeEncoder, FakeJudge
from tests import builders, night
from tests.builders import FIXED_NOW, PARAGRAPHS
from tests.test_pipeline import QUAY, settings
from tracker import pipeline
from tracker.records import Article, Run
from tracker.settings import FetchSettings
from tracker.store import observed
from tracker.store.database import open_archive

CHOSEN = settings(None, FetchSettings(), QUAY)
MONDAY = datetime(2026, 10, 26, 9)
DESK = PARAGRAPHS[0].replace("small robotics firm", "start-up")


def article(name: str, outlet: str, published_at: datetime | None, **changes: Any) -> Article:
    return builders.article(article_id=name, outlet=outlet, url=f"https://{outlet}/{name}", published_at=published_at, **changes)


class Archive:
    """An archive, and the nights it lives through."""

    def __init__(self) -> None:
        self.connection = open_archive(None)
        self.nights = 0

    def night(self, *articles: Article) -> None:
        now = FIXED_NOW + timedelta(days=self.nights)
        self.nights += 1
        run = Run(f"{now:%Y%m%dT%H%M%S}", now, "test", "test")
        observed.sync_outlets(self.connection, CHOSEN.outlets, now)
        observed.record_pages(self.connection, run, [observed.Finished(None, one) for one in articles])
        pipeline.analyse(self.connection, CHOSEN, run, FakeEncoder(), FakeJudge(), night.quiet)

    def stories(self) -> list[tuple[Any, ...]]:
        """(story, first day, first outlet, articles, outlets), oldest first."""
        return self.rows("select story_id, first_published_at::date::varchar, first_outlet, articles, outlets from dated_stories order by 2, 1")

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(sql).fetchall()


def test_a_late_copy_that_was_published_first_gives_the_story_its_day_and_its_first_outlet() -> None:
    archive = Archive()
    archive.night(article("desk", "desk.example", MONDAY + timedelta(days=1)))
    assert archive.stories() == [("desk", "2026-10-27", "desk.example", 1, 1)]
    archive.night(article("wire", "wire.example", MONDAY))
    assert archive.stories() == [("desk", "2026-10-26", "wire.example", 2, 2)]
    assert archive.rows("select distinct day::varchar, outlet from story_themes") == [("2026-10-26", "wire.example")]


def test_a_late_rewrite_counts_as_an_article_and_not_as_a_story() -> None:
    archive = Archive()
    archive.night(article("wire", "wire.example", MONDAY))
    text = "\n".join([PARAGRAPHS[2], DESK, PARAGRAPHS[1]])
    archive.night(article("desk", "desk.example", MONDAY + timedelta(days=2), text=text, title="A vote about cranes"))
    assert archive.stories() == [("wire", "2026-10-26", "wire.example", 2, 2)]


def test_a_headline_without_its_text_finds_the_story_of_another_night() -> None:
    archive = Archive()
    archive.night(article("wire", "wire.example", MONDAY))
    teaser = "Subscribers can read here how the vote went, who spoke, and what comes next for all."
    archive.night(article("walled", "walled.example", MONDAY + timedelta(hours=5), text=teaser))
    assert archive.stories() == [("wire", "2026-10-26", "wire.example", 2, 2)]


def test_an_undated_copy_joins_and_leaves_the_day_alone() -> None:
    archive = Archive()
    archive.night(article("wire", "wire.example", FIXED_NOW - timedelta(days=1)))
    archive.night(article("undated", "plain.example", None))
    assert archive.rows("select count(distinct story_id), count(*) from story_members") == [(1, 2)]
    assert archive.stories() == [("wire", "2026-10-31", "wire.example", 1, 1)]


def test_the_stories_are_those_of_one_night_whatever_the_nights() -> None:
    def copies() -> Sequence[Article]:
        return [article(f"copy{n}", f"outlet{n}.example", MONDAY + timedelta(days=n)) for n in range(7)]

    at_once, nightly = Archive(), Archive()
    at_once.night(*copies())
    for copy in copies():
        nightly.night(copy)
    assert nightly.stories() == at_once.stories()
    assert [articles for *_, articles, _ in at_once.stories()] == [5, 2]


def test_a_title_that_recurs_is_no_evidence_however_many_nights_there_were() -> None:
    told = [
        article(name, outlet, MONDAY + timedelta(days=day), title="Marlow ferry timetable surprises islanders", text=text)
        for name, outlet, day, text in (
            ("first", "one.example", 0, "Boats leave an hour earlier from the north pier until spring, and the late one is gone."),
            ("again", "one.example", 7, "Two crossings were added on Saturdays after a petition that nine hundred people signed."),
            ("other", "two.example", 10, "Our columnist took the ferry at dawn and found nobody on deck but gulls and a priest."),
        )
    ]
    nightly, at_once = Archive(), Archive()
    for one in told:
        nightly.night(one)
    at_once.night(*told)
    assert nightly.stories() == at_once.stories()
    assert len(at_once.stories()) == 3
