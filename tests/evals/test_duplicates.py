"""The planted copies of the demo world are grouped, and real pairs are built, split and scored as the docstring says."""

from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest

from evals import duplicates, story_pairs
from tracker.settings import ExtractSettings

COLUMNS = ("id", "url", "outlet", "title", "published", "text")
REPORT = "Westmere lets Barendt's robots work the northern quay at night"
NEWS = {
    "tldr_2025": [
        ("t1", "https://a.example/news/robots-on-the-quay?mod=x", "A", f"{REPORT} (4 minute read)", "2025-03-04", "Cranes may work at night."),
        ("t2", "https://b.example/watch?v=1", "B", "Otsu bakes bread by moonlight", "2025-03-04", ""),
        ("t3", "https://c.example/a-much-older-article", "C", "Fengarley harbours no doubts", "2025-03-04", ""),
    ],
    "aivibe_2025": [
        ("a1", "http://www.a.example/news/robots-on-the-quay/", "A", REPORT, "2025-03-03", " ".join(f"w{n}" for n in range(300))),
    ],
    "hn_daily_2023_2025": [
        ("h1", "https://b.example/watch?v=2", "B", "Otsu bakes bread by moonlight", "2025-03-04T05:06:07Z", None),
        ("h2", "https://c.example/a-much-older-article", "C", "Fengarley harbours no doubts (2023)", "2025-05-04T05:06:07Z", None),
        ("h3", "https://a.example/news/robots-on-the-quay", "A", "A vote in Westmere", "2025-03-05T05:06:07Z", None),
    ],
}


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """Three small sets in the shape of the real ones."""
    folder = tmp_path / "corpora/news"
    folder.mkdir(parents=True)
    for name, rows in NEWS.items():
        pd.DataFrame(rows, columns=COLUMNS).to_parquet(folder / f"{name}.parquet")
    return tmp_path


def test_all_planted_copies_are_found_and_nothing_else() -> None:
    rows = {measure: value for measure, value, _ in duplicates.evaluate().rows()}
    assert rows["pairs, precision"] == 1.0
    assert rows["wire copies, recall"] == 1.0
    assert rows["rewrites, recall"] == 1.0
    assert "real pairs, recall" not in rows


def test_pairs_missed_are_counted_and_named() -> None:
    report = duplicates.evaluate(limits=ExtractSettings(rewrite_similarity=1.0, title_overlap=1.0))
    assert report.rewrites.missed == 4
    assert ("  wrong", None, "harrow-wire-004, quantile-post-c04") in report.rows()


def test_real_pairs_have_one_address_whatever_its_spelling_and_are_joined_wrongly_without(shared: Path) -> None:
    report = story_pairs.evaluate(shared)
    quay, otsu = ("aivibe_2025/a1", "tldr_2025/t1"), ("hn_daily_2023_2025/h1", "tldr_2025/t2")
    assert report.pairs == {quay, ("aivibe_2025/a1", "hn_daily_2023_2025/h3"), ("hn_daily_2023_2025/h3", "tldr_2025/t1")}
    assert report.far == {("hn_daily_2023_2025/h2", "tldr_2025/t3")}
    assert report.found == {quay, otsu}
    rows = {measure: (value, detail) for measure, value, detail in report.rows()}
    assert rows["real pairs, recall"][0] == pytest.approx(1 / 3)
    assert rows["real pairs, precision, strict"][0] == 0.5
    assert "1 not read" in rows["real pairs, precision, one event"][1]
    assert rows["  joined"][1] == "Otsu bakes bread by moonlight | Otsu bakes bread by moonlight"
    assert "A vote in Westmere" in rows["  missed"][1]


def test_lists_of_links_are_one_outlet_each_and_days_are_read_as_midnight(shared: Path) -> None:
    items = story_pairs.evaluate(shared).items
    assert items["tldr_2025/t1"].article.outlet == "tldr_2025"
    assert items["aivibe_2025/a1"].article.outlet == "A"
    assert items["tldr_2025/t1"].article.at == datetime(2025, 3, 4)
    assert items["hn_daily_2023_2025/h1"].article.at == datetime(2025, 3, 4, 5, 6, 7)


@pytest.mark.parametrize(
    ("url", "same"),
    [
        ("https://www.a.example/2025/a-long-article?sref=1", "a.example/2025/a-long-article"),
        ("https://b.example/watch?v=1", "b.example/watch?v=1"),
        ("https://twitter.com/someone/status/1959379349322313920", "x.com/someone/status/1959379349322313920"),
    ],
)
def test_a_query_counts_where_the_path_does_not_name_the_article(url: str, same: str) -> None:
    assert story_pairs.address(url) == same
