"""What measures are made of, and where they go: the archive's counts come out, measured rows go in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from tracker.store.database import insert

Connection = duckdb.DuckDBPyConnection


@dataclass(frozen=True, slots=True)
class ThemeStories:
    """A theme's stories by day and first outlet, row by row in the order of days.

    `days` count from 1970; `outlets` are numbers in the order of names; `sides` has four rows: supports, opposes, neutral, unsure.
    """

    days: NDArray[np.int64]
    outlets: NDArray[np.int64]
    sides: NDArray[np.int64]


def polls(connection: Connection) -> list[tuple[str, str, datetime, bool, datetime | None, float | None]]:
    """(outlet, feed, polled at, whether it answered well, oldest entry shown, share of the last listing still shown), in order."""
    return _rows(
        connection,
        """select outlet, feed, fetched_at, outcome in ('ok', 'unchanged'), oldest_entry_at, still_shown
           from feed_fetches order by outlet, run_id, fetched_at""",
    )


def outlet_feeds(connection: Connection) -> list[tuple[str, str, bool]]:
    """(outlet, feed, is enabled)."""
    return _rows(connection, "select outlet, feed, is_enabled from feeds order by outlet, feed")


def articles_by_day(connection: Connection) -> list[tuple[str, date, int]]:
    """(outlet, day, dated articles)."""
    return _rows(
        connection,
        """select outlet, published_at::date as day, count(*)::integer
           from articles where published_at is not null group by all order by outlet, day""",
    )


def entry_times(connection: Connection, until: datetime) -> dict[str, list[datetime]]:
    """Feed -> when the last entry of each of its days was published, or first seen where that is unknown, oldest first."""
    return dict(
        _rows(
            connection,
            """select feed, list(last_at order by last_at)
               from (select feed, max(coalesce(published_at, first_seen_at)) as last_at from entries
                     where coalesce(published_at, first_seen_at) <= ? group by feed, coalesce(published_at, first_seen_at)::date)
               group by feed""",
            (until,),
        )
    )


def recent_articles(connection: Connection, since: datetime) -> dict[str, int]:
    """Feed -> articles published since then."""
    return dict(
        _rows(
            connection,
            """select e.feed, count(*)::integer from articles a join entries e using (url) where a.published_at >= ? group by e.feed""",
            (since,),
        )
    )


def last_polls(connection: Connection) -> dict[str, tuple[datetime | None, datetime | None, str, str]]:
    """Feed -> (first good poll, last good poll, last outcome, last reason)."""
    found = _rows(
        connection,
        """select feed, min(fetched_at) filter (outcome in ('ok', 'unchanged')), max(fetched_at) filter (outcome in ('ok', 'unchanged')),
                  arg_max(outcome, run_id), arg_max(reason, run_id) from feed_fetches group by feed""",
    )
    return {feed: (first_ok_at, ok_at, outcome, reason) for feed, first_ok_at, ok_at, outcome, reason in found}


def stories_by_day(connection: Connection) -> dict[date, int]:
    """Day -> stories first published then, over all subjects."""
    return dict(_rows(connection, "select first_published_at::date as day, count(*)::integer from dated_stories group by day order by day"))


def theme_stories(connection: Connection) -> dict[str, ThemeStories]:
    """theme_id -> its stories."""
    table = connection.sql(
        """select theme_id, outlet, day - date '1970-01-01' as day, count(*) filter (stance = 'supports') as supports,
                  count(*) filter (stance = 'opposes') as opposes, count(*) filter (stance = 'neutral') as neutral,
                  count(*) filter (stance is null) as unsure
           from story_themes group by all order by theme_id, day, outlet"""
    ).to_arrow_table()
    themes, starts = np.unique(table.column(0).to_numpy(), return_index=True)
    outlets = np.unique(table.column(1).to_numpy(), return_inverse=True)[1]
    days, *sides = (table.column(i).to_numpy().astype(np.int64) for i in range(2, 7))
    ends = [*starts, len(days)][1:]
    return {
        str(theme): ThemeStories(days[start:end], outlets[start:end], np.stack([side[start:end] for side in sides]))
        for theme, start, end in zip(themes, starts, ends, strict=True)
    }


def active_themes(connection: Connection) -> list[str]:
    """theme_ids of the themes that are neither hidden nor merged away."""
    return [theme for (theme,) in _rows(connection, "select theme_id from themes where status = 'active' order by theme_id")]


def outlet_months(connection: Connection) -> list[tuple[str, str, date, int, int, int, int]]:
    """(theme_id, outlet, first of month, supports, opposes, neutral, unsure): stories each outlet carried, by its own article's stance."""
    return _rows(
        connection,
        """
        with carried as (
            select t.theme_id, a.outlet, date_trunc('month', min(a.published_at))::date as month, m.story_id,
                   arg_max(t.stance, (t.confidence, t.article_id)) as stance
            from article_themes t join articles a using (article_id) join story_members m using (article_id)
            where a.published_at is not null group by t.theme_id, a.outlet, m.story_id
        )
        select theme_id, outlet, month, count(*) filter (stance = 'supports')::integer, count(*) filter (stance = 'opposes')::integer,
               count(*) filter (stance = 'neutral')::integer, count(*) filter (stance is null)::integer
        from carried group by all order by theme_id, outlet, month
        """,
    )


def mentions_by_month(connection: Connection) -> list[tuple[str, date, str, str, int, int, int, int]]:
    """(theme_id, first of month, voice, outlet, supports, opposes, neutral, unsure), in passages."""
    return _rows(
        connection,
        """select theme_id, date_trunc('month', day)::date as month, voice, outlet,
                  count(*) filter (stance = 'supports')::integer, count(*) filter (stance = 'opposes')::integer,
                  count(*) filter (stance = 'neutral')::integer, count(*) filter (stance is null)::integer
           from story_mentions group by all order by theme_id, month, voice, outlet""",
    )


def articles_between(connection: Connection, theme_id: str, first: date, last: date, at_most: int) -> list[str]:
    """article_ids of a theme within some days, most confident first."""
    found = _rows(
        connection,
        """select t.article_id from article_themes t join articles a using (article_id)
           where t.theme_id = ? and a.published_at::date between ? and ? order by t.confidence desc nulls last, t.article_id limit ?""",
        (theme_id, first, last, at_most),
    )
    return [article for (article,) in found]


def around(connection: Connection, theme_id: str, day: date, weeks: int, least: float) -> list[tuple[bool, bool, int, int, int, int]]:
    """(of steady outlets, is from `day` on, stories, those of the theme, those with a side or neutral, supports less opposes).

    Of the `weeks` before and from a Monday on. Steady is an outlet that on both sides was collected in at least the part `least` of the weeks
    in which any was. Weeks, not days: of a day that no poll shows only its articles are known, and many outlets rest on Sundays.
    """
    return _rows(
        connection,
        """
        with weeks as (
            select distinct outlet, date_trunc('week', day)::date as week, day >= $day as is_after from coverage_days
            where state <> 'missing' and day >= $first and day < $end
        ),
        crawled as (select is_after, count(distinct week) as weeks from weeks group by is_after),
        steady as (
            select outlet from (select outlet, is_after, count(*) as weeks from weeks group by all) w join crawled c using (is_after)
            where w.weeks >= $least * c.weeks group by outlet having count(*) = 2
        ),
        stories as (
            select s.first_outlet in (from steady) as is_steady, s.first_published_at::date >= $day as is_after,
                   t.theme_id is not null as is_on_theme, t.stance
            from dated_stories s left join story_themes t on t.story_id = s.story_id and t.theme_id = $theme
            where s.first_published_at >= $first::date and s.first_published_at < $end::date
        )
        select is_steady, is_after, count(*)::integer, count(*) filter (is_on_theme)::integer, count(stance)::integer,
               (count(*) filter (stance = 'supports') - count(*) filter (stance = 'opposes'))::integer
        from stories group by all order by all
        """,
        {"theme": theme_id, "day": day, "first": day - timedelta(weeks=weeks), "end": day + timedelta(weeks=weeks), "least": least},
    )


def turning_points(connection: Connection) -> list[tuple[str, str, date, float, float]]:
    """(theme_id, measure, day, before, after) as the last analysis found them."""
    return _rows(connection, "select theme_id, measure, day, before, after from turning_days order by all")


def withdrawn_points(connection: Connection) -> list[tuple[str, str, date, float, float, date]]:
    """(theme_id, measure, day, before, after, withdrawn on) of those told once and no longer."""
    return _rows(connection, "from withdrawn_points order by all")


# The measured tables with their columns
MEASURES = {
    "coverage_days": ("outlet", "day", "polls", "failures", "new_articles", "expected", "state"),
    "feed_states": ("outlet", "feed", "last_ok_at", "last_outcome", "last_reason", "failures_in_a_row", "articles_30d", "silent_since",
                    "next_due_at", "address", "duplicate_of"),
    "stance_days": ("theme_id", "day", "supports", "opposes", "neutral", "net", "low", "high", "net_28d", "low_28d", "high_28d", "stories_28d",
                    "outlets_28d", "unsure"),
    "outlet_months": ("theme_id", "outlet", "month", "stories", "supports", "opposes", "neutral", "net", "low", "high", "unsure"),
    "voice_months": ("theme_id", "month", "voice", "mentions", "supports", "opposes", "neutral", "unsure", "net", "low", "high"),
    "judge_scores": ("judge", "set", "theme", "measure", "value", "low", "high", "rows"),
    "judge_confusion": ("judge", "gold", "found", "passages"),
    "label_error_draws": ("draw", "gold", "found", "probability"),
    "turning_days": ("theme_id", "day", "first_day", "last_day", "measure", "before", "after", "p_value", "articles", "panel_before", "panel_after",
                     "may_be_artefact"),
    "withdrawn_points": ("theme_id", "measure", "day", "before", "after", "withdrawn_on"),
    "theme_moves": ("theme_id", "move", "first_day", "last_day", "stories", "expected", "of_stories", "weeks_before", "stories_before", "ratio",
                    "low", "high", "p_value", "q_value"),
}  # fmt: skip


def replace_measures(connection: Connection, table: str, found: Sequence[Sequence[Any]]) -> None:
    """Make one of the measured tables hold these rows. Only what changed is written: a night costs the file no more as history grows."""
    same = " and ".join(f'before."{name}" is not distinct from measured."{name}"' for name in MEASURES[table])
    connection.execute(f"create or replace temp table measured as from {table} limit 0")
    insert(connection, "measured", MEASURES[table], found)
    # Names from MEASURES only
    connection.execute(f"delete from {table} where rowid in (select before.rowid from {table} before anti join measured on {same})")  # noqa: S608
    connection.execute(f"insert into {table} select measured.* from measured anti join {table} before on {same}")  # noqa: S608


def _rows(connection: Connection, query: str, parameters: tuple[Any, ...] | dict[str, Any] = ()) -> list[tuple[Any, ...]]:
    return connection.execute(query, parameters).fetchall()
