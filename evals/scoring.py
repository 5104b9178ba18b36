"""Gold and found labels of passages in, scores with their intervals out: F1 of chosen labels, calibration, resampled clusters. All pure.

Every measure here is a function of counts, and counts of clusters add up. So one draw of clusters is one row of weights, and a thousand
draws are one product of matrices.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from sklearn.model_selection import GroupKFold

DRAWS = 1000  # bootstrap resamples: the ends of the interval then move by less than 0.005
SEED = 20251125  # any number; fixed so that a score can be repeated
BINS = 10  # of equal width, for the expected calibration error
FOLDS = 5  # of whole clusters: calibration is fitted on four fifths, as little as 320 passages of the dev set
FEWEST_CLUSTERS = 5  # with fewer, resampling them says little: no interval, as in measures/intervals.py
RIDGE = 0.01  # keeps scale near 1 and shift near 0: some hundred rows cannot tell eight numbers exactly

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Statistic = Callable[[Floats], Floats]


@dataclass(frozen=True, slots=True)
class Measured:
    """A measure over `rows` passages, and its 95 % interval; None where there is nothing to measure, or too few clusters."""

    value: float | None
    low: float | None
    high: float | None
    rows: int

    def as_dict(self) -> dict[str, float | int | None]:
        """As plain JSON values, rounded to four digits."""
        return {key: None if n is None else round(n, 4) for key, n in asdict(self).items()}

    def __str__(self) -> str:
        """As "0.612 (0.550 to 0.671)", or "-"."""
        if self.value is None:
            return "-"
        return f"{self.value:.3f}" + ("" if self.low is None else f" ({self.low:.3f} to {self.high:.3f})")


def clusters(names: Sequence[str | None]) -> Ints:
    """A number for each row: the same for rows of one name; a row without a name is a cluster of its own."""
    places: dict[object, int] = {}
    return np.array([places.setdefault(name or ("row", row), len(places)) for row, name in enumerate(names)], dtype=np.int64)


def confusions(truth: Ints, found: Ints, cluster: Ints, labels: int) -> Floats:
    """Counts, shape (clusters, labels, labels): gold by found, of positions below `labels`."""
    counts = np.zeros((int(cluster.max(initial=-1)) + 1, labels, labels))
    np.add.at(counts, (cluster, truth, found), 1)
    return counts


def f1(counts: Floats) -> Floats:
    """F1 of each label, shape (..., labels), from (..., labels, labels); nan where a label is neither gold nor found."""
    hits = np.diagonal(counts, axis1=-2, axis2=-1)
    seen = counts.sum(axis=-1) + counts.sum(axis=-2)
    return np.divide(2 * hits, seen, out=np.full(hits.shape, np.nan), where=seen > 0)


def mean_f1(counts: Floats, labels: int | None = None) -> Floats:
    """Mean F1 of the first `labels` labels (all, if None) that are gold or found anywhere; nan if none is."""
    scores = f1(counts)[..., :labels]
    known = ~np.isnan(scores)
    return _ratio(np.where(known, scores, 0).sum(axis=-1), known.sum(axis=-1))


def f1_of(label: int) -> Statistic:
    """The statistic "F1 of this label"."""
    return lambda counts: f1(counts)[..., label]


def accuracy(counts: Floats) -> Floats:
    """Share of the rows on the diagonal."""
    return _ratio(np.trace(counts, axis1=-2, axis2=-1), counts.sum(axis=(-2, -1)))


def calibration_counts(truth: Ints, chances: Floats, cluster: Ints) -> Floats:
    """Shape (clusters, BINS + 1): in each bin of the best label's probability, rows right less probability; last, all rows."""
    sure, right = chances.max(axis=1), chances.argmax(axis=1) == truth
    counts = np.zeros((int(cluster.max(initial=-1)) + 1, BINS + 1))
    np.add.at(counts, (cluster, np.minimum((sure * BINS).astype(int), BINS - 1)), right - sure)
    np.add.at(counts, (cluster, BINS), 1)
    return counts


def calibration_error(counts: Floats) -> Floats:
    """Expected calibration error of the best label, from (..., BINS + 1)."""
    return _ratio(np.abs(counts[..., :BINS]).sum(axis=-1), counts[..., BINS])


def perfect_error(chances: Floats) -> float:
    """The mean calibration error of labels drawn from these very probabilities: what chance alone shows on so few rows."""
    draw = np.random.default_rng(SEED)
    ends, one = chances.cumsum(axis=1), np.zeros(len(chances), dtype=np.int64)
    errors = []
    for _ in range(DRAWS // 10):  # a mean needs fewer draws than an interval's ends
        truth = np.minimum((draw.random((len(chances), 1)) > ends).sum(axis=1), chances.shape[1] - 1)
        errors.append(float(calibration_error(calibration_counts(truth, chances, one)[0])))
    return float(np.mean(errors))


def measured(counts: Floats, statistic: Statistic, rows: int, *, unbiased: bool = False) -> Measured:
    """The statistic of the summed counts, with a bootstrap interval over clusters (the first axis of `counts`).

    `unbiased` moves the interval by the draws' mean distance from the value: an absolute error only grows when rows are drawn twice.
    """
    counts = counts[counts.any(axis=tuple(range(1, counts.ndim)))]
    value = float(statistic(counts.sum(axis=0)))
    if np.isnan(value):
        return Measured(None, None, None, rows)
    if len(counts) < FEWEST_CLUSTERS:
        return Measured(value, None, None, rows)
    weights = np.random.default_rng(SEED).multinomial(len(counts), np.full(len(counts), 1 / len(counts)), size=DRAWS)
    draws = statistic(np.tensordot(weights.astype(np.float64), counts, axes=1))
    low, high = np.nanquantile(draws, [0.025, 0.975]) + ((value - np.nanmean(draws)) if unbiased else 0.0)
    return Measured(value, max(float(low), 0.0), min(float(high), 1.0), rows)


def cross_fitted(chances: Floats, truth: Ints, cluster: Ints, *, shared: bool = False) -> Floats | None:
    """Each row's probabilities by a calibration fitted without its fold of clusters; None if there are fewer clusters than folds.

    Vector scaling of the logarithms; `shared` fits one temperature instead.
    """
    if len(np.unique(cluster)) < FOLDS:
        return None
    logs = np.log(np.maximum(chances, np.finfo(np.float32).tiny))
    found = np.empty_like(chances)
    for known, left_out in GroupKFold(FOLDS).split(logs, truth, cluster):
        scale, shift = scaling(logs[known], truth[known], shared=shared)
        found[left_out] = softmax(logs[left_out] * scale + shift)
    return found


def scaling(logits: Floats, truth: Ints, *, shared: bool = False) -> tuple[Floats, Floats]:
    """(scale, shift) of each label by maximum likelihood with a ridge; `shared`: one scale for all labels, and no shift."""
    labels = logits.shape[1]

    def numbers(weights: Floats) -> tuple[Floats, Floats]:
        return (np.repeat(weights, labels), np.zeros(labels)) if shared else (weights[:labels], weights[labels:])

    def loss(weights: Floats) -> float:
        scale, shift = numbers(weights)
        scores = logits * scale + shift
        logs = scores - np.logaddexp.reduce(scores, axis=1, keepdims=True)
        return float(-logs[np.arange(len(truth)), truth].mean() + RIDGE * ((weights - plain) ** 2).sum())

    plain = np.ones(1) if shared else np.r_[np.ones(labels), np.zeros(labels)]
    return numbers(minimize(loss, plain).x)


def softmax(scores: Floats) -> Floats:
    """Of each row."""
    found: Floats = np.exp(scores - np.logaddexp.reduce(scores, axis=1, keepdims=True))
    return found


def _ratio(part: Floats, whole: Floats) -> Floats:
    part, whole = np.asarray(part, dtype=np.float64), np.asarray(whole, dtype=np.float64)
    return np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)
