"""A small world with every fault is crawled by the real pipeline, and by crawls that are killed: what must be stored is stored, once."""

import asyncio
import socket
from pathlib import Path

import pytest

from evals import crawl_kills, crawl_server
from evals.crawl_speed import stored
from evals.crawl_world import FAULTS, Truth, World, build
from tests.builders import FIXED_NOW
from tests.night import quiet
from tracker import pipeline
from tracker.records import Run
from tracker.settings import FetchSettings, Settings, read_feeds
from tracker.store import observed
from tracker.store.database import open_archive

DEADLINE_SECONDS = 0.4  # of one request: three faults are waited out, each several times


def free_port() -> int:
    with socket.create_server((crawl_server.CONTROL, 0)) as sock:
        return int(sock.getsockname()[1])


def crawl(world: Path, data: Path, run_id: str = "run-1") -> None:
    """One crawl of the world, in this process, with a short deadline."""
    fetch = FetchSettings(host_delay_seconds=0, allow_private_hosts=("127.1.0.0/16",), total_seconds=DEADLINE_SECONDS)
    settings = Settings(outlets=read_feeds(world / "feeds.yaml").outlets, themes=(), fetch=fetch)
    archive = open_archive(data / "archive.duckdb")
    run = Run(run_id, FIXED_NOW, "test", settings.digest)
    observed.start_run(archive, run, "crawl")
    asyncio.run(pipeline.crawl(archive, settings, run, 2, quiet))
    archive.close()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Truth]:
    """A host for every fault, and four that are well."""
    folder = tmp_path_factory.mktemp("world")
    hosts = len(FAULTS) + 4
    return folder, build(World(feeds=2 * hosts, hosts=hosts, pages=6 * hosts, port=free_port(), faulty=len(FAULTS)), folder)


def test_all_healthy_articles_are_stored_beside_hosts_with_every_fault_and_a_second_crawl_asks_each_feed_once(
    world: tuple[Path, Truth], tmp_path: Path
) -> None:
    folder, truth = world
    assert set(truth.faulty.values()) == set(FAULTS) and len(truth.articles) == 4 * 6
    with crawl_server.serving(folder) as port:
        crawl(folder, tmp_path)
        first = crawl_server.counts(port, is_forgetting=True)
        crawl(folder, tmp_path, "run-2")
        second = crawl_server.counts(port)
    found = stored(tmp_path)
    assert {url: found.get(url) for url in truth.articles} == truth.articles
    for site, feeds in truth.feeds.items():
        host = site.removeprefix("http://").partition(":")[0]
        assert first.hosts[host].requests == {"feed": feeds, "robots": 1, "page": 6}
        assert first.hosts[host].at_once == 1
        assert second.hosts[host].requests == {"feed_304": feeds}


def test_the_world_is_the_same_for_the_same_seed(world: tuple[Path, Truth], tmp_path: Path) -> None:
    small = World(feeds=4, hosts=2, pages=6, faulty=0)
    assert build(small, tmp_path / "one") == build(small, tmp_path / "two")
    assert (tmp_path / "one" / "answers.bin").read_bytes() == (tmp_path / "two" / "answers.bin").read_bytes()
    texts = build(World(feeds=4, hosts=2, pages=6, faulty=0, seed=2), tmp_path / "other").articles.values()
    assert len(set(texts)) == 6 and not set(texts) & set(build(small, tmp_path / "one").articles.values())


@pytest.mark.timeout(300)  # seven times a process that loads all parsers: 20 s on an idle machine, minutes on a busy one
def test_a_crawl_killed_three_times_ends_with_the_articles_of_an_undisturbed_one(tmp_path: Path) -> None:
    faults = ("redirect_loop", "refused", "consent_wall")
    build(World(feeds=12, hosts=6, pages=36, port=free_port(), faulty=3, faults=faults), tmp_path)
    report = crawl_kills.evaluate(tmp_path, kills=3, seed=1)
    assert [row for row in report.rows() if not row[-1]] == []
    assert sum(life.killed_at is not None for crawl in report.crawls for life in crawl) == 3
