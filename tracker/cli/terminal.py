"""What a person sees: tables, progress, one-line errors. Tables go to standard output; everything else to standard error."""

import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from tracker.errors import redacted

_QUIET_SECONDS = 15.0  # between two plain lines of the same stage where there is no terminal

_NAMES_WHOLE = 40  # characters of the first column that are never cut: it names what the next command is asked about

out = Console(soft_wrap=True, highlight=False)
err = Console(stderr=True, soft_wrap=True, highlight=False)


class Stages:
    """Progress of a run: a bar on a terminal, a line now and then elsewhere; and the seconds each stage took."""

    def __init__(self, bars: Progress | None) -> None:
        self._bars = bars
        self._tasks: dict[str, Any] = {}
        self._started = time.perf_counter()
        self._last_line = 0.0
        self._stage = ""
        self.seconds: dict[str, float] = {}

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Report that `done` of `total` are done in a stage; a new stage ends the one before."""
        now = time.perf_counter()
        if stage != self._stage:
            self.close()
            self._stage, self._started, self._last_line = stage, now, 0.0
        if self._bars is not None:
            if stage not in self._tasks:
                self._tasks[stage] = self._bars.add_task(stage, total=total)
            self._bars.update(self._tasks[stage], completed=done, total=max(total, 1))
        elif now - self._last_line > _QUIET_SECONDS:
            self._last_line = now
            err.print(f"{stage}: {done} of {total}" if total > 1 else f"{stage} ...", markup=False)

    def close(self) -> None:
        """End the stage under way."""
        if self._stage:
            self.seconds[self._stage] = self.seconds.get(self._stage, 0.0) + time.perf_counter() - self._started
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


def table(columns: Sequence[str], rows: Sequence[Sequence[Any]], as_json: bool, title: str = "") -> None:
    """Print rows as a table, or as a JSON list of objects; secrets in addresses are not shown."""
    if as_json:
        print(redacted(json.dumps([dict(zip(columns, row, strict=True)) for row in rows], default=_plain, ensure_ascii=False, indent=2)))  # noqa: T201
        return
    if not sys.stdout.isatty():
        # A pipe has no width: plain columns, nothing cut
        cells = [[_cell(value) for value in row] for row in [columns, *rows]]
        widths = [max(len(row[i]) for row in cells) for i in range(len(columns))]
        for line in cells:
            print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())  # noqa: T201
        return
    drawn = Table(*columns, title=title or None, title_justify="left", box=None, header_style="bold", pad_edge=False)
    drawn.columns[0].min_width = min(_NAMES_WHOLE, max((len(_cell(row[0])) for row in rows), default=0))
    for row in rows:
        drawn.add_row(*(_cell(value).replace("[", r"\[") for value in row))
    out.print(drawn)


def say(text: str) -> None:
    """One line for the person at the terminal."""
    err.print(redacted(text), markup=False)


def fail(text: str) -> None:
    """One line that says what went wrong and what to do."""
    err.print(f"error: {redacted(text)}", style="bold", markup=False)


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.3f}".rstrip("0").rstrip(".") if abs(value) < 1000 else f"{value:,.0f}"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    if isinstance(value, list | tuple):
        return ", ".join(_cell(item) for item in value)
    return redacted(str(value))


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime | date) else str(value)
