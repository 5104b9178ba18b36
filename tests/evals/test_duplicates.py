"""The planted copies of the demo world are grouped; a threshold out of reach finds none and says which."""

from evals import duplicates
from tracker.settings import ExtractSettings


def test_all_planted_copies_are_found_and_nothing_else() -> None:
    rows = {measure: value for measure, value, _ in duplicates.evaluate().rows()}
    assert rows["pairs, precision"] == 1.0
    assert rows["wire copies, recall"] == 1.0
    assert (rows["rewrites, recall"] or 0) >= 0.75


def test_pairs_missed_are_counted_and_named() -> None:
    report = duplicates.evaluate(ExtractSettings(near_duplicate=1.0))
    assert report.rewrites.missed == 4
    assert ("  wrong", None, "harrow-wire-004, quantile-post-c04") in report.rows()
