"""(text, claim) pairs in, calibrated probabilities of supports, opposes, neutral and unrelated out."""

import gzip
import hashlib
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from tracker.errors import ModelError
from tracker.records import Stance

if TYPE_CHECKING:
    from tokenizers import Encoding

Inputs: TypeAlias = dict[str, NDArray[np.int64]]

MODEL = Path(__file__).parent / "model"
REPAIR = "Reinstall the package, or restore the folder with git."


class Judge(Protocol):
    """Anything that can say on which side of a claim a text stands."""

    @property
    def name(self) -> str:
        """Model and revision, stored with every run."""

    def knows(self, claim: str) -> bool:
        """Whether it was trained on this very claim: of that it is surer, and more is asked of it (evidence.SURE)."""

    def judge(self, pairs: Sequence[tuple[str, str]]) -> list[Stance]:
        """One stance for each (text, claim), in the order given."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FileEntry(_Strict):
    """What a model file must be: its size in bytes and its digest."""

    bytes: int
    sha256: str


class Calibration(_Strict):
    """Vector scaling: probabilities are softmax(scale * logits + shift), fitted on passages the model had not seen."""

    scale: tuple[float, float, float, float]
    shift: tuple[float, float, float, float]

    def stance(self, logits: NDArray[np.float64]) -> Stance:
        """The probabilities that four logits stand for."""
        scores = np.array(self.scale) * logits + np.array(self.shift)
        weights = np.exp(scores - scores.max())
        supports, opposes, neutral, unrelated = (weights / weights.sum()).tolist()
        return Stance(supports, opposes, neutral, unrelated)


class Manifest(_Strict):
    """model/MANIFEST.json. `max_tokens` counts text and claim together; a longer text is cut at its end.

    `calibration` is for the claims of the training set, known by the digests in `claims`; `calibration_unknown` is for any other
    claim, toward which the judge is less sure of itself, and rightly so. `data`: sha256 of what the weights were made from.
    """

    name: str
    revision: str
    base: str
    max_tokens: int
    calibration: Calibration
    calibration_unknown: Calibration
    claims: frozenset[str]
    files: dict[str, FileEntry]
    data: dict[str, str]

    def calibration_for(self, claim: str) -> Calibration:
        """Which of the two holds for a claim."""
        return self.calibration if digest(claim) in self.claims else self.calibration_unknown


def digest(claim: str) -> str:
    """Under what name MANIFEST.json lists a claim: 16 hexadecimal digits of the sha256 of its text."""
    return hashlib.sha256(claim.encode()).hexdigest()[:16]


class OnnxJudge:
    """The shipped judge: a cross-encoder on onnxruntime; no network.

    Each thread reads one pair at a time. Dynamic int8 quantization takes its scale from the whole batch, so in a batch an
    answer would depend on the neighbours; alone it never does, and on a CPU it is no slower (no padding).
    """

    def __init__(self, folder: Path = MODEL, threads: int = 2) -> None:
        """Check and load the model. Raises ModelError naming the file that is absent or altered."""
        import onnxruntime
        from tokenizers import Tokenizer

        self.manifest = read_manifest(folder)
        weights, words = _checked(folder, "stance.onnx.gz", self.manifest), _checked(folder, "tokenizer.json", self.manifest)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # whole pairs go to threads: splitting one small pair costs more than it saves
        options.inter_op_num_threads = 1
        options.log_severity_level = 3  # errors only
        self.session = onnxruntime.InferenceSession(gzip.decompress(weights), options, providers=["CPUExecutionProvider"])
        self._tokenizer = Tokenizer.from_str(words.decode("utf-8"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(self.manifest.max_tokens, strategy="longest_first")
        self._threads = threads

    @property
    def name(self) -> str:
        """Model and revision."""
        return f"{self.manifest.name}@{self.manifest.revision}"

    def knows(self, claim: str) -> bool:
        """Whether the claim is among those of the training set, word for word."""
        return digest(claim) in self.manifest.claims

    def judge(self, pairs: Sequence[tuple[str, str]]) -> list[Stance]:
        """One stance for each (text, claim), in the order given; the same pair always gets the same answer."""
        return [
            self.manifest.calibration_for(claim).stance(logits) for (_, claim), logits in zip(pairs, self.logits(pairs), strict=True)
        ]

    def logits(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float64]:
        """What the network says of each (text, claim), before calibration; shape (pairs, 4)."""
        if not pairs:
            return np.zeros((0, 4))
        with ThreadPoolExecutor(self._threads) as readers:
            return np.array(list(readers.map(self._read, self.encode(pairs))))

    def encode(self, pairs: Sequence[tuple[str, str]]) -> list[Inputs]:
        """What the network is given of each (text, claim): three arrays of shape (1, tokens)."""
        return [_inputs(found) for found in self._tokenizer.encode_batch(list(pairs))]

    def _read(self, inputs: Inputs) -> NDArray[np.float64]:
        (logits,) = self.session.run(["logits"], inputs)
        found: NDArray[np.float64] = np.asarray(logits, dtype=np.float64)[0]
        return found


def _inputs(found: "Encoding") -> Inputs:
    kinds = [int(part == 1) for part in found.sequence_ids]
    kinds[-1] = max(kinds)  # the mark after the claim is part of it, if there is a claim
    rows = {"input_ids": found.ids, "attention_mask": found.attention_mask, "token_type_ids": kinds}
    return {name: np.array([row], dtype=np.int64) for name, row in rows.items()}


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
