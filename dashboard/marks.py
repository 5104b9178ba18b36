"""Single stories come in, stacked by week or month and side, and go out as marks: what is drawn where there are too few for a line."""

import pandas as pd
import plotly.graph_objects as go

from dashboard import look, words
from tracker.measures.volume import Window

WEEKLY_UP_TO_DAYS = 100  # marks are stacked by week in short selections, else by month
TALLEST = 15  # marks in one stack; beyond that nobody counts them, and there are enough for bars
_ROW_PIXELS = 15  # a mark's height and a little air
_SYMBOLS = {"supports": "triangle-up", "opposes": "triangle-down", "neutral": "circle-open"}


def stack(stories: pd.DataFrame, span: Window) -> pd.DataFrame:
    """One row a story (day, outlet, stance) with `x`, the middle of its week or month within the span, and `level`, 1 and up."""
    length = (span.last_day - span.first_day).days + 1
    bins = pd.to_datetime(stories["day"]).dt.to_period("W" if length <= WEEKLY_UP_TO_DAYS else "M")
    first, last = pd.Timestamp(span.first_day), pd.Timestamp(span.last_day)
    starts, ends = bins.dt.start_time, bins.dt.end_time.dt.normalize()
    starts, ends = starts.mask(starts < first, first), ends.mask(ends > last, last)
    level = stories.assign(bin=bins).groupby(["bin", "stance"]).cumcount() + 1
    return stories.assign(x=starts + (ends - starts) / 2, level=level)


def height(stacked: pd.DataFrame) -> int:
    """Pixels that the rows of marks need."""
    return round(40 + _ROW_PIXELS * sum(_rows(stacked).values()))


def draw(figure: go.Figure, row: int, stacked: pd.DataFrame) -> None:
    """Support stacked up and opposition down from one line; neutral down from a line of its own below."""
    rows = _rows(stacked)
    lane = -rows["opposes"] - 0.5
    places = {"supports": stacked["level"], "opposes": -stacked["level"], "neutral": lane - stacked["level"]}
    for side, symbol in _SYMBOLS.items():
        part = stacked[stacked["stance"] == side]
        if part.empty:
            continue
        texts = [
            f"{words.day(day)}: {words.label(outlet)} {look.SAYS[side]}"
            for day, outlet in zip(part["day"], part["outlet"], strict=True)
        ]
        marker = {"size": 11, "symbol": symbol, "color": look.COLOURS[side], "line": {"width": 1.5, "color": look.COLOURS[side]}}
        figure.add_trace(
            go.Scatter(
                x=part["x"].dt.strftime("%Y-%m-%dT%H:%M").tolist(),
                y=places[side][part.index].tolist(),
                mode="markers",
                marker=marker,
                text=texts,
                hovertemplate="%{text}<extra></extra>",
            ),
            row=row,
            col=1,
        )
    for y in (0, lane):
        figure.add_hline(y=y, row=row, col=1, line={"width": 1, "color": look.FAINT}, exclude_empty_subplots=False)
    bottom = lane - rows["neutral"]
    figure.update_yaxes(range=[bottom, rows["supports"]], showticklabels=False, showgrid=False, row=row, col=1)
    look.label(figure, row, rows["supports"], "▲ supports the claim", look.SUPPORTS, "top")
    look.label(figure, row, lane, "▼ opposes the claim", look.OPPOSES, "bottom")
    look.label(figure, row, bottom, "○ takes no side", look.NEUTRAL, "bottom")


def _rows(stacked: pd.DataFrame) -> dict[str, float]:
    """Height of each side in marks, with room for its label."""
    tallest = stacked.groupby("stance")["level"].max()
    return {side: max(1, int(tallest.get(side, 0))) + 1.6 for side in _SYMBOLS}
