"""A judge's own scores: read beside its weights, believed for that judge alone."""

import json
from pathlib import Path

import pytest

from tracker.errors import ModelError
from tracker.stance import scores

WRITTEN = {
    "judge": "some-judge@2",
    "rows": [{"set": "dev", "theme": "all", "measure": "macro_f1", "value": 0.6, "low": 0.55, "high": 0.65, "rows": 406}],
    "confusion": {"supports": {"supports": 40, "opposes": 3, "neutral": 10, "unrelated": 16}},
}


def test_scores_are_those_of_the_judge_they_name(tmp_path: Path) -> None:
    (tmp_path / "SCORES.json").write_text(json.dumps(WRITTEN), encoding="utf-8")
    found = scores.of("some-judge@2", tmp_path)
    assert found is not None
    assert found.rows[0].value == 0.6
    assert found.confusion["supports"]["unrelated"] == 16
    assert scores.of("some-judge@3", tmp_path) is None  # another revision errs otherwise
    assert scores.of("gpt@somewhere", tmp_path) is None


def test_without_the_file_nothing_is_known(tmp_path: Path) -> None:
    assert scores.of("some-judge@2", tmp_path) is None


@pytest.mark.parametrize(
    "text",
    [
        "{",
        json.dumps({**WRITTEN, "rows": [{"set": "dev"}]}),
        json.dumps({**WRITTEN, "confusion": {"maybe": {"supports": 1}}}),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "SCORES.json").write_text(text, encoding="utf-8")
    with pytest.raises(ModelError, match=r"SCORES\.json cannot be read"):
        scores.of("some-judge@2", tmp_path)
