"""The ledger of what we saw: records come in and become rows; what is due, known or pending goes out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import duckdb

from tracker.records import Article, Entry, Feed, FeedFetch, Page, Rejection, Run, Validators
from tracker.settings import OutletEntry
from tracker.store.database import insert, transaction

Connection = duckdb.DuckDBPyConnection


@dataclass(frozen=True, slots=True)
class FeedState:
    """What the ledger knows of one feed."""

    validators: Validators
    failures_in_a_row: int
    last_polled_at: datetime
    retry_at: datetime | None

    @property
    def due_at(self) -> datetime:
        """Linear backoff: from the third failure in a row on, one more day a failure, at most 30 (rss-fetcher's rule: never give up)."""
        waited = self.last_polled_at + timedelta(days=min(30, max(0, self.failures_in_a_row - 2)))
        return max(waited, self.retry_at) if self.retry_at else waited


def start_run(connection: Connection, run: Run, command: str) -> None:
    """Write the run's row; it stays unfinished until finish_run."""
    row = (run.run_id, command, run.started_at, None, None, None, None, run.code_version, run.settings_digest)
    connection.execute("insert into runs values (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)


def finish_run(connection: Connection, run: Run, finished_at: datetime, encoder: str | None, judge: str | None) -> None:
    """Mark the run finished: the last thing a run does to the archive."""
    connection.execute(
        """update runs set finished_at = ?, encoder = coalesce(?, encoder), judge = coalesce(?, judge),
               articles_new = (select count(*) from articles a where a.run_id = runs.run_id)
           where run_id = ?""",
        (finished_at, encoder, judge, run.run_id),
    )


def run_ids(connection: Connection) -> set[str]:
    """The ids of all runs."""
    return {run_id for (run_id,) in connection.execute("select run_id from runs").fetchall()}


def last_finished(connection: Connection) -> tuple[str, str] | None:
    """(code version, settings digest) of the last finished run; None before the first."""
    return connection.execute(
        "select code_version, settings_digest from runs where finished_at is not null order by run_id desc limit 1"
    ).fetchone()


def article_count(connection: Connection) -> int:
    """How many articles are stored."""
    return int(connection.execute("select count(*) from articles").fetchall()[0][0])


def failing_feeds(connection: Connection) -> list[tuple[str, int, str]]:
    """(feed, failures in a row, last reason) of the feeds that failed three times or more."""
    return connection.execute(
        "select feed, failures_in_a_row, last_reason from feed_states where failures_in_a_row >= 3 order by feed"
    ).fetchall()


def sync_outlets(connection: Connection, outlets: Sequence[OutletEntry], now: datetime) -> None:
    """Make the outlets and feeds tables say what feeds.yaml says; those no longer in it stay, their feeds disabled."""
    with transaction(connection):
        connection.execute("create or replace temp table wanted (outlet varchar, name varchar, kind varchar, tier integer, country varchar)")
        connection.executemany("insert into wanted values (?, ?, ?, ?, ?)", [(o.outlet, o.name, o.kind, o.tier, o.country) for o in outlets])
        connection.execute(
            """update outlets set name = w.name, kind = w.kind, tier = w.tier, country = w.country
               from wanted w where w.outlet = outlets.outlet"""
        )
        connection.execute("insert into outlets select w.*, ? from wanted w anti join outlets using (outlet)", (now,))
        connection.execute("create or replace temp table wanted_feeds (outlet varchar, feed varchar)")
        feeds = [(feed.outlet, feed.url) for outlet in outlets for feed in outlet.enabled_feeds()] or [("", "")]
        connection.executemany("insert into wanted_feeds values (?, ?)", feeds)
        connection.execute("update feeds set is_enabled = feed in (select feed from wanted_feeds)")
        connection.execute(
            "insert into feeds select w.outlet, w.feed, true, ? from wanted_feeds w anti join feeds using (feed) where w.feed <> ''", (now,)
        )


def feed_states(connection: Connection) -> dict[str, FeedState]:
    """What is known of each feed ever polled, by address."""
    rows = connection.execute(
        """
        with polls as (
            select *, row_number() over (partition by feed order by fetched_at desc, run_id desc) as newest,
                   outcome in ('ok', 'unchanged') as is_good
            from feed_fetches
        ),
        failing as (
            select feed, min(newest) filter (is_good) - 1 as since_good, count(*) as polls from polls group by feed
        )
        select p.feed,
               arg_min(p.etag, p.newest) filter (p.is_good), arg_min(p.last_modified, p.newest) filter (p.is_good),
               arg_min(p.body_sha256, p.newest) filter (p.is_good), max(p.full_at),
               any_value(coalesce(f.since_good, f.polls)), max(p.fetched_at), arg_min(p.retry_at, p.newest) filter (p.newest = 1)
        from polls p join failing f using (feed)
        group by p.feed
        """
    ).fetchall()
    return {
        feed: FeedState(Validators(etag, modified, digest, full_at), failures, polled_at, retry_at)
        for feed, etag, modified, digest, full_at, failures, polled_at, retry_at in rows
    }


def due(feeds: Sequence[Feed], states: dict[str, FeedState], now: datetime) -> list[Feed]:
    """The feeds to poll now, in the order given."""
    return [feed for feed in feeds if feed.url not in states or states[feed.url].due_at <= now]


@dataclass(frozen=True, slots=True)
class Reading:
    """What one poll brought, ready to be written."""

    fetch: FeedFetch
    reason: str  # of the fetch, or of reading its body as a feed
    entries: tuple[Entry, ...] = ()
    dropped: int = 0
    oldest_at: datetime | None = None
    newest_at: datetime | None = None
    rejections: tuple[Rejection, ...] = ()


def record_poll(connection: Connection, run: Run, reading: Reading) -> int:
    """Write one poll and its new entries in one transaction; returns the number of entries never seen before."""
    f, v = reading.fetch, reading.fetch.validators
    outcome = "soft_error" if f.outcome == "ok" and reading.reason else f.outcome
    retry_at = f.fetched_at + timedelta(seconds=f.retry_after_seconds) if f.retry_after_seconds else None
    with transaction(connection):
        connection.execute(
            "insert into feed_fetches values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (run.run_id, f.feed.outlet, f.feed.url, f.fetched_at, outcome, reading.reason, f.status, v.etag, v.last_modified, v.body_sha256,
             v.full_at, len(f.body), f.seconds, len(reading.entries), reading.dropped, reading.oldest_at, reading.newest_at, retry_at,
             f.moved_to, f.feed.verify_tls),
        )  # fmt: skip
        known = {
            url
            for (url,) in connection.execute(
                "select url from entries where url in (select unnest(?))", ([e.url for e in reading.entries],)
            ).fetchall()
        }
        fresh = {e.url: e for e in reversed(reading.entries) if e.url not in known}
        rows = [
            (run.run_id, e.outlet, e.feed_url, e.url, e.raw_url, e.guid, e.title, e.author, e.summary, e.content, e.published_at,
             e.date_note, e.first_seen_at)
            for e in fresh.values()
        ]  # fmt: skip
        columns = ("run_id", "outlet", "feed", "url", "raw_url", "guid", "title", "author", "summary", "content", "published_at",
                   "date_note", "first_seen_at")  # fmt: skip
        insert(connection, "entries", columns, rows)
        record_rejections(connection, run, reading.rejections)
    return len(fresh)


def pending_entries(connection: Connection) -> list[Entry]:
    """Entries that are neither an article nor rejected yet, oldest sighting first: tonight's new ones and those a killed run left."""
    rows = connection.execute(
        """
        select e.outlet, e.feed, e.url, e.raw_url, e.guid, e.title, e.author, e.summary, e.content, e.published_at, e.date_note, e.first_seen_at
        from entries e anti join articles a using (url) anti join rejections r using (url)
        order by e.first_seen_at, e.url
        """
    ).fetchall()
    return [Entry(*row) for row in rows]


def page_failures(connection: Connection) -> dict[str, int]:
    """How often each pending page has failed softly so far."""
    rows = connection.execute("select url, count(*) from page_fetches where outcome = 'soft_error' group by url").fetchall()
    return dict(rows)


def record_pages(
    connection: Connection, run: Run, pages: Sequence[Page], articles: Sequence[Article], rejections: Sequence[Rejection]
) -> None:
    """Write a batch of page fetches and what became of them in one transaction."""
    with transaction(connection):
        insert(
            connection, "page_fetches", ("run_id", "outlet", "url", "fetched_at", "outcome", "reason", "status", "bytes", "seconds"),
            [(run.run_id, p.entry.outlet, p.entry.url, p.fetched_at, p.outcome, p.reason, p.status, len(p.body), p.seconds) for p in pages],
        )  # fmt: skip
        insert(
            connection, "articles",
            ("run_id", "article_id", "outlet", "url", "raw_url", "title", "author", "language", "published_at", "published_from", "date_note",
             "first_seen_at", "text", "text_source", "words", "canonical_url"),
            [(run.run_id, a.article_id, a.outlet, a.url, a.raw_url, a.title, a.author, a.language, a.published_at, a.published_from, a.date_note,
              a.first_seen_at, a.text, a.text_source, a.words, a.canonical_url) for a in articles],
        )  # fmt: skip
        record_rejections(connection, run, rejections)


def record_rejections(connection: Connection, run: Run, rejections: Sequence[Rejection]) -> None:
    """Write rejections, each address once."""
    known = {
        url
        for (url,) in connection.execute(
            "select url from rejections where url in (select unnest(?))", ([r.url for r in rejections],)
        ).fetchall()
    }
    fresh = {r.url: r for r in rejections if r.url not in known}
    rows = [(run.run_id, r.url, r.outlet, r.stage, r.reason, r.seen_at) for r in fresh.values()]
    insert(connection, "rejections", ("run_id", "url", "outlet", "stage", "reason", "seen_at"), rows)


def run_counts(connection: Connection, run: Run) -> list[tuple[str, int, str]]:
    """What a run saw, as rows of (what, how many, detail)."""
    return connection.execute(
        """
        with polls as (
            select outcome, count(*) as n from feed_fetches where run_id = $run group by outcome
        ),
        refused as (
            select reason, count(*) as n from rejections where run_id = $run group by reason
        ),
        waiting as (
            select count(*) as n from entries anti join articles using (url) anti join rejections using (url)
        )
        select 'feeds polled', coalesce(sum(n), 0)::integer, coalesce(string_agg(n || ' ' || outcome, ', ' order by n desc, outcome), '') from polls
        union all
        select 'new articles', count(*)::integer, count(*) filter (text_source = 'feed') || ' with the feed''s own text, '
               || count(*) filter (published_at is null) || ' undated' from articles where run_id = $run
        union all
        select 'rejected entries', coalesce(sum(n), 0)::integer,
               coalesce(string_agg(n || ' ' || reason, ', ' order by n desc, reason), '') from refused
        union all
        select 'entries to try again', n::integer, '' from waiting
        """,
        {"run": run.run_id},
    ).fetchall()
