"""Dated snapshots of real feeds come in; they are crawled night by night with the real crawler, and what went wrong goes out.

One look a night, twice over: once every night, and once with three nights of every ten missed, for the gaps that leaves. Articles'
pages are on the real web and never asked for: the feeds are said to carry whole articles.
"""

import asyncio
import socket
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
from aiohttp import web

from evals.snapshot_truth import Truth, key, outlet_of, read
from tracker import pipeline
from tracker.demo import server
from tracker.extract.workers import Workers
from tracker.records import Run
from tracker.settings import FetchSettings, OutletEntry, Settings
from tracker.steps import measuring
from tracker.store import observed
from tracker.store.database import open_archive

NIGHT = time(10, 0)  # before the hour of any snapshot whose entries carry hours: what was seen is never claimed for later
SILENT_AFTER = timedelta(days=14)  # issue: a feed empty for longer is reported, one with a new link within them is not
HEALTH_EVERY = 7  # nights: feed health is made anew from the whole ledger
FULL_AFTER = timedelta(days=7)  # a server's 'not modified' is believed for a week
DAILY = timedelta(days=2)  # a feed whose snapshots are never further apart can tell what a missed night lost

Row = tuple[str, float | int | None, str]


@dataclass(frozen=True, slots=True)
class Asked:
    """One request that reached the server. `feed` is '' if it was for anything but a feed."""

    night: date
    feed: str
    is_conditional: bool
    status: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Stored:
    """One row of `entries`, by the key it has in the truth."""

    key: str
    feed: str
    published: datetime | None


@dataclass(frozen=True, slots=True)
class Lived:
    """What a replay left: requests, rows of the archive, feeds called silent by night, coverage states, and rejections."""

    nights: Sequence[date]
    asked: Sequence[Asked]
    entries: Sequence[Stored]
    revisions: Mapping[str, int]  # by key
    pages: int
    silent: Mapping[tuple[str, date], bool]
    coverage: Mapping[tuple[str, date], str]
    rejected: Mapping[str, str]  # reason by key


@dataclass(frozen=True, slots=True)
class Report:
    """Both replays against the truth of the snapshots."""

    truth: Truth
    every_night: Lived
    with_gaps: Lived | None

    def rows(self) -> list[Row]:
        """(measure, value, detail): shares of what is right, 1 where nothing went wrong; rows without a value explain."""
        gaps = _gaps(self.truth, self.with_gaps) if self.with_gaps else []
        lived = self.every_night
        return [*_entries(self.truth, lived), *_silence(self.truth, lived), *_requests(self.truth, lived), *_days(self.truth, lived), *gaps]


def evaluate(path: Path) -> Report:
    """Live through every day from the first snapshot to the last. Raises SettingsError if the file holds none."""
    truth = Truth.of(read(path))
    first, last = truth.snapshots[0].day, truth.snapshots[-1].day
    nights = [first + timedelta(days=i) for i in range((last - first).days + 1)]
    every_night = asyncio.run(live(truth, list(truth.feeds), nights))
    daily = [feed for feed, days in truth.feeds.items() if len(days) > 1 and all(b - a <= DAILY for a, b in pairwise(days))]
    looked = [night for night in nights if not is_missed(night) and any(night in truth.feeds[feed] for feed in daily)]
    return Report(truth, every_night, asyncio.run(live(truth, daily, looked)) if looked else None)


def is_missed(night: date) -> bool:
    """Whether nobody looks on this night in the second replay: three nights of every ten."""
    return night.toordinal() % 10 in (4, 5, 6)


async def live(truth: Truth, feeds: Sequence[str], nights: Sequence[date]) -> Lived:
    """Crawl each night what the feeds then showed, from their first snapshot on."""
    archive = open_archive(None)
    asked: list[Asked] = []
    silent: dict[tuple[str, date], bool] = {}
    answers: dict[str, server.Reply] = {}
    sock = socket.create_server((server.LOOPBACK, 0))
    site = f"http://{server.LOOPBACK}:{sock.getsockname()[1]}"
    tonight = [nights[0]]

    @web.middleware
    async def noted(request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> web.StreamResponse:
        response = await handler(request)
        feed = request.path.removeprefix("/").removesuffix(".xml") if request.path in answers else ""
        is_conditional = bool(request.headers.keys() & {"If-None-Match", "If-Modified-Since"})
        size = len(response.body) if isinstance(response, web.Response) and isinstance(response.body, bytes) else 0
        asked.append(Asked(tonight[0], feed, is_conditional, response.status, size))
        return response

    app = server.application(answers)
    app.middlewares.append(noted)
    try:
        async with server.running(app, sock), Workers(1) as workers:
            for count, night in enumerate(nights, 1):
                tonight[0] = night
                for feed in feeds:
                    if (place := truth.served(feed, night)) is not None:
                        snapshot = truth.snapshots[place]
                        at = datetime.combine(snapshot.day, NIGHT)
                        answers[f"/{feed}.xml"] = server.Reply.of(snapshot.body, "application/rss+xml", modified_at=at)
                settings = _settings(site, [feed for feed in feeds if f"/{feed}.xml" in answers])
                run = Run(f"{night:%Y%m%d}", datetime.combine(night, NIGHT), "snapshots", settings.digest)
                observed.start_run(archive, run, "crawl")
                await pipeline.crawl_with(workers, archive, settings, run, _quiet)
                if count % HEALTH_EVERY == 0 or count == len(nights):
                    measuring.measure(archive, settings, run)
                    silent |= {(name, night): said for name, said in _silent(archive)}
                observed.finish_run(archive, run, run.started_at, None, None)
        return _lived(archive, nights, asked, silent)
    finally:
        archive.close()


def _entries(truth: Truth, lived: Lived) -> list[Row]:
    """Every entry one row, every story one row, every change a revision."""
    rows_of = Counter(entry.key for entry in lived.entries)
    stories: defaultdict[str, list[str]] = defaultdict(list)
    for name, story in truth.story_of.items():
        stories[story].append(name)
    rows_of_story = {story: sum(rows_of[name] for name in names) for story, names in stories.items()}
    lost = [name for name, story in truth.story_of.items() if not rows_of_story[story]]
    twice = [name for name in truth.story_of if rows_of[name] > 1]
    doubled = [story for story, count in rows_of_story.items() if count > 1]
    slashes = sum(len({name.rstrip("/") for name in stories[story]}) == 1 for story in doubled)
    causes = Counter(lived.rejected.get(name, "not in the archive") for name in lost)
    without_link = sum(name.startswith("guid:") for name in truth.story_of)
    updates = {story: len(versions) - 1 for story, versions in truth.versions.items()}
    kept: Counter[str] = Counter()
    for name, count in lived.revisions.items():
        kept[truth.story_of.get(name, name)] += count
    right = sum(min(count, kept[story]) for story, count in updates.items())
    total, written = sum(updates.values()), kept.total()
    wrong = f"{len(lost)} lost, {len(twice)} twice; {without_link} have no link"
    return [
        _share("entries stored once", len(truth.story_of), len(lost) + len(twice), wrong),
        *(("  lost", None, f"{count}: {cause}") for cause, count in causes.most_common()),
        _share("stories stored once", len(stories), len(doubled), f"doubled: {slashes} by a slash, {len(doubled) - slashes} at another address"),
        _share("updates kept as revisions", total, total - right, f"{written} revisions written"),
    ]  # fmt: skip


def _silence(truth: Truth, lived: Lived) -> list[Row]:
    """Feeds that never said anything for two weeks are reported; feeds with a new link within them are not."""
    empty: list[tuple[str, date]] = []
    alive: list[tuple[str, date]] = []
    for feed, night in lived.silent:
        known = [day for day in truth.novelties.get(feed, []) if day <= night]
        if known and night - known[-1] <= SILENT_AFTER:
            alive.append((feed, night))
        elif not known and night - truth.feeds[feed][0] > SILENT_AFTER:
            empty.append((feed, night))
    false = [at for at in alive if lived.silent[at]]
    unreported = [at for at in empty if not lived.silent[at]]
    feeds = ", ".join(sorted({feed for feed, _ in empty}))
    return [
        _share("silent feed reported", len(empty), len(unreported), f"looks at {feeds or 'none'}"),
        _share("live feeds not called silent", len(alive), len(false), _counts(feed for feed, _ in false)),
    ]


def _requests(truth: Truth, lived: Lived) -> list[Row]:
    """A feed that shows what it showed the night before costs one request, conditional but for one night of the week."""
    by_night: defaultdict[tuple[str, date], list[Asked]] = defaultdict(list)
    for request in lived.asked:
        by_night[request.feed, request.night].append(request)
    quiet, wrong, weekly, size = 0, 0, 0, 0
    full_on: dict[str, date] = {}
    for before, night in pairwise(lived.nights):
        for feed in truth.feeds:
            place, requests = truth.served(feed, night), by_night[feed, night]
            if place is None:
                continue
            if place == truth.served(feed, before):
                quiet += 1
                is_due = feed not in full_on or night - full_on[feed] >= FULL_AFTER
                is_right = len(requests) == 1 and (requests[0].status == 304 or (is_due and not requests[0].is_conditional))
                wrong += not is_right
                weekly += is_right and requests[0].status == 200
                size += sum(request.bytes for request in requests if request.status == 304)
            if any(request.status == 200 for request in requests):
                full_on[feed] = night
    others = len([request for request in lived.asked if not request.feed]) + lived.pages
    detail = f"feeds and nights; {weekly} were the weekly look without conditions, the other answers had {size} bytes of body"
    return [
        _share("one conditional request on a quiet night", quiet, wrong, detail),
        _share("only feeds asked", len(lived.asked), others, f"{lived.pages} pages"),
    ]


def _days(truth: Truth, lived: Lived) -> list[Row]:
    """The stored entries of each day are those that the snapshots first dated so."""
    true = Counter(at.date() for at in truth.first_dates(lived.nights).values() if at)
    found = Counter(entry.published.date() for entry in lived.entries if entry.published)
    wrong = [day for day in true.keys() | found.keys() if true[day] != found[day]]
    more, fewer = (found - true).total(), (true - found).total()
    return [_share("days true", len(true.keys() | found.keys()), len(wrong), f"{more} entries too many, {fewer} too few of {true.total()}")]


def _gaps(truth: Truth, lived: Lived) -> list[Row]:
    """Days on which something was published that was gone when we looked again are not complete; days the feeds reach back to are."""
    feeds = {entry.feed for entry in lived.entries}
    holes = truth.lost_days(feeds, lived.nights)
    claimed = [at for at in holes if lived.coverage.get(at) == "complete"]
    reached = truth.reached_days(feeds, lived.nights) - holes.keys()
    denied = [at for at in reached if lived.coverage.get(at) != "complete"]
    said = f"outlets and days with {sum(holes.values())} lost entries; called complete: {_counts(outlet for outlet, _ in claimed) or 'none'}"
    return [
        _share("gaps told rightly", len(holes), len(claimed), said),
        _share("days caught up", len(reached), len(denied), f"missed days; called incomplete: {_counts(outlet for outlet, _ in denied) or 'none'}"),
    ]  # fmt: skip


def _settings(site: str, feeds: Sequence[str]) -> Settings:
    by_outlet: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for feed in feeds:
        by_outlet[outlet_of(feed)].append({"url": f"{site}/{feed}.xml", "full_text": True})
    outlets = [OutletEntry.model_validate({"outlet": name, "name": name, "kind": "news", "feeds": urls}) for name, urls in by_outlet.items()]
    return Settings(outlets=tuple(outlets), themes=(), fetch=FetchSettings(host_delay_seconds=0, allow_private_hosts=(server.LOOPBACK,)))


def _silent(archive: duckdb.DuckDBPyConnection) -> list[tuple[str, bool]]:
    return archive.execute(r"select regexp_extract(feed, '/([^/]+)\.xml$', 1), silent_since is not null from feed_states").fetchall()


def _lived(
    archive: duckdb.DuckDBPyConnection, nights: Sequence[date], asked: Sequence[Asked], silent: Mapping[tuple[str, date], bool]
) -> Lived:
    entries = archive.execute(r"select raw_url, regexp_extract(feed, '/([^/]+)\.xml$', 1), published_at from entries").fetchall()
    revisions = archive.execute("select e.raw_url, count(*) from entry_revisions r join entries e using (url) group by e.raw_url").fetchall()
    pages = archive.execute("select count(*) from page_fetches").fetchall()[0][0]
    coverage = archive.execute("select outlet, day, state from coverage_days").fetchall()
    rejected = archive.execute("select url, reason from rejections where stage = 'feed'").fetchall()
    return Lived(
        nights,
        asked,
        [Stored(key(url), feed, published) for url, feed, published in entries],
        {key(url): count for url, count in revisions},
        pages,
        silent,
        {(outlet, day): state for outlet, day, state in coverage},
        {key(url): reason for url, reason in rejected},
    )


def _share(measure: str, of: int, wrong: int, note: str) -> Row:
    return measure, 1 - wrong / of if of else 1.0, f"{of - wrong} of {of}" + (f"; {note}" if note else "")


def _counts(names: Iterable[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in Counter(names).most_common())


def _quiet(stage: str, done: int, total: int) -> None:
    """Nobody watches."""
