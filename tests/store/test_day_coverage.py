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


@pytest.mark.parametrize(("last", "state"), [("complete", "complete"), ("partial", "partial")])
def test_a_zero_is_said_only_of_a_day_that_every_outlet_was_seen_on(last: str, state: str) -> None:
    archive = open_archive(None)
    day = date(2026, 10, 2)
    rows = [(f"outlet-{i}", day, "complete") for i in range(9)] + [("the last", day, last)]
    archive.executemany("insert into coverage_days values (?, ?, 1, 0, 0, null, ?)", rows)
    archive.execute(
        """insert into themes by name select 'x' as run_id, 'a-theme' as theme_id, 'a' as slug, 'A' as name, 'curated' as kind, 'It is so.' as claim,
                  'yaml' as claim_from, []::varchar[] as terms, 'active' as status"""
    )
    assert archive.execute("select stories, coverage from volume_days").fetchall() == [(0, state)]


@pytest.mark.parametrize(("first_seen", "state"), [("2026-10-09", "partial"), ("2026-10-10", "complete")])
def test_before_the_first_run_what_a_feed_no_longer_showed_is_unknown_and_an_outlet_that_joined_later_was_not_due(
    first_seen: str, state: str
) -> None:
    archive = open_archive(None)
    archive.execute(
        """insert into runs by name
           select '1' as run_id, 'run' as command, timestamp '2026-10-09 03:00' as started_at, 'x' as code_version, 'x' as settings_digest"""
    )
    for name, seen in (("shows-it", "2026-10-09"), ("the other", first_seen)):
        archive.execute("insert into outlets values (?, ?, 'news', 1, null, ?::timestamp)", [name, name, seen])
    archive.execute("insert into coverage_days values ('shows-it', date '2026-10-02', 1, 0, 0, null, 'complete')")
    assert archive.execute("select coverage, is_whole from day_coverage").fetchall() == [(state, state == "complete")]
