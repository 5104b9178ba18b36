"""doctor: the files, the models, the disk and the data in, what is wrong with them and what to do out."""

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import typer

from tracker.cli import options
from tracker.cli.terminal import table
from tracker.errors import InUseError, StoreError, TrackerError

_FREE_BYTES = 2 * 2**30  # a year of nights takes about 1 GB, and publishing needs room beside it


def doctor(
    feeds: options.Feeds = options.FEEDS,
    themes: options.Themes = options.THEMES,
    data: options.Data = options.DATA,
    by: options.JudgeName = options.JUDGE,
    as_json: options.Json = False,
) -> None:
    """Check files, models, disk and data, and say what to do.

    Example: `tracker doctor`
    """
    checks = [(name, *found) for name, found in _checks(feeds, themes, data, by)]
    table(("check", "state", "detail"), checks, as_json)
    if any(state == "wrong" for _, state, _ in checks):
        raise typer.Exit(1)


def _checks(feeds: Path, themes: Path, data: Path, by: str) -> Iterator[tuple[str, tuple[str, str]]]:
    from tracker.settings import read_feeds, read_themes
    from tracker.store import observed, public
    from tracker.themes.embed import OnnxEncoder

    def tried(work: Callable[[], object]) -> tuple[str, str]:
        try:
            return "fine", str(work())
        except TrackerError as error:
            return "wrong", str(error)

    yield "python", ("fine", sys.version.split()[0])
    yield "feeds", tried(lambda: f"{len(read_feeds(feeds).outlets)} outlets in {feeds}")
    yield "themes", tried(lambda: f"{len(read_themes(themes).themes)} themes in {themes}")
    yield "encoder", tried(lambda: OnnxEncoder().name)
    yield "judge", tried(lambda: options.judge(by, data)().name)
    free = shutil.disk_usage(next(p for p in (data, *data.resolve().parents) if p.exists())).free
    room = f"{free / 2**30:.1f} GiB free in {data}"
    yield "disk", ("fine", room) if free > _FREE_BYTES else ("wrong", f"{room}: make room")
    if not (data / "archive.duckdb").is_file():
        yield "archive", ("missing", f"none in {data} yet: `tracker demo` or `tracker run` makes one")
        return
    try:
        with options.archive(data) as archive:
            articles, failing = observed.article_count(archive), observed.failing_feeds(archive)
    except InUseError as error:
        yield "archive", ("look", str(error))
    except StoreError as error:
        yield "archive", ("wrong", str(error))
    else:
        yield "archive", ("fine", f"{articles} articles")
        listed = "; ".join(f"{feed} ({times} times: {why})" for feed, times, why in failing)
        yield "failing feeds", ("look", listed) if failing else ("fine", "none")
    yield "published", tried(lambda: public.published_file(data).name)
