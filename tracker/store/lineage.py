"""Themes as the published file tells them: a word for one comes in; their lives, most typical stories and surest passages go out, as rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from tracker.errors import StoreError
from tracker.records import Theme
from tracker.store.public import Published

_RECENT_DAYS = 30  # of "stories of late": a month, so that a theme of one story a week shows


@dataclass(frozen=True, slots=True)
class Listed:
    """A theme in a list. `recent`: its stories of the last 30 days; `is_silent`: it ended, and did not return."""

    theme_id: str
    slug: str
    name: str
    name_from: str
    kind: str
    status: str
    merged_into: str | None
    claim: str
    claim_from: str
    terms: Sequence[str]
    articles: int
    stories: int
    recent: int
    first_day: date | None
    last_day: date | None
    is_silent: bool

    @property
    def state(self) -> str:
        """active, ended, hidden or merged."""
        return "ended" if self.is_silent and self.status == "active" else self.status


@dataclass(frozen=True, slots=True)
class Event:
    """One event in a theme's life, with slugs for ids. `day` may be None."""

    day: date | None
    recorded_at: datetime
    event: str
    theme: str
    name: str
    other: str | None
    stories: int | None
    made_by: str
    detail: str | None


@dataclass(frozen=True, slots=True)
class Story:
    """A story as a headline: of its first article the title, outlet (id and name), publication time (None if unknown) and address."""

    title: str
    outlet: str
    name: str
    published_at: datetime | None
    url: str


_Called = TypeVar("_Called", Theme, Listed)


def by_word(themes: Sequence[_Called], word: str) -> _Called:
    """The theme with that slug or id, else the first with that name. Raises StoreError naming near ones."""
    by_id = [theme for theme in themes if word in (theme.slug, theme.theme_id)]
    by_name = [theme for theme in themes if theme.name.lower() == word.lower()]
    for theme in by_id + by_name:
        return theme
    near = ", ".join(theme.slug for theme in themes if word.lower()[:4] in theme.slug)
    raise StoreError(f"no theme '{word}'. " + (f"Near: {near}." if near else "`tracker themes list` shows them all."))


class Lineage(Published):
    """One published file, read for its themes' lives."""

    def listed(self) -> list[Listed]:
        """Every theme, hidden and merged ones included; largest first."""
        rows = self._rows(
            """
            with counted as (
                select theme_id, sum(stories)::integer as stories,
                       coalesce(sum(stories) filter (day > (select max(day) from volume_daily) - $days), 0)::integer as recent
                from volume_daily group by theme_id
            ),
            silent as (
                select theme_id from theme_events group by theme_id
                having count(*) filter (event = 'ended') > count(*) filter (event = 'returned')
            )
            select t.theme_id, t.slug, t.name, t.name_from, t.kind, t.status, o.slug, t.claim, t.claim_from, t.terms, t.articles,
                   coalesce(c.stories, 0), coalesce(c.recent, 0), t.first_seen_at::date, t.last_seen_at::date, s.theme_id is not null
            from themes t left join counted c using (theme_id) left join silent s using (theme_id) left join themes o on o.theme_id = t.merged_into
            order by coalesce(c.stories, 0) desc, t.slug""",
            {"days": _RECENT_DAYS},
        )
        return [Listed(*row) for row in rows]

    def find(self, word: str) -> Listed:
        """A theme by slug or id, else by name; of several with that name one that is not merged away. Raises StoreError naming near ones."""
        return by_word(sorted(self.listed(), key=lambda theme: theme.status == "merged"), word)

    def events(self, theme_id: str | None = None) -> list[Event]:
        """The events of one theme, and those of others that concern it, or of all, in order of their days."""
        rows = self._rows(
            """
            select e.day, e.recorded_at, e.event, t.slug, t.name, o.slug, e.stories, e.made_by, e.detail
            from theme_events e join themes t using (theme_id) left join themes o on o.theme_id = e.other_theme_id
            where $theme is null or e.theme_id = $theme or e.other_theme_id = $theme
            order by coalesce(e.day, e.recorded_at::date),
                     case when e.event in ('added', 'born', 'split') then 0 when e.event = 'returned' then 1 when e.event = 'ended' then 3 else 2 end,
                     e.recorded_at, t.slug, e.event""",
            {"theme": theme_id},
        )
        return [Event(*row) for row in rows]

    def typical(self, theme_id: str) -> list[Story]:
        """A theme's most typical stories, the most typical first."""
        rows = self._rows(
            """select s.title, s.outlet, o.name, s.published_at, a.url
               from typical_stories s join articles a using (article_id) join outlets o on o.outlet = s.outlet
               where s.theme_id = $theme order by s.position""",
            {"theme": theme_id},
        )
        return [Story(*row) for row in rows]

    def article(self, article_id: str) -> Story | None:
        """One article, as the one that a provisional claim is from; None if there is none with that id."""
        rows = self._rows(
            """select a.title, a.outlet, o.name, a.published_at, a.url from articles a join outlets o using (outlet)
               where a.article_id = $article""",
            {"article": article_id},
        )
        return Story(*rows[0]) if rows else None

    def months(self) -> list[tuple[str, date, int]]:
        """(theme_id, first day of the month, stories) of every theme and month with a story, in order of time."""
        return self._rows(
            """select theme_id, date_trunc('month', day)::date as month, sum(stories)::integer from theme_outlet_daily
               group by theme_id, month order by month, theme_id"""
        )

    def surest(self, theme_id: str, at_most: int) -> list[tuple[str, str, float]]:
        """(stance, passage, confidence) of what a person would look at first: the surest of each side, each text once.

        None the judge is unsure of, and not the claim itself, which a discovered theme takes from one of its passages.
        """
        return self._rows(
            """
            with said as (
                select m.stance, m.passage, max(m.confidence) as confidence from mentions m join themes t using (theme_id)
                where theme_id = $theme and not m.is_unsure and trim(m.passage) <> trim(t.claim) group by all
            )
            select stance, passage, confidence from said
            qualify row_number() over (partition by stance order by confidence desc, passage) <= $rows
            order by stance desc, confidence desc, passage""",
            {"theme": theme_id, "rows": at_most},
        )
