"""Opening the archive: a path comes in, a connection with the schema applied goes out."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from tracker.errors import StoreError

# The newest storage format that DuckDB 1.5 command lines read too (faults.md 2.1).
STORAGE_VERSION = "v1.5.0"
_ATTACH = f"(storage_version '{STORAGE_VERSION}')"


def open_archive(path: Path | None) -> duckdb.DuckDBPyConnection:
    """Open the archive to write, creating it if absent, and apply the schema; None gives one in memory.

    DuckDB's own file lock is the run lock. Raises StoreError if another run holds it, or if the file is damaged or newer than this code.
    """
    connection = duckdb.connect(config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"})
    connection.execute("set timezone = 'UTC'")
    if path is None:
        connection.execute("attach ':memory:' as archive")
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            connection.execute(f"attach {quoted(path)} as archive {_ATTACH}")
        except duckdb.Error as error:
            connection.close()
            raise StoreError(_explain(path, error)) from None
    connection.execute("use archive")
    for script in ("1_observed.sql", "2_derived.sql"):
        connection.execute(read_sql(script))
    return connection


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
        connection.execute("rollback")
        raise
    connection.execute("commit")


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


def quoted(path: Path) -> str:
    """A path as an SQL string literal, for ATTACH, which takes no bound parameters."""
    return "'" + str(path).replace("'", "''") + "'"


def _word(name: str) -> str:
    if not re.fullmatch(r"[a-z_]+", name):
        raise ValueError(f"{name!r} is not a table name")
    return name


def _explain(path: Path, error: duckdb.Error) -> str:
    text = str(error).splitlines()[0]
    if "lock" in text.lower():
        holder = re.search(r"PID (\d+)", str(error))
        who = f" (process {holder.group(1)})" if holder else ""
        return f"{path} is in use by another run{who}: wait until it ends, or stop it."
    if "newer" in text or "version number" in text:
        return f"{path} was written by a newer DuckDB: update this program (uv sync) and try again."
    return f"{path} cannot be opened: {text}. Move it away to start anew, or restore a copy."
