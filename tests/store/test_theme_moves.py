"""What the archive's stories become for readers of theme_moves: every active theme once, the same on a second look."""

from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from tests import builders
from tests.builders import FIXED_NOW
from tests.test_pipeline import QUAY, settings
from tracker.records import Run, Theme
from tracker.settings import FetchSettings
from tracker.steps import measuring
from tracker.store import derived, observed
from tracker.store.database import open_archive
from tracker.store.public import Published
from tracker.store.publish import publish
from tracker.store.sandbox import query

CHOSEN = settings(None, FetchSettings(), QUAY)
RUN = Run("20261101T060000", FIXED_NOW, "test", "test")
LAST = date(2026, 10, 31)
WEEKLY = {  # stories a week, newest first
    "other": [30] * 13,
    "calm": [4] * 13,
    "burst": [24, 3, 4, 3, 3, 4, 3, 3, 3, 4, 3, 3, 3],
    "first": [3],
    "hidden": [9, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1],
    "never": [],
}


@pytest.fixture(scope="module")
def archive() -> duckdb.DuckDBPyConnection:
    """Thirteen weeks of stories; `other` is on no theme, and each copy of a story counts with it."""
    connection = open_archive(None)
    connection.execute("insert into outlets values ('a.example', 'A', 'news', 2, null, ?)", [FIXED_NOW])
    found, members = [], []
    for theme, weeks in WEEKLY.items():
        for ago, stories in enumerate(weeks):
            for number in range(stories):
                at = datetime(LAST.year, LAST.month, LAST.day, 12) - timedelta(days=7 * ago + number % 7)
                name = f"{theme}-{ago}-{number}"
                for copy in (name, f"{name}-copy") if number == 0 else (name,):
                    article = builders.article(
                        article_id=copy, outlet="a.example", url=f"https://a.example/{copy}", published_at=at
                    )
                    found.append(observed.Finished(None, article))
                    members.append((copy, name, b""))
    observed.record_pages(connection, RUN, found)
    derived.add_story_members(connection, RUN, members)
    for theme in WEEKLY.keys() - {"other"}:
        derived.add_theme(connection, RUN, Theme(theme, theme, theme.title(), "curated", QUAY.claim, "yaml", ()), None)
        on_theme = [(article, 0.9, 1, "neutral", 0.0, 0.9, 0) for article, *_ in members if article.startswith(theme)]
        derived.replace_mentions(connection, RUN, [derived.ThemeMentions(theme, None, [], [], on_theme)])
    connection.execute("update themes set status = 'hidden' where theme_id = 'hidden'")
    return connection


def test_every_active_theme_has_its_move(archive: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    measuring.measure(archive, CHOSEN, RUN)
    path = publish(archive, tmp_path, RUN.run_id).path
    found = query(
        path, "select theme_id, move, stories, of_stories, weeks_before, stories_before, round(expected, 1) from theme_moves"
    )
    assert sorted(found.rows) == [
        ("burst", "growing", 24, 70, 12, 39, 5.9),
        ("calm", "steady", 4, 70, 12, 48, 7.3),
        ("first", "new", 3, 70, 12, 0, None),
        ("never", "too little data", 0, 70, 12, 0, None),
    ]
    days = query(path, "select distinct first_day, last_day from theme_moves")
    assert days.rows == [(date(2026, 10, 25), LAST)]


def test_the_dashboard_reads_the_surest_first(archive: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    measuring.measure(archive, CHOSEN, RUN)
    published = Published(publish(archive, tmp_path, RUN.run_id).path)
    assert published.moves()["name"].tolist() == ["Burst", "Calm", "First", "Never"]
    published.close()


def test_a_later_look_at_the_same_archive_says_the_same(archive: duckdb.DuckDBPyConnection) -> None:
    measuring.measure(archive, CHOSEN, RUN)
    once = archive.execute("from theme_moves").fetchall()
    measuring.measure(archive, CHOSEN, Run("20261103T060000", FIXED_NOW + timedelta(days=2), "test", "test"))
    assert archive.execute("from theme_moves").fetchall() == once


def test_a_theme_hidden_since_is_not_published(archive: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    measuring.measure(archive, CHOSEN, RUN)
    archive.execute("update themes set status = 'hidden' where theme_id = 'first'")
    path = publish(archive, tmp_path, RUN.run_id).path
    assert query(path, "select count(*) from theme_moves where theme_id = 'first'").rows == [(0,)]
    archive.execute("update themes set status = 'active' where theme_id = 'first'")
