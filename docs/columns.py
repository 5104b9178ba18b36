"""The comments of tracker/sql/3_public.sql come in, docs/columns.md goes out on standard output: `just columns` writes it."""

import sys
import tempfile
from pathlib import Path

import pandas as pd

from tracker.store.database import open_archive
from tracker.store.public import Published
from tracker.store.publish import publish

HEAD = """# The public columns

Written from the comments in `tracker/sql/3_public.sql` by `just columns`; edit it there.

These views are what you may rely on: in `data/tracker.duckdb`, in `tracker sql "..."`, and on the dashboard's SQL page.
Times are UTC without a zone, a day is a UTC day, and a day nobody crawled is `missing`, never 0.
"""


def schema() -> pd.DataFrame:
    """The public views of an empty archive, published like any other: view, view_comment, column, type, comment."""
    with tempfile.TemporaryDirectory() as folder:
        archive = open_archive(None)
        published = Published(publish(archive, Path(folder), "empty").path)
        try:
            return published.schema()
        finally:
            published.close()
            archive.close()


def markdown(views: pd.DataFrame) -> str:
    """The page: a table of columns for each view."""
    parts = [HEAD]
    for view, columns in views.groupby("view", sort=True):
        rows = [f"| `{row.column!s}` | {str(row.type).lower()} | {row.comment!s} |" for row in columns.itertuples()]
        parts.append("\n".join([f"## {view}", "", columns["view_comment"].iloc[0], "", "| column | type | meaning |", "| --- | --- | --- |", *rows]))
    return "\n\n".join(part.rstrip() for part in parts) + "\n"


if __name__ == "__main__":
    sys.stdout.write(markdown(schema()))
