"""What a replay's world is made of: outlets with their rhythms, themes with their curves, articles as they truly are, and nights.

Outlets differ in rhythm, in what their feeds show and in how they write dates. Feeds die and return, an outlet joins, items are late, dated
wrongly or not at all. Themes rise, stay, fall, are born, die, and turn their stance. Stories are copied and rewritten by others. On
some nights nobody looks, on others two runs do.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Literal, TypeAlias

from evals.replay_words import Paragraphs, Side

Trend: TypeAlias = Literal["up", "down", "no clear change"]  # as dashboard/series.py has it
Kind: TypeAlias = Literal["original", "copy", "light", "heavy"]
Dating: TypeAlias = Literal["rfc_gmt", "rfc_est", "rfc_japan", "iso", "iso_pacific", "page", "never"]
Shown: TypeAlias = Literal["true", "future", "ancient", "nothing"]

FIRST_NIGHT = datetime(2026, 3, 2, 3, 0)  # any Monday; at three in the morning, as people schedule it
FAR_FUTURE, LONG_AGO = datetime(2031, 5, 5, 12, 0), datetime(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Outlet:
    """One invented outlet. `weekday`, `weekend`: articles a day; `hours`: UTC hours in which it publishes; `shows`: entries in its feed."""

    outlet: str
    weekday: float
    weekend: float
    hours: tuple[int, ...]
    dating: Dating
    shows: int
    is_full_text: bool = False
    is_atom: bool = False
    is_late: bool = False
    only_on: int | None = None  # weekday of a newsletter, Monday is 0
    titles: str = ""  # the one title it gives every day's first article
    joins: int = 0  # night on which it is first read

    def rate(self, day: date) -> float:
        """Articles to be expected on a UTC day."""
        if self.only_on is not None and day.weekday() != self.only_on:
            return 0.0
        return self.weekend if day.weekday() >= 5 else self.weekday


def _hours(first: int, last: int) -> tuple[int, ...]:
    return tuple(hour % 24 for hour in range(first, last + 1))


_DAY = _hours(7, 20)
OUTLETS = (
    Outlet("harrow-wire", 8, 6, _hours(0, 23), "rfc_gmt", 60),
    Outlet("northfield-post", 6, 3.5, _hours(12, 25), "rfc_est", 30),
    Outlet("otsu-ledger", 5, 4, _hours(22, 34), "rfc_japan", 25),
    Outlet("meridian-daily", 5, 2, _DAY, "iso", 25, is_atom=True),
    Outlet("pacific-bench", 4.5, 2.5, _hours(16, 29), "iso_pacific", 20, is_atom=True),
    Outlet("dawn-brief", 2, 1.5, _hours(5, 9), "iso", 15, is_full_text=True, titles="Daily briefing"),
    Outlet("ticker-nine", 4.5, 4.5, _hours(0, 23), "rfc_gmt", 7, is_full_text=True),
    Outlet("the-slow-column", 2.5, 0, _DAY, "rfc_gmt", 10, is_full_text=True, only_on=3),
    Outlet("plainsheet", 2, 1.5, _DAY, "never", 20),
    Outlet("tram-review", 3.5, 2, _DAY, "page", 20),
    Outlet("late-edition", 4, 2, _DAY, "rfc_gmt", 50, is_late=True),
    Outlet("newcomer-times", 4.5, 2, _DAY, "iso", 20),
)
JOINER = "newcomer-times"


@dataclass(frozen=True, slots=True)
class TrueTheme:
    """A theme: its name is planted in texts. `share` at the middle of its life, `factor` over the whole period, alive on [first, end) days.

    `lean` are the probabilities of supports and opposes on the first day and on the last.
    """

    slug: str
    name: str
    trend: Trend
    share: float
    factor: float
    lean: tuple[tuple[float, float], tuple[float, float]]
    first: float = 0.0  # as parts of the period
    end: float = 1.0

    def level(self, part: float) -> float:
        """Share of all stories at a part of the period, 0..1."""
        return self.share * self.factor ** (part - 0.5) if self.first <= part < self.end else 0.0

    def side(self, part: float, draw: Random) -> Side:
        """A story's stance."""
        (pro, con), (pro_end, con_end) = self.lean
        chance = draw.random()
        supports, opposes = pro + (pro_end - pro) * part, con + (con_end - con) * part
        return "supports" if chance < supports else "opposes" if chance < supports + opposes else "neutral"


@dataclass(frozen=True, slots=True)
class Item:
    """One article as it is. `at` is its true time, `listed_at` when its feed has it; `root` is the id of the story's original."""

    id: str
    outlet: str
    at: datetime
    listed_at: datetime
    shown: Shown
    title: str
    paragraphs: Paragraphs = field(repr=False)
    themes: tuple[tuple[str, Side], ...]  # slugs of curated themes
    kind: Kind = "original"
    root: str = ""
    is_burst: bool = False

    @property
    def story(self) -> str:
        """The id of its story's original."""
        return self.root or self.id

    @property
    def is_dated(self) -> bool:
        """Whether feed, page or address tell its true date."""
        return self.shown == "true"


@dataclass(frozen=True, slots=True)
class World:
    """All there is. Nights count from 0. `down`: (outlet, night) -> status its feed answers with; `future`: the item dated years ahead."""

    seed: int
    nights: int
    outlets: tuple[Outlet, ...]
    themes: tuple[TrueTheme, ...]
    others: tuple[str, ...]  # names of subjects that recur and are not in themes.yaml
    burst: str
    items: Mapping[str, Item]
    missed: tuple[int, ...]
    twice: tuple[int, ...]
    down: Mapping[tuple[str, int], int]
    future: str
    burst_night: int | None

    @property
    def until(self) -> datetime:
        """When the last run starts."""
        return time_of(self.nights - 1)

    @property
    def names(self) -> tuple[str, ...]:
        """Of all subjects."""
        return (*(theme.name for theme in self.themes), *self.others, self.burst)


def time_of(night: int) -> datetime:
    """When the run of a night starts."""
    return FIRST_NIGHT + timedelta(days=night)
