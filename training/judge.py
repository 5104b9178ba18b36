"""The labelled sets under --shared in; a trained cross-encoder and its logits of passages it never saw, in --out, out.

    python -m training.judge --shared ../shared --base PATH/TO/all-mpnet-base-v2 --out DIR

Every finished step leaves a file in --out and is not done again; one that was cut off goes on from its checkpoint. What ships takes a
first stage (38,600 pairs) and a second (113,000), 2.2 hours at the 19 pairs a second of two cores with bf16. --folds also trains once
per group of themes and judges the themes left out (another 5 hours there; minutes on a GPU, which is used if there is one).
`training.ship`, which comes next and needs no torch, takes calibration and scores from there.
"""

import argparse
import shutil
from pathlib import Path

import numpy as np
import torch

from training import labelled, pairs
from training.network import CrossEncoder, export, load_tokenizer, logits_of, smooth, train

SEED = 3
FIRST_SEED = 1
RATE = 4e-5
EPOCHS = 3
WATCHED = 403  # silver passages on which the outliers of the activations are found
CLAIMS = Path(__file__).parent / "claims.yaml"


def main() -> None:
    """Read the arguments and run the steps that are missing in --out."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, required=True)
    parser.add_argument("--base", type=Path, required=True, help="folder of all-mpnet-base-v2")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--folds", action="store_true", help="also train without each quarter of the themes")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    args.out.mkdir(parents=True, exist_ok=True)
    recipe = _Recipe(args.shared, args.base, args.out)
    recipe.first()
    recipe.full()
    for fold in range(pairs.FOLDS if args.folds else 0):
        recipe.fold(fold)
    recipe.export()


class _Recipe:
    """The steps; each reads what the ones before it left in `out`."""

    def __init__(self, shared: Path, base: Path, out: Path) -> None:
        self.base, self.out = base, out
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.tokenizer = load_tokenizer(base / "tokenizer.json")
        self.dev = pairs.dev(shared)
        self.arguments = pairs.first_stage(shared, FIRST_SEED)
        self.real = pairs.without_dev([*pairs.silver(shared), *labelled.found(shared)], self.dev)
        self.written = labelled.written(shared)

    def first(self) -> None:
        done = self.out / "first.pt"
        if not done.exists():
            rows = self.arguments + pairs.mismatched(self.arguments, len(self.arguments) // 6, FIRST_SEED)
            self._train(CrossEncoder(self.base), rows, epochs=1, seed=FIRST_SEED, done=done)

    def full(self) -> None:
        """What ships: all but the passages held out; the logits of those, and of dev, are kept."""
        done = self.out / "full.pt"
        if not done.exists():
            rows = [p for p in self.real if not pairs.is_held_out(p.text)] + self.written
            model = self._second(rows, SEED, done)
            held = [i for i, p in enumerate(self.real) if pairs.is_held_out(p.text)]
            self._keep("full", model, held, list(range(len(self.dev))))

    def fold(self, fold: int) -> None:
        """Without the fold's themes; their real passages, and those of dev, are judged."""
        done = self.out / f"fold{fold}.pt"
        if not done.exists():
            folds = pairs.fold_of(p.theme for p in self.real)
            rows = [
                *(p for p in self.real if folds[p.theme] != fold and not pairs.is_held_out(p.text)),
                *(p for p in self.written if folds[p.theme] != fold),
            ]
            model = self._second(rows, 10 + fold, done)
            held = [i for i, p in enumerate(self.real) if folds[p.theme] == fold]
            self._keep(f"fold{fold}", model, held, [i for i, p in enumerate(self.dev) if folds[p.theme] == fold])

    def export(self) -> None:
        if not (self.out / "stance.onnx.gz").exists():
            model = CrossEncoder(self.base)
            model.load_state_dict(torch.load(self.out / "full.pt", map_location="cpu"))
            smooth(model, self.tokenizer, self.real[:: len(self.real) // WATCHED])
            export(model, self.out / "stance.onnx.gz")
        shutil.copyfile(self.base / "tokenizer.json", self.out / "tokenizer.json")

    def _second(self, rows: list[pairs.Pair], seed: int, done: Path) -> CrossEncoder:
        model = CrossEncoder(self.base)
        model.load_state_dict(torch.load(self.out / "first.pt", map_location="cpu"))
        shown = [
            *rows,
            *pairs.reworded(rows, CLAIMS, seed),
            *pairs.mismatched(rows, pairs.MISMATCHED, seed),
            *self.arguments[: pairs.KEPT_FROM_FIRST],
        ]
        return self._train(model, shown, epochs=EPOCHS, seed=seed, done=done)

    def _train(self, model: CrossEncoder, rows: list[pairs.Pair], epochs: int, seed: int, done: Path) -> CrossEncoder:
        model.to(self.device)
        checkpoint = done.with_suffix(".checkpoint")
        train(model, self.tokenizer, rows, epochs=epochs, rate=RATE, seed=seed, checkpoint=checkpoint)
        torch.save(model.state_dict(), done)
        return model

    def _keep(self, name: str, model: CrossEncoder, real: list[int], dev: list[int]) -> None:
        """Logits, and the digests of what they are of; no text."""
        found = {}
        for kind, rows in (("real", [self.real[i] for i in real]), ("dev", [self.dev[i] for i in dev])):
            found[f"{kind}_keys"] = np.array([p.key for p in rows])
            found[f"{kind}_logits"] = logits_of(model, self.tokenizer, rows)
        np.savez(self.out / f"{name}.npz", **found)


if __name__ == "__main__":
    main()
