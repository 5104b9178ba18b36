"""Themes and their tested changes come in; the overview's table goes out, most telling rows first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from dashboard import series, words
from dashboard.series import Change, Theme, Verdict
from tracker.measures import volume
from tracker.measures.intervals import Interval
from tracker.measures.volume import Series, Step, Window

ORDER: tuple[Verdict, ...] = ("up", "down", "no clear change", "too little data")
ARROWS = {"up": "▲ up", "down": "▼ down", "no clear change": "no clear change", "too little data": "too little data"}
LEANS = {
    "up": "▲ more supportive",
    "down": "▼ less supportive",
    "no clear change": "no clear change",
    "too little data": "too little data",
}


def trends(themes: Sequence[Theme], first: date, last: date, step: Step) -> tuple[list[list[float]], bool]:
    """A glance for each theme, and whether it is a share (per cent, trailing windows) or, in a small archive, stories a month."""
    windows = volume.windows(first, last, step)
    shares = [theme.share(windows) for theme in themes]
    if any(series.is_line(share) for share in shares):
        # a sparkline cannot show a gap (the table would print the numbers instead), so it leaves gaps out
        return [[round(100 * float(value), 2) for value in share.value[~np.isnan(share.value)]] for share in shares], True
    months = [window for _, window in series.periods(first, last, 1)]
    return [[float(n) for n in theme.sides(months)["n"]] for theme in themes], False


def table(
    names: pd.DataFrame,
    themes: Sequence[Theme],
    changes: Sequence[tuple[Change, Change]],
    windows: tuple[Window, Window],
    shown: Window,
) -> pd.DataFrame:
    """One row a theme, ordered by verdict and then by the evidence for it, never by the mere size of a change.

    `names` has theme_id, slug, name, kind; `windows` are those compared, `shown` is the selection. The column `place` is the
    row's place in the given sequences.
    """
    rows = []
    for place, (theme, (share, net)) in enumerate(zip(themes, changes, strict=True)):
        now = theme.sides([windows[1]]).iloc[0]
        before = theme.sides([windows[0]]).iloc[0]
        there = theme.sides([shown]).iloc[0]
        rows.append(
            {
                "place": place,
                "rank": min(ORDER.index(share.verdict), ORDER.index(net.verdict)),
                "evidence": max(_evidence(share.change), _evidence(net.change)),
                "share": _share(share.after, int(now["n"]), int(now["all_stories"])),
                "change": ""
                if share.change.value is None
                else words.points(share.change.value) + words.between(share.change, _points),
                "coverage": ARROWS[share.verdict],
                "net": words.net(net.after)
                or (words.tally(int(now["supports"]), int(now["opposes"]), int(now["neutral"])) if now["n"] else "–"),
                "net_before": words.tally(int(before["supports"]), int(before["opposes"]), int(before["neutral"]))
                if before["n"]
                else "–",
                "leaning": LEANS[net.verdict],
                "stories": int(there["n"]),
                "outlets": theme.outlets(),
            }
        )
    frame = pd.concat([names.reset_index(drop=True), pd.DataFrame(rows)], axis=1)
    return frame.sort_values(["rank", "evidence", "stories", "slug"], ascending=[True, False, False, True], ignore_index=True)


def _share(interval: Interval, top: int, total: int) -> str:
    return f"{top:,} of {total:,}" if interval.value is None else words.share(interval, top)


def _points(value: float) -> str:
    return words.signed(value * 100, 1)


def _evidence(change: Interval) -> float:
    """Size of a change in half-widths of its interval."""
    if change.value is None or change.low is None or change.high is None or change.high == change.low:
        return 0.0
    return abs(change.value) / ((change.high - change.low) / 2)


def telling(table: pd.DataFrame, columns: Sequence[str]) -> list[str]:
    """The columns worth showing: none that says of every theme that there is too little data, but then the counts before as well."""
    untested = {
        column
        for column, verdicts in (("coverage", ARROWS), ("leaning", LEANS))
        if set(table[column]) == {verdicts["too little data"]}
    }
    hidden = untested | ({"change"} if "coverage" in untested else set()) | (set() if untested else {"net_before"})
    return [column for column in columns if column not in hidden]


@dataclass(frozen=True, slots=True)
class Card:
    """One of the numbers at the head of a theme's page."""

    label: str
    value: str
    note: str
    help: str


def cards(theme: Theme, shown: Window) -> list[Card]:
    """Share, net stance, stories and outlets of a theme that has stories in the selection; counts where a rate would mislead."""
    there = theme.sides([shown]).iloc[0]
    n, of, collected = int(there["n"]), int(there["all_stories"]), float(there["collected"])
    share, net = (series.interval(measure([shown], volume.NO_MINIMUM), 0) for measure in (theme.share, theme.net))
    sides = words.tally(int(there["supports"]), int(there["opposes"]), int(there["neutral"]))
    unsure = int(there["unsure"])
    left_out = f"; {words.count(unsure, 'story', 'stories')} of which the judge is unsure left out" if unsure else ""
    is_known = collected >= volume.MIN_COLLECTED
    none = "too few for an interval" if is_known else "under half was collected"
    share_value = words.percent(share.value) if share.value is not None and of >= words.FEW else f"{n:,} of {of:,}"
    net_value = words.signed(net.value) if net.value is not None and net.n >= words.FEW else sides
    net_note = words.between(net, words.signed).strip(" ()") if net.n >= words.FEW else ""
    return [
        Card(
            "Share of stories",
            share_value,
            words.between(share, words.percent).strip(" ()") or none,
            "Of all stories collected from these outlets in these days; below, the 95% interval",
        ),
        Card(
            "Net stance",
            net_value,
            net_note or none,
            f"(supports − opposes) / stories, from −1 to +1{left_out}; below, the 95% interval",
        ),
        Card("Stories", f"{n:,}", f"of {of:,} on any subject", "Copies and rewrites counted once"),
        Card(
            "Outlets",
            f"{theme.outlets()}",
            f"{words.percent(collected)} of days collected",
            "That published one of these stories first; below, the part of outlet-days due that was collected",
        ),
    ]


def drawn(steps: Sequence[Window], sides: pd.DataFrame, share: Series, net: Series) -> pd.DataFrame:
    """The points of a theme's first figure, one row a step; empty cells where nothing is drawn."""
    known = sides["collected"] >= volume.MIN_COLLECTED
    counts = sides[["n", "all_stories", "supports", "opposes", "neutral", "unsure"]].astype("Int64").where(known)
    lines = pd.DataFrame(
        {
            "last_day": [window.last_day for window in share.windows],
            **{f"share_{name}": getattr(share, name).round(5) for name in ("value", "low", "high")},
            **{f"net_{name}": getattr(net, name).round(4) for name in ("value", "low", "high")},
        }
    )
    frame = pd.DataFrame({"first_day": [step.first_day for step in steps], "last_day": [step.last_day for step in steps]})
    return pd.concat([frame, counts, sides["collected"].round(3)], axis=1).merge(lines, on="last_day", how="left")
