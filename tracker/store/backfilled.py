"""What backfills read: sources and the entries they brought come in and become rows; what is known and done already goes out."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

import duckdb

from tracker.records import Entry, Run
from tracker.store.ledger import insert_entries

Connection = duckdb.DuckDBPyConnection


@dataclass(slots=True)
class Tally:
    """What one kind of source brought for one outlet: files read, addresses of the days asked for, those of them new; and what it lacks."""

    outlet: str
    source: str
    files: int = 0
    found: int = 0
    new: list[str] = field(default_factory=list)
    notes: Counter[str] = field(default_factory=Counter)


def finished_sources(connection: Connection, outlet: str, since: date) -> dict[str, datetime]:
    """Source -> when it was last read to its end for entries of `since`, or of an earlier day, on."""
    rows = connection.execute(
        "select source, max(done_at) from backfilled where outlet = ? and since <= ? group by source", (outlet, since)
    ).fetchall()
    return dict(rows)


def recent_addresses(connection: Connection, outlet: str, at_most: int) -> list[str]:
    """Addresses of the outlet's entries last seen in its feeds (not those an earlier backfill found elsewhere), newest first."""
    rows = connection.execute(
        """select url from entries where outlet = ? and feed in (select feed from feeds) order by first_seen_at desc, url limit ?""",
        (outlet, at_most),
    ).fetchall()
    return [url for (url,) in rows]


def settled(connection: Connection, urls: Sequence[str]) -> set[str]:
    """Those of the addresses that are an article, or rejected, already."""
    rows = connection.execute(
        """with wanted as (select unnest($urls) as url),
           done as (select url from articles union all select url from rejections where stage <> 'feed')
           select w.url from wanted w semi join done d on address_key(d.url) = address_key(w.url)""",
        {"urls": list(urls)},
    ).fetchall()
    return {url for (url,) in rows}


def record_entries(connection: Connection, run: Run, entries: Sequence[Entry], at_most: int) -> tuple[list[str], bool]:
    """Store the first `at_most` of those entries that are not known yet: their addresses, and whether some were left for lack of room.

    Call it inside a transaction.
    """
    rows = connection.execute(
        "select w.url from (select unnest(?) as url) w semi join entries e on address_key(e.url) = address_key(w.url)", ([e.url for e in entries],)
    ).fetchall()
    known = {url for (url,) in rows}
    fresh = list({e.url: e for e in entries if e.url not in known}.values())
    stored = fresh[:at_most]
    insert_entries(connection, run, stored)
    return [e.url for e in stored], len(stored) < len(fresh)


def record_source(connection: Connection, run: Run, outlet: str, source: str, since: date, entries: int) -> None:
    """Note that a source was read to its end. Call it in the transaction that stores what it brought."""
    connection.execute(
        "insert into backfilled values (?, ?, ?, ?, ?, ?)", (run.run_id, outlet, source, since, entries, run.started_at)
    )


def became(connection: Connection, urls: Sequence[str]) -> tuple[int, int, int]:
    """How many of these entries are articles, are rejected, and wait."""
    found = connection.execute(
        """select count(*) filter (a.url is not null), count(*) filter (a.url is null and r.url is not null),
                  count(*) filter (a.url is null and r.url is null)
           from (select distinct unnest(?) as url) e
           left join (select distinct url from articles) a using (url)
           left join (select distinct url from rejections where stage <> 'feed') r using (url)""",
        (list(urls),),
    ).fetchall()
    articles, rejected, waiting = found[0]
    return articles, rejected, waiting
