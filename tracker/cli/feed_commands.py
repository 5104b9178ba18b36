"""tracker feeds: list, check, add, remove, pause, resume, all on feeds.yaml, comments kept."""

import asyncio
import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tracker import edits
from tracker.cli import feed_exchange, options
from tracker.cli.terminal import say, table
from tracker.edits import Place
from tracker.errors import SettingsError, StoreError
from tracker.settings import FetchSettings, read_feeds

if TYPE_CHECKING:
    from tracker.cli.feed_checks import Look, Probe

app = typer.Typer(help="The outlets we read: feeds.yaml.", no_args_is_help=True)
Address = Annotated[str, typer.Argument(help="Address of a feed, or of a site.")]
Listed = Annotated[str, typer.Argument(metavar="URL|OUTLET", help="Address of a feed in feeds.yaml, or id of an outlet for all its feeds.")]
_DELAY = 1.0  # seconds between two of the four requests of a check: slower than a person's clicks, and nobody waits long
_HEALTH = ("address", "last_outcome", "failures_in_a_row", "silent_since", "duplicate_of")  # of the public view feed_health


@app.command("list")
def list_feeds(feeds: options.Feeds = options.FEEDS, data: options.Data = options.DATA, as_json: options.Json = False) -> None:
    """The outlets and feeds in feeds.yaml, and how they did in the last run where one is published.

    Example: `tracker feeds list --json`
    """
    names, health = _health(data)
    unknown: list[object] = [None] * len(names)
    rows = [
        (outlet.outlet, outlet.kind, outlet.tier, outlet.country, "yes" if feed.enabled else "no", feed.url, *health.get(feed.url, unknown))
        for outlet in read_feeds(feeds).outlets
        for feed in outlet.feeds
    ]
    table(("outlet", "kind", "tier", "country", "enabled", "feed", *names), rows, as_json)


@app.command()
def check(
    url: Address,
    feeds: options.Feeds = options.FEEDS,
    allow_private_hosts: options.Hosts = "",
    host_delay: options.Delay = _DELAY,
    as_json: options.Json = False,
) -> None:
    """What to know about an address before adding it: does it answer, entries, dates, rhythm, full text, language, robots.txt.

    Makes at most four requests: the feed twice, robots.txt, and the page of its first entry. Exit code 0 when it can be added.

    Example: `tracker feeds check https://example.org/feed.xml`
    """
    from tracker.cli import feed_checks

    url = feed_checks.written_out(url)
    languages = read_feeds(feeds).languages if feeds.exists() else ()
    found, closer = asyncio.run(_look_closely(url, options.fetch_settings(allow_private_hosts, host_delay)))
    known = _known(feeds)
    place = feed_checks.stands(url, known) or feed_checks.stands(found.address, known)
    rows = feed_checks.rows(found, closer, place, languages)
    table(("what", "value"), [row for row in rows if as_json or row[1] is not None], as_json)
    if found.problem:
        raise SettingsError(f"{url}: {feed_checks.refusal(found)}")


@app.command()
def add(
    url: Address,
    outlet: Annotated[str, typer.Option("--outlet", help="Lasting id; default: the host.")] = "",
    name: Annotated[str, typer.Option("--name", help="Name of the outlet; default: the feed's title or the host.")] = "",
    kind: Annotated[str, typer.Option("--kind", help="news, trade, newsletter, research, lab or policy.")] = "news",
    country: Annotated[str, typer.Option("--country", help="ISO 3166 code.")] = "",
    section: Annotated[str, typer.Option("--section", help="Part of the outlet that this feed covers.")] = "",
    language: Annotated[str, typer.Option("--language", help="ISO 639-1 code.")] = "",
    full_text: Annotated[bool, typer.Option("--full-text", help="The feed carries whole articles: their pages are not fetched.")] = False,
    feeds: options.Feeds = options.FEEDS,
    allow_private_hosts: options.Hosts = "",
    host_delay: options.Delay = _DELAY,
) -> None:
    """Add a feed to feeds.yaml once it was seen to answer. A site's address is followed to the feed it names, or has at a usual place.

    Example: `tracker feeds add https://example.org/ --kind research --country NL`
    """
    from tracker.cli import feed_checks
    from tracker.extract import feed_report, feedlists

    asked, known = feed_checks.written_out(url), _known(feeds)
    _refuse_known(asked, feeds, feed_checks.stands(asked, known))
    found = asyncio.run(_find(asked, options.fetch_settings(allow_private_hosts, host_delay)))
    if found.problem:
        raise SettingsError(f"{asked}: {feed_checks.refusal(found)}. Nothing was added.".replace("?.", "?"))
    _refuse_known(found.address, feeds, feed_checks.stands(found.address, known))
    host = feedlists.outlet_id(asked)
    more = {"section": section, "language": language, "full_text": full_text}
    feed = {"url": found.address, **{key: value for key, value in more.items() if value}}
    entry: dict[str, Any] = {"outlet": outlet or host, "name": name or found.reading.title or host, "kind": kind}
    entry |= {"country": country} if country else {}
    edits.add_outlets(feeds, [{**entry, "feeds": [feed if len(feed) > 1 else found.address]}])
    say(f"added {found.address} to {feeds} as outlet '{entry['outlet']}'")
    if found.named:
        say(f"the page also names: {', '.join(found.named)}")
    if not full_text and feed_report.is_full_text(found.report, None, None):
        say(f"its entries have {found.report.words} words each: if `tracker feeds check` calls that full text, write full_text: true below its url")
    if since := found.silent_since():
        say(f"it answers, but is silent since {since:%Y-%m-%d}")


@app.command()
def remove(which: Listed, feeds: options.Feeds = options.FEEDS) -> None:
    """Take a feed, or an outlet with all its feeds, out of feeds.yaml. What was collected stays in the archive.

    Example: `tracker feeds remove https://example.org/feed.xml`
    """
    addresses = _addresses(which, feeds)
    if len(addresses) == len(edits.places(feeds)):
        raise SettingsError(f"{feeds} would have no feed left. Add another first, or pause these: `tracker feeds pause`.")
    edits.remove(feeds, addresses)
    say(f"removed from {feeds}: {', '.join(sorted(addresses))}")


@app.command()
def pause(which: Listed, feeds: options.Feeds = options.FEEDS) -> None:
    """Stop polling a feed, or all feeds of an outlet, without forgetting them (`enabled: false`).

    Example: `tracker feeds pause example.org`
    """
    addresses = _addresses(which, feeds)
    edits.enable(feeds, addresses, enabled=False)
    say(f"paused in {feeds}: {', '.join(sorted(addresses))}")


@app.command()
def resume(which: Listed, feeds: options.Feeds = options.FEEDS) -> None:
    """Poll a paused feed, or all feeds of an outlet, again.

    Example: `tracker feeds resume example.org`
    """
    addresses = _addresses(which, feeds)
    edits.enable(feeds, addresses, enabled=True)
    say(f"polled again, by {feeds}: {', '.join(sorted(addresses))}")


feed_exchange.add_to(app)


async def _look_closely(url: str, settings: FetchSettings) -> "tuple[Look, Probe | None]":
    from tracker.cli import feed_checks
    from tracker.fetch.client import Client

    async with Client(settings) as client:
        found = await feed_checks.look(client, url, options.now())
        return found, None if found.problem else await feed_checks.probe(client, found, options.now())


async def _find(url: str, settings: FetchSettings) -> "Look":
    from tracker.cli import feed_checks
    from tracker.fetch.client import Client

    async with Client(settings) as client:
        found = await feed_checks.find(client, url, options.now())
    if found.url != url and not found.problem:
        say(f"{url} is not a feed itself; its feed is {found.url}")
    return found


def _known(feeds: Path) -> Mapping[str, Place]:
    """Where each feed stands, by the key that is the same for all spellings of its address."""
    from tracker.extract import feedlists

    return {feedlists.address_key(url): place for url, place in edits.places(feeds).items()}


def _refuse_known(url: str, feeds: Path, place: Place | None) -> None:
    if place is not None:
        raise SettingsError(f"{url} stands in {feeds} already: line {place.line}, outlet {place.outlet}. Nothing was added.")


def _addresses(which: str, feeds: Path) -> set[str]:
    """The feeds that a word of the command line means: one by its address, or all of an outlet. Raises SettingsError."""
    from tracker.extract import feedlists

    known = edits.places(feeds)
    key = feedlists.address_key(which)
    chosen = {url for url, place in known.items() if place.outlet == which or feedlists.address_key(url) == key}
    if not chosen:
        close = difflib.get_close_matches(which, [*known, *{place.outlet for place in known.values()}], n=1)
        hint = f"did you mean '{close[0]}'?" if close else "`tracker feeds list` shows them."
        raise SettingsError(f"{feeds} has no feed or outlet '{which}'; {hint}")
    return chosen


def _health(data: Path) -> tuple[tuple[str, ...], Mapping[str, list[object]]]:
    """Columns of the published feed_health, and their values by feed; none where nothing is published."""
    if not (data / "tracker.duckdb").exists():
        return (), {}
    from tracker.store import public

    try:
        frame = public.Published(public.published_file(data)).feed_health()
    except StoreError as error:
        say(f"without the results of the last run: {error}")
        return (), {}
    names = tuple(name for name in _HEALTH if name in frame.columns)
    if "address" in names:  # only where it is another than the one in the file
        frame["address"] = frame["address"].where(frame["address"] != frame["feed"])
    plain = frame[list(names)].astype(object).where(frame[list(names)].notna(), None)
    return names, dict(zip(frame["feed"], plain.to_numpy().tolist(), strict=True))
