"""Corpora come in; how good our themes are beside plain BERTopic, and turftopic, on the same vectors goes out: one measure a row."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd

from evals import topic_quality as quality
from evals import turftopic_peer
from evals.topic_quality import Labels, Terms, Values
from tracker.errors import SettingsError
from tracker.extract.passages import split
from tracker.settings import ExtractSettings, ThemeSettings
from tracker.themes import discover
from tracker.themes.embed import Encoder, OnnxEncoder, Vectors, of_article

SUBSAMPLE = 0.9  # of the documents: as the issue asks

Job = tuple[Labels, int]  # positions of the documents to fit, seed
Cell = str | float | int | None


@dataclass(frozen=True, slots=True)
class Corpus:
    """A Parquet file with title and text, and label where `classes`; `sample` documents of it, `passages` of each embedded."""

    path: Path
    sample: int
    passages: int = 4  # the first: a news text says its subject there

    @property
    def name(self) -> str:
        """What its rows are called."""
        return self.path.stem


# ag_news_test has 7,600 short texts, of which a part says as much; the others are taken whole, and the trade press with more of its text
SHARED = {
    "corpora/clusters/bbc.parquet": (2225, 4),
    "corpora/clusters/ag_news_test.parquet": (2000, 4),
    "corpora/news/tldr_2025.parquet": (10_423, 12),
    "corpora/news/aivibe_2025.parquet": (2894, 12),
}


@dataclass(frozen=True, slots=True)
class Documents:
    """What is clustered: title and passages as text, one unit vector each, and their classes if they have any."""

    texts: tuple[str, ...]
    vectors: Vectors
    classes: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Answer:
    """The topic of each document, -1 for none; `founded` leaves out those that joined a topic later: a topic's words come from the others."""

    found: Labels
    founded: Labels


@dataclass(frozen=True, slots=True)
class Report:
    """corpus -> system -> measure -> values by fit; ours is the first system, BERTopic() the second."""

    found: Mapping[str, Mapping[str, Mapping[str, Values]]]

    def rows(self) -> list[tuple[str, float, str]]:
        """(corpus and measure, ours, ""): what the floors are for."""
        first = {corpus: next(iter(systems.values())) for corpus, systems in self.found.items()}
        return [(f"{corpus}: {measure}", quality.mean(values), "") for corpus, scores in first.items() for measure, values in scores.items()]

    def beside(self, floors: Mapping[str, float]) -> tuple[tuple[str, ...], list[tuple[Cell, ...]]]:
        """Column names and rows of the table measure x system, corpus by corpus, with ours less BERTopic()'s and that difference's standard error.

        Both systems get the same seeds and subsamples, so the difference is taken fit by fit. The error is that of other seeds and subsamples,
        not of other corpora, and with three seeds it is rough: a 95 % interval is then 4.3 errors to each side.
        """
        names = list(next(iter(self.found.values())))
        ours, plain = names[:2]
        return ("corpus", "measure", *names, f"{ours} - {plain}", "standard error", "floor of ours"), [
            (corpus, measure, *(quality.mean(systems[name][measure]) for name in names), quality.mean(less), quality.standard_error(less), floor)
            for corpus, systems in self.found.items()
            for measure in systems[ours]
            for less in [{fit: value - systems[plain][measure][fit] for fit, value in systems[ours][measure].items()}]
            for floor in [floors.get(f"{corpus}: {measure}")]
        ]


def evaluate(
    path: Path, seed: int, repeats: int = 3, cache: Path | None = None, turftopic: Path | None = None, encoder: Encoder | None = None
) -> Report:
    """Score on one Parquet file with title and text (and label), or on the four corpora under the folder that holds `corpora/`.

    Each system is fitted `repeats` times with other seeds on all documents, and as often on random subsamples; what does not compare two
    fits is the mean over the seeds. `turftopic`: the Python of an environment that has it. Raises SettingsError.
    """
    model = encoder or OnnxEncoder()
    found = {}
    for corpus in corpora(path):
        documents = read(corpus, seed, model, cache)
        words = quality.terms(documents.texts)
        jobs = planned(len(documents.texts), seed, repeats)
        found[corpus.name] = scores(documents, words, jobs, _fits(documents, jobs, model, turftopic))
    return Report(found)


def corpora(path: Path) -> list[Corpus]:
    """The corpus at `path`, or those known under it. Raises SettingsError if there are none."""
    if path.is_file():
        known = {Path(name).name: sizes for name, sizes in SHARED.items()}
        return [Corpus(path, *known.get(path.name, (2000, 4)))]
    under = [Corpus(path / name, *sizes) for name, sizes in SHARED.items() if (path / name).is_file()]
    if not under:
        raise SettingsError(f"{path}: neither a Parquet file nor a folder that holds {', '.join(SHARED)}.")
    return under


def planned(documents: int, seed: int, repeats: int) -> list[Job]:
    """The fits of one system: `repeats` seeds on everything, then one seed on as many random subsamples."""
    everything = np.arange(documents)
    draws = (np.random.default_rng(seed + i).choice(documents, int(SUBSAMPLE * documents), replace=False) for i in range(repeats))
    return [*((everything, seed + i) for i in range(repeats)), *((np.sort(draw), seed) for draw in draws)]


def ours(texts: Sequence[str], vectors: Vectors, encoder: Encoder, seed: int) -> Answer:
    """What readers see: themes as discovered, and each article that founded none in the nearest one that is near enough."""
    clusters = discover.fit(texts, vectors, [], encoder, seed).clusters
    centroids = np.stack([c.centroid for c in clusters]) if clusters else np.empty((0, vectors.shape[1]), dtype=np.float32)
    founded = np.full(len(texts), -1)
    for position, cluster in enumerate(clusters):
        founded[list(cluster.members)] = position
    nearest = discover.nearest(vectors, centroids, ThemeSettings().join_similarity)[0]
    return Answer(np.where(founded >= 0, founded, nearest), founded)


def plain(texts: Sequence[str], vectors: Vectors, seed: int) -> Answer:
    """BERTopic as it comes, but for the seed of its UMAP: its own is drawn anew each time."""
    from bertopic import BERTopic
    from umap import UMAP

    # the arguments BERTopic gives its own, low_memory included
    umap = UMAP(n_neighbors=15, n_components=5, min_dist=0.0, metric="cosine", low_memory=False, random_state=seed)
    found = np.asarray(BERTopic(umap_model=umap).fit_transform(list(texts), embeddings=vectors)[0])
    return Answer(found, found)


def scores(documents: Documents, words: Terms, jobs: Sequence[Job], fits: Mapping[str, Sequence[Answer]]) -> dict[str, dict[str, Values]]:
    """By system and measure its values by job, or by pair of jobs, from each system's answer to each job."""
    whole = [job for job, (positions, _) in enumerate(jobs) if len(positions) == len(documents.texts)]
    parts = [job for job in range(len(jobs)) if job not in whole]
    common = {job: min(int((answers[job].found >= 0).sum()) for answers in fits.values()) for job in whole}
    found = {}
    for name, answers in fits.items():
        each = {(job,): of_one(documents, words, answers[job], common[job]) for job in whole}
        seeds = {(a, b): (answers[a].found, answers[b].found) for a, b in combinations(whole, 2)}
        shared = {(a, b): _both(jobs[a][0], answers[a].found, jobs[b][0], answers[b].found) for a, b in combinations(parts, 2)}
        of_one_fit = {measure: {job: one[measure] for job, one in each.items()} for measure in each[whole[0],]}
        found[name] = {**of_one_fit, **_stability("seeds", seeds), **_stability("subsamples", shared)}
    return found


def of_one(documents: Documents, words: Terms, answer: Answer, common: int) -> dict[str, float]:
    """The measures of one clustering of all documents. `purity of all` takes those in no topic for wrong.

    A system that leaves out whatever is hard is purer for it; so `purity, equal coverage` is that of the `common` documents nearest to their
    topics' centroids: as many as the system that places fewest places with this seed.
    """
    found, top = answer.found, quality.top_words(words.counts, answer.founded)
    placed = float((found >= 0).mean())
    classes = documents.classes
    of_classes = {
        "NMI": quality.nmi(classes, found),
        "purity": quality.purity(classes, found),
        "purity, equal coverage": quality.purity(classes, quality.strongest(documents.vectors, found, answer.founded, common)),
        "purity of all": quality.purity(classes, found) * placed,
    } if classes else {}
    return {
        **of_classes,
        "C_NPMI": float(quality.npmi(words.counts, top).mean()) if len(top) else -1.0,
        "topic diversity": quality.diversity(top),
        "in a topic": placed,
        "outliers": 1 - placed,
        "topics": float(len(top)),
    }


def read(corpus: Corpus, seed: int, encoder: Encoder, cache: Path | None = None) -> Documents:
    """Draw `corpus.sample` documents by `seed`, in the order of the file, and embed them, or take the vectors from the folder `cache`."""
    try:
        rows = pd.read_parquet(corpus.path).fillna("").astype(str)
        rows = rows[[*("title", "text"), *(("label",) if "label" in rows else ())]]
    except (OSError, ValueError, KeyError) as error:
        raise SettingsError(f"{corpus.path}: needs columns title and text, as Parquet: {str(error).splitlines()[0]}") from None
    drawn = rows.sample(min(corpus.sample, len(rows)), random_state=seed).sort_index()
    limit = ExtractSettings().passage_chars
    passages = [[p.text for p in split(str(i), text, limit)][: corpus.passages] for i, text in enumerate(drawn["text"])]
    stored = cache / f"{corpus.name}-{corpus.passages}-{len(drawn)}-{seed}.npz" if cache else None
    if stored and stored.is_file():
        vectors = np.load(stored)["vectors"]
    else:
        vectors = _embedded(list(drawn["title"]), passages, encoder)
        if stored:
            stored.parent.mkdir(parents=True, exist_ok=True)
            np.savez(stored, vectors=vectors)
    texts = tuple(f"{title}. {' '.join(of_text)}" for title, of_text in zip(drawn["title"], passages, strict=True))
    return Documents(texts, vectors, tuple(drawn["label"]) if "label" in drawn else None)


def _embedded(titles: list[str], passages: list[list[str]], encoder: Encoder) -> Vectors:
    """One vector for title and passages of each article, as the pipeline makes it."""
    of_titles = encoder.encode(titles)
    of_passages = encoder.encode([text for of_text in passages for text in of_text])
    ends = np.cumsum([len(of_text) for of_text in passages])
    return np.stack([of_article(title, rows) for title, rows in zip(of_titles, np.split(of_passages, ends[:-1]), strict=True)])


def _fits(documents: Documents, jobs: Sequence[Job], encoder: Encoder, turftopic: Path | None) -> dict[str, list[Answer]]:
    """The answers of each system to each job."""
    texts, vectors = documents.texts, documents.vectors
    systems: dict[str, Callable[[Sequence[str], Vectors, int], Answer]] = {
        "ours": lambda part, rows, seed: ours(part, rows, encoder, seed),
        "BERTopic()": plain,
    }
    fits = {name: [fit([texts[p] for p in positions], vectors[positions], seed) for positions, seed in jobs] for name, fit in systems.items()}
    if turftopic:
        vocabulary = turftopic_peer.vocabulary(texts)
        words = dict(zip(vocabulary, encoder.encode(vocabulary), strict=True))
        peers = turftopic_peer.fits(turftopic, texts, vectors, words, jobs)
        fits |= {name: [Answer(found, found) for found in of_peer] for name, of_peer in peers.items()}
    return fits


def _both(first: Labels, of_first: Labels, second: Labels, of_second: Labels) -> tuple[Labels, Labels]:
    """Two clusterings of parts of the documents (sorted positions, topics), on the documents in both parts."""
    _, left, right = np.intersect1d(first, second, assume_unique=True, return_indices=True)
    return of_first[left], of_second[right]


def _stability(between: str, pairs: Mapping[tuple[int, ...], tuple[Labels, Labels]]) -> dict[str, Values]:
    if not pairs:
        return {}
    return {
        f"ARI, {between}": {fits: quality.agreement(*pair) for fits, pair in pairs.items()},
        f"ARI, {between}, placed in both": {fits: quality.agreement_placed(*pair) for fits, pair in pairs.items()},
    }
