"""Articles come in, night by night; their stories and themes stand in an archive when it is done, by the real steps, without crawl and judge.

A judge would take most of the time and decides nothing here: `count` lets every membership count as if a judge had abstained on it,
so that the archive's views (theme_events, story_themes) say what they say after a real run.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import duckdb

from tracker.records import Article, Run, Theme, short_id
from tracker.settings import Settings
from tracker.steps import discovering, theming
from tracker.store import counted, derived, observed
from tracker.store.database import transaction
from tracker.themes.embed import Encoder

Connection = duckdb.DuckDBPyConnection
OUTLET = "example.com"


@dataclass(frozen=True, slots=True)
class Member:
    """An article's theme as it stands in the archive; a theme that was merged is told by what it became."""

    article_id: str
    theme_id: str
    strength: float


@dataclass(frozen=True, slots=True)
class Change:
    """What discovery did to a theme by itself: born, split (out of `other`) or merged (into `other`)."""

    run_id: str
    theme_id: str
    event: str
    other: str | None
    stories: int


def article(url: str, title: str, text: str, published_at: datetime, outlet: str = OUTLET) -> Article:
    """A plain article of a feed."""
    return Article(
        short_id(url), outlet, url, url, title, None, "en", published_at, "feed", "", published_at, text, "feed"
    )  # fmt: skip


def run_at(now: datetime) -> Run:
    """A run that starts then; ids sort as the times do."""
    return Run(f"{now:%Y%m%dT%H%M%S}", now, "evals", "")


def night(
    archive: Connection, settings: Settings, run: Run, articles: Sequence[Article], encoder: Encoder, *, refit: bool = False
) -> list[Theme]:
    """Store the articles and do with them what `pipeline.analyse` does before it judges, in one transaction; returns the curated themes."""
    observed.start_run(archive, run, "evals")
    with transaction(archive):
        observed.record_pages(archive, run, [observed.Finished(None, one) for one in articles])
        new = derived.unanalysed(archive)
        theming.group_stories(archive, settings, run, new)
        theming.split_passages(archive, settings, run, new)
        theming.embed_texts(archive, run, encoder, lambda *_: None)
        curated = theming.sync_curated(archive, run, settings.themes)
        discovering.discover_themes(archive, settings, run, encoder, curated, new, refit)
        derived.mark_analysed(archive, run, [one.article_id for one in new])
    observed.finish_run(archive, run, run.started_at, encoder.name, None)
    return curated


def members(archive: Connection) -> list[Member]:
    """Every article that is in a discovered theme now."""
    into = {s.theme.theme_id: s.merged_into for s in derived.themes(archive)}
    rows = archive.execute("select article_id, theme_id, strength from theme_members order by article_id").fetchall()
    return [Member(name, _followed(theme, into), strength) for name, theme, strength in rows]


def changes(archive: Connection) -> list[Change]:
    """What discovery did, oldest first."""
    rows = archive.execute(
        "select run_id, theme_id, event, other_theme_id, stories from theme_changes order by run_id, theme_id, event"
    ).fetchall()
    return [Change(*row) for row in rows]


def fits(archive: Connection) -> list[tuple[str, int]]:
    """(run_id, stories seen) of every refit."""
    return archive.execute("select run_id, articles from discovery_fits order by run_id").fetchall()


def count(archive: Connection, run: Run, first: date, last: date) -> None:
    """Let memberships count as mentions on no side, and every day from first to last as crawled."""
    with transaction(archive):
        for stored in derived.themes(archive):
            theme_id = stored.theme.theme_id
            found = [(name, strength, 1, None, None, None, 1) for name, strength in derived.members(archive, theme_id).items()]
            derived.replace_mentions(archive, run, [derived.ThemeMentions(theme_id, None, [], [], found)])
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        counted.replace_measures(archive, "coverage_days", [(OUTLET, day, 1, 0, 1, 1.0, "complete") for day in days])


def events(archive: Connection) -> list[tuple[str, datetime, date, str, str | None]]:
    """(theme_id, recorded at, day, event, other theme) of the public view, after `count`."""
    return archive.execute(
        "select theme_id, recorded_at, day, event, other_theme_id from theme_events order by recorded_at, event, theme_id"
    ).fetchall()


def _followed(theme: str, into: dict[str, str | None]) -> str:
    while (next_one := into.get(theme)) is not None:
        theme = next_one
    return theme
