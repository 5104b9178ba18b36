"""Articles become clusters: story texts and their vectors come in, BERTopic's clusters with terms and centroids go out.

BERTopic (Grootendorst 2022) with its own UMAP, HDBSCAN, class-based TF-IDF, on vectors we computed.
The curated themes take part as its zero-shot topics: what is nearest to a claim is not left to found a discovered theme.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tracker.themes.embed import Encoder, Vectors, unit

# A story this near to a claim belongs to the curated theme. 0.5 kept the claims' own stories together and left 95 % of tldr_2025 to clustering.
_ZERO_SHOT_SIMILARITY = 0.5
WORD = r"(?u)\b[^\W\d_][\w+.-]*\w\b"  # begins with a letter; keeps gpt-4.1 and text-to-video in one piece
SMALLEST = 8  # stories that found a theme: the subjects of the demo world have a dozen each
_SMALL = 1000  # stories of an archive whose themes are small: the demo world, a first week
# UMAP layouts side by side: one's accidents do not make a cluster. Ten seeds on bbc then agree by an ARI of 0.92, not 0.81; five do no more
_LAYOUTS = 3
_NEIGHBOURS = 15  # BERTopic's default
_LARGEST = 3  # no cluster of more than a third of all stories: HDBSCAN then takes its parts; one of tldr_2025 once held 43 %
_TERMS = 30  # candidates for a label; more only adds noise


@dataclass(frozen=True, slots=True)
class Cluster:
    """A group of stories found together. `members` are positions in the input, `terms` run from most to least typical."""

    members: tuple[int, ...]
    terms: tuple[str, ...]
    centroid: Vectors


@dataclass(frozen=True, slots=True)
class Fit:
    """What one fit found: clusters, largest first, and the positions that fitted none."""

    clusters: tuple[Cluster, ...]
    outliers: tuple[int, ...]


def cluster_size(stories: int) -> int:
    """Smallest cluster that founds a theme: 8 stories in a small archive, else 10 (BERTopic's default), and one in 400 of a large one."""
    return SMALLEST if stories < _SMALL else max(10, stories // 400)


def fit(texts: Sequence[str], vectors: Vectors, claims: Sequence[str], encoder: Encoder, seed: int) -> Fit:
    """Cluster stories. `vectors` has one unit row per text. The same input and seed give the same clusters; too few stories give none."""
    of_no_claim = (vectors @ encoder.encode(list(claims)).T < _ZERO_SHOT_SIMILARITY).all(axis=1) if claims else np.ones(len(texts), dtype=bool)
    if of_no_claim.sum() < _NEIGHBOURS + 2:  # UMAP needs more points than neighbours
        return Fit((), tuple(np.flatnonzero(of_no_claim).tolist()))
    from bertopic import BERTopic
    from bertopic.backend import BaseEmbedder
    from bertopic.vectorizers import ClassTfidfTransformer
    from hdbscan import HDBSCAN
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.pipeline import FeatureUnion
    from umap import UMAP

    class Words(BaseEmbedder):  # type: ignore[misc]  # BERTopic is not typed
        """BERTopic's window on our encoder, for the zero-shot claims."""

        def embed(self, documents: Sequence[str], verbose: bool = False) -> Vectors:  # noqa: ARG002  # BERTopic passes it
            return encoder.encode(list(documents))

    layouts = [
        (f"layout {i}", UMAP(n_neighbors=_NEIGHBOURS, n_components=5, min_dist=0.0, metric="cosine", random_state=seed * _LAYOUTS + i))
        for i in range(_LAYOUTS)
    ]
    model = BERTopic(
        embedding_model=Words(),
        umap_model=FeatureUnion(layouts),
        hdbscan_model=HDBSCAN(
            min_cluster_size=cluster_size(len(texts)), min_samples=5 if len(texts) < _SMALL else 10, max_cluster_size=max(len(texts) // _LARGEST, 20)
        ),
        # No min_df: BERTopic counts one document a topic here, so rare means typical of one theme
        vectorizer_model=CountVectorizer(stop_words="english", ngram_range=(1, 2), token_pattern=WORD),
        ctfidf_model=ClassTfidfTransformer(bm25_weighting=True, reduce_frequent_words=True),
        zeroshot_topic_list=list(claims) or None,
        zeroshot_min_similarity=_ZERO_SHOT_SIMILARITY,
        top_n_words=_TERMS,
    )
    topics = np.asarray(model.fit_transform(list(texts), embeddings=vectors)[0])
    # BERTopic labels zero-shot topics with the claim itself; a cluster of its own is labelled "7_term_term"
    labels: dict[int, str] = model.topic_labels_
    clusters = [_cluster(model, topic, topics, vectors) for topic in sorted(set(topics.tolist())) if topic >= 0 and labels[topic] not in claims]
    clusters.sort(key=lambda cluster: (-len(cluster.members), cluster.members))
    return Fit(tuple(clusters), tuple(np.flatnonzero(topics == -1).tolist()))


def _cluster(model: "BERTopic", topic: int, topics: np.ndarray, vectors: Vectors) -> Cluster:  # type: ignore[name-defined] # noqa: F821
    members = np.flatnonzero(topics == topic)
    terms = tuple(term for term, _ in model.get_topic(topic) if term)
    return Cluster(tuple(members.tolist()), terms, centroid(vectors[members]))


def crowd(vectors: Vectors, claims: Vectors, similarity: float) -> int:
    """How many of these stories lie within a cosine of one of them, itself included; what is near a claim is left to its theme."""
    others = vectors[(vectors @ claims.T < _ZERO_SHOT_SIMILARITY).all(axis=1)] if len(claims) else vectors
    return int((others @ others.T >= similarity).sum(axis=1).max()) if len(others) else 0


def centroid(rows: Vectors) -> Vectors:
    """The unit mean of some unit rows."""
    return unit(rows.mean(axis=0))


def nearest(vectors: Vectors, centroids: Vectors, similarity: float) -> tuple[np.ndarray, np.ndarray]:
    """For each vector the position of the nearest centroid, -1 below `similarity`, and the cosine to it. Needs no refit: a night costs O(new)."""
    if len(centroids) == 0 or len(vectors) == 0:
        return np.full(len(vectors), -1), np.zeros(len(vectors))
    cosines = vectors @ centroids.T
    best = cosines.argmax(axis=1)
    strength = cosines[np.arange(len(vectors)), best]
    return np.where(strength >= similarity, best, -1), strength
