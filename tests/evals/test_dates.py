"""The gold dates are many and of every kind, nearly all are answered rightly, and each miss is named."""

from pathlib import Path

import pytest

from evals import dates
from tracker.errors import SettingsError


def test_the_dates_meet_their_floors() -> None:
    rows = {measure: value for measure, value, _ in dates.evaluate().rows() if value is not None}
    assert rows["right"] >= 0.95
    assert rows["never a wrong date"] >= 0.99


def test_the_gold_set_is_large_and_holds_the_known_traps() -> None:
    cases = {case.written: case for case in dates.evaluate().cases}
    assert len(cases) >= 80
    for trap in ("2024-13-45", "1699-01-01T00:00:00Z", "2999-01-01T00:00:00Z", "-0001-11-30T00:00:00+00:00"):
        assert cases[trap].found == "refused"


def test_a_miss_is_shown_with_both_answers(tmp_path: Path) -> None:
    gold = tmp_path / "gold.yaml"
    gold.write_text('made up:\n  "2025-06-03": 2025-06-04 00:00:00\n  "2025-06-05": 2025-06-05 00:00:00\n', encoding="utf-8")
    right, *_, (_, value, detail) = dates.evaluate(gold).rows()
    assert right == ("right", 0.5, "1 of 2")
    assert value is None
    assert detail == "made up: '2025-06-03' is 2025-06-04 00:00:00, found 2025-06-03 00:00:00"


@pytest.mark.parametrize("content", ["- a list", "group:\n  '2025-06-03': perhaps\n", "group: ["])
def test_a_wrong_gold_file_is_named(tmp_path: Path, content: str) -> None:
    gold = tmp_path / "gold.yaml"
    gold.write_text(content, encoding="utf-8")
    with pytest.raises(SettingsError, match=r"gold\.yaml"):
        dates.evaluate(gold)
