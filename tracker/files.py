"""Files that leave the program: a writer comes in; a file that is whole or not there, without formulas in its cells, goes out."""

import glob
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tracker.errors import StoreError

# A first night of 10,000 articles writes about 250 MB (13 passages an article, 1.5 kB a vector); as much again while it is checkpointed and published
ROOM = 512 * 2**20
_FULL = re.compile(r"No space left on device|not enough space on the disk|max_temp_directory_size", re.IGNORECASE)
_LIMIT = re.compile(r"File too large|quota exceeded", re.IGNORECASE)
_FORMULA = ("=", "+", "-", "@", "\t", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")  # OWASP's list; the last four: full-width forms


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A draft beside `path` to write, a file or a folder; when the block ends well it is on disk and takes the name.

    If the block fails, what stood under the name stays and no draft remains. Raises StoreError if it cannot be written.
    """
    if path.exists() and not (path.is_file() or path.is_dir()):
        yield path  # a pipe or a device: nothing to keep, and nothing may take its name
        return
    target = path.resolve()  # a link stays a link
    draft = target.with_name(f".{target.name}.part")
    try:
        _clear(draft)  # what a killed run left
        yield draft
        for written in draft.rglob("*") if draft.is_dir() else (draft,):
            if written.is_file():
                _to_disk(written)
        if target.is_file():
            shutil.copymode(target, draft)
        draft.replace(target)
        _to_disk(target.parent)  # the name, too
    except OSError as error:
        raise StoreError(disk_full(target.parent, str(error)) or f"{path}: cannot be written: {error.strerror or error}.") from None
    finally:
        _clear(draft)


def require_room(folder: Path) -> None:
    """Raise StoreError if a run that writes to `folder` is likely to fill the disk."""
    free = shutil.disk_usage(folder).free
    if free < ROOM:
        raise StoreError(
            f"the disk is nearly full: {_megabytes(free)} free in {folder}, a run needs {_megabytes(ROOM)}; "
            f"free {_megabytes(ROOM - free)} and run again. Nothing was begun."
        )


def disk_full(folder: Path, reason: str) -> str | None:
    """One line on what to do if `reason`, the system's words, says that the disk or a quota is full; else None."""
    intact = "everything stored before is intact"
    if _LIMIT.search(reason):
        return f"the disk is full: the quota or the limit on file sizes is reached in {folder}; raise it and run again; {intact}."
    if _FULL.search(reason):
        free = shutil.disk_usage(folder).free
        return f"the disk is full: {_megabytes(free)} free in {folder}; free {_megabytes(max(ROOM - free, ROOM // 2))} and run again; {intact}."
    return None


def safe_cell(value: object) -> object:
    """A cell for a CSV file: text that a spreadsheet would run as a formula gets an apostrophe before it.

    Carriage returns become line feeds: Python's csv module does not quote them, so a cell could begin a row of its own.
    """
    if not isinstance(value, str):
        return value
    text = value.replace("\r\n", "\n").replace("\r", "\n")
    return "'" + text if text.startswith(_FORMULA) else text


def _clear(draft: Path) -> None:
    for leftover in draft.parent.glob(f"{glob.escape(draft.name)}*"):  # DuckDB keeps a .wal beside a file it writes
        if leftover.is_dir():
            shutil.rmtree(leftover)
        else:
            leftover.unlink()


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _megabytes(size: int) -> str:
    return f"{size / 2**20:,.0f} MB"
