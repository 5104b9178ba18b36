"""The look all charts share: colours, the template, and how numbers and sides are written into a figure.

Colours hold at least 3:1 on white and on the dark background, so a figure is legible whichever theme the browser has.
Blue right or up supports, orange (hatched) left or down opposes, grey is neutral: colour never speaks alone.
"""

from itertools import count

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go

from dashboard import words

SUPPORTS, OPPOSES, NEUTRAL, INK, FAINT = "#1F6FB2", "#C8500A", "#8A8F98", "#5A6B82", "rgba(128,134,145,0.55)"
COLOURS = {"supports": SUPPORTS, "opposes": OPPOSES, "neutral": NEUTRAL}
GRID = "rgba(128,134,145,0.22)"
HATCH = {"shape": "/", "fillmode": "overlay", "fgcolor": "rgba(255,255,255,0.75)", "solidity": 0.16, "size": 6}
CONFIG = {"displayModeBar": False, "scrollZoom": False}

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
SAYS = {"supports": "supports the claim", "opposes": "opposes the claim", "neutral": "takes no side"}


def values(numbers: npt.ArrayLike) -> list[float | None]:
    """NaN becomes None: a hole in the JSON, never a zero."""
    return [None if np.isnan(number) else round(float(number), 6) for number in np.asarray(numbers, dtype=np.float64)]


def ticks(reach: float) -> list[float]:
    """Three or four whole round numbers from 0 to a little beyond `reach`."""
    sizes = (int(digit * 10**power) for power in count() for digit in (1, 2.5, 5))  # 1, 2, 5, 10, 25, 50, 100 ...
    step = next(size for size in sizes if reach / size <= 3.5)
    return [float(tick) for tick in np.arange(0, reach * 1.15, step)]


def share_end(top: float) -> float:
    """The end of an axis for shares from 0: a round number a little above `top` (over 0, at most 1), hardly above the whole."""
    power = 10.0 ** np.floor(np.log10(top))
    steps = (1, 1.5, 2, 2.5, 3, 4, 5, 7.5, 10, 15)  # the last for a top just under the next power
    return min(1.05, float(next(step * power for step in steps if step * power >= top * 1.02)))


def side_words(frame: pd.DataFrame) -> list[str]:
    """The columns supports, opposes, neutral and unsure of each row, in words."""
    return [words.sides(*counts) for counts in zip(*(frame[side].astype(int) for side in (*COLOURS, "unsure")), strict=True)]


def label(figure: go.Figure, row: int, y: float, text: str, colour: str, anchor: str) -> None:
    """A coloured word at the left edge of a subplot row; `anchor`: top hangs it below y, bottom stands it on y."""
    figure.add_annotation(
        x=0,
        xref="paper",
        y=y,
        yref=f"y{row if row > 1 else ''}",
        xanchor="left",
        yanchor=anchor,
        text=text,
        showarrow=False,
        font={"color": colour, "size": 12},
        xshift=4,
    )
