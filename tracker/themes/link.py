"""Tonight's clusters meet last night's themes: shared stories and centroids come in; who is who, was born, split or merged, goes out.

A story may belong to a theme from before and to a cluster of tonight's fit; what they share says most about who is who, even for a
theme that has drifted far. Splits and merges are found only after every theme that can be has been matched one to one.

Two themes can also have become one since the last fit: the stories of both join whichever is nearer, and one of them falls silent (`merged_since`).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from tracker.themes.embed import Vectors

Ints = NDArray[np.int64]
Names = NDArray[np.str_]

_HELD = 0.5  # a cluster with this share of its stories from one theme is of that theme, or came out of it
_MIXED = 0.6  # a theme with this share of its stories among another's has become one with it
_AMONG = 0.5  # in a cluster with at least half as many stories of the other as of itself
_SIDE_BY_SIDE = 0.9  # of a part's stories have the rest beside them: less, and one went on where the other had ended, as a drifting theme does
_PAUSES = 2.0  # mean pauses of the rest that are still beside

SILENT_DAYS = 30  # looked back on for themes that fell silent
_MISSED = 6.9  # stories that a theme's own pace would have brought: that none comes by chance happens once in a thousand (Poisson)
_LAST = 5  # stories that say where a theme ended: with more of them, less of what it was in the end
_AROUND = 1  # days around these on which another theme's stories are looked at
_APART = 0.5  # 60 degrees: two themes at this cosine were two


@dataclass(frozen=True, slots=True)
class Lineage:
    """What became of whom; clusters and themes are row numbers, and every cluster is in one of the first four.

    `same`: cluster -> the theme it is. `part`: cluster -> the theme it is a part of. `born`: clusters that found a theme.
    `split`: cluster -> the theme it came out of. `merged`: theme -> the theme it is now one with.
    """

    same: Mapping[int, int]
    part: Mapping[int, int]
    born: tuple[int, ...]
    split: Mapping[int, int]
    merged: Mapping[int, int]


def lineage(
    cluster_of: Ints, theme_of: Ints, days: NDArray[np.float64], clusters: Vectors, themes: Vectors, similarity: float,
    fixed: Collection[int] = (),
) -> Lineage:  # fmt: skip
    """Match the clusters of a fit to the themes known before.

    Per fitted story: its cluster, its theme before (-1: none) and its day. `clusters` and `themes` are unit rows; from the cosine
    `similarity` on, two centroids mean one theme. `fixed` themes, which a person has edited, neither merge nor split.
    """
    shared = _shared(cluster_of, theme_of, len(clusters), len(themes))
    in_cluster = np.bincount(cluster_of[cluster_of >= 0], minlength=len(clusters))
    in_theme = np.bincount(theme_of[theme_of >= 0], minlength=len(themes))
    held = shared >= _HELD * np.maximum(in_cluster, 1)[:, None]
    cosines = clusters @ themes.T if len(themes) else np.zeros(shared.shape, dtype=np.float32)
    same = _one_to_one(cosines, 2 * shared / np.maximum(in_cluster[:, None] + in_theme[None, :], 1), (cosines >= similarity) | held)

    cluster_of_theme = {theme: cluster for cluster, theme in same.items()}
    born, split, part = [], {}, {}
    for cluster in sorted(set(range(len(clusters))) - same.keys()):
        near = np.flatnonzero(cosines[cluster] >= similarity)
        parents = np.flatnonzero(held[cluster])  # matched to another cluster, or it would be this one's theme
        if len(near):
            part[cluster] = int(cosines[cluster].argmax())
        elif not len(parents):
            born.append(cluster)
        elif int(parents[0]) not in fixed and _are_apart(cluster, cluster_of_theme[int(parents[0])], clusters, cluster_of, days, similarity):
            split[cluster] = int(parents[0])
        else:
            part[cluster] = int(parents[0])
    return Lineage(same, part, tuple(born), split, _merged(shared, in_theme, themes, similarity, fixed))


@dataclass(frozen=True, slots=True)
class Recent:
    """The stories of the last SILENT_DAYS that have a theme, row by row in order of their days; vectors are unit rows.

    `seen_as`: the theme whose cluster tonight's fit puts the story in, "" if none.
    """

    themes: Names
    seen_as: Names
    outlets: Names
    days: NDArray[np.float64]
    vectors: Vectors


def merged_since(recent: Recent, similarity: float, fixed: Collection[str] = ()) -> dict[str, str]:
    """Themes that came near to another and fell silent while it goes on -> that other one.

    Of two that have become one the last stories of one lie where the other's of these days do, from the cosine `similarity` on, and those before
    lay apart: neighbours of which one pauses stay two. What a person has edited (`fixed`) merges with nothing.
    """
    free = [theme for theme in np.unique(recent.themes).tolist() if theme not in fixed]
    silent = [theme for theme in free if _missed(recent, theme) >= _MISSED]
    found = {}
    for theme in silent:
        own = np.flatnonzero(recent.themes == theme)
        nearness = {other: near for other in free if other not in silent and (near := _nearness(recent, own[-_LAST:], other)) is not None}
        if nearness and max(nearness.values()) >= similarity:
            nearest = max(nearness, key=lambda other: nearness[other])
            before = _nearness(recent, own[:-_LAST], nearest)
            if before is not None and before < _APART:
                found[theme] = nearest
    return found


def _missed(recent: Recent, theme: str) -> float:
    """Stories of a theme that would have come since its last one, at its share of each outlet's: of an outlet that nobody could read, none.

    A story counts for the theme whose cluster it is in too: what a fit still finds is not gone.
    """
    last = recent.days[(recent.themes == theme) | (recent.seen_as == theme)].max()
    until = recent.days <= last
    names, outlets = np.unique(recent.outlets, return_inverse=True)
    before, of_theme, since = (np.bincount(outlets[rows], minlength=len(names)) for rows in (until, until & (recent.themes == theme), ~until))
    return float((of_theme / np.maximum(before, 1) * since).sum())


def _nearness(recent: Recent, rows: Ints, other: str) -> float | None:
    """The cosine of some stories' direction and that of another theme's stories of the same days; None if there are too few."""
    if len(rows) < _LAST:
        return None
    days = recent.days[rows]
    beside = np.flatnonzero((recent.themes == other) & (recent.days >= days.min() - _AROUND) & (recent.days <= days.max() + _AROUND))
    return _cosine_of_means(recent.vectors[rows], recent.vectors[beside]) if len(beside) >= _LAST else None


def _cosine_of_means(one: Vectors, other: Vectors) -> float:
    """Of the directions that two samples of unit rows are drawn around, without what their scatter takes from it.

    Spearman's (1904) correction for attenuation: the mean dot product between the samples over the geometric mean of those within them.
    """
    within = [(float(rows.sum(axis=0) @ rows.sum(axis=0)) - len(rows)) / (len(rows) * (len(rows) - 1)) for rows in (one, other)]
    return float(one.mean(axis=0) @ other.mean(axis=0)) / float(np.sqrt(np.prod(within))) if min(within) > 0 else 0.0


def _shared(cluster_of: Ints, theme_of: Ints, clusters: int, themes: int) -> Ints:
    """How many stories each cluster shares with each theme, shape (clusters, themes)."""
    counts = np.zeros((clusters, themes), dtype=np.int64)
    both = (cluster_of >= 0) & (theme_of >= 0)
    np.add.at(counts, (cluster_of[both], theme_of[both]), 1)
    return counts


def _one_to_one(cosines: Vectors, overlap: NDArray[np.float64], can_be: NDArray[np.bool_]) -> dict[int, int]:
    """The pairs, each row and column at most once, with the largest sum of cosine and overlap (Dice); so their order does not matter.

    Kuhn's optimal assignment (scipy.optimize.linear_sum_assignment).
    """
    if not can_be.any():
        return {}
    rows, columns = linear_sum_assignment(np.where(can_be, np.clip(cosines, 0, None) + overlap, 0.0), maximize=True)
    return {int(r): int(c) for r, c in zip(rows, columns, strict=True) if can_be[r, c]}


def _are_apart(
    one: int, other: int, clusters: Vectors, cluster_of: Ints, days: NDArray[np.float64], similarity: float
) -> bool:  # fmt: skip
    """Whether a cluster is more than a part of another of the same theme: not near to it, and all its life there were stories of the other too."""
    return float(clusters[one] @ clusters[other]) < similarity and _beside(days[cluster_of == one], days[cluster_of == other]) >= _SIDE_BY_SIDE


def _beside(days: NDArray[np.float64], rest: NDArray[np.float64]) -> float:
    """Share of some stories that have one of the rest on their day, or as near as the rest's own pauses let one expect."""
    rest = np.sort(rest)
    pause = np.subtract(*np.quantile(rest, (0.9, 0.1))) / (0.8 * len(rest))
    after = np.searchsorted(rest, days).clip(max=len(rest) - 1)
    distance = np.minimum(np.abs(rest[after] - days), np.abs(rest[np.maximum(after - 1, 0)] - days))
    return float((distance <= _PAUSES * pause).mean())


def _merged(shared: Ints, in_theme: Ints, themes: Vectors, similarity: float, fixed: Collection[int]) -> dict[int, int]:
    """Themes near to each other whose stories lie in the same clusters: the smaller one goes into the larger, or the older of two as large."""
    found: dict[int, int] = {}
    for theme in np.argsort(in_theme, kind="stable").tolist():
        if theme in fixed or not shared[:, theme].any():
            continue
        is_among = shared >= np.maximum(_AMONG * shared[:, [theme]], 1)  # cluster x other theme
        share = (shared[:, [theme]] * is_among).sum(axis=0) / shared[:, theme].sum()
        near = (themes @ themes[theme] >= similarity) & (share >= _MIXED)
        into = [other for other in np.flatnonzero(near).tolist() if other != theme and other not in found and other not in fixed]
        if into:
            found[theme] = max(into, key=lambda other: int(in_theme[other]))
    return found
