"""A judge that errs as known labels invented stories: how often the band with its errors, and that of the stories alone, hold the true net stance.

    python -m evals.label_error
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tracker.measures.label_error import GOLD_SCORES, UNKNOWN, drawn

RATES = np.array([[0.75, 0.05, 0.20], [0.10, 0.60, 0.30], [0.08, 0.08, 0.84]])  # gold x found: worse at opposes, as real judges are
GOLD_MIX = (0.25, 0.2, 0.55)  # of supports, opposes, neutral among the gold passages
CONCENTRATION = 9.0  # stories of one outlet resemble each other with correlation 0.1, as in evals/intervals.py
OUTLETS = 30
MIXES = ((0.6, 0.1, 0.3), (0.3, 0.2, 0.5), (0.4, 0.4, 0.2))  # supports, opposes, neutral: one-sided, as usual, divided


@dataclass(frozen=True, slots=True)
class Held:
    """Of the runs, the part in which a band held the true net stance, and the bands' mean half-width."""

    rate: float
    half_width: float


def coverage(mix: Sequence[float], stories_each: int, gold: int, runs: int, seed: int) -> tuple[Held, Held]:
    """Of the band with the judge's errors, and of the band of the stories alone; labels and gold labels are drawn anew each run."""
    draw = np.random.default_rng(seed)
    true_mix = np.array(mix)
    bands = []
    for run in range(runs):
        counts = np.array([draw.multinomial(n, row) for n, row in zip(draw.multinomial(gold, GOLD_MIX), RATES, strict=True)])
        mixes = draw.dirichlet(true_mix * CONCENTRATION, OUTLETS)
        sides = np.array([draw.multinomial(stories_each, of_outlet @ RATES) for of_outlet in mixes]).T[:, None, :]
        found = [error.net(sides) for error in (drawn(counts, run), UNKNOWN)]
        bands.append(np.array([[net.low[0], net.high[0]] for net in found]))
    low, high = np.array(bands).transpose(2, 1, 0)
    truth = true_mix @ GOLD_SCORES
    rates, halves = ((low <= truth) & (truth <= high)).mean(axis=1), ((high - low) / 2).mean(axis=1)
    return Held(float(rates[0]), float(halves[0])), Held(float(rates[1]), float(halves[1]))


def markdown(runs: int = 300, seed: int = 11) -> str:
    """A table over mixes, numbers of stories and of gold labels."""
    lines = ["| true net, as read | stories | gold labels | stories alone | with the judge's errors |", "| --- | --- | --- | --- | --- |"]
    for mix in MIXES:
        for stories_each in (2, 10, 100):
            for gold in (300, 1000):
                with_errors, alone = coverage(mix, stories_each, gold, runs, seed)
                told = [f"{held.rate:.0%} (±{held.half_width:.2f})" for held in (alone, with_errors)]
                nets = f"{np.array(mix) @ GOLD_SCORES:+.2f}, {np.array(mix) @ RATES @ GOLD_SCORES:+.2f}"
                lines.append(f"| {nets} | {OUTLETS} x {stories_each} | {gold} | {told[0]} | {told[1]} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(markdown())
