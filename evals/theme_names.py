"""Corpora of stories come in; how stable the names of their clusters are goes out, and on request the names themselves, to be read.

    python -m evals.theme_names ../shared/corpora/news/*_2025.parquet ../shared/corpora/clusters/*.parquet --read 20

The clusters are k-means on the vectors of headlines, the same for each naming: what is measured is the naming, not the clustering.
"""

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evals.remembered import RememberedEncoder
from tracker.themes import label, phrases
from tracker.themes.embed import Vectors

SUBSAMPLE = 0.9  # of all stories, as in evals/themes.py
STORIES = 40  # a cluster, about: there are as many clusters as give that, up to 60, which is what discovery finds in 10,000 stories
SMALLEST = 8  # stories: discovery founds no theme on fewer


@dataclass(frozen=True, slots=True)
class Stability:
    """Of `named` clusters named again from part of all stories: how many have the same name, and how many at least a phrase in common."""

    named: int
    same: int
    alike: int


def names(titles: Sequence[str], texts: Sequence[str], clusters: Sequence[Sequence[int]]) -> list[str]:
    """The names of clusters (positions of their stories), given one after the other, as discovery does."""
    said = phrases.read(titles, texts)
    given: list[str] = []
    for members in clusters:
        given.append(label.name((), members, said, given))
    return given


def stability(titles: Sequence[str], texts: Sequence[str], clusters: Sequence[Sequence[int]], repeats: int, seed: int) -> Stability:
    """Name the clusters from all stories, then `repeats` times from a random part of them."""
    whole = [_phrases(name) for name in names(titles, texts, clusters)]
    same = alike = 0
    for repeat in range(repeats):
        kept = np.sort(np.random.default_rng(seed + repeat).choice(len(titles), int(SUBSAMPLE * len(titles)), replace=False)).tolist()
        at = {story: position for position, story in enumerate(kept)}
        parts = [[at[story] for story in members if story in at] for members in clusters]
        again = [_phrases(name) for name in names([titles[i] for i in kept], [texts[i] for i in kept], parts)]
        same += sum(a == b for a, b in zip(whole, again, strict=True))
        alike += sum(bool(a & b) for a, b in zip(whole, again, strict=True))
    return Stability(repeats * len(clusters), same, alike)


def k_means(vectors: Vectors, seed: int) -> list[NDArray[np.int64]]:
    """Positions of the stories of each cluster, nearest to its centre first; the largest cluster first, none below `SMALLEST`."""
    from sklearn.cluster import KMeans

    fit = KMeans(min(60, len(vectors) // STORIES), n_init=2, random_state=seed).fit(vectors)
    nearness = -np.linalg.norm(vectors - fit.cluster_centers_[fit.labels_], axis=1)
    members = [np.flatnonzero(fit.labels_ == cluster) for cluster in range(fit.n_clusters)]
    ordered = [rows[np.argsort(-nearness[rows], kind="stable")] for rows in members if len(rows) >= SMALLEST]
    return sorted(ordered, key=lambda rows: (-len(rows), int(rows[0])))


def _phrases(name: str) -> frozenset[str]:
    return frozenset(name.lower().split(" and "))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpora", nargs="+", type=Path, help="Parquet files with title and text")
    parser.add_argument("--cache", type=Path, default=Path("data/vectors.npz"), help="where vectors are kept")
    parser.add_argument("--read", type=int, default=0, help="print so many names of each corpus beside three headlines")
    parser.add_argument("--repeats", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    encoder, total = RememberedEncoder(given.cache), np.zeros(3, dtype=int)
    for path in given.corpora:
        stories = pd.read_parquet(path, columns=["title", "text"]).fillna("").astype(str)
        titles, texts = stories["title"].tolist(), stories["text"].tolist()
        clusters = k_means(encoder.encode(titles), given.seed)
        encoder.keep()
        started = time.perf_counter()
        found = names(titles, texts, [rows.tolist() for rows in clusters])
        seconds = time.perf_counter() - started
        scored = stability(titles, texts, [rows.tolist() for rows in clusters], given.repeats, given.seed)
        total += (scored.named, scored.same, scored.alike)
        print(f"{path.stem}: {len(titles)} stories, {len(clusters)} clusters named in {seconds:.1f} s, {len({n.lower() for n in found})} distinct")
        print(f"  from {SUBSAMPLE:.0%}: same name {scored.same / scored.named:.2f}, a phrase in common {scored.alike / scored.named:.2f}")
        for i in np.linspace(0, len(clusters) - 1, min(given.read, len(clusters))).astype(int):
            print(f"  {found[i]:45} {' | '.join(titles[story][:60] for story in clusters[i][:3])}")
    print(f"all: {total[0]} namings, same {total[1] / total[0]:.2f}, a phrase in common {total[2] / total[0]:.2f}")


if __name__ == "__main__":
    main()
