"""A number of kills comes in; whether crawls killed so often at random moments end with exactly the articles of an undisturbed one goes out.

    uv run python -m evals.crawl_kills --kills 30 --seed 1 --out DIR [--feeds 100 --hosts 20 --pages 1000]

Each kill is SIGKILL to the whole process group, at a moment drawn from the whole length of an undisturbed crawl, so that kills fall on every part
of it. A crawl that comes to its end between two kills is compared, and another is begun on an empty folder; the last one is left alone
to its end. After each kill the archive is looked at in a copy: the next life meets the files as the kill left them.
Exit 1 on any difference. The world's faults are those that cost no deadline, so that lives are short.
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from evals import crawl_server
from evals.crawl_speed import crawl_command, environment
from evals.crawl_world import FAULTS, SLOW_FAULTS, Truth, arguments, build, checksum, chosen, truth
from tracker.errors import StoreError
from tracker.store.database import open_archive

QUICK_FAULTS = tuple(fault for fault in FAULTS if fault not in SLOW_FAULTS)
KINDS = ("article", "entry", "rejection")


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the archive. `checksum` is of an article's text, else ''."""

    kind: str
    url: str
    checksum: str = ""


@dataclass(frozen=True, slots=True)
class Life:
    """One process of a crawl and what stood in the archive after it.

    `killed_at` is in seconds; None: it came to its end. `lost` are rows that stood there before this life. `error` says why the
    archive cannot be opened, or ''.
    """

    killed_at: float | None
    stored: frozenset[Row]
    lost: frozenset[Row]
    doubled: frozenset[Row]
    error: str


@dataclass(frozen=True, slots=True)
class Report:
    """The undisturbed crawl, and all killed ones with their lives; the last life of each came to its end."""

    seconds: float
    reference: frozenset[Row]
    truth: Truth
    crawls: tuple[tuple[Life, ...], ...]

    def rows(self) -> list[tuple[str, int, str, bool]]:
        """(measure, value, detail, whether it is as it should be)."""
        lives = [life for crawl in self.crawls for life in crawl]
        killed = [life for life in lives if life.killed_at is not None]
        moments = sorted(life.killed_at for life in killed if life.killed_at is not None)
        expected = {Row("article", url, text) for url, text in self.truth.articles.items()}
        some = [count for life in killed if 0 < (count := _articles(life.stored)) < _articles(self.reference)]
        ends = [crawl[-1].stored for crawl in self.crawls]
        return [
            ("kills", len(killed), f"at {moments[0]:.1f} to {moments[-1]:.1f} s; undisturbed: {self.seconds:.1f} s", True),
            ("kills amid the pages", len(some), f"with {sorted(some)} of {_articles(self.reference)} articles stored", True),
            ("crawls that came to their end", len(ends), "", True),
            _none("articles lacking undisturbed", expected - self.reference),
            _none("archives that do not open", (Row("article", life.error) for life in lives if life.error)),
            _none("rows lost", (row for life in lives for row in life.lost)),
            _none("rows doubled", (row for life in lives for row in life.doubled)),
            *(_none(f"{kind}: too few at the end", (row for end in ends for row in self.reference - end if row.kind == kind)) for kind in KINDS[:2]),
            *(_none(f"{kind}: too many at the end", (row for end in ends for row in end - self.reference if row.kind == kind)) for kind in KINDS[:2]),
        ]

    def passed(self) -> bool:
        """Whether nothing was lost, doubled or different."""
        return all(is_right for *_, is_right in self.rows())


def evaluate(folder: Path, kills: int, seed: int, delay: float = 0.0) -> Report:
    """Kill crawls of the world that stands in `folder`. Raises OSError if its port is taken, RuntimeError if a crawl fails by itself."""
    rng, data, crawls = random.Random(seed), folder / "data", list[tuple[Life, ...]]()
    with crawl_server.serving(folder):
        shutil.rmtree(data, ignore_errors=True)
        started = time.monotonic()
        _live(folder, data, delay, None)
        seconds = time.monotonic() - started
        reference, _ = look(data)
        length = seconds
        while kills:
            shutil.rmtree(data)
            started = time.monotonic()
            crawls.append(_crawl(folder, data, delay, rng, length, kills))
            kills -= len(crawls[-1]) - 1
            if len(crawls[-1]) == 1:  # no kill came in time: the machine is less busy than it was, and a crawl takes this long now
                length = time.monotonic() - started
    return Report(seconds, reference, truth(folder), tuple(crawls))


def look(data: Path) -> tuple[frozenset[Row], frozenset[Row]]:
    """What a copy of the archive holds: all rows, and those that stand there twice (for addresses of articles: with any text).

    Raises StoreError when it cannot be opened.
    """
    if not (data / "archive.duckdb").is_file():
        return frozenset(), frozenset()
    copy = data.parent / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(data, copy)
    archive = open_archive(copy / "archive.duckdb")
    rows = [Row("article", url, checksum(text)) for url, text in archive.execute("select url, text from articles").fetchall()]
    rows += [Row("entry", url) for (url,) in archive.execute("select url from entries").fetchall()]
    rows += [Row("rejection", url) for (url,) in archive.execute("select url from rejections").fetchall()]
    archive.close()
    often = Counter((row.kind, row.url) for row in rows)
    return frozenset(rows), frozenset(row for row in rows if often[row.kind, row.url] > 1)


def _crawl(folder: Path, data: Path, delay: float, rng: random.Random, seconds: float, kills: int) -> tuple[Life, ...]:
    """A crawl from an empty folder to its end, killed at most `kills` times."""
    lives: list[Life] = []
    before: frozenset[Row] = frozenset()
    while True:
        moment = rng.uniform(0.0, seconds) if len(lives) < kills else None
        is_killed = _live(folder, data, delay, moment)
        try:
            (stored, doubled), error = look(data), ""
        except StoreError as found:
            (stored, doubled), error = (before, frozenset()), str(found)
        lives.append(Life(moment if is_killed else None, stored, before - stored, doubled, error))
        print(f"{f'killed at {moment:.1f} s' if is_killed else 'came to its end'}: {_articles(stored)} articles", file=sys.stderr, flush=True)
        before = stored
        if not is_killed:
            return tuple(lives)


def _live(folder: Path, data: Path, delay: float, moment: float | None) -> bool:
    """Run a crawl, kill it `moment` seconds after its start, and say whether it was killed before it came to its end."""
    log = folder / "crawl.log"
    with log.open("wb") as out, subprocess.Popen(
        crawl_command(folder, data), env=environment(delay), stdout=out, stderr=out, start_new_session=True
    ) as process:
        try:
            status = process.wait(moment)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return True
    if status != 0:
        raise RuntimeError(f"a crawl failed by itself:\n{log.read_text()[-2000:]}")
    return False


def _articles(rows: Iterable[Row]) -> int:
    return sum(row.kind == "article" for row in rows)


def _none(measure: str, wrong: Iterable[Row]) -> tuple[str, int, str, bool]:
    found = [row.url for row in wrong]
    return measure, len(found), ", ".join(found[:3]), not found


def main(given: Sequence[str] | None = None) -> int:
    """Read the arguments, kill, print."""
    parser = argparse.ArgumentParser(description="Kill a crawl at random moments.")
    arguments(parser, 100, 20, 1000, QUICK_FAULTS)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--delay", type=float, default=0.0, help="seconds between two starts on one host")
    parser.add_argument("--out", type=Path, default=Path("data/crawl-kills"), help="folder for the world and the data")
    options = parser.parse_args(given)
    build(chosen(options), options.out)
    report = evaluate(options.out, options.kills, options.seed, options.delay)
    for measure, value, detail, is_right in report.rows():
        print(f"{'' if is_right else 'WRONG ':>6}{measure:<34} {value:>6}  {detail}")
    return 0 if report.passed() else 1


if __name__ == "__main__":
    sys.exit(main())
