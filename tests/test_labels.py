"""The labels that train the judge are whole, and hold nobody's text."""

import csv
import json
import re
from pathlib import Path

import yaml

from tracker.records import LABELS

TRAINING = Path(__file__).parents[1] / "training"
CLAIMS = yaml.safe_load((TRAINING / "claims.yaml").read_text(encoding="utf-8"))


def test_found_passages_are_named_by_digest_and_labelled_once() -> None:
    with (TRAINING / "labels.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert {row["theme"] for row in rows} <= set(CLAIMS)
    assert {row["label"] for row in rows} == set(LABELS)
    assert {row["confidence"] for row in rows} == {"high", "low"}
    assert [row for row in rows if not re.fullmatch(r"[0-9a-f]{16}", row["text_sha256"])] == []
    assert len({(row["theme"], row["text_sha256"]) for row in rows}) == len(rows)


def test_written_cases_are_short_and_different() -> None:
    rows = [json.loads(line) for line in (TRAINING / "written.jsonl").read_text(encoding="utf-8").splitlines()]
    assert {row["theme"] for row in rows} <= set(CLAIMS)
    assert {row["label"] for row in rows} == set(LABELS)
    assert all(40 <= len(row["text"]) <= 400 for row in rows)
    assert len({row["text"].lower() for row in rows}) == len(rows)
