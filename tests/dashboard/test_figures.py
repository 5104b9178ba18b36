"""Figures as data: holes stay holes, counts stay counts, labels stay text."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as some

from dashboard import charts, marks, series, summary, timeline
from dashboard.timeline import OverTime
from tracker.measures import volume
from tracker.measures.volume import Window

FIRST = date(2026, 1, 5)  # a Monday
OUTLETS = tuple(f"o{number}.example" for number in range(8))


def theme_with(missing: set[int], weeks: int = 20, stories: int = 4) -> series.Theme:
    """Eight outlets, `stories` a day each, one of them on the theme and supporting it; the days in `missing` not collected."""
    days = [FIRST + timedelta(days=number) for number in range(7 * weeks)]
    places = [(outlet, day) for day in days for outlet in OUTLETS]
    kept = [(outlet, day) for outlet, day in places if (day - FIRST).days not in missing]
    counts = pd.DataFrame(kept, columns=["outlet", "day"]).assign(day=lambda frame: pd.to_datetime(frame["day"]))
    coverage = pd.DataFrame(places, columns=["outlet", "day"]).assign(
        day=lambda frame: pd.to_datetime(frame["day"]),
        state=["missing" if (day - FIRST).days in missing else "complete" for _, day in places],
    )
    grid = series.grid(counts.assign(stories=stories), coverage, OUTLETS, FIRST, days[-1])
    return series.theme(grid, counts.assign(stories=1, supports=1, opposes=0, neutral=0))


def shown(theme: series.Theme, flags: tuple[date, ...] = ()) -> OverTime:
    grid = theme.grid
    steps = series.steps(grid.first_day, grid.last_day, "week")
    trailing = volume.windows(steps[0].first_day, grid.last_day, "week")
    bars = theme.sides(steps)
    is_collected = (bars["collected"] >= volume.MIN_COLLECTED).to_numpy()
    lines = [series.broken(line, is_collected) for line in (theme.share(trailing), theme.net(trailing))]
    share, net = (line if series.is_line(line) else None for line in lines)
    gaps = tuple(series.gaps(steps, bars["collected"]))
    span = Window(grid.first_day, grid.last_day)
    return OverTime(span, tuple(steps), bars, gaps, share, net, marks.stack(theme.marks().iloc[:0], span), flags)


@settings(max_examples=25, deadline=None)
@given(some.sets(some.integers(0, 139)))
def test_missing_days_never_become_zeros(missing: set[int]) -> None:
    figure = timeline.draw(shown(theme_with(missing)))
    for trace in figure.data:
        if trace.name == "line" or trace.type == "bar":
            assert all(value is None or value > 0 for value in trace.y)
            assert not getattr(trace, "connectgaps", False)


def test_a_gap_breaks_line_and_band_and_is_marked() -> None:
    figure = timeline.draw(shown(theme_with(set(range(70, 98)))))
    line = next(trace for trace in figure.data if trace.name == "line")
    gap_ends = {(FIRST + timedelta(days=day)).isoformat() for day in (76, 83, 90, 97)}
    assert [value for day, value in zip(line.x, line.y, strict=True) if day in gap_ends] == [None] * 4
    band = next(trace for trace in figure.data if trace.name == "band")
    assert band.fill == "toself"
    assert list(band.y).count(None) == 2  # one polygon on either side
    assert any(shape.x0 == (FIRST + timedelta(days=70)).isoformat() for shape in figure.layout.shapes)


def test_share_starts_at_zero_net_at_fixed_ends_and_hover_names_n() -> None:
    figure = timeline.draw(shown(theme_with(set())))
    assert figure.layout.yaxis.range[0] == 0
    assert tuple(figure.layout.yaxis2.range) == (-1.05, 1.05)
    share = next(trace for trace in figure.data if trace.name == "line")
    assert "224 of 896 stories, 8 outlets" in share.customdata[-1]


def test_few_stories_are_marks_one_each_and_sides_do_not_mix() -> None:
    full = shown(theme_with(set()))
    stories = pd.DataFrame(
        {"day": [FIRST] * 6, "outlet": ["<i>x</i>"] * 6, "stance": ["supports"] * 3 + ["opposes"] * 2 + ["neutral"]}
    )
    stacked = marks.stack(stories, full.span)
    figure = timeline.draw(replace(full, share=None, net=None, marks=stacked))
    up, down, aside = (list(trace.y) for trace in figure.data)
    assert (up, down) == ([1, 2, 3], [-1, -2])
    assert aside[0] < min(down)
    assert "<i>" not in figure.data[0].text[0]


def test_mix_keeps_neutral_apart_and_draws_counts_when_few() -> None:
    figure = charts.mix([("Q1 2026", 3, 1, 2), ("Q2 2026", 0, 0, 0)])
    by_colour = {trace.marker.color: list(trace.x) for trace in figure.data}
    assert sorted(map(tuple, by_colour.values())) == [(-1.0, 0.0), (2.0, 0.0), (3.0, 0.0)]
    neutral = next(trace for trace in figure.data if list(trace.x) == [2.0, 0.0])
    assert neutral.xaxis == "x2"


def test_mix_in_per_cent_leaves_periods_with_few_stories_to_words() -> None:
    figure = charts.mix([("May", 30, 10, 10), ("June", 20, 20, 10), ("July", 2, 1, 0)])
    opposes = next(trace for trace in figure.data if trace.marker.pattern.shape)
    assert list(opposes.x) == [-20.0, -40.0, 0.0]
    assert opposes.marker.pattern.fillmode == "overlay"
    assert any(note.text == "2 support, 1 opposes, 0 neutral" for note in figure.layout.annotations)


def test_outlet_names_are_escaped() -> None:
    frame = pd.DataFrame(
        {
            "name": ["<b>x</b>"],
            "n": [9],
            "net": [0.2],
            "low": [0.0],
            "high": [0.4],
            "supports": [4],
            "opposes": [2],
            "neutral": [3],
        }
    )
    assert "<b>x" not in charts.by_outlet(frame, 0.1).data[0].y[0]


def test_a_planted_rise_is_up_and_a_flat_theme_is_not() -> None:
    flat = theme_with(set())
    rising = series.Theme(flat.grid, flat.stories.copy(), flat.supports.copy(), flat.opposes, flat.neutral)
    for counts in (rising.stories, rising.supports):
        counts[70:] *= 2
    verdicts = [share.verdict for share, _ in series.changes([flat, rising], series.halves(FIRST, flat.grid.last_day))]
    assert verdicts == ["no clear change", "up"]


def test_the_drawn_points_as_a_table_have_empty_cells_in_the_gap() -> None:
    theme = theme_with(set(range(70, 98)))
    steps = series.steps(FIRST, theme.grid.last_day, "week")
    trailing = volume.windows(FIRST, theme.grid.last_day, "week")
    table = summary.drawn(steps, theme.sides(steps), theme.share(trailing), theme.net(trailing))
    assert table.loc[10:13, "n"].isna().all()
    assert table["n"].notna().sum() == len(table) - 4
    assert np.allclose(table.loc[0:9, "n"].astype(float), 56)


def test_periods_cover_every_day_once() -> None:
    for months in (1, 3, 6):
        found = [window for _, window in series.periods(date(2025, 11, 17), date(2026, 8, 3), months)]
        assert found[0].first_day == date(2025, 11, 17)
        assert found[-1].last_day == date(2026, 8, 3)
        assert all(after.first_day == before.last_day + timedelta(days=1) for before, after in pairwise(found))
