"""evaluate: a gold set and an archive in, scores beside their pinned floors out."""

import importlib
import json
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from tracker.cli import options
from tracker.cli.terminal import table
from tracker.errors import SettingsError, TrackerError

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


def _evals() -> Path:
    package = importlib.import_module("evals")
    return Path(str(package.__file__)).parent
