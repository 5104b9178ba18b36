"""What can be found out about a feed's address: an address comes in; requests are made, and rows and a verdict in plain words go out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from tracker.edits import Place
from tracker.extract import entries, feed_report, feedlists
from tracker.extract.entries import FeedReading
from tracker.extract.feed_report import FeedReport
from tracker.fetch import feeds, pages
from tracker.fetch.client import Client
from tracker.fetch.robots import Robots
from tracker.measures import coverage
from tracker.records import Article, Entry, Feed, FeedFetch, Rejection
from tracker.settings import ExtractSettings

# What to do about an answer, by reason code
_ADVICE = {
    "bad_scheme": "only http:// and https:// addresses can be read",
    "bad_url": "this is no web address; is it spelt right?",
    "bot_wall": "a page that asks whether we are human stands in its place; ask the publisher, or look for another feed of theirs",
    "connection": "no connection; is the site up?",
    "credentials_in_url": "take the name and the password out of the address: feeds.yaml is no place for secrets",
    "dns_temporary": "the name server does not answer; try again later",
    "dns_unknown": "there is no such host; is it spelt right?",
    "http_401": "it asks for a password; look for a public feed",
    "http_403": "the server refuses programs; ask the publisher, or look for another feed of theirs",
    "http_404": "nothing is there; `tracker feeds add` with the site's own address looks for its feed",
    "http_410": "it is gone for good; `tracker feeds add` with the site's own address looks for its feed",
    "http_429": "it was asked too often; wait an hour",
    "private_address": "it leads into a private network; if that is meant, name it with --allow-private-hosts",
    "tls": "its certificate is wrong; if you trust it all the same, add it by hand with verify_tls: false",
    "too_large": "it is larger than we read; look for a smaller feed of the same site",
    "too_many_redirects": "its redirects go in circles",
    "empty_body": "it answers with nothing; try again later",
    "broken_feed": "its XML is too broken to read; tell the publisher",
    "no_entries": "it has no entries now; try again on another day",
}
_AGAIN = "try again later"
_NAMED_AT_MOST = 10  # feeds of a page that are asked or shown; blogs name two or three
_ROBOTS = {None: "allows", "robots_disallow": "forbids", "robots_unreachable": "cannot be read, so nothing is fetched"}
_ALL_THE_SAME = "; the feed is read all the same, as you choose it"


@dataclass(frozen=True, slots=True)
class Look:
    """What one poll of an address brought. `named` are the feeds that it names if it is a page."""

    url: str
    fetched: FeedFetch
    reading: FeedReading
    report: FeedReport
    named: tuple[str, ...]

    @property
    def problem(self) -> str:
        """Why no entries can be read there, as a reason code; '' when they can."""
        if self.fetched.outcome != "ok":
            return self.fetched.reason
        return self.reading.error or ("" if self.reading.entries else "no_entries")

    @property
    def address(self) -> str:
        """The address to add: where a permanent redirect leads, else the one asked."""
        return self.fetched.moved_to or self.url

    def silent_since(self) -> datetime | None:
        """Since when the feed says nothing new although its rhythm promises more."""
        return coverage.silent_since([at for entry in self.reading.entries if (at := entry.published_at)], self.fetched.fetched_at)


@dataclass(frozen=True, slots=True)
class Probe:
    """What further requests showed: a second poll with conditions, robots.txt, the first entry's page and what was read from it."""

    again: FeedFetch
    robots_feed: str | None
    robots_articles: str | None
    first: Entry
    article: Article | Rejection

    @property
    def page_words(self) -> int | None:
        """Words of the article that the first entry's page holds; None if it could not be read."""
        return self.article.words if isinstance(self.article, Article) else None


def written_out(url: str) -> str:
    """An address as a person types it (`example.org/feed`, `feed://...`) as one that can be asked."""
    url = url.strip().removeprefix("feed://").removeprefix("feed:")
    return url if "://" in url else f"https://{url}"


async def look(client: Client, url: str, now: datetime) -> Look:
    """Poll one address and read what it brings."""
    fetched = await feeds.poll(client, Feed("check", url), None, now)
    reading = entries.read(fetched, client.settings.entries_per_feed)
    named = feedlists.named_by(fetched.body, fetched.final_url)[:_NAMED_AT_MOST] if reading.error == "not_a_feed" else ()
    return Look(url, fetched, reading, feed_report.describe(fetched.body, reading), named)


async def find(client: Client, url: str, now: datetime) -> Look:
    """The feed at an address, or the one that the page there names, or the first at a usual place of its site; else the address itself.

    `named` of the answer are the other feeds of the page.
    """
    page = await look(client, url, now)
    if page.problem != "not_a_feed":
        return page
    robots = Robots(client, (), now)
    for address in page.named or feedlists.usual_addresses(page.fetched.final_url):
        if not page.named and await robots.allows(address) is not None:  # these are guesses of ours, so robots.txt counts
            continue
        found = await look(client, address, now)
        if not found.problem:
            return Look(address, found.fetched, found.reading, found.report, tuple(other for other in page.named if other != address))
    return page


async def probe(client: Client, found: Look, now: datetime) -> Probe:
    """Look closer at a feed that has entries."""
    from tracker.extract import article
    from tracker.extract.workers import Failure, Workers, failure_reason

    again = await feeds.poll(client, found.fetched.feed, found.fetched.validators, now)
    robots = Robots(client, (), now)
    first, limits = found.reading.entries[0], ExtractSettings()
    page = await pages.fetch(client, robots, first, now)
    read: Article | Rejection | Failure = Rejection(first.url, first.outlet, "fetch", page.reason, now)
    if page.outcome == "ok":
        async with Workers(1) as workers:  # a page may be built to stop its reader
            read = await workers.run(article.read, page, limits, seconds=limits.page_seconds)
    if not isinstance(read, Article | Rejection):
        read = Rejection(first.url, first.outlet, "extract", failure_reason(read), now)
    return Probe(again, await robots.allows(found.fetched.final_url), await robots.allows(first.url), first, read)


def rows(found: Look, closer: Probe | None, place: Place | None, languages: tuple[str, ...]) -> list[tuple[str, object]]:
    """(what, value) for a person: always the same in the same order; None where it is unknown or does not apply."""
    fetched, report = found.fetched, found.report
    is_feed = not found.problem
    moved = ("permanent" if fetched.moved_to else "temporary") if fetched.final_url != found.url else None
    return [
        ("answer", fetched.outcome if fetched.outcome == "ok" else f"{fetched.outcome}: {fetched.reason}"),
        ("status", fetched.status),
        ("seconds", round(fetched.seconds, 3)),
        ("bytes", len(fetched.body) if fetched.body else None),
        ("media type", fetched.content_type or None),
        ("redirects to", fetched.final_url if moved else None),
        ("redirect", moved),
        ("format", report.form if is_feed and report.form else None),
        ("title", found.reading.title or None),
        ("entries", report.entries if is_feed else None),
        ("with a date", report.dated if is_feed else None),
        ("without a date", report.notes["missing"] or None),
        ("date unreadable", report.notes["unreadable"] or None),
        ("date in the future", report.notes["future"] or None),
        ("date too long ago", report.notes["too_old"] or None),
        ("without a usable link", len(found.reading.rejections) or None),
        ("listed twice", found.reading.duplicates or None),
        ("beyond our limit", found.reading.dropped or None),
        ("overlooked", found.reading.warning or None),
        ("newest", found.reading.newest_at),
        ("oldest", found.reading.oldest_at),
        ("entries a week", round(report.entries_a_week, 1) if report.entries_a_week else None),
        ("silent since", found.silent_since()),
        ("language", report.language),
        ("words an entry", report.words if is_feed else None),
        ("full text", ("yes" if _is_full_text(found, closer) else "no, summaries") if is_feed else None),
        ("asked again", _conditional(closer.again) if closer else None),
        ("robots.txt, feed", _robots(closer.robots_feed) + (_ALL_THE_SAME if closer.robots_feed else "") if closer else None),
        ("robots.txt, articles", _robots(closer.robots_articles) if closer else None),
        ("first article", _article(closer.article) if closer else None),
        ("names these feeds", list(found.named) or None),
        ("stands already", f"line {place.line}, outlet {place.outlet}" if place else None),
        ("verdict", verdict(found, closer, place, languages)),
    ]


def verdict(found: Look, closer: Probe | None, place: Place | None, languages: tuple[str, ...]) -> str:
    """What to do with the address, in plain words."""
    if found.problem:
        return refusal(found)
    if place:
        first = f"stands there already (line {place.line}, outlet {place.outlet})"
    elif since := found.silent_since():
        first = f"answers but is silent since {since:%Y-%m-%d}"
    else:
        first = "add with full_text: true, as the feed carries whole articles" if _is_full_text(found, closer) else "ready to add"
    notes = [f"add {found.address} instead, where it has moved for good"] if found.fetched.moved_to and not place else []
    if not found.report.dated:
        is_dated = closer is not None and isinstance(closer.article, Article) and closer.article.published_at is not None
        where = "so the articles' pages must give them" if is_dated else "and undated articles are in no chart"
        notes.append(f"its entries have no dates, {where}")
    if closer and isinstance(closer.article, Rejection) and not _is_full_text(found, closer):
        notes.append(f"its first article cannot be read ({closer.article.reason}), so the feed's own summaries would be kept")
    if languages and found.report.language not in languages:
        notes.append(f"its language is {found.report.language}, and feeds.yaml keeps only {', '.join(languages)}")
    return "; but ".join([first, ", and ".join(notes)] if notes else [first])


def refusal(found: Look) -> str:
    """Why an address is no feed to add, and what to do; for a `problem` only."""
    if found.problem != "not_a_feed":
        is_later = found.fetched.outcome == "soft_error"
        return f"{found.problem}: {_ADVICE.get(found.problem, _AGAIN if is_later else 'look for another address')}"
    if found.named:
        return f"not a feed, but its page names {', '.join(found.named)}: check or add that"
    return "not a feed, and the page names none; `tracker feeds add` also tries the usual places of the site"


def stands(url: str, known: Mapping[str, Place]) -> Place | None:
    """Where an address, or one that leads to the same feed, stands already. `known` is by feedlists.address_key."""
    return known.get(feedlists.address_key(url))


def _is_full_text(found: Look, closer: Probe | None) -> bool:
    return feed_report.is_full_text(found.report, closer.first if closer else None, closer.page_words if closer else None)


def _conditional(again: FeedFetch) -> str:
    if again.outcome == "unchanged":
        return "says 'unchanged' (304)" if again.status == 304 else "sends everything again"
    return "sends other bytes each time" if again.outcome == "ok" else f"{again.outcome}: {again.reason}"


def _robots(reason: str | None) -> str:
    return _ROBOTS.get(reason, reason or "")


def _article(read: Article | Rejection) -> str:
    if isinstance(read, Rejection):
        return f"rejected: {read.reason}"
    dated = {"feed": "date from the feed", "page": "date from the page", "url": "date from its address", "unknown": "no date"}
    return f"{read.words} words, {dated[read.published_from]}"
