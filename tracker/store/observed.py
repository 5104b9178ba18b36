"""What we saw of outlets, entries, pages and articles: records come in and become rows; what is known or pending goes out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import duckdb

from tracker.records import NOT_ASKED, Article, Entry, Page, Rejection, Run
from tracker.settings import OutletEntry
from tracker.store.database import insert, transaction
from tracker.store.ledger import record_rejections

Connection = duckdb.DuckDBPyConnection


@dataclass(frozen=True, slots=True)
class Finished:
    """What became of one entry in this run: the page if one was asked for, and an article, a rejection, or nothing yet.

    `page` comes without its body, which was so many `bytes`.
    """

    page: Page | None
    became: Article | Rejection | None
    bytes: int = 0

    @property
    def text_sha(self) -> str | None:
        """Fingerprint of the text the page gave; None where it gave none."""
        return self.became.fingerprint if isinstance(self.became, Article) and self.became.text_source == "page" else None


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
        connection.execute("update feeds set outlet = w.outlet from wanted_feeds w where w.feed = feeds.feed and feeds.outlet <> w.outlet")
        connection.execute("update feeds set is_enabled = feed in (select feed from wanted_feeds)")
        connection.execute(
            "insert into feeds select w.outlet, w.feed, true, ?, null from wanted_feeds w anti join feeds using (feed) where w.feed <> ''", (now,)
        )


def pending_entries(connection: Connection) -> list[Entry]:
    """Entries that are neither an article nor rejected yet, oldest sighting first: tonight's new ones and those a killed run left."""
    rows = connection.execute(
        """
        select e.outlet, e.feed, e.url, e.raw_url, e.guid, e.title, e.author, e.summary, e.content, e.published_at, e.date_note, e.first_seen_at
        from entries e
        where e.url in (
            select url from entries except select url from articles except select url from rejections where stage <> 'feed'
        )
        order by e.first_seen_at, e.url
        """
    ).fetchall()
    return [Entry(*row) for row in rows]


def page_failures(connection: Connection, today: date) -> dict[str, int]:
    """On how many earlier days each pending page was asked for and failed softly; several runs on one day are one try."""
    rows = connection.execute(
        """select url, count(distinct fetched_at::date) from page_fetches
           where outcome = 'soft_error' and fetched_at::date < ? and reason not in (select unnest(?))
             and url in (select url from entries except select url from articles)
           group by url""",
        (today, sorted(NOT_ASKED)),
    ).fetchall()
    return dict(rows)


def record_pages(connection: Connection, run: Run, finished: Sequence[Finished]) -> None:
    """Write page fetches and what became of their entries. Call it inside a transaction."""
    insert(
        connection, "page_fetches",
        ("run_id", "outlet", "url", "fetched_at", "outcome", "reason", "status", "bytes", "seconds", "text_sha"),
        [(run.run_id, p.entry.outlet, p.entry.url, p.fetched_at, p.outcome, p.reason, p.status, f.bytes, p.seconds, f.text_sha)
         for f in finished if (p := f.page)],
    )  # fmt: skip
    articles = [f.became for f in finished if isinstance(f.became, Article)]
    copies = _same_canonical(connection, articles)
    _insert_articles(connection, run, [a for a in articles if a.url not in copies])
    rejections = [f.became for f in finished if isinstance(f.became, Rejection)]
    rejections += [Rejection(a.url, a.outlet, "extract", "same_canonical", a.first_seen_at) for a in articles if a.url in copies]
    record_rejections(connection, run, rejections)


def walled_entries(connection: Connection, urls_at_least: int) -> list[Entry]:
    """Entries whose article is a text that so many differently titled pages of one host gave: a notice, not an article."""
    rows = connection.execute(
        """
        with texts as (
            select regexp_extract(p.url, '^https?://[^/]+') as host, p.text_sha
            from page_fetches p join entries e using (url) left join articles a using (url) where p.text_sha is not null
            group by all having count(distinct p.url) >= $least
                            and count(distinct lower(coalesce(nullif(e.title, ''), a.title, p.url))) >= $least
        ),
        urls as (
            select distinct p.url from page_fetches p
            join texts t on t.text_sha = p.text_sha and t.host = regexp_extract(p.url, '^https?://[^/]+')
        )
        select e.outlet, e.feed, e.url, e.raw_url, e.guid, e.title, e.author, e.summary, e.content, e.published_at, e.date_note, e.first_seen_at
        from entries e semi join urls using (url) semi join (select url from articles where text_source = 'page') using (url)
        order by e.first_seen_at, e.url
        """,
        {"least": urls_at_least},
    ).fetchall()
    return [Entry(*row) for row in rows]


def replace_articles(connection: Connection, run: Run, became: Sequence[Article | Rejection]) -> list[str]:
    """Put articles or rejections in the place of the articles of the same addresses; returns the ids of those that went.

    Call it inside a transaction.
    """
    urls = [b.url for b in became]
    gone = connection.execute("select article_id from articles where url in (select unnest(?))", (urls,)).fetchall()
    connection.execute("delete from articles where url in (select unnest(?))", (urls,))
    _insert_articles(connection, run, [b for b in became if isinstance(b, Article)])
    record_rejections(connection, run, [b for b in became if isinstance(b, Rejection)])
    return [article_id for (article_id,) in gone]


def _insert_articles(connection: Connection, run: Run, articles: Sequence[Article]) -> None:
    insert(
        connection, "articles",
        ("run_id", "article_id", "outlet", "url", "raw_url", "title", "author", "language", "published_at", "published_from", "date_note",
         "first_seen_at", "text", "text_source", "words", "canonical_url"),
        [(run.run_id, a.article_id, a.outlet, a.url, a.raw_url, a.title, a.author, a.language, a.published_at, a.published_from, a.date_note,
          a.first_seen_at, a.text, a.text_source, a.words, a.canonical_url) for a in articles],
    )  # fmt: skip


def _same_canonical(connection: Connection, articles: Sequence[Article]) -> set[str]:
    """Addresses of articles that are another one's page under a second address: outlet, title and canonical address are the same."""
    if not articles:
        return set()
    addresses = sorted({a.canonical_url or a.url for a in articles})
    rows = connection.execute(
        "select outlet, title, coalesce(canonical_url, url) from articles where coalesce(canonical_url, url) in (select unnest(?))",
        (addresses,),
    ).fetchall()
    taken = {(outlet, title.lower(), address) for outlet, title, address in rows}
    copies = set()
    for article in sorted(articles, key=lambda a: a.canonical_url is not None):  # the page itself before its other addresses
        page = (article.outlet, article.title.lower(), article.canonical_url or article.url)
        if page in taken:
            copies.add(article.url)
        taken.add(page)
    return copies


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
            select count(*) as n from (
                select url from entries except select url from articles except select url from rejections where stage <> 'feed'
            )
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
        union all
        select 'possible gaps', count(*)::integer,
               coalesce(min(from_at)::date || ' to ' || max(to_at)::date || ': ' || string_agg(distinct outlet, ', ' order by outlet), '')
        from possible_gaps where run_id = $run and to_at - from_at > interval 1 hour
        """,
        {"run": run.run_id},
    ).fetchall()
