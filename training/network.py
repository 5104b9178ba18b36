"""Pairs in, a trained cross-encoder, its logits and its int8 ONNX file out. Needs torch and transformers (training/requirements.txt)."""

import math
import random
import time
import zlib
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
WARMUP = 0.08  # share of the steps
WEIGHT_DECAY = 0.01
SMOOTHING = 0.05  # about the share of labels a second reader would change
SAVED_EVERY = 500  # steps between checkpoints: about 14 minutes on two cores
# Outliers of the activations are moved into the weights (SmoothQuant, Xiao et al. 2022), as int8 activations lose them otherwise:
# logits then differ from float by 0.17 instead of 0.5, and macro-F1 on dev is 0.61 and not 0.55.
MOVED = 0.8
COARSER = 1.25  # weights take 51 steps to a side instead of 64: with them the packed file is under 70 MB

GZIP = 31  # zlib's number for the largest window in a gzip frame

Encoded = tuple[list[int], list[int]]


class CrossEncoder(nn.Module):
    """Token ids of (text, claim) -> four logits.

    The tokens of text and claim attend to each other; the head compares the mean of the text's with the mean of the claim's
    tokens (u, v, |u - v|, u * v), as the base model was trained with mean pooling and its first token means nothing.
    """

    def __init__(self, base: Path) -> None:
        super().__init__()
        self.body = AutoModel.from_pretrained(str(base), attention_probs_dropout_prob=0.0, add_pooling_layer=False)
        self.body.embeddings.word_embeddings.requires_grad_(False)  # 23 of 109 million weights; few data move them only by noise
        width = self.body.config.hidden_size
        self.dropout = nn.Dropout(0.1)
        self.head = nn.Linear(4 * width, len(LABELS))

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor, token_type_ids: torch.Tensor) -> torch.Tensor:
        """Shapes (pairs, tokens) -> (pairs, 4). `token_type_ids` is 0 for the text and 1 for the claim."""
        states = self.body(input_ids, attention_mask).last_hidden_state.float()
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
    model: CrossEncoder, tokenizer: Tokenizer, pairs: Sequence[Pair], *, epochs: int, rate: float, seed: int, checkpoint: Path
) -> None:
    """Fit in place with AdamW, linear warm-up and decay, bf16 autocast; the seed fixes order and dropout.

    `checkpoint` is written now and then and taken up again when training was cut off; it is removed at the end.
    """
    torch.manual_seed(seed)
    device = next(model.parameters()).device
    encoded = [_encode(tokenizer, p) for p in pairs]
    targets = torch.tensor([p.target for p in pairs], device=device)
    steps = epochs * math.ceil(len(pairs) / BATCH)
    weights = [w for w in model.parameters() if w.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=rate, weight_decay=WEIGHT_DECAY, fused=True)
    rise = WARMUP * steps
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda s: min(s / rise, (steps - s) / (steps - rise)))
    done = 0
    if checkpoint.exists():
        found = torch.load(checkpoint, map_location=device)
        model.load_state_dict(found["model"])
        optimizer.load_state_dict(found["optimizer"])
        schedule.load_state_dict(found["schedule"])
        torch.set_rng_state(found["draws"].cpu())
        done = found["step"]
    model.train()
    started, running = time.perf_counter(), 0.0
    for step, rows in enumerate(_batches([len(ids) for ids, _ in encoded], epochs, random.Random(seed)), start=1):
        if step <= done:
            continue
        with torch.autocast(device.type, torch.bfloat16):
            logits = model(*_tensors([encoded[i] for i in rows], device)).float()
        loss = nn.functional.cross_entropy(logits, targets[rows], label_smoothing=SMOOTHING)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        running = 0.98 * running + 0.02 * loss.item()
        if step % 100 == 0:
            took = time.perf_counter() - started
            print(f"{checkpoint.stem} {step}/{steps} loss {running / (1 - 0.98 ** (step - done)):.3f} {took:.0f} s", flush=True)
        if step % SAVED_EVERY == 0:
            states = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "schedule": schedule.state_dict()}
            torch.save({**states, "draws": torch.get_rng_state(), "step": step}, checkpoint.with_suffix(".part"))
            checkpoint.with_suffix(".part").replace(checkpoint)
    checkpoint.unlink(missing_ok=True)


def logits_of(model: CrossEncoder, tokenizer: Tokenizer, pairs: Sequence[Pair]) -> npt.NDArray[np.float32]:
    """Logits, shape (pairs, 4), in the order given."""
    model.eval()
    device = next(model.parameters()).device
    encoded = [_encode(tokenizer, p) for p in pairs]
    order = sorted(range(len(pairs)), key=lambda i: len(encoded[i][0]))
    found = np.zeros((len(pairs), len(LABELS)), dtype=np.float32)
    with torch.no_grad(), torch.autocast(device.type, torch.bfloat16):
        for start in range(0, len(order), 64):
            rows = order[start : start + 64]
            found[rows] = model(*_tensors([encoded[i] for i in rows], device)).float().cpu().numpy()
    return found


class _Smoothed(nn.Module):
    """A linear layer whose input columns are divided by `scale` and whose weights are multiplied with it: the same function."""

    def __init__(self, linear: nn.Linear, scale: torch.Tensor) -> None:
        super().__init__()
        self.linear = nn.Linear(linear.in_features, linear.out_features)
        self.linear.weight.data = linear.weight.data * scale
        self.linear.bias.data = linear.bias.data.clone()
        self.register_buffer("inverse", 1 / scale)

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        return self.linear(states * self.inverse)  # type: ignore[no-any-return]


def smooth(model: CrossEncoder, tokenizer: Tokenizer, pairs: Sequence[Pair]) -> None:
    """Make every linear layer of the body one whose inputs, on `pairs`, have no outlying columns; the answers stay the same."""
    largest: dict[str, torch.Tensor] = {}

    def watch(name: str) -> None:
        def seen(layer: nn.Linear, inputs: tuple[torch.Tensor]) -> None:
            columns = inputs[0].detach().abs().reshape(-1, layer.in_features).amax(0)
            largest[name] = torch.maximum(largest.get(name, torch.zeros_like(columns)), columns)

        hooks.append(layers[name].register_forward_pre_hook(seen))

    hooks: list[torch.utils.hooks.RemovableHandle] = []
    layers = {n: layer for n, layer in model.body.named_modules() if isinstance(layer, nn.Linear)}
    for name in layers:
        watch(name)
    logits_of(model, tokenizer, pairs)
    for hook in hooks:
        hook.remove()
    for name, columns in largest.items():
        weights = layers[name].weight.abs().amax(0)
        scale = (columns.clamp(min=1e-4) ** MOVED / weights.clamp(min=1e-4) ** (1 - MOVED)).clamp(1e-2, 1e2)
        parent, leaf = name.rsplit(".", 1)
        setattr(model.body.get_submodule(parent), leaf, _Smoothed(layers[name], scale))


def export(model: CrossEncoder, path: Path) -> None:
    """Write the model as int8 ONNX (dynamic quantization, weights per channel, embeddings included), packed with gzip."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    model.eval().float().cpu()
    ids = torch.ones((2, 9), dtype=torch.long)
    axes = {0: "pairs", 1: "tokens"}
    names = ["input_ids", "attention_mask", "token_type_ids"]
    full, small = path.with_suffix(".fp32"), path.with_suffix(".int8")
    torch.onnx.export(
        model, (ids, ids, ids), str(full), input_names=names, output_names=["logits"], opset_version=17, dynamo=False,
        dynamic_axes={**dict.fromkeys(names, axes), "logits": {0: "pairs"}},
    )  # fmt: skip
    # reduce_range: processors without VNNI overflow on full 8-bit products and would answer differently from ours.
    quantize_dynamic(full, small, weight_type=QuantType.QInt8, per_channel=True, reduce_range=True)
    _coarsen(small)
    # Weights have no repeats to find, only frequent and rare values: coding these alone packs better, and unpacks in a second
    packer = zlib.compressobj(9, zlib.DEFLATED, GZIP, 9, zlib.Z_HUFFMAN_ONLY)
    path.write_bytes(packer.compress(small.read_bytes()) + packer.flush())


def _coarsen(path: Path) -> None:
    """Give the int8 weights COARSER times larger steps."""
    import onnx
    from onnx import numpy_helper

    model = onnx.load(str(path))
    tensors = {tensor.name: tensor for tensor in model.graph.initializer}
    for name, tensor in tensors.items():
        scale = tensors.get(name.replace("_quantized", "_scale"))
        if tensor.data_type == onnx.TensorProto.INT8 and scale is not None and len(tensor.dims) == 2:
            steps = np.round(numpy_helper.to_array(tensor).astype(np.float64) / COARSER).astype(np.int8)
            width = numpy_helper.to_array(scale)
            tensor.CopyFrom(numpy_helper.from_array(steps, name))
            scale.CopyFrom(numpy_helper.from_array((width * COARSER).astype(width.dtype), scale.name))
    onnx.save(model, str(path))


def _encode(tokenizer: Tokenizer, pair: Pair) -> Encoded:
    found = tokenizer.encode(pair.text, pair.claim)
    second = found.sequence_ids.index(1)
    return found.ids, [int(i >= second) for i in range(len(found.ids))]


def _tensors(rows: Sequence[Encoded], device: torch.device) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    width = -(-max(len(ids) for ids, _ in rows) // 8) * 8
    ids = torch.ones((len(rows), width), dtype=torch.long)
    mask, types = torch.zeros_like(ids), torch.zeros_like(ids)
    for i, (tokens, kinds) in enumerate(rows):
        ids[i, : len(tokens)] = torch.tensor(tokens)
        mask[i, : len(tokens)] = 1
        types[i, : len(kinds)] = torch.tensor(kinds)
    return ids.to(device), mask.to(device), types.to(device)


def _batches(lengths: Sequence[int], epochs: int, draw: random.Random) -> Iterator[list[int]]:
    """Row numbers in batches of similar length, in random order: half the padding, twice the speed."""
    for _ in range(epochs):
        order = sorted(range(len(lengths)), key=lambda i: lengths[i] + draw.uniform(-6, 6))
        batches = [order[i : i + BATCH] for i in range(0, len(order), BATCH)]
        draw.shuffle(batches)
        yield from batches
