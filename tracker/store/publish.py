"""The archive's findings become the published file: written beside, verified, then named atomically. A reader is never blocked or half-served."""

import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import duckdb

from tracker.errors import SECRETS, StoreError
from tracker.files import whole
from tracker.store.database import STORAGE_VERSION, plainly, quoted, read_sql, transaction

LEAST_KEPT = 0.5  # of the articles published before: articles are never deleted, so with fewer the archive has lost its past, or is another one
KEEP = 3  # published files kept: the present one, and two that a dashboard may still hold open

# What stands behind each public view. Sorted as it is read, so that DuckDB's zone maps skip the rest.
_TABLES = {
    "outlets": """
        select o.outlet, o.name, o.kind, o.tier, o.country, o.first_seen_at,
               (select count(*) from feeds f where f.outlet = o.outlet and f.is_enabled)::integer as feeds,
               (select count(*) from articles a where a.outlet = o.outlet)::integer               as articles
        from outlets o order by o.outlet""",
    "articles": """
        select a.article_id, m.story_id, a.outlet, redacted(a.url) as url, a.title, a.author, a.language, a.published_at, a.published_from,
               a.first_seen_at, a.words, a.text_source, coalesce(r.revisions, 0)::integer as revisions
        from articles a join story_members m using (article_id)
        left join (select url, count(*) as revisions from entry_revisions group by url) r using (url)
        order by a.published_at nulls last, a.article_id""",
    "stories": """
        select m.story_id, any_value(d.first_published_at) as first_published_at,
               coalesce(any_value(d.title), min(a.title)) as title, count(*)::integer as articles, count(distinct a.outlet)::integer as outlets,
               any_value(d.first_outlet) as first_outlet
        from story_members m join articles a using (article_id) left join dated_stories d using (story_id)
        group by m.story_id order by 2 nulls last, 1""",
    "themes": """
        select t.theme_id, t.slug, t.name, t.kind, t.claim, t.claim_from, t.terms, t.status, t.merged_into,
               min(a.published_at) as first_seen_at, max(a.published_at) as last_seen_at, count(a.article_id)::integer as articles,
               coalesce(t.name_from, case when t.kind = 'curated' then 'yaml' else 'terms' end) as name_from
        from themes t left join article_themes x using (theme_id) left join articles a using (article_id)
        group by all order by t.kind, t.slug""",
    "theme_events": """
        select theme_id, recorded_at, day, event, other_theme_id, stories, made_by, detail
        from theme_events order by theme_id, recorded_at, event, other_theme_id""",
    "typical_stories": """
        select theme_id, position, article_id, title, outlet, published_at, strength from typical_stories order by theme_id, position""",
    "theme_moves": """
        select theme_id, move, first_day, last_day, stories, expected, of_stories, weeks_before, stories_before, ratio, low, high, p_value, q_value
        from theme_moves join themes using (theme_id) where status = 'active' order by theme_id""",
    "article_themes": """
        select article_id, theme_id, strength, passages, stance, net_stance, confidence, unsure
        from article_themes order by theme_id, article_id""",
    "mentions": """
        select m.article_id, m.theme_id, p.text as passage, p.position, m.stance,
               m.p_supports / (1 - m.p_unrelated) as p_supports, m.p_opposes / (1 - m.p_unrelated) as p_opposes,
               m.p_neutral / (1 - m.p_unrelated) as p_neutral,
               greatest(m.p_supports, m.p_opposes, m.p_neutral) as confidence, m.voice, m.speaker, m.is_unsure
        from mentions m join passages p using (passage_id) order by m.theme_id, m.article_id, p.position""",
    "volume_daily": "select theme_id, day, stories, articles, outlets, share, coverage from volume_days order by theme_id, day",
    "stance_daily": """
        select theme_id, day, supports, opposes, neutral, net, low, high, net_28d, low_28d, high_28d, stories_28d, outlets_28d, unsure
        from stance_days order by theme_id, day""",
    "outlet_stance": """
        select theme_id, outlet, month, stories, supports, opposes, neutral, net, low, high, unsure
        from outlet_months order by theme_id, outlet, month""",
    "voice_stance": """
        select theme_id, month, voice, mentions, supports, opposes, neutral, unsure, net, low, high
        from voice_months order by theme_id, month, voice""",
    "speakers": """
        select theme_id, speaker, count(*)::integer as mentions,
               count(*) filter (stance = 'supports')::integer as supports, count(*) filter (stance = 'opposes')::integer as opposes,
               count(*) filter (stance = 'neutral')::integer as neutral, count(*) filter (stance is null)::integer as unsure,
               count(distinct outlet)::integer as outlets,
               count(*) / (sum(count(*)) over (partition by theme_id))::double as share, min(day) as first_day, max(day) as last_day
        from story_mentions where voice = 'quoted' and speaker is not null
        group by theme_id, speaker order by theme_id, mentions desc, speaker""",
    "turning_points": """
        select theme_id, day, first_day, last_day, measure, before, after, p_value, articles, panel_before, panel_after, may_be_artefact
        from turning_days order by theme_id, day, measure""",
    "withdrawn_points": """
        select theme_id, measure, day, before, after, withdrawn_on from withdrawn_points order by theme_id, measure, day""",
    "coverage_daily": """
        select outlet, day, polls, failures, new_articles, expected, state from coverage_days order by outlet, day""",
    "feed_health": """
        select outlet, redacted(feed) as feed, last_ok_at, last_outcome, last_reason, failures_in_a_row, articles_30d, silent_since, next_due_at,
               redacted(address) as address, redacted(duplicate_of) as duplicate_of
        from feed_states order by outlet, feed""",
    "possible_gaps": "select outlet, redacted(feed) as feed, from_at, to_at, seen_at from possible_gaps order by outlet, feed, from_at",
    "rejections": "select redacted(url) as url, outlet, stage, reason, seen_at from rejections order by outlet, url",
    "runs": """
        select run_id, started_at, finished_at, articles_new, encoder, judge, code_version, settings_digest from runs order by started_at, run_id""",
    "theme_outlet_daily": """
        select theme_id, outlet, day, count(*)::integer as stories,
               count(*) filter (stance = 'supports')::integer as supports, count(*) filter (stance = 'opposes')::integer as opposes,
               count(*) filter (stance = 'neutral')::integer as neutral, count(*) filter (stance is null)::integer as unsure
        from story_themes group by all order by theme_id, day, outlet""",
    "outlet_daily": """
        with firsts as (select first_outlet as outlet, first_published_at::date as day, count(*) as stories from dated_stories group by all),
        printed as (select outlet, published_at::date as day, count(*) as articles from articles semi join story_members using (article_id)
                    where published_at is not null group by all)
        select p.outlet, p.day, coalesce(f.stories, 0)::integer as stories, p.articles::integer as articles
        from printed p left join firsts f using (outlet, day) order by p.day, p.outlet""",
    "judge_changes": """
        select started_at as changed_at, run_id, judge_before, judge
        from (select started_at, run_id, judge, lag(judge) over (order by started_at, run_id) as judge_before
              from runs where judge is not null and finished_at is not null)
        where judge <> judge_before order by changed_at, run_id""",
    "judge_scores": """
        select judge, "set", theme, measure, value, low, high, "rows" from judge_scores order by "set", theme, measure""",
    "judge_confusion": "select judge, gold, found, passages from judge_confusion order by gold, found",
    "label_error_draws": "select draw, gold, found, probability from label_error_draws order by draw, gold, found",
}


@dataclass(frozen=True, slots=True)
class Published:
    """Where a publish landed."""

    path: Path
    articles: int


def publish(connection: duckdb.DuckDBPyConnection, data: Path, run_id: str) -> Published:
    """Write data/published/tracker-<run_id>.duckdb and point data/tracker.duckdb at it; keeps the last three.

    A crash at any moment leaves the stable name where it was; a failure, a full disk for one, leaves no half-written file either.
    Raises StoreError then, and if what was written does not read back, or holds less than half of the articles that are published.
    """
    folder, stable = data / "published", data / "tracker.duckdb"
    target = folder / f"tracker-{run_id}.duckdb"
    with plainly(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with whole(target) as draft:
            articles = _write(connection, draft)
            _require_past(stable, articles)
        _point(stable, target)
        _prune(folder, target)
    return Published(target, articles)


def _write(connection: duckdb.DuckDBPyConnection, draft: Path) -> int:
    """Write the public tables and views; returns the number of articles."""
    connection.execute(_redaction())
    connection.execute(f"attach {quoted(draft)} as draft (storage_version '{STORAGE_VERSION}')")
    try:
        connection.execute("create schema draft.base")
        for table, query in _TABLES.items():
            connection.execute(f"create table draft.base.{table} as {query}")  # both are constants above
        connection.execute("use draft")
        with transaction(connection):  # 500 statements: one by one they take a second
            connection.execute(read_sql("3_public.sql"))
        connection.execute("use archive")  # a database whose checkpoint fails cannot be left any more
        articles = _verify(connection)
        connection.execute("checkpoint draft")
    finally:
        with suppress(duckdb.Error):  # the first failure is the one to tell
            connection.execute("use archive")
            connection.execute("detach draft")
    return articles


def _redaction() -> str:
    """The macro that does to an address what errors.redacted does: the published file may be shown to anyone."""
    shown = "address"
    for pattern, instead in SECRETS:
        shown = f"regexp_replace({shown}, {quoted(pattern)}, {quoted(instead)}, 'g')"
    return f"create or replace temp macro redacted(address) as {shown}"


def _verify(connection: duckdb.DuckDBPyConnection) -> int:
    """The published file must answer, every dated article must be counted on its day, and every story and mention on one side or as unsure."""
    published, stored, counted, dated, sided, stories, noted, unsure = connection.execute(
        """
        select (select count(*) from draft.main.articles), (select count(*) from archive.articles join archive.story_members using (article_id)),
               (select coalesce(sum(articles), 0) from draft.main.outlet_daily),
               (select count(*) from draft.main.articles where published_at is not null),
               (select coalesce(sum(supports + opposes + neutral + unsure), 0) from draft.main.theme_outlet_daily),
               (select coalesce(sum(stories), 0) from draft.main.theme_outlet_daily),
               (select coalesce(sum(unsure), 0) from draft.main.article_themes), (select count(*) from draft.main.mentions where is_unsure)
        """
    ).fetchall()[0]
    if published != stored or counted != dated or sided != stories or noted != unsure:
        raise StoreError(
            f"the file to publish does not add up ({published} of {stored} articles, {counted} of {dated} dated ones counted, {sided} of {stories} "
            f"stories on a side or unsure, {noted} of {unsure} unsure mentions noted); the last published file stays. Run `tracker analyse --all`."
        )
    return int(published)


def _require_past(stable: Path, articles: int) -> None:
    try:
        with duckdb.connect(str(stable.resolve(strict=True)), read_only=True) as published:
            ((before,),) = published.execute("select count(*) from articles").fetchall()
    except (OSError, duckdb.Error):  # none yet, or none that can be read: nothing to protect
        return
    if articles < LEAST_KEPT * before:
        raise StoreError(
            f"the archive holds {articles:,} articles and the published file {before:,}: the archive lost its past, or is another one. The published "
            f"file stays. Run `tracker restore --from EXPORT` in a new folder, or remove {stable} to publish this archive in its place."
        )


def _point(stable: Path, target: Path) -> None:
    """Make the stable name mean the target, in one atomic step: a symlink, or a copy where the platform has none."""
    fresh = stable.with_name(f".{stable.name}.part")
    fresh.unlink(missing_ok=True)
    try:
        fresh.symlink_to(target.relative_to(stable.parent))
    except OSError:
        try:
            shutil.copyfile(target, fresh)
        except OSError:
            fresh.unlink(missing_ok=True)
            raise
    fresh.replace(stable)


def _prune(folder: Path, current: Path) -> None:
    older = sorted(path for path in folder.glob("tracker-*.duckdb") if path != current)  # by run: a clock may have been set back
    for path in older[: max(0, len(older) - KEEP + 1)]:
        path.unlink(missing_ok=True)
    for leftover in folder.glob(".tracker-*.part*"):  # of a run that was killed
        leftover.unlink(missing_ok=True)
