"""judge, assign, sql, export, restore, evaluate, doctor, and what a later issue brings: digest."""

import csv
import importlib
import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TextIO

import typer

from tracker.cli import options, running
from tracker.cli.terminal import say, table
from tracker.errors import SettingsError, StoreError, TrackerError
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
    for command in (judge, assign, sql, export, restore, evaluate, doctor, digest):
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

    Example: `tracker assign --in texts.jsonl --out assigned.jsonl`
    """
    from tracker.steps import assigning
    from tracker.store import derived
    from tracker.themes.embed import OnnxEncoder

    rows = list(_rows(source, ("text",)))
    settings = options.load_settings(feeds, themes)
    discovered: list[derived.StoredTheme] = []
    if (data / "archive.duckdb").is_file():
        with options.archive(data) as archive:
            discovered = [theme for theme in derived.themes(archive) if theme.theme.kind == "discovered"]
    asked = options.judge(by, data)()
    found = assigning.assign([row["text"] for row in rows], settings, discovered, OnnxEncoder(), asked)
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
        from pyarrow import parquet

        with whole(target) as draft:
            parquet.write_table(result.table, draft)
    elif form == "csv" and target is None:
        _write_csv(result, sys.stdout)
    elif form == "csv" and target is not None:
        with whole(target) as draft, draft.open("w", encoding="utf-8", newline="") as sink:
            _write_csv(result, sink)
    elif target is not None:
        objects = [dict(zip(result.columns, row, strict=True)) for row in result.rows]
        with whole(target) as draft:
            draft.write_text(json.dumps(objects, default=str, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    else:
        table(result.columns, result.rows, form == "json")
    if result.truncated:
        say(f"cut after {len(result.rows)} rows")


def _write_csv(result: "Result", sink: TextIO) -> None:
    """What a spreadsheet opens: no name and no cell of it is run as a formula. Parquet and JSON hold the values as they are."""
    lines = csv.writer(sink, lineterminator="\n")
    lines.writerow(map(safe_cell, result.columns))
    for batch in result.table.to_batches():
        for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            cells = (json.dumps(value, default=str, ensure_ascii=False) if isinstance(value, list | dict) else value for value in row)
            lines.writerow(map(safe_cell, cells))


def export(
    target: Annotated[Path, typer.Option("--out", help="A new folder.", file_okay=False)],
    data: options.Data = options.DATA,
    as_json: options.Json = False,
) -> None:
    """Write the whole archive as Parquet: what was observed by month, the rest one file a table.

    Example: `tracker export --out backup-2026-11`
    """
    from tracker.store import exchange

    with options.archive(data, must_exist=True) as archive:
        table(("table", "rows"), exchange.export(archive, target), as_json)


def restore(
    source: Annotated[Path, typer.Option("--from", help="Folder that `tracker export` wrote.", file_okay=False)],
    data: options.Data = options.DATA,
    as_json: options.Json = False,
) -> None:
    """Make an archive from an export, and publish it: the same numbers come out. A damaged archive that stands there is kept aside.

    Example: `tracker restore --from backup-2026-11 --data restored`
    """
    from tracker.store import database, exchange

    with database.damaged_aside(data / "archive.duckdb", say), options.archive(data) as archive:
        table(("table", "rows"), exchange.restore(archive, source), as_json)
    with options.archive(data) as archive:
        running.publish_again(archive, data)


def digest(
    since: Annotated[str, typer.Option("--since", help="How far back, as 7d.")] = "7d",
    form: Annotated[str, typer.Option("--format", help="md, html or atom.")] = "md",
) -> None:
    """Not there yet: what moved, with evidence, comes with the issue on automation.

    Example: `tracker digest --since 7d`
    """
    say(f"the digest is not built yet (asked: {since} as {form}); the dashboard's Overview shows what moved.")
    raise typer.Exit(2)


What = Literal["stance", "stance-sets", "themes", "feeds", "snapshots", "extract", "dates", "duplicates", "intervals", "replay", "demo"]


def evaluate(
    what: Annotated[What, typer.Argument(help="What to score.")],
    gold: Annotated[Path | None, typer.Option("--gold", help="A gold set that is not in the repository.")] = None,
    nights: Annotated[int, typer.Option("--nights", min=3, help="replay: how many nights; 90 hold all that can go wrong.")] = 8,
    seed: Annotated[int, typer.Option("--seed", help="replay, themes: seed.")] = 1,
    shared: Annotated[Path | None, typer.Option("--shared", help="stance-sets, themes, duplicates: folder that holds corpora/.")] = None,
    repeats: Annotated[int, typer.Option("--repeats", min=1, help="themes: seeds, and subsamples, to fit; 2 or more tell stability.")] = 3,
    cache: Annotated[Path | None, typer.Option("--cache", help="themes: folder that keeps the corpora's vectors.")] = None,
    turftopic: Annotated[Path | None, typer.Option("--turftopic", help="themes: the Python of an environment with turftopic.")] = None,
    errors: Annotated[int, typer.Option("--errors", min=0, help="stance: show the surest mistakes, so many, and count their kinds.")] = 0,
    data: options.Data = options.DATA,
    by: options.JudgeName = options.JUDGE,
    as_json: options.Json = False,
) -> None:
    """Score the program against its gold sets and their pinned floors (evals/floors.json); exit 1 below a floor.

    Example: `tracker evaluate stance --gold ../shared/evals/stance_ai_dev.jsonl`
    """
    try:
        floors = json.loads((_evals() / "floors.json").read_text(encoding="utf-8")).get(what, {})
        scorer = importlib.import_module(f"evals.{what.replace('-', '_')}")
    except (ImportError, FileNotFoundError):
        raise SettingsError("evaluations need a clone of the repository: run this in it, as `uv run tracker evaluate ...`.") from None
    wanted: dict[str, dict[str, Any]] = {
        "stance": {"path": gold}, "stance-sets": {"shared": shared}, "themes": {"path": gold or shared, "seed": seed}, "extract": {"pages": gold},
        "feeds": {"path": gold}, "snapshots": {"path": gold},
        "dates": {}, "intervals": {}, "duplicates": {}, "replay": {"nights": nights, "seed": seed}, "demo": {"data": data},
    }  # fmt: skip
    if None in wanted[what].values():
        option = {"stance-sets": "--shared", "themes": "--shared or --gold"}.get(what, "--gold")
        raise SettingsError(f"`tracker evaluate {what}` needs {option} PATH (the sets are third-party text and not in the repository).")
    arguments = dict(wanted[what])
    if what in {"stance", "stance-sets"}:
        arguments["judge"] = options.judge(by, data)()
        floors = floors if by == options.JUDGE else {}  # pinned for the judge in the package
    if what == "duplicates":
        arguments["shared"] = shared  # without it, the demo world alone
    if what == "themes":
        arguments |= {"repeats": repeats, "cache": cache, "turftopic": turftopic}
    report = scorer.evaluate(**arguments)
    rows = report.rows()
    plain = ("measure", "value", "floor", "detail"), [(m, v, floors.get(m), d) for m, v, d in rows]
    columns, cells = report.beside(floors) if what == "themes" else plain
    table(columns, cells, as_json)
    for columns, cells in report.worst(errors) if what == "stance" and errors else ():
        table(columns, cells, as_json)
    if "judge" in arguments:
        options.tell_spending(arguments["judge"])
    below = [m for m, v, _ in rows if v is not None and m in floors and v < floors[m]]
    if below:
        raise TrackerError(f"below the floor in evals/floors.json: {', '.join(below)}.")


def doctor(
    feeds: options.Feeds = options.FEEDS,
    themes: options.Themes = options.THEMES,
    data: options.Data = options.DATA,
    by: options.JudgeName = options.JUDGE,
    as_json: options.Json = False,
) -> None:
    """Check files, models, disk and data, and say what to do.

    Example: `tracker doctor`
    """
    checks = [(name, *found) for name, found in _checks(feeds, themes, data, by)]
    table(("check", "state", "detail"), checks, as_json)
    if any(state == "wrong" for _, state, _ in checks):
        raise typer.Exit(1)


_FREE_BYTES = 2 * 2**30  # a year of nights takes about 1 GB, and publishing needs room beside it


def _checks(feeds: Path, themes: Path, data: Path, by: str) -> Iterator[tuple[str, tuple[str, str]]]:
    from tracker.settings import read_feeds, read_themes
    from tracker.store import observed, public
    from tracker.themes.embed import OnnxEncoder

    def tried(work: "Any") -> tuple[str, str]:
        try:
            return "fine", str(work())
        except TrackerError as error:
            return "wrong", str(error)

    yield "python", ("fine", sys.version.split()[0])
    yield "feeds", tried(lambda: f"{len(read_feeds(feeds).outlets)} outlets in {feeds}")
    yield "themes", tried(lambda: f"{len(read_themes(themes).themes)} themes in {themes}")
    yield "encoder", tried(lambda: OnnxEncoder().name)
    yield "judge", tried(lambda: options.judge(by, data)().name)
    free = shutil.disk_usage(next(p for p in (data, *data.resolve().parents) if p.exists())).free
    room = f"{free / 2**30:.1f} GiB free in {data}"
    yield "disk", ("fine", room) if free > _FREE_BYTES else ("wrong", f"{room}: make room")
    if not (data / "archive.duckdb").is_file():
        yield "archive", ("missing", f"none in {data} yet: `tracker demo` or `tracker run` makes one")
        return
    try:
        with options.archive(data) as archive:
            articles, failing = observed.article_count(archive), observed.failing_feeds(archive)
    except StoreError as error:
        yield "archive", ("wrong", str(error))
    else:
        yield "archive", ("fine", f"{articles} articles")
        listed = "; ".join(f"{feed} ({times} times: {why})" for feed, times, why in failing)
        yield "failing feeds", ("look", listed) if failing else ("fine", "none")
    yield "published", tried(lambda: public.published_file(data).name)


def _evals() -> Path:
    package = importlib.import_module("evals")
    return Path(str(package.__file__)).parent


def _rows(path: Path, keys: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    try:
        lines = path.read_text(encoding="utf-8").split("\n")  # splitlines would also cut at U+2028, which JSON allows inside a string
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: cannot be read: {error}") from None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise SettingsError(f"{path}, line {number}: not JSON: {error}") from None
        for key in keys:
            if not isinstance(row, dict) or not isinstance(row.get(key), str):
                raise SettingsError(f"{path}, line {number}: needs '{key}' as a string.")
        yield row


def _write(path: Path, rows: list[dict[str, Any]]) -> None:
    with whole(path) as draft:
        draft.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    say(f"{len(rows)} rows in {path}")
