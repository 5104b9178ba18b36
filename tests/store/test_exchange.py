"""An exported archive can be restored, and publishes the same numbers."""

import shutil
from pathlib import Path

import duckdb
import pytest

from evals.checksum import checksum
from tests import builders, night
from tests.builders import FIXED_NOW
from tests.test_pipeline import QUAY, read, settings, store
from tracker import pipeline
from tracker.errors import StoreError
from tracker.records import Run
from tracker.settings import FetchSettings, ThemeSettings
from tracker.store import exchange, observed
from tracker.store.database import open_archive

# The stand-in encoder's cosines are lower than the real one's, for which subject_similarity was chosen
CHOSEN = settings(None, FetchSettings(), QUAY, discovery=ThemeSettings(subject_similarity=0.1))
AGAIN = Run("20261101T060000", FIXED_NOW, "test", "test")


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with one analysed and published article, and its export in `export`."""
    data = tmp_path_factory.mktemp("filled")
    store(data, [builders.article()])
    night.run(data, CHOSEN, FIXED_NOW, is_crawling=False)
    archive = open_archive(data / "archive.duckdb")
    exchange.export(archive, data / "export")
    archive.close()
    return data


def test_a_restored_archive_publishes_the_same_numbers(filled: Path, tmp_path: Path) -> None:
    archive = open_archive(tmp_path / "archive.duckdb")
    rows = dict(exchange.restore(archive, filled / "export"))
    pipeline.publish_to(archive, tmp_path, AGAIN)
    archive.close()

    assert rows["articles"] == 1 and rows["mentions"] > 0
    assert read(tmp_path, "select count(*) from mentions") == [(rows["mentions"],)]
    assert checksum(tmp_path) == checksum(filled)
    assert read(tmp_path, "select * from runs") == read(filled, "select * from runs")


def test_what_was_observed_is_cut_into_months(filled: Path) -> None:
    assert [path.name for path in (filled / "export" / "articles").iterdir()] == ["month=2026-11"]
    assert (filled / "export" / "themes.parquet").is_file()


def test_a_restored_archive_goes_on(filled: Path, tmp_path: Path) -> None:
    archive = open_archive(tmp_path / "archive.duckdb")
    exchange.restore(archive, filled / "export")
    archive.close()
    night.run(tmp_path, CHOSEN, FIXED_NOW, is_crawling=False)
    assert checksum(tmp_path) == checksum(filled)


def test_nothing_is_restored_into_an_archive_that_holds_something(filled: Path, tmp_path: Path) -> None:
    night.run(tmp_path, CHOSEN, FIXED_NOW, is_crawling=False)
    before = checksum(tmp_path)
    archive = open_archive(tmp_path / "archive.duckdb")
    with pytest.raises(StoreError, match="not empty"):
        exchange.restore(archive, filled / "export")
    pipeline.publish_to(archive, tmp_path, AGAIN)
    archive.close()
    assert checksum(tmp_path) == before


def test_nothing_is_exported_into_a_folder_that_holds_something_and_nothing_restored_from_one_without_an_export(
    filled: Path, tmp_path: Path
) -> None:
    (tmp_path / "mine.txt").write_text("keep", encoding="utf-8")
    archive = open_archive(None)
    with pytest.raises(StoreError, match="not empty"):
        exchange.export(archive, tmp_path)
    with pytest.raises(StoreError, match="no export here"):
        exchange.restore(archive, tmp_path)
    archive.close()
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_what_the_crawler_keeps_beside_articles_is_exported_and_restored(tmp_path: Path) -> None:
    archive = open_archive(tmp_path / "archive.duckdb")
    observed.start_run(archive, AGAIN, "crawl")
    added = {
        "entry_revisions": {"run_id": "1", "url": "https://example.com/a", "feed": "https://example.com/feed", "content_sha256": "ab",
                            "raw_url": "https://example.com/a", "title": "New", "summary": "s", "content": "", "seen_at": FIXED_NOW},
        "robots_files": {"origin": "https://example.com:443", "fetched_at": FIXED_NOW, "rules": "User-agent: *", "unreachable_since": FIXED_NOW},
        "backfilled": {"run_id": "1", "outlet": "example.com", "source": "https://example.com/sitemap.xml", "since": FIXED_NOW.date(),
                       "entries": 7, "done_at": FIXED_NOW},
        "feed_fetches": {"run_id": "1", "outlet": "example.com", "feed": "https://example.com/feed", "fetched_at": FIXED_NOW, "outcome": "ok",
                         "reason": "", "bytes": 1, "seconds": 0.5, "entries": 1, "entries_dropped": 0,
                         "moved_to": "https://example.com/new", "is_tls_verified": False},
    }  # fmt: skip
    for table, row in added.items():
        names, marks = ", ".join(row), ", ".join("?" for _ in row)
        archive.execute(f"insert into {table} ({names}) values ({marks})", list(row.values()))
    before = {table: archive.execute(f"select * from {table}").fetchall() for table in added}
    exchange.export(archive, tmp_path / "export")
    archive.close()

    restored = open_archive(None)
    rows = dict(exchange.restore(restored, tmp_path / "export"))
    assert [rows[table] for table in added] == [1, 1, 1, 1]
    assert {table: restored.execute(f"select * from {table}").fetchall() for table in added} == before
    restored.close()


def test_an_export_of_an_older_version_without_tables_and_columns_is_restored(filled: Path, tmp_path: Path) -> None:
    old = tmp_path / "old"
    shutil.copytree(filled / "export", old)
    for table in ("entry_revisions", "robots_files", "backfilled"):
        shutil.rmtree(old / table, ignore_errors=True)
        (old / f"{table}.parquet").unlink(missing_ok=True)
    for path in (old / "articles").rglob("*.parquet"):
        path.rename(path.with_suffix(".now"))
        duckdb.sql(f"copy (select * exclude (canonical_url) from read_parquet('{path.with_suffix('.now')}')) to '{path}' (format parquet)")
        path.with_suffix(".now").unlink()
    archive = open_archive(tmp_path / "archive.duckdb")
    assert dict(exchange.restore(archive, old))["articles"] == 1
    pipeline.publish_to(archive, tmp_path, AGAIN)
    archive.close()
    assert checksum(tmp_path) == checksum(filled)


@pytest.mark.parametrize(("content", "named"), [(b"PAR1 and then nothing", "damaged"), (None, "newer")])
def test_an_export_that_is_damaged_or_newer_restores_nothing_and_says_so(
    filled: Path, tmp_path: Path, content: bytes | None, named: str
) -> None:
    other = tmp_path / "other"
    shutil.copytree(filled / "export", other)
    if content is None:
        duckdb.sql(f"copy (select 1 as unheard_of) to '{other / 'themes.parquet'}' (format parquet)")
    else:
        (other / "themes.parquet").write_bytes(content)
    archive = open_archive(None)
    with pytest.raises(StoreError, match=f"'themes'.*{named}.*Nothing was restored"):
        exchange.restore(archive, other)
    assert archive.execute("select count(*) from articles").fetchall() == [(0,)]
    archive.close()
