"""What a person sees: tables, progress, one-line errors. Tables go to standard output; everything else to standard error."""

import json
import math
import sys
import time as clock
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pyarrow as pa
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from tracker.errors import redacted

_QUIET_SECONDS = 15.0  # between two plain lines of the same stage where there is no terminal

_NAMES_WHOLE = 40  # characters of the first column that are never cut: it names what the next command is asked about

# What would move the cursor, colour the screen or do worse; an EXPLAIN and a paragraph need their line ends
_CONTROLS: dict[int, str | None] = {**dict.fromkeys((*range(32), *range(127, 160))), ord("\t"): " ", ord("\n"): "\n"}

# Much of what is shown was crawled: nothing in it is markup
out = Console(soft_wrap=True, highlight=False, markup=False, emoji=False)
err = Console(stderr=True, soft_wrap=True, highlight=False, markup=False, emoji=False)


class Stages:
    """Progress of a run: a bar on a terminal, a line now and then elsewhere; and the seconds each stage took."""

    def __init__(self, bars: Progress | None) -> None:
        self._bars = bars
        self._tasks: dict[str, Any] = {}
        self._started = clock.perf_counter()
        self._last_line = 0.0
        self._stage = ""
        self.seconds: dict[str, float] = {}

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Report that `done` of `total` are done in a stage; a new stage ends the one before."""
        now = clock.perf_counter()
        if stage != self._stage:
            self.close()
            self._stage, self._started, self._last_line = stage, now, 0.0
        if self._bars is not None:
            if stage not in self._tasks:
                self._tasks[stage] = self._bars.add_task(stage, total=total)
            self._bars.update(self._tasks[stage], completed=done, total=max(total, 1))
        elif now - self._last_line > _QUIET_SECONDS:
            self._last_line = now
            err.print(f"{stage}: {done} of {total}" if total > 1 else f"{stage} ...")

    def close(self) -> None:
        """End the stage under way."""
        if self._stage:
            self.seconds[self._stage] = self.seconds.get(self._stage, 0.0) + clock.perf_counter() - self._started
            if self._bars is not None and self._stage in self._tasks:
                task = self._tasks[self._stage]
                self._bars.update(task, completed=self._bars.tasks[task].total)
        self._stage = ""


@contextmanager
def stages() -> Iterator[Stages]:
    """Progress for the length of a run."""
    if not err.is_terminal:
        watched = Stages(None)
        yield watched
        watched.close()
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err) as bars:
        watched = Stages(bars)
        yield watched
        watched.close()


def table(columns: Sequence[str], rows: Sequence[Sequence[Any]], as_json: bool) -> None:
    """Print rows as a table, or as a JSON list of objects; secrets in addresses are not shown."""
    if as_json:
        print(redacted(objects(columns, rows)))  # noqa: T201
        return
    cells = [[_cell(value) for value in row] for row in [columns, *rows]]
    if not sys.stdout.isatty():
        # A pipe has no width: plain columns, nothing cut
        widths = [max(len(row[i]) for row in cells) for i in range(len(columns))]
        for line in cells:
            print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())  # noqa: T201
        return
    drawn = Table(*cells[0], box=None, header_style="bold", pad_edge=False)
    drawn.columns[0].min_width = min(_NAMES_WHOLE, max((len(row[0]) for row in cells[1:]), default=0))
    for row in cells[1:]:
        drawn.add_row(*row)
    out.print(drawn)


def objects(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Rows as a JSON list of objects, as every command prints and writes them."""
    return json.dumps([dict(zip(columns, map(plain, row), strict=True)) for row in rows], ensure_ascii=False, indent=2)


def plain(value: Any) -> Any:
    """A value, and all that it holds, as JSON has it: a number, a text, true, false or null, a list, an object.

    A decimal is a text where a float would lose digits of it.
    """
    match value:
        case float():
            return value if math.isfinite(value) else None
        case Decimal():
            if value == value.to_integral_value():
                return int(value)
            return float(value) if Decimal(repr(float(value))) == value else str(value)
        case date() | time():
            return value.isoformat()
        case bytes():
            return value.hex()
        case pa.MonthDayNano():
            return _interval(value)
        case dict():
            return {str(key): plain(inner) for key, inner in value.items()}
        case list() | tuple():
            return [plain(inner) for inner in value]
        case None | bool() | int() | str():
            return value
        case _:
            return str(value)


def say(text: str) -> None:
    """One line for the person at the terminal."""
    err.print(_shown(text))


def fail(text: str) -> None:
    """One line that says what went wrong and what to do."""
    err.print(f"error: {_shown(text)}", style="bold")


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.3f}".rstrip("0").rstrip(".") if abs(value) < 1000 else f"{value:,.0f}"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    if isinstance(value, pa.MonthDayNano):
        return _interval(value)
    if isinstance(value, list | tuple):
        return ", ".join(_cell(item) for item in value)
    if isinstance(value, dict):
        return _shown(json.dumps(plain(value), ensure_ascii=False))
    return _shown(str(value))


def _shown(text: str) -> str:
    return redacted(text.translate(_CONTROLS))


def _interval(length: Any) -> str:
    """A length of time as DuckDB writes it, and reads it again: '1 year 2 months 3 days 00:02:48'."""
    counts = ((math.trunc(length.months / 12), "year"), (int(math.fmod(length.months, 12)), "month"), (length.days, "day"))
    words = [f"{count} {unit}{'' if abs(count) == 1 else 's'}" for count, unit in counts if count]
    if length.nanoseconds or not words:
        minutes, micros = divmod(abs(length.nanoseconds) // 1000, 60_000_000)
        seconds = f"{micros / 1_000_000:09.6f}".rstrip("0").rstrip(".")
        words.append(f"{'-' if length.nanoseconds < 0 else ''}{minutes // 60:02}:{minutes % 60:02}:{seconds}")
    return " ".join(words)
