"""tracker feeds: list, check, add, import, export, all on feeds.yaml, comments kept."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from tracker import edits
from tracker.cli import options
from tracker.cli.terminal import say, table
from tracker.errors import SettingsError
from tracker.records import Feed
from tracker.settings import FetchSettings, read_feeds

app = typer.Typer(help="The outlets we read: feeds.yaml.", no_args_is_help=True)
Address = Annotated[str, typer.Argument(help="Address of a feed, or of a site that names its feed.")]


@app.command("list")
def list_feeds(feeds: options.Feeds = options.FEEDS, as_json: options.Json = False) -> None:
    """The outlets and feeds in feeds.yaml.

    Example: `tracker feeds list --json`
    """
    rows = [
        (outlet.outlet, outlet.kind, outlet.tier, outlet.country, "yes" if feed.enabled else "no", feed.url)
        for outlet in read_feeds(feeds).outlets
        for feed in outlet.feeds
    ]
    table(("outlet", "kind", "tier", "country", "enabled", "feed"), rows, as_json)


@app.command()
def check(url: Address, allow_private_hosts: options.Hosts = "", as_json: options.Json = False) -> None:
    """What to know about an address before adding it: does it answer, how many entries, dates, full text, robots, rhythm.

    Example: `tracker feeds check https://example.org/feed.xml`
    """
    fetch = options.fetch_settings(allow_private_hosts, 0)
    found = asyncio.run(_look(url, fetch))
    table(("what", "value"), found.rows, as_json)
    if not found.is_feed:
        raise SettingsError(f"{url} is not a feed: {found.reason}." + (f" It names these: {', '.join(found.named)}" if found.named else ""))


@app.command()
def add(
    url: Address,
    outlet: Annotated[str, typer.Option("--outlet", help="Lasting id; default: the host.")] = "",
    name: Annotated[str, typer.Option("--name", help="Name of the outlet; default: the feed's title or the host.")] = "",
    kind: Annotated[str, typer.Option("--kind", help="news, trade, newsletter, research, lab or policy.")] = "news",
    country: Annotated[str, typer.Option("--country", help="ISO 3166 code.")] = "",
    feeds: options.Feeds = options.FEEDS,
    allow_private_hosts: options.Hosts = "",
) -> None:
    """Check an address and add it to feeds.yaml; a site's address is followed to the feed it names.

    Example: `tracker feeds add https://example.org/ --kind research --country NL`
    """
    fetch = options.fetch_settings(allow_private_hosts, 0)
    found = asyncio.run(_look(url, fetch))
    if not found.is_feed and found.named:
        url = found.named[0]
        say(f"the page names a feed: {url}")
        found = asyncio.run(_look(url, fetch))
    if not found.is_feed:
        raise SettingsError(f"{url} is not a feed: {found.reason}. Nothing was added.")
    host = re.sub(r"^www\.", "", urlsplit(url).hostname or "")
    entry = {"outlet": outlet or host, "name": name or found.title or host, "kind": kind, **({"country": country} if country else {}), "feeds": [url]}
    edits.add_outlets(feeds, [entry])
    say(f"added {url} to {feeds} as outlet '{entry['outlet']}'")


@app.command("import")
def import_opml(
    opml: Annotated[Path, typer.Argument(help="An OPML file from a feed reader.", exists=True, dir_okay=False)],
    kind: Annotated[str, typer.Option("--kind", help="Kind of the outlets it lists.")] = "news",
    feeds: options.Feeds = options.FEEDS,
) -> None:
    """Add every feed of an OPML file to feeds.yaml, unchecked (`tracker doctor` and the first run say which are dead).

    Example: `tracker feeds import subscriptions.opml --kind newsletter`
    """
    from tracker.extract import feedlists

    listed = feedlists.read(opml.read_bytes())
    if not listed:
        raise SettingsError(f"{opml}: no feed addresses found; is it an OPML file? Nothing was added.")
    known = {feed.url for outlet in read_feeds(feeds).outlets for feed in outlet.feeds} if feeds.exists() else set()
    fresh = [(title, url) for title, url in listed if url not in known]
    by_outlet: dict[str, dict[str, object]] = {}
    for title, url in fresh:
        host = re.sub(r"^www\.", "", (urlsplit(url).hostname or "").lower())
        entry = by_outlet.setdefault(host, {"outlet": host, "name": title or host, "kind": kind, "feeds": []})
        entry["feeds"].append(url)  # type: ignore[attr-defined]
    edits.add_outlets(feeds, list(by_outlet.values()))
    say(f"added {len(fresh)} feeds of {len(by_outlet)} outlets to {feeds}; {len(listed) - len(fresh)} stood there already")


@dataclass(frozen=True, slots=True)
class _Look:
    is_feed: bool
    reason: str
    title: str
    rows: Sequence[tuple[str, object]]
    named: tuple[str, ...]


async def _look(url: str, settings: FetchSettings) -> _Look:
    from tracker.extract import entries, feedlists
    from tracker.fetch import feeds as feed_polls
    from tracker.fetch.client import Client
    from tracker.fetch.robots import Robots

    async with Client(settings) as client:
        fetched = await feed_polls.poll(client, Feed("check", url), None, options.now())
        robots = await Robots(client).allows(url) if fetched.outcome == "ok" else None
    answer = f"{fetched.outcome} {fetched.reason} {fetched.status or ''}".strip()
    rows: list[tuple[str, object]] = [("answer", answer), ("seconds", round(fetched.seconds, 2))]
    if fetched.outcome != "ok":
        return _Look(is_feed=False, reason=fetched.reason, title="", rows=rows, named=())
    if fetched.final_url != url:
        rows.append(("redirects to", fetched.final_url))
    read = entries.read(fetched, settings.entries_per_feed)
    named = feedlists.named_by(fetched.body, fetched.final_url) if read.error else ()
    days = (read.newest_at - read.oldest_at).days if read.newest_at and read.oldest_at else 0
    words = sorted(len(entry.content.split()) for entry in read.entries)
    rows += [
        ("entries", len(read.entries)),
        ("with a date", sum(entry.published_at is not None for entry in read.entries)),
        ("newest", read.newest_at),
        ("oldest", read.oldest_at),
        ("entries a week", round(7 * len(read.entries) / days, 1) if days else None),
        ("full text", "yes" if words and words[len(words) // 2] > 150 else "no, summaries"),
        ("robots.txt", robots or "allows"),
    ]
    return _Look(read.error is None and bool(read.entries), read.error or "no entries", read.title, rows, named)
