"""Invented public sets: targets become claims alike for all, unrelated counts as neutral, and every method stands in one table."""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from evals import baselines, stance_sets
from evals.fakes import FakeEncoder, FakeJudge
from tests.cli import run
from tracker.errors import SettingsError

if TYPE_CHECKING:
    from tracker.records import Label


@pytest.mark.parametrize("target", ["Climate Change is a Real Concern", "college campuses should be safe"])
def test_a_target_that_is_a_sentence_stays(target: str) -> None:
    assert stance_sets.claim(target) == target


@pytest.mark.parametrize("target", ["Atheism", "free will", "what a real man should be", "people who are vegans", "is real"])
def test_any_other_target_becomes_a_claim_by_the_template(target: str) -> None:
    assert stance_sets.claim(target) == f"{target[0].upper()}{target[1:]} is good and deserves support."


def test_sentiment_and_majority() -> None:
    pairs = [("A wonderful, brilliant success.", "c"), ("A horrible, disastrous failure.", "c"), ("A table has four legs.", "c")]
    assert baselines.sentiment(pairs) == ["supports", "opposes", "neutral"]
    assert baselines.majority(["opposes", "neutral", "opposes"]) == ["opposes"] * 3


def test_regression_learns_which_words_take_which_side() -> None:
    texts = [f"{word} number {i}" for i in range(40) for word in ("excellent", "terrible")]
    labels: list[Label] = ["supports", "opposes"] * 40
    regression = baselines.Regression([(text, "Tea is best.") for text in texts], labels, FakeEncoder())
    assert regression([("terrible indeed", "Tea is best."), ("excellent indeed", "Tea is best.")]) == ["opposes", "supports"]


def test_unrelated_counts_as_neutral_and_favg_leaves_neutral_out() -> None:
    one = stance_sets.Set("invented", "evaluate_invented", None, "favg")
    gold: list[Label] = ["supports", "supports", "opposes", "neutral"]
    scored = stance_sets.score(one, "judge", gold, ["supports", "unrelated", "opposes", "unrelated"], ["a"] * 4)
    assert scored.labels == pytest.approx((2 / 3, 1, 2 / 3))
    assert scored.found.value == pytest.approx((2 / 3 + 1) / 2)


def write(shared: Path, name: str, rows: int, split: str) -> None:
    sides = {
        "supports": "surely good people drink wonderful tea",
        "opposes": "good people never drink wonderful tea",
        "neutral": "the club sold its stadium",
    }
    cases = [
        (f"{text} {i}", "Good people drink wonderful tea", label, split)
        for i in range(rows // 3)
        for label, text in sides.items()
    ]
    pd.DataFrame(cases, columns=["text", "claim", "label", "split"]).to_parquet(shared / "corpora" / "stance" / f"{name}.parquet")


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    (tmp_path / "corpora" / "stance").mkdir(parents=True)
    for name in ("train_ai_silver", *(f"train_{name}" for name in baselines.ARGUMENTS)):
        write(tmp_path, name, 30, "train")
    for name in {one.file for one in stance_sets.SETS}:
        write(tmp_path, name, 60, "test")
    return tmp_path


def test_every_method_is_scored_on_every_set_in_one_table(shared: Path) -> None:
    report = stance_sets.evaluate(shared, FakeJudge(), FakeEncoder())
    rows = {measure: (value, detail) for measure, value, detail in report.rows()}
    assert set(rows) == {
        f"{one.name}: {method}" for one in stance_sets.SETS for method in ("judge", "regression", "vader", "majority")
    }
    assert (
        rows["emergent: judge"][0] == 1 and "of 60" in rows["emergent: judge"][1] and FakeJudge.name in rows["emergent: judge"][1]
    )
    assert rows["vast: majority"][0] == pytest.approx(0.5 / 3)


def test_a_missing_set_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"evaluate_emergent\.parquet"):
        stance_sets.evaluate(tmp_path, FakeJudge(), FakeEncoder())


def test_the_command_says_which_option_it_needs() -> None:
    answer = run("evaluate", "stance-sets")
    assert answer.code == 1 and "--shared" in answer.err and answer.err.count("\n") == 1
