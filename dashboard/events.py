"""Events in the lives of themes come in; what is told of them goes out: a theme's life in lines, marks for its figure, a table of all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from dashboard import words
from tracker.measures.volume import Window
from tracker.store.lineage import Event

LETTERS = {
    "born": "B",
    "split": "S",
    "merged": "M",
    "unmerged": "U",
    "ended": "E",
    "returned": "R",
}  # over a figure; N and J are taken
_MEANS = {
    "born": "first story",
    "split": "split",
    "merged": "merged",
    "unmerged": "merge undone",
    "ended": "last story before a silence",
    "returned": "back",
}
_MODEL = "llm:"  # begins the name of a language model, where it words a name
_NEAR = 22  # flags this part of a figure's width apart are one: a letter in its box on a phone
_MOST_FLAGS = 6  # with more, letters say less than the list of the theme's life

# As the theme itself says it, and as the other one of two themes does; the other's name follows, {} is what is known besides
_OWN = {
    "split": "split off{} from",
    "merged": "went{} into",
    "unmerged": "came back{} out of",
    "ended": "last story before a long silence",
    "returned": "back in the news",
    "hidden": "taken off the lists{}",
    "shown": "put back on the lists{}",
    "promoted": "became a theme of ours, in themes.yaml{}",
}
_OTHERS = {"split": "parted{} with", "merged": "took in{}", "unmerged": "gave back{}"}
_TOLD = {
    "added": "added to themes.yaml",
    "born": "born",
    "split": "split off from",
    "merged": "went into",
    "unmerged": "came back out of",
    "ended": "ended",
    "returned": "returned",
    "hidden": "hidden",
    "shown": "shown again",
    "promoted": "promoted to themes.yaml",
}  # in a table


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a theme's life; if there is another theme (slug, name) its name ends the sentence."""

    day: date
    event: str
    text: str
    other: tuple[str, str] | None

    @property
    def sentence(self) -> str:
        """The line without its day."""
        return f"{self.text} {self.other[1]}" if self.other else self.text


def day_of(event: Event) -> date:
    """The day in the news it belongs to, or else the day it was recorded."""
    return event.day or event.recorded_at.date()


def life(events: Sequence[Event], slug: str, names: Mapping[str, str]) -> list[Line]:
    """What happened to a theme, in the order of the events; `names` by slug."""
    return [line(event, slug, names) for event in events if slug in (event.theme, event.other)]


def line(event: Event, slug: str, names: Mapping[str, str]) -> Line:
    """An event as one of its themes says it."""
    is_own = event.theme == slug
    partner = event.other if is_own else event.theme
    if event.event in ("added", "born"):
        text = _start(event)
    elif event.detail:
        text = _named(event)
    else:
        text = (_OWN if is_own else _OTHERS)[event.event].format(_besides(event))
    return Line(day_of(event), event.event, text, (partner, names.get(partner, partner)) if partner else None)


def _start(event: Event) -> str:
    recorded = words.day(event.recorded_at.date())
    if event.event == "born":
        founded = f" in {words.count(event.stories, 'story', 'stories')}" if event.stories else ""
        return f"first story; found by clustering{founded} on {recorded}"
    return f"first story; followed since {recorded}" if event.day else f"followed since {recorded}, no dated story yet"


def _named(event: Event) -> str:
    by = f"by a language model ({event.made_by.removeprefix(_MODEL)})" if event.event == "worded" else f"by {event.made_by}"
    return f"named “{event.detail}” {by}"


def _besides(event: Event) -> str:
    """Stories, when it was found and by whom, in brackets, as far as that says anything."""
    told = [words.count(event.stories, "story", "stories")] if event.stories else []
    if event.event == "split" and event.day not in (None, event.recorded_at.date()):
        told.append(f"found on {words.day(event.recorded_at.date())}")
    if event.made_by != "tracker":
        told.append(f"by {event.made_by}")
    return f" ({', '.join(told)})" if told else ""


def flags(lines: Sequence[Line], within: Window) -> list[tuple[date, str]]:
    """(day, letters) to mark on a theme's figure: near ones together; none where they would be too many to read."""
    near = timedelta(days=(within.last_day - within.first_day).days // _NEAR)
    found: list[tuple[date, str]] = []
    for line in sorted(marked(lines, within), key=lambda line: line.day):
        letter = LETTERS[line.event]
        if found and line.day - found[-1][0] <= near:
            day, letters = found[-1]
            found[-1] = day, letters if letter in letters else f"{letters}·{letter}"
        else:
            found.append((line.day, letter))
    return found if len(found) <= _MOST_FLAGS else []


def key(flags: Sequence[tuple[date, str]]) -> str:
    """What the letters of the flags mean."""
    used = {letter for _, letters in flags for letter in letters.split("·")}
    return (
        " · ".join(f"**{letter}** {_MEANS[event]}" for event, letter in LETTERS.items() if letter in used)
        + ": see its life above."
    )


def marked(lines: Sequence[Line], within: Window) -> list[Line]:
    """The lines that flags stand for."""
    return [line for line in lines if line.event in LETTERS and within.first_day <= line.day <= within.last_day]


def name_origin(name_from: str, events: Sequence[Event], slug: str) -> str:
    """Who worded a theme's name, as Markdown; nothing to say of those in themes.yaml."""
    if name_from.startswith(_MODEL):
        return f"**Name worded by a language model** ({words.plain(name_from.removeprefix(_MODEL))}) from terms and headlines"
    if name_from == "person":
        given = [event for event in events if event.theme == slug and event.event == "renamed"]
        return f"Name given by {words.plain(given[-1].made_by)}" if given else "Name given by a person"
    return "Name made from terms of its stories" if name_from == "terms" else ""


def table(events: Sequence[Event], names: Mapping[str, str]) -> pd.DataFrame:
    """All events, newest first: day, theme, what, other, stories, by, recorded_at, slug, other_slug."""
    rows = [
        {
            "day": day_of(event),
            "theme": words.seen(event.name),
            "what": words.seen(_named(event)) if event.detail else _TOLD[event.event],
            "other": words.seen(names.get(event.other, event.other)) if event.other else "",
            "stories": event.stories,
            "by": event.made_by,
            "recorded_at": event.recorded_at,
            "slug": event.theme,
            "other_slug": event.other or "",
        }
        for event in reversed(events)
    ]
    columns = ["day", "theme", "what", "other", "stories", "by", "recorded_at", "slug", "other_slug"]
    return pd.DataFrame(rows, columns=columns).astype({"stories": "Int64"})
