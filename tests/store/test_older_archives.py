"""An archive of the first schema opens, has everything a new one has, and publishes the same numbers; one of a newer format is left alone."""

import shutil
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from evals.checksum import checksum
from tests import builders, night
from tests.builders import FIXED_NOW
from tests.store.test_exchange import AGAIN, CHOSEN
from tests.test_pipeline import read, store
from tracker import pipeline
from tracker.errors import StoreError
from tracker.store import exchange
from tracker.store.database import FORMAT, STORAGE_VERSION, open_archive, quoted

FIRST = Path(__file__).parents[1] / "data" / "archive-2026-11-22.sql"


@pytest.fixture(scope="module")
def today(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that this code made: one analysed and published article."""
    data = tmp_path_factory.mktemp("today")
    store(data, [builders.article()])
    night.run(data, CHOSEN, FIXED_NOW, is_crawling=False)
    return data


@pytest.fixture
def old(today: Path, tmp_path: Path) -> Path:
    """The same archive as the first schema held it: without the tables and columns that came later."""
    with duckdb.connect() as archive:
        archive.execute(f"attach {quoted(tmp_path / 'archive.duckdb')} as archive (storage_version '{STORAGE_VERSION}')")
        archive.execute("use archive")
        archive.execute(FIRST.read_text(encoding="utf-8"))
        archive.execute(f"attach {quoted(today / 'archive.duckdb')} as today (read_only)")
        for (table,) in archive.execute("select table_name from duckdb_tables() where database_name = 'archive'").fetchall():
            names = ", ".join(f'"{column}"' for column, *_ in archive.execute(f"describe archive.{table}").fetchall())
            archive.execute(f"insert into archive.{table} select {names} from today.{table}")
    return tmp_path


def shape(archive: duckdb.DuckDBPyConnection) -> list[tuple[object, ...]]:
    return archive.execute(
        """select table_name, column_name, column_index, data_type, is_nullable from duckdb_columns()
           where database_name = 'archive' order by all"""
    ).fetchall()


def test_an_archive_of_the_first_schema_becomes_what_a_new_one_is(old: Path) -> None:
    new, migrated = open_archive(None), open_archive(old / "archive.duckdb")
    assert shape(migrated) == shape(new)
    assert migrated.execute("select * from archive_format").fetchall() == [(FORMAT,)]
    new.close()
    migrated.close()


def test_an_old_archive_publishes_the_same_numbers_and_after_a_run_what_came_later_too(old: Path, today: Path) -> None:
    archive = open_archive(old / "archive.duckdb")
    pipeline.publish_to(archive, old, AGAIN)
    archive.close()
    for view in ("articles", "stories", "mentions", "article_themes", "volume_daily", "stance_daily", "coverage_daily"):
        assert read(old, f"from {view} order by all") == read(today, f"from {view} order by all")
    night.run(old, CHOSEN, FIXED_NOW, is_crawling=False)
    assert checksum(old) == checksum(today)


def test_an_archive_of_a_newer_format_is_not_touched(today: Path, tmp_path: Path) -> None:
    shutil.copytree(today, tmp_path, dirs_exist_ok=True)
    archive = open_archive(tmp_path / "archive.duckdb")
    archive.execute("insert into archive_format values (?)", [FORMAT + 1])
    exchange.export(archive, tmp_path / "export")
    archive.close()
    before = (tmp_path / "archive.duckdb").read_bytes()
    with pytest.raises(StoreError, match=rf"newer tracker .format {FORMAT + 1}.*update"):
        open_archive(tmp_path / "archive.duckdb")
    assert (tmp_path / "archive.duckdb").read_bytes() == before

    archive = open_archive(None)
    with pytest.raises(StoreError, match="newer tracker"):
        exchange.restore(archive, tmp_path / "export")
    assert archive.execute("select count(*) from articles").fetchall() == [(0,)]
    archive.close()


def test_an_archive_that_lost_its_past_does_not_take_the_place_of_what_is_published(tmp_path: Path) -> None:
    store(tmp_path, [builders.article(article_id=f"{n:016}", url=f"https://example.com/{n}", title=f"Report {n}") for n in range(5)])
    night.run(tmp_path, CHOSEN, FIXED_NOW, is_crawling=False)
    published = checksum(tmp_path)
    (tmp_path / "archive.duckdb").unlink()  # as when a nightly job's cache is gone
    store(tmp_path, [builders.article()])

    with pytest.raises(StoreError, match=r"holds 1 articles and the published file 5.*lost its past.*stays"):
        night.run(tmp_path, CHOSEN, FIXED_NOW + timedelta(days=1), is_crawling=False)

    assert checksum(tmp_path) == published
    assert [path.name for path in (tmp_path / "published").iterdir()] == [(tmp_path / "tracker.duckdb").resolve().name]
    (tmp_path / "tracker.duckdb").unlink()  # a person says that it may go
    night.run(tmp_path, CHOSEN, FIXED_NOW + timedelta(days=1), is_crawling=False)
    assert read(tmp_path, "select count(*) from articles") == [(1,)]
