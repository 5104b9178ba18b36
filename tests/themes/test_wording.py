"""A chat model words names over HTTP: only terms and headlines are sent, only what reads as a name is taken, and a person's word stands."""

import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests import builders, chat_server, cli
from tests.builders import FIXED_NOW
from tests.chat_server import HURRIED, Chat, Reply, asked_text, completion
from tests.test_pipeline import read, store
from tracker.errors import ModelError, StoreError
from tracker.records import Article, Run, Theme
from tracker.store import derived, observed, theme_edits
from tracker.store.database import open_archive
from tracker.themes.wording import Described, Worded, Wording, flaw_of

CRANES = Described("t-cranes", ("quay", "crane", "port"), ("Port lets robots work the night", "Second quay gets cranes", "Cranes stand still"))
TRAINS = Described("t-trains", ("sleeper", "railway"), ("Night trains return to the coast", "Who pays for the sleeper?"))
BORNE = {"t-cranes": "Quay, cranes", "t-trains": "Sleeper, railway", "t-other": "Robot vacuums"}
SECRET = "Ilse Barendt keeps the figures of the trial in a safe."  # stands in the articles, not in their headlines


@pytest.fixture
def chat() -> Iterator[Chat]:
    """A server whose model calls the cranes cranes and the trains trains."""
    with chat_server.serve() as served:
        served.answer = lambda asked: named("Robot cranes" if "quay" in asked_text(asked) else "Night trains")
        yield served


def named(name: object) -> Reply:
    return completion(json.dumps({"name": name}))


def wording(chat: Chat, folder: Path) -> Wording:
    return Wording("small-chat", chat.base, folder, "s3cret", (1.0, 10.0), HURRIED)


def names(found: Sequence[Worded]) -> list[str]:
    return [worded.name for worded in found]


def test_each_theme_gets_the_name_the_model_worded(chat: Chat, tmp_path: Path) -> None:
    asked = wording(chat, tmp_path)
    assert asked.names([CRANES, TRAINS], BORNE) == [Worded(CRANES, "Robot cranes", None), Worded(TRAINS, "Night trains", None)]
    assert "2 requests" in asked.spent and "cost" in asked.spent
    assert chat.headers[0]["authorization"] == "Bearer s3cret"


def test_terms_and_headlines_are_sent_with_a_strict_schema_and_nothing_else_of_the_theme(chat: Chat, tmp_path: Path) -> None:
    wording(chat, tmp_path).names([CRANES], BORNE)
    (question,) = chat.questions
    text = asked_text(question)
    assert all(part in text for part in (*CRANES.terms, *CRANES.headlines))
    assert not any(name in json.dumps(question["messages"]) for name in (*BORNE.values(), CRANES.theme_id))
    schema = question["response_format"]["json_schema"]
    assert schema["strict"] is True and schema["schema"]["required"] == ["name"] and schema["schema"]["additionalProperties"] is False
    assert (question["model"], question["temperature"]) == ("small-chat", 0)


def test_what_was_answered_once_is_not_asked_again(chat: Chat, tmp_path: Path) -> None:
    first = wording(chat, tmp_path).names([CRANES, TRAINS], BORNE)
    again = wording(chat, tmp_path)
    assert again.names([CRANES, TRAINS], BORNE) == first
    assert len(chat.questions) == 2 and again.spent.startswith("2 answers from disk, 0 requests")
    assert not any(word in file.read_text() for file in tmp_path.iterdir() for word in ("quay", "coast", "s3cret"))


@pytest.mark.parametrize(
    "name",
    [
        "", "   ", "2025", "...", "One two three four five six seven", "R" * 61, "<b>Cranes</b>", "**Robot cranes**", "[Cranes](x)", '"Robot cranes"',
        "Cranes\u202e", "Cranes\x07", "https://example.com", "See www.example.com", "robot vacuums", "Robot vacuum", "ROBOT VACUUMS",
    ],
)  # fmt: skip
def test_what_is_no_name_is_asked_for_once_more_and_then_left(chat: Chat, tmp_path: Path, name: str) -> None:
    chat.answer = lambda _: named(name)
    (worded,) = wording(chat, tmp_path).names([CRANES], BORNE)
    assert worded.flaw is not None
    assert len(chat.questions) == 2
    assert asked_text(chat.questions[1]).startswith(asked_text(chat.questions[0])) and worded.flaw in asked_text(chat.questions[1])


@pytest.mark.parametrize("name", ["DeepSeek and open models", "GPT-5", "C++ & Rust", "U.S. chip exports", "Apple's App Store", "Élysée (Paris)"])
def test_names_as_editors_write_them_pass(name: str) -> None:
    assert flaw_of(name, BORNE.values()) is None


def test_a_second_answer_that_is_a_name_is_taken(chat: Chat, tmp_path: Path) -> None:
    chat.next = [named("Robot vacuums")]
    (worded,) = wording(chat, tmp_path).names([CRANES], BORNE)
    assert worded == Worded(CRANES, "Robot cranes", None)
    assert "another theme is called 'Robot vacuums'" in asked_text(chat.questions[1])


def test_two_themes_never_get_one_name(chat: Chat, tmp_path: Path) -> None:
    chat.answer = lambda _: named("Transport")
    first, second = wording(chat, tmp_path).names([CRANES, TRAINS], BORNE)
    assert (first.flaw, second.flaw) == (None, "another theme is called 'Transport'")


def test_a_theme_may_keep_its_name_and_a_full_stop_is_taken_off(chat: Chat, tmp_path: Path) -> None:
    chat.answer = lambda _: named(" Quay,  cranes. ")
    assert names(wording(chat, tmp_path).names([CRANES], BORNE)) == ["Quay, cranes"]


MISBEHAVIOUR = {
    "429": Reply(429, headers={"Retry-After": "0"}),
    "500": Reply(500, "<html>oops</html>"),
    "broken json": Reply(body='{"choices": [{"mess'),
    "prose": completion("I would call it Robot cranes."),
    "a list": completion('["Robot cranes"]'),
    "a number": named(7),
    "more than asked for": completion('{"name": "Robot cranes", "claim": "Cranes are good."}'),
    "nothing": completion(None),
    "cut off on the wire": Reply(body='{"choices"', is_cut=True),
    "slow": Reply(body=named("Robot cranes").body, wait_seconds=0.8),
}


@pytest.mark.parametrize("fault", MISBEHAVIOUR)
def test_what_may_pass_is_tried_again(chat: Chat, tmp_path: Path, fault: str) -> None:
    chat.next = [MISBEHAVIOUR[fault]]
    assert names(wording(chat, tmp_path).names([CRANES], BORNE)) == ["Robot cranes"]
    assert len(chat.questions) == 2


def test_a_model_that_declines_changes_no_name(chat: Chat, tmp_path: Path) -> None:
    chat.answer = lambda _: completion(None, refusal="I cannot help with that.")
    (worded,) = wording(chat, tmp_path).names([CRANES], BORNE)
    assert worded.flaw == "it has no word"


def test_a_server_that_refuses_ends_in_one_line_without_the_key(chat: Chat, tmp_path: Path) -> None:
    chat.answer = lambda _: Reply(401, "unknown key s3cret")
    with pytest.raises(ModelError, match=r"status 401 \(unknown key \*\*\*\)"):
        wording(chat, tmp_path).names([CRANES], BORNE)


# From the command line, on an archive


@pytest.fixture(scope="module")
def archived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with two discovered themes of three stories each, and a curated one."""
    data = tmp_path_factory.mktemp("worded")
    told = {theme.theme_id: theme for theme in (CRANES, TRAINS)}
    articles: dict[str, list[Article]] = {
        theme_id: [
            builders.article(article_id=f"{theme_id}-{i}", url=f"https://example.com/{theme_id}/{i}", title=title, text=f"{title}. {SECRET}")
            for i, title in enumerate(theme.headlines)
        ]
        for theme_id, theme in told.items()
    }
    store(data, [article for several in articles.values() for article in several])
    archive = open_archive(data / "archive.duckdb")
    tonight = Run("20261101T060000", FIXED_NOW, "test", "test")
    observed.start_run(archive, tonight, "run")
    for theme_id, theme in told.items():
        made = Theme(theme_id, theme_id, BORNE[theme_id], "discovered", SECRET, articles[theme_id][0].article_id, theme.terms)
        derived.add_theme(archive, tonight, made, None)
        for i, article in enumerate(articles[theme_id]):
            archive.execute("insert into story_members values ('r', ?, ?, ''::blob)", (article.article_id, article.article_id))
            told_of = (article.article_id, theme_id, 0.9 - i / 10)
            archive.execute("insert into article_themes values ('r', ?, ?, ?, 1, 'neutral', 0.0, 0.5, 0)", told_of)
    listed = Theme("t-listed", "listed", "Robot vacuums", "curated", "A claim that one can hold.", "yaml", ())
    derived.add_theme(archive, tonight, listed, None)
    observed.finish_run(archive, tonight, FIXED_NOW, "encoder", "judge")
    archive.close()
    return data


@pytest.fixture
def data(archived: Path, tmp_path: Path) -> Path:
    shutil.copy(archived / "archive.duckdb", tmp_path)
    return tmp_path


def word(chat: Chat, data: Path, *more: str) -> cli.Answer:
    return cli.run("themes", "word", *more, "--llm", f"llm:small-chat@{chat.base}", "--data", str(data))


def published(data: Path) -> dict[str, tuple[str, ...]]:
    """Slug, name and who worded it, by theme."""
    return {theme_id: tuple(rest) for theme_id, *rest in read(data, "select theme_id, slug, name, name_from from themes")}


def test_names_made_from_terms_are_worded_marked_and_recorded(chat: Chat, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACKER_LLM_PRICES", "1,10")
    done = word(chat, data)
    assert done.code == 0, done.err
    assert "Robot cranes" in done.out and "cost 0.0022" in done.err
    after = published(data)
    assert after["t-cranes"] == ("t-cranes", "Robot cranes", "llm:small-chat")
    assert after["t-trains"] == ("t-trains", "Night trains", "llm:small-chat")
    assert after["t-listed"] == ("listed", "Robot vacuums", "yaml")
    worded = read(data, "select theme_id, event, made_by, detail from theme_events where event = 'worded' order by theme_id")
    assert worded == [("t-cranes", "worded", "llm:small-chat", "Robot cranes"), ("t-trains", "worded", "llm:small-chat", "Night trains")]
    assert SECRET not in json.dumps(chat.questions)
    assert all(headline in json.dumps(chat.questions) for theme in (CRANES, TRAINS) for headline in theme.headlines)


def test_worded_names_are_not_worded_again_unless_named(chat: Chat, data: Path) -> None:
    word(chat, data)
    asked = len(chat.questions)
    assert word(chat, data).code == 0 and len(chat.questions) == asked
    again = word(chat, data, "t-cranes")
    assert again.code == 0 and "1 answers from disk" in again.err


def test_a_persons_name_is_never_overwritten_not_even_by_name(chat: Chat, data: Path) -> None:
    assert cli.run("themes", "rename", "t-cranes", "Cranes of the north", "--data", str(data)).code == 0
    assert word(chat, data).code == 0
    assert published(data)["t-cranes"][1:] == ("Cranes of the north", "person")
    refused = word(chat, data, "t-cranes")
    assert refused.code == 1 and "a name that a person gave" in refused.err
    assert not any("quay" in asked_text(question) for question in chat.questions)


def test_a_person_may_rename_what_the_model_worded_and_that_stays(chat: Chat, data: Path) -> None:
    word(chat, data)
    assert cli.run("themes", "rename", "t-trains", "Sleepers", "--data", str(data)).code == 0
    archive = open_archive(data / "archive.duckdb")
    with pytest.raises(StoreError, match="a person gave"):
        theme_edits.word(archive, theme_edits.find(archive, "t-trains").theme, "Night trains", "llm:small-chat", FIXED_NOW)
    archive.close()
    assert published(data)["t-trains"][1:] == ("Sleepers", "person")


def test_curated_and_unknown_themes_and_wrong_models_are_told_before_anything_is_sent(chat: Chat, data: Path) -> None:
    assert "stands in themes.yaml" in word(chat, data, "listed").err
    assert "no theme 'ferries'" in word(chat, data, "ferries").err
    wrong = cli.run("themes", "word", "--llm", "hub:lab/tiny", "--data", str(data))
    assert wrong.code == 1 and "llm:MODEL@http://host:port/v1" in wrong.err
    assert cli.run("themes", "word", "--data", str(data)).code == 2
    assert chat.questions == []


def test_a_dry_run_shows_names_and_changes_none(chat: Chat, data: Path) -> None:
    done = word(chat, data, "--dry-run", "--json")
    shown: list[dict[str, Any]] = json.loads(done.out)
    assert [row["llm:small-chat"] for row in shown] == ["Robot cranes", "Night trains"]
    assert not (data / "tracker.duckdb").exists()
    archive = open_archive(data / "archive.duckdb")
    assert theme_edits.find(archive, "t-cranes").theme.name == "Quay, cranes"
    archive.close()


def test_a_server_that_fails_leaves_every_name_and_says_so(chat: Chat, data: Path) -> None:
    chat.answer = lambda _: Reply(403, "no credit left")
    failed = word(chat, data)
    assert failed.code == 1 and "no credit left" in failed.err
    archive = open_archive(data / "archive.duckdb")
    assert {theme_edits.find(archive, t).theme.name for t in ("t-cranes", "t-trains")} == {"Quay, cranes", "Sleeper, railway"}
    archive.close()
