"""What goes wrong with the machine: full disks, damaged files, two runs at once, wrong clocks, other time zones, processes that are killed."""

import asyncio
import json
import os
import random
import resource
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web as server

from evals.checksum import checksum
from tests import builders, night
from tests.builders import FIXED_NOW
from tests.cli import run
from tests.test_pipeline import QUAY, paragraphs_of, read, settings, store
from tests.web import Web
from tracker import files
from tracker.cli import options
from tracker.errors import StoreError
from tracker.records import Run, short_id
from tracker.settings import FetchSettings
from tracker.store import database, exchange, observed, public
from tracker.store.database import open_archive
from tracker.store.publish import publish

ROOT = Path(__file__).parents[2]
# A program that dies as soon as a file of its grows beyond so many bytes
DYING = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), int(sys.argv[1])))
sys.argv = ["tracker", *sys.argv[2:]]
from tracker.cli import main
main()
"""
# As a run that was killed leaves it: ten articles at the checkpoint, one more in the log
KILLED = """
import os, signal, sys
from pathlib import Path
from tests.faults.test_runs import noise
from tests.test_pipeline import store
store(Path(sys.argv[1]), noise(range(10)))
import tests.test_pipeline as pipeline
from tracker.store.database import open_archive as really
kept = []
pipeline.open_archive = lambda path: kept.append(really(path)) or Unclosed(kept[0])
class Unclosed:
    def __init__(self, of): self.of = of
    def __getattr__(self, name): return (lambda: None) if name == "close" else getattr(self.of, name)
store(Path(sys.argv[1]), noise([10]))
os.kill(os.getpid(), signal.SIGKILL)
"""


def process(code: str, *words: object) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", code, *map(str, words)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=90, check=False)


@contextmanager
def files_at_most(size: int) -> Iterator[None]:
    """No file of this process, or of one it starts, can grow beyond so many bytes (Python ignores the signal: writing fails)."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def noise(numbers: Any) -> list[Any]:
    """Articles of 20 kB that no compression makes small."""
    urls = {number: f"https://example.com/news/{number}" for number in numbers}
    return [
        builders.article(article_id=short_id(url), url=url, title=f"Report {number}", text=random.Random(number).randbytes(10_000).hex())
        for number, url in urls.items()
    ]


def crawl(web: Web, folder: Path, data: Path) -> list[str]:
    """The words of a crawl of the small web."""
    (folder / "themes.yaml").write_bytes((ROOT / "themes.yaml").read_bytes())
    outlet = {"outlet": "example.com", "name": "Example", "kind": "news", "feeds": [web.base + "/feed"]}
    (folder / "feeds.yaml").write_text(json.dumps({"outlets": [outlet]}), encoding="utf-8")
    words = ["crawl", "--feeds", folder / "feeds.yaml", "--themes", folder / "themes.yaml", "--data", data]
    return [*map(str, words), "--allow-private-hosts", "127.0.0.1", "--host-delay", "0"]


def big_feed(web: Web) -> bytes:
    """A feed of 1 MB, and a page for each of its entries."""
    items = []
    for number in range(20):
        url = web.add(f"/news/{number}", builders.html(title=f"Report {number}"))
        items.append(builders.rss_item(url, f"Report {number}", f"<description>{random.Random(number).randbytes(25_000).hex()}</description>"))
    return builders.rss(*items).encode()


def long_article(number: int) -> list[str]:
    """Paragraphs of 30 kB together."""
    drawn = random.Random(number)
    return [*paragraphs_of(number), *(" ".join(drawn.randbytes(4).hex() for _ in range(60)) + "." for _ in range(55))]


def counts(data: Path) -> dict[str, int]:
    archive = open_archive(data / "archive.duckdb")
    tables = ("articles", "entries", "feed_fetches", "runs")
    found = {table: archive.execute(f"select count(*) from {table}").fetchall()[0][0] for table in tables}
    archive.close()
    return found


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, of 1 GB until a test makes it smaller."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1g", "tmpfs", folder], capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"a small file system needs the right to mount: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def shrink(disk: Path, size: str) -> None:
    subprocess.run(["mount", "-o", f"remount,size={size}", disk], check=True)


# Disk full


def test_a_full_disk_ends_a_crawl_in_one_line_and_what_was_stored_is_intact(web: Web, tmp_path: Path, small_disk: Path) -> None:
    store(small_disk, noise(range(10)))
    before, feed = counts(small_disk), big_feed(web)
    room = sum(file.stat().st_size for file in small_disk.iterdir()) // 1024 + 200

    async def fill(_: server.Request) -> server.Response:
        shrink(small_disk, f"{room}k")  # the disk fills up while the run is under way
        return server.Response(body=feed, content_type="application/rss+xml")

    web.handle("/feed", fill)
    ended = run(*crawl(web, tmp_path, small_disk))
    shrink(small_disk, "1g")

    assert ended.code == 1
    assert ended.err.startswith("error: the disk is full: ") and ended.err.endswith("everything stored before is intact.\n")
    assert ended.err.count("\n") == 1
    assert counts(small_disk) == {**before, "runs": before["runs"] + 1}

    web.add("/feed", feed, kind="application/rss+xml")
    assert run(*crawl(web, tmp_path, small_disk)).code == 0
    assert counts(small_disk)["entries"] == 20


def test_a_limit_on_file_sizes_ends_a_crawl_in_one_line_and_what_was_stored_is_intact(web: Web, tmp_path: Path) -> None:
    data = tmp_path / "data"
    store(data, noise(range(10)))
    before = counts(data)
    pages = [(f"/news/{number}", builders.html(long_article(number), title=f"Report {number}")) for number in range(20)]
    feed = builders.rss(*(builders.rss_item(web.base + path, f"Report {path}") for path, _ in pages))
    web.add("/feed", feed, kind="application/rss+xml")
    with ExitStack() as limited:

        async def limit(_: server.Request) -> server.Response:
            limited.enter_context(files_at_most(300_000))  # less than the pages need together
            return server.Response(text=pages[0][1], content_type="text/html")

        web.handle(pages[0][0], limit)
        for path, page in pages[1:]:
            web.add(path, page)
        ended = run(*crawl(web, tmp_path, data))

    assert ended.code == 1
    assert ended.err.splitlines()[-1].startswith("error: the disk is full: the quota or the limit on file sizes is reached")
    assert "Traceback" not in ended.err
    after = counts(data)
    assert (after["runs"], after["entries"]) == (before["runs"] + 1, 20) and 10 <= after["articles"] < 30

    web.add(*pages[0])
    assert run(*crawl(web, tmp_path, data)).code == 0
    assert counts(data)["articles"] == 30


@pytest.mark.parametrize("dying", ["fails", "dies"])
def test_a_publish_that_cannot_be_written_or_dies_while_writing_leaves_the_published_file(tmp_path: Path, dying: str) -> None:
    store(tmp_path, [builders.article()])
    night.run(tmp_path, settings(None, FetchSettings(), QUAY), FIXED_NOW, is_crawling=False)
    before, published = checksum(tmp_path), public.published_file(tmp_path)
    limit = published.stat().st_size // 2

    if dying == "fails":
        with files_at_most(limit):
            ended = run("publish", "--data", str(tmp_path))
        assert (ended.code, ended.out) == (1, "")
        assert ended.err.startswith("error: the disk is full: ") and ended.err.count("\n") == 1
        assert [file.name for file in (tmp_path / "published").iterdir()] == [published.name]
    else:
        assert process(DYING, limit, "publish", "--data", tmp_path).returncode == -signal.SIGXFSZ
    assert checksum(tmp_path) == before and public.published_file(tmp_path) == published

    assert run("publish", "--data", str(tmp_path)).code == 0
    assert not list((tmp_path / "published").glob(".*")) and checksum(tmp_path) == before


def test_an_export_that_does_not_fit_leaves_nothing_behind(tmp_path: Path) -> None:
    store(tmp_path / "data", noise(range(40)))

    with files_at_most(400_000):
        ended = run("export", "--out", str(tmp_path / "backup"), "--data", str(tmp_path / "data"))

    assert ended.code == 1 and ended.err.count("\n") == 1
    assert ended.err.startswith("error: the disk is full: ")
    assert [path.name for path in tmp_path.iterdir()] == ["data"]
    assert run("export", "--out", str(tmp_path / "backup"), "--data", str(tmp_path / "data")).code == 0


def test_a_run_is_not_begun_where_there_is_too_little_room(web: Web, tmp_path: Path, small_disk: Path) -> None:
    store(small_disk, noise(range(10)))
    before = counts(small_disk)
    shrink(small_disk, "100m")

    answer = run(*crawl(web, tmp_path, small_disk))

    assert (answer.code, answer.err.count("\n")) == (1, 1)
    assert "a run needs 512 MB" in answer.err and "Nothing was begun" in answer.err
    assert counts(small_disk) == before and web.seen == []


@pytest.mark.parametrize(
    ("reason", "advice"),
    [
        ("TransactionContext Error: Failed to commit: Could not write file: No space left on device", "free in"),
        ("IO Error: Could not write file: Disk quota exceeded", "quota"),
        ("[Errno 122] Disk quota exceeded", "quota"),
        ("IO Error: File too large", "limit on file sizes"),
        ("There is not enough space on the disk.", "free in"),
    ],
)
def test_a_full_disk_is_known_by_the_words_of_each_system(tmp_path: Path, reason: str, advice: str) -> None:
    told = files.disk_full(tmp_path, reason)
    assert told and told.startswith("the disk is full: ") and advice in told
    assert files.disk_full(tmp_path, "Binder Error: no such column") is None


# A write-ahead log that will not replay, a damaged archive


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder as a killed run leaves it: ten articles at the last checkpoint, one in the log."""
    data = tmp_path_factory.mktemp("killed")
    assert process(KILLED, data).returncode == -signal.SIGKILL
    assert (data / "archive.duckdb.wal").stat().st_size > 20_000
    return data


def copied(killed: Path, data: Path, change: Any = bytes) -> bytes:
    """Copy the folder with a changed log; returns the log."""
    log = bytes(change(bytearray((killed / "archive.duckdb.wal").read_bytes())))
    (data / "archive.duckdb").write_bytes((killed / "archive.duckdb").read_bytes())
    (data / "archive.duckdb.wal").write_bytes(log)
    return log


def flipped(content: bytearray, at: int) -> bytearray:
    content[at] ^= 0xFF
    return content


def test_the_log_of_a_killed_run_is_replayed_without_a_word(killed: Path, tmp_path: Path) -> None:
    copied(killed, tmp_path)
    notes: list[str] = []
    open_archive(tmp_path / "archive.duckdb", notes.append).close()
    assert (notes, counts(tmp_path)["articles"]) == ([], 11)


def test_a_log_that_ends_in_the_middle_of_a_commit_is_replayed_up_to_there(killed: Path, tmp_path: Path) -> None:
    copied(killed, tmp_path, lambda log: log[:-5000])
    notes: list[str] = []
    open_archive(tmp_path / "archive.duckdb", notes.append).close()
    assert (notes, counts(tmp_path)["articles"]) == ([], 10)


@pytest.mark.parametrize("at", [0, 20, 60, -8000, -10], ids=["first byte", "head", "first entry", "middle", "end"])
def test_a_log_that_will_not_replay_is_set_aside_and_the_archive_goes_on_from_its_checkpoint(
    killed: Path, tmp_path: Path, at: int
) -> None:
    log = copied(killed, tmp_path, lambda log: flipped(log, at))

    answer = run("export", "--out", str(tmp_path / "1"), "--data", str(tmp_path))

    assert answer.code == 0
    assert answer.err.count("\n") == 1 and "kept as" in answer.err and "goes on from the checkpoint" in answer.err
    assert (tmp_path / "archive.duckdb.wal.damaged-1").read_bytes() == log
    assert counts(tmp_path)["articles"] == 10
    assert run("export", "--out", str(tmp_path / "2"), "--data", str(tmp_path)).err == ""

    copied(killed, tmp_path, lambda log: flipped(log, at))  # and once more: nothing is overwritten
    assert "damaged-2" in run("export", "--out", str(tmp_path / "3"), "--data", str(tmp_path)).err
    assert sorted(file.name for file in tmp_path.glob("*.damaged-*")) == [f"archive.duckdb.wal.damaged-{n}" for n in (1, 2)]


def test_the_log_of_another_archive_is_set_aside(killed: Path, tmp_path: Path) -> None:
    store(tmp_path, [builders.article()])
    (tmp_path / "archive.duckdb.wal").write_bytes((killed / "archive.duckdb.wal").read_bytes())
    notes: list[str] = []
    open_archive(tmp_path / "archive.duckdb", notes.append).close()
    assert len(notes) == 1 and counts(tmp_path)["articles"] == 1


def test_a_log_without_its_archive_is_kept(killed: Path, tmp_path: Path) -> None:
    log = copied(killed, tmp_path)
    (tmp_path / "archive.duckdb").unlink()
    notes: list[str] = []
    open_archive(tmp_path / "archive.duckdb", notes.append).close()
    assert len(notes) == 1 and (tmp_path / "archive.duckdb.wal.damaged-1").read_bytes() == log


@pytest.mark.parametrize(
    "damage",
    [
        lambda main: flipped(main, 100),
        lambda main: flipped(main, 12300),
        lambda main: main[: len(main) // 2],
        lambda _: b"",
        lambda _: b"text" * 9999,
    ],
    ids=["header", "catalogue", "cut", "empty", "another file"],
)
def test_a_damaged_archive_is_left_as_it_is_and_an_export_is_the_way_back(killed: Path, tmp_path: Path, damage: Any) -> None:
    data, backup = tmp_path / "data", tmp_path / "backup"
    data.mkdir()
    copied(killed, data)
    archive = open_archive(data / "archive.duckdb")
    past = Run("20261031T000000", FIXED_NOW, "test", "test")
    observed.start_run(archive, past, "crawl")
    observed.finish_run(archive, past, FIXED_NOW, None, None)
    exchange.export(archive, backup)
    archive.close()
    damaged = bytes(damage(bytearray((data / "archive.duckdb").read_bytes())))
    (data / "archive.duckdb").write_bytes(damaged)

    answer = run("export", "--out", str(tmp_path / "later"), "--data", str(data))

    assert (answer.code, answer.err.count("\n")) == (1, 1)
    assert "is damaged" in answer.err and "tracker restore" in answer.err
    assert (data / "archive.duckdb").read_bytes() == damaged and not list(data.glob("*.damaged-*"))

    nowhere = run("restore", "--from", str(tmp_path / "nowhere"), "--data", str(data))
    assert nowhere.code == 1 and "no export here" in nowhere.err
    assert (data / "archive.duckdb").read_bytes() == damaged and not (data / "archive.duckdb.damaged-1").exists()
    answer = run("restore", "--from", str(backup), "--data", str(data))
    assert answer.code == 0 and "archive.duckdb.damaged-1" in answer.err
    assert (data / "archive.duckdb.damaged-1").read_bytes() == damaged
    assert counts(data)["articles"] == 11


def test_a_restore_that_fails_gives_a_damaged_archive_its_name_and_its_log_back(killed: Path, tmp_path: Path) -> None:
    log = copied(killed, tmp_path)
    path = tmp_path / "archive.duckdb"
    path.write_bytes(flipped(bytearray(path.read_bytes()), 100))
    damaged = path.read_bytes()
    notes: list[str] = []
    with pytest.raises(StoreError, match="no export here"), database.damaged_aside(path, notes.append), options.archive(tmp_path) as archive:
        exchange.restore(archive, tmp_path / "nowhere")
    assert path.read_bytes() == damaged and path.with_name("archive.duckdb.wal").read_bytes() == log
    assert notes == [] and not list(tmp_path.glob("*.damaged-*"))


def test_a_log_that_is_set_aside_before_a_restore_is_told(killed: Path, tmp_path: Path) -> None:
    copied(killed, tmp_path, lambda log: flipped(log, 60))
    notes: list[str] = []
    with database.damaged_aside(tmp_path / "archive.duckdb", notes.append):
        pass
    assert len(notes) == 1 and "archive.duckdb.wal.damaged-1" in notes[0]


def test_a_block_that_turns_out_damaged_while_it_is_read_ends_in_one_line(tmp_path: Path) -> None:
    store(tmp_path, noise(range(60)))
    with (tmp_path / "archive.duckdb").open("r+b") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(size // 2)
        file.write(bytes(4096))
    answer = run("export", "--out", str(tmp_path / "backup"), "--data", str(tmp_path))
    assert (answer.code, answer.err.count("\n")) == (1, 1)
    assert "is damaged" in answer.err and not (tmp_path / "backup").exists()


# Two runs, clocks, time zones


def test_a_second_run_ends_at_once_and_names_the_process_of_the_first(web: Web, tmp_path: Path) -> None:
    asked, answered = threading.Event(), threading.Event()

    async def slow(_: server.Request) -> server.Response:
        asked.set()
        await asyncio.to_thread(answered.wait, 60)
        return server.Response(body=builders.rss(), content_type="application/rss+xml")

    web.handle("/feed", slow)
    words = crawl(web, tmp_path, tmp_path / "data")
    command = [sys.executable, "-m", "tracker", *words]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as first:
        assert asked.wait(60), first.communicate(timeout=60)
        second = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
        answered.set()
        first.communicate(timeout=60)

    assert (second.returncode, second.stdout, second.stderr.count("\n")) == (1, "", 1)
    assert f"in use by another run (process {first.pid})" in second.stderr
    assert counts(tmp_path / "data")["runs"] == 1


def test_a_clock_set_back_gives_a_run_id_that_sorts_after_all_earlier_ones() -> None:
    archive = open_archive(None)
    begun = [datetime(2031, 1, 1), datetime(2026, 11, 1), datetime(2026, 11, 1), datetime(2026, 10, 1), datetime(2031, 1, 2)]
    ids = []
    for at in begun:
        ids.append(options.new_run_id(at, archive))
        observed.start_run(archive, Run(ids[-1], at, "test", "test"), "crawl")
    assert ids == sorted(set(ids))
    assert ids[0] == "20310101T000000" and ids[-1] == "20310102T000000"
    archive.close()


def test_a_poll_in_the_future_keeps_no_feed_waiting(web: Web, polite: FetchSettings, tmp_path: Path) -> None:
    web.add("/feed", status=404)
    chosen = settings(web, polite, QUAY)
    for year in (2041, 2042, 2043, 2044):  # four failures: the next poll waits for days
        night.run(tmp_path, chosen, datetime(year, 1, 1))
    asked = len(web.seen)
    answer = run(*crawl(web, tmp_path, tmp_path))
    assert "/feed" in web.paths()[asked:], answer.err


def test_another_time_zone_gives_the_same_days(web: Web, tmp_path: Path) -> None:
    """1 November 2026 has 25 hours in New York: 01:30 comes twice."""
    dates = ("Sun, 01 Nov 2026 05:30:00 GMT", "Sun, 01 Nov 2026 01:30:00 -0500", "2026-10-31", "2026-10-31T23:30:00", "Sat, 31 Oct 2026 23:59:59 GMT")
    items = [builders.rss_item(web.base + f"/{n}", f"Report {n}", f"<pubDate>{date}</pubDate>") for n, date in enumerate(dates)]
    for number in range(len(dates)):
        web.add(f"/{number}", builders.html(long_article(number), title=f"Report {number}"))
    web.add("/feed", builders.rss(*items), kind="application/rss+xml")
    chosen = settings(web, FetchSettings(allow_private_hosts=("127.0.0.1",), host_delay_seconds=0), QUAY)
    written = tmp_path / "settings.json"
    written.write_text(chosen.model_dump_json(), encoding="utf-8")

    found = {}
    for zone in ("UTC", "America/New_York"):
        data = tmp_path / zone.replace("/", "-")
        command = [sys.executable, "-m", "tests.night", data, written, "2026-11-01T08:00:00", "never"]
        subprocess.run(command, cwd=ROOT, env={**os.environ, "TZ": zone}, timeout=90, check=True)
        days = read(data, "select url, published_at, published_at::date from articles order by url")
        found[zone] = (days, read(data, "select * from volume_daily"), checksum(data))

    assert len(found["UTC"][0]) == len(dates) and all(at for _, at, _ in found["UTC"][0])
    assert found["America/New_York"] == found["UTC"]


def test_every_connection_thinks_in_utc(tmp_path: Path) -> None:
    archive = open_archive(None)
    publish(archive, tmp_path, "20261101T000000")
    archive.close()
    code = """
import sys
from pathlib import Path
from tracker.store.database import open_archive
from tracker.store.public import Published, published_file
from tracker.store.sandbox import query
path = published_file(Path(sys.argv[1]))
zone = "select current_setting('timezone')"
print(open_archive(None).execute(zone).fetchall(), Published(path)._connection.cursor().execute(zone).fetchall(), query(path, zone, 30).rows)
"""
    command = [sys.executable, "-c", code, tmp_path]
    told = subprocess.run(command, cwd=ROOT, env={**os.environ, "TZ": "America/New_York"}, capture_output=True, text=True, timeout=60, check=True)
    assert told.stdout.strip() == "[('UTC',)] [('UTC',)] [('UTC',)]"


# Half-written outputs


def test_a_writer_that_fails_or_is_killed_leaves_the_old_file_and_no_draft(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    path.write_text("old", encoding="utf-8")
    with pytest.raises(ZeroDivisionError), files.whole(path) as draft:
        draft.write_text(f"new {1 / draft.write_text('')}", encoding="utf-8")
    assert (path.read_text(encoding="utf-8"), [file.name for file in tmp_path.iterdir()]) == ("old", ["out.jsonl"])

    killed = process(
        "import os, signal, sys; from pathlib import Path; from tracker.files import whole\n"
        "with whole(Path(sys.argv[1])) as draft: draft.write_text('new'); os.kill(os.getpid(), signal.SIGKILL)",
        path,
    )
    assert killed.returncode == -signal.SIGKILL and path.read_text(encoding="utf-8") == "old"

    with files.whole(path) as draft:
        draft.write_text("newer", encoding="utf-8")
    assert (path.read_text(encoding="utf-8"), [file.name for file in tmp_path.iterdir()]) == ("newer", ["out.jsonl"])


@pytest.mark.parametrize("form", ["csv", "json", "parquet"])
def test_an_answer_that_does_not_fit_leaves_the_answer_of_before(tmp_path: Path, form: str) -> None:
    archive = open_archive(None)
    publish(archive, tmp_path, "20261101T000000")
    archive.close()
    out = tmp_path / "answer"
    out.write_text("old", encoding="utf-8")
    sql = "select (hash(range) // 2)::bigint as number from range(20000)"  # 160 kB on the way from the worker, more in any file
    with files_at_most(180_000):
        ended = run("sql", sql, "--format", form, "--out", str(out), "--data", str(tmp_path))
    assert ended.code == 1 and ended.err.startswith("error: the disk is full: ") and ended.err.count("\n") == 1
    assert out.read_text(encoding="utf-8") == "old" and not list(tmp_path.glob(".answer*"))


def test_a_link_stays_a_link_a_private_file_private_and_a_device_a_device(tmp_path: Path) -> None:
    kept, link = tmp_path / "kept.yaml", tmp_path / "link.yaml"
    kept.write_text("old", encoding="utf-8")
    kept.chmod(0o600)
    link.symlink_to(kept)
    for path in (link, Path(os.devnull)):
        with files.whole(path) as draft:
            draft.write_text("new", encoding="utf-8")
    assert link.is_symlink() and kept.read_text(encoding="utf-8") == "new"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert Path(os.devnull).is_char_device()


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="absent/out"), files.whole(tmp_path / "absent" / "out") as draft:
        draft.write_text("x", encoding="utf-8")


def test_whatever_the_program_writes_is_written_as_a_draft() -> None:
    writes = ("write_text(", "write_bytes(", "write_table(", '.open("w', "copyfile(")
    plain = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in sorted((ROOT / "tracker").rglob("*.py"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if any(write in line for write in writes) and "draft" not in line and "fresh" not in line  # fresh: publish points the stable name
    ]
    assert plain == []
