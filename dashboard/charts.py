"""Series and frames come in, Plotly figures go out; nothing is read and nothing is computed but positions.

Colours hold at least 3:1 on white and on the dark background, so a figure is legible whichever theme the browser has.
Blue right or up supports, orange (hatched) left or down opposes, grey is neutral: colour never speaks alone.
"""

import html
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dashboard import words
from tracker.measures.volume import Series, Window

SUPPORTS, OPPOSES, NEUTRAL, INK, FAINT = "#1F6FB2", "#C8500A", "#8A8F98", "#5A6B82", "rgba(128,134,145,0.55)"
COLOURS = {"supports": SUPPORTS, "opposes": OPPOSES, "neutral": NEUTRAL}
BAND = "rgba(90,107,130,0.20)"
GAP = "rgba(128,134,145,0.22)"
GRID = "rgba(128,134,145,0.22)"
HATCH = {"shape": "/", "fillmode": "overlay", "fgcolor": "rgba(255,255,255,0.75)", "solidity": 0.16, "size": 6}
CONFIG = {"displayModeBar": False, "scrollZoom": False}
PALE_UNDER = 20  # rows of the mix with fewer stories are drawn pale
BARS_FROM = 10  # with fewer, parts of a whole mislead: counts are drawn

TEMPLATE = go.layout.Template(
    layout={
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "showlegend": False,
        "dragmode": False,
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
        "font": {"size": 12},
        "xaxis": {"showgrid": False, "zeroline": False, "showline": False, "automargin": True, "nticks": 7, "fixedrange": True},
        "yaxis": {"gridcolor": GRID, "zeroline": False, "showline": False, "automargin": True, "nticks": 4, "fixedrange": True},
        "hoverlabel": {"font": {"size": 12}, "align": "left"},
    }
)


@dataclass(frozen=True, slots=True)
class OverTime:
    """What the first figure of a theme shows: steps for bars and dots, lines where there is enough for them."""

    windows: tuple[Window, ...]  # the steps
    sides: pd.DataFrame  # of each step: supports, opposes, neutral, n, all_stories, collected
    gaps: tuple[Window, ...]
    share: Series | None  # trailing windows
    net: Series | None
    marks: pd.DataFrame  # one row a story, drawn instead of the net line where there are too few: day, outlet, stance
    flags: tuple[date, ...]  # turning points


def over_time(shown: OverTime) -> go.Figure:
    """Share of coverage, net stance and stories per step, as rows over one time axis."""
    rows = [name for name, has in (("share", shown.share), ("net", shown.net)) if has is not None]
    rows = [*rows, "marks"] if shown.net is None and len(shown.marks) else rows
    rows.append("stories")
    heights = {"share": 0.40, "net": 0.40, "marks": 0.50, "stories": 0.20}
    figure = make_subplots(
        rows=len(rows), cols=1, shared_xaxes=True, vertical_spacing=0.07, row_heights=[heights[row] for row in rows]
    )
    for place, row in enumerate(rows, start=1):
        if row == "share" and shown.share is not None:
            _share_row(figure, place, shown.share, shown)
        elif row == "net" and shown.net is not None:
            _net_row(figure, place, shown.net, shown)
        elif row == "marks":
            _marks_row(figure, place, shown.marks)
        else:
            _stories_row(figure, place, shown)
    _mark_gaps(figure, shown.gaps)
    for number, flag in enumerate(shown.flags, start=1):
        figure.add_vline(x=flag.isoformat(), line={"dash": "dot", "width": 1.5, "color": INK}, exclude_empty_subplots=False)
        figure.add_annotation(x=flag.isoformat(), y=1, yref="paper", yanchor="bottom", text=str(number), showarrow=False, bordercolor=INK, borderpad=2)
    figure.update_xaxes(range=[shown.windows[0].first_day.isoformat(), shown.windows[-1].last_day.isoformat()], hoverformat="%d %b %Y")
    height = 90 + sum({"share": 180, "net": 190, "marks": 230, "stories": 90}[row] for row in rows)
    figure.update_layout(template=TEMPLATE, height=height, hovermode="x unified", margin_t=30 if shown.flags else 14, bargap=0.15)
    return figure


def _share_row(figure: go.Figure, row: int, series: Series, shown: OverTime) -> None:
    steps = [window.last_day.isoformat() for window in shown.windows]
    is_known = (shown.sides["collected"] >= 0.5) & (shown.sides["all_stories"] > 0)
    dots = (shown.sides["n"] / shown.sides["all_stories"].where(is_known)).round(5)
    top = _nice(np.nanmax([np.nanmax(np.nan_to_num(series.high)), np.nanmax(series.value), 0.01]))
    figure.add_trace(
        go.Scatter(x=steps, y=_values(dots), mode="markers", marker={"size": 4, "color": INK, "opacity": 0.32}, hoverinfo="skip", cliponaxis=True),
        row=row, col=1,
    )  # fmt: skip
    _band(figure, row, series)
    texts = [
        f"{words.percent(value)} of stories{_in_brackets(low, high, words.percent)}<br>{int(top_):,} of {n:,} stories, {outlets} outlets"
        for value, low, high, top_, n, outlets in zip(*_columns(series), strict=True)
    ]
    _line(figure, row, series, texts)
    figure.update_yaxes(range=[0, top], tickformat=".1%" if top <= 0.05 else ".0%", row=row, col=1)
    _name(figure, row, "share of coverage")


def _net_row(figure: go.Figure, row: int, series: Series, shown: OverTime) -> None:
    _band(figure, row, series)
    texts = [
        f"net stance {words.signed(value)}{_in_brackets(low, high, words.signed)}<br>{n:,} stories, {outlets} outlets"
        for value, low, high, _, n, outlets in zip(*_columns(series), strict=True)
    ]
    _line(figure, row, series, texts)
    figure.add_hline(y=0, row=row, col=1, line={"width": 1, "color": FAINT}, exclude_empty_subplots=False)
    figure.update_yaxes(range=[-1.05, 1.05], tickvals=[-1, -0.5, 0, 0.5, 1], ticktext=["−1", "−0.5", "even", "+0.5", "+1"], row=row, col=1)
    _name(figure, row, "net stance")
    _poles(figure, row, 1.0, -1.0)


def _marks_row(figure: go.Figure, row: int, marks: pd.DataFrame) -> None:
    """A mark a story: support stacked up, opposition stacked down, neutral on the line between."""
    placed = marks.assign(month=pd.to_datetime(marks["day"]).dt.to_period("M"))
    placed["level"] = placed.groupby(["month", "stance"]).cumcount() + 1
    reach = max(2, int(placed["level"].max()))
    placed["y"] = placed["level"].where(placed["stance"] == "supports", -placed["level"])
    neutral = placed["stance"] == "neutral"
    placed.loc[neutral, "y"] = 0
    for side, symbol in (("supports", "triangle-up"), ("opposes", "triangle-down"), ("neutral", "circle-open")):
        part = placed[placed["stance"] == side]
        if part.empty:
            continue
        spread = (part["level"] - 1) * 6 if side == "neutral" else 0
        days = pd.to_datetime(part["month"].dt.start_time) + pd.Timedelta(days=14) + pd.to_timedelta(spread, unit="D")
        figure.add_trace(
            go.Scatter(
                x=[one.date().isoformat() for one in days], y=part["y"].tolist(), mode="markers",
                marker={"size": 11, "symbol": symbol, "color": COLOURS[side], "line": {"width": 1.5 if side == "neutral" else 0, "color": COLOURS[side]}},
                text=[f"{words.day(day)}: {html.escape(outlet)} {_SAYS[side]}" for day, outlet in zip(part["day"], part["outlet"], strict=True)],
                hovertemplate="%{text}<extra></extra>",
            ),
            row=row, col=1,
        )  # fmt: skip
    figure.add_hline(y=0, row=row, col=1, line={"width": 1, "color": FAINT}, exclude_empty_subplots=False)
    figure.update_yaxes(range=[-reach - 1.4, reach + 1.4], showticklabels=False, showgrid=False, row=row, col=1)
    _poles(figure, row, reach + 1.3, -reach - 1.3)


_SAYS = {"supports": "supports the claim", "opposes": "opposes the claim", "neutral": "takes no side"}


def _stories_row(figure: go.Figure, row: int, shown: OverTime) -> None:
    is_known = shown.sides["collected"] >= 0.5
    middles = [(window.first_day + (window.last_day - window.first_day) / 2).isoformat() for window in shown.windows]
    width = [((window.last_day - window.first_day).days + 1) * 86_400_000 * 0.85 for window in shown.windows]
    texts = [words.sides(one.supports, one.opposes, one.neutral) for one in shown.sides.itertuples()]
    figure.add_trace(
        go.Bar(
            x=middles, y=_values(shown.sides["n"].where(is_known)), width=width, marker={"color": NEUTRAL, "line": {"width": 0}}, customdata=texts,
            hovertemplate="%{y} stories in this step: %{customdata}<extra></extra>",
        ),
        row=row, col=1,
    )  # fmt: skip
    most = max(1, int(shown.sides["n"].max()))
    figure.update_yaxes(range=[0, most * 1.1], nticks=3, tickformat=",d", row=row, col=1)
    _name(figure, row, "stories")


def mix(rows: Sequence[tuple[str, int, int, int]]) -> go.Figure:
    """Stories that oppose (left), support (right) and take no side (own panel), a row a period: (name, supports, opposes, neutral).

    Per cent of the period's stories where most periods hold BARS_FROM stories, else counts.
    """
    names = [f"{name} · n {supports + opposes + neutral}" for name, supports, opposes, neutral in rows]
    totals = [sum(row[1:]) for row in rows]
    is_percent = bool(totals) and float(np.median(totals)) >= BARS_FROM
    figure = make_subplots(rows=1, cols=2, shared_yaxes=True, column_widths=[0.72, 0.28], horizontal_spacing=0.03)
    reach = 1.0
    for place, side, sign in ((1, "opposes", -1), (1, "supports", 1), (2, "neutral", 1)):
        counts = [row[{"supports": 1, "opposes": 2, "neutral": 3}[side]] for row in rows]
        parts = [100 * count / total if is_percent and total else float(count) for count, total in zip(counts, totals, strict=True)]
        shown = [part if not is_percent or total >= BARS_FROM else 0.0 for part, total in zip(parts, totals, strict=True)]
        reach = max(reach, *shown) if shown else reach
        labels = [f"{part:.0f}{'%' if is_percent else ''}" if part >= (9 if is_percent else 1) else "" for part in shown]
        figure.add_trace(
            go.Bar(
                y=names, x=[sign * part for part in shown], orientation="h", text=labels, textangle=0, constraintext="none",
                insidetextanchor="middle", textposition="inside", textfont={"color": "#FFFFFF", "size": 11}, customdata=counts,
                hovertemplate=f"%{{customdata}} {side if side == 'neutral' else _SAYS[side].split()[0]}<extra></extra>",
                marker={
                    "color": COLOURS[side], "line": {"width": 0},
                    "opacity": [0.45 if is_percent and total < PALE_UNDER else 1.0 for total in totals],
                    **({"pattern": HATCH} if side == "opposes" else {}),
                },
            ),
            row=1, col=place,
        )  # fmt: skip
    if is_percent:
        for name, total in zip(names, totals, strict=True):
            if total < BARS_FROM:
                figure.add_annotation(x=0, y=name, text=f"n = {total}", showarrow=False, row=1, col=1)
    limit = reach * 1.15
    ticks = [tick for tick in _ticks(reach) if tick <= limit]
    both = [-tick for tick in reversed(ticks) if tick] + ticks
    unit = "%" if is_percent else ""
    figure.update_xaxes(range=[-limit, limit], tickvals=both, ticktext=[f"{abs(tick):g}{unit}" for tick in both], row=1, col=1)
    figure.update_xaxes(range=[0, limit], tickvals=ticks, ticktext=[f"{tick:g}{unit}" for tick in ticks], row=1, col=2)
    figure.add_vline(x=0, line={"width": 1, "color": FAINT}, exclude_empty_subplots=False)
    for x, text, colour, column in ((-limit, "◀ opposes", OPPOSES, 1), (limit, "supports ▶", SUPPORTS, 1), (0, "neutral", NEUTRAL, 2)):
        anchor = "left" if x <= 0 else "right"
        figure.add_annotation(
            x=x, y=1, yref="paper", yanchor="bottom", xanchor=anchor, text=f"<b>{text}</b>", font={"color": colour, "size": 12}, showarrow=False,
            xref="x" if column == 1 else "x2",
        )  # fmt: skip
    figure.update_yaxes(autorange="reversed", showgrid=False)
    figure.update_layout(template=TEMPLATE, height=70 + 30 * len(rows), barmode="relative", hovermode="y unified", margin_t=28, bargap=0.25)
    return figure


def by_outlet(frame: pd.DataFrame, overall: float) -> go.Figure:
    """Net stance of each outlet as a dot with its interval: name, n, net, low, high (NaN: no interval)."""
    names = [f"{html.escape(name)} · n {n}" for name, n in zip(frame["name"], frame["n"], strict=True)]
    figure = go.Figure(
        go.Scatter(
            x=_values(frame["net"]), y=names, mode="markers", marker={"size": 9, "color": INK},
            error_x={
                "type": "data", "symmetric": False, "thickness": 1.6, "width": 0, "color": INK,
                "array": _values(frame["high"] - frame["net"]), "arrayminus": _values(frame["net"] - frame["low"]),
            },
            customdata=[words.sides(one.supports, one.opposes, one.neutral) for one in frame.itertuples()],
            hovertemplate="%{y}: %{x:+.2f}<br>%{customdata}<extra></extra>",
        )
    )  # fmt: skip
    figure.add_vline(x=overall, line={"dash": "dot", "width": 1.5, "color": FAINT})
    figure.add_vline(x=0, line={"width": 1, "color": FAINT})
    figure.update_xaxes(range=[-1.08, 1.08], tickvals=[-1, -0.5, 0, 0.5, 1], ticktext=["−1", "−0.5", "even", "+0.5", "+1"])
    figure.update_yaxes(autorange="reversed", gridcolor=GRID, nticks=len(names) + 1)
    for x, text, colour, anchor in ((-1.08, "◀ opposes", OPPOSES, "left"), (1.08, "supports ▶", SUPPORTS, "right")):
        figure.add_annotation(
            x=x, y=1, yref="paper", yanchor="bottom", xanchor=anchor, text=f"<b>{text}</b>", font={"color": colour, "size": 12}, showarrow=False
        )
    figure.update_layout(template=TEMPLATE, height=70 + 30 * len(names), hovermode="closest", margin_t=28)
    return figure


STATES = ("not due", "nothing published", "collected", "in part", "missing")
_STATE_COLOURS = ("rgba(0,0,0,0)", "rgba(31,111,178,0.22)", "rgba(31,111,178,0.75)", "rgba(31,111,178,0.45)", "rgba(128,134,145,0.35)")


def collected(frame: pd.DataFrame) -> go.Figure:
    """Outlet by day, one colour a state and a cross where nobody looked: name, day, state (one of STATES)."""
    wide = frame.pivot(index="name", columns="day", values="state").fillna("not due")
    days = [day.date().isoformat() for day in wide.columns]
    names = [html.escape(name) for name in wide.index]
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
            marker={"symbol": "x-thin", "size": 5, "line": {"width": 1, "color": INK}},
        )
    )  # fmt: skip
    figure.update_yaxes(autorange="reversed", showgrid=False, nticks=len(names) + 1)
    figure.update_layout(template=TEMPLATE, height=50 + 22 * len(names), hovermode="closest")
    return figure


def _band(figure: go.Figure, row: int, series: Series) -> None:
    """One closed polygon for each unbroken stretch: a filled line would draw wedges across the gaps."""
    xs: list[str | None] = []
    ys: list[float | None] = []
    for stretch in _stretches(~np.isnan(series.low)):
        days = [series.windows[place].last_day for place in stretch]
        low, high = [float(series.low[place]) for place in stretch], [float(series.high[place]) for place in stretch]
        if len(stretch) == 1:  # a point has no width: a sliver of four days
            days, low, high = [days[0] - timedelta(days=2), days[0] + timedelta(days=2)], low * 2, high * 2
        xs += [day.isoformat() for day in [*days, *reversed(days)]] + [None]
        ys += [*high, *reversed(low), None]
    figure.add_trace(
        go.Scatter(x=xs, y=ys, mode="lines", fill="toself", fillcolor=BAND, line={"width": 0}, hoverinfo="skip", connectgaps=False, name="band"),
        row=row, col=1,
    )  # fmt: skip


def _line(figure: go.Figure, row: int, series: Series, texts: list[str]) -> None:
    days = [window.last_day.isoformat() for window in series.windows]
    known = ~np.isnan(series.value)
    alone = [len(stretch) == 1 for stretch in _stretches(known) for _ in stretch]
    sizes = np.zeros(len(days))
    sizes[known] = np.where(alone, 5, 0)
    figure.add_trace(
        go.Scatter(
            x=days, y=_values(series.value), mode="lines+markers", line={"width": 2.2, "color": INK}, marker={"size": sizes.tolist(), "color": INK},
            connectgaps=False, customdata=texts, hovertemplate="%{customdata}<extra></extra>", name="line",
        ),
        row=row, col=1,
    )  # fmt: skip


def _mark_gaps(figure: go.Figure, gaps: Sequence[Window]) -> None:
    for gap in gaps:
        figure.add_vrect(
            x0=gap.first_day.isoformat(), x1=(gap.last_day + timedelta(days=1)).isoformat(), fillcolor=GAP, line_width=0, layer="below",
            exclude_empty_subplots=False,
        )  # fmt: skip
        if (gap.last_day - gap.first_day).days > 13:
            middle = gap.first_day + (gap.last_day - gap.first_day) / 2
            figure.add_annotation(
                x=middle.isoformat(), y=0.5, yref="paper", text="not collected", textangle=-90, showarrow=False, font={"size": 11, "color": INK}
            )


def _name(figure: go.Figure, row: int, text: str) -> None:
    figure.add_annotation(
        x=1, xref="paper", y=1, yref=f"y{row if row > 1 else ''} domain", xanchor="right", yanchor="bottom", showarrow=False, text=text,
        font={"size": 11, "color": INK}, yshift=-2,
    )  # fmt: skip


def _poles(figure: go.Figure, row: int, high: float, low: float) -> None:
    for y, text, colour, anchor in ((high, "▲ supports the claim", SUPPORTS, "top"), (low, "▼ opposes the claim", OPPOSES, "bottom")):
        figure.add_annotation(
            x=0, xref="paper", y=y, yref=f"y{row if row > 1 else ''}", xanchor="left", yanchor=anchor, text=text, showarrow=False,
            font={"color": colour, "size": 12}, xshift=4,
        )  # fmt: skip


def _stretches(known: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> list[list[int]]:
    places = np.flatnonzero(known)
    return [part.tolist() for part in np.split(places, np.flatnonzero(np.diff(places) > 1) + 1) if len(part)]


def _columns(series: Series) -> tuple[list[float], ...]:
    zeroed = [np.nan_to_num(array).tolist() for array in (series.value,)]
    return (*zeroed, series.low.tolist(), series.high.tolist(), series.total.tolist(), series.n.tolist(), series.outlets.tolist())


def _in_brackets(low: float, high: float, form: object) -> str:
    return "" if np.isnan(low) or not callable(form) else f" (95%: {form(low)} to {form(high)})"


def _values(numbers: "pd.Series[float] | np.ndarray[tuple[int, ...], np.dtype[np.float64]]") -> list[float | None]:
    """NaN becomes None: a hole in the JSON, never a zero."""
    return [None if np.isnan(number) else round(float(number), 6) for number in np.asarray(numbers, dtype=np.float64)]


def _nice(top: float) -> float:
    """The next of 1, 2, 2.5, 5 times a power of ten."""
    power = 10.0 ** np.floor(np.log10(top))
    return float(next(step * power for step in (1, 1.5, 2, 2.5, 3, 4, 5, 7.5, 10) if step * power >= top * 1.02))


def _ticks(reach: float) -> list[float]:
    step = next(size for size in (1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 10_000) if reach / size <= 3.5)
    return [float(tick) for tick in np.arange(0, reach * 1.15, step)]
