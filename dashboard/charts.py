"""Frames come in, Plotly figures of the mix, the outlets and what was collected go out; nothing is computed but positions."""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dashboard import look, words
from tracker.measures.intervals import Interval

PALE_UNDER = 20  # rows of the mix with fewer stories are drawn pale
BARS_FROM = 10  # with fewer, parts of a whole mislead: counts are drawn


Row: TypeAlias = tuple[str, int, int, int, int]  # name, supports, opposes, neutral, unsure


def mix(rows: Sequence[Row]) -> go.Figure:
    """Stories that oppose (left), support (right) and take no side (own panel), a row a period.

    Per cent of the period's stories where most periods hold BARS_FROM stories, else counts.
    """
    totals = [_judged(row) for row in rows]
    names = [f"{row[0]} · n {total}" for row, total in zip(rows, totals, strict=True)]
    is_percent = bool(totals) and float(np.median(totals)) >= BARS_FROM
    figure = _sided(rows, names, is_percent)
    figure.add_vline(x=0, line={"width": 1, "color": look.FAINT}, exclude_empty_subplots=False)
    if is_percent:
        for name, row, total in zip(names, rows, totals, strict=True):
            if total < BARS_FROM:
                _instead(figure, name, row)
    figure.update_yaxes(autorange="reversed", nticks=len(names) + 1)
    figure.update_layout(height=85 + 30 * len(rows), hovermode="y unified", bargap=0.25)
    return figure


def voices(rows: Sequence[tuple[Row, Interval]]) -> go.Figure:
    """Passages that oppose, support and take no side, and below each row's bars its net stance, a row a voice.

    Net stance is the difference of the two bars, so it stands on their axis. With too few passages for per cent there are counts alone.
    """
    counted = [row for row, _ in rows]
    is_percent = max(map(_judged, counted)) >= words.FEW
    figure = _sided(counted, [place + 0.13 for place in range(len(rows))], is_percent, thickness=0.3)
    reach = float(figure.layout.xaxis.range[1])
    for place, (row, net) in enumerate(rows):
        text = f"<b>{row[0]}</b>"
        is_drawn = not is_percent or _judged(row) >= BARS_FROM
        if is_percent and is_drawn and net.value is not None:
            text += f" · net {words.net(net)}"
            low, high = (net.value if end is None else end for end in (net.low, net.high))
            reach = max(reach, 108 * abs(low), 108 * abs(high))
            figure.add_trace(
                go.Scatter(
                    x=[100 * net.value], y=[place + 0.4], mode="markers", marker={"size": 8, "color": look.INK},
                    error_x={
                        "type": "data", "symmetric": False, "thickness": 1.6, "width": 0, "color": look.INK,
                        "array": [100 * (high - net.value)], "arrayminus": [100 * (net.value - low)],
                    },
                    hovertemplate=f"net stance {words.net(net)}<extra></extra>",
                ),
                row=1, col=1,
            )  # fmt: skip
        text += f"<br>{words.sides(*row[1:])}"
        figure.add_annotation(
            x=0,
            xref="paper",
            y=place - 0.03,
            yanchor="bottom",
            xanchor="left",
            align="left",
            text=text,
            showarrow=False,
            font={"size": 12},
        )
        for column in (1, 2) if is_drawn else ():  # zero, not through the words
            line = {"width": 1, "color": look.FAINT}
            figure.add_shape(type="line", x0=0, x1=0, y0=place - 0.05, y1=place + 0.46, line=line, row=1, col=column)
    _reach(figure, reach, is_percent)
    figure.update_yaxes(range=[len(rows) - 0.5, -0.5], showticklabels=False)
    figure.update_layout(height=75 + 100 * len(rows), hovermode="closest")
    return figure


def _judged(row: Row) -> int:
    return row[1] + row[2] + row[3]


def _sided(
    rows: Sequence[Row], places: Sequence[str] | Sequence[float], is_percent: bool, thickness: float | None = None
) -> go.Figure:
    """Two panels over the same places: opposes to the left and supports to the right of zero, neutral from a zero of its own."""
    figure = make_subplots(rows=1, cols=2, shared_yaxes=True, column_widths=[0.72, 0.28], horizontal_spacing=0.03)
    totals = [_judged(row) for row in rows]
    reach = 1.0
    for column, side, sign in ((1, "opposes", -1), (1, "supports", 1), (2, "neutral", 1)):
        counts = [dict(zip(look.COLOURS, row[1:4], strict=True))[side] for row in rows]
        parts = [
            100 * count / total if is_percent and total else float(count) for count, total in zip(counts, totals, strict=True)
        ]
        shown = [part if not is_percent or total >= BARS_FROM else 0.0 for part, total in zip(parts, totals, strict=True)]
        reach = max(reach, *shown) if shown else reach
        labels = [f"{part:.0f}{'%' if is_percent else ''}" if part >= (12 if is_percent else 1) else "" for part in shown]
        told = [
            f"{count:,} {side}{words.unsure_too(row[4])}" if side == "neutral" else f"{count:,} {look.SAYS[side].split()[0]}"
            for count, row in zip(counts, rows, strict=True)
        ]
        figure.add_trace(
            go.Bar(
                y=places, x=[sign * part for part in shown], orientation="h", text=labels, textangle=0, constraintext="none",
                insidetextanchor="middle", textposition="inside", textfont={"color": "#FFFFFF", "size": 11}, width=thickness,
                customdata=told, hovertemplate="%{customdata}<extra></extra>",
                marker={
                    "color": look.COLOURS[side], "line": {"width": 0},
                    "opacity": [0.45 if is_percent and total < PALE_UNDER else 1.0 for total in totals],
                    **({"pattern": look.HATCH} if side == "opposes" else {}),
                },
            ),
            row=1, col=column,
        )  # fmt: skip
    _reach(figure, reach * 1.15, is_percent)
    for x, of, anchor, text, colour in (
        (0, "x domain", "left", "◀ opposes", look.OPPOSES),
        (1, "x domain", "right", "supports ▶", look.SUPPORTS),
        (0, "x2 domain", "left", "neutral", look.NEUTRAL),
    ):
        figure.add_annotation(
            x=x, y=1, xref=of, yref="paper", yanchor="bottom", xanchor=anchor, text=f"<b>{text}</b>", font={"color": colour, "size": 12},
            showarrow=False,
        )  # fmt: skip
    figure.update_yaxes(showgrid=False)
    figure.update_layout(template=look.TEMPLATE, barmode="relative", margin_t=28)
    return figure


def _reach(figure: go.Figure, limit: float, is_percent: bool) -> None:
    """Both panels from zero to `limit` on the same scale in per cent or stories, the left one in both directions."""
    ticks = [tick for tick in look.ticks(limit / 1.15) if tick <= max(1, 0.85 * limit)]  # at the edge it meets the next panel's
    both = [-tick for tick in reversed(ticks) if tick] + ticks
    unit = "%" if is_percent else ""
    figure.update_xaxes(range=[-limit, limit], tickvals=both, ticktext=[f"{abs(tick):g}{unit}" for tick in both], row=1, col=1)
    figure.update_xaxes(range=[0, limit], tickvals=ticks, ticktext=[f"{tick:g}{unit}" for tick in ticks], row=1, col=2)


def _instead(figure: go.Figure, place: str, row: Row) -> None:
    """The counts in words, where a row holds too few for parts of a whole."""
    text = words.sides(*row[1:]) if _judged(row) + row[4] else "none"
    figure.add_annotation(x=0, y=place, text=text, xanchor="left", xshift=6, showarrow=False, font={"size": 11}, row=1, col=1)


def by_outlet(frame: pd.DataFrame, overall: float) -> go.Figure:
    """Where each outlet stands: a dot with its interval (adjusted, low, high; NaN: no interval), and hollow its stories as they are (net)."""
    names = [f"{words.label(name)} · n {n}" for name, n in zip(frame["name"], frame["n"], strict=True)]
    raw = go.Scatter(
        x=look.values(frame["net"]), y=names, mode="markers", name="its stories as they are",
        marker={"size": 8, "color": look.INK, "symbol": "circle-open", "opacity": 0.55},
        hovertemplate="as they are: %{x:+.2f}<extra></extra>",
    )  # fmt: skip
    figure = go.Figure(
        [
            raw,
            go.Scatter(
                x=look.values(frame["adjusted"]), y=names, mode="markers", name="beside the others on the same days",
                marker={"size": 9, "color": look.INK},
                error_x={
                    "type": "data", "symmetric": False, "thickness": 1.6, "width": 0, "color": look.INK,
                    "array": look.values(frame["high"] - frame["adjusted"]), "arrayminus": look.values(frame["adjusted"] - frame["low"]),
                },
                customdata=look.side_words(frame),
                hovertemplate="%{y}: %{x:+.2f}<br>%{customdata}<extra></extra>",
            ),
        ]
    )  # fmt: skip
    figure.update_layout(showlegend=False)
    figure.add_vline(x=overall, line={"dash": "dot", "width": 1.5, "color": look.FAINT})
    figure.add_vline(x=0, line={"width": 1, "color": look.FAINT})
    figure.update_xaxes(range=[-1.08, 1.08], tickvals=[-1, -0.5, 0, 0.5, 1], ticktext=["−1", "−0.5", "even", "+0.5", "+1"])
    figure.update_yaxes(autorange="reversed", gridcolor=look.GRID, nticks=len(names) + 1)
    for x, text, colour, anchor in ((-1.08, "◀ opposes", look.OPPOSES, "left"), (1.08, "supports ▶", look.SUPPORTS, "right")):
        figure.add_annotation(
            x=x,
            y=1,
            yref="paper",
            yanchor="bottom",
            xanchor=anchor,
            text=f"<b>{text}</b>",
            font={"color": colour, "size": 12},
            showarrow=False,
        )
    figure.update_layout(template=look.TEMPLATE, height=95 + 30 * len(names), hovermode="closest", margin_t=28)
    return figure


STATES = ("not due", "nothing published", "collected", "in part", "missing")
_STATE_COLOURS = (
    "rgba(0,0,0,0)",
    "rgba(31,111,178,0.22)",
    "rgba(31,111,178,0.75)",
    "rgba(31,111,178,0.45)",
    "rgba(128,134,145,0.35)",
)


def collected(frame: pd.DataFrame) -> go.Figure:
    """Outlet by day, one colour a state and a cross where nobody looked: name, day, state (one of STATES)."""
    wide = frame.pivot_table(index="name", columns="day", values="state", aggfunc="first").fillna("not due")
    days = [day.isoformat() for day in pd.DatetimeIndex(wide.columns).date]
    names = [words.label(name) for name in wide.index]
    codes = wide.map(STATES.index).to_numpy()
    scale = [[edge / len(STATES), colour] for code, colour in enumerate(_STATE_COLOURS) for edge in (code, code + 1)]
    figure = go.Figure(
        go.Heatmap(
            z=codes, x=days, y=names, zmin=-0.5, zmax=len(STATES) - 0.5, colorscale=scale, showscale=False, xgap=1, ygap=2,
            text=wide.to_numpy(), hovertemplate="%{y}, %{x|%d %b %Y}: %{text}<extra></extra>",
        )
    )  # fmt: skip
    rows, columns = np.nonzero(codes == STATES.index("missing"))
    figure.add_trace(
        go.Scatter(
            x=[days[column] for column in columns], y=[names[row] for row in rows], mode="markers", hoverinfo="skip",
            marker={"symbol": "x-thin", "size": 5, "line": {"width": 1, "color": look.INK}},
        )
    )  # fmt: skip
    figure.update_yaxes(autorange="reversed", showgrid=False, nticks=len(names) + 1)
    figure.update_layout(template=look.TEMPLATE, height=50 + 22 * len(names), hovermode="closest")
    return figure
