"""An exported archive can be restored, and publishes the same numbers."""

from pathlib import Path

import pytest

from tests import builders, night
from tests.builders import FIXED_NOW
from tests.test_pipeline import QUAY, checksum, read, settings, store
from tracker import pipeline
from tracker.errors import StoreError
from tracker.records import Run
from tracker.settings import FetchSettings, ThemeSettings
from tracker.store import exchange
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
