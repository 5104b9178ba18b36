"""Web-archive files: WARC files on this machine come in; the pages of known outlets in them become articles without a look at the web."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb

from tracker.extract import article, urls
from tracker.extract.sites import Site
from tracker.extract.workers import Failure, Workers, failure_reason
from tracker.fetch import warc
from tracker.records import Article, Entry, Page, Progress, Rejection, Run
from tracker.settings import Settings
from tracker.store import backfilled, observed
from tracker.store.backfilled import Tally
from tracker.store.database import transaction

Connection = duckdb.DuckDBPyConnection


class Reading:
    """The reading of WARC files for these sites, from `since` on. Each batch of pages is one transaction."""

    def __init__(
        self, connection: Connection, settings: Settings, run: Run, workers: Workers, since: date, sites: Sequence[Site]
    ) -> None:
        self._connection = connection
        self._settings = settings
        self._run = run
        self._workers = workers
        self._since = since
        self._sites = sites

    async def read(self, path: Path, progress: Progress) -> list[Tally]:
        """Read one file, for the outlets it was not read for yet; a tally for each that has pages in it."""
        source, size = _about(path)
        outlets = sorted({site.outlet for site in self._sites})
        todo = {o for o in outlets if source not in backfilled.finished_sources(self._connection, o, self._since)}
        tallies = {outlet: Tally(outlet, path.name, files=1) for outlet in outlets if outlet in todo}
        left_out, damage = 0, ""
        batches: Iterator[warc.Batch] = warc.read(path, lambda url: self._outlet(url) in todo, self._settings.fetch.page_bytes)
        while todo and (batch := await asyncio.to_thread(next, batches, None)) is not None:
            await self._become_articles(batch, source, tallies)
            left_out, damage = left_out + batch.left_out, batch.damage
            progress(path.name, batch.position, size)
        if not damage:
            with transaction(self._connection):
                for outlet, tally in tallies.items():
                    backfilled.record_source(self._connection, self._run, outlet, source, self._since, tally.found)
        found = [tally for tally in tallies.values() if tally.found or tally.notes]
        notes = {f"damaged: {damage}": int(bool(damage)), "not HTML, not a 200, or too large": left_out}
        notes["read before" if not todo else "no page of these outlets"] = int(not found)
        about_file = Tally("", path.name, files=int(bool(todo)), notes=+Counter(notes))
        return [*found, about_file] if about_file.notes else found

    def _outlet(self, raw_url: str) -> str | None:
        url = urls.canonical(raw_url)
        return None if url is None else next((site.outlet for site in self._sites if site.refuses(url) is None), None)

    async def _become_articles(self, batch: warc.Batch, source: str, tallies: dict[str, Tally]) -> None:
        read_from = (page for archived in batch.pages if (page := self._page(archived, source)) is not None)
        pages = {page.entry.url: page for page in {urls.key(page.entry.url): page for page in read_from}.values()}
        known = backfilled.settled(self._connection, list(pages))
        unread = [page for url, page in pages.items() if url not in known]
        read = await asyncio.gather(*(self._finish(page) for page in unread))
        finished = [f for f in read if not self._is_older(f)]
        entries = [f.page.entry for f in finished if f.page]
        with transaction(self._connection):
            backfilled.record_entries(self._connection, self._run, entries, len(entries))
            observed.record_pages(self._connection, self._run, finished)
        for entry in entries:
            tallies[entry.outlet].new.append(entry.url)
        for page in pages.values():
            tallies[page.entry.outlet].found += 1
        for f in read:
            if f.page and self._is_older(f):
                tallies[f.page.entry.outlet].found -= 1
                tallies[f.page.entry.outlet].notes["older"] += 1

    def _page(self, archived: warc.ArchivedPage, source: str) -> Page | None:
        url = urls.canonical(archived.url)
        outlet = self._outlet(archived.url)
        if url is None or outlet is None:
            return None
        entry = Entry(outlet, source, url, archived.url, None, "", None, "", "", None, "missing", self._run.started_at)
        return Page(entry, archived.url, archived.fetched_at, "ok", "", 200, archived.body, archived.content_type, 0.0)

    async def _finish(self, page: Page) -> observed.Finished:
        settings = self._settings.extract
        became = await self._workers.run(article.read, page, settings, seconds=settings.page_seconds)
        if isinstance(became, Failure):
            became = Rejection(page.entry.url, page.entry.outlet, "extract", failure_reason(became), page.entry.first_seen_at)
        return observed.Finished(replace(page, body=b""), became, len(page.body))

    def _is_older(self, finished: observed.Finished) -> bool:
        """Whether an article is from before the days asked for, which is not known before its page is read."""
        published_at = finished.became.published_at if isinstance(finished.became, Article) else None
        return published_at is not None and published_at.date() < self._since


def _about(path: Path) -> tuple[str, int]:
    """The name a file is remembered by, and its size in bytes."""
    return str(path.resolve()), path.stat().st_size
