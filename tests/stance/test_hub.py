"""Tiny cross-encoders made here, served as a hub serves them: fetched by the real client, their labels become our four."""

import hashlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from tracker.errors import ModelError
from tracker.stance.hub import HubJudge

COMMIT = "0123456789abcdef0123456789abcdef01234567"
LATER = "89abcdef0123456789abcdef0123456789abcdef"
CLAIM = "Machines manage the quay well."
FOR = "The robots succeed at night."
AGAINST = "The robots fail at night."
NO_SIDE = "The robots came in March."
ELSEWHERE = "The bakery opens at seven."

# A model is a list of units, each a sum over words, cut off below zero; and what each unit adds to each label.
# A word stands in the text or, after '/', in the sentence about it; '1' is always there.
Units = Sequence[tuple[Mapping[str, float], Mapping[str, float]]]
NLI: Units = [
    ({"succeed": 1, "/whether": -9}, {"entailment": 8}),
    ({"fail": 1, "/whether": -9}, {"contradiction": 8}),
    ({"robots": 1, "/whether": 1, "1": -1}, {"entailment": 8}),
    ({"/whether": 1}, {"contradiction": 4, "neutral": -8}),
    ({"1": 1}, {"neutral": 4}),
]
ZERO_SHOT: Units = [
    ({"succeed": 1, "/whether": -9, "/not": -9}, {"entailment": 8}),
    ({"fail": 1, "/not": 1, "1": -1}, {"entailment": 8}),
    ({"robots": 1, "/whether": 1, "1": -1}, {"entailment": 8}),
    ({"1": 1}, {"not_entailment": 4}),
]
FOUR: Units = [
    ({"succeed": 1}, {"agree": 8}),
    ({"fail": 1}, {"disagree": 8}),
    ({"robots": 1}, {"discuss": 4}),
    ({"1": 1}, {"unrelated": 2}),
]
WORDS = ["[UNK]", "[CLS]", "[SEP]", "succeed", "fail", "robots", "whether", "not"]


def network(units: Units, labels: Sequence[str], has_types: bool = True) -> bytes:
    """The units as an ONNX file with the inputs of a BERT; without `has_types`, of a RoBERTa (a word then counts wherever it stands)."""
    table = np.zeros((2 * len(WORDS), len(units)), dtype=np.float32)
    fixed = np.array([weights.get("1", 0) for weights, _ in units], dtype=np.float32)
    adds = np.array([[effect.get(label, 0) for label in labels] for _, effect in units], dtype=np.float32)
    for unit, (weights, _) in enumerate(units):
        for word, weight in weights.items():
            if word != "1":
                table[WORDS.index(word.removeprefix("/")) + (len(WORDS) if word.startswith("/") else 0), unit] = weight
    names = ["input_ids", "attention_mask", "token_type_ids"][: 3 if has_types else 2]
    places = [
        helper.make_node("Mul", ["token_type_ids", "words"], ["moved"]),
        helper.make_node("Add", ["input_ids", "moved"], ["places"]),
    ]
    graph = helper.make_graph(
        [
            *(places if has_types else [helper.make_node("Identity", ["input_ids"], ["places"])]),
            helper.make_node("Gather", ["table", "places"], ["rows"]),
            helper.make_node("ReduceSum", ["rows", "axis"], ["sums"], keepdims=0),
            helper.make_node("Add", ["sums", "fixed"], ["leveled"]),
            helper.make_node("Relu", ["leveled"], ["units"]),
            helper.make_node("MatMul", ["units", "adds"], ["logits"]),
        ],
        "tiny",
        [helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "length"]) for name in names],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", len(labels)])],
        [
            numpy_helper.from_array(value, name)
            for name, value in {"table": table, "fixed": fixed, "adds": adds, "axis": np.array([1]), "words": np.array(len(WORDS))}.items()
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def tokenizer() -> bytes:
    """Lower-cased words between [CLS] and [SEP], the second sentence marked as such."""
    made = Tokenizer(models.WordLevel({word: i for i, word in enumerate(WORDS)}, unk_token="[UNK]"))
    made.normalizer = normalizers.Lowercase()
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 1), ("[SEP]", 2)]
    )
    return made.to_str().encode()


def files(units: Units, labels: Sequence[str], where: str = "onnx/model.onnx", has_types: bool = True) -> dict[str, bytes]:
    """What a repository holds."""
    config = {"id2label": {str(i): label for i, label in enumerate(labels)}, "max_position_embeddings": 64}
    return {"config.json": json.dumps(config).encode(), "tokenizer.json": tokenizer(), where: network(units, labels, has_types)}


@dataclass
class Hub:
    """What a hub serves: (model, revision) -> files. `asked`: the paths of requests so far."""

    base: str = ""
    models: dict[tuple[str, str], dict[str, bytes]] = field(default_factory=dict)
    commits: dict[str, str] = field(default_factory=lambda: {"main": COMMIT})
    asked: list[str] = field(default_factory=list)

    def add(self, model: str, content: dict[str, bytes], commit: str = COMMIT) -> None:
        self.models[model, commit] = content


@pytest.fixture
def hub() -> Iterator[Hub]:
    """A real HTTP server that answers as a hub does for files of models."""
    served = Hub()

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            served.asked.append(self.path)
            model, _, rest = self.path.strip("/").partition("/resolve/")
            revision, _, name = rest.partition("/")
            commit = served.commits.get(revision, revision)
            content = served.models.get((model, commit), {}).get(name)
            if content is not None:
                head = {"ETag": f'"{hashlib.sha256(content).hexdigest()}"', "X-Repo-Commit": commit, "Content-Length": str(len(content))}
                self.say(200, head, content)
            elif (model, commit) in served.models:
                self.say(404, {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": commit})
            elif any(model == known for known, _ in served.models):
                self.say(404, {"X-Error-Code": "RevisionNotFound"})
            else:
                self.say(404, {"X-Error-Code": "RepoNotFound"})

        def do_HEAD(self) -> None:
            self.do_GET()

        def say(self, status: int, head: Mapping[str, str], body: bytes = b"") -> None:
            self.send_response(status)
            for name, value in ({"Content-Length": "0"} | dict(head)).items():
                self.send_header(name, value)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    served.base = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield served
    server.shutdown()
    server.server_close()


def named(judge: HubJudge, *texts: str) -> list[str]:
    return [stance.label for stance in judge.judge([(text, CLAIM) for text in texts])]


@pytest.mark.parametrize(
    ("units", "labels", "has_types"),
    [
        (NLI, ["entailment", "neutral", "contradiction"], True),
        (NLI, ["contradiction", "entailment", "neutral"], True),  # the order is the model's own
        (ZERO_SHOT, ["entailment", "not_entailment"], True),
        (FOUR, ["agree", "disagree", "discuss", "unrelated"], False),
    ],
    ids=["nli", "nli in another order", "zero-shot", "four labels"],
)
def test_each_kind_of_model_answers_with_our_four_labels(
    hub: Hub, tmp_path: Path, units: Units, labels: list[str], has_types: bool
) -> None:
    hub.add("lab/tiny", files(units, labels, has_types=has_types))
    judge = HubJudge("lab/tiny", folder=tmp_path, endpoint=hub.base)
    assert named(judge, FOR, AGAINST, NO_SIDE, ELSEWHERE) == ["supports", "opposes", "neutral", "unrelated"]


def test_probabilities_sum_to_one_and_do_not_depend_on_company(hub: Hub, tmp_path: Path) -> None:
    hub.add("lab/tiny", files(NLI, ["entailment", "neutral", "contradiction"]))
    judge = HubJudge("lab/tiny", folder=tmp_path, endpoint=hub.base)
    pairs = [(text, CLAIM) for text in (FOR, AGAINST, NO_SIDE, ELSEWHERE, "", "robots " * 500)]
    together = judge.judge(pairs)
    assert [s.supports + s.opposes + s.neutral + s.unrelated for s in together] == pytest.approx([1] * len(pairs))
    assert [judge.judge([pair])[0] for pair in reversed(pairs)] == list(reversed(together))
    assert judge.judge([]) == []


def test_what_was_fetched_once_works_without_a_network(hub: Hub, tmp_path: Path) -> None:
    hub.add("lab/tiny", files(FOUR, ["agree", "disagree", "discuss", "unrelated"], where="model_quantized.onnx"))
    first = HubJudge("lab/tiny", COMMIT, folder=tmp_path, endpoint=hub.base)
    hub.asked.clear()
    again = HubJudge("lab/tiny", COMMIT, folder=tmp_path, endpoint=hub.base)
    assert hub.asked == []
    assert again.name == first.name == f"lab/tiny@{COMMIT[:12]}/model_quantized.onnx.r1"


def test_a_branch_seen_before_serves_while_the_hub_is_down(hub: Hub, tmp_path: Path) -> None:
    hub.add("lab/tiny", files(FOUR, ["agree", "disagree", "discuss", "unrelated"]))
    HubJudge("lab/tiny", folder=tmp_path, endpoint=hub.base)
    down = HubJudge("lab/tiny", folder=tmp_path, endpoint="http://127.0.0.1:9")
    assert named(down, FOR, AGAINST) == ["supports", "opposes"]


def test_another_commit_is_another_judge(hub: Hub, tmp_path: Path) -> None:
    labels = ["entailment", "neutral", "contradiction"]
    hub.add("lab/tiny", files(NLI, labels))
    before = HubJudge("lab/tiny", folder=tmp_path, endpoint=hub.base)
    hub.add("lab/tiny", files(NLI, labels[::-1]), LATER)
    hub.commits["main"] = LATER
    after = HubJudge("lab/tiny", folder=tmp_path, endpoint=hub.base)
    pinned = HubJudge("lab/tiny", COMMIT, folder=tmp_path, endpoint=hub.base)
    assert before.name == pinned.name != after.name
    assert named(after, FOR, AGAINST) == ["supports", "opposes"]


def test_full_precision_is_taken_where_there_are_both(hub: Hub, tmp_path: Path) -> None:
    labels = ["agree", "disagree", "discuss", "unrelated"]
    hub.add("lab/tiny", files(FOUR, labels) | {"onnx/model_quantized.onnx": b"not asked for"})
    HubJudge("lab/tiny", folder=tmp_path, endpoint=hub.base)
    assert not [path for path in hub.asked if "quantized" in path]


def test_weights_at_another_precision_are_another_judge(hub: Hub, tmp_path: Path) -> None:
    labels = ["agree", "disagree", "discuss", "unrelated"]
    hub.add("lab/tiny", files(FOUR, labels, where="onnx/model_quantized.onnx"))
    quantized = HubJudge("lab/tiny", folder=tmp_path / "one", endpoint=hub.base)
    hub.add("lab/tiny", files(FOUR, labels) | files(FOUR, labels, where="onnx/model_quantized.onnx"))
    full = HubJudge("lab/tiny", folder=tmp_path / "two", endpoint=hub.base)
    here = HubJudge("lab/tiny", folder=tmp_path / "one", endpoint=hub.base)
    assert quantized.name == here.name != full.name


def test_what_is_wrong_with_a_model_is_said(hub: Hub, tmp_path: Path) -> None:
    nli = files(NLI, ["entailment", "neutral", "contradiction"])
    wrong = {
        "lab/torch-only": ({name: nli[name] for name in ("config.json", "tokenizer.json")}, "onnx/model.onnx"),
        "lab/slow-tokenizer": ({"config.json": nli["config.json"]}, "tokenizer.json"),
        "lab/nameless": (files(NLI, ["LABEL_0", "LABEL_1", "LABEL_2"]), "LABEL_0"),
        "lab/sentiment": (files(FOUR, ["positive", "negative"]), "positive, negative"),
        "lab/half": (files(NLI, ["entailment", "contradiction"]), "do not make a stance"),
        "lab/twice": (files(NLI, ["supports", "agree", "neutral"]), "supports, agree"),
        "lab/unnumbered": (nli | {"config.json": b'{"model_type": "bert"}'}, "id2label"),
        "lab/no-json": (nli | {"config.json": b"<html>"}, "config.json"),
        "lab/cut-short": (nli | {"onnx/model.onnx": nli["onnx/model.onnx"][:200]}, "model.onnx: cannot be read"),
        "lab/no-words": (nli | {"tokenizer.json": b"{}"}, "tokenizer.json: cannot be read"),
        "lab/page": (nli | {"onnx/model.onnx": b"<!doctype html>"}, "model.onnx: cannot be read"),
    }
    for model, (content, _) in wrong.items():
        hub.add(model, content)
    for model, (_, said) in wrong.items():
        with pytest.raises(ModelError, match=said) as raised:
            HubJudge(model, folder=tmp_path, endpoint=hub.base)
        assert "\n" not in str(raised.value)


def test_a_network_of_another_model_is_found_out(hub: Hub, tmp_path: Path) -> None:
    mixed = files(NLI, ["entailment", "neutral", "contradiction"]) | {"onnx/model.onnx": network(ZERO_SHOT, ["entailment", "not_entailment"])}
    hub.add("lab/mixed", mixed)
    judge = HubJudge("lab/mixed", folder=tmp_path, endpoint=hub.base)
    with pytest.raises(ModelError, match=r"shape \(1, 2\) where its config.json has 3 labels"):
        judge.judge([(FOR, CLAIM)])


def test_an_unknown_name_or_revision_is_said(hub: Hub, tmp_path: Path) -> None:
    hub.add("lab/tiny", files(FOUR, ["agree", "disagree", "discuss", "unrelated"]))
    with pytest.raises(ModelError, match="no such model"):
        HubJudge("lab/tny", folder=tmp_path, endpoint=hub.base)
    with pytest.raises(ModelError, match="no revision 'v9'"):
        HubJudge("lab/tiny", "v9", folder=tmp_path, endpoint=hub.base)
    with pytest.raises(ModelError, match="hub:owner/model"):
        HubJudge("lab/tiny/more", folder=tmp_path, endpoint=hub.base)


def test_a_page_that_is_no_hub_is_told_from_one(hub: Hub, tmp_path: Path) -> None:
    class Portal(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Portal) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        with pytest.raises(ModelError, match="cannot be reached or answers wrongly"):
            HubJudge("lab/tiny", folder=tmp_path, endpoint=f"http://127.0.0.1:{server.server_port}")
        server.shutdown()


def judged_by(model: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """`tracker judge --judge hub:model` in a process of its own, as the hub's client reads its environment when it starts."""
    (folder / "in.jsonl").write_text("".join(json.dumps({"text": text, "claim": CLAIM}) + "\n" for text in (FOR, AGAINST)))
    words = ["judge", "--judge", f"hub:{model}", "--in", str(folder / "in.jsonl"), "--out", str(folder / "out.jsonl"), "--data", str(folder)]
    known = {**os.environ, "HF_HOME": str(folder / "hf"), **environment}
    return subprocess.run([sys.executable, "-m", "tracker", *words], env=known, capture_output=True, text=True, check=False)


def test_the_command_line_takes_a_model_from_the_hub(hub: Hub, tmp_path: Path) -> None:
    hub.add("lab/tiny", files(NLI, ["entailment", "neutral", "contradiction"]))
    done = judged_by("lab/tiny", tmp_path, HF_ENDPOINT=hub.base)
    assert done.returncode == 0, done.stderr
    assert [json.loads(line)["label"] for line in (tmp_path / "out.jsonl").read_text().splitlines()] == ["supports", "opposes"]


def test_without_a_network_a_model_never_fetched_is_said_to_be_missing(tmp_path: Path) -> None:
    done = judged_by("lab/tiny", tmp_path, HF_HUB_OFFLINE="1")
    assert done.returncode == 1
    assert "error: lab/tiny: not fetched yet, and the hub cannot be reached" in done.stderr
    assert "Traceback" not in done.stderr
