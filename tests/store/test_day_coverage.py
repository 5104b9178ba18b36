"""The state of a day over all outlets, as the views count it."""

from datetime import date

import pytest

from tracker.store.database import open_archive


@pytest.mark.parametrize(
    ("states", "state"),
    [
        (["complete"] * 8 + ["missing"] * 2, "complete"),
        (["complete"] * 7 + ["partial"] * 3, "partial"),
        (["missing"] * 9 + ["partial"], "partial"),
        (["missing"] * 10, "missing"),
        ([], "missing"),
    ],
)
def test_a_day_is_complete_when_four_of_five_outlets_are(states: list[str], state: str) -> None:
    archive = open_archive(None)
    around = [("always", date(2026, 10, 1), "complete"), ("always", date(2026, 10, 3), "complete")]
    rows = around + [(f"outlet-{i}", date(2026, 10, 2), kind) for i, kind in enumerate(states)]
    archive.executemany("insert into coverage_days values (?, ?, 1, 0, 0, null, ?)", rows)
    assert archive.execute("select coverage from day_coverage where day = date '2026-10-02'").fetchall() == [(state,)]
