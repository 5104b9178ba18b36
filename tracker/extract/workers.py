"""Worker processes: a function and its arguments come in; its result, or what stopped it, goes out.

Pages can be built to make a parser run for ever or to kill it, so parsing happens where it can be ended.
"""

import asyncio
import logging
import multiprocessing
from collections.abc import Callable
from concurrent.futures import TimeoutError as FutureTimeout
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from types import TracebackType
from typing import Self, TypeAlias, TypeVar, TypeVarTuple

from pebble import ProcessPool

from tracker.errors import TrackerError

_Arguments = TypeVarTuple("_Arguments")
_Result = TypeVar("_Result")

_TASKS_PER_PROCESS = 5_000  # then a fresh one: hostile pages can make parsers keep memory; 3,000 ordinary ones cost 2 MiB, a fresh process 2 s


@dataclass(frozen=True, slots=True)
class Timeout:
    """The function did not finish within its time; its process was ended."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Crash:
    """The function raised, or its process died. `error` is one line for the log."""

    error: str


Failure: TypeAlias = Timeout | Crash


def failure_reason(failure: Failure) -> str:
    """The reason code of a Rejection: `extract_timeout` or `extract_crash`."""
    return "extract_timeout" if isinstance(failure, Timeout) else "extract_crash"


class Workers:
    """A pool of processes that load the parsers once. Use with `async with`; functions stand at the top level of modules."""

    def __init__(self, processes: int) -> None:
        # Spawned, not forked: a fork copies the locks of our threads and of the libraries' in whatever state they are.
        self.processes = processes
        context = multiprocessing.get_context("spawn")
        self._pool = ProcessPool(processes, max_tasks=_TASKS_PER_PROCESS, initializer=_warm, context=context)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._pool.stop()  # type: ignore[no-untyped-call]  # whoever wanted a result has it: nothing is waited for
        await asyncio.to_thread(self._pool.join)

    async def run(self, function: Callable[[*_Arguments], _Result], *args: *_Arguments, seconds: float) -> _Result | Failure:
        """Call the function in a worker. A call that takes longer than `seconds` is ended, and its process replaced."""
        future = self._pool.schedule(function, args=args, timeout=seconds)
        wrapped: asyncio.Future[_Result] = asyncio.wrap_future(future)
        try:
            await asyncio.wait([wrapped])
        finally:
            wrapped.cancel()  # if we were cancelled, so is the work
        match wrapped.exception():
            case None:
                return wrapped.result()
            case TimeoutError() | FutureTimeout():
                return Timeout(seconds)
            case BrokenProcessPool():  # no page is at fault when no process can start
                raise TrackerError("worker processes cannot start: is there room in the temporary folder, and memory? What is stored stays.")
            case Exception() as error:  # whatever a hostile page made a parser raise; this is its sandbox
                return Crash(f"{type(error).__name__}: {error}".splitlines()[0][:200])
            case error:
                raise error


def _warm() -> None:
    """Load what extraction needs, so that the first page's time is its own."""
    import trafilatura

    from tracker.extract import article

    logging.disable()  # what parsers find wrong with a page is a Rejection, not lines on the operator's screen
    page = b"<html><body><article><p>A short page, so that tables are built and models read.</p></article></body></html>"
    trafilatura.bare_extraction(page)
    article.language("A short sentence.")
