"""Figures as data: holes stay holes, counts stay counts, labels stay text."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as some

from dashboard import charts, findings, look, marks, series, summary, timeline
from dashboard.timeline import OverTime
from tests.dashboard import invented
from tracker.measures import label_error, volume
from tracker.measures.intervals import Interval
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
    empty = marks.stack(theme.marks().iloc[:0], span)
    return OverTime(span, tuple(steps), bars, gaps, share, net, theme.sides(trailing), empty, flags)


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


def test_the_share_axis_ends_a_little_above_every_share_and_hardly_above_all() -> None:
    for top in np.arange(0.01, 1.0005, 0.0005):
        assert top < look.share_end(top) <= min(1.6 * top, 1.05)
    full = shown(theme_with(set()))
    assert full.share is not None
    just_under = replace(full.share, value=np.full_like(full.share.value, 0.0985), high=np.full_like(full.share.high, 0.099))
    assert timeline.draw(replace(full, share=just_under)).layout.yaxis.range == (0, 0.15)


def test_counts_of_any_size_have_a_few_ticks_that_reach_them() -> None:
    for reach in (*range(1, 400), 3_600, 36_000, 5_000_000):
        ticks = look.ticks(reach)
        assert 2 <= len(ticks) <= 5
        assert all(tick % 1 == 0 for tick in ticks)
        assert ticks[-1] > reach / 2


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
    figure = charts.mix([("Q1 2026", 3, 1, 2, 0), ("Q2 2026", 0, 0, 0, 0)])
    by_colour = {trace.marker.color: list(trace.x) for trace in figure.data}
    assert sorted(map(tuple, by_colour.values())) == [(-1.0, 0.0), (2.0, 0.0), (3.0, 0.0)]
    neutral = next(trace for trace in figure.data if list(trace.x) == [2.0, 0.0])
    assert neutral.xaxis == "x2"


def test_mix_in_per_cent_leaves_periods_with_few_stories_to_words() -> None:
    figure = charts.mix([("May", 30, 10, 10, 0), ("June", 20, 20, 10, 0), ("July", 2, 1, 0, 5)])
    opposes = next(trace for trace in figure.data if trace.marker.pattern.shape)
    assert list(opposes.x) == [-20.0, -40.0, 0.0]
    assert opposes.marker.pattern.fillmode == "overlay"
    assert any(note.text == "2 support, 1 opposes, 0 neutral, 5 unsure" for note in figure.layout.annotations)


def test_outlet_names_are_escaped() -> None:
    frame = pd.DataFrame(
        {
            "name": ["<b>x</b>"],
            "n": [9],
            "net": [0.2],
            "adjusted": [0.2],
            "low": [0.0],
            "high": [0.4],
            "supports": [4],
            "opposes": [2],
            "neutral": [3],
            "unsure": [0],
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


def test_a_change_that_only_new_outlets_bring_is_not_called_one() -> None:
    flat = theme_with(set())
    half, new = 70, [6, 7]  # two outlets that are collected in the second half alone, and write of little else
    is_collected = flat.grid.collected.is_collected.copy()
    is_collected[:half, new] = False
    stories = flat.stories.copy()
    stories[half:, new] = 4
    grid = replace(flat.grid, collected=replace(flat.grid.collected, is_collected=is_collected))
    joined = series.Theme(grid, stories, stories, flat.opposes, flat.neutral)
    windows = series.halves(FIRST, grid.last_day)
    ((share, _),) = series.changes([joined], windows)
    assert share.change.low is not None and share.before.value is not None and share.after.value is not None
    assert share.after.value > 1.5 * share.before.value
    assert share.verdict == "no clear change"
    stories[half:, :6] = 2  # the others write more of it too
    ((share, _),) = series.changes([series.Theme(grid, stories, stories, flat.opposes, flat.neutral)], windows)
    assert share.verdict == "up"


def test_the_judges_errors_widen_bands_and_hide_no_turn_of_stance() -> None:
    flat = theme_with(set())
    many, few = 3 * flat.stories, flat.stories.copy()
    many[70:], few[70:] = few[70:].copy(), many[70:].copy()
    turned = series.Theme(flat.grid, 4 * flat.stories, many, few, np.zeros_like(many))
    windows = series.halves(FIRST, flat.grid.last_day)
    (_, exact), (_, erring) = series.changes([turned, replace(turned, error=ERRS)], windows)
    assert exact.verdict == erring.verdict != "no clear change"
    assert (exact.after.value, exact.change) == (erring.after.value, erring.change)
    assert erring.after.low < exact.after.low


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


ERRS = label_error.drawn(label_error.counted(invented.CONFUSION), seed=1)


def test_stories_the_judge_is_unsure_of_are_coverage_without_a_side() -> None:
    certain = theme_with(set())
    doubted = replace(certain, stories=certain.stories * 2)
    windows = volume.windows(FIRST, certain.grid.last_day, "week")
    assert np.nanmax(doubted.share(windows).value) == 2 * np.nanmax(certain.share(windows).value)
    assert np.array_equal(doubted.net(windows).value, certain.net(windows).value, equal_nan=True)
    assert doubted.by_outlet()[["n", "unsure"]].iloc[0].tolist() == [140, 140]
    net = [trace for trace in timeline.draw(shown(doubted)).data if trace.name == "line"][1]
    assert "224 support, 0 oppose, 0 neutral, 224 unsure" in net.customdata[-1]


def test_the_judges_errors_widen_every_band_of_net_stance_and_move_no_value() -> None:
    plain = theme_with(set())
    mixed = replace(plain, supports=plain.supports * 0.5, opposes=plain.supports * 0.25, neutral=plain.supports * 0.25)
    erring = replace(mixed, error=ERRS)
    windows = volume.windows(FIRST, plain.grid.last_day, "week")
    narrow, wide = mixed.net(windows), erring.net(windows)
    known = ~np.isnan(narrow.low)
    assert np.allclose(narrow.value[known], wide.value[known])
    assert (wide.low[known] < narrow.low[known]).all()
    assert (wide.high[known] > narrow.high[known]).all()
    assert np.array_equal(mixed.share(windows).low, erring.share(windows).low, equal_nan=True)


def test_published_draws_are_the_error_rates_again() -> None:
    draws = pd.DataFrame(
        [(draw, gold, found, ERRS.rates[draw, i, j]) for draw in range(len(ERRS.rates))
         for i, gold in enumerate(label_error.SIDES) for j, found in enumerate(label_error.SIDES)],
        columns=["draw", "gold", "found", "probability"],
    ).sample(frac=1, random_state=1)  # fmt: skip
    passages = pd.DataFrame(
        [(gold, found, n) for gold, of in invented.CONFUSION.items() for found, n in of.items()],
        columns=["gold", "found", "passages"],
    )
    known = series.known_error(draws, passages)
    assert np.array_equal(known.rates, ERRS.rates)
    assert known.gold_labels == ERRS.gold_labels
    assert not series.known_error(draws.iloc[:0], passages).is_known


def test_a_change_of_judge_is_a_solid_line_through_all_rows() -> None:
    day = FIRST + timedelta(days=40)
    figure = timeline.draw(replace(shown(theme_with(set()), flags=(FIRST + timedelta(days=20),)), rejudged=(day,)))
    lines = {shape.x0: shape.line.dash for shape in figure.layout.shapes if shape.x0 == shape.x1}
    assert lines == {day.isoformat(): "solid", (FIRST + timedelta(days=20)).isoformat(): "dot"}
    assert any(note.text == findings.REJUDGED and note.x == day.isoformat() for note in figure.layout.annotations)


OWN = ("Outlets themselves", 30, 10, 40, 7)


def test_voices_stand_apart_with_counts_and_net_stance_on_the_bars_own_axis() -> None:
    quoted = ("People they quote", 5, 25, 10, 0)
    figure = charts.voices([(OWN, Interval(0.25, 0.05, 0.45, 80, 9)), (quoted, Interval(-0.5, -1.0, 0.1, 40, 6))])
    dots = [trace for trace in figure.data if trace.type == "scatter"]
    assert [list(dot.x) for dot in dots] == [[25.0], [-50.0]]
    assert dots[1].error_x.arrayminus == (50.0,)
    assert figure.layout.xaxis.range[1] > 100  # the interval's end is in the picture
    texts = " ".join(note.text for note in figure.layout.annotations)
    assert "30 support, 10 oppose, 40 neutral, 7 unsure" in texts
    assert "net \u22120.50 (\u22121.00 to +0.10)" in texts


def test_a_voice_with_few_passages_has_counts_and_neither_per_cent_nor_net() -> None:
    none, few = Interval(None, None, None, 0, 0), Interval(1.0, None, None, 2, 2)
    beside = charts.voices([(OWN, Interval(0.25, 0.05, 0.45, 80, 9)), (("People they quote", 2, 0, 0, 1), few)])
    assert len([trace for trace in beside.data if trace.type == "scatter"]) == 1
    assert all(list(trace.x)[1] == 0 for trace in beside.data if trace.type == "bar")
    alone = charts.voices([(("Outlets themselves", 3, 1, 0, 0), few), (("People they quote", 0, 0, 0, 0), none)])
    assert [abs(value) for trace in alone.data for value in trace.x] == [1, 0, 3, 0, 0, 0]  # counts
