"""tracker themes: list, show, rename, merge, split, hide, promote. Edits are rows with who and when; every later run keeps to them."""

import getpass
from pathlib import Path
from typing import Annotated

import typer

from tracker import edits
from tracker.cli import options, running
from tracker.cli.terminal import say, table
from tracker.store import theme_edits

app = typer.Typer(help="The themes we follow: curated ones from themes.yaml, and discovered ones.", no_args_is_help=True)
Word = Annotated[str, typer.Argument(metavar="THEME", help="Slug, id or name of a theme.")]
_EXAMPLES = 3  # passages of each side that `promote` offers as a start


@app.command("list")
def list_themes(data: options.Data = options.DATA, as_json: options.Json = False) -> None:
    """All themes, largest first.

    Example: `tracker themes list`
    """
    from tracker.store import public

    published = public.Published(public.published_file(data))
    table(("slug", "name", "kind", "status", "articles", "claim"), published.all_themes(), as_json)


@app.command()
def show(theme: Word, data: options.Data = options.DATA, as_json: options.Json = False) -> None:
    """One theme: claim, terms, edits, and the passages most surely for and against it.

    Example: `tracker themes show end-of-scaling`
    """
    with options.archive(data, must_exist=True) as archive:
        stored = theme_edits.find(archive, theme)
        found = stored.theme
        rows: list[tuple[str, object]] = [
            ("id", found.theme_id), ("slug", found.slug), ("name", found.name), ("kind", found.kind), ("status", stored.status),
            ("claim", found.claim), ("claim from", found.claim_from), ("terms", ", ".join(found.terms)),
        ]  # fmt: skip
        rows += [(f"{at:%Y-%m-%d %H:%M} {by}", f"{verb} {argument or ''}".strip()) for at, by, verb, argument in theme_edits.log(archive, found)]
        rows += [(f"{stance} ({confidence:.2f})", text) for stance, text, confidence in theme_edits.evidence(archive, found, _EXAMPLES)]
    table(("what", "value"), rows, as_json)


@app.command()
def rename(theme: Word, name: Annotated[str, typer.Argument(help="The new name.")], data: options.Data = options.DATA) -> None:
    """Give a theme another name; id and slug stay.

    Example: `tracker themes rename smart-glasses "Display glasses"`
    """
    with options.archive(data, must_exist=True) as archive:
        theme_edits.rename(archive, theme_edits.find(archive, theme).theme, name, getpass.getuser(), options.now())
        running.publish_again(archive, data)


@app.command()
def hide(
    theme: Word,
    undo: Annotated[bool, typer.Option("--undo", help="Show it again.")] = False,
    data: options.Data = options.DATA,
) -> None:
    """Take a theme off the lists and charts; its numbers are kept.

    Example: `tracker themes hide black-friday-deals`
    """
    with options.archive(data, must_exist=True) as archive:
        theme_edits.hide(archive, theme_edits.find(archive, theme).theme, not undo, getpass.getuser(), options.now())
        running.publish_again(archive, data)


@app.command()
def merge(
    theme: Word,
    into: Annotated[str, typer.Argument(help="The theme it becomes part of.")],
    data: options.Data = options.DATA,
    feeds: options.Feeds = options.FEEDS,
    themes: options.Themes = options.THEMES,
    by: options.JudgeName = options.JUDGE,
) -> None:
    """Make a discovered theme part of another; its articles are judged again, toward the other's claim.

    Example: `tracker themes merge nvidia-chips gpu-supply`
    """
    make_judge = options.judge(by, data)
    with options.archive(data, must_exist=True) as archive:
        first, second = theme_edits.find(archive, theme).theme, theme_edits.find(archive, into).theme
        theme_edits.merge(archive, first, second, getpass.getuser(), options.now())
        running.analyse_again(archive, options.load_settings(feeds, themes), data, make_judge)


@app.command()
def split(theme: Word) -> None:
    """Not there yet: dividing a theme in two comes with the issue "Themes that last".

    Example: `tracker themes split ai-agents`
    """
    say(f"splitting '{theme}' is not built yet; `tracker analyse --refit` discovers themes anew, `tracker themes promote` fixes one.")
    raise typer.Exit(2)


@app.command()
def promote(
    theme: Word,
    data: options.Data = options.DATA,
    feeds: options.Feeds = options.FEEDS,
    themes: options.Themes = options.THEMES,
    by: options.JudgeName = options.JUDGE,
) -> None:
    """Write a discovered theme into themes.yaml, with a claim and examples to edit, and follow it as a curated one from then on.

    Example: `tracker themes promote smart-glasses`
    """
    make_judge = options.judge(by, data)
    with options.archive(data, must_exist=True) as archive:
        found = theme_edits.find(archive, theme).theme
        if found.kind == "curated":
            say(f"'{found.slug}' is a curated theme already; edit it in {themes}")
            raise typer.Exit(1)
        texts: dict[str, list[str]] = {"supports": [], "opposes": [], "neutral": []}
        for stance, text, _ in theme_edits.evidence(archive, found, _EXAMPLES):
            texts[stance].append(" ".join(text.split()))
        entry = {
            "slug": found.slug, "name": found.name, "claim": found.claim, "supports": texts["supports"], "opposes": texts["opposes"],
            "aliases": list(found.terms[:5]),
        }  # fmt: skip
        edits.add_theme(Path(themes), entry)
        theme_edits.promote(archive, found, getpass.getuser(), options.now())
        running.analyse_again(archive, options.load_settings(feeds, themes), data, make_judge)
    say(f"'{found.slug}' now stands in {themes}: put its claim and examples into your own words; the next run applies them to the whole archive")


