"""Mentions by voice and outlet, and by speaker, come in; rows that keep apart what outlets say and what they let others say go out."""

from dataclasses import dataclass

import pandas as pd

from dashboard import findings, series, words
from dashboard.charts import Row
from tracker.measures import intervals, label_error
from tracker.measures.intervals import Interval
from tracker.measures.label_error import LabelError

NAMES = {"outlet": "Outlets themselves", "quoted": "People they quote"}
OFTEN = 3  # times quoted before a speaker's side is told in a table; under it, in words
NAMED = 6  # speakers told in words
SPEAKERS = 15  # rows of the table
_SIDES = ("supports", "opposes", "neutral", "unsure")
_LEANS = {"support": "▲ mostly supports", "oppose": "▼ mostly opposes", "split": "on both sides", "": "too few to say"}


@dataclass(frozen=True, slots=True)
class Voice:
    """The mentions in one voice: passages by side, those the judge is unsure of, and the net stance of the others."""

    name: str
    supports: int
    opposes: int
    neutral: int
    unsure: int
    net: Interval
    compared: Interval  # net as it is compared with the other voice's: the judge errs alike on both

    @property
    def row(self) -> Row:
        """As charts.voices draws it."""
        return self.name, self.supports, self.opposes, self.neutral, self.unsure

    @property
    def passages(self) -> int:
        """All of them, the unsure ones included."""
        return self.supports + self.opposes + self.neutral + self.unsure


def both(counts: pd.DataFrame, error: LabelError) -> list[Voice]:
    """The outlets' own voice and their sources', from the frame mention_counts and the judge's errors; outlets are the clusters."""
    found = []
    for voice, name in NAMES.items():
        part = counts[counts["voice"] == voice].groupby("outlet")[list(_SIDES)].sum()
        sided = part[list(label_error.SIDES)].to_numpy().T
        supports, opposes, neutral, unsure = (int(part[side].sum()) for side in _SIDES)
        net, compared = (
            intervals.net_interval(*of.scored(sided), float(of.variance(sided.sum(axis=-1)))) for of in (error, error.shared)
        )
        found.append(Voice(name, supports, opposes, neutral, unsure, net, compared))
    return found


def finding(outlets: Voice, quoted: Voice) -> str:
    """How much is quoted, and whether sources lean another way than the outlets that quote them."""
    told = f"{quoted.passages:,} of {words.count(outlets.passages + quoted.passages, 'passage')} quote someone"
    change = intervals.difference(quoted.compared, outlets.compared)
    if change.value is None or change.low is None or change.high is None:
        return told
    if change.low <= 0 <= change.high:
        return f"{told}, with no clear difference in stance"
    return f"{told}, and these are {'more' if change.value > 0 else 'less'} supportive than the outlets themselves"


def speakers(counts: pd.DataFrame) -> pd.DataFrame:
    """Who is quoted by name, most quoted first: speaker, mentions, supports, opposes, neutral, unsure, outlets, share (0..1 of these mentions)."""
    named = counts[(counts["voice"] == "quoted") & counts["speaker"].notna()]
    found = named.groupby("speaker")[["mentions", *_SIDES]].sum().assign(outlets=named.groupby("speaker")["outlet"].nunique())
    ordered = found.reset_index().sort_values(
        ["mentions", "outlets", "speaker"], ascending=[False, False, True], ignore_index=True
    )
    return ordered.assign(share=ordered["mentions"] / max(1, ordered["mentions"].sum()))


def table(speakers: pd.DataFrame) -> pd.DataFrame:
    """The first SPEAKERS who are quoted at least OFTEN times, with the column `side`: the side they mostly take, in words."""
    often = speakers[speakers["mentions"] >= OFTEN].head(SPEAKERS)
    sides = [_LEANS[findings.side_of(int(row["supports"]), int(row["opposes"]))] for row in series.records(often)]
    return often.assign(speaker=often["speaker"].map(words.seen), side=sides, share=often["share"].round(2))


def in_words(speakers: pd.DataFrame) -> str:
    """Who is quoted by name, where nobody is quoted often."""
    if speakers.empty:
        return "Nobody is quoted by name in this selection."
    told = [
        f"{words.plain(row['speaker'])} ({words.count(int(row['mentions']), 'passage')})"
        for row in series.records(speakers.head(NAMED))
    ]
    return f"Quoted by name, but too seldom to tell a side: {words.together(told)}."
