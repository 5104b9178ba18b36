"""The sidebar and the address come in; the selection all pages share goes out."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, TypeAlias, cast, get_args

import pandas as pd
import streamlit as st

from dashboard import words
from tracker.measures.volume import Step

Range: TypeAlias = Literal["4w", "13w", "26w", "1y", "2y", "all", "custom"]

RANGE_DAYS: dict[str, int] = {"4w": 28, "13w": 91, "26w": 182, "1y": 364, "2y": 728}  # whole weeks
LARGE = 2000  # stories: a smaller archive is shown whole unless the reader chooses otherwise
_SELECTION = "_selection"


@dataclass(frozen=True, slots=True)
class Selection:
    """Days (both ends included), step and outlets that every page shows."""

    first: date
    last: date
    step: Step
    outlets: tuple[str, ...]
    all_outlets: int
    note: str = ""  # what was asked for and could not be

    @property
    def is_all_outlets(self) -> bool:
        """Whether no outlet is left out."""
        return len(self.outlets) == self.all_outlets

    @property
    def line(self) -> str:
        """The selection in words."""
        which = "all outlets" if self.is_all_outlets else f"{len(self.outlets)} of {words.count(self.all_outlets, 'outlet')}"
        step = {"day": "daily", "week": "weekly", "month": "monthly"}[self.step]
        return f"{words.day(self.first)} to {words.day(self.last)} · {which} · {step}"


def current() -> Selection:
    """The selection of this run of the app."""
    return cast("Selection", st.session_state[_SELECTION])


def resolve(
    chosen: str,
    dates: tuple[date, ...],
    step: str,
    outlet: list[str],
    kind: list[str],
    outlets: pd.DataFrame,
    span: tuple[date, date],
) -> Selection:
    """The selection that the widgets' values mean on this data. `outlets` has the columns outlet and kind."""
    first, last = span
    note = ""
    if chosen == "custom" and len(dates) == 2:
        first, last = max(first, dates[0]), min(last, dates[1])
        if first > last:
            first, last = span
            note = f"The dates asked for lie outside the data, which run from {words.day(first)} to {words.day(last)}: all days are shown."
    elif chosen in RANGE_DAYS:
        first = max(first, last - timedelta(days=RANGE_DAYS[chosen] - 1))
    days = (last - first).days + 1
    if step == "day" and days > 400:
        step, note = "week", "Days are drawn for at most a year: weeks are shown."
    if step == "month" and days < 85:
        step, note = "week", "Months need at least 13 weeks: weeks are shown."
    kept = outlets[(outlets["outlet"].isin(outlet) | (not outlet)) & (outlets["kind"].isin(kind) | (not kind))]
    return Selection(first, last, cast("Step", step), tuple(kept["outlet"]), len(outlets), note)


def draw(outlets: pd.DataFrame, span: tuple[date, date], stories: int) -> Selection:
    """Draw the sidebar; the values live in the address, so that a view can be sent as a link.

    No widget has a format_func: Streamlit writes into the address what a widget shows, and the address should be short and lasting.
    """
    usual = "26w" if stories >= LARGE else "all"
    with st.sidebar:
        chosen = st.segmented_control(
            "Range", get_args(Range), default=usual, required=True, key="range", bind="query-params",
            help=f"Ends with the last day collected, {words.day(span[1])}.",
        )  # fmt: skip
        dates: tuple[date, ...] = ()
        if chosen == "custom":
            dates = st.date_input("From, to", value=span, min_value=span[0], max_value=span[1], key="dates", bind="query-params")
        step = st.segmented_control(
            "Step", get_args(Step), default="week", required=True, key="step", bind="query-params",
            help="Lines show the 4 weeks that end at each week, the 7 days that end at each day, or the month itself.",
        )  # fmt: skip
        kind = st.pills("Kind of outlet", sorted(set(outlets["kind"])), selection_mode="multi", key="kind", bind="query-params")
        outlet = st.multiselect(
            "Outlets", outlets["outlet"].tolist(), placeholder="All outlets", key="outlet", bind="query-params"
        )
        st.button("Reset filters", on_click=_reset, args=(usual,), type="tertiary", icon=":material/restart_alt:")
    selection = resolve(str(chosen), dates, str(step), outlet, kind, outlets, span)
    st.session_state[_SELECTION] = selection
    return selection


def show_line(selection: Selection) -> None:
    """The selection in words, under each page's title: on a phone the only place to see it."""
    st.caption(selection.line)
    if selection.note:
        st.caption(f":material/info: {selection.note}")


def widen() -> None:
    """Callback: all outlets and all days."""
    st.session_state.update(range="all", outlet=[], kind=[])


def _reset(usual: str) -> None:
    st.session_state.update(range=usual, step="week", outlet=[], kind=[])
