"""A claim of the training set and a passage's vector in, four scores out: one linear head for each claim, on frozen embeddings."""

import hashlib
import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Heads:
    """Weights for the n claims of the training set, over vectors of d numbers.

    A passage with vector u has the logits `own[i] @ u + bias[i]` toward claim i; shapes `own` (n, 4, d) and `bias` (n, 4). They are
    averaged with the cross-encoder's logits: `weight` (0..1) is their part, and `scale` is what the average is multiplied with, so
    that its softmax is calibrated. `encoder`: whose vectors they were fitted on. `places`: digest of a claim's text -> i.
    """

    encoder: str
    weight: float
    scale: float
    places: dict[str, int]
    own: NDArray[np.float64]
    bias: NDArray[np.float64]

    @property
    def dimensions(self) -> int:
        """Length of the vectors."""
        return int(self.own.shape[2])

    def know(self, claim: str) -> bool:
        """Whether there is a head for this very wording."""
        return digest(claim) in self.places

    def scores(self, claim: str, vector: NDArray[np.float32], logits: NDArray[np.float64]) -> NDArray[np.float64]:
        """Log probabilities up to a constant, shape (4,), of a passage with this vector and these cross-encoder logits (4,)."""
        i = self.places[digest(claim)]
        head = self.own[i] @ vector.astype(np.float64) + self.bias[i]
        found: NDArray[np.float64] = self.scale * (self.weight * head + (1 - self.weight) * logits)
        return found


def digest(claim: str) -> str:
    """Under what name a claim's head is filed: the sha256 of its text."""
    return hashlib.sha256(claim.encode()).hexdigest()


def read(content: bytes) -> Heads:
    """The heads in a file written by `python -m training.ship`; the caller has checked its digest."""
    with np.load(io.BytesIO(content), allow_pickle=False) as file:
        return Heads(
            encoder=str(file["encoder"]),
            weight=float(file["weight"]),
            scale=float(file["scale"]),
            places={str(claim): i for i, claim in enumerate(file["claims"])},
            own=file["own"].astype(np.float64),
            bias=file["bias"].astype(np.float64),
        )
