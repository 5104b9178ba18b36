"""All themes and what the address asks for come in; the theme to show, what to say of it, and the order of the list go out."""

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard import words
from tracker.store.lineage import Listed

_PLACES = {"active": 0, "ended": 1, "hidden": 2}  # living ones first; one merged away is not offered, only followed where it went
_KINDS = {"curated": 0, "discovered": 1}


@dataclass(frozen=True, slots=True)
class Choice:
    """The theme a page shows; `note` says why it is another than was asked for."""

    theme: Listed
    note: str


def offered(themes: Sequence[Listed]) -> list[Listed]:
    """The themes to choose from: living, ended, hidden; in each the curated ones first, and the larger before the smaller."""
    there = [theme for theme in themes if theme.state in _PLACES]
    return sorted(there, key=lambda theme: (_PLACES[theme.state], _KINDS[theme.kind], -theme.stories, theme.slug))


def choose(themes: Sequence[Listed], slug: str | None) -> Choice | None:
    """The theme a link asks for, the one it went into if it was merged away, or else the first; None if there is none to show."""
    by_slug = {theme.slug: theme for theme in themes}
    asked = by_slug.get(slug or "")
    end = asked
    while end is not None and end.merged_into is not None:
        end = by_slug.get(end.merged_into)
    if asked is not None and end is not None:
        went = f"'{words.plain(asked.name)}' was merged into '{words.plain(end.name)}': its stories are counted there."
        return Choice(end, "" if end is asked else went)
    first = next(iter(offered(themes)), None)
    if first is None:
        return None
    return Choice(
        first, f"There is no theme '{words.plain(slug)}' in this data. Showing '{words.plain(first.name)}'." if slug else ""
    )


def label(theme: Listed) -> str:
    """A theme in the list: its name, and its state unless it lives."""
    name = words.seen(theme.name)
    return name if theme.state == "active" else f"{name} ({theme.state})"
