"""The path of one article, from feeds.yaml to the published file. Start reading here.

    feeds.yaml -> settings -> fetch.feeds -> extract.entries -> fetch.pages -> extract.article -> store.observed          (crawl)
    -> stories -> passages -> themes.embed -> themes.discover/link/label -> themes.mentions -> stance.judge -> measures   (analyse)
    -> store.publish -> sql/3_public.sql -> dashboard, digest, exports, your own SQL                                      (publish)
"""

from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from tracker.records import Progress, Run
from tracker.settings import Settings
from tracker.store import derived, observed, publish
from tracker.store.database import transaction

if TYPE_CHECKING:
    from tracker.extract.workers import Workers
    from tracker.stance.judge import Judge
    from tracker.themes.embed import Encoder

Connection = duckdb.DuckDBPyConnection


async def crawl(archive: Connection, settings: Settings, run: Run, processes: int, progress: Progress) -> None:
    """Everything observed: poll what is due, read what is new. Commits as it goes; a killed crawl loses at most its last batch."""
    from tracker.extract.workers import Workers

    async with Workers(processes) as workers:
        await crawl_with(workers, archive, settings, run, progress)


async def crawl_with(workers: "Workers", archive: Connection, settings: Settings, run: Run, progress: Progress) -> None:
    """The same with processes that are there already: starting them takes longer than a small night."""
    from tracker.fetch.client import Client
    from tracker.steps import crawling

    observed.sync_outlets(archive, settings.outlets, run.started_at)
    async with Client(settings.fetch) as client:
        await crawling.poll_and_read(archive, settings, run, client, workers, progress)


def analyse(
    archive: Connection, settings: Settings, run: Run, encoder: "Encoder", judge: "Judge", progress: Progress,
    refit: bool = False, everything: bool = False,
) -> None:  # fmt: skip
    """Everything concluded, in one transaction: all of it stands, or none. What did not change is not done again.

    `refit` discovers themes anew; `everything` forgets all conclusions first (themes keep their ids, names and edits).
    """
    from tracker.stance import scores
    from tracker.steps import discovering, judging, measuring, theming

    with transaction(archive):
        if everything:
            derived.forget_conclusions(archive)
        new = derived.unanalysed(archive)
        progress("stories", 0, len(new))
        theming.group_stories(archive, settings, run, new)
        theming.split_passages(archive, settings, run, new)
        theming.embed_texts(archive, run, encoder, progress)
        progress("themes", 0, 1)
        curated = theming.sync_curated(archive, run, settings.themes)
        discovering.discover_themes(archive, settings, run, encoder, curated, new, refit or everything)
        judging.judge_mentions(archive, settings.discovery, run, encoder, judge, {a.article_id for a in new}, progress)
        progress("measures", 0, 1)
        measuring.measure(archive, settings, run, scores.of(judge.name))
        derived.mark_analysed(archive, run, [a.article_id for a in new])


def publish_to(archive: Connection, data: Path, run: Run) -> publish.Published:
    """Write the published file of this run and point the stable name at it."""
    return publish.publish(archive, data, run.run_id)
