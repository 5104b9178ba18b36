"""A theme's stories become two groups: unit vectors, and perhaps a phrase, come in; which stories part, and what tells the groups apart, go out."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tracker.themes.discover import SMALLEST, WORD
from tracker.themes.embed import Vectors, unit

Parting = NDArray[np.bool_]  # one value a story: does it go to the new part

_NEAR = 0.40  # cosine of a story to a phrase; to phrases foreign to a theme of aivibe_2025, none of its stories had more than 0.3
_STEPS = 50  # k-means settles in about ten; a bound in case two states alternate
# Mean silhouette: noise around one centre has 0.01 to 0.04 in 384 dimensions, the least divisible of 40 themes of aivibe_2025 0.06, the most 0.35
_DISTINCT = 0.05
_TERMS = 30  # candidates for a name, as discovery takes
_SAMPLED = 2000  # stories whose silhouette is taken: it compares all pairs


def by_vectors(vectors: Vectors, centroid: Vectors) -> Parting:
    """The two groups that k-means finds, started along the direction in which the stories differ most.

    The smaller one parts; of two as large, the one less near to the theme's centroid.
    Deterministic: there is no random start (Boley 1998, principal direction divisive partitioning).
    """
    spread = np.linalg.svd(vectors - vectors.mean(axis=0), full_matrices=False)[2][0]
    parting = _two_means(vectors, (vectors - vectors.mean(axis=0)) @ spread > 0)
    more, nearness = 2 * int(parting.sum()) - len(parting), vectors @ centroid
    nearer = more == 0 and nearness[parting].sum() > nearness[~parting].sum()
    return ~parting if more > 0 or nearer else parting


def by_phrase(vectors: Vectors, said: Parting, phrase: Vectors) -> Parting:
    """The stories that say a phrase, if they are few those near to its vector too, and what is nearer to these than to the others."""
    parting = said if said.sum() >= SMALLEST else said | (vectors @ phrase >= _NEAR)
    if parting.sum() < SMALLEST or parting.all():
        return parting
    stays, parts = means(vectors, parting)
    nearer: Parting = vectors @ parts > vectors @ stays
    return nearer


def means(vectors: Vectors, parting: Parting) -> tuple[Vectors, Vectors]:
    """The unit means of what stays and of what parts."""
    return unit(vectors[~parting].mean(axis=0)), unit(vectors[parting].mean(axis=0))


def are_distinct(vectors: Vectors, parting: Parting) -> bool:
    """Whether the two groups are more than the two halves of a cloud: their mean silhouette (Rousseeuw 1987) by cosine."""
    rows = np.linspace(0, len(vectors) - 1, min(_SAMPLED, len(vectors))).astype(int)
    parting, distance = parting[rows], 1 - vectors[rows] @ vectors[rows].T
    same = parting[:, None] == parting
    if same.all():
        return False
    own = np.where(same, distance, 0).sum(axis=1) / np.maximum(same.sum(axis=1) - 1, 1)
    other = np.where(same, 0, distance).sum(axis=1) / (~same).sum(axis=1)
    return float(((other - own) / np.maximum(np.maximum(own, other), 1e-9)).mean()) >= _DISTINCT


def says(texts: Sequence[str], phrase: str) -> Parting:
    """Which texts say a word or phrase, whatever its case and spacing; only whole words count."""
    wanted = f" {_plain(phrase)} "
    return np.array([wanted in f" {_plain(text)} " for text in texts], dtype=bool)


def terms(inside: Sequence[str], outside: Sequence[str]) -> tuple[str, ...]:
    """Words and pairs of words that tell some texts from others, most telling first: by the share of texts that say them, here less there."""
    from sklearn.feature_extraction.text import CountVectorizer

    counter = CountVectorizer(stop_words="english", ngram_range=(1, 2), token_pattern=WORD, binary=True)
    said = counter.fit_transform([*inside, *outside])
    here, there = (np.asarray(rows.mean(axis=0)).ravel() for rows in (said[: len(inside)], said[len(inside) :]))
    words = counter.get_feature_names_out()
    return tuple(str(words[i]) for i in np.argsort(there - here, kind="stable")[:_TERMS] if here[i] > there[i])


def _plain(text: str) -> str:
    return " ".join("".join(c if c.isalnum() else " " for c in text.lower()).split())


def _two_means(vectors: Vectors, parting: Parting) -> Parting:
    """k-means with two centres by cosine, from a first division; it stays as it is where a group would be left empty."""
    for _ in range(_STEPS):
        if parting.all() or not parting.any():
            break
        stays, parts = means(vectors, parting)
        nearer = vectors @ parts > vectors @ stays
        if (nearer == parting).all():
            break
        parting = nearer
    return parting
