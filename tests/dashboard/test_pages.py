"""Every page, run as a reader's browser would have it run, on good links and bad ones."""

import json
import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest
from streamlit.testing.v1 import AppTest

from dashboard import questions, serve
from tracker.store import sandbox
from tracker.store.database import open_archive
from tracker.store.public import published_file
from tracker.store.publish import publish

SCREENS = ("overview", "narrative", "ancestry", "sources", "query", "method")


def visit(data: Path, screen: str, monkeypatch: pytest.MonkeyPatch, **address: str | list[str]) -> AppTest:
    monkeypatch.setenv("TRACKER_DATA", str(data))
    app = AppTest.from_file(str(Path(serve.__file__).with_name("app.py")), default_timeout=60)
    for key, value in address.items():
        app.query_params[key] = value
    app.run()  # registers the pages
    if screen != "overview" and not app.exception:
        app.switch_page(f"screens/{screen}.py").run()
    assert not app.exception, [error.value for error in app.exception]
    return app


def figures(app: AppTest) -> list[dict[str, Any]]:
    return [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]


def texts(app: AppTest) -> str:
    kinds = (app.title, app.header, app.subheader, app.caption, app.text, app.markdown, app.info)
    return "\n".join(str(one.value) for kind in kinds for one in kind)


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("world", ["large", "small"])
def test_every_page_runs_and_has_a_title(
    screen: str, world: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = visit(request.getfixturevalue(world), screen, monkeypatch)
    assert len(app.title) == 1


def test_overview_names_the_planted_mover_and_draws_no_plotly(large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = visit(large, "overview", monkeypatch, range="all")
    table = app.dataframe[0].value
    assert set(table["name"]) >= {"End of scaling", "Compute arms race", "Sentient life"}
    assert not app.get("plotly_chart")
    assert "4 weeks to 31 Oct 2026" in app.header[1].value


def test_a_small_archive_is_told_in_counts(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = visit(small, "overview", monkeypatch)
    assert "Too few stories" in app.header[1].value
    assert all(" of " in share for share in app.dataframe[0].value["share"])


def test_a_deep_link_shows_what_it_names(large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = visit(large, "narrative", monkeypatch, n="end-of-scaling", range="all", view="outlets")
    assert app.title[0].value == "End of scaling"
    assert "27 Sep 2025 to 31 Oct 2026" in texts(app)
    assert "coverage went up" in app.header[0].value.lower()
    assert len(figures(app)) == 2


def test_custom_dates_and_outlets_in_the_address_narrow_the_page(large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dates = ["2026-05-01", "2026-07-31"]
    app = visit(large, "narrative", monkeypatch, n="end-of-scaling", range="custom", dates=dates, outlet=["lattice.example"])
    assert "1 May 2026 to 31 Jul 2026 · 1 of 12 outlets" in texts(app)


def test_an_unknown_theme_is_named_and_the_page_still_shows_one(large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = visit(large, "narrative", monkeypatch, n="no-such-theme", step="fortnight", range="ages")
    assert "no\\-such\\-theme" in app.info[0].value
    assert len(app.title) == 1


def test_an_empty_theme_is_a_note_with_a_way_out_not_an_error(large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = visit(large, "narrative", monkeypatch, n="sentient-life")
    assert len(app.info) == 1
    assert not figures(app)
    assert any("Show all" in button.label for button in app.button)


def test_a_kind_without_the_chosen_outlet_selects_nothing_and_says_so(large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = visit(large, "narrative", monkeypatch, n="end-of-scaling", outlet=["lattice.example"], kind=["lab"])
    assert "No outlet" in app.info[0].value


def test_the_uncollected_weeks_are_holes_not_zeros(large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    figure = figures(visit(large, "narrative", monkeypatch, n="end-of-scaling", range="all"))[0]
    lines = [trace for trace in figure["data"] if trace.get("name") == "line"]
    inside = [
        (day, value)
        for trace in lines
        for day, value in zip(trace["x"], trace["y"], strict=True)
        if "2026-03-02" <= day <= "2026-03-29"
    ]
    assert len(inside) == 8
    assert all(value is None for _, value in inside)
    bars = next(trace for trace in figure["data"] if trace["type"] == "bar")
    assert [value for day, value in zip(bars["x"], bars["y"], strict=True) if "2026-03-02" <= day[:10] <= "2026-03-29"] == [
        None
    ] * 4
    assert any(shape["x0"] == "2026-03-02" and shape["x1"] == "2026-03-30" for shape in figure["layout"]["shapes"])


def test_a_tiny_outlet_is_told_in_words_without_line_or_interval(large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = visit(large, "narrative", monkeypatch, n="end-of-scaling", range="all", outlet=["tiny.example"])
    assert app.metric[0].value == "1 of 3"
    assert app.metric[1].delta == "too few for an interval"
    assert not [trace for trace in figures(app)[0]["data"] if trace.get("name") in ("line", "band")]


def test_hostile_texts_are_shown_as_text_and_never_linked(large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = visit(large, "narrative", monkeypatch, n="hostile", range="all")
    links = [button.proto.url for button in app.get("link_button")]
    assert links
    assert all(url.startswith("https://") for url in links)
    articles = next(frame.value for frame in app.dataframe if "sureness" in frame.value)
    assert not articles["url"].str.startswith("javascript").any()
    assert "=HYPERLINK" in " ".join(articles["title"])
    for markdown in (*app.title, *app.caption, *app.markdown):
        assert "<script" not in markdown.value
        assert "](javascript" not in markdown.value
    assert not any(element.proto.allow_html for element in app.markdown)


def test_other_passages_can_be_drawn_and_stay_in_the_address(large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = visit(large, "narrative", monkeypatch, n="compute-arms-race")
    before = [text.value for text in app.text]
    next(button for button in app.button if button.label == "Draw others").click().run()
    assert app.query_params["s"] == "2"
    assert [text.value for text in app.text] != before


@pytest.mark.parametrize("lot", ["9" * 5000, "²", "-3"])
def test_a_drawing_that_nobody_made_is_the_first(lot: str, small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, first = (visit(small, "narrative", monkeypatch, n="end-of-scaling", s=drawing) for drawing in (lot, "1"))
    assert [text.value for text in asked.text] == [text.value for text in first.text]


def test_choosing_a_theme_writes_its_slug_into_the_address(large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = visit(large, "narrative", monkeypatch)
    next(box for box in app.selectbox if box.label == "Theme").select("Safety first").run()
    assert app.title[0].value == "Safety first"
    assert app.query_params["n"] == "safety-first"


def test_reset_brings_all_outlets_back(large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = visit(large, "overview", monkeypatch, outlet=["lattice.example"], range="4w")
    assert "1 of 12 outlets" in texts(app)
    next(button for button in app.button if button.label == "Reset filters").click().run()
    assert "all outlets" in texts(app)
    assert "3 May 2026" in texts(app)


def test_sources_tells_the_dead_feed_from_the_silent_one(large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = visit(large, "sources", monkeypatch)
    feeds = app.dataframe[0].value.set_index("name")
    assert feeds.loc["Fallen Tower", "state"] == "never answered"
    assert feeds.loc["Tiny Letter", "state"] == "silent"
    assert "2 feeds of 12 need a look" in app.header[0].value
    assert "behind a paywall" in set(app.dataframe[1].value["why"])


def test_sql_runs_a_query_from_the_address_and_refuses_a_drop_in_words(large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = visit(large, "query", monkeypatch, q="select count(*) as n from articles")
    assert next(frame.value for frame in app.dataframe if "n" in frame.value)["n"].tolist() == [7998]
    refused = visit(large, "query", monkeypatch, q="drop view articles")
    assert any("Only SELECT" in code.value for code in refused.code)


@pytest.mark.parametrize(
    ("sql", "columns"),
    [
        ("select 1 as a, 2 as a, 3 as a_1", ["a", "a_2", "a_1"]),
        ("from articles join outlets using (outlet) select articles.*, outlets.first_seen_at limit 1", ["first_seen_at", "first_seen_at_1"]),
    ],
)
def test_columns_of_one_name_are_shown_side_by_side(sql: str, columns: list[str], small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = visit(small, "query", monkeypatch, q=sql)
    assert any(set(columns) <= set(frame.value) for frame in app.dataframe)


@pytest.mark.parametrize("sql", ["select date '0044-03-15 (BC)'", "select date 'infinity'", "select union_value(n := 1)"])
def test_a_result_that_no_table_can_show_is_said_in_words(sql: str, small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = visit(small, "query", monkeypatch, q=sql)
    assert "cannot be shown" in texts(app) and any("cast it to varchar" in code.value for code in app.code)


def test_the_example_question_which_way_themes_lean_puts_one_without_a_side_last(small: Path, tmp_path: Path) -> None:
    edited = tmp_path / "tracker.duckdb"
    shutil.copyfile(published_file(small), edited)
    with duckdb.connect(str(edited)) as connection:
        connection.execute("update base.stance_daily set supports = 0, opposes = 0, neutral = 0, unsure = 1 where theme_id = 't3'")
    nets = [row[-1] for row in sandbox.query(edited, questions.EXAMPLES["Which way does each theme lean?"]).rows]
    assert nets[-1] is None
    assert nets[:-1] == sorted(nets[:-1], reverse=True)


def test_two_outlets_of_one_name_keep_their_own_rows(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    edited = tmp_path / "tracker.duckdb"
    shutil.copyfile(published_file(small), edited)
    with duckdb.connect(str(edited)) as connection:  # the first answers, all days of the second are missing
        connection.execute("update base.outlets set name = 'Blog' where outlet in ('bluefin.example', 'fallen.example')")
        connection.execute("update base.articles set published_at = null where outlet in ('bluefin.example', 'tensor.example')")
    app = visit(tmp_path, "sources", monkeypatch, range="all")
    grid, crosses = figures(app)[0]["data"]
    assert {"Blog (bluefin.example)", "Blog (fallen.example)", "Lattice Ledger"} <= set(grid["y"])
    assert len(grid["y"]) == 12
    assert "Blog (fallen.example)" in set(crosses["y"])
    undated = next(frame.value for frame in app.dataframe if list(frame.value) == ["name", "articles"])
    assert set(undated["name"]) == {"Blog (bluefin.example)", "Tensor Notebook"}


def test_without_a_published_file_the_page_says_what_to_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = visit(tmp_path, "overview", monkeypatch)
    assert app.title[0].value == "Nothing is published yet"
    assert "tracker demo" in app.code[0].value


def test_an_archive_that_saw_nothing_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = open_archive(None)
    publish(connection, tmp_path, "20261101T000000Z")
    app = visit(tmp_path, "overview", monkeypatch)
    assert app.title[0].value == "Nothing is collected yet"


def test_voices_stand_apart_and_the_evidence_can_be_narrowed_to_one(large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = visit(large, "narrative", monkeypatch, n="end-of-scaling", range="all", view="voices", voice="quoted")
    assert "passages quote someone" in texts(app)
    assert len(figures(app)) == 2
    speakers = next(frame.value for frame in app.dataframe if "speaker" in frame.value)
    assert speakers["speaker"].tolist() == ["Ilse Barendt"]
    quotes = [caption.value for caption in app.caption if "sureness" in caption.value]
    assert quotes
    assert all("quoted by" in quote for quote in quotes)
    own = visit(large, "narrative", monkeypatch, n="end-of-scaling", range="all", voice="outlet")
    assert not any("quoted by" in caption.value for caption in own.caption)


def test_unsure_stories_are_counted_beside_n_and_articles_say_so(large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = visit(large, "narrative", monkeypatch, n="compute-arms-race", range="all")
    assert "The judge is unsure of" in texts(app)
    assert "more unsure" in texts(app)
    assert "unsure" in set(next(frame.value for frame in app.dataframe if "sureness" in frame.value)["stance"])


def test_a_story_the_judge_is_unsure_of_is_no_evidence(large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = visit(large, "narrative", monkeypatch, n="end-of-scaling", range="all", outlet=["tiny.example"])
    assert "The judge is unsure of 1 story" in texts(app)
    assert not [caption for caption in app.caption if "sureness" in caption.value]


def test_a_change_of_judge_is_marked_in_figure_and_words(large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = visit(large, "narrative", monkeypatch, n="end-of-scaling", range="all")
    told = "anew by stance\\-judge 2026\\-11\\-22 on 1 Sep 2026; every label in this series is by"
    assert told in texts(app)
    assert any(shape["x0"] == "2026-09-01" and shape["line"]["dash"] == "solid" for shape in figures(app)[0]["layout"]["shapes"])
    assert told in texts(visit(large, "method", monkeypatch))
    later = visit(large, "narrative", monkeypatch, n="end-of-scaling", range="custom", dates=["2026-05-01", "2026-07-31"])
    assert told in texts(later)  # judged anew after these days, and these days with them
    assert not any(shape.get("line", {}).get("dash") == "solid" for shape in figures(later)[0]["layout"]["shapes"])


def test_captions_say_whether_bands_include_the_judges_errors_and_how_well_it_was_checked(
    large: Path, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked = visit(large, "narrative", monkeypatch, n="end-of-scaling", range="all")
    assert "stance including the judge's own errors" in texts(checked)
    assert "gold labels" not in texts(checked)
    assert "few gold labels for this theme: 30" in texts(visit(large, "narrative", monkeypatch, n="compute-arms-race"))
    unknown = visit(small, "narrative", monkeypatch, n="end-of-scaling", view="voices")
    assert "without the judge's own errors" in texts(unknown)
    assert "no gold labels" in texts(unknown)


def test_method_shows_published_scores_or_says_that_there_are_none(
    large: Path, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = visit(large, "method", monkeypatch)
    assert "**406 labelled passages**" in texts(app)
    assert "drawn 200 times around those counted on 218 labelled passages" in texts(app)
    themes = next(frame.value for frame in app.dataframe if "labels" in frame.value)
    assert themes["theme"].tolist() == ["End of scaling", "Compute arms race"]
    matrix = next(frame.value for frame in app.dataframe if "gold" in frame.value)
    assert matrix["supports"].tolist()[0] == "40 (58%)"
    without = visit(small, "method", monkeypatch)
    assert "published without scores" in texts(without)
    assert "**not part of the bands**" in texts(without)


def test_a_file_of_an_older_version_is_a_note_not_an_error(large: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    older = tmp_path / "tracker.duckdb"
    shutil.copyfile(published_file(large), older)
    with duckdb.connect(str(older)) as connection:
        connection.execute("drop view judge_scores")
    for screen in ("narrative", "method"):
        assert "published by another version" in texts(visit(tmp_path, screen, monkeypatch))


def test_an_unnamed_speaker_is_someone_not_nan(large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = visit(large, "narrative", monkeypatch, n="end-of-scaling", range="all")
    assert not any(caption.value.startswith("nan") for caption in app.caption)
    assert any("quoted by" in caption.value for caption in app.caption)
