"""Backfill: outlets and a first day come in; what sitemaps, older pages of feeds and web-archive files hold since then stands in the archive.

Searching comes first: each source that was read to its end is noted in the transaction that stores the entries it brought. Then the
crawl's own reader turns entries into articles. A killed backfill loses the source it was reading, and the next one goes on from there.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from tracker.extract import paging, sitemaps, sites
from tracker.extract.entries import FeedReading
from tracker.extract.sitemaps import Part
from tracker.extract.workers import Failure, Workers, failure_reason
from tracker.fetch import archives
from tracker.fetch import feeds as feed_polls
from tracker.fetch.client import Client
from tracker.fetch.robots import Robots
from tracker.records import Entry, Feed, FeedFetch, Progress, Run
from tracker.settings import OutletEntry, Settings
from tracker.steps import crawling, unarchiving
from tracker.store import backfilled, ledger
from tracker.store.backfilled import Tally
from tracker.store.database import transaction

Connection = duckdb.DuckDBPyConnection

_OUTLETS_AT_ONCE = 8  # each may hold a sitemap of 50 MiB in memory
_DEPTH = 3  # an index of indexes of sitemaps; deeper is a loop
_SITEMAPS_AT_MOST = 1000  # of an outlet: one a day for almost three years
_FEED_PAGES_AT_MOST = 500  # of a feed: at ten entries a page, well beyond the limit of entries
_KNOWN_ADDRESSES = 1000  # that tell where an outlet's articles lie
_READ_SECONDS = 60.0  # a sitemap of 50 MiB takes 5 s to read; ten times that is hostile
_GUESS_FAILED = ("http_404", "http_410", "not_a_sitemap")  # a guessed address that does not exist is no finding


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to look for: articles of `since` or later, at most `limit` new ones an outlet from the web, from these sources."""

    since: date
    outlets: tuple[OutletEntry, ...]
    limit: int
    with_sitemaps: bool = True
    with_feeds: bool = True
    warcs: tuple[Path, ...] = ()


async def backfill(
    connection: Connection, settings: Settings, run: Run, client: Client, workers: Workers, wanted: Wanted, progress: Progress
) -> list[Tally]:
    """Read the WARC files, search the web, read the pages of what was found. Commits as it goes."""
    tallies: list[Tally] = []
    known_sites = {outlet.outlet: _site(connection, outlet) for outlet in wanted.outlets}
    for path in wanted.warcs:
        reading = unarchiving.Reading(connection, settings, run, workers, wanted.since, list(known_sites.values()))
        tallies += await reading.read(path, progress)
    if wanted.with_sitemaps or wanted.with_feeds:
        robots = Robots(client, ledger.robots_files(connection), run.started_at)
        for host, until in ledger.holds(connection, run.started_at):
            client.hold(host, (until - run.started_at).total_seconds())
        moved = {url: state.address_to_ask() for url, state in ledger.feed_states(connection).items()}
        room = asyncio.Semaphore(_OUTLETS_AT_ONCE)
        searches = [
            _Search(connection, settings, run, client, robots, workers, wanted, o, known_sites[o.outlet], moved)
            for o in wanted.outlets
        ]

        def watched() -> None:
            progress("sources", sum(s.read for s in searches), sum(s.read + s.ahead for s in searches))

        async def search(of_outlet: _Search) -> None:
            async with room:
                await of_outlet.all_sources(watched)

        try:
            async with asyncio.TaskGroup() as group:
                for of_outlet in searches:
                    group.create_task(search(of_outlet))
        except BaseExceptionGroup as several:  # what ended the run is one thing, such as a full disk; the rest was cancelled
            raise several.exceptions[0] from None
        with transaction(connection):
            ledger.record_robots(connection, robots.files)
        tallies += [tally for of_outlet in searches for tally in of_outlet.tallies]
        await crawling.read_pending(connection, settings, run, client, workers, progress, {o.outlet for o in wanted.outlets})
    return tallies


def _site(connection: Connection, outlet: OutletEntry) -> sites.Site:
    feeds = [feed.url for feed in outlet.enabled_feeds()]
    return sites.learn(outlet.outlet, feeds, backfilled.recent_addresses(connection, outlet.outlet, _KNOWN_ADDRESSES))


class _Search:
    """The search for one outlet's older articles on the web."""

    def __init__(
        self, connection: Connection, settings: Settings, run: Run, client: Client, robots: Robots, workers: Workers, wanted: Wanted,
        outlet: OutletEntry, site: sites.Site, moved: Mapping[str, str | None],
    ) -> None:  # fmt: skip
        self._connection = connection
        self._settings = settings
        self._run = run
        self._client = client
        self._robots = robots
        self._workers = workers
        self._wanted = wanted
        self._outlet = outlet
        self._site = site
        self._done = backfilled.finished_sources(connection, outlet.outlet, wanted.since)
        self._moved = moved
        self._room = wanted.limit
        self.tallies: list[Tally] = []
        self.read, self.ahead = 0, 1  # sources, for the progress shown

    async def all_sources(self, watched: Callable[[], None]) -> None:
        """Sitemaps, then feeds, as long as there is room; `watched` is called after each."""
        if self._wanted.with_sitemaps:
            await self._read_sitemaps(self._tally("sitemaps"), watched)
        if self._wanted.with_feeds:
            tally = self._tally("feeds")
            for feed in self._outlet.enabled_feeds():
                await self._read_feed(feed, tally, watched)
        self.ahead = 0
        watched()

    def _tally(self, source: str) -> Tally:
        self.tallies.append(Tally(self._outlet.outlet, source))
        return self.tallies[-1]

    async def _read_sitemaps(self, tally: Tally, watched: Callable[[], None]) -> None:
        todo: list[tuple[Part, int, bool]] = []  # with depth, and whether its address is a guess
        for origin in self._site.origins:
            addresses, is_guess = await archives.sitemap_addresses(self._robots, origin)
            todo += [(Part(url), 0, is_guess) for url in sitemaps.news_first(addresses)]
        seen: set[str] = set()
        while todo and self._has_room(tally):
            part, depth, is_guess = todo.pop(0)
            done_at = self._done.get(part.url)
            if part.url in seen or (done_at is not None and sitemaps.is_settled(part, done_at)):
                continue
            if len(seen) == _SITEMAPS_AT_MOST:
                tally.notes[f"cut after {_SITEMAPS_AT_MOST} sitemaps"] += 1
                return
            seen.add(part.url)
            parts = await self._read_sitemap(part.url, is_guess, tally)
            if depth < _DEPTH:
                todo[:0] = [(further, depth + 1, False) for further in parts]
            self.read, self.ahead = self.read + 1, len(todo) + 1
            watched()

    async def _read_sitemap(self, url: str, is_guess: bool, tally: Tally) -> tuple[Part, ...]:
        """Read one sitemap and store its entries; the further ones that it names come back."""
        response = await archives.get_sitemap(self._client, self._robots, url)
        reason, read = response.reason, None
        if response.outcome == "ok" or reason == "too_large":
            arguments = (
                response.body,
                response.final_url or url,
                archives.SITEMAP_BYTES,
                self._site,
                self._wanted.since,
                self._run.started_at,
            )
            read = await self._workers.run(sitemaps.read, *arguments, seconds=_READ_SECONDS)
            reason = failure_reason(read) if isinstance(read, Failure) else read.error or ""
        if read is None or isinstance(read, Failure) or reason:
            if not (is_guess and reason in _GUESS_FAILED):
                tally.notes[reason] += 1
            return ()
        tally.files += 1
        tally.notes.update(read.skipped)
        if read.is_cut or response.reason:
            tally.notes["cut sitemaps"] += 1
        self._store(
            url, read.entries, tally, is_finished=bool(read.entries or read.skipped)
        )  # an index has neither: it is read anew
        return read.parts

    async def _read_feed(self, feed: Feed, tally: Tally, watched: Callable[[], None]) -> None:
        """Follow a feed to its older pages, until one is too old, brings nothing more, or cannot be read.

        Its own address stands for the whole way: once that was walked to its end, the next walk ends where nothing is new.
        """
        now, url, seen, shown = self._run.started_at, feed.url, set[str](), set[str]()
        is_walked = feed.url in self._done
        while self._has_room(tally):
            seen.add(url)
            fetched = (
                await feed_polls.poll(self._client, feed, None, now, self._moved.get(feed.url))
                if url == feed.url
                else await archives.get_feed_page(self._client, self._robots, feed, url, now)
            )
            if fetched.outcome == "hard_error" and len(seen) > 1:  # the page after the last one
                break
            read = await self._read_page(fetched)
            if isinstance(read, str):
                tally.notes[read] += 1
                return
            reading, older = read
            tally.files += 1
            self.read += 1
            watched()
            dates = [entry.published_at.date() for entry in reading.entries if entry.published_at]
            fresh = [
                entry for entry in reading.entries
                if entry.url not in shown and (entry.published_at is None or entry.published_at.date() >= self._wanted.since)
            ]  # fmt: skip
            is_repeated = shown.issuperset(entry.url for entry in reading.entries)
            shown.update(entry.url for entry in reading.entries)
            brought, is_cut = self._store(url, fresh, tally, is_finished=url != feed.url)
            is_past = bool(dates) and max(dates) < self._wanted.since
            if is_cut or len(seen) == _FEED_PAGES_AT_MOST:
                tally.notes[f"cut after {len(seen)} pages"] += 1
                return
            if older is None or older in seen or is_repeated or is_past or (is_walked and not brought):
                break
            url = older
        else:
            return
        with transaction(self._connection):
            backfilled.record_source(self._connection, self._run, feed.outlet, feed.url, self._wanted.since, len(shown))

    async def _read_page(self, fetched: FeedFetch) -> tuple[FeedReading, str | None] | str:
        if fetched.outcome != "ok":
            return fetched.reason
        read = await self._workers.run(paging.read, fetched, self._settings.fetch.entries_per_feed, seconds=_READ_SECONDS)
        if isinstance(read, Failure):
            return failure_reason(read)
        return read[0].error or read

    def _store(self, source: str, entries: Sequence[Entry], tally: Tally, *, is_finished: bool) -> tuple[int, bool]:
        """Store what a source brought, and that it was read to its end if there was room for all: how many were new, whether some were not stored."""
        with transaction(self._connection):
            new, is_cut = backfilled.record_entries(self._connection, self._run, entries, self._room)
            if is_finished and not is_cut:
                backfilled.record_source(
                    self._connection, self._run, self._outlet.outlet, source, self._wanted.since, len(entries)
                )
        self._room -= len(new)
        tally.found += len(entries)
        tally.new += new
        if is_cut:
            self._room = 0
        return len(new), is_cut

    def _has_room(self, tally: Tally) -> bool:
        if self._room <= 0:
            tally.notes[f"stopped at --limit {self._wanted.limit}: run it again for more"] = 1
        return self._room > 0
