"""tracker themes: list, show, lineage, rename, hide, merge, split, promote. Edits are rows with who and when; every later run keeps to them."""

import getpass
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from tracker import edits
from tracker.cli import options, running, wording_command
from tracker.cli.terminal import say, table
from tracker.errors import SettingsError
from tracker.store import public, theme_edits
from tracker.store.lineage import Event, Lineage, Listed

app = typer.Typer(help="The themes we follow: curated ones from themes.yaml, and discovered ones.", no_args_is_help=True)
Word = Annotated[str, typer.Argument(metavar="THEME", help="Slug, id or name of a theme.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only show what would come of it.")]
_EXAMPLES = 3  # passages of each side: shown as evidence, and offered by `promote` as a start
_TOWARD = {"split": "out of", "unmerged": "out of", "merged": "into"}  # the other theme
_LIFE = frozenset({"added", "born", "split", "merged", "unmerged", "promoted", "ended", "returned"})


@app.command("list")
def list_themes(
    everything: Annotated[bool, typer.Option("--all", help="Those merged away too.")] = False,
    data: options.Data = options.DATA,
    as_json: options.Json = False,
) -> None:
    """The themes, largest first: how many stories they have, and when they were in the news.

    `30d`: stories of the last 30 days. A theme has *ended* if it had no story on 45 days that were crawled. The note has the name where the
    slug does not say it, with who gave it; `--json` has names and claims of all.

    Example: `tracker themes list --all`
    """
    with _published(data) as published:
        found = [theme for theme in published.listed() if everything or theme.status != "merged"]
    if as_json:
        keys = ("theme_id", "slug", "name", "name_from", "kind", "status", "state", "merged_into", "claim", "articles", "stories")
        rows = [(*(getattr(theme, key) for key in keys), theme.recent, theme.first_day, theme.last_day) for theme in found]
        table((*keys, "stories_30d", "first_day", "last_day"), rows, as_json)
        return
    table(
        ("theme", "kind", "status", "stories", "30d", "first", "last", "note"),
        [(t.slug, t.kind, t.state, t.stories, t.recent, t.first_day, t.last_day, _note(t)) for t in found], as_json,
    )  # fmt: skip


@app.command()
def show(theme: Word, data: options.Data = options.DATA, as_json: options.Json = False) -> None:
    """One theme: its claim, its life with every edit, its most typical stories, and the passages most surely for and against it.

    Example: `tracker themes show end-of-scaling`
    """
    with _published(data) as published:
        found = published.find(theme)
        rows: list[tuple[str, object]] = [
            ("id", found.theme_id), ("slug", found.slug), ("name", found.name), ("name from", found.name_from), ("kind", found.kind),
            ("status", _status(found)), ("claim", found.claim), ("claim from", found.claim_from), ("terms", ", ".join(found.terms)),
            ("stories", f"{found.stories}, {found.recent} of them in the last 30 days"), ("first", found.first_day), ("last", found.last_day),
        ]  # fmt: skip
        rows += [(str(e.day or e.recorded_at.date()), _told(e, found)) for e in published.events(found.theme_id)]
        for story in published.typical(found.theme_id):
            at = story.published_at
            rows.append(("typical story", f"{story.title} ({story.outlet}, {at.date() if at else 'no date'})"))
        rows += [(f"{stance} ({confidence:.2f})", text) for stance, text, confidence in published.surest(found.theme_id, _EXAMPLES)]
    table(("what", "value"), rows, as_json)


@app.command()
def lineage(
    since: Annotated[str, typer.Option("--since", help="First day, as 2025-01-31, or how far back, as 30d.", show_default="all")] = "",
    data: options.Data = options.DATA,
    as_json: options.Json = False,
) -> None:
    """How themes came and went: births, splits, merges, ends and returns, newest first.

    Example: `tracker themes lineage --since 90d`
    """
    first = options.first_day(since, options.now().date()) if since else None
    with _published(data) as published:
        found = [e for e in published.events() if e.event in _LIFE and (first is None or (e.day or e.recorded_at.date()) >= first)]
    table(
        ("day", "event", "theme", "other", "stories", "by"),
        [(e.day or e.recorded_at.date(), e.event, e.theme, e.other, e.stories, e.made_by) for e in reversed(found)], as_json,
    )  # fmt: skip


@app.command()
def rename(theme: Word, name: Annotated[str, typer.Argument(help="The new name.")], data: options.Data = options.DATA) -> None:
    """Give a theme another name; id and slug stay.

    Example: `tracker themes rename smart-glasses "Display glasses"`
    """
    with options.archive(data, must_exist=True) as archive:
        theme_edits.rename(archive, theme_edits.find(archive, theme).theme, name, _who(), options.now())
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
        theme_edits.hide(archive, theme_edits.find(archive, theme).theme, not undo, _who(), options.now())
        running.publish_again(archive, data)


@app.command()
def merge(
    theme: Word,
    into: Annotated[str | None, typer.Argument(metavar="INTO", help="The theme it becomes part of.", show_default=False)] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Bring it back out of the theme that it, or discovery, was merged into.")] = False,
    data: options.Data = options.DATA,
    feeds: options.Feeds = options.FEEDS,
    themes: options.Themes = options.THEMES,
    by: options.JudgeName = options.JUDGE,
) -> None:
    """Make a theme part of another: its articles go there, and are judged again toward the other's claim.

    A curated theme has what it finds by its own claim: no articles go into it, or out of it. One that themes.yaml lists must be removed there first.

    Example: `tracker themes merge nvidia-chips gpu-supply`
    """
    from tracker.steps import dividing, theming

    if undo == (into is not None):
        raise typer.BadParameter("name the theme it becomes part of, or say --undo.")
    make_judge, settings = options.judge(by, data), options.load_settings(feeds, themes)
    with options.archive(data, must_exist=True) as archive:
        first = theme_edits.find(archive, theme)
        is_listed = any(entry.slug == first.theme.slug for entry in settings.themes)
        if into is not None:
            if is_listed:
                raise SettingsError(f"'{first.theme.slug}' stands in {themes}: remove it there, or merge the other one into it.")
            theming.require_followable(archive, settings.themes)
            theme_edits.merge(archive, first.theme, theme_edits.find(archive, into).theme, _who(), options.now())
            running.analyse_again(archive, settings, data, make_judge)
            return
        from tracker.themes.embed import OnnxEncoder

        strengths = dividing.stories_back(archive, settings.discovery, OnnxEncoder(), first)
        run = running.start(archive, settings, "analyse", returning=first.theme.slug)
        theme_edits.unmerge(archive, run, first.theme, strengths, _who(), options.now())
        running.analyse_again(archive, settings, data, make_judge, run)
    told = f", with {len(strengths)} stories" if strengths and not is_listed else ""  # a listed one has what its claim finds
    say(f"'{first.theme.slug}' is back{told}")


@app.command()
def split(
    theme: Word,
    phrase: Annotated[str | None, typer.Option("--by", help="A word or phrase: what says it, and what is near to that, parts.")] = None,
    dry_run: DryRun = False,
    data: options.Data = options.DATA,
    feeds: options.Feeds = options.FEEDS,
    themes: options.Themes = options.THEMES,
    by: options.JudgeName = options.JUDGE,
    as_json: options.Json = False,
) -> None:
    """Divide a discovered theme in two: one part stays what it is, the other becomes a theme of its own.

    Without --by the theme is divided where its stories differ most, and the smaller part goes. To undo it, merge the new theme into the old one.

    Example: `tracker themes split ai-agents --by "coding agents" --dry-run`
    """
    from tracker.steps import dividing
    from tracker.themes.embed import OnnxEncoder

    make_judge, settings = options.judge(by, data), options.load_settings(feeds, themes)
    with options.archive(data, must_exist=True) as archive:
        found = dividing.propose(archive, settings.discovery, OnnxEncoder(), theme_edits.find(archive, theme), phrase)
        parts = (("stays", found.stays), ("parts", found.parts))
        if as_json:
            rows = [(what, p.slug, p.name, len(p.strengths), p.claim, list(p.titles)) for what, p in parts]
            table(("part", "slug", "name", "stories", "claim", "headlines"), rows, as_json)
        else:
            lines = [(what, p, i, title) for what, p in parts for i, title in enumerate(p.titles)]
            table(
                ("part", "theme", "stories", "most typical headlines"),
                [("" if i else what, "" if i else p.slug, "" if i else len(p.strengths), title) for what, p, i, title in lines], as_json,
            )  # fmt: skip
        if found.saying is not None:
            say(f"{found.saying} of its stories say '{phrase}'")
        if dry_run:
            say("nothing was changed; without --dry-run it is done")
            return
        run = running.start(archive, settings, "analyse")
        theme_edits.split(archive, run, found.theme.theme, found.stays, found.parts, _who(), options.now())
        running.analyse_again(archive, settings, data, make_judge, run)
    say(f"'{found.parts.slug}' is a theme of its own now, called '{found.parts.name}' (`tracker themes rename` gives it another name)")


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
    from tracker.steps import theming

    make_judge, settings = options.judge(by, data), options.load_settings(feeds, themes)
    with options.archive(data, must_exist=True) as archive:
        found = theme_edits.find(archive, theme).theme
        theme_edits.require_promotable(archive, found)
        if any(entry.slug == found.slug for entry in settings.themes):
            raise SettingsError(f"{themes}: '{found.slug}' stands there already; the next run follows it as a curated theme.")
        theming.require_followable(archive, settings.themes)
        texts: dict[str, list[str]] = {"supports": [], "opposes": [], "neutral": []}
        for stance, text in theme_edits.evidence(archive, found, _EXAMPLES):
            texts[stance].append(" ".join(text.split()))
        entry = {
            "slug": found.slug, "name": found.name, "claim": " ".join(found.claim.split()),
            "supports": texts["supports"], "opposes": texts["opposes"], "aliases": list(found.terms[:5]),
        }  # fmt: skip
        edits.add_theme(Path(themes), entry)  # first: if the file cannot be written, nothing has changed
        theme_edits.promote(archive, found, _who(), options.now())
        running.analyse_again(archive, options.load_settings(feeds, themes), data, make_judge)
    given = f"{len(texts['supports'])} sentences for its claim and {len(texts['opposes'])} against it"
    say(f"'{found.slug}' now stands in {themes} with {given}: write five of each in your own words; the next run applies them")


app.command()(wording_command.word)


@contextmanager
def _published(data: Path) -> Iterator[Lineage]:
    opened = Lineage(public.published_file(data))
    try:
        yield opened
    finally:
        opened.close()


def _note(theme: Listed) -> str:
    """Where a merged theme went; the name of another, with who gave it, unless the slug says as much."""
    if theme.merged_into:
        return f"in {theme.merged_into}"
    if re.sub(r"[^a-z0-9]+", "-", theme.name.lower()).strip("-") == theme.slug:
        return ""
    return theme.name if theme.name_from in ("yaml", "terms") else f"{theme.name} (name from {theme.name_from})"


def _status(theme: Listed) -> str:
    return f"merged into {theme.merged_into}" if theme.merged_into else theme.state


def _told(event: Event, of: Listed) -> str:
    """An event in words, as seen from a theme."""
    words = [event.event, _TOWARD.get(event.event, ""), event.other or "", f"'{event.detail}'" if event.detail else ""]
    whose = "" if event.theme == of.slug else f"{event.theme}: "
    by = "" if event.made_by == "tracker" else f" (by {event.made_by}, {event.recorded_at:%Y-%m-%d %H:%M})"
    return whose + " ".join(filter(None, words)) + by


def _who() -> str:
    """The user who makes an edit, as the system knows them."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's bare number
        return "unknown"
