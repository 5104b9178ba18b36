"""The same mentions judged by networks trained with other seeds, in; how far each theme-month's net stance moves beside its band, out.

    uv run python -m evals.retraining --probabilities DIR --archive data/archive.duckdb

DIR holds pairs.json, a list of [theme, passage_id, article_id], and NAME.npy for each network: calibrated probabilities of these pairs,
shape (pairs, 4), in the order of LABELS. Every other network is compared with shipped.npy. Bands are those of view outlet_stance, stories
as units and the judge's errors included, for all outlets together: sets like aivibe_2025 have too few outlets for bands over outlets.
"""

import argparse
import json
from collections import defaultdict
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt

from tracker.measures import intervals, label_error
from tracker.records import Mention, Stance
from tracker.stance import evidence, scores
from tracker.stance.judge import read_manifest

SIDES = ("supports", "opposes", "neutral")
Months = dict[tuple[str, str], npt.NDArray[np.float64]]


def main() -> None:
    """Print the share of theme-months that move by less than the half-width of their band, overall and for each network."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--probabilities", type=Path, required=True)
    parser.add_argument("--archive", type=Path, required=True)
    args = parser.parse_args()
    pairs = json.loads((args.probabilities / "pairs.json").read_text(encoding="utf-8"))
    with duckdb.connect(args.archive, read_only=True) as connection:
        rows = connection.execute("select article_id, strftime(published_at, '%Y-%m') from articles").fetchall()
    found = {path.stem: _months(pairs, np.load(path), dict(rows)) for path in sorted(args.probabilities.glob("*.npy"))}
    manifest = read_manifest()
    known = scores.of(f"{manifest.name}@{manifest.revision}")
    error = label_error.UNKNOWN if known is None else label_error.drawn(label_error.counted(known.confusion), seed=0)
    shipped, moves = found.pop("shipped"), defaultdict(list)
    for month, sides in shipped.items():
        ours = _net(error, sides)
        if ours.value is None or ours.low is None or ours.high is None:
            continue  # under five stories there is no band to stay within
        for name, months in found.items():
            theirs = _net(error, months[month]).value if month in months else None
            moves[name].append((np.inf if theirs is None else abs(theirs - ours.value), (ours.high - ours.low) / 2))
    for name, of_network in moves.items():
        inside = np.mean([moved < half for moved, half in of_network])
        median, band = (np.median(numbers) for numbers in zip(*of_network, strict=True))
        print(f"{name}: {inside:.0%} of {len(of_network)} theme-months within the band; moves {median:.2f}, half-width {band:.2f} (medians)")
    every = [moved < half for of_network in moves.values() for moved, half in of_network]
    print(f"all: {np.mean(every):.1%} of {len(every)}")


def _months(pairs: list[list[str]], chances: npt.NDArray[np.float64], month_of: dict[str, str]) -> Months:
    """(theme, month) -> articles that support, oppose and are neutral."""
    mentions: dict[tuple[str, str], list[Mention]] = defaultdict(list)
    for (theme, passage, article), row in zip(pairs, chances, strict=True):
        stance = Stance(*map(float, row))
        if evidence.decide(stance) != "unrelated":
            mention = Mention(passage, article, theme, 1 - stance.unrelated, stance, "outlet", None, evidence.is_unsure(stance))
            mentions[theme, article].append(mention)
    months: Months = defaultdict(lambda: np.zeros(3))
    for (theme, article), of_article in mentions.items():
        summary = evidence.of_article(of_article)
        if summary is not None and month_of[article]:
            months[theme, month_of[article]][SIDES.index(summary[0])] += 1
    return months


def _net(error: label_error.LabelError, sides: npt.NDArray[np.float64]) -> intervals.Interval:
    stories = np.repeat(error.scores, sides.astype(int))
    return intervals.story_interval(stories, label_error_variance=float(error.variance(sides)))


if __name__ == "__main__":
    main()
