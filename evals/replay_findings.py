"""A published file comes in; what it says, by the ids of the replay's world, goes out: what a reader of the public views can know."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb

from dashboard import series
from evals.replay_world import FIRST_NIGHT
from tracker.store import public

Day = tuple[str, date]  # outlet or theme, and UTC day


@dataclass(frozen=True, slots=True)
class Found:
    """One published article, by the id it has in the world. `curated` maps slugs to stances, `discovered` are slugs."""

    id: str
    article_id: str
    story_id: str
    published_at: datetime | None
    curated: Mapping[str, str | None]
    discovered: frozenset[str]


@dataclass(frozen=True, slots=True)
class Volume:
    """One day of one theme."""

    stories: int | None
    articles: int | None
    share: float | None
    coverage: str


@dataclass(frozen=True, slots=True)
class Covered:
    """One day of one outlet."""

    state: str
    articles: int
    expected: float | None


@dataclass(frozen=True, slots=True)
class Findings:
    """What one published file says. `sums`: (theme, sum of its daily volume, its dated articles), and so for all articles."""

    articles: tuple[Found, ...]
    sums: tuple[tuple[str, int, int], ...]
    volume: Mapping[Day, Volume]
    coverage: Mapping[Day, Covered]
    stories: Mapping[str, tuple[datetime | None, str]]  # story_id -> first published, title
    stance: Mapping[tuple[str, str], tuple[int, int, int]]  # (slug, month) -> supports, opposes, neutral
    verdicts: Mapping[str, str]  # slug -> up, down, no clear change, too little data


def read(data: Path) -> Findings:
    """What the newest published file in a data folder says."""
    path = public.published_file(data)
    with duckdb.connect(str(path), read_only=True) as file:
        articles = _articles(file)
        sums = file.execute(
            """select t.slug, coalesce(sum(v.articles), 0)::integer,
                      (select count(*) from article_themes x join articles a using (article_id)
                       where x.theme_id = t.theme_id and a.published_at is not null)
               from themes t left join volume_daily v using (theme_id) where t.status = 'active' group by t.theme_id, t.slug
               union all
               select 'all', (select sum(articles) from outlet_daily)::integer, (select count(*) from articles where published_at is not null)
               order by 1"""
        ).fetchall()
        volume = {
            (slug, day): Volume(*said)
            for slug, day, *said in file.execute(
                "select slug, day, stories, v.articles, share, coverage from volume_daily v join themes using (theme_id)"
            ).fetchall()
        }
        coverage = {
            (outlet, day): Covered(*said)
            for outlet, day, *said in file.execute(
                "select outlet, day, state, new_articles, expected from coverage_daily"
            ).fetchall()
        }
        stories = {
            story: (at, title)
            for story, at, title in file.execute("select story_id, first_published_at, title from stories").fetchall()
        }
        stance = {
            (slug, month): (pro, con, neutral)
            for slug, month, pro, con, neutral in file.execute(
                """select slug, strftime(day, '%Y-%m') as month, sum(supports)::integer, sum(opposes)::integer, sum(neutral)::integer
                   from stance_daily join themes using (theme_id) group by all"""
            ).fetchall()
        }
    return Findings(articles, tuple(sums), volume, coverage, stories, stance, _verdicts(path))


def _articles(file: duckdb.DuckDBPyConnection) -> tuple[Found, ...]:
    themes: dict[str, tuple[dict[str, str | None], set[str]]] = {}
    for article, slug, kind, stance in file.execute(
        "select article_id, slug, kind, stance from article_themes join themes using (theme_id)"
    ).fetchall():
        curated, discovered = themes.setdefault(article, ({}, set()))
        if kind == "curated":
            curated[slug] = stance
        else:
            discovered.add(slug)
    rows = file.execute(
        "select regexp_extract(url, '^https?://[^/]+/story/([^?]*)', 1), article_id, story_id, published_at from articles order by url"
    ).fetchall()
    return tuple(
        Found(name, article, story, at, themes.get(article, ({}, set()))[0], frozenset(themes.get(article, ({}, set()))[1]))
        for name, article, story, at in rows
    )


def _verdicts(path: Path) -> dict[str, str]:
    """For each curated theme what the dashboard says of its share in the second half of the nights against the first."""
    with closing(public.Published(path)) as opened:
        span = opened.span()
        if span is None:
            return {}
        span = max(span[0], FIRST_NIGHT.date() - timedelta(days=1)), span[1]  # a newsletter's feed reaches back for weeks
        outlets: Sequence[str] = opened.outlets()["outlet"].tolist()
        grid = series.grid(opened.story_counts(*span), opened.coverage(*span), outlets, *span)
        known = opened.themes().query("kind == 'curated'")
        error = series.known_error(opened.label_error_draws(), opened.judge_confusion())
        themes = [series.theme(grid, opened.theme_counts(*span, theme), error) for theme in known["theme_id"]]
        told = series.changes(themes, series.halves(*span))
        return {slug: share.verdict for slug, (share, _) in zip(known["slug"], told, strict=True)}


# What a date that nobody believes may not touch. Of curated themes: discovered ones are clusters of all articles, dated or not
_NUMBERS = """
    select md5(string_agg(said, ' ' order by said)) from (
        select v::varchar as said from volume_daily v semi join themes t on t.theme_id = v.theme_id and t.kind = 'curated'
        union all select s::varchar from stance_daily s semi join themes t on t.theme_id = s.theme_id and t.kind = 'curated'
        union all select s::varchar from outlet_stance s semi join themes t on t.theme_id = s.theme_id and t.kind = 'curated'
        union all select s::varchar from voice_stance s semi join themes t on t.theme_id = s.theme_id and t.kind = 'curated'
        union all select o::varchar from outlet_daily o
        union all select (c.outlet, c.day, c.new_articles, c.expected, c.state)::varchar from coverage_daily c
    )"""


def numbers(data: Path) -> str:
    """A digest of every published number that rests on dates."""
    with duckdb.connect(str(public.published_file(data)), read_only=True) as file:
        return str(file.execute(_NUMBERS).fetchall()[0][0])
