"""What the judge scored, as a reader sees it."""

import pandas as pd

from dashboard import accuracy

COLUMNS = ["set", "theme", "measure", "value", "low", "high", "rows"]


def scores(*rows: tuple[str, str, str, float, float | None, float | None, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=COLUMNS)


SCORES = scores(
    ("dev", "all", "macro_f1", 0.712, 0.66, 0.76, 406),
    ("dev", "all", "polarity", 0.881, None, None, 120),
    ("dev", "all", "f1_opposes", 0.5, 0.4, 0.6, 54),
    ("dev", "all", "ece", 0.08, 0.05, 0.1, 406),
    ("emergent", "all", "macro_f1", 0.61, 0.55, 0.66, 2000),
    ("dev", "small", "macro_f1", 0.9, None, None, 12),
    ("dev", "big", "macro_f1", 0.7, 0.6, 0.8, 100),
)


def test_each_set_has_its_row_gold_first_and_unmade_measures_have_no_column() -> None:
    table = accuracy.overall(SCORES)
    assert table["set"].tolist() == ["Other sources, claim known", "emergent"]
    assert table["macro_f1"].tolist() == ["0.71 (0.66 to 0.76), n 406", "0.61 (0.55 to 0.66), n 2,000"]
    assert table["polarity"].tolist() == ["0.88, n 120", "–"]
    assert "abstained" not in table


def test_themes_are_ordered_by_their_labels_and_few_labels_are_said() -> None:
    table = accuracy.by_theme(SCORES, {"big": "Big theme"})
    assert table[["theme", "labels"]].to_numpy().tolist() == [["Big theme", 100], ["small", 12]]
    assert accuracy.few_gold(SCORES, "big") == ""
    assert accuracy.few_gold(SCORES, "small") == "few gold labels for this theme: 12"
    assert accuracy.few_gold(SCORES, "other") == "no gold labels for this theme"


def test_the_confusion_matrix_has_counts_and_parts_of_the_row() -> None:
    passages = pd.DataFrame(
        [("supports", "supports", 3), ("supports", "neutral", 1)], columns=["gold", "found", "passages"]
    )  # fmt: skip
    table = accuracy.confusion(passages).set_index("gold")
    assert table.index.tolist() == list(accuracy.LABELS)
    assert list(table.loc["supports", ["supports", "opposes", "neutral"]]) == ["3 (75%)", "0 (0%)", "1 (25%)"]
    assert table.loc["opposes", "opposes"] == "0 (0%)"


def test_the_finding_tells_what_a_claim_of_ones_own_gets() -> None:
    unseen = pd.concat([SCORES, scores((accuracy.UNSEEN, "all", "macro_f1", 0.45, 0.36, 0.5, 406))])
    assert "not trained on" not in accuracy.finding(SCORES)
    assert "For a claim it was not trained on: **0.45 (0.36 to 0.50)**." in accuracy.finding(unseen)
    assert accuracy.overall(unseen)["set"].tolist()[1] == "Other sources, claim never seen"


def test_without_scores_nothing_is_claimed() -> None:
    nothing = SCORES.iloc[:0]
    assert accuracy.finding(nothing) == ""
    assert accuracy.by_label(nothing).empty
    assert accuracy.few_gold(nothing, "big") == "no gold labels for this theme"
