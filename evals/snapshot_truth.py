"""Dated snapshots of real feeds come in; what a crawler could have known from them goes out, read by feedparser alone.

Two definitions everything else rests on. An *entry* is known by its link without fragment, tracking parameters, scheme and `www.`
(without a link, by its guid). A *story* is the entries that are one text under changed addresses: they differ by a slash at the
end only, or one feed gave them the same guid that is no address, or one outlet the same title and words within a week. Equal titles
alone make no story: columns and incidents repeat theirs.
"""

import calendar
import io
import re
import tarfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from itertools import pairwise, product
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import feedparser
import pyarrow as pa

from tracker.errors import SettingsError

_OUTLETS = {"wsj_econ": "wsj", "wsj_world": "wsj"}  # two feeds of one newsroom; every other feed is an outlet of its own
WEEK = timedelta(days=7)  # the same words again after longer are a yearly text, not a changed address
AHEAD = timedelta(days=1)  # some zones are a day ahead of UTC; a date further in the future is wrong
_NAME = re.compile(r"([^/]+)/(\d{4}-\d{2}-\d{2})\.xml$")
_TRACKING = re.compile(r"utm_|fbclid|gclid|mc_[ce]id")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One feed as it was on one day."""

    feed: str
    day: date
    body: bytes


@dataclass(frozen=True, slots=True)
class Item:
    """One entry as one snapshot shows it. `published` is naive UTC, None where there is none or it lies too far in the future."""

    feed: str
    day: date
    key: str
    guid: str
    title: str
    version: tuple[str, str, str]
    published: datetime | None

    @property
    def day_at(self) -> datetime:
        """The day of the snapshot as a time."""
        return datetime.combine(self.day, time())


def read(path: Path) -> list[Snapshot]:
    """The snapshots (FEED/YYYY-MM-DD.xml in a .tar.zst) by day. Raises SettingsError if the file holds none."""
    found: list[Snapshot] = []
    try:
        with pa.input_stream(str(path), compression="zstd") as stream, tarfile.open(fileobj=stream, mode="r|") as archive:
            for member in archive:
                name, content = _NAME.search(member.name), archive.extractfile(member)
                if name and content:
                    found.append(Snapshot(name[1], date.fromisoformat(name[2]), content.read()))
    except (OSError, tarfile.TarError) as error:
        raise SettingsError(f"{path}: not snapshots of feeds as .tar.zst: {error}") from None
    if not found:
        raise SettingsError(f"{path}: holds no FEED/YYYY-MM-DD.xml.")
    return sorted(found, key=lambda s: (s.day, s.feed))


def outlet_of(feed: str) -> str:
    """The outlet of a feed, in the form of an outlet's id."""
    return _OUTLETS.get(feed, feed).replace("_", "-")


def items(snapshot: Snapshot) -> list[Item]:
    """The entries of one snapshot in its order."""
    found = []
    for entry in feedparser.parse(io.BytesIO(snapshot.body)).entries:
        link, guid = entry.get("link", ""), entry.get("id", "")
        texts = (entry.get("title", ""), entry.get("summary", ""), *(part.get("value", "") for part in entry.get("content", [])))
        title, summary, *contents = (" ".join(text.split()) for text in texts)
        at = entry.get("published_parsed")
        moment = datetime.fromtimestamp(calendar.timegm(at), UTC).replace(tzinfo=None) if at else None
        if moment and moment.date() > snapshot.day + AHEAD:
            moment = None
        version = (title, summary, max(contents, key=len, default=""))
        found.append(Item(snapshot.feed, snapshot.day, key(link) if link else f"guid:{guid}", guid, title, version, moment))
    return found


def key(link: str) -> str:
    """What an entry is known by."""
    parts = urlsplit(link)
    query = urlencode([(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if not _TRACKING.match(name)])
    host = (parts.hostname or "").removeprefix("www.")
    return f"{host}{parts.path or '/'}" + (f"?{query}" if query else "")


@dataclass(frozen=True)
class Truth:
    """All snapshots, in order of days, and the entries each shows."""

    snapshots: Sequence[Snapshot]
    shown: Sequence[Sequence[Item]]

    @classmethod
    def of(cls, snapshots: Sequence[Snapshot]) -> "Truth":
        """Read every snapshot."""
        return cls(snapshots, [items(snapshot) for snapshot in snapshots])

    @cached_property
    def items(self) -> list[Item]:
        """Every entry of every snapshot, in order."""
        return [item for shown in self.shown for item in shown]

    @cached_property
    def feeds(self) -> dict[str, list[date]]:
        """The days of each feed's snapshots."""
        days: defaultdict[str, list[date]] = defaultdict(list)
        for snapshot in self.snapshots:
            days[snapshot.feed].append(snapshot.day)
        return dict(days)

    @cached_property
    def story_of(self) -> dict[str, str]:
        """The story of each entry, both by key: connected by a slash, a guid that is no address, or all words within a week."""
        parent: dict[str, str] = {}
        said: dict[tuple[str, tuple[str, str, str]], Item] = {}

        def root(name: str) -> str:
            while parent.setdefault(name, name) != name:
                name = parent[name]
            return name

        for item in self.items:
            parent[root(f"slash:{item.key.rstrip('/')}")] = root(item.key)
            if item.guid and "://" not in item.guid:
                parent[root(f"guid:{item.feed}:{item.guid}")] = root(item.key)
            same = said.setdefault((outlet_of(item.feed), item.version), item)
            if any(item.version[1:]) and abs((same.published or same.day_at) - (item.published or item.day_at)) <= WEEK:
                parent[root(same.key)] = root(item.key)
        return {item.key: root(item.key) for item in self.items}

    @cached_property
    def versions(self) -> dict[str, set[tuple[str, str, str]]]:
        """Every (title, summary, content) a story was shown with."""
        found: defaultdict[str, set[tuple[str, str, str]]] = defaultdict(set)
        for item in self.items:
            found[self.story_of[item.key]].add(item.version)
        return dict(found)

    def served(self, feed: str, night: date) -> int | None:
        """Which snapshot (by its place) is the feed's latest on that night; None before its first."""
        known = [i for i in self._places.get(feed, []) if self.snapshots[i].day <= night]
        return known[-1] if known else None

    def first_dates(self, nights: Iterable[date]) -> dict[str, datetime | None]:
        """The stories visible to whoever looks on these nights, with the first date each was given there; None: never one."""
        found: dict[str, datetime | None] = {}
        for night in sorted(nights):
            for feed in self.feeds:
                for item in self.on(feed, night):
                    story = self.story_of[item.key]
                    found[story] = found.get(story) or item.published
        return found

    def lost_days(self, feeds: Iterable[str], nights: Sequence[date]) -> dict[tuple[str, date], int]:
        """(outlet, day) -> the stories first dated so that no feed showed on any of these nights, though one did between them."""
        wanted = set(feeds)
        seen = {self.story_of[item.key] for night in nights for feed in wanted for item in self.on(feed, night)}
        lost: dict[str, tuple[str, date]] = {}
        for item in self.items:
            story = self.story_of[item.key]
            if item.feed in wanted and story not in seen and item.published and nights[0] <= item.published.date() <= nights[-1]:
                lost.setdefault(story, (outlet_of(item.feed), item.published.date()))
        return dict(Counter(lost.values()))

    def reached_days(self, feeds: Iterable[str], nights: Sequence[date]) -> set[tuple[str, date]]:
        """(outlet, missed day) where every feed of the outlet, at the next look, still showed something it showed at the last."""
        overlaps: defaultdict[tuple[str, date], list[bool]] = defaultdict(list)
        for (before, after), feed in product(pairwise(nights), feeds):
            old, new = ({item.key for item in self.on(feed, night)} for night in (before, after))
            if old and after <= self.feeds[feed][-1]:
                for i in range(1, (after - before).days):
                    overlaps[outlet_of(feed), before + timedelta(days=i)].append(bool(old & new))
        return {at for at, found in overlaps.items() if all(found)}

    def on(self, feed: str, night: date) -> Sequence[Item]:
        """What the feed shows on a night."""
        place = self.served(feed, night)
        return self.shown[place] if place is not None else ()

    @cached_property
    def novelties(self) -> Mapping[str, list[date]]:
        """The days on which each feed showed a link it never had shown before."""
        found: defaultdict[str, list[date]] = defaultdict(list)
        known: set[tuple[str, str]] = set()
        for snapshot, shown in zip(self.snapshots, self.shown, strict=True):
            fresh = {(snapshot.feed, item.key) for item in shown} - known
            known |= fresh
            if fresh:
                found[snapshot.feed].append(snapshot.day)
        return found

    @cached_property
    def _places(self) -> dict[str, list[int]]:
        return {feed: [i for i, s in enumerate(self.snapshots) if s.feed == feed] for feed in self.feeds}
