"""What measuring writes: nothing where nothing changed, only what did where something did, and in the end the numbers of one measuring of all."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from evals.fakes import FakeEncoder, FakeJudge
from tests import builders
from tests.builders import FIXED_NOW
from tests.test_pipeline import DOCKERS, QUAY, settings
from tracker import pipeline
from tracker.records import Article, Run
from tracker.settings import FetchSettings
from tracker.store import observed
from tracker.store.counted import MEASURES
from tracker.store.database import open_archive, transaction

CHOSEN = settings(None, FetchSettings(), QUAY, DOCKERS)
NIGHTS = 8
OUTLETS = tuple(f"{letter}.example" for letter in "abcdef")


def told(number: int, at: datetime, outlet: str) -> Article:
    """Words of its own, and a sentence on one claim or the other, with or against it."""
    words = " ".join(
        f"{name}{number}" for name in "north harbour evening council ledger window copper meadow signal orchard".split()
    )
    claim = (QUAY, DOCKERS)[number % 2].claim
    said = (
        f"{claim[:-1]}, says report {number}."
        if number % 3
        else f"It is wrong, says report {number}, that {claim[0].lower()}{claim[1:]}"
    )
    return builders.article(
        article_id=f"{outlet}-{number}", url=f"https://{outlet}/{number}", raw_url=f"https://{outlet}/{number}", outlet=outlet,
        title=f"{words.split()[number % 10]} {words.split()[number % 7]}", text=f"{words} {words[::-1]}.\n\n{said}", published_at=at,
    )  # fmt: skip


def night(
    archive: duckdb.DuckDBPyConnection, number: int, articles: list[Article], *, everything: bool = False, until: str = ""
) -> None:
    """Store and analyse, as the nightly run does."""
    now = FIXED_NOW + timedelta(days=number)
    run = Run(f"{now:%Y%m%dT%H%M%S}{until}", now, "test", "test")
    observed.start_run(archive, run, "run")
    with transaction(archive):
        observed.record_pages(archive, run, [observed.Finished(None, one) for one in articles])
    pipeline.analyse(archive, CHOSEN, run, FakeEncoder(), FakeJudge(), lambda *_: None, everything=everything)
    observed.finish_run(archive, run, now, FakeEncoder.name, FakeJudge.name)


def some_nights(archive: duckdb.DuckDBPyConnection) -> None:
    """Each with new articles, one of an earlier day, and one copy of an article of the night before."""
    for number in range(NIGHTS):
        now = FIXED_NOW + timedelta(days=number)
        articles = [told(10 * number + i, now - timedelta(hours=i), outlet) for i, outlet in enumerate(OUTLETS)]
        articles.append(told(10 * number + 8, now - timedelta(days=2 + number % 3), OUTLETS[number % len(OUTLETS)]))
        if number:
            articles.append(told(10 * number - 10, now - timedelta(hours=9), OUTLETS[1]))
        night(archive, number, articles)


@pytest.fixture
def archive(tmp_path: Path) -> duckdb.DuckDBPyConnection:
    connection = open_archive(tmp_path / "archive.duckdb")
    some_nights(connection)
    return connection


def measured(archive: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[Any, ...]]]:
    return {table: archive.execute(f"from {table} order by all").fetchall() for table in MEASURES}


def rows_with_places(archive: duckdb.DuckDBPyConnection, table: str) -> dict[int, tuple[Any, ...]]:
    """A row that is written anew gets another place."""
    return {place: tuple(row) for place, *row in archive.execute(f"select rowid, * from {table}").fetchall()}


def test_a_second_analysis_of_the_same_writes_no_measured_row(archive: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    before = {table: rows_with_places(archive, table) for table in MEASURES}
    assert len(before["stance_days"]) > NIGHTS
    assert before["outlet_months"] and before["voice_months"] and before["coverage_days"]
    night(archive, NIGHTS - 1, [], until="b")
    assert {table: rows_with_places(archive, table) for table in MEASURES} == before
    archive.execute("checkpoint archive")
    size = (tmp_path / "archive.duckdb").stat().st_size
    for again in "cdefghij":
        night(archive, NIGHTS - 1, [], until=again)
        archive.execute("checkpoint archive")
    assert (tmp_path / "archive.duckdb").stat().st_size == size


def test_a_night_writes_only_the_days_it_changed(archive: duckdb.DuckDBPyConnection) -> None:
    before = rows_with_places(archive, "stance_days")
    late = FIXED_NOW + timedelta(days=NIGHTS - 3)
    night(archive, NIGHTS, [told(999, late, OUTLETS[0])])
    after = rows_with_places(archive, "stance_days")
    kept = before.keys() & after.keys()
    day = 1  # after theme_id
    assert {row[day] for row in before.values() if row[day] < late.date()} == {
        after[place][day] for place in kept if after[place][day] < late.date()
    }
    assert all(before[place] == after[place] for place in kept)
    assert all(row[day] >= late.date() for place, row in after.items() if place not in kept)
    assert any(place not in kept for place in after)


def test_measuring_every_night_comes_to_what_one_measuring_of_all_does(archive: duckdb.DuckDBPyConnection) -> None:
    nightly = measured(archive)
    night(archive, NIGHTS - 1, [], everything=True, until="b")
    assert measured(archive) == nightly
