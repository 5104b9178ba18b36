"""The overview's section on the newest week: which themes moved, with the numbers that say so, and one sentence where none did."""

from pathlib import Path

import pandas as pd
import pytest

from dashboard import movers
from tests.dashboard.invented import MOVES
from tests.dashboard.test_pages import texts, visit


def frame(*kinds: str) -> pd.DataFrame:
    """The invented moves of these kinds, as the published file gives them."""
    rows = [row | {"name": row["theme_id"], "slug": row["theme_id"]} for row in MOVES if row["move"] in kinds]
    return pd.DataFrame(rows, columns=[*MOVES[0], "name", "slug"])


def test_the_overview_begins_with_what_moved_this_week(large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = visit(large, "overview", monkeypatch)
    assert app.header[0].value == "The week to 31 Oct 2026: 1 new, 2 growing and 1 silent"
    told = [text.value.replace("\u00a0", " ") for text in app.text]
    assert told[:4] == [
        "9 stories of 171, the first on it",
        "5 stories, none in the weeks before (at least ×9.7; q = 0.001)",
        "41 stories, 18 expected: ×2.3 (1.4 to 3.6; q = 0.002)",
        "no story, 6.4 expected (at most ×0.70; q = 0.050)",
    ]
    links = app.get("page_link")
    assert [link.proto.query_string for link in links[:4]] == [
        "n=d-grid-batteries", "n=hostile", "n=end-of-scaling", "n=safety-first",
    ]  # fmt: skip
    assert "](javascript" not in "".join(link.proto.label for link in links)
    assert "against the 12 weeks before" in texts(app) and "4 themes tested together" in texts(app)


def test_an_archive_that_was_not_measured_says_so(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = visit(small, "overview", monkeypatch)
    assert app.header[0].value == "What is new this week was not measured yet"


def test_one_sentence_where_nothing_moved() -> None:
    steady = frame("steady", "too little data")
    assert movers.heading(steady) == "In the week to 31 Oct 2026 no theme moved by more than its own noise"
    assert movers.groups(steady) == []


def test_too_little_data_is_no_finding() -> None:
    nothing = frame("too little data")
    assert movers.heading(nothing).startswith("Too few weeks or stories")
    assert "171 stories on all subjects, and 12 weeks before" in movers.caption(nothing)


def test_a_night_of_many_new_themes_leaves_the_page_short() -> None:
    many = pd.concat([frame("new")] * (movers.SHOWN + 5))
    (group,) = movers.groups(many)
    assert (group.title, len(group.lines), group.more) == ("New", movers.SHOWN, 5)
