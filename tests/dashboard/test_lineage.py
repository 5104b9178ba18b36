"""Lives of themes, from events to a page: what split, merged and fell silent is told, drawn and linked; nothing is lost by a merge."""

import json
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dashboard import choosing, events, families, lifelines
from tests.dashboard.test_pages import figures, texts, visit
from tracker.measures.volume import Window
from tracker.store.database import open_archive
from tracker.store.lineage import Event, Listed
from tracker.store.publish import publish

FIRST = date(2026, 1, 10)


def theme(slug: str, stories: int = 5, status: str = "active", into: str | None = None, kind: str = "discovered") -> Listed:
    last = FIRST + timedelta(days=200)
    return Listed(
        f"id-{slug}",
        slug,
        slug.title(),
        "terms",
        kind,
        status,
        into,
        "A claim.",
        "a1",
        (),
        stories,
        stories,
        0,
        FIRST,
        last,
        False,
    )


def event(
    what: str, slug: str, number: int = 0, other: str | None = None, by: str = "tracker", detail: str | None = None
) -> Event:
    day = FIRST + timedelta(days=number)
    return Event(day, datetime.combine(day, datetime.min.time()), what, slug, slug.title(), other, None, by, detail)


def arranged(themes: Sequence[Listed], told: Sequence[Event], at_most: int = 40) -> families.Lives:
    return families.arrange(themes, [], told, {one.slug: one.name for one in themes}, at_most)


# The page of a theme


def test_a_found_theme_shows_its_stories_its_claims_source_and_who_worded_its_name(
    large: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = visit(large, "narrative", monkeypatch, n="d-flow-cells", range="all")
    stories = [button.proto.url for button in app.get("link_button")[:4]]  # the claim's article, then three typical stories
    assert stories[0].endswith("/a000007")
    assert len(set(stories)) == 4
    shown = texts(app)
    assert "The claim is **provisional**, a passage from the article" in shown
    assert "**Name worded by a language model** (small\\-chat\\-3)" in shown
    assert "named “Flow cells” by a language model" in shown
    parent = visit(large, "narrative", monkeypatch, n="d-grid-batteries")
    assert "Name made from terms of its stories" in texts(parent)
    curated = texts(visit(large, "narrative", monkeypatch, n="end-of-scaling"))
    assert "provisional" not in curated
    assert "Name " not in curated


def test_a_life_tells_what_parted_and_leads_to_it(large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = visit(large, "narrative", monkeypatch, n="d-grid-batteries", range="all")
    assert "took in \\(21 stories\\) Cells \\<b\\>and\\</b\\> packs" in texts(app)
    assert not any("packs" in button.label for button in app.button)  # it would lead back to this page
    next(button for button in app.button if button.label == "Flow cells").click().run()
    assert app.title[0].value == "Flow cells"
    assert app.query_params["n"] == "d-flow-cells"
    assert "split off \\(9 stories, found on 1 Sep 2026\\) from" in texts(app)
    assert any(button.label == "sodium, grid, storage" for button in app.button)


def test_a_link_to_a_merged_theme_leads_where_its_stories_went(large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = visit(large, "narrative", monkeypatch, n="d-old-cells")  # into d-cells, and with it into d-grid-batteries
    assert app.title[0].value == "sodium, grid, storage"
    assert "'Old cells' was merged into 'sodium, grid, storage'" in app.info[0].value


def test_a_hidden_theme_keeps_its_link_and_stands_last_in_the_list(large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = visit(large, "narrative", monkeypatch, n="d-recipes")
    assert app.title[0].value == "Recipes"
    assert "taken off the lists \\(by jo\\)" in texts(app)
    assert "Name given by jo" in texts(app)
    offered = next(box for box in app.selectbox if box.label == "Theme").options
    assert offered[-2:] == ["tyres, winter (ended)", "Recipes (hidden)"]
    assert not any("Old cells" in one for one in offered)


def test_events_are_letters_over_the_themes_figure_with_their_meaning_below(large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = visit(large, "narrative", monkeypatch, n="d-grid-batteries", range="all")
    assert {note["text"] for note in figures(app)[0]["layout"]["annotations"]} >= {"<b>B</b>", "<b>S</b>", "<b>M</b>"}
    assert "**B** first story · **S** split · **M** merged: see its life above." in texts(app)


# The page of all lives


def test_lineage_draws_a_row_a_theme_and_lists_every_event_newest_first(large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = visit(large, "ancestry", monkeypatch)
    assert app.header[0].value == (
        "6 themes found by clustering: 2 in the news, 1 ended, 2 merged into others and 1 hidden; 1 of them split off from another"
    )
    (figure,) = figures(app)
    notes = [note["text"] for note in figure["layout"]["annotations"]]
    assert any('href="themes?n=d-grid-batteries"' in note for note in notes)
    assert any("&lt;b&gt;and" in note and "merged" in note for note in notes)
    assert not any("<b>and" in note for note in notes)
    happened = next(trace for trace in figure["data"] if trace["name"] == "events")
    assert {"circle-open", "triangle-up", "line-ns-open"} <= set(happened["marker"]["symbol"])
    assert app.get("plotly_chart")[0].proto.alt == app.header[0].value
    table = app.dataframe[0].value
    assert table["day"].is_monotonic_decreasing
    merged = table[table["what"] == "went into"].set_index("theme")[["other", "stories", "by"]]
    assert merged.T["Cells <b>and</b> packs"].tolist() == ["sodium, grid, storage", "21", "tracker"]
    assert app.get("download_button")


def test_states_and_kinds_narrow_the_figure_and_filters_travel_with_its_links(
    large: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = visit(large, "ancestry", monkeypatch, state="ended", origin="discovered", range="13w", outlet=["lattice.example"])
    names = [note["text"] for note in figures(app)[0]["layout"]["annotations"]]
    assert [name.rpartition(" · ")[2] for name in names] == ["ended", "merged", "merged"]
    assert "n=d-winter-tyres&range=13w&outlet=lattice.example" in names[0].replace("&amp;", "&")


def test_where_no_theme_was_found_the_page_says_so(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = visit(small, "ancestry", monkeypatch)
    assert app.header[0].value == "No theme was found by clustering yet; 8 themes from themes.yaml"
    empty = visit(small, "ancestry", monkeypatch, state="hidden")
    assert "No such theme" in empty.info[0].proto.title
    archive = open_archive(None)
    archive.execute("insert into coverage_days values ('a.example', date '2026-01-10', 1, 0, 0, null, 'complete')")
    publish(archive, tmp_path, "20260111T000000Z")
    none = visit(tmp_path, "ancestry", monkeypatch)
    assert "nothing has happened" in none.info[0].value
    assert not figures(none)


# Rows and marks


def test_families_stand_together_in_order_of_birth() -> None:
    told = [event("born", "old"), event("born", "lone", 5), event("split", "young", 9, "old"), event("born", "late", 20)]
    shown = arranged([theme("late"), theme("young"), theme("lone"), theme("old")], told)
    assert [row.theme.slug for row in shown.rows] == ["old", "young", "lone", "late"]
    (mark,) = shown.marks
    assert (mark.row, mark.other, mark.told) == (1, 0, "19 Jan 2026: Young split off from Old")


def test_the_largest_families_are_drawn_and_the_rest_is_counted() -> None:
    told = [event("born", f"t{number}", number) for number in range(6)] + [event("merged", "t0", 30, "t5")]
    themes = [theme(f"t{number}", stories=number, status="merged" if number == 0 else "active") for number in range(6)]
    shown = arranged(themes, told, at_most=3)
    assert [row.theme.slug for row in shown.rows] == ["t0", "t5", "t4"]
    assert shown.left_out == 3


def test_a_life_has_a_hole_where_the_theme_was_silent_and_ends_where_it_was_merged() -> None:
    told = [
        event("born", "a"),
        event("ended", "a", 40),
        event("returned", "a", 100),
        event("born", "b", 1),
        event("merged", "b", 60, "a"),
    ]
    a, b = arranged([theme("a"), theme("b", status="merged", into="a")], told).rows
    assert a.spans == ((FIRST, FIRST + timedelta(days=40)), (FIRST + timedelta(days=100), FIRST + timedelta(days=200)))
    assert b.spans == ((FIRST + timedelta(days=1), FIRST + timedelta(days=60)),)


def test_bars_stay_within_the_life_and_thicken_with_stories() -> None:
    told = [event("born", "a"), event("ended", "a", 30), event("returned", "a", 120)]
    months = [("id-a", date(2026, 1, 1), 1), ("id-a", date(2026, 2, 1), 4), ("id-a", date(2026, 5, 1), 16)]
    figure = lifelines.draw(families.arrange([theme("a")], months, told, {}), lambda slug: slug)
    bars = json.loads(figure.to_json())["data"][1]
    days = [round(length / 86_400_000) for length in bars["x"]]
    assert list(zip(bars["base"], days, strict=True)) == [("2026-01-10", 22), ("2026-02-01", 9), ("2026-05-10", 22)]
    thin, middle, thick = bars["width"]
    assert (middle / thin, thick / thin) == pytest.approx((2, 4))
    assert "Feb 2026: 4 stories" in bars["customdata"][1]


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ([("born", 0), ("split", 2), ("merged", 100)], ["B·S", "M"]),
        ([("split", 50), ("split", 52)], ["S"]),
        ([("split", 20 * number) for number in range(9)], []),  # too many to read
        ([("renamed", 40), ("born", -30)], []),  # none of these, or not in these days
    ],
)
def test_flags_join_near_events_and_yield_where_they_are_many(days: list[tuple[str, int]], expected: list[str]) -> None:
    lines = [events.Line(FIRST + timedelta(days=number), what, "", None) for what, number in days]
    assert [letters for _, letters in events.flags(lines, Window(FIRST, FIRST + timedelta(days=180)))] == expected


def test_who_did_it_is_told_of_edits_only() -> None:
    told: Any = [event("merged", "a", 1, "b"), event("merged", "a", 2, "b", by="jo"), event("hidden", "a", 3, by="jo")]
    sentences = [line.sentence for line in events.life(told, "a", {"b": "Bees"})]
    assert sentences == ["went into Bees", "went (by jo) into Bees", "taken off the lists (by jo)"]
    assert [line.sentence for line in events.life(told, "b", {"a": "Ants"})] == ["took in Ants", "took in (by jo) Ants"]


def test_the_list_has_living_themes_first_and_an_unknown_link_is_named() -> None:
    themes = [theme("hid", 9, "hidden"), theme("big", 8), theme("cur", 1, kind="curated"), theme("gone", 0, "merged", "big")]
    assert [one.slug for one in choosing.offered(themes)] == ["cur", "big", "hid"]
    gone, unknown, nothing = (choosing.choose(themes, slug) for slug in ("gone", "x*y", None))
    assert gone and unknown and nothing
    assert (gone.theme.slug, unknown.theme.slug, nothing.note) == ("big", "cur", "")
    assert "x\\*y" in unknown.note
    assert choosing.choose([], "x") is None
