"""Which passages to show the judge: vectors of passages and of a theme's descriptions come in, candidate passages go out.

Recall only. Among passages near a claim nearness no longer tells which bear on it (AUC 0.54 on the development set): the judge decides.
"""

import re
from collections.abc import Sequence

import numpy as np

from tracker.records import Theme
from tracker.themes.embed import Vectors, unit


def descriptions(theme: Theme) -> tuple[str, ...]:
    """What a theme looks like in text: its claim, its examples for and against, its aliases."""
    return (theme.claim, *theme.supports, *theme.opposes, *(theme.terms if theme.kind == "curated" else ()))


def candidates(passages: Sequence[str], vectors: Vectors, theme: Theme, described: Vectors, similarity: float) -> np.ndarray:
    """Positions of the passages worth judging for a curated theme: near enough to any of its descriptions, or naming an alias.

    `vectors`: one unit row per passage; `described`: one unit row per description.
    """
    near = (vectors @ described.T).max(axis=1) >= similarity if len(vectors) else np.zeros(0, dtype=bool)
    if theme.terms:
        alias = re.compile(r"\b(?:" + "|".join(re.escape(t) for t in theme.terms) + r")\b", re.IGNORECASE)
        near = near | np.fromiter((bool(alias.search(p)) for p in passages), dtype=bool, count=len(passages))
    return np.flatnonzero(near)


def on_subject(articles: Vectors, described: Vectors, similarity: float) -> np.ndarray:
    """Which articles are on a theme's subject at all: near to the mean of its descriptions.

    A sentence about losses reads alike in a story about postage and in one about data centers; the article tells them apart.
    """
    return articles @ unit(described.mean(axis=0)) >= similarity


def best_of_each(articles: Sequence[str], vectors: Vectors, claim: Vectors) -> dict[str, int]:
    """For each article the position of its passage nearest to the claim. `articles[i]` is the article of passage i."""
    best: dict[str, int] = {}
    nearness = vectors @ claim if len(vectors) else np.zeros(0)
    for position, article in enumerate(articles):
        if article not in best or nearness[position] > nearness[best[article]]:
            best[article] = position
    return best
