"""A judge's gold and found labels come in; its error rates, shares corrected for them, and their part of an interval of net stance go out.

A judge that errs reads a mix of stances as more even than it is: what it takes from a large side it gives to the small ones. So an
interval made of sampling alone misses the truth, the more surely the more stories there are. Here the truth is what careful reading
of the same passages would say; the errors counted on gold passages are taken to be those made on all others. They may differ by
outlet and language, which a few hundred gold passages cannot tell.

Two windows read by one judge err alike: equal mixes read equal. So whether net stance *changed* is tested on intervals of the
stories alone; with the errors in both, every change would drown in what the two have in common.

The edge cases. No gold passages: nothing is known, nothing is added. A window without stories: nothing is added.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tracker.measures import intervals
from tracker.measures.intervals import FloatArray, Intervals, Numbers, divide
from tracker.records import Label

SIDES: tuple[Label, ...] = ("supports", "opposes", "neutral")  # the order of every axis of three in this file
GOLD_SCORES = np.array([1.0, -1.0, 0.0])  # what a story with that gold label adds to net stance

DRAWS = 200  # the variance of a variance then is 10 %: of an interval's half-width, 5 %
# One passage in all for each gold label (Perks' prior): keeps a label that was never found possible. Laplace's three passages would
# pull the rates of a side with twenty gold passages a tenth of the way to the middle.
PRIOR = 1 / 3
# Published comparisons of corrected with plain labels: correction helps from 600 to 1,000 gold labels on, and can hurt with 200 to 400.
ENOUGH_GOLD = 600
_WINDOWS_AT_ONCE = 500  # times 200 draws are some MB: fits into a processor's cache


@dataclass(frozen=True, slots=True)
class LabelError:
    """A judge's error rates, drawn at random around those counted: `rates` is draws x gold x found, each row adding up to 1.

    `gold_labels` is how many passages they were counted on. With fewer than ENOUGH_GOLD a net stance is shown as labelled, and the
    whole distance to the corrected one counts as error; from there on it is shown corrected.
    """

    rates: FloatArray
    gold_labels: int

    @property
    def is_known(self) -> bool:
        """Whether any gold passage was judged; without, the methods leave everything as labelled."""
        return self.gold_labels > 0

    @property
    def is_corrected(self) -> bool:
        """Whether there is gold enough to show net stance corrected."""
        return self.gold_labels >= ENOUGH_GOLD

    @property
    def shared(self) -> "LabelError":
        """For comparing what one judge has read: it errs alike on both sides, so nothing is added to either interval."""
        return self if self.is_corrected else UNKNOWN

    @property
    def scores(self) -> FloatArray:
        """What a story with each found label adds to net stance: 1, -1 and 0 as labelled.

        Corrected, the scores whose mean over the found labels of a gold label is that label's own: the mean of many stories is then
        unbiased, and every interval made from sums and squares of scores holds. They may lie outside -1..1.
        """
        if not self.is_corrected:
            return GOLD_SCORES
        corrected: FloatArray = np.linalg.pinv(self.rates.mean(axis=0)) @ GOLD_SCORES  # a judge at chance has no inverse
        return corrected

    def scored(self, sides: Numbers) -> tuple[FloatArray, FloatArray, FloatArray]:
        """(sums, counts, squares) of story scores, as intervals.net_intervals takes them, from 3 x anything: stories by found label."""
        counts = np.asarray(sides, dtype=np.float64)
        return np.tensordot(self.scores, counts, 1), counts.sum(axis=0), np.tensordot(self.scores**2, counts, 1)

    def variance(self, sides: Numbers) -> FloatArray:
        """What the judge's errors add to the variance of a window's net stance, from windows x 3 (or just 3): stories by found label.

        The mean squared distance, over the draws, between the corrected net stance and the one that is shown.
        """
        counts = np.asarray(sides, dtype=np.float64)
        distinct, places = np.unique(counts.reshape(-1, 3), axis=0, return_inverse=True)  # days and months with few stories are alike
        totals = distinct.sum(axis=-1, keepdims=True)
        shares = divide(distinct, np.repeat(totals, 3, axis=1), absent=0.0)
        added = np.zeros(len(shares))
        for start in range(0, len(shares) if self.is_known else 0, _WINDOWS_AT_ONCE):
            part = shares[start : start + _WINDOWS_AT_ONCE]
            shown = np.clip(part @ self.scores, -1, 1)
            added[start : start + len(part)] = ((corrected(part, self.rates) @ GOLD_SCORES - shown) ** 2).mean(axis=0)
        return np.where(totals[:, 0] > 0, added, 0.0)[places.reshape(counts.shape[:-1])]

    def net(self, sides: Numbers) -> Intervals:
        """Net stances with intervals that include the judge's errors, from 3 x windows x outlets: stories by found label."""
        totals = np.asarray(sides, dtype=np.float64).sum(axis=-1).T
        return intervals.net_intervals(*self.scored(sides), self.variance(totals))


UNKNOWN = LabelError(np.empty((0, 3, 3)), 0)


def counted(confusion: Mapping[Label, Mapping[Label, int]]) -> npt.NDArray[np.int64]:
    """Gold x found passages, those on which gold and judge agree that they bear on the claim; from gold label -> found label -> passages."""
    return np.array([[confusion.get(gold, {}).get(found, 0) for found in SIDES] for gold in SIDES], dtype=np.int64)


def drawn(counts: npt.NDArray[np.int64], seed: int) -> LabelError:
    """Error rates that could have led to these gold x found counts: for each gold label from its Dirichlet posterior."""
    if not counts.sum():
        return UNKNOWN
    draw = np.random.default_rng(seed)
    return LabelError(np.stack([draw.dirichlet(row + PRIOR, DRAWS) for row in counts], axis=1), int(counts.sum()))


def corrected(shares: FloatArray, rates: FloatArray) -> FloatArray:
    """The gold shares that best explain found ones under gold x found rates, by least squares on the simplex: draws x windows x 3.

    From windows x 3 and draws x 3 x 3. Exact: where the inverse of the rates gives no shares, the best lies on an edge of the
    triangle of all shares, and for an edge there is a formula.
    """
    best: FloatArray = np.einsum("wf,dfg->dwg", shares, np.linalg.pinv(rates))
    is_shares = (best >= 0).all(axis=-1) & np.isclose(best.sum(axis=-1), 1)
    distance = np.where(is_shares, 0.0, np.inf)
    for one, other in ((0, 1), (0, 2), (1, 2)):
        start, step = rates[:, other], rates[:, one] - rates[:, other]
        along = shares @ step.T - (start * step).sum(axis=-1)
        part = np.clip(along / np.maximum((step**2).sum(axis=-1), np.finfo(np.float64).tiny), 0, 1).T[..., None]
        away = ((start[:, None] + part * step[:, None] - shares) ** 2).sum(axis=-1)
        is_better = away < distance
        best = np.where(is_better[..., None], part * np.eye(3)[one] + (1 - part) * np.eye(3)[other], best)
        distance = np.where(is_better, away, distance)
    return best
