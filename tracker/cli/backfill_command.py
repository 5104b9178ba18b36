"""tracker backfill: older articles of the outlets in feeds.yaml, from their sitemaps, older feed pages and web-archive files."""

import asyncio
import difflib
from collections import Counter
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import duckdb
import typer

from tracker.cli import options
from tracker.cli.terminal import Stages, say, stages, table
from tracker.errors import SettingsError
from tracker.records import Run
from tracker.settings import OutletEntry, Settings
from tracker.store import backfilled, observed

if TYPE_CHECKING:
    from tracker.steps.backfilling import Wanted

_LIMIT = 2000  # pages of one outlet: at five seconds between two of them, a night's three hours
_SOURCES = ("sitemaps", "feeds")
_NOTES_SHOWN = 4  # of a row: the most frequent say enough

Since = Annotated[str, typer.Option("--since", help="First day, as 2025-01-31, or how far back, as 30d.")]
Outlets = Annotated[
    list[str] | None, typer.Option("--outlet", help="Only this outlet; may be given several times.", show_default="all")
]
Warcs = Annotated[
    list[Path] | None,
    typer.Option(
        "--warc", help="A web-archive file (.warc, .warc.gz) on this machine; may be given several times. Its pages are not fetched again.",
        exists=True, dir_okay=False, readable=True, show_default="none",
    ),
]  # fmt: skip
Sources = Annotated[str, typer.Option("--sources", help="sitemaps, feeds, both with a comma, or none: only the --warc files.")]
Limit = Annotated[int, typer.Option("--limit", min=1, help="At most so many new entries an outlet; run it again for more.")]


def backfill(
    since: Since,
    outlet: Outlets = None,
    warc: Warcs = None,
    sources: Sources = "sitemaps,feeds",
    limit: Limit = _LIMIT,
    feeds: options.Feeds = options.FEEDS,
    themes: options.Themes = options.THEMES,
    data: options.Data = options.DATA,
    allow_private_hosts: options.Hosts = "",
    host_delay: options.Delay = options.DELAY,
    as_json: options.Json = False,
) -> None:
    """Read what outlets published before we watched them, or while nobody did. Goes on where it was stopped.

    Sitemaps come first (news sitemaps before others), then older pages of the feeds; robots.txt and the pause between two requests
    are kept as on every night. Files of web archives are read without the web.

    Example: `tracker backfill --since 2025-01-31 --outlet techcrunch.com`
    """
    settings = options.load_settings(feeds, themes, allow_private_hosts, host_delay)
    wanted = _wanted(settings, since, outlet or [], warc or [], sources, limit, options.now().date())
    with stages() as watched, options.archive(data) as connection:
        started = options.new_run(settings, options.now(), connection)
        observed.start_run(connection, started, "backfill")
        tallies = asyncio.run(_read(connection, settings, started, wanted, watched))
        observed.finish_run(connection, started, options.now(), None, None)
        watched.close()
        rows = [_row(connection, tally) for tally in tallies]
    table(("outlet", "source", "files", "found", "new", "articles", "rejected", "waiting", "notes"), rows, as_json)
    if any(tally.new for tally in tallies):
        say("next: `tracker analyse` and `tracker publish` (or the nightly `tracker run`) bring this to the charts")
    if tallies and not any(tally.files for tally in tallies) and not any("read before" in tally.notes for tally in tallies):
        reasons = sum((tally.notes for tally in tallies), Counter[str]())
        raise SettingsError(f"nothing could be read: {_listed(reasons) or 'no source found'}.")


def _wanted(
    settings: Settings, since: str, outlets: Sequence[str], warcs: Sequence[Path], sources: str, limit: int, today: date
) -> "Wanted":
    from tracker.steps.backfilling import Wanted

    named = {name.strip() for name in sources.split(",")} - {"", "none"}
    if unknown := sorted(named - set(_SOURCES)):
        raise SettingsError(f"--sources: unknown source '{unknown[0]}'; known: {', '.join(_SOURCES)}, none.")
    if not named and not warcs:
        raise SettingsError("--sources none leaves nothing to read: name a file with --warc.")
    return Wanted(
        options.first_day(since, today), _chosen(settings, outlets), limit, "sitemaps" in named, "feeds" in named, tuple(warcs)
    )


def _chosen(settings: Settings, names: Sequence[str]) -> tuple[OutletEntry, ...]:
    known = {entry.outlet: entry for entry in settings.outlets}
    for name in names:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=3)
            hint = f"did you mean {' or '.join(close)}?" if close else "`tracker feeds list` shows them."
            raise SettingsError(f"--outlet: there is no outlet '{name}' in the feeds file; {hint}")
    return tuple(known[name] for name in dict.fromkeys(names)) or settings.outlets


async def _read(
    connection: duckdb.DuckDBPyConnection, settings: Settings, run: Run, wanted: "Wanted", watched: Stages
) -> list[backfilled.Tally]:
    from tracker.extract.workers import Workers
    from tracker.fetch.client import Client
    from tracker.steps import backfilling

    observed.sync_outlets(connection, settings.outlets, run.started_at)
    async with Client(settings.fetch) as client, Workers(options.processes()) as workers:
        return await backfilling.backfill(connection, settings, run, client, workers, wanted, watched)


def _row(connection: duckdb.DuckDBPyConnection, tally: backfilled.Tally) -> tuple[str | int, ...]:
    became = backfilled.became(connection, tally.new)
    return (tally.outlet, tally.source, tally.files, tally.found, len(tally.new), *became, _listed(tally.notes))


def _listed(notes: Counter[str]) -> str:
    return ", ".join(f"{count} {what}" if count > 1 else what for what, count in notes.most_common(_NOTES_SHOWN))
