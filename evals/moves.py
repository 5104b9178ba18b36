"""Invented weeks of news come in; how often "growing", "fading" and "silent" are said where nothing moved, and where something did, goes out.

    python -m evals.moves [ROOMS]

A newsroom has a theme of every rate and noise at once, as an archive has. Nothing moves in half of the rooms; in the others a tenth of
the themes doubles, trebles or falls silent in the newest week. The noise of a theme multiplies its rate anew each week: independent and
gamma (its stories are then negative binomial), or log-normal and autocorrelated.
"""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal

import numpy as np

from tracker.measures import moves
from tracker.measures.intervals import FloatArray, IntArray
from tracker.measures.turning import MAX_Q

SEED = 20261123
RATES = (0.5, 2.0, 8.0, 30.0)  # stories a week
# Standard deviation of the weekly level over its mean; discovered themes of 2025 had 0.4 (full texts) and 0.1 (summaries), medians
VARIATIONS = (0.0, 0.3, 0.5, 0.7, 1.0)
COPIES = 3  # themes of each kind: 60 in a room
WEEKS = (5, 8, 12)  # before the newest: the fewest that are tested, and the most
STORIES, SIZE = 200, 30.0  # of all subjects a week, negative binomial: between 130 and 280, with holidays
FACTORS = (2.0, 3.0, 0.0)
MOVED = 0.1
FALSE_ALARM = 0.05


@dataclass(frozen=True, slots=True)
class Noise:
    """How the weeks of a theme vary about its rate."""

    form: Literal["gamma", "log-normal"]
    autocorrelation: float = 0.0

    def levels(self, variations: FloatArray, weeks: int, random: np.random.Generator) -> FloatArray:
        """Themes x weeks, newest first: multiples of the rate, one on average."""
        shape = (len(variations), weeks)
        spread = np.maximum(variations[:, None], 1e-3)
        if self.form == "gamma":
            return random.gamma(1 / spread**2, spread**2, shape)
        drift = random.normal(size=shape)
        for week in range(1, weeks):
            drift[:, week] = self.autocorrelation * drift[:, week - 1] + np.sqrt(1 - self.autocorrelation**2) * drift[:, week]
        deviation = np.sqrt(np.log1p(spread**2))
        levels: FloatArray = np.exp(deviation * drift - deviation**2 / 2)
        return levels


NOISES = (Noise("gamma"), Noise("log-normal"), Noise("log-normal", 0.3), Noise("log-normal", 0.5), Noise("log-normal", 0.7))


@dataclass(frozen=True, slots=True)
class Row:
    """What was said in the rooms of one noise and one number of weeks before."""

    noise: Noise
    weeks: int
    alarms: FloatArray  # rates x variations: part of the themes with p < 0.05, in rooms where nothing moved
    any_false: float  # part of these rooms in which some theme is said to move
    false_among_shown: float  # in the other rooms: mean part of the shown moves that are none
    shown: float  # moves a room
    found: FloatArray  # rates x factors: part of the moved themes with p < 0.05
    told: FloatArray  # rates x factors: part of them shown, at q <= 0.10


def evaluate(rooms: int = 60, seed: int = SEED) -> list[Row]:
    """`rooms` newsrooms of either kind for every row; about a minute and a half by default."""
    cases = list(product(NOISES, WEEKS))
    randoms = [np.random.default_rng(child) for child in np.random.SeedSequence(seed).spawn(len(cases))]
    return [rates_of(noise, weeks, rooms, random) for (noise, weeks), random in zip(cases, randoms, strict=True)]


def rates_of(noise: Noise, weeks: int, rooms: int, random: np.random.Generator) -> Row:
    """One row, from `rooms` newsrooms in which nothing moves and as many in which a tenth does."""
    rates, variations = (np.tile(values, COPIES) for values in np.array(list(product(RATES, VARIATIONS))).T)
    alarms, any_false = np.zeros((len(RATES), len(VARIATIONS))), 0
    for _ in range(rooms):
        p, q = _room(noise, rates, variations, np.ones_like(rates), weeks, random)
        alarms += (p < FALSE_ALARM).reshape(COPIES, len(RATES), len(VARIATIONS)).mean(axis=0)
        any_false += bool((q <= MAX_Q).any())
    false, shown = 0.0, 0
    moved, found, told = np.zeros((3, len(RATES), len(FACTORS)))
    for _ in range(rooms):
        chosen = random.random(len(rates)) < MOVED
        factors = np.where(chosen, random.choice(FACTORS, len(rates)), 1.0)
        p, q = _room(noise, rates, variations, factors, weeks, random)
        is_shown = q <= MAX_Q
        false += (is_shown & ~chosen).sum() / max(1, is_shown.sum())
        shown += int(is_shown.sum())
        cell = (
            np.searchsorted(RATES, rates[chosen]),
            np.array([FACTORS.index(factor) for factor in factors[chosen]], dtype=np.int64),
        )
        for counted, values in ((moved, np.ones_like(p)), (found, p < FALSE_ALARM), (told, is_shown)):
            np.add.at(counted, cell, values[chosen])
    parts = (counted / np.maximum(1, moved) for counted in (found, told))
    return Row(noise, weeks, alarms / rooms, any_false / rooms, false / rooms, shown / rooms, *parts)


def _room(
    noise: Noise, rates: FloatArray, variations: FloatArray, factors: FloatArray, weeks: int, random: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """The p and q of every theme of one newsroom; 1 where there is too little data."""
    all_stories = np.maximum(1, random.negative_binomial(SIZE, SIZE / (SIZE + STORIES), weeks + 1))
    levels = rates[:, None] * noise.levels(variations, weeks + 1, random) * all_stories / STORIES
    levels[:, 0] *= factors
    counts = random.poisson(levels)
    is_tested = counts.sum(axis=1) >= moves.MIN_STORIES
    p, q = np.ones((2, len(rates)))
    p[is_tested] = _p_values(counts[is_tested], all_stories)
    q[is_tested] = moves.q_values(p[is_tested])
    return p, q


def _p_values(counts: IntArray, all_stories: IntArray) -> list[float]:
    noise = moves.noises(counts, all_stories)
    return [moves.p_value(of, all_stories, weights) for of, weights in zip(counts, noise, strict=True)]


def markdown(rows: Sequence[Row], rooms: int, seed: int = SEED) -> str:
    """The rows as text: false alarms, then every cell of the independent weeks, then power."""
    named = [(row.noise.form, f"{row.noise.autocorrelation}", f"{row.weeks}") for row in rows]
    independent = [(name, row) for name, row in zip(named, rows, strict=True) if not row.noise.autocorrelation]
    themes = COPIES * len(RATES) * len(VARIATIONS)
    head = ["noise", "autocorrelation", "weeks before"]
    return "\n".join(
        [
            f"{rooms} rooms of {themes} themes without a move and as many in which {MOVED:.0%} move, a row; seed {seed}.\n",
            _table(
                [*head, "p < 0.05, mean", "worst cell", "some move shown where none is", "false among shown", "shown a room"],
                ([*name, *(f"{part:.1%}" for part in (row.alarms.mean(), row.alarms.max(), row.any_false, row.false_among_shown)), f"{row.shown:.1f}"]
                 for name, row in zip(named, rows, strict=True)),
            ),
            "\np < 0.05 in independent weeks, by stories a week (rows) and variation.\n",
            _table(
                [*head, "stories a week", *(f"{variation}" for variation in VARIATIONS)],
                ([*name, f"{rate}", *(f"{part:.1%}" for part in row.alarms[i])] for name, row in independent for i, rate in enumerate(RATES)),
            ),
            "\nMoves found at p < 0.05 / shown at q <= 0.10, by stories a week, all variations together.\n",
            _table(
                [*head, "stories a week", *("silent" if not factor else f"x {factor:g}" for factor in FACTORS)],
                ([*name, f"{rate}", *(f"{a:.0%} / {b:.0%}" for a, b in zip(row.found[i], row.told[i], strict=True))]
                 for name, row in zip(named, rows, strict=True) for i, rate in enumerate(RATES)),
            ),
        ]
    )  # fmt: skip


def _table(head: list[str], rows: Iterable[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    print(markdown(evaluate(number), number))
