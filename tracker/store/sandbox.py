"""Ad hoc SQL: one statement in, an Arrow table out, run by a worker process that can be killed and can reach nothing but the file.

Interrupting a thread is not enough: a single-operator query such as repeat('x', 2000000000) runs on for seconds.
A query may see the file's path and DuckDB's settings, which are no secret; it cannot read other files, write, or reach a network.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa  # type: ignore[import-untyped, unused-ignore]
import pyarrow.ipc  # type: ignore[import-untyped, unused-ignore]

from tracker.errors import StoreError
from tracker.files import disk_full

if TYPE_CHECKING:
    import pandas as pd

MEMORY = "512MB"  # a chart's worth of data; a query that needs more belongs in a DuckDB of the reader's own
ADDRESS_SPACE = 4 * 2**30  # DuckDB and Arrow reserve about 1.5 GB before the first row
RESULT_BYTES = 50 * 2**20  # beyond this the browser is the bottleneck
_ROWS_A_BATCH = 2048  # DuckDB's own vector size


@dataclass(frozen=True, slots=True)
class Result:
    """What a query gave, each column under a name of its own.

    `truncated`: there were more rows than asked for; `seconds`: wall time, the worker's start included.
    """

    table: pa.Table
    truncated: bool
    seconds: float

    @property
    def columns(self) -> list[str]:
        """Names of the columns."""
        return list(self.table.column_names)

    @property
    def rows(self) -> list[tuple[Any, ...]]:
        """The rows as Python values. Raises as iter_rows."""
        return list(self.iter_rows())

    def iter_rows(self) -> Iterator[tuple[Any, ...]]:
        """The rows as Python values, a batch of them in memory. Raises StoreError at a value that Python has not, as the year 12000."""
        with _castable():
            for batch in self.table.to_batches():
                yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)

    def frame(self) -> "pd.DataFrame":
        """The rows as a pandas DataFrame. Raises StoreError at a value or type that pandas has not."""
        with _castable():
            frame: pd.DataFrame = self.table.to_pandas()
        return frame

    def write_parquet(self, draft: Path) -> None:
        """Write the rows to a draft of a file (`files.whole`). Raises StoreError at a type that Parquet has not, as an interval."""
        from pyarrow import parquet

        with _castable():
            parquet.write_table(self.table, draft)


@contextmanager
def _castable() -> Iterator[None]:
    """DuckDB has more dates and types than what its results are turned into: StoreError with a way out."""
    try:
        yield
    except (OverflowError, ValueError, NotImplementedError) as error:
        raise StoreError(f"The result holds what cannot be given in this form ({error}): cast it to varchar.") from None


def query(path: Path, sql: str, seconds: float = 5, rows: int = 1000, result_bytes: int = RESULT_BYTES) -> Result:
    """Run one SELECT or EXPLAIN on a published file; at most `rows` rows come back, and after `seconds` it is stopped.

    Raises StoreError with DuckDB's own message, or with the reason why it was refused.
    """
    if not path.exists():
        raise StoreError(f"{path} does not exist: run 'tracker publish' to make it.")
    _refuse(sql)
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="tracker-sql-") as folder:
        out = Path(folder) / "result.arrow"
        request = {
            "path": str(path.resolve()),
            "sql": sql,
            "rows": rows,
            "bytes": result_bytes,
            "out": str(out),
            "cpu": int(seconds) + 1,
        }
        command = [sys.executable, "-m", "tracker.store.sandbox"]
        try:
            worker = subprocess.run(
                command, input=json.dumps(request), capture_output=True, text=True, timeout=seconds, check=False
            )
        except subprocess.TimeoutExpired:
            raise StoreError(f"Stopped after {seconds:g} seconds: narrow the days or the themes, or aggregate first.") from None
        if worker.returncode != 0 or not out.exists():
            raise StoreError(disk_full(out.parent, worker.stderr) or _reason(worker))
        with pa.OSFile(str(out)) as source, pyarrow.ipc.open_stream(source) as reader:
            table = reader.read_all()
    named = table.slice(0, rows).rename_columns(_told_apart(table.column_names))
    return Result(named, table.num_rows > rows, time.perf_counter() - began)


def _told_apart(names: Sequence[str]) -> list[str]:
    """a, a, b as a, a_1, b, as DuckDB names them in a table: a plain join has names twice, and neither a frame nor JSON can hold both."""
    told: list[str] = []
    for name in names:
        others = (f"{name}_{number}" for number in count(1))
        told.append(name if name not in told else next(other for other in others if other not in told and other not in names))
    return told


def _refuse(sql: str) -> None:
    """Raise StoreError unless the text is exactly one SELECT or EXPLAIN."""
    try:
        statements = duckdb.extract_statements(sql)
    except duckdb.Error as error:
        raise StoreError(str(error)) from None
    if len(statements) != 1:
        raise StoreError("Write exactly one statement." if statements else "Write a query first.")
    kind = statements[0].type
    if kind == duckdb.StatementType.MULTI:  # what DuckDB makes of it, the first to find the columns
        raise StoreError("A PIVOT is two statements unless it names its columns: PIVOT ... ON stance IN ('supports', 'opposes') USING ...")
    if kind not in (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN):
        raise StoreError(f"Only SELECT and EXPLAIN are allowed here, not {kind.name}: the file is read-only.")


def _reason(worker: subprocess.CompletedProcess[str]) -> str:
    lines = worker.stderr.strip()
    if worker.returncode == _REFUSED and lines:
        return lines
    return f"The query needed more than its share of memory or time ({MEMORY}): narrow or aggregate it."


_REFUSED = 3  # exit status of a worker that has a message for the reader


def _work(request: dict[str, Any]) -> None:
    """The worker's whole life: lock everything, run the query, write the first rows."""
    _limit(request["cpu"])
    connection = duckdb.connect(
        config={
            "autoinstall_known_extensions": "false", "autoload_known_extensions": "false",
            "threads": "1", "memory_limit": MEMORY, "temp_directory": "",
        }
    )  # fmt: skip
    path = request["path"].replace("'", "''")
    connection.execute(f"attach '{path}' as tracker (read_only)")
    connection.execute("use tracker")
    for setting in ("timezone = 'UTC'", "enable_external_access = false", "lock_configuration = true"):
        connection.execute("set " + setting)
    reader = connection.sql(request["sql"]).to_arrow_reader(_ROWS_A_BATCH)
    wanted, size = request["rows"] + 1, 0
    with pa.OSFile(request["out"], "wb") as sink, pyarrow.ipc.new_stream(sink, reader.schema) as writer:
        for batch in reader:
            size += batch.nbytes
            if size > request["bytes"]:
                raise duckdb.Error(f"The result is over {request['bytes'] // 2**20} MB: select fewer rows or columns.")
            writer.write_batch(batch.slice(0, wanted))
            wanted -= batch.num_rows
            if wanted <= 0:
                break


def _limit(cpu_seconds: int) -> None:
    """Processor time and address space, where the platform knows such limits."""
    if sys.platform == "win32":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 1))
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))


if __name__ == "__main__":
    try:
        _work(json.load(sys.stdin))
    except duckdb.OutOfMemoryException:  # its advice is to change settings that are locked here: _reason has our own
        sys.exit(1)
    except (duckdb.Error, OSError) as problem:
        sys.stderr.write(str(problem))
        sys.exit(_REFUSED)
