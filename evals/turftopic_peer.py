"""Documents and our vectors of them go in, the topic of each document by turftopic's models comes out, from a process of another Python.

turftopic needs sentence-transformers and so torch (gigabytes), which our environment leaves out. Give it its own:
`uv venv /tmp/turftopic && uv pip install --python /tmp/turftopic/bin/python turftopic`, and then
`tracker evaluate themes --shared ../shared --turftopic /tmp/turftopic/bin/python`.

This file is both ends of the pipe: `fits` runs in our Python and starts the file as a program in the other one, which imports nothing of ours.
"""

import contextlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Those that find the number of topics themselves and run on ready vectors. A document's topic is the one of highest weight, so none is left out.
MODELS = ("SensTopic", "KeyNMF", "Topeax")
_RARE = 10  # turftopic's default vectorizer: words in fewer documents are not looked at, so we need vectors for the others only


def vocabulary(texts: Sequence[str]) -> list[str]:
    """The words whose vectors turftopic asks for: those of its default vectorizer. A part of the corpus has a part of them."""
    from sklearn.feature_extraction.text import CountVectorizer

    return list(CountVectorizer(min_df=_RARE, stop_words="english").fit(texts).get_feature_names_out())


def fits(
    python: Path,
    texts: Sequence[str],
    vectors: NDArray[np.float32],
    words: dict[str, NDArray[np.float32]],
    jobs: Sequence[tuple[NDArray[np.int64], int]],
) -> dict[str, list[NDArray[np.int64]]]:
    """For each model the topics of each job: (positions of the documents to fit, seed). Raises CalledProcessError if the other Python fails."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "texts.json").write_text(json.dumps([list(texts), list(words)]), encoding="utf-8")
        arrays = {f"job{i}": positions for i, (positions, _) in enumerate(jobs)}
        seeds = np.array([seed for _, seed in jobs])
        np.savez(folder / "in.npz", vectors=vectors, words=np.stack(list(words.values())), seeds=seeds, **arrays)  # type: ignore[arg-type]
        subprocess.run([str(python), __file__, str(folder)], check=True)
        with np.load(folder / "out.npz") as found:
            return {model: [found[f"{model}{i}"] for i in range(len(jobs))] for model in MODELS}


def main(folder: Path) -> None:
    texts, words = json.loads((folder / "texts.json").read_text(encoding="utf-8"))
    with np.load(folder / "in.npz") as given, contextlib.redirect_stdout(sys.stderr):
        known = dict(zip(words, given["words"], strict=True))
        jobs = [(given[f"job{i}"], int(seed)) for i, seed in enumerate(given["seeds"])]
        np.savez(folder / "out.npz", **dict(_topics(texts, given["vectors"], known, jobs)))  # type: ignore[arg-type]


def _topics(texts: list[str], vectors: Any, known: dict[str, Any], jobs: list[tuple[Any, int]]) -> Iterator[tuple[str, Any]]:
    import turftopic
    from turftopic.encoders import ExternalEncoder

    class Known(ExternalEncoder):  # type: ignore[misc]  # turftopic is not typed
        """The vectors our encoder gave the words beforehand."""

        def encode(self, sentences: Any) -> Any:
            return np.stack([known[word] for word in sentences])

    options = {"KeyNMF": {"n_components": "auto"}}  # the only one of them that has to be told to find the number itself
    for name in MODELS:
        for i, (positions, seed) in enumerate(jobs):
            model = getattr(turftopic, name)(encoder=Known(), random_state=seed, **options.get(name, {}))
            weights = np.asarray(model.fit_transform([texts[p] for p in positions], embeddings=vectors[positions]))
            yield f"{name}{i}", weights.argmax(axis=1)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
