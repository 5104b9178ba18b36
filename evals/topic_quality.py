"""A clustering of documents (-1: in no topic) comes in; what the field measures of it goes out: agreement, coherence, diversity, stability.

All systems are scored on the same words: the ten of highest class-based TF-IDF (Grootendorst 2022, equation 2), counted by us from who is in
which topic. So coherence and diversity compare clusters, not anyone's way of picking words for display.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

TOP_WORDS = 10  # as Roeder (2015) and Dieng (2020, for coherence) take
_WORD = r"(?u)\b[^\W\d_][\w+.-]*\w\b"  # begins with a letter; keeps gpt-4.1 in one piece

Labels = NDArray[np.int64]
Values = Mapping[tuple[int, ...], float]  # the fits that were looked at, one or two compared -> what a measure says of them


@dataclass(frozen=True, slots=True)
class Terms:
    """How often each word (column) stands in each document (row). Words in fewer than two documents are left out: no pair can tell of them."""

    counts: "csr_matrix"
    words: NDArray[np.str_]


def terms(texts: Sequence[str]) -> Terms:
    """Count words, lower case, without English stop words."""
    from sklearn.feature_extraction.text import CountVectorizer

    vectorizer = CountVectorizer(stop_words="english", token_pattern=_WORD, min_df=2)
    counts = vectorizer.fit_transform(texts)
    return Terms(counts.tocsr(), vectorizer.get_feature_names_out())


def top_words(counts: "csr_matrix", found: Labels) -> NDArray[np.int64]:
    """Columns of the words most typical of each topic, best first: one row a topic, `TOP_WORDS` wide. Outliers count for none.

    A word's weight is its frequency in the topic times log(1 + A / its frequency in all topics), A the mean number of words a topic.
    """
    from scipy.sparse import csr_matrix

    topics = np.unique(found[found >= 0])
    placed = np.flatnonzero(found >= 0)
    rows = np.searchsorted(topics, found[placed])
    member = csr_matrix((np.ones(len(placed)), (rows, placed)), shape=(len(topics), len(found)))
    if not len(topics):
        return np.empty((0, TOP_WORDS), dtype=np.int64)
    frequency = (member @ counts).tocsr()
    of_word = np.asarray(frequency.sum(axis=0)).ravel()
    idf = np.log1p(frequency.sum() / len(topics) / np.maximum(of_word, 1))
    # a topic's own length scales its row as a whole and leaves the order alone
    return np.stack([np.argsort(-(frequency[[row]].toarray().ravel() * idf), kind="stable")[:TOP_WORDS] for row in range(len(topics))])


def npmi(counts: "csr_matrix", topics: NDArray[np.int64]) -> NDArray[np.float64]:
    """C_NPMI of each row of word columns, -1..1: the mean normalized pointwise mutual information of its pairs of words.

    NPMI(a, b) = log(p(a, b) / (p(a) p(b))) / -log p(a, b) (Bouma 2009), p the share of documents of the corpus that hold the words (Roeder 2015's
    confirmation measure, with boolean documents instead of a sliding window). Two words that never meet have -1, two that stand in every document 1.
    """
    documents = counts.shape[0]
    scores = []
    for words in topics:
        held = counts[:, words].astype(bool).astype(np.float64)
        together = (held.T @ held).toarray() / documents
        alone = together.diagonal()
        scores.append(float(np.mean([_pair(together[a, b], alone[a], alone[b]) for a, b in combinations(range(len(words)), 2)])))
    return np.array(scores)


def _pair(together: float, first: float, second: float) -> float:
    if together == 0:
        return -1.0
    return 1.0 if together == 1 else float(np.log(together / (first * second)) / -np.log(together))


def diversity(topics: NDArray[np.int64]) -> float:
    """Share of different words among all topics' top words, 0..1 (Dieng 2020, who takes 25 words a topic). 0 without topics."""
    return len(np.unique(topics)) / topics.size if topics.size else 0.0


def nmi(classes: Sequence[str], found: Labels) -> float:
    """Normalized mutual information of topics and classes, 0..1, over all documents: outliers are one more cluster."""
    from sklearn.metrics import normalized_mutual_info_score

    return float(normalized_mutual_info_score(classes, found))


def purity(classes: Sequence[str], found: Labels) -> float:
    """Of the documents in a topic, the share that is of the topic's commonest class, 0..1. 0 if none is in a topic."""
    placed = found >= 0
    _, codes = np.unique(np.asarray(classes), return_inverse=True)
    largest = sum(int(np.bincount(codes[found == topic]).max()) for topic in np.unique(found[placed]))
    return largest / max(int(placed.sum()), 1)


def strongest(vectors: NDArray[np.float32], found: Labels, founded: Labels, count: int) -> Labels:
    """The same clustering with `count` documents left in it: those of highest cosine to the centroid of those that founded their topic."""
    strength = np.full(len(found), -np.inf)
    for topic in np.unique(found[found >= 0]):
        centroid = vectors[founded == topic].mean(axis=0)
        strength[found == topic] = vectors[found == topic] @ (centroid / np.linalg.norm(centroid))
    kept = np.argsort(-strength, kind="stable")[:count]
    return np.where(np.isin(np.arange(len(found)), kept), found, -1)


def agreement(first: Labels, second: Labels) -> float:
    """Adjusted Rand index of two clusterings of the same documents, about 0 for chance, 1 for the same; outliers are one more cluster.

    All documents count. Over the documents that both place (`agreement_placed`) a system gains by leaving out whatever it is unsure of;
    here such a document counts against it whenever the other run has it in a topic. Leaving out all is scored 0, not 1.
    """
    from sklearn.metrics import adjusted_rand_score

    if (first < 0).all() or (second < 0).all():
        return 0.0
    return float(adjusted_rand_score(first, second))


def agreement_placed(first: Labels, second: Labels) -> float:
    """Adjusted Rand index over the documents that both clusterings have in a topic; 0 if there are none."""
    both = (first >= 0) & (second >= 0)
    return agreement(first[both], second[both]) if both.any() else 0.0


def mean(values: Values) -> float:
    """The mean over fits, or pairs of fits."""
    return float(np.mean(list(values.values())))


def standard_error(values: Values) -> float | None:
    """Of their mean, by the jackknife: leave out one fit at a time, with all pairs it is in. None where nothing is left without one.

    For values of single fits that is the usual s / sqrt(n). Pairs share fits, and are fewer independent things than they seem; for them it errs
    on the large side (Efron and Stein 1981), with three fits by a lot.
    """
    fits = sorted({fit for key in values for fit in key})
    rest = [[value for key, value in values.items() if fit not in key] for fit in fits]
    if not all(rest):
        return None
    means = np.array([np.mean(one) for one in rest])
    return float(np.sqrt((len(fits) - 1) * np.mean((means - means.mean()) ** 2)))
