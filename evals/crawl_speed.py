"""The size of a world comes in; what crawling it costs goes out, beside its floors and beside Scrapy, as a table and as JSON.

    uv run python -m evals.crawl_speed [--feeds 1000 --hosts 200 --pages 10000 --delay 5 --out DIR] [--peer]

Measured one after the other, all on this machine, the world served from a process of its own on the same processors:
`tracker crawl` on an empty folder; the same once more, with nothing new; `article.read` of the same pages in a bare pool of as many processes
as there are processors, no network; and, with --peer, Scrapy with trafilatura in its item pipeline (evals/scrapy_crawl.py). Scrapy reads the feeds of
healthy hosts only, in its favour: it waits out the deadline on every page of a slow host, 25 minutes for 50 pages.
"""

import argparse
import json
import os
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

import duckdb

from evals import bare_pool, crawl_server, process_cost
from evals.bare_pool import Bare
from evals.crawl_server import Counts
from evals.crawl_world import Truth, World, arguments, build, checksum, chosen, truth
from evals.process_cost import Cost

ROOT = Path(__file__).parents[1]
BAR = 1.25  # of the larger floor: what the crawl may take
MEMORY_BAR_MIB = 1500.0


@dataclass(frozen=True, slots=True)
class Crawled:
    """One crawl: its cost, the addresses of the expected articles that it brought, and what the world was asked meanwhile."""

    cost: Cost
    right: frozenset[str]  # with exactly the text as written
    changed: frozenset[str]  # with another text: the headline or a caption more
    other: int  # articles beyond those expected: the feed's own text of faulty hosts' pages
    asked: Counts

    def requests(self, truth_: Truth) -> dict[str, int]:
        """What the healthy hosts were asked, by kind."""
        found: dict[str, int] = {}
        for at in _healthy(truth_):
            for kind, count in self.asked.hosts[at].requests.items():
                found[kind] = found.get(kind, 0) + count
        return found

    def bytes(self, truth_: Truth) -> int:
        """What the healthy hosts sent."""
        return sum(self.asked.hosts[at].bytes for at in _healthy(truth_))

    def span(self, truth_: Truth) -> float:
        """Seconds from the first to the last start of a request on healthy hosts."""
        asked = [self.asked.hosts[at] for at in _healthy(truth_)]
        return max(host.last_start for host in asked) - min(host.first_start for host in asked)

    def least_gap(self, truth_: Truth) -> float:
        """Shortest time between two starts on one healthy host, in seconds."""
        return min(self.asked.hosts[at].least_gap for at in _healthy(truth_))

    def most_at_once(self, truth_: Truth) -> int:
        """Most requests that one healthy host answered at a time."""
        return max(self.asked.hosts[at].at_once for at in _healthy(truth_))


@dataclass(frozen=True, slots=True)
class Report:
    """Everything measured. Seconds are wall time."""

    world: World
    truth: Truth
    delay: float
    first: Crawled
    second: Crawled
    bare: Bare
    bare_trafilatura: Bare
    peers: Mapping[str, Crawled]

    @property
    def polite_seconds(self) -> float:
        """The least that the healthy host with the most to ask for takes under the delay."""
        return (self.truth.politest - 1) * self.delay

    @property
    def floor_seconds(self) -> float:
        """The larger floor."""
        return max(self.bare.seconds, self.polite_seconds)

    def rows(self) -> list[tuple[str, str, str]]:
        """(measure, value, detail)."""
        first, second, expected = self.first, self.second, len(self.truth.articles)
        missing = sorted(self.truth.articles.keys() - first.right)
        missed = f"missing: {', '.join(missing[:5])} ..." if missing else "every page of a healthy host, with the text as written"
        ratio = first.cost.seconds / self.floor_seconds
        again = second.requests(self.truth)
        world, faults = self.world, ", ".join(self.truth.faulty.values())
        rows = [
            ("world", f"{world.feeds} feeds", f"{world.hosts} hosts, {world.pages} pages; hosts with a fault: {faults}"),
            ("crawl: articles", f"{len(first.right)} of {expected}", f"{missed}; {first.other} others (faulty hosts: the feed's own text)"),
            *_cost_rows("crawl", first, self.truth),
            ("bare pool", f"{self.bare.seconds:.1f} s", f"{self.bare.cpu_seconds:.1f} s CPU: article.read, {os.cpu_count()} processes, no network"),
            (
                "bare pool, trafilatura",
                f"{self.bare_trafilatura.seconds:.1f} s",
                f"{self.bare_trafilatura.cpu_seconds:.1f} s CPU: trafilatura.bare_extraction alone",
            ),
            ("politeness floor", f"{self.polite_seconds:.1f} s", f"{self.truth.politest} requests on one host, {self.delay} s apart"),
            ("wall / larger floor", f"{ratio:.2f}", f"bar {BAR}: {'passed' if ratio <= BAR else 'FAILED'}"),
            ("CPU / bare pool's CPU", f"{first.cost.cpu_seconds / self.bare.cpu_seconds:.2f}", "says the same on a machine that is busy otherwise"),
            ("server", f"{first.asked.cpu_seconds:.1f} s", "CPU of the served world, on the same processors"),
            ("nothing new: requests", f"{sum(again.values())}", f"healthy hosts have {sum(self.truth.feeds.values())} feeds; asked: {again}"),
            ("nothing new: bytes", f"{second.bytes(self.truth)}", f"first crawl: {first.bytes(self.truth)}; {second.cost.seconds:.1f} s wall"),
        ]
        for name, peer in self.peers.items():
            brought = len(peer.right) + len(peer.changed)
            rows.append((f"{name}: articles", f"{brought} of {expected}", f"{len(peer.right)} with exactly the text; fed with healthy hosts only"))
            rows += _cost_rows(name, peer, self.truth)
            ours, theirs = first.cost, peer.cost
            rows.append((
                f"ours / {name}",
                f"{first.span(self.truth) / peer.span(self.truth):.2f}",
                f"of span; of CPU {ours.cpu_seconds / theirs.cpu_seconds:.2f}, of peak memory {ours.peak_bytes / theirs.peak_bytes:.2f}",
            ))
        return rows

    def passed(self) -> bool:
        """Whether every article is there, in time, within the memory, and nothing was asked twice."""
        once = self.second.requests(self.truth)
        return (
            self.truth.articles.keys() == self.first.right
            and self.first.cost.seconds <= BAR * self.floor_seconds
            and self.first.cost.peak_bytes <= MEMORY_BAR_MIB * 2**20
            and once == {"feed_304": sum(self.truth.feeds.values())}
        )

    def to_json(self) -> str:
        """All rows and costs."""
        costs = {"crawl": self.first.cost, "nothing new": self.second.cost, **{name: peer.cost for name, peer in self.peers.items()}}
        return json.dumps(
            {
                "world": asdict(self.world),
                "delay": self.delay,
                "rows": self.rows(),
                "costs": {name: asdict(cost) for name, cost in costs.items()},
                "missing": sorted(self.truth.articles.keys() - self.first.right),
                "passed": self.passed(),
            },
            indent=1,
        )


def evaluate(folder: Path, world: World, delay: float, *, is_with_peer: bool = False) -> Report:
    """Measure on the world that stands in `folder`; data and logs of the crawls are left there. Raises OSError if its port is taken."""
    expected = truth(folder)
    data = folder / "data"
    shutil.rmtree(data, ignore_errors=True)
    with crawl_server.serving(folder) as port:
        ours = [_crawl(crawl_command(folder, data), folder / f"crawl-{i}.log", port, expected, delay, lambda: stored(data)) for i in (1, 2)]
        peers = {
            f"Scrapy, {where}": _crawl(
                _scrapy(folder, world, delay, pool), folder / f"scrapy-{pool}.log", port, expected, delay, lambda: _written(folder / "scrapy.jsonl")
            )
            for pool, where in (((0, "trafilatura in its process"), (os.cpu_count() or 1, "trafilatura in a pool")) if is_with_peer else ())
        }
    read, alone = bare_pool.measure(folder, sorted(expected.articles))
    return Report(world, expected, delay, ours[0], ours[1], read, alone, peers)


def crawl_command(folder: Path, data: Path) -> list[str]:
    """The real command line, on the world in `folder`."""
    files = ["--feeds", str(folder / "feeds.yaml"), "--themes", str(ROOT / "themes.yaml"), "--data", str(data)]
    return [sys.executable, "-m", "tracker", "crawl", *files]


def environment(delay: float) -> dict[str, str]:
    """Ours, with the delay, and with loopback allowed."""
    return {**os.environ, "TRACKER_HOST_DELAY": str(delay), "TRACKER_ALLOW_PRIVATE_HOSTS": "127.0.0.0/8"}


def stored(data: Path) -> dict[str, str]:
    """Address -> checksum of the text of every article in a data folder."""
    with duckdb.connect(str(data / "archive.duckdb"), read_only=True) as archive:
        return {url: checksum(text) for url, text in archive.execute("select url, text from articles").fetchall()}


def _crawl(
    command: list[str], log: Path, port: int, expected: Truth, delay: float, articles: Callable[[], dict[str, str]]
) -> Crawled:
    crawl_server.counts(port, is_forgetting=True)
    cost = process_cost.measure(command, environment(delay), log)
    found = articles() if cost.status == 0 else {}
    right = frozenset(url for url, text in found.items() if expected.articles.get(url) == text)
    changed = frozenset(found.keys() & expected.articles.keys() - right)
    return Crawled(cost, right, changed, len(found) - len(right) - len(changed), crawl_server.counts(port))


def _scrapy(folder: Path, world: World, delay: float, pool: int) -> list[str]:
    needs = ["--with", "scrapy", "--with", f"trafilatura=={version('trafilatura')}", "--with", "pyyaml"]
    options = ["--delay", str(delay), "--hosts", str(world.hosts), "--pool", str(pool)]
    script = [str(ROOT / "evals" / "scrapy_crawl.py"), str(folder / "healthy.yaml"), str(folder / "scrapy.jsonl")]
    return ["uv", "run", "--no-project", "--isolated", "--python", "3.11", *needs, "python", *script, *options]


def _written(lines: Path) -> dict[str, str]:
    rows = [json.loads(line) for line in lines.read_text(encoding="utf-8").splitlines()]
    return {row["url"]: checksum(row["text"]) for row in rows}


def _healthy(truth_: Truth) -> list[str]:
    return [site.split("//")[1].split(":")[0] for site in truth_.feeds]


def _cost_rows(name: str, crawled: Crawled, expected: Truth) -> list[tuple[str, str, str]]:
    cost, mib = crawled.cost, 2**20
    return [
        (f"{name}: wall", f"{cost.seconds:.1f} s", f"exit {cost.status}; {crawled.span(expected):.1f} s from first to last start on healthy hosts"),
        (f"{name}: CPU", f"{cost.cpu_seconds:.1f} s", "user and system, of the process tree"),
        (f"{name}: peak memory", f"{cost.peak_bytes / mib:.0f} MiB", f"PSS of the process tree; sum of RSS {cost.peak_resident_bytes / mib:.0f} MiB"),
        (f"{name}: politeness", f"{crawled.least_gap(expected):.2f} s", f"least gap of starts on a host; {crawled.most_at_once(expected)} at a time"),
    ]


def main() -> int:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(description="Measure a crawl.")
    arguments(parser, 1000, 200, 10_000)
    parser.add_argument("--delay", type=float, default=5.0, help="seconds between two starts on one host")
    parser.add_argument("--out", type=Path, default=Path("data/crawl-speed"), help="folder for the world, the data and the logs")
    parser.add_argument("--peer", action="store_true", help="measure Scrapy as well (from PyPI, through uv)")
    options = parser.parse_args()
    world = chosen(options)
    build(world, options.out)
    report = evaluate(options.out, world, options.delay, is_with_peer=options.peer)
    for measure, value, detail in report.rows():
        print(f"{measure:<46} {value:>18}  {detail}")
    (options.out / "speed.json").write_text(report.to_json(), encoding="utf-8")
    return 0 if report.passed() else 1


if __name__ == "__main__":
    sys.exit(main())
