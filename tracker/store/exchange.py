"""The archive as Parquet files, and back: what was observed by month, the rest whole; a restored archive publishes the same numbers."""

from pathlib import Path

import duckdb

from tracker.errors import StoreError
from tracker.files import disk_full, whole
from tracker.store.database import plainly, quoted, require_format, transaction

Connection = duckdb.DuckDBPyConnection

# The time by which a table is cut into months; tables that stay small, or have no time of their own, are one file.
_MONTH_OF = {
    "articles": "first_seen_at",
    "entries": "first_seen_at",
    "feed_fetches": "fetched_at",
    "entry_revisions": "seen_at",
    "page_fetches": "fetched_at",
    "rejections": "seen_at",
}


def export(connection: Connection, folder: Path) -> list[tuple[str, int]]:
    """Write every table under `folder`, all or nothing; returns (table, rows). Raises StoreError if something stands there already."""
    if folder.exists() and any(folder.iterdir()):
        raise StoreError(f"{folder} is not empty: name a new folder, so that nothing is mixed or lost.")
    with plainly(folder.parent):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with whole(folder) as draft:
            draft.mkdir()
            return _write(connection, draft)


def _write(connection: Connection, folder: Path) -> list[tuple[str, int]]:
    written = []
    for table in _tables(connection):
        column = _MONTH_OF.get(table)
        month = f", strftime({column}, '%Y-%m') as month" if column else ""
        target = quoted(folder / table if column else folder / f"{table}.parquet")
        form = "(format parquet, partition_by (month))" if column else "(format parquet)"
        connection.execute(f"copy (select *{month} from {table}) to {target} {form}")  # noqa: S608  # names from the schema
        written.append((table, int(connection.execute(f"select count(*) from {table}").fetchall()[0][0])))  # noqa: S608
    return written


def require_export(folder: Path) -> None:
    """Raise StoreError unless an export stands in the folder."""
    if not (folder / "runs.parquet").is_file():
        raise StoreError(f"{folder}: no export here (runs.parquet is missing).")


def restore(connection: Connection, folder: Path) -> list[tuple[str, int]]:
    """Fill an empty archive from exported files; returns (table, rows). All or nothing. Raises StoreError."""
    if connection.execute("select count(*) from runs").fetchall()[0][0]:
        raise StoreError("the archive here is not empty: restore into a new folder (--data).")
    require_export(folder)
    filled = []
    with plainly(folder), transaction(connection):
        connection.execute("delete from archive_format")  # the export's own take their place
        for table in _tables(connection):
            cut = table in _MONTH_OF
            if not any(folder.glob(f"{table}/**/*.parquet" if cut else f"{table}.parquet")):
                continue  # an export by older code, or a table that was empty
            source = quoted(folder / table / "**" / "*.parquet" if cut else folder / f"{table}.parquet")
            columns = "* exclude (month)" if cut else "*"
            try:
                rows = f"select {columns} from read_parquet({source}, hive_partitioning = {str(cut).lower()})"  # noqa: S608
                connection.execute(f"insert into {table} by name {rows}")
            except duckdb.Error as error:
                if disk_full(folder, str(error)):
                    raise
                reason = str(error).splitlines()[0]
                raise StoreError(
                    f"{folder}: the files of '{table}' are damaged, or newer than this program ({reason}). Nothing was restored."
                ) from None
            filled.append((table, int(connection.execute(f"select count(*) from {table}").fetchall()[0][0])))  # noqa: S608
        require_format(connection, folder)
    return filled


def _tables(connection: Connection) -> list[str]:
    rows = connection.execute(
        "select table_name from duckdb_tables() where database_name = 'archive' and not temporary order by table_name"
    ).fetchall()
    return [name for (name,) in rows]
