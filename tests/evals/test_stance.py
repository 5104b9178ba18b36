"""Invented passages and a judge that answers from a table: each score is what a count by hand says, and a mistake is shown for what it is."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evals import scoring, stance
from tests.cli import run
from tracker.errors import SettingsError
from tracker.records import LABELS, Label, Stance
from tracker.stance.scores import Scores


class TableJudge:
    """Answers what the table says of a text."""

    name = "table@1"

    def __init__(self, table: dict[str, Stance]) -> None:
        self._table = table

    def knows(self, claim: str) -> bool:
        return False

    def judge(self, pairs: Sequence[tuple[str, str]]) -> list[Stance]:
        return [self._table[text] for text, _ in pairs]


def says(label: Label, sure: float = 0.85, second: Label | None = None) -> Stance:
    """A stance for `label`; what is left goes to `second`, or to the three others alike."""
    rest = 1 - sure
    others = {other: rest / 3 if second is None else rest * (other == second) for other in LABELS}
    return Stance(**(others | {label: sure}))


def judged(path: Path, cases: Sequence[tuple[Label, Stance]], outlets: int = 6) -> stance.Report:
    """The report on a file with a row a case, dealt out to so many outlets."""
    rows = [
        {
            "id": f"case-{i}",
            "theme": ("jam", "tea")[i % 2],
            "text": f"Invented {i}.",
            "claim": "Good.",
            "label": gold,
            "outlet": i % outlets,
        }
        for i, (gold, _) in enumerate(cases)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return stance.evaluate(path, TableJudge({f"Invented {i}.": answer for i, (_, answer) in enumerate(cases)}))


def test_a_judge_that_is_right_scores_one_everywhere(tmp_path: Path) -> None:
    report = judged(tmp_path / "gold.jsonl", [(label, says(label)) for label in LABELS * 6])
    found = report.measures["all"]
    for measure in ("macro_f1", "accuracy", "macro_f1_related", "polarity", "polarity_strict", "related_f1", "macro_f1_sure"):
        assert (found[measure].value, found[measure].low, found[measure].high) == (1, 1, 1), measure
    assert found["abstained"].value == 0
    assert found["ece"].value == pytest.approx(0.15)
    assert list(report.measures) == ["all", "jam", "tea"]
    assert report.mistakes == ()


def test_the_side_it_leans_to_counts_as_polarity_and_the_answer_it_gives_as_strict(tmp_path: Path) -> None:
    cases = [(label, says("unrelated", 0.6, second=label)) for label in ("supports", "opposes", "opposes")] * 4
    found = judged(tmp_path / "gold.jsonl", cases).measures["all"]  # type: ignore[arg-type]
    assert (found["polarity"].value, found["polarity_strict"].value) == (1, 0)
    assert (found["macro_f1_related"].value, found["macro_f1"].value) == (1, 0)
    assert found["polarity"].rows == 12


def test_scores_worked_out_by_hand(tmp_path: Path) -> None:
    cases: list[tuple[Label, Stance]] = [
        ("supports", says("supports")), ("supports", says("neutral")), ("opposes", says("supports")),
        ("neutral", says("neutral")), ("unrelated", says("unrelated")), ("unrelated", says("neutral", 0.4)),
    ]  # fmt: skip
    report = judged(tmp_path / "gold.jsonl", cases)
    found = report.measures["all"]
    # supports: 1 of 2 gold, 1 of 2 found; opposes: none; neutral: 1 of 1, 1 of 3; unrelated: 1 of 2, 1 of 1
    assert [found[f"f1_{label}"].value for label in LABELS] == pytest.approx([1 / 2, 0, 1 / 2, 2 / 3])
    assert found["macro_f1"].value == pytest.approx((1 / 2 + 1 / 2 + 2 / 3) / 4)
    assert found["related_f1"].value == pytest.approx(2 * 4 / (4 + 5))
    assert found["abstained"].value == pytest.approx(1 / 5)  # five called mentions, one with less than half of the probability
    assert report.confusion["supports"] == {"supports": 1, "opposes": 0, "neutral": 1, "unrelated": 0}
    assert report.published["unrelated"] == {"supports": 0, "opposes": 0, "neutral": 0, "unrelated": 1}


def test_an_outlet_that_errs_as_one_widens_the_interval() -> None:
    gold: list[Label] = ["supports", "opposes"] * 60
    answers = [says(label) if i < 80 else says("neutral") for i, label in enumerate(gold)]
    outlets = [f"o{i // 20}" for i in range(len(gold))]
    alone, together = stance.report("j", gold, answers), stance.report("j", gold, answers, outlets)
    narrow, wide = (report.measures["all"]["accuracy"] for report in (alone, together))
    assert narrow.value == wide.value == pytest.approx(2 / 3)
    assert wide.low is not None and wide.high is not None and narrow.low is not None and narrow.high is not None
    assert wide.high - wide.low > 1.5 * (narrow.high - narrow.low)


def test_under_five_outlets_there_is_a_value_and_no_interval(tmp_path: Path) -> None:
    report = judged(tmp_path / "gold.jsonl", [(label, says(label)) for label in LABELS * 6], outlets=4)
    found = report.measures["all"]["macro_f1"]
    assert (found.value, found.low, found.high) == (1, None, None)
    assert report.measures["all"]["ece_crossfit"].value is None  # nor outlets enough to leave a fifth out


def test_a_boastful_judge_is_called_so_and_cross_fitting_calms_it() -> None:
    draw = np.random.default_rng(5)
    gold: list[Label] = [LABELS[i] for i in draw.integers(0, 4, 600)]
    told = [LABELS[(LABELS.index(label) + int(draw.random() > 0.6)) % 4] for label in gold]
    answers = [says(label, 0.97) for label in told]
    report = stance.report("boaster@1", gold, answers, [f"o{i % 40}" for i in range(600)])
    found = report.measures["all"]
    assert found["ece"].value == pytest.approx(0.37, abs=0.05)
    for measure in ("ece_crossfit", "ece_temperature"):
        fitted = found[measure].value
        assert fitted is not None and fitted < 0.08, measure


def test_chance_alone_shows_an_error_on_few_passages_and_hardly_any_on_many() -> None:
    chances = np.random.default_rng(2).dirichlet([0.6] * 4, 4000)
    assert scoring.perfect_error(chances[:100]) > 0.05
    assert scoring.perfect_error(chances) < 0.02


def test_the_surest_mistakes_come_first_by_kind_and_are_counted(tmp_path: Path) -> None:
    cases: list[tuple[Label, Stance]] = [
        ("neutral", says("unrelated", 0.99)), ("supports", says("opposes", 0.7)), ("opposes", says("neutral", 0.9)),
        ("supports", says("supports")), ("unrelated", says("supports", 0.6)),
    ]  # fmt: skip
    report = judged(tmp_path / "gold.jsonl", cases)
    assert [mistake.id for mistake in report.mistakes] == ["case-0", "case-2", "case-1", "case-4"]
    (columns, listed), (_, counted) = report.worst(3)
    assert [dict(zip(columns, row, strict=True))["polarity"] for row in listed] == ["other side", "side lost", "no side in play"]
    assert counted == [
        ("other side", 1, "1 supports -> opposes"), ("side lost", 1, "1 opposes -> neutral"),
        ("side made up", 0, ""), ("no side in play", 1, "1 neutral -> unrelated"),
    ]  # fmt: skip


def test_what_is_published_is_what_the_tracker_reads_and_holds_no_passage(tmp_path: Path) -> None:
    cases = [(label, says(label if i % 5 else "neutral")) for i, label in enumerate(LABELS * 10)]
    report = judged(tmp_path / "gold.jsonl", cases, outlets=8)
    published = Scores.model_validate(report.scores("dev"))
    assert published.judge == "table@1"
    assert {row.theme for row in published.rows} == {"all", "jam", "tea"}
    assert {"macro_f1", "macro_f1_related", "polarity", "ece", "ece_crossfit", "abstained"} <= {
        row.measure for row in published.rows if row.theme == "all"
    }
    assert {row["theme"] for row in report.scores("dev", by_theme=False)["rows"]} == {"all"}
    assert "Invented" not in json.dumps(report.scores("dev"))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "holds no rows"),
        ('{"text": "a"\n', "line 1: not JSON"),
        ('\n{"text": "a", "claim": "b", "label": "for"}', "line 2: needs"),
    ],
)
def test_a_wrong_gold_file_is_named_with_its_line(tmp_path: Path, content: str, reason: str) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(SettingsError, match=reason) as raised:
        stance.read(path)
    assert str(path) in str(raised.value)


def test_the_command_shows_scores_then_mistakes(tmp_path: Path) -> None:
    gold = tmp_path / "gold.jsonl"
    row: dict[str, Any] = {"text": "The club sold its stadium to the city.", "claim": "Tea is better than coffee."}
    gold.write_text("".join(json.dumps(row | {"label": label, "id": label}) + "\n" for label in LABELS), encoding="utf-8")
    answer = run("evaluate", "stance", "--gold", str(gold), "--errors", "2", "--data", str(tmp_path))
    assert answer.code == 1 and "below the floor" in answer.err  # three of the four labels are wrong
    table, _, listed = answer.out.partition("of_gold")
    assert table.startswith("measure") and "macro_f1" in table and "calibration_crossfit" in table
    assert listed.count("The club sold") == 2
