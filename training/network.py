"""Pairs in, a trained cross-encoder, its logits and its int8 ONNX file out. Needs torch and transformers (group 'training')."""

import math
import random
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from tokenizers import Tokenizer
from torch import nn
from transformers import AutoModel

from tracker.records import LABELS
from training.pairs import MAX_TOKENS, Pair

BATCH = 32
WARMUP = 0.1  # share of the steps
WEIGHT_DECAY = 0.01
SMOOTHING = 0.05  # about the share of labels a second reader would change


class CrossEncoder(nn.Module):
    """Token ids of (text, claim) -> four logits.

    The tokens of text and claim attend to each other; the head compares the mean of the text's with the mean of the claim's
    tokens (u, v, |u - v|, u * v), as the base model was trained with mean pooling and its first token means nothing.
    """

    def __init__(self, base: Path) -> None:
        super().__init__()
        self.body = AutoModel.from_pretrained(str(base), attention_probs_dropout_prob=0.0)
        self.body.embeddings.requires_grad_(False)  # 12 of 23 million weights; few data move them only by noise
        width = self.body.config.hidden_size
        self.dropout = nn.Dropout(0.1)
        self.head = nn.Linear(4 * width, len(LABELS))

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor, token_type_ids: torch.Tensor) -> torch.Tensor:
        """Shapes (pairs, tokens) -> (pairs, 4). `token_type_ids` is 0 for the text and 1 for the claim."""
        states = self.body(input_ids, attention_mask, token_type_ids).last_hidden_state.float()
        text = _mean(states, attention_mask * (1 - token_type_ids))
        claim = _mean(states, attention_mask * token_type_ids)
        features = torch.cat([text, claim, (text - claim).abs(), text * claim], dim=1)
        return self.head(self.dropout(features))  # type: ignore[no-any-return]


def _mean(states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    weights = mask.unsqueeze(-1).to(states.dtype)
    return (states * weights).sum(1) / weights.sum(1).clamp(min=1.0)


def load_tokenizer(path: Path) -> Tokenizer:
    """The tokenizer, cutting the longer of text and claim at MAX_TOKENS, as the judge does."""
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS, strategy="longest_first")
    return tokenizer


def train(
    model: CrossEncoder, tokenizer: Tokenizer, pairs: Sequence[Pair], *, epochs: int, rate: float, seed: int, log: str = ""
) -> None:
    """Fit in place with AdamW, linear warm-up and decay, bf16 autocast; the seed fixes order and dropout."""
    torch.manual_seed(seed)
    draw = random.Random(seed)
    encoded = [_encode(tokenizer, p) for p in pairs]
    targets = torch.tensor([p.target for p in pairs])
    steps = epochs * math.ceil(len(pairs) / BATCH)
    weights = [w for w in model.parameters() if w.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=rate, weight_decay=WEIGHT_DECAY, fused=True)
    rise = WARMUP * steps
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda s: min(s / rise, (steps - s) / (steps - rise)))
    model.train()
    started, step, running = time.perf_counter(), 0, 0.0
    for _ in range(epochs):
        for rows in _batches([len(ids) for ids, _ in encoded], draw):
            with torch.autocast("cpu", torch.bfloat16):
                logits = model(*_tensors([encoded[i] for i in rows])).float()
            loss = nn.functional.cross_entropy(logits, targets[rows], label_smoothing=SMOOTHING)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()
            running = 0.98 * running + 0.02 * loss.item()
            step += 1
            if step % 100 == 0:
                took = time.perf_counter() - started
                print(f"{log} {step}/{steps} loss {running / (1 - 0.98**step):.3f} {took:.0f} s", flush=True)


def logits_of(model: CrossEncoder, tokenizer: Tokenizer, pairs: Sequence[Pair]) -> npt.NDArray[np.float32]:
    """Logits, shape (pairs, 4), in the order given."""
    model.eval()
    encoded = [_encode(tokenizer, p) for p in pairs]
    order = sorted(range(len(pairs)), key=lambda i: len(encoded[i][0]))
    found = np.zeros((len(pairs), len(LABELS)), dtype=np.float32)
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        for start in range(0, len(order), 64):
            rows = order[start : start + 64]
            found[rows] = model(*_tensors([encoded[i] for i in rows])).float().numpy()
    return found


def export(model: CrossEncoder, path: Path) -> None:
    """Write the model as int8 ONNX (dynamic quantization, weights per channel, embeddings included)."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    model.eval()
    ids = torch.ones((2, 9), dtype=torch.long)
    axes = {0: "pairs", 1: "tokens"}
    names = ["input_ids", "attention_mask", "token_type_ids"]
    full = path.with_suffix(".fp32.onnx")
    torch.onnx.export(
        model, (ids, ids, ids), str(full), input_names=names, output_names=["logits"], opset_version=17, dynamo=False,
        dynamic_axes={**dict.fromkeys(names, axes), "logits": {0: "pairs"}},
    )  # fmt: skip
    # reduce_range: processors without VNNI overflow on full 8-bit products and would answer differently from ours.
    quantize_dynamic(full, path, weight_type=QuantType.QInt8, per_channel=True, reduce_range=True)


def _encode(tokenizer: Tokenizer, pair: Pair) -> tuple[list[int], list[int]]:
    found = tokenizer.encode(pair.text, pair.claim)
    second = found.sequence_ids.index(1)
    return found.ids, [int(i >= second) for i in range(len(found.ids))]


def _tensors(rows: Sequence[tuple[list[int], list[int]]]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    width = -(-max(len(ids) for ids, _ in rows) // 8) * 8
    ids = torch.ones((len(rows), width), dtype=torch.long)
    mask, types = torch.zeros_like(ids), torch.zeros_like(ids)
    for i, (tokens, kinds) in enumerate(rows):
        ids[i, : len(tokens)] = torch.tensor(tokens)
        mask[i, : len(tokens)] = 1
        types[i, : len(kinds)] = torch.tensor(kinds)
    return ids, mask, types


def _batches(lengths: Sequence[int], draw: random.Random) -> Iterator[list[int]]:
    """Row numbers in batches of similar length, in random order: half the padding, twice the speed."""
    order = sorted(range(len(lengths)), key=lambda i: lengths[i] + draw.uniform(-6, 6))
    batches = [order[i : i + BATCH] for i in range(0, len(order), BATCH)]
    draw.shuffle(batches)
    return iter(batches)
