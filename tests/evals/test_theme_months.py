"""Periods, lineages and series of the replay of a year, on a handful of stories."""

from datetime import datetime
from pathlib import Path

import pandas as pd

from evals import theme_months
from evals.theme_months import Replay, Story
from tracker.records import Theme


def _theme(theme_id: str) -> Theme:
    return Theme(theme_id, theme_id, theme_id.title(), "discovered", "A claim.", "a1", ("one", "two"))


def _stories(theme_id: str, *months: int) -> list[Story]:
    return [Story(pd.Period(f"2025-{month:02d}", "M"), f"{theme_id} {i}", theme_id, 0.5) for i, month in enumerate(months)]


def test_periods_cover_the_year() -> None:
    months, weeks = theme_months.ends("month"), theme_months.ends("week")
    assert [name for name, _ in months][:2] == ["2025-01", "2025-02"]
    assert (months[0][1], months[-1][1]) == (datetime(2025, 2, 1), datetime(2026, 1, 1))
    assert len(weeks) == 53
    assert weeks[0][1] == datetime(2025, 1, 6)  # a Monday


def test_articles_of_the_year_are_read_once_in_order(tmp_path: Path) -> None:
    path = tmp_path / "news.parquet"
    rows = [("u2", "2025-03-02"), ("u1", "2025-03-01T10:00:00Z"), ("u1", "2025-03-01"), ("u0", "2024-12-31")]
    pd.DataFrame(
        [{"url": u, "published": at, "title": "A title", "text": "A text.", "outlet": "o"} for u, at in rows]
    ).to_parquet(path)
    assert [(a.url, a.published_at) for a in theme_months.read([path])] == [
        ("u1", datetime(2025, 3, 1)),
        ("u2", datetime(2025, 3, 2)),
    ]


def test_lineages_to_read_are_the_largest_and_some_others() -> None:
    stories = _stories("large", *[1, 2, 3] * 4) + _stories("short", *[5] * 9) + _stories("b", 1, 2, 3, 4) + _stories("c", 7, 8, 9)
    found = Replay((), {name: _theme(name) for name in ("large", "short", "b", "c")}, tuple(stories), ())
    assert theme_months.lineages(found, 2) == ["large", "b"]  # 'short' did not last three months


def test_a_series_has_a_number_for_every_month() -> None:
    assert theme_months.series(_stories("a", 1, 1, 12)).split() == ["2", *["0"] * 10, "1"]
