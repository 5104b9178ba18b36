"""A seed and a number of nights come in; an invented world is lived through night by night with the real pipeline, and scores go out.

    python -m evals.replay --nights 90 --seeds 1-20 --jobs 2 --out FILE.json

does so for several seeds and prints the pooled table, with what BERTrend does beside it. Feeds and pages are served on
loopback and crawled over HTTP; stories, themes, measures and the published file are the program's own. Only the encoder and the judge
are stand-ins, which know the truth: so all else is what is scored.
"""

import argparse
import asyncio
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from multiprocessing import get_context
from pathlib import Path

from evals import replay_findings, replay_invention, replay_words
from evals.checksum import checksum
from evals.fakes import PlantedEncoder, PlantedJudge
from evals.replay_findings import Findings
from evals.replay_scores import Lived, Score, scores
from evals.replay_site import Site, served
from evals.replay_world import World, time_of
from tracker import pipeline
from tracker.demo import server
from tracker.extract.workers import Workers
from tracker.records import Run
from tracker.settings import FetchSettings, Settings, ThemeEntry, ThemeSettings
from tracker.store import exchange, observed
from tracker.store.database import open_archive

# A refit costs ten seconds and more: there are fewer of them here, on fewer stories. What makes a night refit for what is new stays as it is
DISCOVERY = ThemeSettings(refit_growth=1.0, refit_days=1000, max_articles_to_fit=1000)
# In worlds without a burst: loading UMAP takes longer than their nights
NO_DISCOVERY = ThemeSettings(min_articles_to_discover=1_000_000)
# BERTrend 0.4.23, as measured in smaller trials of the same things (docs/method.md); what it has no notion of stays empty
PEER = {
    "volume equals articles": "1,018 of 2,257 in the series (45 %), 110 twice",
    "articles kept": "100 of 2,137 lost by 3 missed nights",
    "dates right": "3 of 3 zoned dates near midnight on the wrong day",
    "days with lost articles flagged": "none: gap days move to a wrong day",
    "second run changes nothing": "80 instead of 40 after two more runs",
    "future date changes no number": "training set 218 -> 1",
    "new theme seen the same night": "not before a second appearance",
    "direction right": "flat is rising, falling is strong, stopped is rising",
    "stories, F1": "exact titles only: 7 daily briefings -> 1, copies counted",
    "net stance by theme and month": "no stance",
    "shares right": "no shares",
}


@dataclass(frozen=True, slots=True)
class Report:
    """What the last published file says, against the truth."""

    world: World
    lived: Lived
    findings: Findings

    def scores(self) -> list[Score]:
        """See evals/replay_scores.py."""
        return scores(self.world, self.lived, self.findings)

    def rows(self) -> list[tuple[str, float | int | None, str]]:
        """(measure, value, detail): shares of what is right, 1 where nothing went wrong."""
        return [(s.measure, s.value, _told(s)) for s in self.scores()]


def evaluate(nights: int = 8, seed: int = 1) -> Report:
    """Live through `nights` (3 or more; about 2 seconds each, and 20 more where themes are discovered) in a folder that is then removed."""
    world = replay_invention.invent(seed, nights)
    with tempfile.TemporaryDirectory(prefix="tracker-replay-") as folder:
        return asyncio.run(_live(world, Path(folder)))


async def _live(world: World, data: Path) -> Report:
    runs_again: list[tuple[str, str]] = []
    with_future: tuple[str, str] | None = None
    is_burst_seen: bool | None = None
    async with served(world) as site, Workers(1) as workers:
        for night in (night for night in range(world.nights) if night not in world.missed):
            now = time_of(night)
            without = None
            if with_future is None and world.items[world.future].listed_at <= now:
                without = await _once_without(world, site, workers, data, night)
            site.set(night, now)
            await _night(world, site, workers, data, night, now)
            if without is not None:
                with_future = without, replay_findings.numbers(data)
            if night == world.burst_night:
                is_burst_seen = _is_burst_seen(world, replay_findings.read(data))
            if night in world.twice:
                before = checksum(data)
                await _night(world, site, workers, data, night, now + timedelta(hours=1))
                runs_again.append((before, checksum(data)))
        assert with_future is not None  # a world has one such article, listed on a night that somebody looks
        restored = checksum(data), _restored(data, night)
        lived = Lived(tuple(site.looks), is_burst_seen, tuple(runs_again), with_future, restored)
    return Report(world, lived, replay_findings.read(data))


async def _once_without(world: World, site: Site, workers: Workers, data: Path, night: int) -> str:
    """The numbers of this night as they would be without the article dated years ahead: lived through on a copy of the archive."""
    with tempfile.TemporaryDirectory(prefix="tracker-replay-") as folder:
        if (data / "archive.duckdb").exists():
            shutil.copy(data / "archive.duckdb", folder)
        looks = len(site.looks)
        site.set(night, time_of(night), without=(world.future,))
        await _night(world, site, workers, Path(folder), night, time_of(night))
        del site.looks[looks:]  # of another history
        return replay_findings.numbers(Path(folder))


async def _night(world: World, site: Site, workers: Workers, data: Path, night: int, now: datetime) -> None:
    """One run, from the feeds to the published file."""
    settings = _settings(world, site, night)
    run = Run(f"{now:%Y%m%dT%H%M%S}", now, "replay", settings.digest)
    encoder = PlantedEncoder(world.names)
    judge = PlantedJudge(world.names, replay_words.PRO, replay_words.CON)
    archive = open_archive(data / "archive.duckdb")
    try:
        observed.start_run(archive, run, "replay")
        await pipeline.crawl_with(workers, archive, settings, run, _quiet)
        pipeline.analyse(archive, settings, run, encoder, judge, _quiet)
        observed.finish_run(archive, run, now, encoder.name, judge.name)
        pipeline.publish_to(archive, data, run)
    finally:
        archive.close()


def _restored(data: Path, night: int) -> str:
    """The checksum of what an archive made from an export of this one publishes."""
    with tempfile.TemporaryDirectory(prefix="tracker-replay-") as folder:
        archive = open_archive(data / "archive.duckdb")
        exchange.export(archive, Path(folder) / "export")
        archive.close()
        archive = open_archive(Path(folder) / "archive.duckdb")
        exchange.restore(archive, Path(folder) / "export")
        now = time_of(night) + timedelta(hours=2)
        pipeline.publish_to(archive, Path(folder), Run(f"{now:%Y%m%dT%H%M%S}", now, "replay", "restored"))
        archive.close()
        return checksum(Path(folder))


def _settings(world: World, site: Site, night: int) -> Settings:
    themes = tuple(
        ThemeEntry(
            slug=theme.slug, name=theme.name, claim=f"The {theme.name} is worth what it costs the towns.",
            supports=(f"The {theme.name} pays for itself.", f"Towns with the {theme.name} do better."),
            opposes=(f"The {theme.name} is a waste of money.", f"Nobody needs the {theme.name}."), aliases=(theme.name,),
        )
        for theme in world.themes
    )  # fmt: skip
    fetch = FetchSettings(host_delay_seconds=0, allow_private_hosts=(server.LOOPBACK,))
    discovery = NO_DISCOVERY if world.burst_night is None else DISCOVERY
    return Settings(outlets=site.entries(night), themes=themes, fetch=fetch, discovery=discovery)


def _is_burst_seen(world: World, findings: Findings) -> bool:
    """Whether one discovered theme holds most of the burst's articles, and little else."""
    sizes: dict[str, list[int]] = {}
    burst = sum(world.items[found.id].is_burst for found in findings.articles)
    for found in findings.articles:
        for slug in found.discovered:
            size = sizes.setdefault(slug, [0, 0])
            size[0] += world.items[found.id].is_burst
            size[1] += 1
    return any(2 * of_burst > max(burst, size) for of_burst, size in sizes.values())


def pooled(by_seed: Mapping[int, Sequence[Score]]) -> list[tuple[str, float | None, str, str]]:
    """(measure, value over all seeds, detail, the peer's figure)."""
    measures = list(dict.fromkeys(score.measure for of_seed in by_seed.values() for score in of_seed))
    rows = []
    for measure in measures:
        found = {seed: score for seed, of_seed in by_seed.items() for score in of_seed if score.measure == measure and score.of}
        right, of = sum(s.right for s in found.values()), sum(s.of for s in found.values())
        lowest = min(((s.value or 0.0, seed) for seed, s in found.items()), default=None)
        worst = min((s.worst for s in found.values() if s.worst is not None), default=None)
        detail = f"{right:g} of {of:g}" + (f"; lowest {lowest[0]:.4f} (seed {lowest[1]})" if lowest and lowest[0] < 1 else "")
        detail += f"; worst part {worst:.4f}" if worst is not None else ""
        rows.append((measure, right / of if of else None, detail, PEER.get(measure, "")))
    return rows


def _told(score: Score) -> str:
    return score.detail + (f"; worst {score.worst:.4f}" if score.worst is not None else "")


def _seed_scores(nights: int, seed: int) -> tuple[int, list[Score], float]:
    started = time.perf_counter()
    return seed, evaluate(nights, seed).scores(), time.perf_counter() - started


def _seeds(text: str) -> list[int]:
    """1-20, or 3,5,8."""
    first, dash, last = text.partition("-")
    return list(range(int(first), int(last) + 1)) if dash else [int(part) for part in text.split(",")]


def main() -> int:
    """Read the arguments, live through every seed's world, print and keep the scores; what is in the file already is not done again."""
    parser = argparse.ArgumentParser(description="Replay invented worlds night by night and score what is published.")
    parser.add_argument("--nights", type=int, default=90)
    parser.add_argument("--seeds", type=_seeds, default=_seeds("1-20"))
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", type=Path, help="JSON file to keep the scores of each seed in")
    options = parser.parse_args()
    by_seed: dict[int, list[Score]] = {}
    if options.out and options.out.exists():
        kept = json.loads(options.out.read_text(encoding="utf-8"))
        by_seed = {int(seed): [Score(**row) for row in rows] for seed, rows in kept.items() if int(seed) in options.seeds}
    with ProcessPoolExecutor(options.jobs, mp_context=get_context("spawn")) as pool:
        waiting = [pool.submit(_seed_scores, options.nights, seed) for seed in options.seeds if seed not in by_seed]
        for done in as_completed(waiting):
            seed, by_seed[seed], seconds = (found := done.result())[0], found[1], found[2]
            wrong = [f"{s.measure} {s.value:.4f}" for s in by_seed[seed] if s.value is not None and s.value < 1]
            print(f"seed {seed}: {seconds:.0f} s; {', '.join(wrong)}", flush=True)
            if options.out:
                options.out.write_text(json.dumps({seed: [asdict(s) for s in rows] for seed, rows in sorted(by_seed.items())}))
    print(f"\n{len(by_seed)} seeds of {options.nights} nights\n")
    for measure, value, detail, peer in pooled(by_seed):
        print(f"| {measure} | {'-' if value is None else f'{value:.4f}'} | {detail} | {peer} |")
    return 0


def _quiet(stage: str, done: int, total: int) -> None:
    """Nobody watches."""


if __name__ == "__main__":
    sys.exit(main())
