"""What the documents say is what the program does: commands, options, settings, public columns, links, rooms."""

import argparse
import importlib
import re
import runpy
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import typer.main

from tracker.cli.commands import app

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "data" / "README.md"])
SOURCES = sorted(
    path
    for room in ("tracker", "dashboard", "evals", "training", "docs")
    for path in (ROOT / room).rglob("*")
    if path.suffix in (".py", ".sql")
)

# What others rely on: adding a column is free; taking one away or renaming it is a change of contract (CHANGELOG)
CONTRACT = {
    "outlets": "outlet name tier country feeds articles first_seen_at",
    "articles": "article_id story_id outlet url title author language published_at published_from first_seen_at words",
    "stories": "story_id first_published_at title articles outlets",
    "themes": "theme_id slug name kind claim claim_from terms status merged_into first_seen_at last_seen_at",
    "article_themes": "article_id theme_id strength passages stance net_stance confidence",
    "mentions": "article_id theme_id passage position stance p_supports p_opposes p_neutral confidence voice speaker",
    "volume_daily": "theme_id day stories articles outlets share coverage",
    "stance_daily": "theme_id day supports opposes neutral net low high",
    "outlet_stance": "theme_id outlet month stories net low high",
    "turning_points": "theme_id day measure before after p_value articles",
    "coverage_daily": "outlet day polls failures new_articles expected state",
    "feed_health": "outlet feed last_ok_at last_outcome failures_in_a_row articles_30d silent_since next_due_at",
    "rejections": "url outlet stage reason seen_at",
    "runs": "run_id started_at finished_at articles_new encoder judge code_version settings_digest",
}


@pytest.fixture(scope="module")
def written() -> dict[str, Any]:
    """The script docs/columns.py."""
    return runpy.run_path(str(ROOT / "docs" / "columns.py"))


@pytest.fixture(scope="module")
def schema(written: dict[str, Any]) -> pd.DataFrame:
    """The public views as they describe themselves: view, view_comment, column, type, comment."""
    return pd.DataFrame(written["schema"]())


def commands(command: Any, words: tuple[str, ...] = ("tracker",)) -> Iterator[tuple[str, Any]]:
    """Every command with its words, groups included."""
    yield " ".join(words), command
    for name, sub in getattr(command, "commands", {}).items():
        yield from commands(sub, (*words, name))


COMMANDS = dict(commands(typer.main.get_command(app)))
LEAVES = {words: command for words, command in COMMANDS.items() if not hasattr(command, "commands")}


def test_columns_page_says_what_the_comments_say(written: dict[str, Any], schema: pd.DataFrame) -> None:
    expected = written["markdown"](schema)
    assert (ROOT / "docs" / "columns.md").read_text(encoding="utf-8") == expected, "run `just columns`"


def test_every_public_view_and_column_is_explained(schema: pd.DataFrame) -> None:
    bare = schema[schema["comment"].fillna("").eq("") | schema["view_comment"].fillna("").eq("")]
    assert bare[["view", "column"]].to_numpy().tolist() == []


@pytest.mark.parametrize("view", CONTRACT)
def test_columns_that_others_rely_on_are_there(schema: pd.DataFrame, view: str) -> None:
    there = set(schema.loc[schema["view"] == view, "column"])
    assert set(CONTRACT[view].split()) - there == set()


def test_no_public_column_holds_article_text(schema: pd.DataFrame) -> None:
    assert not {"text", "body", "content", "html"} & set(schema["column"])


@pytest.mark.parametrize("words", LEAVES)
def test_every_command_explains_itself_with_an_example_of_its_own_options(words: str) -> None:
    command = LEAVES[words]
    example = re.search(r"Example: `(.+?)`", command.help or "")
    assert example, f"{words} has no example"
    given = shlex.split(example.group(1))
    assert given[: len(words.split())] == words.split()
    options = [param for param in command.params if param.param_type_name == "option"]
    assert {word for word in given if word.startswith("--")} <= {name for option in options for name in option.opts}
    assert [option.name for option in options if not option.help] == []


def test_every_chosen_number_has_its_reason() -> None:
    source = (ROOT / "tracker" / "settings.py").read_text(encoding="utf-8")
    chosen = re.findall(r"^    \w+: (?:int|float) = .*$", source, flags=re.MULTILINE)
    bare = [line.strip() for line in chosen if "#" not in line]
    assert chosen
    assert bare == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:|mailto:|#)([^)\s#]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_documents_that_comments_and_pages_cite_are_in_the_repository() -> None:
    cited = [
        (path, name)
        for path in (*SOURCES, *PAGES)
        for name in re.findall(r"(?<![\w./-])[\w./-]+\.md\b", path.read_text(encoding="utf-8"))
        if not name.startswith("../shared/")  # the third-party sets that --shared names
    ]
    assert cited
    assert [
        f"{path.relative_to(ROOT)}: {name}"
        for path, name in cited
        if not any((at / name).is_file() for at in (ROOT, path.parent))
    ] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_that_pages_name_exist(page: Path) -> None:
    named = re.findall(r"`(?:uv run )?tracker ([a-z]+)(?: ([a-z]+))?", page.read_text(encoding="utf-8"))
    unknown = [
        " ".join(filter(None, words))
        for words in named
        if f"tracker {words[0]}" not in COMMANDS
        or (words[1] and f"tracker {words[0]}" not in LEAVES and f"tracker {words[0]} {words[1]}" not in COMMANDS)
    ]
    assert unknown == []


def test_the_code_map_names_every_room() -> None:
    page = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    rooms = [path.name for path in (ROOT / "tracker").iterdir() if path.is_dir() and path.name != "__pycache__"]
    assert [room for room in sorted(rooms) if f"`tracker/{room}/`" not in page] == []


def test_every_fault_in_the_table_names_tests_that_exist() -> None:
    page = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| ") and not line.startswith(("| fault", "| ---"))]
    assert len(rows) > 75
    assert [row for row in rows if not re.search(r"tests/\S+\.py::test_\w+", row)] == []
    missing = []
    for path, names in re.findall(r"(tests/[\w/]+\.py)((?:::test_\w+)(?:, ?test_\w+)*)", page):
        source = (ROOT / path).read_text(encoding="utf-8")
        missing += [f"{path}::{name}" for name in re.findall(r"test_\w+", names) if f"def {name}(" not in source]
    assert missing == []


PROGRAMS = {found for page in PAGES for found in re.findall(r"`python -m (evals\.[^`]+)`", page.read_text(encoding="utf-8"))}


@pytest.mark.parametrize("command", sorted(PROGRAMS))
def test_programs_take_the_arguments_that_pages_give_them(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class TakenError(BaseException):
        """The arguments were taken; what follows may be hours of work."""

    def parse(*given: Any) -> None:
        parse_args(*given)
        raise TakenError

    module, *arguments = shlex.split(command)
    source = (ROOT / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8")
    if "ArgumentParser(" not in source:
        assert len(arguments) <= max(map(int, re.findall(r"sys\.argv\[(\d+)\]", source)), default=0)
        return
    parse_args = argparse.ArgumentParser.parse_args
    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", parse)
    monkeypatch.setattr(sys, "argv", [module, *arguments])
    with pytest.raises(TakenError):  # a wrong argument ends it with SystemExit
        importlib.import_module(module).main()
