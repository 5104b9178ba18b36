"""export, restore: the archive in, a folder of Parquet files out; and back."""

from pathlib import Path
from typing import Annotated

import typer

from tracker.cli import options, running
from tracker.cli.terminal import say, table


def export(
    target: Annotated[Path, typer.Option("--out", help="A new folder.", file_okay=False)],
    data: options.Data = options.DATA,
    as_json: options.Json = False,
) -> None:
    """Write the whole archive as Parquet: what was observed by month, the rest one file a table.

    Example: `tracker export --out backup-2026-11`
    """
    from tracker.store import exchange

    with options.archive(data, must_exist=True) as archive:
        table(("table", "rows"), exchange.export(archive, target), as_json)


def restore(
    source: Annotated[Path, typer.Option("--from", help="Folder that `tracker export` wrote.", file_okay=False)],
    data: options.Data = options.DATA,
    as_json: options.Json = False,
) -> None:
    """Make an archive from an export, and publish it: the same numbers come out. A damaged archive that stands there is kept aside.

    Example: `tracker restore --from backup-2026-11 --data restored`
    """
    from tracker.store import database, exchange

    exchange.require_export(source)  # before an archive is made to hold it
    with database.damaged_aside(data / "archive.duckdb", say), options.archive(data) as archive:
        table(("table", "rows"), exchange.restore(archive, source), as_json)
    with options.archive(data) as archive:
        running.publish_again(archive, data)
