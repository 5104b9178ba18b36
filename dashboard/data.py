"""The data version comes in, frames of the public views go out, cached: the dashboard's only way to the data.

The first argument of every function is the data version, the path of a published file that is never changed under its name,
so a cached answer cannot be stale and needs no time limit.
"""

import os
from datetime import date, datetime
from pathlib import Path

import pandas as pd
import streamlit as st

from dashboard import series, words
from dashboard.series import Grid, Theme
from tracker.measures.label_error import LabelError
from tracker.store import public, sandbox
from tracker.store.lineage import Event, Lineage, Listed, Story
from tracker.store.public import Articles
from tracker.store.sandbox import Result

_kept = st.cache_data(max_entries=256, show_spinner=False)  # answers in memory: small frames, all pages of a few readers


def version() -> str:
    """The published file of now. Raises StoreError if there is none."""
    return str(public.published_file(Path(os.environ.get("TRACKER_DATA", "data"))))


def _close(published: Lineage) -> None:
    published.close()


@st.cache_resource(max_entries=2, on_release=_close, show_spinner=False)
def _opened(version: str) -> Lineage:
    return Lineage(Path(version))


@_kept
def outlets(version: str) -> pd.DataFrame:
    """See Published.outlets, with names that tell them apart: where several have one (feeds' titles give it), its id stands behind."""
    found = _opened(version).outlets()
    names = found["name"].map(words.seen)
    return found.assign(name=names.mask(names.duplicated(keep=False), names + " (" + found["outlet"] + ")"))


@_kept
def themes(version: str) -> pd.DataFrame:
    """See Published.themes."""
    return _opened(version).themes()


@_kept
def listed(version: str) -> list[Listed]:
    """See Lineage.listed."""
    return _opened(version).listed()


@_kept
def events(version: str) -> list[Event]:
    """See Lineage.events: of all themes."""
    return _opened(version).events()


@_kept
def months(version: str) -> list[tuple[str, date, int]]:
    """See Lineage.months."""
    return _opened(version).months()


@_kept
def typical(version: str, theme_id: str) -> list[Story]:
    """See Lineage.typical."""
    return _opened(version).typical(theme_id)


@_kept
def article(version: str, article_id: str) -> Story | None:
    """See Lineage.article."""
    return _opened(version).article(article_id)


@_kept
def span(version: str) -> tuple[date, date] | None:
    """See Published.span."""
    return _opened(version).span()


@_kept
def totals(version: str) -> dict[str, int]:
    """See Published.totals."""
    return _opened(version).totals()


@_kept
def theme_counts(version: str, first: date, last: date, theme_id: str | None = None) -> pd.DataFrame:
    """See Published.theme_counts."""
    return _opened(version).theme_counts(first, last, theme_id)


@_kept
def story_counts(version: str, first: date, last: date) -> pd.DataFrame:
    """See Published.story_counts."""
    return _opened(version).story_counts(first, last)


@_kept
def coverage(version: str, first: date, last: date) -> pd.DataFrame:
    """See Published.coverage."""
    return _opened(version).coverage(first, last)


def grid(version: str, first: date, last: date, outlets: tuple[str, ...]) -> Grid:
    """What the outlets published and what of it was collected."""
    return series.grid(story_counts(version, first, last), coverage(version, first, last), outlets, first, last)


def theme(version: str, on: Grid, theme_id: str) -> Theme:
    """One theme on that grid."""
    return series.theme(on, theme_counts(version, on.first_day, on.last_day, theme_id), label_error(version))


def all_themes(version: str, on: Grid, theme_ids: tuple[str, ...]) -> list[Theme]:
    """Several themes on that grid, read at once."""
    counts = theme_counts(version, on.first_day, on.last_day)
    by_theme = dict(list(counts.groupby("theme_id")))
    error = label_error(version)
    return [series.theme(on, by_theme.get(theme_id, counts.iloc[:0]), error) for theme_id in theme_ids]


@_kept
def turning_points(version: str, first: date, last: date) -> pd.DataFrame:
    """See Published.turning_points."""
    return _opened(version).turning_points(first, last)


@_kept
def withdrawn_points(version: str) -> pd.DataFrame:
    """See Published.withdrawn_points."""
    return _opened(version).withdrawn_points()


@_kept
def moves(version: str) -> pd.DataFrame:
    """See Published.moves."""
    return _opened(version).moves()


@_kept
def mention_counts(version: str, theme_id: str, first: date, last: date, outlets: tuple[str, ...]) -> pd.DataFrame:
    """See Published.mention_counts."""
    return _opened(version).mention_counts(theme_id, first, last, outlets)


@_kept
def evidence(
    version: str,
    theme_id: str,
    stance: str,
    first: date,
    last: date,
    outlets: tuple[str, ...],
    seed: int,
    rows: int,
    voice: str | None = None,
) -> pd.DataFrame:
    """See Published.evidence; only passages the judge is at least fairly sure of."""
    return _opened(version).evidence(theme_id, stance, first, last, outlets, seed, rows, voice)


@_kept
def articles(
    version: str, theme_id: str, first: date, last: date, outlets: tuple[str, ...], words: str, rows: int, skip: int
) -> Articles:
    """See Published.articles."""
    return _opened(version).articles(theme_id, first, last, outlets, words, rows, skip)


@_kept
def feed_health(version: str) -> pd.DataFrame:
    """See Published.feed_health."""
    return _opened(version).feed_health()


@_kept
def rejection_counts(version: str) -> pd.DataFrame:
    """See Published.rejection_counts."""
    return _opened(version).rejection_counts()


@_kept
def undated(version: str) -> pd.DataFrame:
    """See Published.undated."""
    return _opened(version).undated()


@_kept
def largest_stories(version: str, rows: int) -> pd.DataFrame:
    """See Published.largest_stories."""
    return _opened(version).largest_stories(rows)


@_kept
def runs(version: str, rows: int) -> pd.DataFrame:
    """See Published.runs."""
    return _opened(version).runs(rows)


@_kept
def judge_changes(version: str, first: date, last: date) -> pd.DataFrame:
    """See Published.judge_changes."""
    return _opened(version).judge_changes(first, last)


@_kept
def judge_scores(version: str) -> pd.DataFrame:
    """See Published.judge_scores."""
    return _opened(version).judge_scores()


@_kept
def judge_confusion(version: str) -> pd.DataFrame:
    """See Published.judge_confusion."""
    return _opened(version).judge_confusion()


@st.cache_data(max_entries=2, show_spinner=False)
def label_error(version: str) -> LabelError:
    """The judge's error rates, part of every interval of net stance; unknown where they were not measured."""
    opened = _opened(version)
    return series.known_error(opened.label_error_draws(), opened.judge_confusion())


@_kept
def schema(version: str) -> pd.DataFrame:
    """See Published.schema."""
    return _opened(version).schema()


@st.cache_data(max_entries=16, show_spinner="Running the query")
def query(version: str, sql: str) -> Result:
    """See sandbox.query."""
    return sandbox.query(Path(version), sql)


def last_run(version: str) -> datetime | None:
    """When the newest run ended; None if no run did."""
    ended = runs(version, 20)["finished_at"].dropna()
    return None if ended.empty else ended.iloc[0].to_pydatetime()


def file_name(version: str) -> str:
    """Name of the published file: the data version as people see it."""
    return Path(version).name
