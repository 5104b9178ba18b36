"""(text, claim) pairs in, calibrated probabilities of supports, opposes, neutral and unrelated out."""

import hashlib
import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from tracker.errors import ModelError
from tracker.records import Stance
from tracker.stance import heads

if TYPE_CHECKING:
    from tokenizers import Encoding

Encode = Callable[[Sequence[str]], NDArray[np.float32]]

MODEL = Path(__file__).parent / "model"
REPAIR = "Reinstall the package, or restore the folder with git."


class Judge(Protocol):
    """Anything that can say on which side of a claim a text stands."""

    @property
    def name(self) -> str:
        """Model and revision, stored with every run."""

    def judge(self, pairs: Sequence[tuple[str, str]]) -> list[Stance]:
        """One stance for each (text, claim), in the order given."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FileEntry(_Strict):
    """What a model file must be: its size in bytes and its digest."""

    bytes: int
    sha256: str


class Calibration(_Strict):
    """Vector scaling: probabilities are softmax(scale * logits + shift), fitted on themes the model had not seen."""

    scale: tuple[float, float, float, float]
    shift: tuple[float, float, float, float]


class Manifest(_Strict):
    """model/MANIFEST.json. `max_tokens` counts text and claim together; a longer text is cut at its end."""

    name: str
    revision: str
    base: str
    max_tokens: int
    calibration: Calibration
    files: dict[str, FileEntry]


class OnnxJudge:
    """The shipped judge: a small cross-encoder on onnxruntime, no network, and for the claims it was trained on a head for each.

    Each thread reads one pair at a time. Dynamic int8 quantization takes its scale from the whole batch, so in a batch an
    answer would depend on the neighbours; alone it never does, and on a CPU it is no slower (no padding).
    """

    def __init__(self, encode: Encode | None = None, folder: Path = MODEL, threads: int = 2) -> None:
        """Check and load the model. Raises ModelError naming the file that is absent or altered.

        `encode` gives one vector a text, by the encoder named in model/CARD.md; without it every claim is judged as an unknown one.
        """
        import onnxruntime
        from tokenizers import Tokenizer

        manifest = read_manifest(folder)
        weights, words = _checked(folder, "stance.onnx", manifest), _checked(folder, "tokenizer.json", manifest)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # whole pairs go to threads: splitting one small pair costs more than it saves
        options.inter_op_num_threads = 1
        options.log_severity_level = 3  # errors only
        self.name = f"{manifest.name}{'+heads' if encode else ''}@{manifest.revision}"
        self._encode = encode
        self._heads = heads.read(_checked(folder, "heads.npz", manifest))
        self._session = onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])
        self._tokenizer = Tokenizer.from_str(words.decode("utf-8"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(manifest.max_tokens, strategy="longest_first")
        self._threads = threads
        self._scale = np.array(manifest.calibration.scale)
        self._shift = np.array(manifest.calibration.shift)

    def judge(self, pairs: Sequence[tuple[str, str]]) -> list[Stance]:
        """One stance for each (text, claim), in the order given; the same pair always gets the same answer.

        Raises ModelError if `encode` gives vectors of another length than the heads were fitted on.
        """
        if not pairs:
            return []
        vectors = self._vectors([text for text, claim in pairs if self._heads.know(claim)])
        with ThreadPoolExecutor(self._threads) as readers:
            logits = list(readers.map(self._logits, self._tokenizer.encode_batch(list(pairs))))
        return [
            _stance(
                self._heads.scores(claim, vectors[text], of_pair)
                if text in vectors and self._heads.know(claim)
                else self._scale * of_pair + self._shift
            )
            for (text, claim), of_pair in zip(pairs, logits, strict=True)
        ]

    def _vectors(self, texts: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        distinct = list(dict.fromkeys(texts))
        if self._encode is None or not distinct:
            return {}
        rows = self._encode(distinct)
        if rows.shape != (len(distinct), self._heads.dimensions):
            raise ModelError(
                f"The judge's heads need {self._heads.dimensions} numbers a text, as {self._heads.encoder} gives, "
                f"but the encoder's answer has the shape {rows.shape}. Give it that encoder, or none."
            )
        return dict(zip(distinct, rows, strict=True))

    def _logits(self, encoded: "Encoding") -> NDArray[np.float64]:
        inputs = {"input_ids": encoded.ids, "attention_mask": encoded.attention_mask, "token_type_ids": encoded.type_ids}
        (logits,) = self._session.run(["logits"], {name: np.array([row], dtype=np.int64) for name, row in inputs.items()})
        found: NDArray[np.float64] = np.asarray(logits, dtype=np.float64)[0]
        return found


def _stance(scores: NDArray[np.float64]) -> Stance:
    weights = np.exp(scores - scores.max())
    supports, opposes, neutral, unrelated = (weights / weights.sum()).tolist()
    return Stance(supports, opposes, neutral, unrelated)


def read_manifest(folder: Path = MODEL) -> Manifest:
    """The model's name, revision, calibration and file digests. Raises ModelError."""
    path = folder / "MANIFEST.json"
    try:
        return Manifest.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise ModelError(f"{path}: no such file. {REPAIR}") from None
    except (ValueError, ValidationError) as error:
        raise ModelError(f"{path}: cannot be read ({str(error).splitlines()[0]}). {REPAIR}") from None


def _checked(folder: Path, name: str, manifest: Manifest) -> bytes:
    path = folder / name
    if name not in manifest.files:
        raise ModelError(f"{folder / 'MANIFEST.json'}: does not list {name}. {REPAIR}")
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise ModelError(f"{path}: no such file. {REPAIR}") from None
    if hashlib.sha256(content).hexdigest() != manifest.files[name].sha256:
        raise ModelError(f"{path}: not the file this version was made for (its sha256 differs). {REPAIR}")
    return content
