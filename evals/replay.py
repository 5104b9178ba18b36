"""A number of nights comes in; the demo world is lived through night by night with the real pipeline, and what went wrong goes out.

One night is missed, the last is run twice, one article is dated far in the future, and one outlet's feed is so short that a missed
night loses articles for good. Only the encoder and the judge are stand-ins.
"""

import asyncio
import random
import socket
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb

from evals.fakes import FakeEncoder, FakeJudge
from tracker import pipeline
from tracker.demo import server
from tracker.demo import world as invented
from tracker.demo.world import DemoArticle, DemoOutlet, World
from tracker.records import Run
from tracker.settings import FetchSettings, OutletEntry, Settings, read_themes
from tracker.store import observed, public
from tracker.store.database import open_archive

FIRST_NIGHT = datetime(2026, 3, 2, 3, 0)  # any Monday; at three in the morning, as people schedule it
FAR_FUTURE = datetime(2031, 5, 5, 12, 0)
ARTICLES_A_NIGHT = 8  # eight nights then make 64: enough for themes to be discovered on the last
SHORT_FEED = 2  # entries that the short feed shows; every other feed shows all
SHORT_FEED_OUTLET = "harrow-wire"
WITHOUT_DATES = "rss-undated"  # such feeds prove nothing about a day, so they are left out here
THEMES = Path(__file__).parents[1] / "themes.yaml"


@dataclass(frozen=True, slots=True)
class Found:
    """One published article, by the id it has in the world."""

    id: str
    published_at: datetime | None


@dataclass(frozen=True, slots=True)
class Truth:
    """What was to be seen: articles by id, which of them a served feed ever listed, and the one dated in the future.

    `reaching_back` are the outlets whose feeds, at the next look, still showed the whole day of the missed night.
    """

    articles: Mapping[str, DemoArticle]
    shown: frozenset[str]
    from_the_future: str
    missed_day: date
    reaching_back: frozenset[str]


@dataclass(frozen=True, slots=True)
class Report:
    """What the last published file says, against the truth. `complete` are the (outlet, day) it calls complete."""

    nights: int
    truth: Truth
    found: tuple[Found, ...]
    volumes: tuple[tuple[str, int, int], ...]  # (theme, sum of its daily volume, its dated articles)
    complete: frozenset[tuple[str, date]]
    checksums: tuple[str, str]  # of the last night, run once and run twice

    def rows(self) -> list[tuple[str, float | int | None, str]]:
        """(measure, value, detail): shares of what is right, 1 where nothing went wrong."""
        truth, stored = self.truth, Counter(article.id for article in self.found)
        lost = sorted(truth.shown - stored.keys())
        unseen = truth.articles.keys() - truth.shown
        dates = {a.id: a.published_at for a in self.found if a.id != truth.from_the_future}
        wrong = sorted(name for name, at in dates.items() if at != truth.articles[name].published_at)
        uneven = [f"{theme}: {volume} of {dated}" for theme, volume, dated in self.volumes if volume != dated]
        holes = self._holes(stored)
        claimed = [f"{outlet} {day}" for outlet, day in sorted(holes & self.complete)]
        outlets = {a.outlet for a in truth.articles.values()}
        caught_up = {o for o in outlets if (o, truth.missed_day) in self.complete}
        mistold = sorted(caught_up ^ truth.reaching_back)
        future = [a.published_at for a in self.found if a.id == truth.from_the_future]
        total = sum(volume for _, volume, _ in self.volumes)
        return [
            _share("articles kept", len(truth.shown), lost, f"{len(unseen)} more were in no feed when we looked"),
            _share("articles stored once", len(stored), [name for name, n in stored.items() if n > 1]),
            _share("dates right", len(dates), wrong),
            _share("volume equals articles", len(self.volumes), uneven, f"{total} in all"),
            _share("days with lost articles flagged", len(holes), claimed),
            _share("missed night told rightly", len(outlets), mistold, f"{len(caught_up)} outlets caught up, the others flagged"),
            _share("second run changes nothing", 1, [] if len(set(self.checksums)) == 1 else [" ".join(self.checksums)]),
            _share("future date kept apart", 1, [] if future == [None] else [f"{truth.from_the_future}: {future}"]),
        ]

    def _holes(self, stored: Mapping[str, int]) -> set[tuple[str, date]]:
        """(outlet, day) with an article that we do not have."""
        absent = (article for name, article in self.truth.articles.items() if name not in stored)
        return {(article.outlet, article.published_at.date()) for article in absent}


def evaluate(nights: int = 8, seed: int = 1) -> Report:
    """Live through `nights` (2 or more; about 4 seconds each, and 20 more where themes are discovered) in a folder that is then removed."""
    world, from_the_future = _redated(invented.load(), nights, seed)
    with tempfile.TemporaryDirectory(prefix="tracker-replay-") as folder:
        return asyncio.run(_live(world, from_the_future, nights, Path(folder)))


async def _live(world: World, from_the_future: str, nights: int, data: Path) -> Report:
    missed = (nights - 1) // 2
    missed_day = _time(missed).date()
    shown: set[str] = set()
    reaching_back: set[str] = set()
    checksums: list[str] = []
    archive = open_archive(data / "archive.duckdb")
    async with AsyncExitStack() as stack:
        stack.callback(archive.close)
        sites: dict[str, str] = {}
        answers: dict[str, dict[str, server.Reply]] = {}
        for outlet in world.outlets:
            sock = socket.create_server((server.LOOPBACK, 0))
            sites[outlet.outlet], answers[outlet.outlet] = f"http://{server.LOOPBACK}:{sock.getsockname()[1]}", {}
            await stack.enter_async_context(server.running(server.application(answers[outlet.outlet]), sock))
        settings = _settings(world, sites)
        times = [_time(night) for night in range(nights) if night != missed]
        for now in [*times, times[-1] + timedelta(hours=1)]:
            for outlet in world.outlets:
                listed = _listed(world, outlet, now)
                shown |= {article.id for article in listed}
                if now == _time(missed + 1) and any(article.shown_at.date() < missed_day for article in listed):
                    reaching_back.add(outlet.outlet)
                answers[outlet.outlet].clear()
                answers[outlet.outlet].update(server.replies(outlet, listed, sites[outlet.outlet]))
            checksums.append(await _night(archive, settings, data, now))
    truth = Truth({a.id: a for a in world.articles}, frozenset(shown), from_the_future, missed_day, frozenset(reaching_back))
    return _report(data, world, truth, nights, (checksums[-2], checksums[-1]))


async def _night(archive: duckdb.DuckDBPyConnection, settings: Settings, data: Path, now: datetime) -> str:
    """One run, from the feeds to the published file; returns the checksum of what is published."""
    run = Run(f"{now:%Y%m%dT%H%M%S}", now, "replay", settings.digest)
    observed.start_run(archive, run, "replay")
    encoder, judge = FakeEncoder(), FakeJudge()
    await pipeline.crawl(archive, settings, run, 2, _quiet)
    pipeline.analyse(archive, settings, run, encoder, judge, _quiet)
    observed.finish_run(archive, run, now, encoder.name, judge.name)
    published = public.Published(pipeline.publish_to(archive, data, run).path)
    try:
        return public.checksum(published)
    finally:
        published.close()


def _report(data: Path, world: World, truth: Truth, nights: int, checksums: tuple[str, str]) -> Report:
    named = {article.path: article.id for article in world.articles}
    with duckdb.connect(str(public.published_file(data)), read_only=True) as published:
        articles = published.execute(
            "select regexp_extract(url, '^https?://[^/]+(/[^?]*)', 1), published_at from articles"
        ).fetchall()
        volumes = published.execute(
            """select t.slug, coalesce(sum(v.articles), 0)::integer,
                      (select count(*) from article_themes x join articles a using (article_id)
                       where x.theme_id = t.theme_id and a.published_at is not null)
               from themes t left join volume_daily v using (theme_id) group by t.theme_id, t.slug order by t.slug"""
        ).fetchall()
        complete = published.execute("select outlet, day from coverage_daily where state = 'complete'").fetchall()
    found = tuple(Found(named.get(path, path), at) for path, at in articles)
    return Report(nights, truth, found, tuple(volumes), frozenset(complete), checksums)


def _redated(world: World, nights: int, seed: int) -> tuple[World, str]:
    """A sample of the healthy outlets' articles, spread over the nights and the day before; one of them claims a far future."""
    draw = random.Random(seed)  # a sample, not a secret
    outlets = tuple(o for o in world.outlets if o.fault is None and o.feed != WITHOUT_DATES)
    healthy = {o.outlet for o in outlets}
    pool = [a for a in world.articles if a.outlet in healthy]
    seconds = int((_time(nights - 1) - _time(-1)).total_seconds())
    moved: list[DemoArticle] = []
    for article in draw.sample(pool, min(ARTICLES_A_NIGHT * nights, len(pool))):
        at = _time(-1) + timedelta(seconds=draw.randrange(seconds))
        # Without its own address: some carry the day in it, which is no longer true
        moved.append(replace(article, path=f"/news/{article.id}", published_at=at, shown_at=at))
    candidates = [i for i, a in enumerate(moved) if a.outlet != SHORT_FEED_OUTLET]
    chosen = candidates[0]
    moved[chosen] = replace(moved[chosen], shown_at=FAR_FUTURE)
    ordered = tuple(sorted(moved, key=lambda a: (a.published_at, a.id)))
    return World(outlets, ordered, {a.id: world.truths[a.id] for a in ordered}), moved[chosen].id


def _listed(world: World, outlet: DemoOutlet, now: datetime) -> list[DemoArticle]:
    """What the outlet's feed shows at a time, newest first."""
    known = [article for article in world.of(outlet) if article.published_at <= now]
    return known[:SHORT_FEED] if outlet.outlet == SHORT_FEED_OUTLET else known


def _settings(world: World, sites: Mapping[str, str]) -> Settings:
    entries: Sequence[OutletEntry] = [
        OutletEntry.model_validate(
            {
                "outlet": o.outlet, "name": o.name, "kind": o.kind, "tier": o.tier, "country": o.country,
                "feeds": [{"url": f"{sites[o.outlet]}/feed.xml", "full_text": o.feed == "rss-full"}],
            }
        )
        for o in world.outlets
    ]  # fmt: skip
    fetch = FetchSettings(host_delay_seconds=0, allow_private_hosts=(server.LOOPBACK,))
    return Settings(outlets=tuple(entries), themes=read_themes(THEMES).themes, fetch=fetch)


def _time(night: int) -> datetime:
    return FIRST_NIGHT + timedelta(days=night)


def _share(measure: str, of: int, faults: Sequence[str], note: str = "") -> tuple[str, float, str]:
    """The part of so many that is without fault; the detail names the faults, or else says the note."""
    said = ", ".join(faults) or note
    return measure, 1 - len(faults) / of if of else 1.0, f"{of - len(faults)} of {of}" + (f"; {said}" if said else "")


def _quiet(stage: str, done: int, total: int) -> None:
    """Nobody watches."""
