"""tracker themes word: a chat model words the names of discovered themes, and each name is marked as the model's."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tracker.cli import options, running
from tracker.cli.terminal import say, table
from tracker.errors import SettingsError
from tracker.stance import choose
from tracker.store import derived, theme_edits

if TYPE_CHECKING:
    from tracker.themes.wording import Wording

Words = Annotated[
    list[str] | None,
    typer.Argument(metavar="[THEME]...", help="Slug, id or name of themes.", show_default="all whose name was made from their terms"),
]
Llm = Annotated[
    str,
    typer.Option(
        "--llm",
        envvar="TRACKER_LLM",
        help="Who words: 'llm:MODEL@http://host:port/v1', a chat model (extra llm; its key in TRACKER_LLM_KEY, prices of a million tokens read and "
        "written in TRACKER_LLM_PRICES, as 0.15,0.60).",
    ),
]


def word(
    llm: Llm,
    themes: Words = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what it would say.")] = False,
    data: options.Data = options.DATA,
    as_json: options.Json = False,
) -> None:
    """Let a chat model word the names of discovered themes. Slug and id stay, and a name that a person gave is never overwritten.

    A theme's terms and three typical headlines are sent to the address you name, and nothing else. A name is taken if it has one to six words, no
    markup, and is no other theme's. It is marked as the model's wherever it is shown; `tracker themes rename` puts your own in its place.

    Example: `tracker themes word smart-glasses --llm llm:qwen3:8b@http://localhost:11434/v1`
    """
    model = _wording(llm, data)
    with options.archive(data, must_exist=True) as archive:
        from tracker.themes.wording import Described

        named = [theme_edits.wordable(archive, theme_edits.find(archive, theme).theme) for theme in themes or ()]
        chosen = {theme.theme_id: theme for theme in named or theme_edits.unworded(archive)}
        borne = {s.theme.theme_id: s.theme.name for s in derived.themes(archive) if s.status != "merged"}
        described = [Described(theme.theme_id, theme.terms, theme_edits.headlines(archive, theme)) for theme in chosen.values()]
        found = model.names(described, borne)
        for worded in found:
            if not worded.flaw and not dry_run:
                theme_edits.word(archive, chosen[worded.theme.theme_id], worded.name, f"llm:{model.model}", options.now())
        if not dry_run and any(not worded.flaw for worded in found):
            running.publish_again(archive, data)
    rows = [(chosen[w.theme.theme_id].slug, borne[w.theme.theme_id], w.name, f"not taken: {w.flaw}" if w.flaw else "") for w in found]
    table(("theme", "was", f"llm:{model.model}", "note"), rows, as_json)
    say(f"{model.model}: {model.spent}")
    if dry_run:
        say("nothing was changed; without --dry-run it is done")


def _wording(name: str, data: Path) -> "Wording":
    """The chat model of that name. Raises SettingsError."""
    chosen = choose.language_model(name, "--llm", os.environ.get("TRACKER_LLM_PRICES", ""))
    if chosen is None:
        raise SettingsError(f"--llm: '{name}' is no chat model's name. Write llm:MODEL@http://host:port/v1.")
    from tracker.themes.wording import Wording

    return Wording(chosen.model, chosen.endpoint, data / "answers", os.environ.get("TRACKER_LLM_KEY", ""), chosen.prices)
