"""What discovery reads and writes: stories with vectors, days and themes come out; memberships, centroids and what became of themes go in."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb
import numpy as np
from numpy.typing import NDArray

from tracker.records import Run
from tracker.store.database import insert
from tracker.store.derived import Vectors, read_vectors, want

Connection = duckdb.DuckDBPyConnection


@dataclass(frozen=True, slots=True)
class Stories:
    """Stories row by row, oldest first: id, and title and text of the first published member, without boilerplate.

    `vectors` are unit rows; `days` count from 1970, of the first publication or else of when we first saw it.
    """

    ids: list[str]
    titles: list[str]
    texts: list[str]
    vectors: Vectors
    days: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Members:
    """Stories that have a theme, row by row, in order of their days."""

    ids: list[str]
    themes: list[str]
    outlets: list[str]
    vectors: Vectors
    days: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Growth:
    """Stories in all, those the last fit saw and when it was, those that came since, and of these the ones in no theme, curated or discovered."""

    stories: int
    fitted_on: int
    fitted_at: datetime | None
    since: int
    unplaced: tuple[str, ...]


def newest_stories(connection: Connection, encoder: str, at_most: int, theme_id: str | None = None) -> Stories:
    """The newest stories, of one discovered theme or of all, with the texts that discovery reads."""
    table = connection.sql(
        """
        with firsts as (
            select m.story_id as article_id, a.title, coalesce(a.published_at, a.first_seen_at) as dated_at
            from (select distinct story_id from story_members) m join articles a on a.article_id = m.story_id
            where $theme is null or m.story_id in (select article_id from theme_members where theme_id = $theme)
            order by dated_at desc, m.story_id limit $at_most
        ),
        bodies as (
            select article_id, string_agg(text, ' ' order by position) as text
            from passages semi join firsts using (article_id) where not is_boilerplate and position < 12 group by article_id
        )
        select f.article_id, f.title, coalesce(b.text, '') as text, v.embedding, f.dated_at::date - date '1970-01-01' as day
        from firsts f join article_vectors v using (article_id) left join bodies b using (article_id)
        where v.encoder = $encoder order by f.dated_at, f.article_id
        """,
        params={"at_most": at_most, "encoder": encoder, "theme": theme_id},
    ).to_arrow_table()
    ids, titles, texts = (table.column(i).to_pylist() for i in range(3))
    return Stories(ids, titles, texts, read_vectors(table.column(3)), _days(table.column(4).to_pylist()))


def story_vectors(connection: Connection, encoder: str, stories: Collection[str]) -> tuple[list[str], Vectors, NDArray[np.float64]]:
    """(ids, vectors, days) of some stories, in order of time."""
    want(connection, stories)
    table = connection.sql(
        """select article_id, embedding, coalesce(a.published_at, a.first_seen_at)::date - date '1970-01-01' as day
           from article_vectors v join articles a using (article_id) semi join wanted_articles using (article_id)
           where encoder = ? order by day, article_id""",
        params=(encoder,),
    ).to_arrow_table()
    return table.column(0).to_pylist(), read_vectors(table.column(1)), _days(table.column(2).to_pylist())


def recent_members(connection: Connection, encoder: str, last_days: int, least: float) -> Members:
    """The stories that have a discovered theme with at least this strength, of the days up to the newest of them."""
    table = connection.sql(
        """
        with core as (select theme_id, story_id, day from placed_stories where strength >= $least)
        select c.story_id, c.theme_id, a.outlet, v.embedding, c.day - date '1970-01-01' as day
        from core c join article_vectors v on v.article_id = c.story_id join articles a on a.article_id = c.story_id
        where v.encoder = $encoder and c.day > (select max(day) from core) - $days order by c.day, c.story_id""",
        params={"encoder": encoder, "days": last_days, "least": least},
    ).to_arrow_table()
    ids, themes, outlets = (table.column(i).to_pylist() for i in range(3))
    return Members(ids, themes, outlets, read_vectors(table.column(3)), _days(table.column(4).to_pylist()))


def stories_behind(connection: Connection, days: int, at_most: int, least: float) -> dict[str, int]:
    """theme_id -> its stories of the last days up to the newest of all, or, if these are fewer than `at_most`, of all days up to so many."""
    rows = connection.execute(
        """
        with core as (select theme_id, day from placed_stories where strength >= $least)
        select theme_id, greatest(count(*) filter (day > (select max(day) from core) - $days), least(count(*), $most))::integer
        from core group by theme_id""",
        {"days": days, "most": at_most, "least": least},
    ).fetchall()
    return dict(rows)


def members_of(connection: Connection) -> dict[str, int]:
    """theme_id -> stories of a discovered theme."""
    return dict(connection.execute("select theme_id, count(*)::integer from placed_stories group by 1").fetchall())


def theme_of_stories(connection: Connection, stories: Collection[str] | None = None) -> dict[str, tuple[str, float]]:
    """story_id -> (theme_id, strength), of those stories that have a discovered theme; None: of all."""
    want(connection, stories or ())
    rows = connection.execute(
        """select s.story_id, arg_max(m.theme_id, (m.strength, m.theme_id)), max(m.strength)
           from theme_members m join story_members s using (article_id)
           where ? or s.story_id in (select article_id from wanted_articles) group by s.story_id""",
        (stories is None,),
    ).fetchall()
    return {story: (theme, strength) for story, theme, strength in rows}


def unplaced(connection: Connection) -> list[str]:
    """The stories without a discovered theme."""
    rows = connection.execute(
        "select distinct story_id from story_members anti join (select article_id as story_id from theme_members) using (story_id) order by 1"
    ).fetchall()
    return [story for (story,) in rows]


def copies_of(connection: Connection, articles: Collection[str]) -> dict[str, str]:
    """article_id -> story_id of every member of the stories that some articles belong to."""
    want(connection, articles)
    rows = connection.execute(
        """select article_id, story_id from story_members
           where story_id in (select story_id from story_members semi join wanted_articles using (article_id))"""
    ).fetchall()
    return dict(rows)


def place(connection: Connection, run: Run, stories: Mapping[str, tuple[str, float]]) -> None:
    """Give stories, with all their copies, a discovered theme in place of the one they had: story_id -> (theme_id, strength)."""
    rows = [(story, *placed) for story, placed in sorted(stories.items())]
    if not rows:
        return
    connection.execute("create or replace temp table placed (story_id varchar, theme_id varchar, strength double)")
    insert(connection, "placed", ("story_id", "theme_id", "strength"), rows)
    connection.execute(
        "delete from theme_members where article_id in (select article_id from story_members where story_id in (select story_id from placed))"
    )
    connection.execute(
        "insert into theme_members select ?, s.article_id, p.theme_id, p.strength from story_members s join placed p using (story_id)", (run.run_id,)
    )


def set_centroids(connection: Connection, centroids: Mapping[str, Vectors]) -> None:
    """Where themes have moved to: theme_id -> unit vector."""
    for theme_id, centroid in centroids.items():
        connection.execute("update themes set centroid = ? where theme_id = ?", (centroid.tolist(), theme_id))


def set_terms(connection: Connection, theme_id: str, terms: Sequence[str]) -> None:
    """The words of a discovered theme after a refit; id, slug, name and claim stay."""
    connection.execute("update themes set terms = ? where theme_id = ? and kind = 'discovered'", (list(terms), theme_id))


def merge(connection: Connection, theme_id: str, into: str) -> None:
    """Let a theme's stories, and those that would join it later, belong to another. Its mentions go: should it come back, it is judged anew."""
    connection.execute("update themes set status = 'merged', merged_into = ?, judged_with = null where theme_id = ?", (into, theme_id))
    for table in ("mentions", "article_themes"):
        connection.execute(f"delete from {table} where theme_id = ?", (theme_id,))  # noqa: S608  # named above
    connection.execute("update theme_members set theme_id = ? where theme_id = ? and ? in (select theme_id from themes where kind = 'discovered')",
                       (into, theme_id, into))  # fmt: skip
    connection.execute("delete from theme_members where theme_id = ?", (theme_id,))


def add_change(connection: Connection, run: Run, theme_id: str, event: str, other: str | None, stories: int) -> None:
    """Remember what discovery did: born, split (came out of `other`) or merged (went into it), with how many stories."""
    insert(connection, "theme_changes", ("run_id", "theme_id", "event", "other_theme_id", "stories"), [(run.run_id, theme_id, event, other, stories)])


def growth(connection: Connection, least: float) -> Growth:
    """What has come since the last fit; a story is unplaced if its theme's strength is below `least`."""
    stories, fitted_on, fitted_at, since, unplaced = connection.execute(
        """
        with last_fit as (select run_id, fitted_at, articles from discovery_fits order by fitted_at desc, run_id desc limit 1),
        since as (select distinct story_id from story_members where run_id > coalesce((select run_id from last_fit), ''))
        select (select count(distinct story_id) from story_members), coalesce((select articles from last_fit), 0), (select fitted_at from last_fit),
               (select count(*) from since),
               (select list(story_id order by story_id) from since where story_id not in (select article_id from theme_members where strength >= ?)
                    and story_id not in (select article_id from article_themes join themes using (theme_id) where kind = 'curated'))
        """,
        (least,),
    ).fetchall()[0]
    return Growth(stories, fitted_on, fitted_at, since, tuple(unplaced or ()))


def add_fit(connection: Connection, run: Run, stories: int, topics: int, outliers: int) -> None:
    """Remember that discovery fitted, on how much."""
    connection.execute("insert into discovery_fits values (?, ?, ?, ?, ?)", (run.run_id, run.started_at, stories, topics, outliers))


def _days(days: Sequence[int]) -> NDArray[np.float64]:
    return np.asarray(days, dtype=np.float64)
