"""Overlap in shingles is counted as the benchmark counts it, and a file that is not the benchmark is named."""

from pathlib import Path

import pytest

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
