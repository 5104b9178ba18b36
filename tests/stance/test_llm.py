"""A chat model asked over HTTP: what it says becomes a stance, is kept, and is paid for once, however badly its server behaves."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import builders, chat_server, cli
from tests.chat_server import HURRIED, Chat, Reply, asked_text, completion
from tests.test_pipeline import QUAY, store
from tracker.errors import ModelError, StoreError
from tracker.stance import evidence
from tracker.stance.llm import LlmJudge, Patience

CLAIM = "Robot cranes shorten the wait of ships at the quay."
TEXT = "Ships now wait four hours instead of nine, the port said."


@pytest.fixture
def chat() -> Iterator[Chat]:
    """A server whose model supports every claim, unless told otherwise."""
    with chat_server.serve() as served:
        served.answer = lambda _: said("supports", 90)
        yield served


def said(label: str, confidence: float) -> Reply:
    return completion(json.dumps({"label": label, "confidence": confidence}))


def judge(chat: Chat, folder: Path, **more: Any) -> LlmJudge:
    return LlmJudge("small-chat", chat.base, folder, **{"patience": HURRIED, **more})


def pairs(count: int) -> list[tuple[str, str]]:
    return [(f"{TEXT} It was week {i}.", CLAIM) for i in range(count)]


@pytest.mark.parametrize("label", ["supports", "opposes", "neutral", "unrelated"])
def test_a_label_and_its_confidence_become_a_stance(chat: Chat, tmp_path: Path, label: str) -> None:
    chat.answer = lambda _: said(label, 82)
    (stance,) = judge(chat, tmp_path).judge([(TEXT, CLAIM)])
    odds = {name: getattr(stance, name) for name in ("supports", "opposes", "neutral", "unrelated")}
    assert stance.label == label
    assert odds.pop(label) == pytest.approx(0.82)
    assert list(odds.values()) == pytest.approx([0.06] * 3)


@pytest.mark.parametrize("label", ["supports", "opposes", "neutral", "unrelated"])
@pytest.mark.parametrize("confidence", [0, 10, 25, 45, 50, 100])
def test_the_label_stays_however_unsure(chat: Chat, tmp_path: Path, label: str, confidence: int) -> None:
    chat.answer = lambda _: said(label, confidence)
    (stance,) = judge(chat, tmp_path).judge([(TEXT, CLAIM)])
    assert stance.label == evidence.decide(stance) == label
    assert stance.supports + stance.opposes + stance.neutral + stance.unrelated == pytest.approx(1)


def test_the_question_is_strict_cold_and_has_examples_of_every_label(chat: Chat, tmp_path: Path) -> None:
    judge(chat, tmp_path, key="s3cret").judge([(TEXT, CLAIM)])
    (question,) = chat.questions
    schema = question["response_format"]["json_schema"]
    assert question["path"] == "/v1/chat/completions"
    assert (question["model"], question["temperature"]) == ("small-chat", 0)
    assert question["response_format"]["type"] == "json_schema" and schema["strict"] is True
    assert schema["schema"]["properties"]["label"]["enum"] == ["supports", "opposes", "neutral", "unrelated"]
    assert schema["schema"]["additionalProperties"] is False and set(schema["schema"]["required"]) == set(schema["schema"]["properties"])
    shown = [json.loads(m["content"])["label"] for m in question["messages"] if m["role"] == "assistant"]
    assert set(shown) == {"supports", "opposes", "neutral", "unrelated"} and shown.count("neutral") >= 3
    assert [m["role"] for m in question["messages"]] == ["system", *["user", "assistant"] * len(shown), "user"]
    assert TEXT in asked_text(question) and CLAIM in asked_text(question)
    assert chat.headers[0]["authorization"] == "Bearer s3cret"


def test_answers_come_in_the_order_asked_and_few_at_once(chat: Chat, tmp_path: Path) -> None:
    def by_week(question: dict[str, Any]) -> Reply:
        week = int(asked_text(question).partition("week ")[2].partition(".")[0])
        return Reply(body=said("supports", 40 + week).body, wait_seconds=0.02 * (week % 3))

    chat.answer = by_week
    found = judge(chat, tmp_path).judge(pairs(20))
    assert [round(100 * s.supports) for s in found] == list(range(40, 60))
    assert 2 <= chat.most_at_once <= HURRIED.at_once


def test_what_was_answered_once_is_never_asked_again(chat: Chat, tmp_path: Path) -> None:
    first = judge(chat, tmp_path, prices=(0.5, 2.0))
    before = first.judge([*pairs(3), pairs(1)[0]])
    assert first.spending.requests == len(chat.questions) == 3
    assert (first.spending.tokens_read, first.spending.tokens_written) == (3000, 30)
    assert "3 requests" in first.spent and first.spent.endswith(f"cost {(3000 * 0.5 + 30 * 2.0) / 1e6:.4f}")
    second = judge(chat, tmp_path, prices=(0.5, 2.0))
    assert second.judge([*pairs(3), pairs(1)[0]]) == before
    assert len(chat.questions) == 3
    assert second.spent == "3 answers from disk, 0 requests, 0 tokens read, 0 written, cost 0.0000"


def test_another_model_or_address_has_answers_of_its_own(chat: Chat, tmp_path: Path) -> None:
    judges = [
        judge(chat, tmp_path),
        LlmJudge("large-chat", chat.base, tmp_path, patience=HURRIED),
        LlmJudge("small-chat", chat.base.replace("/v1", "/v2"), tmp_path, patience=HURRIED),
    ]
    for one in judges:
        one.judge(pairs(1))
    assert len({one.name for one in judges}) == len(chat.questions) == 3
    assert LlmJudge("small-chat", chat.base + "/", tmp_path).name == judges[0].name


def test_no_text_stands_on_disk(chat: Chat, tmp_path: Path) -> None:
    judge(chat, tmp_path, key="s3cret").judge([(TEXT, CLAIM)])
    (kept,) = tmp_path.iterdir()
    assert not any(word in kept.read_text() for word in ("Ships", "cranes", "s3cret"))


def test_a_line_left_half_written_costs_one_answer(chat: Chat, tmp_path: Path) -> None:
    judge(chat, tmp_path).judge(pairs(3))
    (kept,) = tmp_path.iterdir()
    kept.write_bytes(kept.read_bytes()[:-7])
    assert len(judge(chat, tmp_path).judge(pairs(3))) == 3
    assert len(chat.questions) == 4
    assert judge(chat, tmp_path).judge(pairs(3)) and len(chat.questions) == 4


MISBEHAVIOUR = {
    "429": Reply(429, '{"error": {"message": "slow down"}}'),
    "429 with a date": Reply(429, headers={"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}),
    "429 with a number that is none": Reply(429, headers={"Retry-After": "²".encode().decode("latin-1")}),  # as UTF-8 on the wire
    "429 and at once again": Reply(429, headers={"Retry-After": "0"}),
    "500": Reply(500, "<html>oops</html>"),
    "503": Reply(503),
    "broken json": Reply(body='{"choices": [{"mess'),
    "no choices": Reply(body='{"choices": []}'),
    "a page": Reply(body="<!doctype html>"),
    "wrong label": said("favours", 80),
    "confidence of two hundred": said("supports", 200),
    "confidence in words": completion('{"label": "supports", "confidence": "high"}'),
    "more than asked for": completion('{"label": "supports", "confidence": 80, "why": "because"}'),
    "prose": completion("I would say it supports the claim."),
    "truncated answer": completion('{"label": "supp', finish="length"),
    "nothing": completion(None),
    "cut off on the wire": Reply(body='{"choices"', is_cut=True),
    "slow": Reply(body=said("supports", 90).body, wait_seconds=0.8),
    "not utf-8": Reply(body=b"\xff\xfe\x00"),
}


@pytest.mark.parametrize("fault", MISBEHAVIOUR)
def test_what_may_pass_is_tried_again(chat: Chat, tmp_path: Path, fault: str) -> None:
    chat.next = [MISBEHAVIOUR[fault]]
    chat.answer = lambda _: said("opposes", 77)
    (stance,) = judge(chat, tmp_path).judge([(TEXT, CLAIM)])
    assert stance.opposes == pytest.approx(0.77)
    assert len(chat.questions) == 2


def test_after_an_unreadable_answer_the_question_is_another_one(chat: Chat, tmp_path: Path) -> None:
    chat.next = [MISBEHAVIOUR["prose"]]
    asked = judge(chat, tmp_path)
    asked.judge([(TEXT, CLAIM)])
    first, second = (asked_text(question) for question in chat.questions)
    assert second.startswith(first) and second != first
    assert asked.spending.unread == 1 and "1 unreadable" in asked.spent
    assert asked.spending.tokens_read == 2000  # what could not be read is paid for all the same


def test_a_server_that_says_how_long_is_waited_for_so_long(chat: Chat, tmp_path: Path) -> None:
    chat.next = [Reply(429, headers={"Retry-After": "1"})]
    patient = Patience(tries=2, first_wait_seconds=0.01, longest_wait_seconds=5, answer_seconds=5)
    judge(chat, tmp_path, patience=patient).judge([(TEXT, CLAIM)])
    first, second = chat.at
    assert 1 <= second - first < 2


def test_a_server_that_wants_an_hour_is_not_waited_for(chat: Chat, tmp_path: Path) -> None:
    chat.answer = lambda _: Reply(429, headers={"Retry-After": "3600"})
    started = time.perf_counter()
    with pytest.raises(ModelError, match="status 429, 3 times"):
        judge(chat, tmp_path).judge([(TEXT, CLAIM)])
    assert time.perf_counter() - started < 3


def test_giving_up_loses_nothing_that_was_answered(chat: Chat, tmp_path: Path) -> None:
    answered = 0

    def fails_after_twelve(_: dict[str, Any]) -> Reply:
        nonlocal answered
        answered += 1
        return said("neutral", 80) if answered <= 12 else Reply(500)

    chat.answer = fails_after_twelve
    with pytest.raises(ModelError, match=r"status 500, 3 times.*is kept"):
        judge(chat, tmp_path).judge(pairs(30))
    assert len(chat.questions) <= 12 + 3 * HURRIED.at_once  # no new question once one has failed for good
    chat.questions.clear()
    chat.answer = lambda _: said("neutral", 80)
    assert len(judge(chat, tmp_path).judge(pairs(30))) == 30
    assert len(chat.questions) == 18


@pytest.mark.parametrize("status", [307, 400, 401, 403, 404])
def test_a_refusal_is_not_repeated_and_hides_the_key(chat: Chat, tmp_path: Path, status: int) -> None:
    chat.answer = lambda _: Reply(status, '{"error": "bad\\nkey s3cret"}', headers={"Location": chat.base + "/elsewhere"})
    with pytest.raises(ModelError, match=f"status {status}") as raised:
        judge(chat, tmp_path, key="s3cret").judge([(TEXT, CLAIM)])
    assert len(chat.questions) == 1
    assert "s3cret" not in str(raised.value) and "\n" not in str(raised.value)


@pytest.mark.parametrize("reply", [completion(None, refusal="I cannot help with that."), completion(None, finish="content_filter")])
def test_a_passage_the_model_will_not_judge_does_not_stop_the_night(chat: Chat, tmp_path: Path, reply: Reply) -> None:
    chat.answer = lambda question: reply if "week 1." in asked_text(question) else said("supports", 90)
    asked = judge(chat, tmp_path)
    sure, declined, _ = asked.judge(pairs(3))
    assert sure.supports == pytest.approx(0.9)
    assert evidence.decide(declined) != "unrelated" and evidence.is_unsure(declined)  # it is counted, and shown on no side
    assert "1 declined" in asked.spent


def test_nobody_at_the_address_is_said(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be reached"):
        LlmJudge("small-chat", "http://127.0.0.1:9/v1", tmp_path, patience=HURRIED).judge([(TEXT, CLAIM)])


def test_where_answers_cannot_be_kept_it_is_said(chat: Chat, tmp_path: Path) -> None:
    (tmp_path / "answers").write_text("a file where the folder should be")
    with pytest.raises(StoreError, match="cannot be"):
        judge(chat, tmp_path / "answers").judge([(TEXT, CLAIM)])


def test_nothing_asked_costs_nothing(chat: Chat, tmp_path: Path) -> None:
    asked = judge(chat, tmp_path)
    assert asked.judge([]) == []
    assert asked.spent.startswith("0 answers from disk, 0 requests")


def test_the_command_line_asks_tells_what_it_cost_and_asks_nothing_twice(
    chat: Chat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRACKER_LLM_KEY", "s3cret")
    monkeypatch.setenv("TRACKER_LLM_PRICES", "1,10")
    (tmp_path / "in.jsonl").write_text("".join(json.dumps({"text": text, "claim": claim}) + "\n" for text, claim in pairs(2)))
    words = ["judge", "--in", str(tmp_path / "in.jsonl"), "--out", str(tmp_path / "out.jsonl"), "--data", str(tmp_path / "data")]
    first = cli.run(*words, "--judge", f"llm:small-chat@{chat.base}")
    assert first.code == 0
    assert "2 requests, 2000 tokens read, 20 written, cost 0.0022" in first.err
    assert [json.loads(line)["label"] for line in (tmp_path / "out.jsonl").read_text().splitlines()] == ["supports", "supports"]
    assert chat.headers[0]["authorization"] == "Bearer s3cret"
    again = cli.run(*words, "--judge", f"llm:small-chat@{chat.base}")
    assert "2 answers from disk, 0 requests" in again.err and len(chat.questions) == 2


def test_a_night_judged_by_a_chat_model_can_be_taken_up_after_it_failed(chat: Chat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = tmp_path / "data"
    store(data, [builders.article()])
    outlet = {"outlet": "example.com", "name": "Example", "kind": "news", "feeds": ["http://127.0.0.1:9/feed"]}
    (tmp_path / "feeds.yaml").write_text(json.dumps({"outlets": [outlet]}))
    (tmp_path / "themes.yaml").write_text(json.dumps({"themes": [QUAY.model_dump()]}))
    words = ["analyse", "--feeds", str(tmp_path / "feeds.yaml"), "--themes", str(tmp_path / "themes.yaml"), "--data", str(data)]
    monkeypatch.setenv("TRACKER_JUDGE", f"llm:small-chat@{chat.base}")

    chat.answer = lambda question: Reply(403, "no credit left") if len(chat.questions) > 1 else said("supports", 90)
    failed = cli.run(*words)
    assert failed.code == 1 and "status 403 (no credit left)" in failed.err

    chat.answer = lambda _: said("supports", 90)
    done = cli.run(*words)
    assert done.code == 0, done.err
    assert "answers from disk" in done.err and "0 answers from disk" not in done.err
