"""Frames come in, Plotly figures of the mix, the outlets and what was collected go out; nothing is computed but positions."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dashboard import look, words

PALE_UNDER = 20  # rows of the mix with fewer stories are drawn pale
BARS_FROM = 10  # with fewer, parts of a whole mislead: counts are drawn


def mix(rows: Sequence[tuple[str, int, int, int]]) -> go.Figure:
    """Stories that oppose (left), support (right) and take no side (own panel), a row a period: (name, supports, opposes, neutral).

    Per cent of the period's stories where most periods hold BARS_FROM stories, else counts.
    """
    names = [f"{name} · n {supports + opposes + neutral}" for name, supports, opposes, neutral in rows]
    totals = [row[1] + row[2] + row[3] for row in rows]
    is_percent = bool(totals) and float(np.median(totals)) >= BARS_FROM
    figure = make_subplots(rows=1, cols=2, shared_yaxes=True, column_widths=[0.72, 0.28], horizontal_spacing=0.03)
    reach = 1.0
    for place, side, sign in ((1, "opposes", -1), (1, "supports", 1), (2, "neutral", 1)):
        counts = [dict(zip(look.COLOURS, row[1:], strict=True))[side] for row in rows]
        parts = [
            100 * count / total if is_percent and total else float(count) for count, total in zip(counts, totals, strict=True)
        ]
        shown = [part if not is_percent or total >= BARS_FROM else 0.0 for part, total in zip(parts, totals, strict=True)]
        reach = max(reach, *shown) if shown else reach
        labels = [f"{part:.0f}{'%' if is_percent else ''}" if part >= (12 if is_percent else 1) else "" for part in shown]
        figure.add_trace(
            go.Bar(
                y=names, x=[sign * part for part in shown], orientation="h", text=labels, textangle=0, constraintext="none",
                insidetextanchor="middle", textposition="inside", textfont={"color": "#FFFFFF", "size": 11}, customdata=counts,
                hovertemplate=f"%{{customdata}} {side if side == 'neutral' else look.SAYS[side].split()[0]}<extra></extra>",
                marker={
                    "color": look.COLOURS[side], "line": {"width": 0},
                    "opacity": [0.45 if is_percent and total < PALE_UNDER else 1.0 for total in totals],
                    **({"pattern": look.HATCH} if side == "opposes" else {}),
                },
            ),
            row=1, col=place,
        )  # fmt: skip
    if is_percent:
        for name, row, total in zip(names, rows, totals, strict=True):
            if total < BARS_FROM:
                figure.add_annotation(
                    x=0,
                    y=name,
                    text=words.sides(*row[1:]) if total else "no stories",
                    xanchor="left",
                    xshift=6,
                    showarrow=False,
                    font={"size": 11},
                    row=1,
                    col=1,
                )
    limit = reach * 1.15
    ticks = [
        tick for tick in look.ticks(reach) if tick <= max(1, 0.85 * limit)
    ]  # a label at the edge runs into the next panel on a phone
    both = [-tick for tick in reversed(ticks) if tick] + ticks
    unit = "%" if is_percent else ""
    figure.update_xaxes(range=[-limit, limit], tickvals=both, ticktext=[f"{abs(tick):g}{unit}" for tick in both], row=1, col=1)
    figure.update_xaxes(range=[0, limit], tickvals=ticks, ticktext=[f"{tick:g}{unit}" for tick in ticks], row=1, col=2)
    figure.add_vline(x=0, line={"width": 1, "color": look.FAINT}, exclude_empty_subplots=False)
    for x, text, colour, column in (
        (-limit, "◀ opposes", look.OPPOSES, 1),
        (limit, "supports ▶", look.SUPPORTS, 1),
        (0, "neutral", look.NEUTRAL, 2),
    ):
        anchor = "left" if x <= 0 else "right"
        figure.add_annotation(
            x=x, y=1, yref="paper", yanchor="bottom", xanchor=anchor, text=f"<b>{text}</b>", font={"color": colour, "size": 12}, showarrow=False,
            xref="x" if column == 1 else "x2",
        )  # fmt: skip
    figure.update_yaxes(autorange="reversed", showgrid=False, nticks=len(names) + 1)
    figure.update_layout(
        template=look.TEMPLATE, height=85 + 30 * len(rows), barmode="relative", hovermode="y unified", margin_t=28, bargap=0.25
    )
    return figure


def by_outlet(frame: pd.DataFrame, overall: float) -> go.Figure:
    """Net stance of each outlet as a dot with its interval: name, n, net, low, high (NaN: no interval)."""
    names = [f"{words.label(name)} · n {n}" for name, n in zip(frame["name"], frame["n"], strict=True)]
    figure = go.Figure(
        go.Scatter(
            x=look.values(frame["net"]), y=names, mode="markers", marker={"size": 9, "color": look.INK},
            error_x={
                "type": "data", "symmetric": False, "thickness": 1.6, "width": 0, "color": look.INK,
                "array": look.values(frame["high"] - frame["net"]), "arrayminus": look.values(frame["net"] - frame["low"]),
            },
            customdata=look.side_words(frame),
            hovertemplate="%{y}: %{x:+.2f}<br>%{customdata}<extra></extra>",
        )
    )  # fmt: skip
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
