"""The corpora of the theme evaluation are drawn the same way each time, and our themes are scored beside plain BERTopic's on the same words."""

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evals import themes, turftopic_peer
from evals import topic_quality as quality
from evals.fakes import FakeEncoder
from tracker.errors import SettingsError
from tracker.themes.embed import Progress, Vectors


def news(path: Path, rows: int = 50) -> Path:
    pd.DataFrame({"title": [f"headline {i}" for i in range(rows)], "text": "One short sentence about it.", "label": "a"}).to_parquet(path)
    return path


def test_the_sample_depends_on_the_seed_alone(tmp_path: Path) -> None:
    corpus = themes.Corpus(news(tmp_path / "news.parquet"), 10)
    first, again, other = (themes.read(corpus, seed, FakeEncoder()) for seed in (1, 1, 2))
    assert first.texts == again.texts != other.texts
    assert len(first.texts) == 10 and first.classes == ("a",) * 10
    assert len(themes.read(themes.Corpus(corpus.path, 500), 1, FakeEncoder()).texts) == 50


def test_kept_vectors_are_not_made_again(tmp_path: Path) -> None:
    class Once(FakeEncoder):
        def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
            assert not (tmp_path / "kept").exists()
            return super().encode(texts, progress)

    corpus = themes.Corpus(news(tmp_path / "news.parquet"), 20)
    made, kept = (themes.read(corpus, 1, Once(), tmp_path / "kept") for _ in range(2))
    np.testing.assert_array_equal(made.vectors, kept.vectors)


def test_a_file_without_texts_and_a_folder_without_corpora_are_named(tmp_path: Path) -> None:
    path = tmp_path / "news.parquet"
    pd.DataFrame({"title": ["a"]}).to_parquet(path)
    with pytest.raises(SettingsError, match=r"news\.parquet"):
        themes.evaluate(path, 1, encoder=FakeEncoder())
    with pytest.raises(SettingsError, match="neither a Parquet file nor a folder"):
        themes.evaluate(tmp_path, 1, encoder=FakeEncoder())


def test_every_system_gets_the_same_seeds_and_subsamples() -> None:
    jobs = themes.planned(100, 5, 2)
    assert [(len(positions), seed) for positions, seed in jobs] == [(100, 5), (100, 6), (90, 5), (90, 5)]
    assert all(len(set(positions.tolist())) == len(positions) for positions, _ in jobs)
    assert jobs[2][0].tolist() != jobs[3][0].tolist()


def test_scores_are_means_over_seeds_and_over_pairs_on_shared_documents() -> None:
    documents = themes.Documents(("cat dog", "cat dog", "bird fish", "bird fish"), np.eye(4, dtype=np.float32), ("a", "a", "b", "b"))
    words = quality.terms(documents.texts)
    jobs = [(np.arange(4), 1), (np.arange(4), 2), (np.array([0, 1, 2]), 1), (np.array([1, 2, 3]), 1)]
    labels = [np.array([0, 0, 1, 1]), np.array([1, 1, 0, -1]), np.array([0, 0, 1]), np.array([5, 7, 7])]
    fits = [themes.Answer(found, found) for found in labels]
    by_fit = themes.scores(documents, words, jobs, {"ours": fits})["ours"]
    assert by_fit["outliers"] == {(0,): 0, (1,): 0.25} and by_fit["ARI, subsamples"] == {(2, 3): pytest.approx(1)}
    found = {measure: quality.mean(values) for measure, values in by_fit.items()}
    assert (found["topics"], found["in a topic"], found["outliers"], found["purity"]) == (2, 0.875, 0.125, 1)
    assert found["ARI, seeds, placed in both"] == pytest.approx(1)
    assert 0 < found["ARI, seeds"] < 1
    assert found["ARI, subsamples"] == pytest.approx(1)  # documents 1 and 2 are the ones in both parts: apart in both fits


def test_purity_at_equal_coverage_leaves_as_much_out_as_the_shyest_system() -> None:
    """Three documents of a subject, the third of another class and at the edge: who leaves it out is purer, until the other may do so too."""
    vectors = np.array([[1, 0.0], [1, 0.1], [0.7, 0.7], [0, 1], [0, 1]], dtype=np.float32)
    documents = themes.Documents(("cat dog",) * 5, vectors / np.linalg.norm(vectors, axis=1, keepdims=True), ("a", "a", "b", "b", "b"))
    bold, shy = (themes.Answer(found, found) for found in (np.array([0, 0, 0, 1, 1]), np.array([0, 0, -1, 1, 1])))
    found = themes.scores(documents, quality.terms(documents.texts), [(np.arange(5), 1)], {"bold": [bold], "shy": [shy]})
    assert (found["bold"]["purity"][0,], found["shy"]["purity"][0,]) == (0.8, 1)
    assert found["bold"]["purity, equal coverage"] == found["shy"]["purity, equal coverage"] == {(0,): 1}
    alone = themes.scores(documents, quality.terms(documents.texts), [(np.arange(5), 1)], {"bold": [bold]})
    assert alone["bold"]["purity, equal coverage"] == {(0,): 0.8}


def test_the_difference_is_taken_fit_by_fit() -> None:
    """Seeds move both systems alike: the difference is surer than either."""
    report = themes.Report({"news": {"ours": {"NMI": {(0,): 0.3, (1,): 0.6}}, "BERTopic()": {"NMI": {(0,): 0.2, (1,): 0.4}}}})
    columns, rows = report.beside({"news: NMI": 0.25})
    assert columns == ("corpus", "measure", "ours", "BERTopic()", "ours - BERTopic()", "standard error", "floor of ours")
    assert rows == [("news", "NMI", *(pytest.approx(value) for value in (0.45, 0.3, 0.15, 0.05)), 0.25)]


def test_ours_stands_beside_plain_bertopic(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    subjects = {"sport": "goal keeper match league".split(), "money": "bank profit shares market".split(), "art": "film actor stage scene".split()}
    rows = [
        {"title": " ".join(rng.choice(words, 3)), "text": " ".join(rng.choice(words, 30)) + ".", "label": label}
        for label, words in subjects.items()
        for _ in range(40)
    ]
    path = tmp_path / "invented.parquet"
    pd.DataFrame(rows).to_parquet(path)
    report = themes.evaluate(path, 1, repeats=1, encoder=FakeEncoder())
    columns, cells = report.beside({"invented: NMI": 0.5})
    table = {measure: row for _, measure, *row in cells}
    assert columns[2:4] == ("ours", "BERTopic()")
    assert table["NMI"][-1] == 0.5 and table["purity"][-1] is None
    assert table["NMI"][2] == pytest.approx(table["NMI"][0] - table["NMI"][1]) and table["NMI"][3] is None  # one fit has no spread
    assert all(0 <= value <= 1 for measure in ("NMI", "purity", "outliers", "topic diversity") for value in table[measure][:2])
    assert {name: value for name, value, _ in report.rows()}["invented: NMI"] == table["NMI"][0]
    assert "ARI, seeds" not in table  # one fit cannot be compared with itself


def test_the_peer_in_another_python_answers_by_job(tmp_path: Path) -> None:
    """A stand-in for turftopic, as the library is not ours to install: the pipe, the word vectors and the argmax are the real ones."""
    package = tmp_path / "turftopic"
    (package / "encoders").mkdir(parents=True)
    (package / "encoders" / "__init__.py").write_text("class ExternalEncoder: pass\n")
    (package / "__init__.py").write_text(
        "class Model:\n"
        "    def __init__(self, encoder, random_state, n_components=None): self.encoder, self.seed = encoder, random_state\n"
        "    def fit_transform(self, texts, embeddings):\n"
        "        assert self.encoder.encode(['cat'])[0, 0] == 7 and len(texts) == len(embeddings)\n"
        "        return [[self.seed == 1, text == 'cat', 0] for text in texts]\n"
        "SensTopic = KeyNMF = Topeax = Model\n"
    )
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nPYTHONPATH={tmp_path} exec {sys.executable} "$@"\n')
    python.chmod(0o755)
    jobs = [(np.arange(3), 1), (np.array([1, 2]), 2)]
    words = {"cat": np.full(2, 7, dtype=np.float32)}
    found = turftopic_peer.fits(python, ["cat", "dog", "cat"], np.zeros((3, 2), dtype=np.float32), words, jobs)
    assert {model: [labels.tolist() for labels in fits] for model, fits in found.items()} == {
        model: [[0, 0, 0], [0, 1]] for model in turftopic_peer.MODELS
    }
