"""Opening the archive: a path comes in, a connection with the schema applied goes out; what breaks on the way is said in one line."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import resources
from itertools import count
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from tracker.errors import DamagedError, InUseError, StoreError, TrackerError
from tracker.files import disk_full

# The newest storage format that DuckDB 1.5 command lines read too (docs/decisions/0001-two-databases-and-versioned-publish.md).
STORAGE_VERSION = "v1.5.0"
# Of the schema. Raise it when older code would read or write the archive wrongly; what is only added needs no new number.
FORMAT = 1
_ATTACH = f"(storage_version '{STORAGE_VERSION}')"


def open_archive(path: Path | None, note: Callable[[str], None] = lambda _: None) -> duckdb.DuckDBPyConnection:
    """Open the archive to write, creating it if absent, and apply the schema; None gives one in memory.

    DuckDB's own file lock is the run lock. A log of the last run that cannot be replayed is set aside, never deleted, and told to `note`.
    An archive of an older schema gets what it lacks. Raises StoreError if another run holds the archive, if it is newer than this code, or the
    disk is full; DamagedError if it is damaged.
    """
    if path is None:
        connection = _empty()
        connection.execute("attach ':memory:' as archive")
    else:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(disk_full(Path(), str(error)) or f"{path.parent} cannot be made: {error.strerror}.") from None
        connection = _attach(path, note)
    try:
        with plainly(path):
            connection.execute("use archive")
            require_format(connection, path)
            for script in ("1_observed.sql", "2_derived.sql"):
                connection.execute(read_sql(script))
            connection.execute("insert into archive_format select $1 where not exists (from archive_format where version = $1)", [FORMAT])
    except BaseException:
        close_as_it_is(connection)
        raise
    return connection


def require_format(connection: duckdb.DuckDBPyConnection, path: Path | None) -> None:
    """Raise StoreError if what stands in the archive, read from `path`, was written by newer code than this."""
    if connection.execute("select 1 from duckdb_tables() where database_name = 'archive' and table_name = 'archive_format'").fetchall():
        ((newest,),) = connection.execute("select coalesce(max(version), 0) from archive_format").fetchall()
        if newest > FORMAT:
            raise StoreError(f"{path} was written by a newer tracker (format {newest}, this one knows {FORMAT}): update this program and try again.")


@contextmanager
def damaged_aside(path: Path, note: Callable[[str], None]) -> Iterator[None]:
    """Make room for another archive: a damaged one and its log are renamed, and told to `note`; if the block fails they have their names back."""
    log = path.with_name(f"{path.name}.wal")
    kept: dict[Path, Path] = {}
    try:
        _read_all(path, note)
    except DamagedError:
        kept = {file: _free_name(file) for file in (path, log) if file.exists()}
        for file, aside in kept.items():
            file.rename(aside)
    try:
        yield
    except BaseException:
        if kept:
            log.unlink(missing_ok=True)  # of the archive that did not come to be
        for file, aside in kept.items():
            aside.replace(file)
        raise
    if kept:
        note(f"the damaged {path.name} was kept as {kept[path]}.")


def close_as_it_is(connection: duckdb.DuckDBPyConnection) -> None:
    """Close without a checkpoint: nothing more is written to a file that may be damaged, or has no room; the log keeps what was committed."""
    with suppress(duckdb.Error):
        connection.execute("pragma disable_checkpoint_on_shutdown")
    connection.close()


def _attach(path: Path, note: Callable[[str], None]) -> duckdb.DuckDBPyConnection:
    log = path.with_name(f"{path.name}.wal")
    if log.exists() and not path.exists():
        _set_aside(log, note)  # DuckDB would begin a new archive and delete it
    try:
        connection = _attached(path)
    except duckdb.Error as error:
        if not _is_of_log(path, error):
            raise _explained(path, error) from None
        _set_aside(log, note)
        try:
            connection = _attached(path)
        except duckdb.Error as again:
            raise _explained(path, again) from None
    # A log whose head is damaged is passed over in silence, and overwritten at the first write
    ((read,),) = connection.execute("select wal_size from pragma_database_size() where database_name = 'archive'").fetchall()
    if read == "0 bytes" and log.exists() and log.stat().st_size:
        _set_aside(log, note)
    return connection


def _attached(path: Path) -> duckdb.DuckDBPyConnection:
    connection = _empty()
    try:
        connection.execute(f"attach {quoted(path)} as archive {_ATTACH}")
    except duckdb.Error:
        connection.close()
        raise
    return connection


def _empty() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"})
    connection.execute("set timezone = 'UTC'")
    return connection


def _set_aside(log: Path, note: Callable[[str], None]) -> None:
    kept = _free_name(log)
    log.rename(kept)
    note(
        f"{log.name} (what was stored since the last checkpoint, {kept.stat().st_size / 1000:,.0f} kB) cannot be read and was kept as {kept}; "
        "the archive goes on from the checkpoint. The next run fetches again what the feeds still hold."
    )


def _read_all(path: Path, note: Callable[[str], None]) -> None:
    """Raise DamagedError where any part of an archive cannot be read; damage to a table shows only when it is."""
    connection = open_archive(path, note)
    try:
        with plainly(path):
            for (table,) in connection.execute("select table_name from duckdb_tables() where database_name = 'archive'").fetchall():
                connection.execute(f"select bit_xor(hash(t)) from {_word(table)} t").fetchall()  # noqa: S608  # a checked word
    finally:
        close_as_it_is(connection)


def _free_name(path: Path) -> Path:
    return next(name for n in count(1) if not (name := path.with_name(f"{path.name}.damaged-{n}")).exists())


def read_sql(name: str) -> str:
    """The text of one of the numbered SQL files."""
    return resources.files("tracker.sql").joinpath(name).read_text(encoding="utf-8")


@contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """All or nothing: commit at the end, roll back if anything is raised."""
    connection.execute("begin")
    try:
        yield
    except BaseException:
        with suppress(duckdb.Error):  # the first failure is the one to tell
            connection.execute("rollback")
        raise
    connection.execute("commit")  # rolls back by itself if it fails


@contextmanager
def plainly(path: Path | None) -> Iterator[None]:
    """What goes wrong with the files of a database leaves as one StoreError; mistakes in our own SQL stay DuckDB's errors.

    `path` is the file or its folder. Errors of tasks, which come in groups, leave as the first that says what to do.
    """
    try:
        yield
    except (duckdb.Error, OSError, ExceptionGroup) as error:
        told = _told(path or Path(), error)
        if told is None:
            raise
        raise told from None


def _told(path: Path, error: Exception) -> TrackerError | None:
    if isinstance(error, TrackerError):
        return error
    if isinstance(error, ExceptionGroup):
        return next((told for inner in error.exceptions if (told := _told(path, inner))), None)
    folder = path if path.is_dir() else path.parent
    if full := disk_full(folder, str(error)):
        return StoreError(full)
    if isinstance(error, duckdb.Error) and _BROKEN.search(str(error)):
        return _explained(path, error)
    return None


def insert(connection: duckdb.DuckDBPyConnection, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Insert rows into a table; `columns` must be the table's columns in its own order (checked)."""
    if not rows:
        return
    described = [
        name
        for name, *_ in connection.execute("select column_name from (describe " + _word(table) + ")").fetchall()  # noqa: S608  # a checked word
    ]
    if described != list(columns):
        raise ValueError(f"{table} has columns {described}, not {list(columns)}")
    batch = pa.table({name: pa.array([row[i] for row in rows]) for i, name in enumerate(columns)})
    connection.from_arrow(batch).insert_into(table)


def folder(connection: duckdb.DuckDBPyConnection) -> Path | None:
    """The folder the archive is in; None if it is in memory."""
    ((path,),) = connection.execute("select path from duckdb_databases() where database_name = 'archive'").fetchall()
    return Path(path).parent if path else None


def quoted(text: Path | str) -> str:
    """A path or text as an SQL string literal, for statements that take no bound parameters (ATTACH, COPY, CREATE MACRO)."""
    return "'" + str(text).replace("'", "''") + "'"


def _word(name: str) -> str:
    if not re.fullmatch(r"[a-z_]+", name):
        raise ValueError(f"{name!r} is not a table name")
    return name


# What the system, not the log, is to blame for; and what a file says that was altered or lost a part
_OF_SYSTEM = re.compile(
    r"Permission denied|Input/output error|Too many open files|Cannot allocate memory|Out of Memory|could not set lock", re.IGNORECASE
)
_BROKEN = re.compile(r"Corrupt database file|not a valid DuckDB database|Could not read|Input/output error|Permission denied|Read-only file system")


def _is_of_log(path: Path, error: duckdb.Error) -> bool:
    text = str(error).replace(str(path), "")
    return "WAL" in text and not _OF_SYSTEM.search(text) and disk_full(path.parent, text) is None


def _explained(path: Path, error: duckdb.Error) -> StoreError:
    text = str(error).splitlines()[0]
    if full := disk_full(path.parent, text):
        return StoreError(full)
    if "could not set lock" in text.lower():
        holder = re.search(r"PID (\d+)", str(error))
        who = f" (process {holder.group(1)})" if holder else ""
        return InUseError(f"{path} is in use by another run{who}: wait until it ends, or stop it.")
    if "newer" in text or "version number" in text:
        return StoreError(f"{path} was written by a newer DuckDB: update this program (uv sync) and try again.")
    if "Corrupt" in text or "not a valid" in text or "Could not read" in text:
        return DamagedError(
            f"{path} is damaged ({text}). Nothing is written to it, and the last published file stays. Put a copy in its place, "
            "or run `tracker restore --from EXPORT`, which keeps the damaged one aside."
        )
    return StoreError(f"{path} cannot be used: {text}.")
