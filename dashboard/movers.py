"""The moves of the newest week come in; the overview's section on it goes out: a heading, lists of what moved, and what stands below them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from dashboard import series, words

TITLES = {"new": "New", "growing": "Growing", "fading": "Fading", "silent": "Silent"}
SHOWN = 6  # lines a list: a night that finds many new themes leaves the page readable


@dataclass(frozen=True, slots=True)
class Line:
    """A theme that moved, and the numbers that say so."""

    name: str
    slug: str
    text: str


@dataclass(frozen=True, slots=True)
class Moved:
    """Themes that moved alike, surest first."""

    title: str
    lines: tuple[Line, ...]
    more: int  # left out


def heading(moves: pd.DataFrame) -> str:
    """What moved in a few words, from the frame moves."""
    if moves.empty:
        return "What is new this week was not measured yet"
    week = f"the week to {words.day(moves['last_day'].iloc[0])}"
    kinds = moves["move"].value_counts()
    told = [f"{kinds[kind]} {kind}" for kind in TITLES if kind in kinds]
    if told:
        return f"{week[:1].upper()}{week[1:]}: {words.together(told)}"
    if "steady" in kinds:
        return f"In {week} no theme moved by more than its own noise"
    return f"Too few weeks or stories to say what moved in {week}"


def groups(moves: pd.DataFrame) -> list[Moved]:
    """The lists that have a line."""
    found = []
    for kind, title in TITLES.items():
        rows = series.records(moves[moves["move"] == kind])
        lines = tuple(Line(row["name"], row["slug"], _told(row)) for row in rows[:SHOWN])
        if lines:
            found.append(Moved(title, lines, len(rows) - len(lines)))
    return found


def caption(moves: pd.DataFrame) -> str:
    """Which days, against what, and how sure."""
    if moves.empty:
        return "The next run measures it."
    one = moves.iloc[0]
    tested = int(moves["q_value"].notna().sum())
    days = f"{words.day(one['first_day'])} to {words.day(one['last_day'])}, all outlets"
    before = words.count(int(one["weeks_before"]), "week")
    if not tested:
        stories = words.count(int(one["of_stories"]), "story", "stories")
        return f"{days}: {stories} on all subjects, and {before} before to compare with."
    return (
        f"{days}, against the {before} before. In brackets the 95% interval of stories over stories expected, the theme's own noise "
        f"included. {words.count(tested, 'theme')} tested together: of those shown one in ten may be chance (q up to 0.10). "
        "A first story is not tested."
    )


def _told(row: Mapping[str, Any]) -> str:
    stories = words.count(int(row["stories"]), "story", "stories")
    if row["move"] == "new":
        return f"{stories} of {int(row['of_stories']):,}, the first on it"
    chance = "q\u00a0<\u00a00.001" if row["q_value"] < 0.001 else f"q\u00a0=\u00a0{row['q_value']:.3f}"
    if row["move"] == "silent":
        return f"no story, {_times(row['expected'])} expected (at most ×{_times(row['high'])}; {chance})"
    if pd.isna(row["ratio"]):
        return f"{stories}, none in the weeks before (at least ×{_times(row['low'])}; {chance})"
    return (
        f"{stories}, {_times(row['expected'])} expected: ×{_times(row['ratio'])} "
        f"({_times(row['low'])} to {_times(row['high'])}; {chance})"
    )


def _times(value: float) -> str:
    """Two digits, or all before the point."""
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}" if value >= 1 else f"{value:.2f}"
