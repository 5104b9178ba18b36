"""tracker feeds import and export: lists of feeds from and for feed readers (OPML)."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tracker import edits, files
from tracker.cli import options
from tracker.cli.terminal import say, stages
from tracker.errors import SettingsError
from tracker.settings import FetchSettings, read_feeds

if TYPE_CHECKING:
    from tracker.extract.feedlists import ListedFeed

_NAMED_AT_MOST = 10  # lines about single feeds; the rest is counted


def add_to(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command("import")(import_opml)
    app.command("export")(export_opml)


def import_opml(
    opml: Annotated[Path, typer.Argument(help="An OPML file from a feed reader.", exists=True, dir_okay=False)],
    kind: Annotated[str, typer.Option("--kind", help="Kind of the outlets that stand in no folder named after a kind.")] = "news",
    is_checked: Annotated[bool, typer.Option("--check", help="Poll each feed first, and leave out what is no feed now.")] = False,
    feeds: options.Feeds = options.FEEDS,
    allow_private_hosts: options.Hosts = "",
    host_delay: options.Delay = options.DELAY,
) -> None:
    """Add every feed of an OPML file to feeds.yaml. Folders named after a kind (news, labs ...) set the kind.

    Example: `tracker feeds import subscriptions.opml --kind newsletter --check`
    """
    from tracker.extract import feedlists

    listed = feedlists.read(opml.read_bytes())
    _name("left out, no address that can be polled", listed.unusable)
    if not listed.feeds:
        raise SettingsError(f"{opml}: no feed addresses found; is it an OPML file? Nothing was added.")
    known = {feedlists.address_key(url) for url in edits.places(feeds)}
    fresh: Sequence[ListedFeed] = [feed for feed in listed.feeds if feedlists.address_key(feed.url) not in known]
    there = len(listed.feeds) - len(fresh)
    if is_checked:
        fresh = asyncio.run(_answering(fresh, options.fetch_settings(allow_private_hosts, host_delay)))
    outlets = _outlets(fresh, kind)
    if outlets:
        edits.add_outlets(feeds, outlets)
    say(f"added {len(fresh)} feeds of {len(outlets)} outlets to {feeds}; {there} stood there already")


def export_opml(
    out: Annotated[Path | None, typer.Option("--out", help="File to write; default: standard output.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Paused feeds too, marked as comments.")] = False,
    feeds: options.Feeds = options.FEEDS,
) -> None:
    """The feeds as OPML 2.0, a folder a kind, for any feed reader; `tracker feeds import` reads it back.

    Example: `tracker feeds export --out outlets.opml`
    """
    from tracker.extract import feedlists

    text = feedlists.write(read_feeds(feeds).outlets, "Outlets of tracker", everything)
    if out is None:
        print(text, end="")  # noqa: T201
        return
    with files.whole(out) as draft:
        draft.write_text(text, encoding="utf-8")
    say(f"wrote {text.count(' xmlUrl=')} feeds to {out}")


def _outlets(fresh: "Sequence[ListedFeed]", kind: str) -> list[dict[str, Any]]:
    """Entries for feeds.yaml: the feeds of one host are one outlet, unless the file says which outlet they are of."""
    from tracker.extract import feedlists

    outlets: dict[str, dict[str, Any]] = {}
    for feed in fresh:
        outlet = feed.outlet or feedlists.outlet_id(feed.url)
        entry = {"outlet": outlet, "name": feed.title or outlet, "kind": feed.kind or kind, "tier": feed.tier, "country": feed.country}
        given = {"url": feed.url, "section": feed.section, "language": feed.language, "full_text": feed.is_full_text}
        given = {key: value for key, value in given.items() if value} | ({} if feed.is_enabled else {"enabled": False})
        known = outlets.setdefault(outlet, {key: value for key, value in entry.items() if value} | {"feeds": []})
        known["feeds"].append(given if len(given) > 1 else feed.url)
    return list(outlets.values())


async def _answering(listed: "Sequence[ListedFeed]", settings: FetchSettings) -> "list[ListedFeed]":
    """Those that are feeds with entries now; the others are named."""
    from tracker.cli import feed_checks
    from tracker.fetch.client import Client

    refused: dict[str, str] = {}
    with stages() as watched:
        async with Client(settings) as client:

            async def ask(feed: "ListedFeed") -> None:
                found = await feed_checks.look(client, feed.url, options.now())
                if found.problem:
                    refused[feed.url] = feed_checks.refusal(found)
                asked.append(feed)
                watched("check feeds", len(asked), len(listed))

            asked: list[ListedFeed] = []
            await asyncio.gather(*(ask(feed) for feed in listed))
    _name("left out", [f"{url}: {reason}" for url, reason in refused.items()])
    return [feed for feed in listed if feed.url not in refused]


def _name(what: str, lines: Sequence[str]) -> None:
    for line in lines[:_NAMED_AT_MOST]:
        say(f"{what}: {line}")
    if len(lines) > _NAMED_AT_MOST:
        say(f"{what}: {len(lines) - _NAMED_AT_MOST} more")
