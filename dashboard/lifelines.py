"""Rows of the lineage come in, the figure of the lives of themes goes out: a bar a month, thick with stories; splits and merges between."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta

import plotly.graph_objects as go

from dashboard import look, words
from dashboard.families import Lives, Mark, Row

ROW_PIXELS = 36  # a line of text and a bar below it
_MIDDLE, _THICKEST = 0.24, 0.44  # of a row: where the bar lies below the row's middle, and how thick it may be
_BESIDE = 0.34  # of a row: an arrow's distance from the middle of the bar it points to
_FADED = 0.45  # opacity of themes that are not in the news any more
_STATES = {"ended": "ended", "merged": "merged", "hidden": "hidden"}
_SYMBOLS = {"split": "circle-open", "unmerged": "circle-open", "ended": "line-ns-open", "returned": "line-ns-open"}


def draw(lives: Lives, address: Callable[[str], str]) -> go.Figure:
    """One row a theme, its name a link to `address` of its slug."""
    figure = go.Figure()
    _lives(figure, lives.rows)
    _months(figure, lives.rows)
    _joins(figure, lives.marks)
    _events(figure, lives.marks)
    for place, row in enumerate(lives.rows):
        state = _STATES.get(row.theme.state, "")
        named = f'<a href="{address(row.theme.slug)}" target="_self">{words.label(words.shorten(row.theme.name, 48))}</a>'
        figure.add_annotation(
            x=0, xref="paper", y=place - 0.02, xanchor="left", yanchor="bottom", text=f"{named}{f' · {state}' if state else ''}",
            showarrow=False, font={"size": 12}, borderpad=0,
        )  # fmt: skip
    ends = [day for row in lives.rows for span in row.spans for day in span] + [mark.day for mark in lives.marks]
    margin = timedelta(days=max(3, (max(ends) - min(ends)).days // 60))
    figure.update_xaxes(
        range=[(min(ends) - margin).isoformat(), (max(ends) + margin).isoformat()],
        type="date",
        hoverformat="%d %b %Y",
        side="top",
    )
    figure.update_yaxes(
        range=[len(lives.rows) - 0.35, -0.65],
        tickvals=[place + _MIDDLE for place in range(len(lives.rows))],
        showticklabels=False,
        showgrid=True,
    )
    figure.update_layout(template=look.TEMPLATE, height=40 + ROW_PIXELS * len(lives.rows), hovermode="closest", bargap=0)
    return figure


def _lives(figure: go.Figure, rows: tuple[Row, ...]) -> None:
    """A thin line from the first story to the last, broken where the theme was silent."""
    xs: list[str | None] = []
    ys: list[float | None] = []
    for place, row in enumerate(rows):
        for first, last in row.spans:
            xs += [first.isoformat(), last.isoformat(), None]
            ys += [place + _MIDDLE, place + _MIDDLE, None]
    figure.add_trace(
        go.Scatter(
            x=xs, y=ys, mode="lines", line={"width": 1.5, "color": look.INK}, hoverinfo="skip", connectgaps=False, name="life"
        )
    )


def _months(figure: go.Figure, rows: tuple[Row, ...]) -> None:
    """A bar for each month with stories; its thickness is the root of their number, so that one is seen beside a hundred."""
    bars = [(place, row, *bar) for place, row in enumerate(rows) for bar in _bars(row)]
    most = max((stories for *_, stories in bars), default=1)
    figure.add_trace(
        go.Bar(
            orientation="h",
            name="stories",
            base=[first.isoformat() for _, _, first, _, _ in bars],
            x=[((last - first).days + 1) * 86_400_000 for _, _, first, last, _ in bars],
            y=[place + _MIDDLE for place, *_ in bars],
            width=[_THICKEST * (stories / most) ** 0.5 for *_, stories in bars],
            marker={
                "color": look.INK,
                "line": {"width": 0},
                "opacity": [1.0 if row.theme.state == "active" else _FADED for _, row, *_ in bars],
            },
            customdata=[
                f"{words.label(row.theme.name)}, {first:%b %Y}: {words.count(stories, 'story', 'stories')}"
                for _, row, first, _, stories in bars
            ],
            hovertemplate="%{customdata}<extra></extra>",
        )
    )


def _bars(row: Row) -> Iterator[tuple[date, date, int]]:
    """(first day, last day, stories) of each month, without the days on which the theme was silent or not yet there."""
    for month, stories in row.months:
        end = (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        for first, last in row.spans:
            if first <= end and month <= last:
                yield max(month, first), min(end, last), stories


def _joins(figure: go.Figure, marks: tuple[Mark, ...]) -> None:
    """A line between two rows for a split (dotted) or a merge (solid)."""
    for mark in marks:
        if mark.other is not None:
            figure.add_shape(
                type="line", x0=mark.day.isoformat(), x1=mark.day.isoformat(), y0=mark.other + _MIDDLE, y1=mark.row + _MIDDLE,
                line={"width": 1.5, "color": look.INK, "dash": "solid" if mark.event == "merged" else "dot"},
            )  # fmt: skip


def _events(figure: go.Figure, marks: tuple[Mark, ...]) -> None:
    figure.add_trace(
        go.Scatter(
            x=[mark.day.isoformat() for mark in marks], y=[mark.row + _MIDDLE + _beside(mark) for mark in marks], mode="markers", name="events",
            marker={
                "size": 10, "color": look.INK, "line": {"width": 2, "color": look.INK},
                "symbol": [_symbol(mark) for mark in marks],
            },
            customdata=[words.label(mark.told) for mark in marks], hovertemplate="%{customdata}<extra></extra>",
        )
    )  # fmt: skip


def _symbol(mark: Mark) -> str:
    """Of a merge an arrow toward the theme that took the other in."""
    if mark.event != "merged":
        return _SYMBOLS[mark.event]
    return "triangle-up" if _beside(mark) > 0 else "triangle-down"


def _beside(mark: Mark) -> float:
    """How far below (or, negative, above) its row's bar a mark stands."""
    if mark.event != "merged":
        return 0.0
    return -_BESIDE if mark.other is not None and mark.other < mark.row else _BESIDE
