"""Two published files are told apart by their numbers, not by when somebody looked."""

from pathlib import Path

import duckdb

from evals.checksum import checksum
from tests.dashboard import invented
from tracker.store.public import published_file


def test_the_checksum_is_the_same_for_the_same_numbers_and_other_for_others(tmp_path: Path) -> None:
    for name, seed in (("one", 1), ("two", 1), ("other", 2)):
        invented.build(tmp_path / name, "small", seed)
    assert checksum(tmp_path / "one") == checksum(tmp_path / "two") != checksum(tmp_path / "other")


def test_another_look_changes_no_checksum_and_another_number_does(tmp_path: Path) -> None:
    invented.build(tmp_path, "small")
    before = checksum(tmp_path)
    with duckdb.connect(str(published_file(tmp_path))) as file:
        file.execute("update base.coverage_daily set polls = polls + 1")
        file.execute("update base.feed_health set last_ok_at = last_ok_at + interval 1 hour")
    assert checksum(tmp_path) == before
    with duckdb.connect(str(published_file(tmp_path))) as file:
        file.execute("update base.coverage_daily set new_articles = new_articles + 1")
    assert checksum(tmp_path) != before
