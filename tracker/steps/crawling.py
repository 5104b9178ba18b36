"""Feeds and pages: what feeds.yaml lists comes in; polls, entries, articles and rejections stand in the archive when it is done.

Every host has a line of its own: its feeds, then the pages they name, one request at a time. The lines move side by side, extraction
runs in worker processes, and one writer stores what is finished. A killed crawl loses what the writer had not stored yet, no more.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Container, Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TypeAlias

import duckdb

from tracker.extract import article, entries, feedlists, urls
from tracker.extract.workers import Failure, Workers, failure_reason
from tracker.fetch import feeds as feed_polls
from tracker.fetch import pages as article_pages
from tracker.fetch.client import Client
from tracker.fetch.robots import Robots
from tracker.fetch.turns import host_key
from tracker.measures import coverage
from tracker.records import NOT_ASKED, Article, Entry, Feed, FeedFetch, Page, Progress, Rejection, Run, Validators
from tracker.settings import Settings
from tracker.store import derived, ledger, observed
from tracker.store.database import transaction
from tracker.store.ledger import FeedState, Reading
from tracker.store.observed import Finished

Connection: TypeAlias = duckdb.DuckDBPyConnection
_Job: TypeAlias = Callable[[], Awaitable[None]]

_FEED_SECONDS = 30.0  # a feed of 12 MiB parses in 3 s; ten times that is hostile
_STORED_AT_ONCE = 200  # results in one transaction: a killed run loses less than a minute's work
_STORE_SECONDS = 0.5  # the first result of a batch waits this long for others: a commit costs as much for one as for many
_BACKLOG_BYTES = 32 * 2**20  # bodies that wait for a worker; beyond it no request starts, which bounds memory
_DUPLICATE_SKIPPED = timedelta(days=30)  # as rarely as a feed that is gone is asked whether it is back
_NOT_ASKED_AT_MOST = timedelta(days=30)  # as long as robots.txt may be out of reach before it counts as absent
_SAME_TEXT_URLS = 3  # differently titled pages of a host that give one text: two may be a mistake of the site, three are a notice


async def poll_and_read(
    connection: Connection, settings: Settings, run: Run, client: Client, workers: Workers, progress: Progress
) -> None:
    """Poll every feed that is due, and turn what it brings, and what earlier runs left, into articles and rejections."""
    states = ledger.feed_states(connection)
    skipped = ledger.duplicates([feed.url for feed in settings.feeds], states)
    due = []
    for feed in settings.feeds:
        state = states.get(feed.url)
        if state is not None and feed.url in skipped:  # polled under another name; now and then asked whether it is back
            state = replace(state, address=None)
            if run.started_at - state.last_polled_at < _DUPLICATE_SKIPPED:
                continue
        if state is None or state.due_at(run.started_at) <= run.started_at:
            due.append((feed, state))
    await _Crawl(connection, settings, run, client, workers, progress).complete(due, observed.pending_entries(connection))


async def read_pending(
    connection: Connection, settings: Settings, run: Run, client: Client, workers: Workers, progress: Progress, outlets: Container[str]
) -> None:
    """Turn every entry of these outlets that waits into an article or a rejection, without polling."""
    pending = [entry for entry in observed.pending_entries(connection) if entry.outlet in outlets]
    await _Crawl(connection, settings, run, client, workers, progress).complete([], pending)


class _Crawl:
    """One run's work under way. Everything that is added comes out as one result, and every result is stored."""

    def __init__(
        self, connection: Connection, settings: Settings, run: Run, client: Client, workers: Workers, progress: Progress
    ) -> None:
        self._connection = connection
        self._settings = settings
        self._run = run
        self._client = client
        self._workers = workers
        self._progress = progress
        self._robots = Robots(client, ledger.robots_files(connection), run.started_at)
        self._tries = observed.page_failures(connection, run.started_at.date())
        self._full_text = {feed.url for feed in settings.feeds if feed.full_text}
        self._lines: dict[str, deque[_Job]] = {}
        self._results: asyncio.Queue[Reading | Finished] = asyncio.Queue()
        self._counts = {"feeds": [0, 0], "pages": [0, 0]}  # done, of how many
        self._backlog = 0
        self._no_page_after = asyncio.get_running_loop().time() + settings.fetch.crawl_seconds

    async def complete(self, due: Sequence[tuple[Feed, FeedState | None]], pending: Sequence[Entry]) -> None:
        """Do all of it: these feeds, these entries, and what the feeds bring."""
        for host, until in ledger.holds(self._connection, self._run.started_at):
            self._client.hold(host, (until - self._run.started_at).total_seconds())
        try:
            async with asyncio.TaskGroup() as group:
                for feed, state in due:
                    self._add(group, "feeds", feed.url, partial(self._poll, group, feed, state))
                self._add_pages(group, pending)
                await self._store(group)
        except BaseExceptionGroup as several:  # what ended the run is one thing, such as a full disk; the rest was cancelled
            raise several.exceptions[-1] from None
        with transaction(self._connection):
            ledger.record_robots(self._connection, self._robots.files)
            ledger.record_holds(self._connection, [(host, self._run.started_at + timedelta(seconds=s)) for host, s in self._client.holds()])
        await self._take_back_walls()

    def _add_pages(self, group: asyncio.TaskGroup, found: Iterable[Entry]) -> None:
        for entry in found:
            if entry.feed_url in self._full_text:
                self._counts["pages"][1] += 1
                group.create_task(self._finish(entry, None))
            else:
                self._add(group, "pages", entry.url, partial(self._fetch, group, entry))

    def _add(self, group: asyncio.TaskGroup, kind: str, url: str, job: _Job) -> None:
        """Put a job at the end of its host's line."""
        self._counts[kind][1] += 1
        key = host_key(url)
        if key in self._lines:
            self._lines[key].append(job)
        else:
            self._lines[key] = deque([job])
            group.create_task(self._walk(key))

    async def _walk(self, key: str) -> None:
        """Do one host's jobs one after the other."""
        line = self._lines[key]
        while line:
            await line.popleft()()
        del self._lines[key]

    async def _poll(self, group: asyncio.TaskGroup, feed: Feed, state: FeedState | None) -> None:
        validators, address = (state.validators, state.address_to_ask()) if state else (Validators(), None)
        fetched = await feed_polls.poll(self._client, feed, validators, self._run.started_at, address)
        self._wait_for_worker(len(fetched.body))
        group.create_task(self._understand(fetched))  # the host's next request does not wait for it

    async def _understand(self, fetched: FeedFetch) -> None:
        try:
            reading = await self._read_feed(fetched)
            if reading.reason == "not_a_feed":
                reading = await self._read_feed_named_by(fetched) or reading
        finally:
            self._wait_for_worker(-len(fetched.body))
        size = len(reading.fetch.body)
        await self._results.put(replace(reading, fetch=replace(reading.fetch, body=b""), bytes=size))

    async def _read_feed(self, fetched: FeedFetch) -> Reading:
        if fetched.outcome != "ok":
            return Reading(fetched, fetched.reason)
        read = await self._workers.run(entries.read, fetched, self._settings.fetch.entries_per_feed, seconds=_FEED_SECONDS)
        if isinstance(read, Failure):
            return Reading(fetched, failure_reason(read))
        oldest_at = coverage.reach(entry.published_at for entry in read.entries if entry.published_at)
        return Reading(fetched, read.error or "", read.entries, read.dropped, oldest_at, read.newest_at, read.rejections)

    async def _read_feed_named_by(self, page: FeedFetch) -> Reading | None:
        """What the feed says that the HTML page at a feed's address names as its own; None if there is none."""
        named = await self._workers.run(feedlists.named_by, page.body, page.final_url, seconds=_FEED_SECONDS)
        if isinstance(named, Failure):
            return None
        address = next((url for url in named if url != page.feed.url and urls.same_site(url, page.feed.url)), None)
        if address is None or await self._robots.allows(address) is not None:  # no person chose this one
            return None
        fetched = await feed_polls.poll(self._client, page.feed, None, page.fetched_at, address)
        reading = await self._read_feed(fetched)
        if reading.reason:
            return None
        # Its validators belong to another address than the one that is asked next
        return replace(reading, fetch=replace(fetched, moved_to=fetched.final_url, validators=Validators()))

    async def _fetch(self, group: asyncio.TaskGroup, entry: Entry) -> None:
        if asyncio.get_running_loop().time() > self._no_page_after:
            await self._results.put(Finished(None, None))
            return
        page = await article_pages.fetch(self._client, self._robots, entry, self._run.started_at)
        self._wait_for_worker(len(page.body))
        group.create_task(self._finish(entry, page))

    async def _finish(self, entry: Entry, page: Page | None) -> None:
        try:
            became = await self._become(entry, page)
        finally:
            self._wait_for_worker(-len(page.body) if page else 0)
        await self._results.put(Finished(page and replace(page, body=b""), became, len(page.body) if page else 0))

    def _wait_for_worker(self, size: int) -> None:
        self._backlog += size
        if self._backlog < _BACKLOG_BYTES:
            self._client.room.set()
        else:
            self._client.room.clear()

    async def _become(self, entry: Entry, page: Page | None) -> Article | Rejection | None:
        """What an entry becomes; None: nothing yet, try again next run."""
        if page is None:
            return await self._from_feed(entry, "")
        if page.reason in NOT_ASKED and self._run.started_at - entry.first_seen_at < _NOT_ASKED_AT_MOST:
            return None
        if page.outcome == "soft_error" and self._tries.get(entry.url, 0) + 1 < self._settings.fetch.page_tries:
            return None
        if page.outcome != "ok":
            reason = page.reason
        else:
            settings = self._settings.extract
            became = await _settle(partial(self._workers.run, article.read, page, settings, seconds=settings.page_seconds), entry)
            if isinstance(became, Article):
                return became
            reason = became.reason
        # The page cannot be read: the feed's own text, where there is enough of it, says at least what the story is
        kept = await self._from_feed(entry, reason)
        if isinstance(kept, Rejection) and page.outcome != "ok":
            return Rejection(entry.url, entry.outlet, "fetch", reason, page.fetched_at)
        return kept

    async def _from_feed(self, entry: Entry, reason: str) -> Article | Rejection:
        settings = self._settings.extract
        return await _settle(partial(self._workers.run, article.from_feed, entry, reason, settings, seconds=settings.page_seconds), entry)

    async def _store(self, group: asyncio.TaskGroup) -> None:
        """Write results until everything that was added has come out; new entries join the lines as soon as they are stored."""
        while any(done < total for done, total in self._counts.values()):
            batch = await self._batch()
            readings = [result for result in batch if isinstance(result, Reading)]
            finished = [result for result in batch if isinstance(result, Finished)]
            with transaction(self._connection):
                fresh = ledger.record_polls(self._connection, self._run, readings)
                observed.record_pages(self._connection, self._run, finished)
            self._add_pages(group, fresh)
            for kind, results in (("feeds", readings), ("pages", finished)):
                self._counts[kind][0] += len(results)
            stage = "feeds" if self._counts["feeds"][0] < self._counts["feeds"][1] else "pages"
            self._progress(stage, *self._counts[stage])

    async def _batch(self) -> list[Reading | Finished]:
        batch = [await self._results.get()]
        try:
            async with asyncio.timeout(_STORE_SECONDS):
                while len(batch) < _STORED_AT_ONCE and len(batch) < sum(total - done for done, total in self._counts.values()):
                    batch.append(await self._results.get())
        except TimeoutError:
            pass
        return batch

    async def _take_back_walls(self) -> None:
        """A text that many pages of a host gave is a notice: the feed's own text, or a rejection, takes its place."""
        walled = observed.walled_entries(self._connection, _SAME_TEXT_URLS)
        became = await asyncio.gather(*(self._from_feed(entry, "same_text") for entry in walled))
        with transaction(self._connection):
            derived.forget_articles(self._connection, observed.replace_articles(self._connection, self._run, became))


async def _settle(work: Callable[[], Awaitable[Article | Rejection | Failure]], entry: Entry) -> Article | Rejection:
    found = await work()
    if isinstance(found, Failure):  # perhaps the machine was at fault (busy, out of memory) and not the page: once more
        found = await work()
    if isinstance(found, Failure):
        return Rejection(entry.url, entry.outlet, "extract", failure_reason(found), entry.first_seen_at)
    return found
