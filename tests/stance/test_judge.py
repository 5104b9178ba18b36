"""The shipped judge reads pairs we wrote ourselves; toward a claim it was not trained on it is less sure; an altered model is refused."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tracker.errors import ModelError
from tracker.stance import judge

SCALING = "Making AI models bigger with more data and compute no longer delivers transformative progress."
SPENDING = "The massive spending on AI chips and data centers is justified."
DATA = "AI developers are running out of high-quality training data."
SAFETY = "AI safety must stay ahead of AI capabilities, even if that slows development."
CLEAR = [
    (
        "The era of simply making models larger is ending: each new generation costs ten times more and improves less.",
        SCALING,
        "supports",
    ),
    ("Scaling has hit a wall, and more compute brings only small gains, the lab's founder admitted.", SCALING, "supports"),
    (
        "Every time we trained a larger model on more data it became much smarter, and nothing suggests the trend will stop.",
        SCALING,
        "opposes",
    ),
    ("The data center boom is a bubble: billions go into chips that will never earn back what they cost.", SPENDING, "opposes"),
    (
        "Demand for computing power exceeds supply, and the heavy spending on data centers is already paying off.",
        SPENDING,
        "supports",
    ),
    ("The company will spend 40 billion dollars on data centers next year.", SPENDING, "neutral"),
    ("High-quality text on the web is nearly used up, and labs are running out of new data to train on.", DATA, "supports"),
    ("There is no data shortage: synthetic data works as well as human text and can be made without end.", DATA, "opposes"),
    ("Governments should slow down the development of powerful AI until it can be proven safe.", SAFETY, "supports"),
    ("Fears about AI are overblown, and slowing down development for safety would be a mistake.", SAFETY, "opposes"),
    ("The new phone comes in three colours and has a better camera.", SCALING, "unrelated"),
    ("The football club sold its stadium to a property developer on Tuesday.", SAFETY, "unrelated"),
    ("The streaming service raised its monthly price by two dollars.", DATA, "unrelated"),
]


UNKNOWN = "Cities should plant more trees along their streets."


@pytest.fixture(scope="module")
def shipped() -> judge.OnnxJudge:
    return judge.OnnxJudge()


def test_clear_cut_pairs(shipped: judge.OnnxJudge) -> None:
    found = [stance.label for stance in shipped.judge([(text, claim) for text, claim, _ in CLEAR])]
    right = [label == expected for label, (_, _, expected) in zip(found, CLEAR, strict=True)]
    flips = [pair for pair, label in zip(CLEAR, found, strict=True) if {pair[2], label} == {"supports", "opposes"}]
    against = [ok for ok, (_, _, expected) in zip(right, CLEAR, strict=True) if expected == "opposes"]
    # As measured: all 13 right, none near a tie
    assert sum(right) >= 12, list(zip(found, CLEAR, strict=True))
    assert sum(against) >= 4, list(zip(found, CLEAR, strict=True))
    assert flips == []


def test_passages_on_other_matters_are_unrelated(shipped: judge.OnnxJudge) -> None:
    elsewhere = [(text, claim) for text, claim, label in CLEAR if label == "unrelated"]
    assert {stance.label for stance in shipped.judge(elsewhere)} == {"unrelated"}


def test_probabilities_sum_to_one(shipped: judge.OnnxJudge) -> None:
    for stance in shipped.judge([(text, claim) for text, claim, _ in CLEAR]):
        chances = (stance.supports, stance.opposes, stance.neutral, stance.unrelated)
        assert sum(chances) == pytest.approx(1.0)
        assert min(chances) >= 0


def test_a_pair_gets_the_same_answer_whatever_its_company(shipped: judge.OnnxJudge) -> None:
    pairs = [(text, claim) for text, claim, _ in CLEAR]
    together = shipped.judge(pairs)
    assert together == shipped.judge(pairs)
    assert together[::-1] == shipped.judge(pairs[::-1])
    assert together[3:4] == shipped.judge(pairs[3:4])


def test_toward_a_claim_it_was_not_trained_on_it_is_calibrated_as_such(shipped: judge.OnnxJudge) -> None:
    pairs = [(text, claim) for text, claim, _ in CLEAR]
    manifest = shipped.manifest
    assert all(manifest.calibration_for(claim) == manifest.calibration for _, claim in pairs)
    assert manifest.calibration_for(UNKNOWN) == manifest.calibration_for(SCALING.lower()) == manifest.calibration_unknown
    for (text, claim), stance, logits in zip(pairs, shipped.judge(pairs), shipped.logits(pairs), strict=True):
        assert stance == manifest.calibration_for(claim).stance(logits), text


def test_odd_input_is_read(shipped: judge.OnnxJudge) -> None:
    assert shipped.judge([]) == []
    texts = ["data " * 5000, "", "Les données manquent — 数据不足 🙂"]
    long, empty, other_script = shipped.judge([(text, DATA) for text in texts])
    assert empty.label == "unrelated"
    assert all(0 <= stance.supports <= 1 for stance in (long, other_script))
    assert len(shipped.judge([("short", "a very long claim " * 200), ("no claim", "")])) == 2


def test_the_name_holds_the_revision(shipped: judge.OnnxJudge) -> None:
    manifest = judge.read_manifest()
    assert shipped.name == f"{manifest.name}@{manifest.revision}"


def _alter(folder: Path, name: str) -> None:
    path = folder / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))


def _alter_manifest(folder: Path) -> None:
    path = folder / "MANIFEST.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"calibration": None}))


def _forget_tokenizer(folder: Path) -> None:
    path = folder / "MANIFEST.json"
    manifest = json.loads(path.read_text())
    del manifest["files"]["tokenizer.json"]
    path.write_text(json.dumps(manifest))


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda folder: _alter(folder, "stance.onnx.gz"), "stance.onnx.gz"),
        (lambda folder: (folder / "stance.onnx.gz").unlink(), "stance.onnx.gz"),
        (lambda folder: (folder / "tokenizer.json").write_text("{}"), "tokenizer.json"),
        (lambda folder: (folder / "MANIFEST.json").unlink(), "MANIFEST.json"),
        (lambda folder: (folder / "MANIFEST.json").write_text("{"), "MANIFEST.json"),
        (_alter_manifest, "MANIFEST.json"),
        (_forget_tokenizer, "MANIFEST.json"),
    ],
)
def test_an_absent_or_altered_file_is_refused(tmp_path: Path, change: Callable[[Path], object], named: str) -> None:
    folder = tmp_path / "model"
    shutil.copytree(judge.MODEL, folder)
    change(folder)
    with pytest.raises(ModelError, match=named) as refusal:
        judge.OnnxJudge(folder=folder)
    assert "\n" not in str(refusal.value)
