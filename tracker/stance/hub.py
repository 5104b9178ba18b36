"""The name of a model on a hub in; a judge that runs its ONNX file out: NLI, zero-shot and four-label cross-encoders, without torch."""

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal, TypeAlias, TypeVar

import httpx2
import numpy as np
import onnxruntime
from huggingface_hub import errors as told
from huggingface_hub import hf_hub_download
from tokenizers import Tokenizer

from tracker.errors import ModelError
from tracker.records import Stance

Role: TypeAlias = Literal["supports", "opposes", "neutral", "unrelated", "not_entailed"]
Odds: TypeAlias = Mapping[Role, float]  # what the model gives each of its labels, summing to 1
Ask: TypeAlias = Callable[[str, str], Odds]  # a text and a sentence about it

READING = 1  # raise it when an answer is read otherwise than before: it is part of the judge's name, and all is judged anew
# The same weights at full precision first: they are what a model's card has scores for
_WEIGHTS = ("onnx/model.onnx", "model.onnx", "onnx/model_quantized.onnx", "model_quantized.onnx")
_TOKENS = 256  # a passage of 320 characters and a claim take about 110; what is longer is cut
_ROLES: dict[str, Role] = {
    "entailment": "supports", "entails": "supports", "entail": "supports", "support": "supports", "supports": "supports",
    "agree": "supports", "agrees": "supports", "contradiction": "opposes", "contradicts": "opposes", "contradict": "opposes",
    "refute": "opposes", "refutes": "opposes", "oppose": "opposes", "opposes": "opposes", "disagree": "opposes", "disagrees": "opposes",
    "neutral": "neutral", "discuss": "neutral", "not enough info": "neutral", "unrelated": "unrelated",
    "not entailment": "not_entailed", "non entailment": "not_entailed",
}  # fmt: skip
_NEGATED = "The following is not true: {}"
_TOPIC = "This text is about whether the following is true: {}"

_Loaded = TypeVar("_Loaded")


class HubJudge:
    """A cross-encoder fetched by name. How its labels become our four is decided by which labels it has: see `reading`.

    Its probabilities are as the model gives them, not calibrated: measure before use (`tracker evaluate stance --judge`).
    """

    def __init__(
        self, model: str, revision: str = "main", folder: Path | None = None, endpoint: str | None = None, threads: int = 2
    ) -> None:
        """Fetch what is not here yet, and load it.

        `folder`, `endpoint`: where files are kept and which hub is asked; None: as HF_HOME and HF_ENDPOINT say. A model that was
        fetched once works without a network. Raises ModelError: no such model, no network, no ONNX file, a damaged file, or
        labels we cannot read.
        """
        files = _Files(model, revision, folder, endpoint)
        config = _loaded(files.config, lambda: dict(json.loads(files.config.read_text(encoding="utf-8"))))
        self._roles = roles(model, config)
        self._read = reading(model, self._roles)
        self.name = f"{model}@{files.commit[:12]}/{files.weights_name}.r{READING}"  # a commit may hold the weights at several precisions
        self._tokenizer = _loaded(files.tokenizer, lambda: Tokenizer.from_file(str(files.tokenizer)))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(_length(config), strategy="longest_first")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # whole pairs go to threads, one at a time: no answer depends on its neighbours (stance/judge.py)
        options.inter_op_num_threads = 1
        options.log_severity_level = 3  # errors only
        self._session = _loaded(
            files.weights, lambda: onnxruntime.InferenceSession(str(files.weights), options, providers=["CPUExecutionProvider"])
        )
        self._inputs = {given.name: np.int32 if "int32" in given.type else np.int64 for given in self._session.get_inputs()}
        if unknown := sorted(self._inputs.keys() - {"input_ids", "attention_mask", "token_type_ids"}):
            raise ModelError(f"{model}: its ONNX file wants {', '.join(unknown)}, which no cross-encoder on text does. Choose another.")
        self._threads = threads

    def knows(self, claim: str) -> bool:  # noqa: ARG002  # as the protocol has it
        """No claim: what it was trained on is not known here."""
        return False

    def judge(self, pairs: Sequence[tuple[str, str]]) -> list[Stance]:
        """One stance for each (text, claim), in the order given; the same pair always gets the same answer. Raises ModelError."""
        with ThreadPoolExecutor(self._threads) as readers:
            return list(readers.map(lambda pair: self._read(self._odds, *pair), pairs))

    def _odds(self, text: str, sentence: str) -> Odds:
        encoded = self._tokenizer.encode(text, sentence)
        parts = {"input_ids": encoded.ids, "attention_mask": encoded.attention_mask, "token_type_ids": encoded.type_ids}
        found = self._session.run(None, {name: np.array([parts[name]], dtype=kind) for name, kind in self._inputs.items()})
        logits = np.asarray(found[0], dtype=np.float64)
        if logits.shape != (1, len(self._roles)) or not np.isfinite(logits).all():
            raise ModelError(
                f"{self.name}: answers numbers of shape {logits.shape} where its config.json has {len(self._roles)} labels, "
                f"or numbers that are none. The ONNX file is not that of this model; choose another."
            )
        weights = np.exp(logits[0] - logits.max())
        return dict(zip(self._roles, (weights / weights.sum()).tolist(), strict=True))


def roles(model: str, config: Mapping[str, Any]) -> list[Role]:
    """What each output of the model means, from `id2label` in its config.json. Raises ModelError if a label is unknown to us."""
    named = config.get("id2label")
    try:
        words = [str(named[str(i)]) for i in range(len(named))]  # type: ignore[index, arg-type]  # whatever it is, as KeyError or TypeError
    except (KeyError, TypeError):
        raise ModelError(f"{model}: its config.json does not number its labels (id2label). Choose another model.") from None
    found = [_ROLES.get(" ".join(word.lower().replace("_", " ").replace("-", " ").split())) for word in words]
    known = [role for role in found if role is not None]
    if len(known) < len(words) or len(set(known)) < len(words):
        raise ModelError(
            f"{model}: cannot read its labels {', '.join(words)}. Known are entailment, neutral, contradiction; entailment, "
            f"not_entailment; supports, opposes, neutral, unrelated; agree, disagree, discuss, unrelated."
        )
    return known


def reading(model: str, labels: Sequence[Role]) -> Callable[[Ask, str, str], Stance]:
    """How answers of a model with these labels become a stance. Raises ModelError for any other set of labels.

    An NLI model's *neutral* holds both 'takes no side' and 'has nothing to do with it'. It is divided by a second question, whether
    the text is about the claim at all, read as zero-shot classification does: entailment against contradiction.
    A model of two labels cannot oppose: it is asked for the claim and for its negation.
    """
    if set(labels) == {"supports", "opposes", "neutral", "unrelated"}:
        return _as_stance
    if set(labels) == {"supports", "opposes", "neutral"}:
        return _as_nli
    if set(labels) == {"supports", "not_entailed"}:
        return _as_zero_shot
    raise ModelError(f"{model}: labels {', '.join(labels)} do not make a stance. Choose an NLI, a zero-shot or a four-label stance model.")


def _as_stance(ask: Ask, text: str, claim: str) -> Stance:
    odds = ask(text, claim)
    return Stance(odds["supports"], odds["opposes"], odds["neutral"], odds["unrelated"])


def _as_nli(ask: Ask, text: str, claim: str) -> Stance:
    odds, topic = ask(text, claim), ask(text, _TOPIC.format(claim))
    about = topic["supports"] / max(topic["supports"] + topic["opposes"], 1e-12)
    return Stance(odds["supports"], odds["opposes"], odds["neutral"] * about, odds["neutral"] * (1 - about))


def _as_zero_shot(ask: Ask, text: str, claim: str) -> Stance:
    claimed, denied, about = (ask(text, form.format(claim))["supports"] for form in ("{}", _NEGATED, _TOPIC))
    neither = (1 - claimed) * (1 - denied)
    # A text that seems to say both is on the subject and on no side
    return Stance(claimed * (1 - denied), denied * (1 - claimed), claimed * denied + neither * about, neither * (1 - about))


def _length(config: Mapping[str, Any]) -> int:
    """How many tokens the model can read; two fewer than its config says, as RoBERTa's positions begin at two."""
    most = config.get("max_position_embeddings")
    return min(_TOKENS, most - 2) if isinstance(most, int) and most > 2 else _TOKENS


class _Files:
    """Where the files of one commit are on this disk, fetched if they were not: `config`, `tokenizer`, `weights`.

    `weights_name`: what the commit calls its weights.
    """

    def __init__(self, model: str, revision: str, folder: Path | None, endpoint: str | None) -> None:
        """Raises ModelError."""

        def fetched(name: str, of: str, only_here: bool = False) -> Path:
            return Path(hf_hub_download(model, name, revision=of, cache_dir=folder, endpoint=endpoint, local_files_only=only_here))

        def first(only_here: bool) -> Path | None:
            for name in _WEIGHTS:
                with suppress(told.LocalEntryNotFoundError if only_here else told.RemoteEntryNotFoundError):
                    return fetched(name, self.commit, only_here)
            return None

        try:
            self.config = fetched("config.json", revision)
            self.commit = self.config.parent.name  # all files of one commit, even if the hub changes meanwhile
            self.tokenizer = fetched("tokenizer.json", self.commit)
            weights = first(only_here=True) or first(only_here=False)
        except (told.EntryNotFoundError, told.HFValidationError, OSError, httpx2.HTTPError) as error:
            raise ModelError(_why(model, revision, error)) from None
        if weights is None:
            raise ModelError(
                f"{model}: has none of {', '.join(_WEIGHTS)}. Choose a model published with an ONNX file, or export this one "
                f"(for example with Optimum) into a repository of yours."
            )
        self.weights = weights
        self.weights_name = weights.relative_to(self.config.parent).as_posix()


def _loaded(path: Path, load: Callable[[], _Loaded]) -> _Loaded:
    try:
        return load()
    except Exception as error:  # noqa: BLE001  # tokenizers and onnxruntime raise nothing narrower for a damaged file
        raise ModelError(f"{path}: cannot be read ({_line(error)}). Delete it, so that it is fetched again; or choose another model.") from None


def _why(model: str, revision: str, error: Exception) -> str:
    if isinstance(error, told.RevisionNotFoundError):
        return f"{model}: the hub has no revision '{revision}' of it. Take a branch, a tag or a commit of that model."
    if isinstance(error, told.RepositoryNotFoundError):
        return f"{model}: the hub has no such model, or not for everyone. Check the name; for a private or gated one set HF_TOKEN."
    if isinstance(error, told.RemoteEntryNotFoundError):
        return f"{model}: has no config.json or no tokenizer.json. Choose a model published with both (fast tokenizers have the second)."
    if isinstance(error, told.HFValidationError):
        return f"{model}: not a model's name ({_line(error)}). Write it as hub:owner/model or hub:owner/model@revision."
    return f"{model}: not fetched yet, and the hub cannot be reached or answers wrongly ({_line(error)}). With a network it is fetched once."


def _line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__
