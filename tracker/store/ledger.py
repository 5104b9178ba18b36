"""The ledger of feeds: polls come in and become rows; what is known of each feed, and which entries are new, goes out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import duckdb
import pyarrow as pa

from tracker.records import Entry, FeedFetch, Rejection, RobotsFile, Run, Validators
from tracker.store.database import insert

Connection = duckdb.DuckDBPyConnection

_DAY = timedelta(days=1)
_SLACK = timedelta(hours=2)  # nightly runs do not start at the same minute: a day's wait ends before the next one
_LONGEST_DAYS = 30  # rss-fetcher's rule: a feed is asked more and more rarely, and never given up
_GONE_TIMES = 4  # polls in a row that said 410, six days of them, before we believe it: servers say it by mistake for a night or three
_STRAYED = 3  # failures at a feed's new address after which its old one is asked as often, and so on in turns


@dataclass(frozen=True, slots=True)
class FeedState:
    """What the ledger knows of one feed. `strain` is the weight of its failures since it last answered well: 1 for a plain refusal."""

    validators: Validators
    failures_in_a_row: int
    strain: float
    gone_in_a_row: int
    last_polled_at: datetime
    retry_at: datetime | None
    address: str | None

    def due_at(self, now: datetime) -> datetime:
        """When it is to be polled next: as many days after a poll as its strain, at most 30; a feed said to be gone for a week waits all 30."""
        if self.last_polled_at > now:  # the clock was wrong then, or is now: do not wait for years
            return now
        days = _LONGEST_DAYS if self.gone_in_a_row >= _GONE_TIMES else min(_LONGEST_DAYS, int(self.strain))
        waited = self.last_polled_at + days * _DAY - (_SLACK if days else timedelta())
        return max(waited, min(self.retry_at, now + _DAY)) if self.retry_at else waited

    def address_to_ask(self) -> str | None:
        """Where the feed moved, or in turns with it, while both fail, None: the address in feeds.yaml."""
        return self.address if self.failures_in_a_row // _STRAYED % 2 == 0 else None


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
    bytes: int = 0  # of the body, which does not travel further

    @property
    def outcome(self) -> str:
        """The fetch's outcome; a soft error where the body was no feed."""
        return "soft_error" if self.fetch.outcome == "ok" and self.reason else self.fetch.outcome


def feed_states(connection: Connection) -> dict[str, FeedState]:
    """What is known of each feed ever polled, by its address in feeds.yaml. Runs, not clocks, say which poll came later."""
    rows = connection.execute(
        """
        with polls as (
            select *, row_number() over (partition by feed order by run_id desc, fetched_at desc) as newest,
                   outcome in ('ok', 'unchanged') as is_good,
                   -- A name server that is busy says least about a feed; a server in trouble less than one that says no
                   case when reason in ('dns_temporary', 'host_down', 'host_asked_to_wait') then 0.25
                        when outcome = 'soft_error' then 0.5 else 1 end as strain
            from feed_fetches
        ),
        since as (
            select feed, coalesce(min(newest) filter (is_good), count(*) + 1) as last_good,
                   coalesce(min(newest) filter (reason <> 'http_410'), count(*) + 1) as last_not_gone from polls group by feed
        )
        select p.feed,
               arg_min(p.etag, p.newest) filter (p.is_good), arg_min(p.last_modified, p.newest) filter (p.is_good),
               arg_min(p.body_sha256, p.newest) filter (p.is_good), max(p.full_at),
               any_value(s.last_good) - 1, coalesce(sum(p.strain) filter (p.newest < s.last_good), 0)::double, any_value(s.last_not_gone) - 1,
               arg_min(p.fetched_at, p.newest), arg_min(p.retry_at, p.newest) filter (p.newest = 1), any_value(f.address)
        from polls p join since s using (feed) left join feeds f using (feed)
        group by p.feed
        """
    ).fetchall()
    return {
        feed: FeedState(Validators(etag, modified, digest, full_at), failures, strain, gone, polled_at, retry_at, address)
        for feed, etag, modified, digest, full_at, failures, strain, gone, polled_at, retry_at, address in rows
    }


def answers(connection: Connection, run: Run) -> list[tuple[str, int, int, str]]:
    """(kind of outlet, feeds polled in the run, how many answered well, reasons of the others) in the order of size."""
    return connection.execute(
        """
        with polls as (
            select o.kind, f.reason, f.outcome in ('ok', 'unchanged') as is_good, count(*) as n
            from feed_fetches f join outlets o using (outlet) where f.run_id = ? group by all
        )
        select kind, sum(n)::integer, coalesce(sum(n) filter (is_good), 0)::integer,
               coalesce(string_agg(n || ' ' || reason, ', ' order by n desc, reason) filter (not is_good), '')
        from polls group by kind order by sum(n) desc, kind
        """,
        (run.run_id,),
    ).fetchall()


def duplicates(feeds: Iterable[str], states: dict[str, FeedState]) -> dict[str, str]:
    """Feed -> the feed that is polled in its place, for feeds that have moved to an address another one has already."""
    owners: dict[str, str] = {}
    listed = [(feed, (states[feed].address if feed in states else None) or feed) for feed in feeds]
    for feed, address in sorted(listed, key=lambda pair: pair[0] != pair[1]):  # whose own address it is comes first
        owners.setdefault(address, feed)
    return {feed: owners[address] for feed, address in listed if owners[address] != feed}


def holds(connection: Connection, now: datetime) -> list[tuple[str, datetime]]:
    """(host, until when) of the hosts that asked to be left alone and still do. At most a day: more is a clock gone wrong."""
    return connection.execute("select host, until from host_holds where until > $now and until <= $now + interval 1 day", {"now": now}).fetchall()


def record_holds(connection: Connection, held: Iterable[tuple[str, datetime]]) -> None:
    """Put these in the place of what the hosts asked for before. Call it inside a transaction."""
    rows = list(held)
    connection.execute("delete from host_holds where host in (select unnest(?))", ([host for host, _ in rows],))
    insert(connection, "host_holds", ("host", "until"), rows)


def record_polls(connection: Connection, run: Run, readings: Sequence[Reading]) -> list[Entry]:
    """Write polls and what they brought; returns the entries never seen before, as stored. Call it inside a transaction."""
    still_shown = _compare_listings(connection, [reading for reading in readings if reading.outcome == "ok"])
    insert(
        connection, "feed_fetches",
        ("run_id", "outlet", "feed", "fetched_at", "outcome", "reason", "status", "etag", "last_modified", "body_sha256", "full_at", "bytes",
         "seconds", "entries", "entries_dropped", "oldest_entry_at", "newest_entry_at", "retry_at", "moved_to", "is_tls_verified", "still_shown"),
        [_poll_row(run, reading, still_shown.get(reading.fetch.feed.url)) for reading in readings],
    )  # fmt: skip
    for reading in readings:
        _follow(connection, run, reading)
    fresh = _store_entries(connection, run, [entry for reading in readings for entry in reading.entries])
    record_rejections(connection, run, [rejection for reading in readings for rejection in reading.rejections])
    return fresh


def insert_entries(connection: Connection, run: Run, entries: Sequence[Entry]) -> None:
    """Write entries that are not known yet. Call it inside a transaction."""
    insert(
        connection, "entries",
        ("run_id", "outlet", "feed", "url", "raw_url", "guid", "title", "author", "summary", "content", "published_at", "date_note", "first_seen_at",
         "content_sha256"),
        [(run.run_id, e.outlet, e.feed_url, e.url, e.raw_url, e.guid, e.title, e.author, e.summary, e.content, e.published_at,
          e.date_note, e.first_seen_at, e.content_sha256) for e in entries],
    )  # fmt: skip


def record_rejections(connection: Connection, run: Run, rejections: Sequence[Rejection]) -> None:
    """Write rejections, each address once; an item of a feed that could not be used says nothing about an entry of that address."""
    known = set(
        connection.execute("select url, stage = 'feed' from rejections where url in (select unnest(?))", ([r.url for r in rejections],)).fetchall()
    )
    fresh = {(r.url, r.stage == "feed"): r for r in rejections if (r.url, r.stage == "feed") not in known}
    rows = [(run.run_id, r.url, r.outlet, r.stage, r.reason, r.seen_at) for r in fresh.values()]
    insert(connection, "rejections", ("run_id", "url", "outlet", "stage", "reason", "seen_at"), rows)


def robots_files(connection: Connection) -> list[RobotsFile]:
    """The last answer of every origin about its robots.txt."""
    rows = connection.execute("select origin, fetched_at, rules, unreachable_since from robots_files").fetchall()
    return [RobotsFile(*row) for row in rows]


def record_robots(connection: Connection, files: Sequence[RobotsFile]) -> None:
    """Put new answers in the place of older ones. Call it inside a transaction."""
    connection.execute("delete from robots_files where origin in (select unnest(?))", ([f.origin for f in files],))
    rows = [(f.origin, f.fetched_at, f.rules, f.unreachable_since) for f in files]
    insert(connection, "robots_files", ("origin", "fetched_at", "rules", "unreachable_since"), rows)


def _poll_row(run: Run, reading: Reading, still_shown: float | None) -> tuple[object, ...]:
    f, v = reading.fetch, reading.fetch.validators
    retry_at = f.fetched_at + timedelta(seconds=f.retry_after_seconds) if f.retry_after_seconds else None
    return (run.run_id, f.feed.outlet, f.feed.url, f.fetched_at, reading.outcome, reading.reason, f.status, v.etag, v.last_modified,
            v.body_sha256, v.full_at, reading.bytes, f.seconds, len(reading.entries), reading.dropped, reading.oldest_at, reading.newest_at,
            retry_at, f.moved_to if not reading.reason else None, f.feed.verify_tls, 1.0 if f.outcome == "unchanged" else still_shown)  # fmt: skip


def _compare_listings(connection: Connection, readings: Sequence[Reading]) -> dict[str, float]:
    """Feed -> how much of the newer half of its last listing, down to its oldest entry now, it still shows.

    The present listing takes the last one's place.
    """
    rows = [
        (reading.fetch.feed.url, place, entry.url, entry.published_at, reading.oldest_at)
        for reading in readings
        for place, entry in enumerate(reading.entries)
    ]
    feeds = [reading.fetch.feed.url for reading in readings]
    connection.execute(
        "create or replace temp table listed_now (feed varchar, place integer, url varchar, published_at timestamp, oldest_at timestamp)"
    )
    insert(connection, "listed_now", ("feed", "place", "url", "published_at", "oldest_at"), rows)
    found = connection.execute(
        """
        with polled as (select unnest($feeds) as feed),
        oldest as (select p.feed, any_value(n.oldest_at) as oldest_at from polled p left join listed_now n using (feed) group by p.feed),
        before as (
            select feed, url, published_at, count(*) over (partition by feed) as listed,
                   row_number() over (partition by feed order by published_at desc nulls last, place) as newest
            from feed_listings semi join polled using (feed)
        )
        select b.feed, avg((exists (select 1 from listed_now n where n.feed = b.feed and address_key(n.url) = address_key(b.url)))::integer)
        from before b join oldest o using (feed)
        -- Where there are dates, only dated entries are evidence: one that is pinned and without a believable date would always be there
        where b.newest <= ceil(b.listed / 2) and (o.oldest_at is null or b.published_at >= o.oldest_at)
        group by b.feed
        """,
        {"feeds": feeds},
    ).fetchall()
    connection.execute("delete from feed_listings where feed in (select unnest(?))", (feeds,))
    connection.execute("insert into feed_listings select feed, place, url, published_at from listed_now")
    return dict(found)


def _follow(connection: Connection, run: Run, reading: Reading) -> None:
    """A feed seen at the same new address in two runs lives there from now on; one that answers at its own address is back home."""
    fetch = reading.fetch
    if reading.outcome not in ("ok", "unchanged"):
        return
    if fetch.final_url == fetch.feed.url:
        connection.execute("update feeds set address = null where feed = ? and address is not null", (fetch.feed.url,))
    elif fetch.moved_to is not None:
        connection.execute(
            """update feeds set address = $to where feed = $feed and $to = (
                   select arg_max(moved_to, run_id) from feed_fetches where feed = $feed and run_id < $run and outcome in ('ok', 'unchanged'))""",
            {"to": fetch.moved_to, "feed": fetch.feed.url, "run": run.run_id},
        )


def _store_entries(connection: Connection, run: Run, entries: Sequence[Entry]) -> list[Entry]:
    """Insert what is new, keep changed versions of what is known, and date what had no date; returns the new ones."""
    if not entries:
        return []
    columns = {
        "place": range(len(entries)),
        "url": [e.url for e in entries],
        "outlet": [e.outlet for e in entries],
        "feed": [e.feed_url for e in entries],
        "title": [e.title for e in entries],
        "guid": [e.guid or "" for e in entries],
        "sha": [e.content_sha256 for e in entries],
        "has_words": [len(e.summary) + len(e.content) > 0 for e in entries],
        "published_at": [e.published_at for e in entries],
        "seen_at": [e.first_seen_at for e in entries],
    }
    types = {"published_at": pa.timestamp("us"), "seen_at": pa.timestamp("us")}
    connection.register("seen", pa.table({name: pa.array(values, types.get(name)) for name, values in columns.items()}))
    try:
        rows = connection.execute(_IDENTIFY).fetchall()
    finally:
        connection.unregister("seen")
    fresh = [entries[place] for place, _, is_new, _, _ in rows if is_new]
    insert_entries(connection, run, fresh)
    changed = {(url, entries[place].content_sha256): entries[place] for place, url, _, is_revision, _ in rows if is_revision}
    insert(
        connection, "entry_revisions",
        ("run_id", "url", "feed", "content_sha256", "raw_url", "guid", "title", "summary", "content", "published_at", "seen_at"),
        [(run.run_id, url, e.feed_url, sha, e.raw_url, e.guid, e.title, e.summary, e.content, e.published_at, e.first_seen_at)
         for (url, sha), e in changed.items()],
    )  # fmt: skip
    for place, url, _, _, is_dated in rows:
        if is_dated:  # some feeds learn the date of an entry days after they name it
            dated = (entries[place].published_at, url)
            connection.execute("update entries set published_at = ?, date_note = '' where url = ?", dated)
            connection.execute("update articles set published_at = ?, published_from = 'feed' where url = ? and published_at is null", dated)
    return fresh


# One row per entry just seen: its place, the address it is known by, whether it is new, whether its words are, whether its date is.
# An entry is known by its address, whose scheme, www. and last slash may change. At another address it is the same one, within its outlet,
# if title and guid, or title and all words, are the same within a week; or if guid and publication time are, in one feed.
_IDENTIFY = """
    with bare as (select place, address_key(url) as address from seen),
    forms as (select place, address from bare union select place, regexp_replace(address, '(\\?|$)', '/\\1') from bare),
    spelt as (  -- every way to write the address, as looking these up is ten times as fast as giving each stored one its key
        select place, unnest(['http://' || address, 'https://' || address, 'http://www.' || address, 'https://www.' || address]) as url from forms
    ),
    known as (select place, arg_min(url, (e.first_seen_at, url)) as url from spelt join entries e using (url) group by place),
    unknown as (
        select * replace (lower(title) as title), first_value(url) over (partition by address_key(url) order by place) as first_url
        from seen anti join known using (place)
    ),
    stored as (
        select -1 as place, e.url, e.outlet, e.feed, lower(e.title) as title, coalesce(e.guid, '') as guid,
               e.content_sha256 as sha, e.published_at, coalesce(e.published_at, e.first_seen_at) as dated_at
        from entries e
        where e.url in (select url from known) or lower(e.title) in (select lower(title) from seen) or e.guid in (select guid from seen)
    ),
    candidates as (
        select * from stored
        union all
        select place, url, outlet, feed, title, guid, sha, published_at, coalesce(published_at, seen_at) from unknown where url = first_url
    ),
    doubtful as (  -- guids that a feed gives to several entries; extract.items then appends their addresses
        select split_part(guid, ' ', 1) as guid from candidates where contains(guid, ' ')
    ),
    moved as (
        select u.url, arg_min(k.url, k.place) as root
        from unknown u
        join candidates k on k.outlet = u.outlet and k.place < u.place and k.url <> u.url
        where u.url = u.first_url and (
            (u.title <> '' and k.title = u.title and abs(date_diff('second', k.dated_at, coalesce(u.published_at, u.seen_at))) <= 7 * 86400
             and ((u.guid <> '' and k.guid = u.guid)
                  or (u.has_words and k.sha = u.sha and coalesce(abs(date_diff('second', k.published_at, u.published_at)) <= 3600, true))))
            or (u.guid <> '' and k.guid = u.guid and k.feed = u.feed and u.guid not in (select guid from doubtful)
                and abs(date_diff('second', k.published_at, u.published_at)) <= 3600)
        )
        group by u.url
    ),
    identified as (
        select s.place, s.sha, s.published_at, coalesce(k.url, onward.root, m.root, u.first_url) as url,
               u.url = u.first_url and m.root is null and u.place = min(u.place) over (partition by u.first_url) as is_new
        from seen s left join known k using (place) left join unknown u using (place)
        left join moved m on m.url = u.first_url left join moved onward on onward.url = m.root
    ),
    versions as (
        select distinct url, sha from candidates
        union select url, content_sha256 from entry_revisions where url in (select url from identified)
    )
    select i.place, i.url, coalesce(i.is_new, false), not coalesce(i.is_new, false) and v.sha is null as is_revision,
           i.published_at is not null and exists (select 1 from stored t where t.url = i.url and t.published_at is null) as is_dated
    from identified i left join versions v on v.url = i.url and v.sha = i.sha
    order by i.place
"""
