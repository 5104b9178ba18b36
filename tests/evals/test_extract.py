"""Overlap in shingles is counted as the benchmark counts it, and a file that is not the benchmark is named."""

from datetime import date
from pathlib import Path

import pytest
import yaml

from evals import extract
from tracker.errors import SettingsError


def test_overlap_counts_shingles_of_four_words() -> None:
    half = extract.overlap(["a b c d e f g"], ["a b c d e and then more"])
    assert half == extract.Overlap(precision=2 / 5, recall=2 / 4)
    assert extract.overlap(["a b c d", "a b c d"], ["a b c d", ""]) == extract.Overlap(0.5, 0.5)


def test_a_file_that_is_not_the_benchmark_is_named(tmp_path: Path) -> None:
    path = tmp_path / "pages.tar.zst"
    path.write_bytes(b"nothing of the sort")
    with pytest.raises(SettingsError, match=r"pages\.tar\.zst"):
        extract.evaluate(path)


def gold(title: str, *days: date) -> extract.GoldPage:
    return extract.GoldPage("https://example.com/a", b"", "", extract.title_hash(title), days)


def test_titles_and_days_are_counted_as_right_wrong_or_missing() -> None:
    evening = (date(2019, 11, 18), date(2019, 11, 19))  # at the outlet, and in UTC
    pages = [gold("Crânes “at night”", *evening), gold("Crânes", *evening), gold("Crânes", *evening), gold("Undated")]
    found = [
        extract.Found("", "Crânes: at night", date(2019, 11, 19)),
        extract.Found("", "Crânes | Example", date(2019, 11, 20)),
        extract.Found("", "", None),
        extract.Found("", "Undated", date(2019, 11, 19)),
    ]
    assert extract.labels(pages, found) == extract.Labels(titles_right=0.5, dates_right=0.25, dates_wrong=0.5, dates_missing=0.25)


def test_the_labels_hold_no_sentence_of_anybody() -> None:
    marks = yaml.safe_load(extract.LABELS.read_text(encoding="utf-8"))
    assert len(marks) == 181
    assert all(set(mark) == {"title", "days"} and len(mark["title"]) == 16 for mark in marks.values())
    assert all(isinstance(day, date) and len(mark["days"]) <= 2 for mark in marks.values() for day in mark["days"])
