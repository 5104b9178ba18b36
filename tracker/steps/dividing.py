"""A theme, and perhaps a phrase, come in; the two themes it would become go out, or the stories that a theme merged away gets back."""

from dataclasses import dataclass, replace

import duckdb
import numpy as np

from tracker.errors import StoreError
from tracker.settings import ThemeSettings
from tracker.steps import naming
from tracker.store import derived, discovered, theme_edits
from tracker.store.derived import StoredTheme
from tracker.store.discovered import Stories
from tracker.store.theme_edits import Part
from tracker.themes import discover, divide, follow, phrases
from tracker.themes.discover import SMALLEST
from tracker.themes.embed import Encoder, Vectors

Connection = duckdb.DuckDBPyConnection

_SHOWN = 3  # headlines of each part


@dataclass(frozen=True, slots=True)
class Division:
    """What a theme would become. `saying`: how many of its stories say the phrase it is divided by; None without a phrase."""

    theme: StoredTheme
    stays: Part
    parts: Part
    saying: int | None


def propose(
    connection: Connection, rules: ThemeSettings, encoder: Encoder, stored: StoredTheme, phrase: str | None
) -> Division:  # fmt: skip
    """Divide a discovered theme in two; nothing is changed yet. Raises StoreError if that cannot be, saying what can.

    Without a phrase the smaller part becomes a theme of its own. With one, that is the stories that say it, or are near to it where few do, and
    what is nearer to them than to the others.
    """
    stored = theme_edits.divisible(connection, stored.theme)
    theme, slug = stored.theme, stored.theme.slug
    stories = discovered.newest_stories(connection, encoder.name, rules.max_articles_to_fit, theme.theme_id)
    if len(stories.ids) < 2 * SMALLEST:
        raise StoreError(f"'{slug}' has {len(stories.ids)} stories, and two themes need {SMALLEST} each: wait until it has more.")
    otherwise = "try another phrase" if phrase else "say what shall part: --by PHRASE"
    said = divide.says(naming.bodies(stories), phrase or "")
    if phrase:
        parting = divide.by_phrase(stories.vectors, said, encoder.encode([phrase])[0])
        if parting.sum() < SMALLEST:
            raise StoreError(f"of '{slug}' {parting.sum()} stories say '{phrase}' or are near to it, and a theme needs {SMALLEST}: {otherwise}.")
    else:
        parting = divide.by_vectors(stories.vectors, _centroid(stored))
    fewer, more = sorted((int(parting.sum()), int((~parting).sum())))
    if fewer < SMALLEST:
        raise StoreError(f"'{slug}' comes apart into {more} and {fewer} stories, and a theme needs {SMALLEST}: {otherwise}.")
    if not divide.are_distinct(stories.vectors, parting):
        raise StoreError(f"'{slug}' has no two parts that later runs could tell apart: {otherwise}.")
    stays = _part(rules, stories, ~parting, (theme.slug, theme.name, theme.claim, theme.claim_from))
    rows, phrases_said = np.flatnonzero(parting).tolist(), phrases.read(stories.titles, stories.texts)
    worded = naming.worded(connection, encoder.name, stories, rows, _terms(stories, parting), phrases_said)
    parts = _part(rules, stories, parting, worded)
    return Division(stored, stays, parts, int(said.sum()) if phrase else None)


def stories_back(connection: Connection, rules: ThemeSettings, encoder: Encoder, stored: StoredTheme) -> dict[str, float]:
    """story_id -> strength of what a theme that was merged away gets back: what is nearest to it, or to one merged into it.

    Only stories of the theme it went into are asked, and those in no theme; a curated theme gets none, as it finds its own. Raises StoreError
    if the theme cannot be brought back, or has no centroid.
    """
    stored = theme_edits.restorable(connection, stored.theme)
    if stored.theme.kind == "curated":
        return {}
    _centroid(stored)
    own, everything = stored.theme.theme_id, derived.themes(connection)
    end = derived.ends(everything)[own]
    back = derived.ends(replace(s, merged_into=None) if s.theme.theme_id == own else s for s in everything)
    of_end = {story for story, (theme, _) in discovered.theme_of_stories(connection).items() if theme == end}
    ids, vectors, _ = discovered.story_vectors(connection, encoder.name, of_end.union(discovered.unplaced(connection)))
    known = [s for s in everything if s.centroid is not None]
    best, strength = discover.nearest(vectors, np.stack([_centroid(s) for s in known]), rules.join_similarity)
    is_its = [back[s.theme.theme_id] == own for s in known]
    return {story: min(float(cosine), 1.0) for story, i, cosine in zip(ids, best, strength, strict=True) if i >= 0 and is_its[i]}


def _centroid(stored: StoredTheme) -> Vectors:
    if stored.centroid is None:
        raise StoreError(f"'{stored.theme.slug}' has no centroid by which its stories could be told: `tracker analyse --refit` finds themes anew.")
    return stored.centroid


def _terms(stories: Stories, chosen: divide.Parting) -> tuple[str, ...]:
    bodies = naming.bodies(stories)
    inside, outside = ([bodies[i] for i in np.flatnonzero(rows)] for rows in (chosen, ~chosen))
    return divide.terms(inside, outside)


def _part(rules: ThemeSettings, stories: Stories, chosen: divide.Parting, worded: tuple[str, str, str, str]) -> Part:
    mean = discover.centroid(stories.vectors[chosen])
    now = follow.settled(mean, stories.vectors[chosen], stories.days[chosen], rules.link_similarity)
    strength = stories.vectors @ mean
    order = [i for i in np.argsort(-strength, kind="stable") if chosen[i]]
    return Part(
        *worded, _terms(stories, chosen)[: naming.TERMS], now, {stories.ids[i]: min(float(strength[i]), 1.0) for i in order},
        tuple(dict.fromkeys(stories.titles[i] for i in order))[:_SHOWN],
    )  # fmt: skip
