"""A theme's series come in, the figure of its share, its net stance and its stories over one time axis goes out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dashboard import findings, look, marks, words
from tracker.measures.volume import MIN_COLLECTED, Series, Window

BAND = "rgba(90,107,130,0.20)"
GAP = "rgba(128,134,145,0.22)"


@dataclass(frozen=True, slots=True)
class OverTime:
    """What the first figure of a theme shows: steps for bars and dots, lines where there is enough for them."""

    span: Window  # the selection
    windows: tuple[Window, ...]  # its finished steps
    sides: pd.DataFrame  # of each step: supports, opposes, neutral, n, all_stories, collected
    gaps: tuple[Window, ...]
    share: Series | None  # trailing windows
    net: Series | None
    net_sides: pd.DataFrame  # of each of their windows: as sides
    marks: pd.DataFrame  # from marks.stack; empty where there is a net line or too many
    flags: tuple[date, ...]  # turning points
    rejudged: tuple[date, ...] = ()  # days on which a new judge judged everything anew
    events: tuple[tuple[date, str], ...] = ()  # from events.flags


def draw(shown: OverTime) -> go.Figure:
    """Share of coverage, net stance and stories per step, as rows over one time axis."""
    rows = [name for name, has in (("share", shown.share), ("net", shown.net)) if has is not None]
    rows.append("stories" if shown.net is not None or shown.marks.empty else "marks")  # marks are stories already
    pixels = {"share": 180, "net": 190, "marks": marks.height(shown.marks), "stories": 90}
    figure = make_subplots(
        rows=len(rows), cols=1, shared_xaxes=True, vertical_spacing=0.07, row_heights=[pixels[row] for row in rows]
    )
    for place, row in enumerate(rows, start=1):
        if row == "share" and shown.share is not None:
            _share_row(figure, place, shown.share, shown)
        elif row == "net" and shown.net is not None:
            _net_row(figure, place, shown.net, look.side_words(shown.net_sides))
        elif row == "marks":
            marks.draw(figure, place, shown.marks)
        else:
            _stories_row(figure, place, shown)
    _mark_gaps(figure, shown.gaps)
    for number, flag in enumerate(shown.flags, start=1):
        _flag(figure, flag, str(number), "dot")
    for day in shown.rejudged:
        _flag(figure, day, findings.REJUDGED, "solid")
    is_flagged = bool(shown.flags or shown.rejudged)
    for day, letters in shown.events:
        _pin(figure, day, letters, 22 if is_flagged else 13)  # above the flags, or else the name of the row
    margin = timedelta(
        days=max(1, (shown.span.last_day - shown.span.first_day).days // 70)
    )  # half a mark, so none is cut at the edge
    ends = [shown.span.first_day - margin, shown.span.last_day + margin]
    figure.update_xaxes(range=[end.isoformat() for end in ends], hoverformat="%d %b %Y")
    height = 90 + sum(pixels[row] for row in rows)
    figure.update_layout(
        template=look.TEMPLATE,
        height=height,
        hovermode="x unified",
        margin_t=14 + (16 if is_flagged else 0) + (22 if shown.events else 0),
        bargap=0.15,
    )
    return figure


def _share_row(figure: go.Figure, row: int, series: Series, shown: OverTime) -> None:
    steps = [window.last_day.isoformat() for window in shown.windows]
    is_known = (shown.sides["collected"] >= MIN_COLLECTED) & (shown.sides["all_stories"] > 0)
    dots = (shown.sides["n"] / shown.sides["all_stories"].where(is_known)).round(5)
    end = look.share_end(np.nanmax([np.nanmax(np.nan_to_num(series.high)), np.nanmax(series.value), 0.01]))
    figure.add_trace(
        go.Scatter(
            x=steps,
            y=look.values(dots),
            mode="markers",
            marker={"size": 4, "color": look.INK, "opacity": 0.32},
            hoverinfo="skip",
            cliponaxis=True,
        ),
        row=row,
        col=1,
    )
    _band(figure, row, series)
    texts = [
        f"{words.percent(value)} of stories{_in_brackets(low, high, words.percent)}<br>{int(top_):,} of {n:,} stories, {outlets} outlets"
        for value, low, high, top_, n, outlets in zip(*_columns(series), strict=True)
    ]
    _line(figure, row, series, texts)
    figure.update_yaxes(range=[0, end], tickformat=".1%" if end <= 0.05 else ".0%", row=row, col=1)
    _name(figure, row, "share of coverage")


def _net_row(figure: go.Figure, row: int, series: Series, sides: list[str]) -> None:
    _band(figure, row, series)
    texts = [
        f"net stance {words.signed(value)}{_in_brackets(low, high, words.signed)}<br>{counts}; {outlets} outlets"
        for (value, low, high, _, _, outlets), counts in zip(zip(*_columns(series), strict=True), sides, strict=True)
    ]
    _line(figure, row, series, texts)
    figure.add_hline(y=0, row=row, col=1, line={"width": 1, "color": look.FAINT}, exclude_empty_subplots=False)
    figure.update_yaxes(
        range=[-1.05, 1.05], tickvals=[-1, -0.5, 0, 0.5, 1], ticktext=["−1", "−0.5", "even", "+0.5", "+1"], row=row, col=1
    )
    _name(figure, row, "net stance")
    _poles(figure, row)


def _stories_row(figure: go.Figure, row: int, shown: OverTime) -> None:
    is_known = shown.sides["collected"] >= MIN_COLLECTED
    middles = [(window.first_day + (window.last_day - window.first_day) / 2).isoformat() for window in shown.windows]
    width = [((window.last_day - window.first_day).days + 1) * 86_400_000 * 0.85 for window in shown.windows]
    texts = look.side_words(shown.sides)
    figure.add_trace(
        go.Bar(
            x=middles,
            y=look.values(shown.sides["n"].where(is_known)),
            width=width,
            marker={"color": look.NEUTRAL, "line": {"width": 0}},
            customdata=texts,
            hovertemplate="%{y} stories in this step: %{customdata}<extra></extra>",
        ),
        row=row,
        col=1,
    )
    most = max(1, int(shown.sides["n"].max()))
    figure.update_yaxes(range=[0, most * 1.1], tickvals=look.ticks(most), tickformat=",d", row=row, col=1)
    _name(figure, row, "stories")


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
        go.Scatter(
            x=xs,
            y=ys,
            mode="lines",
            fill="toself",
            fillcolor=BAND,
            line={"width": 0},
            hoverinfo="skip",
            connectgaps=False,
            name="band",
        ),
        row=row,
        col=1,
    )


def _line(figure: go.Figure, row: int, series: Series, texts: list[str]) -> None:
    days = [window.last_day.isoformat() for window in series.windows]
    known = ~np.isnan(series.value)
    alone = [len(stretch) == 1 for stretch in _stretches(known) for _ in stretch]
    sizes = np.zeros(len(days))
    sizes[known] = np.where(alone, 5, 0)
    figure.add_trace(
        go.Scatter(
            x=days,
            y=look.values(series.value),
            mode="lines+markers",
            line={"width": 2.2, "color": look.INK},
            marker={"size": sizes.tolist(), "color": look.INK},
            connectgaps=False,
            customdata=texts,
            hovertemplate="%{customdata}<extra></extra>",
            name="line",
        ),
        row=row,
        col=1,
    )


def _flag(figure: go.Figure, day: date, text: str, dash: str) -> None:
    figure.add_vline(x=day.isoformat(), line={"dash": dash, "width": 1.5, "color": look.INK}, exclude_empty_subplots=False)
    figure.add_annotation(
        x=day.isoformat(),
        y=1,
        yref="paper",
        yanchor="bottom",
        text=text,
        showarrow=False,
        bordercolor=look.INK,
        borderpad=2,
    )


def _pin(figure: go.Figure, day: date, letters: str, above: int) -> None:
    """What happened to the theme itself: fainter than what the coverage did, and above its flags."""
    figure.add_vline(x=day.isoformat(), line={"width": 1, "color": look.FAINT}, exclude_empty_subplots=False)
    figure.add_annotation(
        x=day.isoformat(),
        y=1,
        yref="paper",
        yanchor="bottom",
        yshift=above,
        text=f"<b>{letters}</b>",
        showarrow=False,
        font={"size": 11},
    )


def _mark_gaps(figure: go.Figure, gaps: Sequence[Window]) -> None:
    for gap in gaps:
        figure.add_vrect(
            x0=gap.first_day.isoformat(),
            x1=(gap.last_day + timedelta(days=1)).isoformat(),
            fillcolor=GAP,
            line_width=0,
            layer="below",
            exclude_empty_subplots=False,
        )
        if (gap.last_day - gap.first_day).days > 13:
            middle = gap.first_day + (gap.last_day - gap.first_day) / 2
            figure.add_annotation(
                x=middle.isoformat(), y=0.5, yref="paper", text="not collected", textangle=-90, showarrow=False, font={"size": 11}
            )


def _name(figure: go.Figure, row: int, text: str) -> None:
    figure.add_annotation(
        x=1,
        xref="paper",
        y=1,
        yref=f"y{row if row > 1 else ''} domain",
        xanchor="right",
        yanchor="bottom",
        showarrow=False,
        text=text,
        font={"size": 11},
        yshift=-2,
    )


def _poles(figure: go.Figure, row: int) -> None:
    look.label(figure, row, 1.0, "▲ supports the claim", look.SUPPORTS, "top")
    look.label(figure, row, -1.0, "▼ opposes the claim", look.OPPOSES, "bottom")


def _stretches(known: npt.NDArray[np.bool_]) -> list[list[int]]:
    places = np.flatnonzero(known)
    return [part.tolist() for part in np.split(places, np.flatnonzero(np.diff(places) > 1) + 1) if len(part)]


def _columns(series: Series) -> tuple[list[float], ...]:
    value = np.nan_to_num(series.value)
    return tuple(array.tolist() for array in (value, series.low, series.high, series.total, series.n, series.outlets))


def _in_brackets(low: float, high: float, form: Callable[[float], str]) -> str:
    return "" if np.isnan(low) else f" (95%: {form(low)} to {form(high)})"
