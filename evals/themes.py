"""Articles with known classes come in; how well our themes, and plain BERTopic on the same vectors, keep the classes apart goes out."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tracker.errors import SettingsError
from tracker.extract.passages import split
from tracker.settings import ExtractSettings, ThemeSettings
from tracker.themes import discover
from tracker.themes.embed import Encoder, OnnxEncoder, Vectors, of_article

PASSAGES = 4  # the first of each article: a news text says its subject there; 1,500 articles then embed in 2 minutes
COLUMNS = ("title", "text", "label")

Labels = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Clustering:
    """How a clustering agrees with the classes, 0..1 each.

    `nmi`: normalized mutual information over all articles, those in no theme taken as one more cluster. `purity`: of the articles in
    a theme, the share that is of the theme's commonest class. `placed`: the share of articles in any theme.
    """

    themes: int
    nmi: float
    purity: float
    placed: float


@dataclass(frozen=True, slots=True)
class Report:
    """Our clusters as fitted, our themes after assignment by nearness (what readers see), and BERTopic's defaults."""

    articles: int
    classes: int
    fitted: Clustering
    assigned: Clustering
    plain: Clustering

    def rows(self) -> list[tuple[str, float | int | None, str]]:
        """(measure, value, detail); the outlier share is one minus the share in a theme."""
        named = (
            ("ours", self.assigned, f"after assignment by nearness; {self.articles} articles of {self.classes} classes"),
            ("ours, as fitted", self.fitted, ""),
            ("BERTopic()", self.plain, "defaults, on the same vectors"),
        )
        return [
            (f"{who}: {measure}", value, detail)
            for who, found, note in named
            for measure, value, detail in (
                ("NMI", found.nmi, note),
                ("purity", found.purity, ""),
                ("in a theme", found.placed, f"outliers {1 - found.placed:.1%}"),
                ("themes", found.themes, ""),
            )
        ]


def evaluate(corpus: Path, seed: int, sample: int = 1500, encoder: Encoder | None = None) -> Report:
    """Score on a random `sample` of a Parquet file with title, text and label. Raises SettingsError if it has no such columns."""
    titles, texts, labels = read(corpus, seed, sample)
    model = encoder or OnnxEncoder()
    bodies, vectors = _embedded(titles, texts, model)
    fit = discover.fit(bodies, vectors, [], model, seed)
    fitted = np.full(len(texts), -1)
    for position, cluster in enumerate(fit.clusters):
        fitted[list(cluster.members)] = position
    centroids = (
        np.stack([c.centroid for c in fit.clusters]) if fit.clusters else np.empty((0, vectors.shape[1]), dtype=np.float32)
    )
    assigned, _ = discover.nearest(vectors, centroids, ThemeSettings().join_similarity)
    plain = _plain(bodies, vectors)
    return Report(len(texts), len(set(labels)), *(clustering(labels, found) for found in (fitted, assigned, plain)))


def read(corpus: Path, seed: int, sample: int) -> tuple[list[str], list[str], list[str]]:
    """Titles, texts and classes of `sample` rows drawn by `seed`, in the order of the file. Raises SettingsError."""
    try:
        rows = pd.read_parquet(corpus, columns=list(COLUMNS)).fillna("").astype(str)
    except (OSError, ValueError, KeyError) as error:
        raise SettingsError(f"{corpus}: needs columns title, text and label, as Parquet: {str(error).splitlines()[0]}") from None
    drawn = rows.sample(min(sample, len(rows)), random_state=seed).sort_index()
    return drawn["title"].tolist(), drawn["text"].tolist(), drawn["label"].tolist()


def clustering(labels: Sequence[str], found: NDArray[np.int64]) -> Clustering:
    """Compare clusters (-1: none) with classes."""
    from sklearn.metrics import normalized_mutual_info_score

    placed = found >= 0
    classes = pd.Series(labels)[placed]
    largest = (
        classes.groupby(found[placed]).agg(lambda of_theme: of_theme.value_counts().iloc[0]) if placed.any() else pd.Series([0])
    )
    return Clustering(
        themes=len(set(found[placed].tolist())),
        nmi=float(normalized_mutual_info_score(labels, found)),
        purity=float(largest.sum() / max(int(placed.sum()), 1)),
        placed=float(placed.mean()),
    )


def _embedded(titles: Sequence[str], texts: Sequence[str], encoder: Encoder) -> tuple[list[str], Vectors]:
    """What the pipeline clusters: title and passages as text, and one vector for both."""
    limit = ExtractSettings().passage_chars
    passages = [[p.text for p in split(str(i), text, limit)][:PASSAGES] for i, text in enumerate(texts)]
    of_titles = encoder.encode(titles)
    of_passages = encoder.encode([text for of_text in passages for text in of_text])
    ends = np.cumsum([len(of_text) for of_text in passages])
    vectors = [of_article(title, rows) for title, rows in zip(of_titles, np.split(of_passages, ends[:-1]), strict=True)]
    return [f"{title}. {' '.join(of_text)}" for title, of_text in zip(titles, passages, strict=True)], np.stack(vectors)


def _plain(bodies: Sequence[str], vectors: Vectors) -> NDArray[np.int64]:
    """BERTopic as it comes. Its UMAP is not seeded, so the figures move by some hundredths from run to run."""
    from bertopic import BERTopic

    return np.asarray(BERTopic().fit_transform(list(bodies), embeddings=vectors)[0])
