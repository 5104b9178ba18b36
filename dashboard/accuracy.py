"""The judge's published scores and errors come in; the tables and sentences that say how far to believe it go out."""

from collections.abc import Sequence

import pandas as pd

from dashboard.series import records

GOLD = "dev"  # passages of sources the training lacks, labelled by careful reading, on the claims of themes.yaml
UNSEEN = "dev, claim never seen"  # the same passages, by judges trained without the claim: what a claim a reader adds gets
ALL = "all"
FEW_GOLD = 100  # labels on a theme under which its own error rate is a guess: the half-width of net stance is then above 0.14
MEASURES = {  # of each: heading, and what it means
    "macro_f1": ("Macro-F1", "Mean F1 of supports, opposes, neutral and unrelated; n: labelled passages"),
    "polarity": ("Macro-F1 of the side", "Of passages whose label takes a side (n): whether the likelier side is the right one"),
    "ece": ("Calibration error", "Mean distance between how sure the judge is and how often it is right"),
    "ece_crossfit": ("Cross-fitted", "Calibration error after a calibration fitted on the passages of other outlets"),
    "abstained": ("Unsure", "Of the passages it takes for mentions, the part on which it abstains"),
}
_COUNTED = ("macro_f1", "polarity")  # the number of passages differs between these, so it stands beside each
SETS = {  # in the order shown; others follow under their own names
    GOLD: "Other sources, claim known",
    "held out": "Sources of the training, claim known",
    UNSEEN: "Other sources, claim never seen",
    "held out, claim never seen": "Sources of the training, claim never seen",
}
NOT_MADE = "–"
LABELS = ("supports", "opposes", "neutral", "unrelated")


def overall(scores: pd.DataFrame) -> pd.DataFrame:
    """One row a set of labelled passages: set, and each of MEASURES with its interval, as text; measures nobody made are left out."""
    known = [*SETS]
    sets = sorted(scores["set"].unique(), key=lambda name: (known.index(name) if name in known else len(known), name))
    return _made(pd.DataFrame([{"set": SETS.get(name, name), **_measured(scores, name, ALL)} for name in sets]))


def by_theme(scores: pd.DataFrame, names: dict[str, str]) -> pd.DataFrame:
    """One row a theme of the gold set, most labels first: theme (its name, by slug), labels, and each of MEASURES as text."""
    themes = scores[(scores["set"] == GOLD) & (scores["theme"] != ALL)]["theme"].unique()
    rows = [
        {"theme": names.get(theme, theme), "labels": gold_labels(scores, theme), **_measured(scores, GOLD, theme)}
        for theme in themes
    ]
    frame = pd.DataFrame(rows, columns=["theme", "labels", *MEASURES])
    return _made(frame.sort_values(["labels", "theme"], ascending=[False, True], ignore_index=True))


def by_label(scores: pd.DataFrame) -> pd.DataFrame:
    """One row a label of the gold set: label, F1 with its interval as text, and its passages."""
    found = {label: _row(scores, GOLD, ALL, f"f1_{label}") for label in LABELS}
    rows = [(label, _text(row), int(row["rows"])) for label, row in found.items() if row is not None]
    return pd.DataFrame(rows, columns=["label", "f1", "passages"])


def confusion(passages: pd.DataFrame) -> pd.DataFrame:
    """Gold labels as rows, found labels as columns: passages and their part of the row, as text. From rows gold, found, passages."""
    counts = passages.pivot_table(index="gold", columns="found", values="passages", aggfunc="sum", fill_value=0)
    counts = counts.reindex(index=LABELS, columns=LABELS, fill_value=0).astype(int)
    rows = []
    for gold, row in counts.iterrows():
        total = max(1, int(row.sum()))
        rows.append({"gold": gold, **{found: f"{count:,} ({count / total:.0%})" for found, count in row.items()}})
    return pd.DataFrame(rows)


def gold_labels(scores: pd.DataFrame, theme: str) -> int:
    """Labelled passages on a theme (slug, or ALL); 0 if there is none."""
    row = _row(scores, GOLD, theme, "macro_f1")
    return 0 if row is None else int(row["rows"])


def finding(scores: pd.DataFrame) -> str:
    """How well the judge did on the gold set, in a few sentences; empty if it was not scored there."""
    row, side, unseen = (
        _row(scores, of, ALL, measure) for of, measure in ((GOLD, "macro_f1"), (GOLD, "polarity"), (UNSEEN, "macro_f1"))
    )
    if row is None:
        return ""
    told = f"On **{int(row['rows']):,} labelled passages** kept from its training: macro-F1 **{_text(row)}** over four labels."
    if side is not None:
        told += f" Of the {int(side['rows']):,} that take a side: macro-F1 of the side **{_text(side)}**."
    if unseen is not None:
        told += f" For a claim it was not trained on: **{_text(unseen)}**."
    return told


def few_gold(scores: pd.DataFrame, theme: str) -> str:
    """What to say beside a theme's stance where hardly anybody checked the judge on it; empty where enough was checked."""
    labels = gold_labels(scores, theme)
    if labels >= FEW_GOLD:
        return ""
    return f"few gold labels for this theme: {labels}" if labels else "no gold labels for this theme"


def few_checked(scores: pd.DataFrame, themes: Sequence[str]) -> str:
    """For how many of these themes (slugs) the judge was hardly checked; empty if for none."""
    few = sum(gold_labels(scores, theme) < FEW_GOLD for theme in themes)
    return f" Themes with few gold labels or none, whose stance is hardly checked: {few} of {len(themes)}." if few else ""


def _measured(scores: pd.DataFrame, of: str, theme: str) -> dict[str, str]:
    found = {measure: _row(scores, of, theme, measure) for measure in MEASURES}
    return {
        measure: NOT_MADE if row is None else _text(row) + (f", n {int(row['rows']):,}" if measure in _COUNTED else "")
        for measure, row in found.items()
    }


def _made(table: pd.DataFrame) -> pd.DataFrame:
    return table.loc[:, (table != NOT_MADE).any()]


def _row(scores: pd.DataFrame, of: str, theme: str, measure: str) -> dict[str, float] | None:
    part = scores[(scores["set"] == of) & (scores["theme"] == theme) & (scores["measure"] == measure) & scores["value"].notna()]
    return records(part)[0] if len(part) else None


def _text(row: dict[str, float]) -> str:
    ends = "" if pd.isna(row["low"]) or pd.isna(row["high"]) else f" ({row['low']:.2f} to {row['high']:.2f})"
    return f"{row['value']:.2f}{ends}"
