"""The reading side: the published file comes in, data frames of its public views go out.

Every method is one query with bound parameters and named columns. `day` columns are dates, times are naive UTC.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from tracker.errors import StoreError


def published_file(data: Path) -> Path:
    """The versioned file behind DATA/tracker.duckdb; its name is the data version. Raises StoreError if nothing is published yet."""
    name = data / "tracker.duckdb"
    if not name.exists():
        raise StoreError(f"{name} does not exist: nothing is published yet. Run 'tracker demo' or 'tracker run' first.")
    if name.is_symlink():
        return name.resolve()
    # A platform without symlinks has a copy there; only the versioned file is never changed under its name.
    return max((data / "published").glob("tracker-*.duckdb"), default=name).resolve()


@dataclass(frozen=True, slots=True)
class Articles:
    """One page of the articles of a theme, and how many there are on all pages."""

    rows: pd.DataFrame
    total: int


class Published:
    """One published file, open to read. Safe to share between threads: each query has its own cursor."""

    def __init__(self, path: Path) -> None:
        """Open the file read-only. Raises StoreError if it is absent, damaged, or newer than this code."""
        self.path = path
        if not path.exists():
            raise StoreError(f"{path} does not exist: run 'tracker publish' to make it.")
        try:
            self._connection = duckdb.connect(str(path), read_only=True)
            self._connection.execute("set global timezone = 'UTC'")  # for every cursor
        except duckdb.Error as error:
            first = str(error).splitlines()[0]
            raise StoreError(f"{path} cannot be read ({first}): run 'tracker publish' to make it again.") from None

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def outlets(self) -> pd.DataFrame:
        """One row per outlet, by name."""
        return self._frame(
            """select outlet, name, kind, tier, country, feeds, articles, first_seen_at
               from outlets order by lower(name)"""
        )

    def themes(self) -> pd.DataFrame:
        """One row per active theme: curated ones first, then by size."""
        return self._frame(
            """select theme_id, slug, name, kind, claim, claim_from, terms, first_seen_at, last_seen_at, articles
               from themes where status = 'active' order by kind, articles desc, slug"""
        )

    def moves(self) -> pd.DataFrame:
        """One row per active theme with its name and slug: the columns of theme_moves, surest first, new ones by stories."""
        return self._frame(
            """select m.theme_id, t.name, t.slug, m.move, m.first_day, m.last_day, m.stories, m.expected, m.of_stories, m.weeks_before,
                      m.stories_before, m.ratio, m.low, m.high, m.p_value, m.q_value
               from theme_moves m join themes t using (theme_id)
               where t.status = 'active' order by m.p_value nulls last, m.stories desc, t.slug"""
        )

    def largest_themes(self, at_most: int) -> list[tuple[str, str, int, int, int, int]]:
        """(name, kind, articles, supports, opposes, neutral) of the active themes with most articles; sides are counted in articles."""
        return (
            self._connection.cursor()
            .execute(
                """select t.name, t.kind, t.articles, count(*) filter (x.stance = 'supports')::integer,
                      count(*) filter (x.stance = 'opposes')::integer, count(*) filter (x.stance = 'neutral')::integer
               from themes t left join article_themes x using (theme_id)
               where t.status = 'active' group by t.theme_id, t.name, t.kind, t.articles order by t.articles desc, t.name limit ?""",
                [at_most],
            )
            .fetchall()
        )

    def span(self) -> tuple[date, date] | None:
        """First day on which anything was collected, and the last on which some outlet was wholly; None before the first good poll.

        The day of the last run is not over when it ends, so it is left out wherever a whole day is known.
        """
        first, last = self._row(
            """select min(day), coalesce(max(day) filter (state = 'complete'), max(day))
               from coverage_daily where state <> 'missing'"""
        )
        return None if first is None else (first, last)

    def totals(self) -> dict[str, int]:
        """How much there is: articles, undated (articles without a trustworthy date), stories, copies, mentions, themes, outlets."""
        values = self._row(
            """select (select count(*) from articles),
                      (select count(*) from articles where published_at is null),
                      (select count(*) from stories),
                      (select coalesce(sum(s.articles - 1), 0)::bigint from stories s),
                      (select count(*) from mentions),
                      (select count(*) from themes where status = 'active'),
                      (select count(*) from outlets)"""
        )
        names = ("articles", "undated", "stories", "copies", "mentions", "themes", "outlets")
        return dict(zip(names, map(int, values), strict=True))

    def theme_counts(self, first: date, last: date, theme_id: str | None = None) -> pd.DataFrame:
        """Stories of one theme, or of all, by theme, outlet and day: stories, supports, opposes, neutral, unsure. Both ends belong to the span."""
        return self._frame(
            """select theme_id, outlet, day, stories, supports, opposes, neutral, unsure from theme_outlet_daily
               where day between $first and $last and ($theme is null or theme_id = $theme)
               order by theme_id, outlet, day""",
            {"first": first, "last": last, "theme": theme_id},
        )

    def story_counts(self, first: date, last: date) -> pd.DataFrame:
        """Stories and articles on any subject, by outlet and day: the denominator of every share."""
        return self._frame(
            "select outlet, day, stories, articles from outlet_daily where day between $first and $last order by outlet, day",
            {"first": first, "last": last},
        )

    def coverage(self, first: date, last: date) -> pd.DataFrame:
        """What was collected, by outlet and day: state (complete, partial, missing), new_articles, expected (null if unknown)."""
        return self._frame(
            """select outlet, day, state, new_articles, expected from coverage_daily
               where day between $first and $last order by outlet, day""",
            {"first": first, "last": last},
        )

    def turning_points(self, first: date, last: date) -> pd.DataFrame:
        """Tested changes of all active themes, newest first."""
        return self._frame(
            """select p.theme_id, t.slug, t.name, p.day, p.first_day, p.last_day, p.measure, p.before, p.after, p.p_value,
                      p.panel_before, p.panel_after, p.may_be_artefact
               from turning_points p join themes t using (theme_id)
               where t.status = 'active' and p.day between $first and $last order by p.day desc, t.slug, p.measure""",
            {"first": first, "last": last},
        )

    def withdrawn_points(self) -> pd.DataFrame:
        """Turning points of active themes that were told once and are no longer, newest withdrawal first."""
        return self._frame(
            """select t.slug, t.name, w.measure, w.day, w.before, w.after, w.withdrawn_on
               from withdrawn_points w join themes t using (theme_id)
               where t.status = 'active' order by w.withdrawn_on desc, t.slug, w.measure, w.day"""
        )

    def evidence(
        self,
        theme_id: str,
        stance: str,
        first: date,
        last: date,
        outlets: Sequence[str],
        seed: int,
        rows: int,
        voice: str | None = None,
    ) -> pd.DataFrame:
        """Passages that take the given side, drawn at random by `seed`: at most one a story and one an outlet, `rows` in all.

        A passage on which the judge abstains is never among them. `voice` is outlet, quoted, or None for both.
        Columns: passage, confidence, voice, speaker, outlet, name, title, url, published_at, copies.
        """
        return self._frame(
            """with shuffled as (
                   select m.passage, m.confidence, m.voice, m.speaker, a.outlet, o.name, a.title, a.url, a.published_at,
                          a.story_id, s.articles - 1 as copies,
                          md5(m.article_id || ':' || m.position || ':' || $seed) as lot
                   from mentions m join articles a using (article_id) join outlets o using (outlet) join stories s using (story_id)
                   where m.theme_id = $theme and m.stance = $stance and not m.is_unsure
                     and ($voice is null or m.voice = $voice)
                     and a.published_at::date between $first and $last and list_contains($outlets::varchar[], a.outlet)
               ),
               one_a_story as (select * from shuffled qualify row_number() over (partition by story_id order by lot) = 1),
               one_an_outlet as (select * from one_a_story qualify row_number() over (partition by outlet order by lot) = 1)
               select passage, confidence, voice, speaker, outlet, name, title, url, published_at, copies
               from one_an_outlet order by lot limit $rows""",
            {
                "theme": theme_id, "stance": stance, "first": first, "last": last, "outlets": list(outlets),
                "seed": str(seed), "rows": rows, "voice": voice,
            },
        )  # fmt: skip

    def articles(
        self, theme_id: str, first: date, last: date, outlets: Sequence[str], words: str = "", rows: int = 50, skip: int = 0
    ) -> Articles:
        """A page of the theme's dated articles, newest first, whose title contains `words`.

        Columns: published_at, outlet, name, title, url, stance, net_stance, confidence, copies, language; stance, net_stance and
        confidence are null where the judge abstains on every mention.
        """
        frame = self._frame(
            """select a.published_at, a.outlet, o.name, a.title, a.url, x.stance, x.net_stance, x.confidence,
                      s.articles - 1 as copies, a.language, count(*) over () as total
               from article_themes x join articles a using (article_id) join outlets o using (outlet) join stories s using (story_id)
               where x.theme_id = $theme and a.published_at::date between $first and $last
                 and list_contains($outlets::varchar[], a.outlet) and contains(lower(a.title), lower($words))
               order by a.published_at desc, a.article_id limit $rows offset $skip""",
            {
                "theme": theme_id, "first": first, "last": last, "outlets": list(outlets),
                "words": words, "rows": rows, "skip": skip,
            },
        )  # fmt: skip
        total = int(frame["total"].iloc[0]) if len(frame) else 0
        return Articles(frame.drop(columns="total"), total)

    def mention_counts(self, theme_id: str, first: date, last: date, outlets: Sequence[str]) -> pd.DataFrame:
        """Dated passages on a theme by voice, speaker (null if none is named) and outlet: mentions, supports, opposes, neutral, unsure.

        As in the views voice_stance and speakers, a passage that copies of a story repeat counts once, for the outlet that printed it
        first: the archive's story_mentions says so too, but is no part of the published file (a test holds them together).
        """
        return self._frame(
            """with said as (
                   select m.voice, m.speaker, a.outlet, a.published_at::date as day, case when not m.is_unsure then m.stance end as stance
                   from mentions m join articles a using (article_id)
                   where m.theme_id = $theme and a.published_at is not null
                   qualify row_number() over (partition by a.story_id, m.passage order by a.published_at, a.article_id, m.position) = 1
               )
               select voice, speaker, outlet, count(*) as mentions, count(*) filter (stance = 'supports') as supports,
                      count(*) filter (stance = 'opposes') as opposes, count(*) filter (stance = 'neutral') as neutral,
                      count(*) filter (stance is null) as unsure
               from said where day between $first and $last and list_contains($outlets::varchar[], outlet)
               group by voice, speaker, outlet order by voice, speaker, outlet""",
            {"theme": theme_id, "first": first, "last": last, "outlets": list(outlets)},
        )

    def judge_changes(self, first: date, last: date) -> pd.DataFrame:
        """Changes of the judge within some days, oldest first: changed_at, run_id, judge_before, judge."""
        return self._frame(
            """select changed_at, run_id, judge_before, judge from judge_changes
               where changed_at::date between $first and $last order by changed_at, run_id""",
            {"first": first, "last": last},
        )

    def judge_scores(self) -> pd.DataFrame:
        """What the present judge scores on passages it never saw: judge, set, theme, measure, value, low, high, rows; empty if not known."""
        return self._frame(
            """select judge, "set", theme, measure, value, low, high, "rows" from judge_scores order by "set", theme <> 'all', theme, measure"""
        )

    def judge_confusion(self) -> pd.DataFrame:
        """How the present judge errs: judge, gold, found, passages; empty if not known."""
        return self._frame("select judge, gold, found, passages from judge_confusion order by gold, found")

    def label_error_draws(self) -> pd.DataFrame:
        """Draws of the judge's error rates: draw, gold, found, probability; empty if not known."""
        return self._frame("select draw, gold, found, probability from label_error_draws order by draw, gold, found")

    def feed_health(self) -> pd.DataFrame:
        """One row per feed, with the name of its outlet."""
        return self._frame(
            """select f.outlet, o.name, f.feed, f.last_ok_at, f.last_outcome, f.last_reason, f.failures_in_a_row,
                      f.articles_30d, f.silent_since, f.next_due_at, f.address, f.duplicate_of
               from feed_health f join outlets o using (outlet) order by lower(o.name), f.feed"""
        )

    def rejection_counts(self) -> pd.DataFrame:
        """Entries that did not become articles, by stage and reason: entries, outlets, last_seen_at."""
        return self._frame(
            """select stage, reason, count(*) as entries, count(distinct outlet) as outlets, max(seen_at) as last_seen_at
               from rejections group by stage, reason order by entries desc, stage, reason"""
        )

    def undated(self) -> pd.DataFrame:
        """Articles without a trustworthy date, by outlet: they are in no chart."""
        return self._frame(
            "select outlet, count(*) as articles from articles where published_at is null group by outlet order by articles desc, outlet"
        )

    def largest_stories(self, rows: int) -> pd.DataFrame:
        """The stories with most copies: first_published_at, title, articles, outlets."""
        return self._frame(
            """select first_published_at, title, articles, outlets from stories
               where articles > 1 order by articles desc, first_published_at desc, story_id limit $rows""",
            {"rows": rows},
        )

    def runs(self, rows: int) -> pd.DataFrame:
        """The newest runs, newest first."""
        return self._frame(
            """select run_id, started_at, finished_at, articles_new, encoder, judge, code_version, settings_digest
               from runs order by started_at desc, run_id desc limit $rows""",
            {"rows": rows},
        )

    def schema(self) -> pd.DataFrame:
        """The public views as they describe themselves: view, view_comment, column, type, comment."""
        return self._frame(
            """select c.table_name as view, v.comment as view_comment, c.column_name as "column", c.data_type as type, c.comment
               from duckdb_columns() c join duckdb_views() v on v.view_name = c.table_name and v.database_name = c.database_name
               where c.schema_name = 'main' and v.schema_name = 'main' and not v.internal and c.database_name = current_database()
               order by c.table_name, c.column_index"""
        )

    def _frame(self, sql: str, parameters: Mapping[str, Any] | None = None) -> pd.DataFrame:
        try:
            return self._connection.cursor().execute(sql, parameters).df()
        except (duckdb.CatalogException, duckdb.BinderException) as error:
            raise self._other_version(error) from None

    def _rows(self, sql: str, parameters: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        try:
            return self._connection.cursor().execute(sql, parameters).fetchall()
        except (duckdb.CatalogException, duckdb.BinderException) as error:
            raise self._other_version(error) from None

    def _row(self, sql: str) -> tuple[Any, ...]:
        try:
            row = self._connection.cursor().execute(sql).fetchone()
        except (duckdb.CatalogException, duckdb.BinderException) as error:
            raise self._other_version(error) from None
        assert row is not None  # an aggregate without group by has one row
        return row

    def _other_version(self, error: duckdb.Error) -> StoreError:
        missing = str(error).splitlines()[0]
        return StoreError(
            f"{self.path} was published by another version of this program ({missing}): run 'tracker publish' again."
        )
