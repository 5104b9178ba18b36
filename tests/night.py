"""One night of the real pipeline, with stand-in models: a data folder, settings and a time come in; what is published stands there after.

    python -m tests.night DATA SETTINGS.json TIME STAGE

runs the night in a process of its own that kills itself (SIGKILL) when the pipeline reaches the stage.
"""

import asyncio
import os
import signal
import sys
from datetime import datetime
from pathlib import Path

from evals.fakes import FakeEncoder, FakeJudge
from tracker import pipeline
from tracker.records import Progress, Run
from tracker.settings import Settings
from tracker.stance.judge import Judge
from tracker.store import observed
from tracker.store.database import open_archive


def quiet(stage: str, done: int, total: int) -> None:
    """Nobody watches."""


def run(
    data: Path,
    settings: Settings,
    now: datetime,
    progress: Progress = quiet,
    *,
    refit: bool = False,
    is_crawling: bool = True,
    judge: Judge | None = None,
) -> None:
    """Crawl (unless told not to), analyse, publish."""
    archive = open_archive(data / "archive.duckdb")
    try:
        tonight = Run(f"{now:%Y%m%dT%H%M%S}", now, "test", settings.digest)
        observed.start_run(archive, tonight, "run")
        if is_crawling:
            asyncio.run(pipeline.crawl(archive, settings, tonight, 1, progress))
        encoder, judge = FakeEncoder(), judge or FakeJudge()
        pipeline.analyse(archive, settings, tonight, encoder, judge, progress, refit)
        observed.finish_run(archive, tonight, now, encoder.name, judge.name)
        pipeline.publish_to(archive, data, tonight)
    finally:
        archive.close()


def _main(data: str, settings: str, now: str, deadly_stage: str) -> None:
    def progress(stage: str, done: int, total: int) -> None:
        if stage == deadly_stage:
            os.kill(os.getpid(), signal.SIGKILL)

    run(
        Path(data),
        Settings.model_validate_json(Path(settings).read_text(encoding="utf-8")),
        datetime.fromisoformat(now),
        progress,
    )


if __name__ == "__main__":
    _main(*sys.argv[1:])
