"""A rise that only a new outlet brings may be an artefact; one of all outlets is none; a point that is found no more is withdrawn."""

from datetime import date, datetime, timedelta

import duckdb
import pytest

from tracker.records import Run
from tracker.settings import Settings
from tracker.steps import measuring
from tracker.store.database import open_archive

FIRST = date(2025, 9, 1)  # a Monday
WEEKS = 60
LAST = datetime(2026, 10, 25, 12, 0)
JOINED = FIRST + timedelta(weeks=32)  # when the new outlet begins, and when one theme doubles everywhere


@pytest.fixture
def archive() -> duckdb.DuckDBPyConnection:
    """Five outlets with six stories a day; from JOINED on a sixth one, which writes little else than one of the two themes."""
    connection = open_archive(None)
    connection.execute(
        """
        create temp table told as
        select outlet || '-' || day || '-' || n as id, outlet, day, n, hash(outlet, day, n) % 100 as lot
        from (select unnest(['a', 'b', 'c', 'd', 'e', 'new']) as outlet),
             (select unnest(generate_series($first::date, $first::date + $days, interval 1 day))::date as day), (select unnest(range(6)) as n)
        where outlet <> 'new' or day >= $joined
        """,
        {"first": FIRST, "days": 7 * WEEKS - 1, "joined": JOINED},
    )
    connection.execute(
        """insert into articles by name
           select '1' as run_id, id as article_id, outlet, id as url, id as raw_url, id as title, 'en' as language, 1 as words, 'Text.' as "text",
                  day + interval 9 hour as published_at, 'feed' as published_from, '' as date_note, day + interval 10 hour as first_seen_at,
                  'feed' as text_source
           from told"""
    )
    connection.execute("insert into story_members select '1', id, id, ''::blob from told")
    for theme in ("everywhere", "in one outlet"):
        connection.execute(
            """insert into themes by name select '1' as run_id, $1 as theme_id, $1 as slug, $1 as name, 'curated' as kind, 'It is so.' as claim,
                      'yaml' as claim_from, []::varchar[] as terms, 'active' as status""",
            [theme],
        )
    connection.execute(
        """insert into article_themes by name
           select '1' as run_id, id as article_id, theme_id, 1.0 as strength, 1 as passages, 'neutral' as stance, 0.0 as net_stance, 0.9 as confidence
           from told, (select unnest(['everywhere', 'in one outlet']) as theme_id)
           where case theme_id when 'everywhere' then lot < case when day < $joined then 8 else 20 end and outlet <> 'new'
                 else lot between 50 and 54 or (outlet = 'new' and lot < 80) end""",
        {"joined": JOINED},
    )
    return connection


def measure(archive: duckdb.DuckDBPyConnection, day: int = 0) -> None:
    now = LAST + timedelta(days=day)
    measuring.measure(archive, Settings(outlets=(), themes=()), Run(f"{now:%Y%m%dT%H%M%S}", now, "test", "test"))


def points(archive: duckdb.DuckDBPyConnection) -> dict[str, tuple[date, bool]]:
    found = archive.execute("select theme_id, day, may_be_artefact from turning_days where measure = 'share'").fetchall()
    return {theme: (day, is_artefact) for theme, day, is_artefact in found}


def test_a_rise_that_a_new_outlet_brings_may_be_an_artefact_and_one_of_all_outlets_is_none(archive: duckdb.DuckDBPyConnection) -> None:
    measure(archive)
    found = points(archive)
    assert {theme: is_artefact for theme, (_, is_artefact) in found.items()} == {"everywhere": False, "in one outlet": True}
    assert all(abs((day - JOINED).days) <= 7 for day, _ in found.values())
    levels = archive.execute(
        "select before, after, panel_before, panel_after from turning_days where theme_id = 'in one outlet' and measure = 'share'"
    ).fetchall()[0]
    assert levels[1] > 2 * levels[0]
    assert levels[3] == pytest.approx(levels[2], abs=0.015)


def test_a_point_that_is_found_no_more_is_withdrawn_and_forgotten_when_it_is_found_again(archive: duckdb.DuckDBPyConnection) -> None:
    measure(archive)
    day, _ = points(archive)["everywhere"]
    archive.execute("create temp table kept as from article_themes where theme_id = 'everywhere'")
    archive.execute("delete from article_themes where theme_id = 'everywhere'")
    for night in (1, 2):
        measure(archive, night)
        assert "everywhere" not in points(archive)
        gone = archive.execute("select theme_id, measure, day, withdrawn_on from withdrawn_points").fetchall()
        assert gone == [("everywhere", "share", day, (LAST + timedelta(days=1)).date())]
    archive.execute("insert into article_themes from kept")
    measure(archive, 3)
    assert points(archive)["everywhere"] == (day, False)
    assert archive.execute("from withdrawn_points").fetchall() == []


def test_where_all_outlets_are_the_same_nothing_is_an_artefact(archive: duckdb.DuckDBPyConnection) -> None:
    # As backfilled: a day is known by its articles alone, and these outlets rest at weekends
    archive.execute("delete from articles where outlet = 'new' or dayofweek(published_at) in (0, 6)")
    archive.execute("delete from story_members where article_id not in (select article_id from articles)")
    measure(archive)
    assert points(archive)["everywhere"][1] is False


def test_a_slow_rise_of_the_same_outlets_is_no_artefact(archive: duckdb.DuckDBPyConnection) -> None:
    archive.execute("delete from articles where outlet = 'new'")
    archive.execute("delete from story_members where article_id not in (select article_id from articles)")
    archive.execute("delete from article_themes where theme_id = 'everywhere'")
    archive.execute(
        """insert into article_themes by name
           select '1' as run_id, id as article_id, 'everywhere' as theme_id, 1.0 as strength, 1 as passages, 'neutral' as stance, 0.0 as net_stance,
                  0.9 as confidence
           from told where outlet <> 'new' and lot < 4 + 12 * (day - $first::date) / $days::double""",
        {"first": FIRST, "days": 7 * WEEKS},
    )
    measure(archive)
    assert points(archive)["everywhere"][1] is False
