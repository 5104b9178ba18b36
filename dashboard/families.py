"""Themes, their stories a month and their events come in; rows of the lineage's figure go out: families together, in order of birth."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from dashboard import events, words
from tracker.store.lineage import Event, Listed

MOST_ROWS = 40  # more than a reader follows on one page
STATES = {"living": ("active",), "ended": ("ended", "merged"), "hidden": ("hidden",)}
_BETWEEN = ("split", "merged", "unmerged")  # events of two themes
_STARTS, _STOPS = ("added", "born", "split", "returned", "unmerged"), ("ended", "merged")


@dataclass(frozen=True, slots=True)
class Row:
    """One theme: its stories by month (first day, stories), and the spans in which it was in the news."""

    theme: Listed
    months: tuple[tuple[date, int], ...]
    spans: tuple[tuple[date, date], ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """An event on a row; `other` is the row of the other theme, None if there is none or it is not shown."""

    row: int
    other: int | None
    day: date
    event: str
    told: str


@dataclass(frozen=True, slots=True)
class Lives:
    """What the figure shows; `left_out`: themes that were asked for and found no room."""

    rows: tuple[Row, ...]
    marks: tuple[Mark, ...]
    left_out: int


def matching(themes: Sequence[Listed], state: str, kind: str) -> list[Listed]:
    """The themes of a state (a key of STATES, or all) and a kind (curated, discovered, or all)."""
    return [t for t in themes if (state == "all" or t.state in STATES[state]) and kind in ("all", t.kind)]


def arrange(
    themes: Sequence[Listed],
    months: Sequence[tuple[str, date, int]],
    told: Sequence[Event],
    names: Mapping[str, str],
    at_most: int = MOST_ROWS,
) -> Lives:
    """The largest families among the themes that have a day to stand on, as many as there is room for; `names` by slug, of all themes."""
    by_slug = {theme.slug: theme for theme in themes}
    by_month: dict[str, list[tuple[date, int]]] = {}
    for theme_id, month, stories in months:
        by_month.setdefault(theme_id, []).append((month, stories))
    rows = {
        slug: Row(theme, tuple(by_month.get(theme.theme_id, ())), spans)
        for slug, theme in by_slug.items()
        if (spans := _spans(theme, [event for event in told if event.theme == slug]))
    }
    kept: list[list[Row]] = []
    for family in sorted(_families(rows, told), key=lambda family: -sum(row.theme.stories for row in family)):
        room = at_most - sum(map(len, kept))
        if room:
            kept.append(sorted(sorted(family, key=lambda row: -row.theme.stories)[:room], key=_birth))
    shown = [row for family in sorted(kept, key=lambda family: _birth(family[0])) for row in family]
    places = {row.theme.slug: place for place, row in enumerate(shown)}
    return Lives(tuple(shown), tuple(_marks(told, places, names)), len(rows) - len(shown))


def _birth(row: Row) -> tuple[date, str]:
    return row.spans[0][0], row.theme.slug


def _spans(theme: Listed, own: Sequence[Event]) -> tuple[tuple[date, date], ...]:
    """From the first story to the last, without the silences; of a theme merged away up to the day it went."""
    found: list[tuple[date, date]] = []
    start: date | None = None
    for event in own:
        if event.day is None:
            continue
        if event.event in _STARTS and start is None:
            start = event.day
        elif event.event in _STOPS and start is not None:
            found.append((start, max(start, event.day)))
            start = None
    if start is not None:
        found.append((start, max(start, theme.last_day or start)))
    return tuple(found)


def _families(rows: dict[str, Row], told: Sequence[Event]) -> list[list[Row]]:
    """Themes that splits and merges join, directly or through others."""
    family = {slug: {slug} for slug in rows}
    for event in told:
        if event.event in _BETWEEN and event.theme in family and event.other in family:
            joined = family[event.theme] | family[event.other]
            family.update(dict.fromkeys(joined, joined))
    distinct = {id(members): members for members in family.values()}
    return [[rows[slug] for slug in sorted(members)] for members in distinct.values()]


def _marks(told: Sequence[Event], places: Mapping[str, int], names: Mapping[str, str]) -> list[Mark]:
    """What is marked: silences on their row; an event of two themes on the row of the one it led to or, if that is not shown, of the other."""
    found = []
    for event in told:
        own, other = places.get(event.theme), places.get(event.other or "")
        led_to, from_there = (other, own) if event.event == "merged" else (own, other)
        row = from_there if led_to is None else led_to
        if row is None or event.event not in (*_BETWEEN, "ended", "returned"):
            continue
        sentence = events.line(event, event.theme, names).sentence
        said = f"{words.day(events.day_of(event))}: {event.name} {sentence}"
        found.append(Mark(row, None if led_to is None else from_there, events.day_of(event), event.event, said))
    return found


def finding(themes: Sequence[Listed], told: Sequence[Event]) -> str:
    """What became of the themes that were found, in a sentence."""
    found = [theme for theme in themes if theme.kind == "discovered"]
    followed = words.count(len(themes) - len(found), "theme")
    if not found:
        return f"No theme was found by clustering yet; {followed} from themes.yaml"
    states = {"active": "in the news", "ended": "ended", "merged": "merged into others", "hidden": "hidden"}
    counts = {state: sum(theme.state == state for theme in found) for state in states}
    parts = [f"{counts[state]} {said}" for state, said in states.items() if counts[state]]
    slugs = {theme.slug for theme in found}
    split = sum(event.event == "split" and event.theme in slugs for event in told)
    born = f"; {split} of them split off from another" if split else ""
    return f"{words.count(len(found), 'theme')} found by clustering: {words.together(parts)}{born}"
