"""Work that hangs, dies or raises ends as a value, and the pool goes on."""

import asyncio
import os
import time

from tests.builders import page
from tracker.extract import article
from tracker.extract.workers import Crash, Timeout, Workers, failure_reason
from tracker.records import Article
from tracker.settings import ExtractSettings


def hang() -> None:
    time.sleep(60)


def die() -> None:
    os._exit(3)


def fail() -> None:
    raise ValueError("not\nhere")


def test_the_pool_survives_what_its_functions_do() -> None:
    async def run() -> tuple[object, ...]:
        async with Workers(1) as workers:
            return (
                await workers.run(article.read, page(), ExtractSettings(), seconds=20),
                await workers.run(hang, seconds=0.3),
                await workers.run(die, seconds=20),
                await workers.run(fail, seconds=20),
                await workers.run(abs, -1, seconds=20),
            )

    found, hung, died, failed, last = asyncio.run(run())
    assert isinstance(found, Article)
    assert hung == Timeout(0.3)
    assert isinstance(died, Crash)
    assert failed == Crash("ValueError: not")
    assert last == 1
    assert failure_reason(Timeout(1)) == "extract_timeout"
    assert failure_reason(Crash("x")) == "extract_crash"
