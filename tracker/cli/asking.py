"""judge, assign, sql, digest: texts of one's own or a question come in, answers go out."""

import csv
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TextIO

import typer

from tracker.cli import options
from tracker.cli.terminal import objects, plain, say, table
from tracker.errors import SettingsError
from tracker.files import safe_cell, whole

if TYPE_CHECKING:
    from tracker.store.sandbox import Result

In = Annotated[Path, typer.Option("--in", help="JSON lines, one object a row.", dir_okay=False)]
Out = Annotated[Path, typer.Option("--out", help="Where the same rows go, with the answers.", dir_okay=False)]
_SQL_SECONDS = 60.0  # a person at a terminal can wait, and can stop it
_SQL_ROWS = 5_000_000
_SQL_BYTES = 2**31


def add_to(app: typer.Typer) -> None:
    """Add this module's commands."""
    for command in (judge, assign, sql, digest):
        app.command()(command)


def judge(source: In, target: Out, data: options.Data = options.DATA, by: options.JudgeName = options.JUDGE) -> None:
    """Say on which side of a claim texts stand: rows {text, claim} come back with `label` and p_supports, p_opposes, p_neutral, p_unrelated.

    Example: `tracker judge --in passages.jsonl --out judged.jsonl`
    """
    rows = list(_rows(source, ("text", "claim")))
    asked = options.judge(by, data)()
    stances = asked.judge([(row["text"], row["claim"]) for row in rows])
    _write(
        target,
        [
            {**row, "label": s.label, "p_supports": s.supports, "p_opposes": s.opposes, "p_neutral": s.neutral, "p_unrelated": s.unrelated}
            for row, s in zip(rows, stances, strict=True)
        ],
    )
    options.tell_spending(asked)


def assign(
    source: In,
    target: Out,
    feeds: options.Feeds = options.FEEDS,
    themes: options.Themes = options.THEMES,
    data: options.Data = options.DATA,
    by: options.JudgeName = options.JUDGE,
) -> None:
    """Say which themes texts belong to: rows {text} come back with `themes`: [{slug, strength}], from themes.yaml and the archive.

    With a `title` in the row it is read as a run reads an article, whose title says most of its subject.

    Example: `tracker assign --in texts.jsonl --out assigned.jsonl`
    """
    from tracker.steps import assigning, theming
    from tracker.store import derived
    from tracker.themes.embed import OnnxEncoder

    rows = list(_rows(source, ("text",), ("title",)))
    settings = options.load_settings(feeds, themes)
    stored: list[derived.StoredTheme] = []
    if (data / "archive.duckdb").is_file():
        with options.archive(data) as archive:
            theming.require_followable(archive, settings.themes)
            stored = derived.themes(archive)
    asked = options.judge(by, data)()
    found = assigning.assign([(row.get("title") or "", row["text"]) for row in rows], settings, stored, OnnxEncoder(), asked)
    named = [[{"slug": slug, "strength": round(strength, 4)} for slug, strength in of_text] for of_text in found]
    _write(target, [{**row, "themes": of_text} for row, of_text in zip(rows, named, strict=True)])


def sql(
    statement: Annotated[str, typer.Argument(help="One SELECT on the public views; `-` reads it from standard input.")],
    form: Annotated[Literal["table", "csv", "json", "parquet"], typer.Option("--format", help="How to print the rows.")] = "table",
    target: Annotated[Path | None, typer.Option("--out", help="File to write instead of printing; parquet needs it.")] = None,
    data: options.Data = options.DATA,
    as_json: options.Json = False,
) -> None:
    """Ask the published file one read-only question.

    Example: `tracker sql "select name, articles from themes order by articles desc limit 5"`
    """
    from tracker.store import public, sandbox

    text = sys.stdin.read() if statement == "-" else statement
    form = "json" if as_json else form
    result = sandbox.query(public.published_file(data), text, _SQL_SECONDS, _SQL_ROWS, _SQL_BYTES)
    if form == "parquet":
        if target is None:
            raise SettingsError("--format parquet needs --out FILE.")
        with whole(target) as draft:
            result.write_parquet(draft)
    elif form == "csv" and target is None:
        _write_csv(result, sys.stdout)
    elif form == "csv" and target is not None:
        with whole(target) as draft, draft.open("w", encoding="utf-8", newline="") as sink:
            _write_csv(result, sink)
    elif target is not None:
        with whole(target) as draft:
            draft.write_text(objects(result.columns, result.rows) + "\n", encoding="utf-8")
    else:
        table(result.columns, result.rows, form == "json")
    if result.truncated:
        say(f"cut after {result.table.num_rows} rows")


def _write_csv(result: "Result", sink: TextIO) -> None:
    """What a spreadsheet opens: no name and no cell of it is run as a formula. Parquet and JSON hold the values as they are."""
    lines = csv.writer(sink, lineterminator="\n")
    lines.writerow(map(safe_cell, result.columns))
    for row in result.iter_rows():
        lines.writerow(safe_cell(_csv_cell(value)) for value in row)


def _csv_cell(value: Any) -> Any:
    if not isinstance(value, list | dict | tuple):
        return value
    held = plain(value)
    return held if isinstance(held, str) else json.dumps(held, ensure_ascii=False)  # a text: an interval, which came as a tuple


def digest(
    since: Annotated[str, typer.Option("--since", help="How far back, as 7d.")] = "7d",
    form: Annotated[Literal["md", "html", "atom"], typer.Option("--format", help="How to write it.")] = "md",
) -> None:
    """Not built yet; the dashboard's Overview shows what moved.

    Example: `tracker digest --since 7d`
    """
    options.first_day(since, options.now().date())
    say(f"the digest is not built yet (asked: {since} as {form}); the dashboard's Overview shows what moved.")
    raise typer.Exit(2)


def _rows(path: Path, keys: tuple[str, ...], may_have: tuple[str, ...] = ()) -> Iterator[dict[str, Any]]:
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")  # splitlines would also cut at U+2028, which JSON allows inside a string
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: cannot be read: {error}") from None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        row = _value(line, f"{path}, line {number}")
        for flaw in _flaws(row, keys, may_have):
            raise SettingsError(f"{path}, line {number}: {flaw}")
        yield row


def _flaws(row: object, keys: tuple[str, ...], may_have: tuple[str, ...]) -> Iterator[str]:
    """What a row lacks, and what it has that is no string."""
    held = row if isinstance(row, dict) else {}
    yield from (f"needs '{key}' as a string." for key in keys if not isinstance(held.get(key), str))
    yield from (f"'{key}' is no string." for key in may_have if not isinstance(held.get(key), str | None))


def _value(line: str, where: str) -> Any:
    """The JSON value of a line, if it can go out again as it came in."""
    try:
        value = json.loads(line)
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except UnicodeEncodeError:
        raise SettingsError(f"{where}: half a surrogate pair (as in \\ud83d) is no character.") from None
    except RecursionError:
        raise SettingsError(f"{where}: nested too deeply to be read.") from None
    except ValueError as error:
        raise SettingsError(f"{where}: not JSON: {error}") from None
    return value


def _write(path: Path, rows: list[dict[str, Any]]) -> None:
    with whole(path) as draft:
        draft.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    say(f"{len(rows)} rows in {path}")
