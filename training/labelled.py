"""training/labels.tsv and training/written.jsonl in, training pairs out: passages of the corpora, and those written for this project.

The passages are other people's text, so the repository holds only the sha256 of each; it is found again by cutting the corpora under
--shared into passages as they were cut when they were labelled (14,209 of 14,237 are; the others differ by what extraction did to their page).
One reading by ../shared/evals/stance_guide.md, by language models reading every passage; of a tenth there is a second, independent one
(agreement: tracker/stance/model/CARD.md).
"""

import csv
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import yaml

from tracker.extract import passages
from tracker.settings import ExtractSettings
from training.pairs import Pair

HERE = Path(__file__).parent
CUT_INTO_SENTENCES = ("interconnects", "smol_issues")  # the others were cut as the tracker cuts articles
HEADLINES = ("ridehome_headlines", "hn_daily_2023_2025")  # sets of titles without texts


def digest(text: str) -> str:
    """16 hexadecimal digits of the sha256 of the text in lower case with single spaces."""
    return hashlib.sha256(" ".join(text.lower().split()).encode()).hexdigest()[:16]


def claims(shared: Path) -> dict[str, str]:
    """Theme -> claim, of the silver set and of training/claims.yaml (which gives the claim where silver has none)."""
    silver = pd.read_parquet(shared / "corpora/stance/train_ai_silver.parquet")
    written = yaml.safe_load((HERE / "claims.yaml").read_text(encoding="utf-8"))
    named = {theme: words["claim"] for theme, words in written.items() if "claim" in words}
    return named | dict(silver.groupby("theme").claim.first())


def found(shared: Path) -> list[Pair]:
    """The labelled passages whose text the corpora still give, in the order of the file."""
    of_theme = claims(shared)
    with (HERE / "labels.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    by_source = {source: texts(shared, source) for source in sorted({row["source"] for row in rows})}
    return [
        Pair(row["theme"], text, of_theme[row["theme"]], row["label"])  # type: ignore[arg-type]
        for row in rows
        if (text := by_source[row["source"]].get(row["text_sha256"])) is not None
    ]


def written(shared: Path) -> list[Pair]:
    """The hard cases: reported speech, negation, concession, questions, rival claims, numbers, same words and another subject, irony."""
    of_theme = claims(shared)
    rows = [json.loads(line) for line in (HERE / "written.jsonl").read_text(encoding="utf-8").splitlines()]
    return [Pair(row["theme"], row["text"], of_theme[row["theme"]], row["label"]) for row in rows]


def texts(shared: Path, source: str) -> dict[str, str]:
    """Digest -> passage, of all passages of one set under corpora/news."""
    frame = pd.read_parquet(shared / f"corpora/news/{source}.parquet")
    if source in HEADLINES:
        return {digest(title): title for title in frame["title"].fillna("")}
    return {digest(piece): piece for text in frame["text"].fillna("") for piece in _pieces(source, str(text))}


def _pieces(source: str, text: str) -> Iterator[str]:
    if source in CUT_INTO_SENTENCES:
        yield from passages.sentences(text)
        return
    # Served as a page and read from it, a text has its lines trimmed and its spaces single
    lines = "\n".join(" ".join(line.split()) for line in text.split("\n") if line.strip())
    yield from (passage.text for passage in passages.split("", lines, ExtractSettings().passage_chars))
