"""A data folder comes in; a digest of all that its published file says, but for when we looked, goes out: equal digests, equal numbers."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import duckdb

from tracker.store import public

# What a second look at an unchanged web changes although no number did: when and how often we polled, and what the server said then.
LEFT_OUT: Mapping[str, tuple[str, ...]] = {
    "feed_health": ("last_ok_at", "last_outcome", "last_reason", "failures_in_a_row", "next_due_at"),
    "coverage_daily": ("polls", "failures"),
}


def checksum(data: Path) -> str:
    """Over the rows of all public views, whatever their order. Left out: LEFT_OUT, and the view runs, to which each run adds a row."""
    with duckdb.connect(str(public.published_file(data)), read_only=True) as file:
        views = [name for (name,) in file.execute("select view_name from duckdb_views() where not internal order by view_name").fetchall()]
        lines = [f"{view} {_digest(file.view(view), LEFT_OUT.get(view, ()))}" for view in views if view != "runs"]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def _digest(view: duckdb.DuckDBPyRelation, left_out: tuple[str, ...]) -> tuple[int, int]:
    """Number of rows, and the sum of 64-bit digests of them."""
    kept = view.select(*[column for column in view.columns if column not in left_out]).set_alias("kept")
    rows, total = kept.aggregate("count(*), coalesce(sum(md5_number_lower(kept::varchar)), 0)").fetchall()[0]
    return int(rows), int(total)
