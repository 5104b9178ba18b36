"""Texts come in, the packaged encoder's vectors go out, kept in a file from one program to the next: embedding a corpus takes minutes."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tracker.themes.embed import DIMENSIONS, OnnxEncoder, Progress, Vectors


class RememberedEncoder:
    """An encoder that has read some texts before. Its name is the real one's: the vectors are the same."""

    name = OnnxEncoder.name

    def __init__(self, file: Path) -> None:
        self._file = file
        self._model: OnnxEncoder | None = None
        self._rows: dict[bytes, Vectors] = {}
        if file.exists():
            with np.load(file) as stored:
                self._rows = dict(zip((bytes(key) for key in stored["keys"]), stored["vectors"], strict=True))
        self._stored = len(self._rows)

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """One unit row per text; only texts never met are read."""
        keys = [_key(text) for text in texts]
        new = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._rows}
        if new:
            self._model = self._model or OnnxEncoder()
            self._rows |= zip(new, self._model.encode(list(new.values()), progress), strict=True)
        return np.array([self._rows[key] for key in keys], dtype=np.float32).reshape(len(texts), DIMENSIONS)

    def keep(self) -> None:
        """Write what is new to the file."""
        if len(self._rows) > self._stored:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            np.savez(
                self._file,
                keys=np.array([np.frombuffer(key, np.uint8) for key in self._rows]),
                vectors=np.stack(list(self._rows.values())),
            )
            self._stored = len(self._rows)


def _key(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()[:16]
