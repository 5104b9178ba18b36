"""Feeds and pages: what feeds.yaml lists comes in; polls, entries, articles and rejections stand in the archive when it is done."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

import duckdb

from tracker.extract import article, entries
from tracker.extract.workers import Failure, Workers, failure_reason
from tracker.fetch import feeds as feed_polls
from tracker.fetch import pages as article_pages
from tracker.fetch.client import Client
from tracker.fetch.robots import Robots
from tracker.records import Article, Entry, Feed, FeedFetch, Page, Rejection, Run, Validators
from tracker.settings import Settings
from tracker.store import observed

Progress = Callable[[str, int, int], None]

_FEED_SECONDS = 30.0  # a feed of 12 MiB parses in 3 s; ten times that is hostile
_COMMIT_EVERY = 200  # articles: a killed run loses less than a minute's work


async def poll_feeds(
    connection: duckdb.DuckDBPyConnection, settings: Settings, run: Run, client: Client, workers: Workers, progress: Progress
) -> None:
    """Poll every feed that is due, read it, and write what it brought, one transaction a feed."""
    states = observed.feed_states(connection)
    due = observed.due(settings.feeds, states, run.started_at)

    async def poll(feed: Feed) -> observed.Reading:
        state = states.get(feed.url)
        fetched = await feed_polls.poll(client, feed, state.validators if state else Validators(), run.started_at)
        return await _read_feed(fetched, settings, workers)

    for done, finished in enumerate(asyncio.as_completed([poll(feed) for feed in due]), 1):
        observed.record_poll(connection, run, await finished)
        progress("feeds", done, len(due))


async def _read_feed(fetched: FeedFetch, settings: Settings, workers: Workers) -> observed.Reading:
    if fetched.outcome != "ok":
        return observed.Reading(fetched, fetched.reason)
    read = await workers.run(entries.read, fetched, settings.fetch.entries_per_feed, seconds=_FEED_SECONDS)
    if isinstance(read, Failure):
        return observed.Reading(fetched, failure_reason(read))
    return observed.Reading(
        fetched, read.error or "", read.entries, read.dropped, read.oldest_at, read.newest_at, read.rejections
    )


async def read_pages(
    connection: duckdb.DuckDBPyConnection, settings: Settings, run: Run, client: Client, workers: Workers, progress: Progress
) -> None:
    """Turn every pending entry into an article or a rejection; what failed softly stays pending for the next run."""
    pending = observed.pending_entries(connection)
    tried = observed.page_failures(connection)
    full_text = {feed.url for feed in settings.feeds if feed.full_text}
    robots = Robots(client)
    # Bounds the pages held in memory: some for every host being asked, some for every worker
    room = asyncio.Semaphore(settings.fetch.hosts_at_once + 8 * workers.processes)
    ready: asyncio.Queue[_Outcome] = asyncio.Queue()

    async def from_host(of_host: list[Entry]) -> None:
        async with asyncio.TaskGroup() as reading:
            for entry in of_host:
                await room.acquire()
                page = None if entry.feed_url in full_text else await article_pages.fetch(client, robots, entry, run.started_at)
                reading.create_task(finish(entry, page))

    async def finish(entry: Entry, page: Page | None) -> None:
        try:
            await ready.put((page, await _become(entry, page, tried.get(entry.url, 0) + 1, settings, workers)))
        finally:
            room.release()

    by_host: dict[str, list[Entry]] = defaultdict(list)
    for entry in pending:
        by_host[urlsplit(entry.url).netloc].append(entry)
    async with asyncio.TaskGroup() as hosts:
        for of_host in by_host.values():
            hosts.create_task(from_host(of_host))
        hosts.create_task(_write(connection, run, ready, len(pending), progress))


_Outcome = tuple[Page | None, Article | Rejection | None]


async def _write(
    connection: duckdb.DuckDBPyConnection, run: Run, ready: "asyncio.Queue[_Outcome]", total: int, progress: Progress
) -> None:
    batch: list[_Outcome] = []
    for done in range(1, total + 1):
        batch.append(await ready.get())
        progress("pages", done, total)
        if len(batch) == _COMMIT_EVERY or done == total:
            observed.record_pages(
                connection,
                run,
                [page for page, _ in batch if page],
                [became for _, became in batch if isinstance(became, Article)],
                [became for _, became in batch if isinstance(became, Rejection)],
            )
            batch = []


async def _become(entry: Entry, page: Page | None, tries: int, settings: Settings, workers: Workers) -> Article | Rejection | None:
    """What an entry becomes; None: nothing yet, try again next run."""
    if page is None:
        return await _settle(workers.run(article.from_feed, entry, "", settings.extract, seconds=settings.extract.page_seconds), entry)
    if page.outcome == "soft_error" and tries < settings.fetch.page_tries:
        return None
    if page.outcome != "ok":
        reason = page.reason
    else:
        became = await _settle(workers.run(article.read, page, settings.extract, seconds=settings.extract.page_seconds), entry)
        if isinstance(became, Article):
            return became
        reason = became.reason
    # The page cannot be read: the feed's own text, where there is enough of it, says at least what the story is
    kept = await _settle(workers.run(article.from_feed, entry, reason, settings.extract, seconds=settings.extract.page_seconds), entry)
    if isinstance(kept, Rejection) and page.outcome != "ok":
        return Rejection(entry.url, entry.outlet, "fetch", reason, page.fetched_at)
    return kept


async def _settle(
    working: Awaitable[Article | Rejection | Failure], entry: Entry
) -> Article | Rejection:
    found = await working
    if isinstance(found, Failure):
        return Rejection(entry.url, entry.outlet, "extract", failure_reason(found), entry.first_seen_at)
    return found
