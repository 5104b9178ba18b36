"""A reader in another process never blocks a publish and never sees its file change."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from tests import builders, night
from tests.builders import FIXED_NOW
from tests.test_pipeline import QUAY, read, settings, store
from tracker.records import short_id
from tracker.settings import FetchSettings
from tracker.store import public

# Opens what the stable name leads to, as a dashboard does, and counts articles each time it is asked
READER = """
import sys, duckdb
held = duckdb.connect(sys.argv[1], read_only=True)
for _ in sys.stdin:
    print(held.execute("select count(*) from articles").fetchone()[0], flush=True)
"""


class Reader:
    """The other process."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def articles(self) -> int:
        """How many articles it sees now."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write("count\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


@contextmanager
def reader(path: Path) -> Iterator[Reader]:
    command = [sys.executable, "-c", READER, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Reader(process)


def publish(data: Path, number: int) -> None:
    """A night that brings one more article."""
    url = f"https://example.com/news/{number}"
    store(data, [builders.article(article_id=short_id(url), url=url, title=f"Report {number}", text=f"Quay {number}. " * 30)])
    night.run(data, settings(None, FetchSettings(), QUAY), FIXED_NOW + timedelta(days=number), is_crawling=False)


def test_a_publish_succeeds_beside_a_reader_that_goes_on_reading_its_own_version(tmp_path: Path) -> None:
    publish(tmp_path, 1)
    first = public.published_file(tmp_path)
    with reader(tmp_path / "tracker.duckdb") as other:
        assert other.articles() == 1

        publish(tmp_path, 2)

        assert public.published_file(tmp_path) != first
        assert read(tmp_path, "select count(*) from articles") == [(2,)]
        assert other.articles() == 1

        publish(tmp_path, 3)
        publish(tmp_path, 4)

        assert not first.exists()  # only the last three are kept; a reader keeps what it holds open
        assert other.articles() == 1
    assert sorted(path.name for path in (tmp_path / "published").iterdir()) == [
        f"tracker-{FIXED_NOW + timedelta(days=n):%Y%m%dT%H%M%S}.duckdb" for n in (2, 3, 4)
    ]
    assert read(tmp_path, "select count(*) from articles") == [(4,)]
