"""Edits of themes, people's and a language model's: verbs come in, rows with who and when go in, and every later run keeps to them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import duckdb

from tracker.errors import StoreError
from tracker.records import Run, Theme, short_id
from tracker.store import derived, discovered
from tracker.store.database import transaction
from tracker.store.lineage import by_word

Connection = duckdb.DuckDBPyConnection


@dataclass(frozen=True, slots=True)
class Part:
    """One of the two themes that a theme is divided into. `strengths`: story_id -> cosine to `centroid`; `titles`: its most typical headlines."""

    slug: str
    name: str
    claim: str
    claim_from: str
    terms: tuple[str, ...]
    centroid: derived.Vectors
    strengths: Mapping[str, float]
    titles: tuple[str, ...]


def find(connection: Connection, word: str) -> derived.StoredTheme:
    """A theme by slug or id, else by name; of several with that name the one that is not merged away. Raises StoreError naming near ones."""
    known = {s.theme.theme_id: s for s in sorted(derived.themes(connection), key=lambda s: s.status == "merged")}
    return known[by_word([s.theme for s in known.values()], word).theme_id]


def touched(connection: Connection) -> set[str]:
    """theme_ids that a person has decided about, on both sides of merges and splits: discovery by itself neither merges nor splits these."""
    rows = connection.execute(
        """select theme_id from theme_edits where verb <> 'word'
           union select argument from theme_edits where verb in ('merge', 'unmerge', 'split')"""
    ).fetchall()
    return {theme_id for (theme_id,) in rows}


def rename(connection: Connection, theme: Theme, name: str, by: str, at: datetime) -> None:
    """Give a theme another name; its id and slug stay. Raises StoreError if another theme bears it."""
    name = " ".join(name.split())
    _living(connection, theme)
    if not name:
        raise StoreError("a theme's name needs a word.")
    _require_free(connection, theme, name)
    with transaction(connection):
        _record(connection, "rename", theme, name, by, at)
        connection.execute("update themes set name = ?, name_from = 'person' where theme_id = ?", (name, theme.theme_id))


def word(connection: Connection, theme: Theme, name: str, by: str, at: datetime) -> None:
    """Give a theme the name a language model (`by`: llm:MODEL) worded; its id and slug stay. Raises StoreError where a person's word stands."""
    wordable(connection, theme)
    _require_free(connection, theme, name)
    with transaction(connection):
        _record(connection, "word", theme, name, by, at)
        connection.execute("update themes set name = ?, name_from = ? where theme_id = ?", (name, by, theme.theme_id))


def wordable(connection: Connection, theme: Theme) -> Theme:
    """The theme as it stands; raises StoreError if it was merged away, stands in themes.yaml, or has a name that a person gave."""
    stored = _living(connection, theme)
    if stored.theme.kind == "curated":
        raise StoreError(f"'{theme.slug}' is a curated theme: its name stands in themes.yaml.")
    if any(verb == "rename" for _, _, verb, _ in log(connection, theme)):
        raise StoreError(f"'{theme.slug}' has a name that a person gave it, and keeps it.")
    return stored.theme


def unworded(connection: Connection) -> list[Theme]:
    """The discovered themes on the lists whose name was made from their terms."""
    rows = connection.execute(
        """select theme_id from themes where kind = 'discovered' and status = 'active' and coalesce(name_from, 'terms') = 'terms'
           and theme_id not in (select theme_id from theme_edits where verb = 'rename')"""
    ).fetchall()
    return [s.theme for s in derived.themes(connection) if (s.theme.theme_id,) in set(rows)]


def headlines(connection: Connection, theme: Theme) -> tuple[str, ...]:
    """The headlines of a theme's three most typical stories."""
    rows = connection.execute("select title from typical_stories where theme_id = ? order by position", (theme.theme_id,)).fetchall()
    return tuple(title for (title,) in rows)


def hide(connection: Connection, theme: Theme, hidden: bool, by: str, at: datetime) -> None:
    """Take a theme off the lists, or put it back; its numbers stay. One that is so already is left alone."""
    status = "hidden" if hidden else "active"
    if _living(connection, theme).status == status:
        return
    with transaction(connection):
        _record(connection, "hide" if hidden else "show", theme, None, by, at)
        connection.execute("update themes set status = ? where theme_id = ?", (status, theme.theme_id))


def merge(connection: Connection, theme: Theme, into: Theme, by: str, at: datetime) -> None:
    """Let a theme's articles, and those that would join it later, belong to another theme. Raises StoreError if that cannot be.

    Whether themes.yaml still lists it the caller must know: the next analysis refuses to follow a theme that is merged away.
    """
    if theme.theme_id == into.theme_id:
        raise StoreError("a theme cannot be merged into itself.")
    _living(connection, theme)
    _shown(_living(connection, into))
    with transaction(connection):
        _record(connection, "merge", theme, into.theme_id, by, at)
        discovered.merge(connection, theme.theme_id, into.theme_id)


def unmerge(connection: Connection, run: Run, theme: Theme, strengths: Mapping[str, float], by: str, at: datetime) -> None:
    """Bring back a theme that a person, or discovery, merged away, with these stories (story_id -> strength). Raises StoreError if it cannot be."""
    stored = restorable(connection, theme)
    with transaction(connection):
        _record(connection, "unmerge", theme, stored.merged_into, by, at)
        last = connection.execute(
            "select max_by(verb, edit_id) from theme_edits where theme_id = ? and verb in ('hide', 'show')", (theme.theme_id,)
        ).fetchall()[0][0]
        status = "hidden" if last == "hide" else "active"
        connection.execute("update themes set status = ?, merged_into = null where theme_id = ?", (status, theme.theme_id))
        discovered.place(connection, run, {story: (theme.theme_id, strength) for story, strength in strengths.items()})


def split(connection: Connection, run: Run, theme: Theme, stays: Part, parts: Part, by: str, at: datetime) -> Theme:
    """Divide a discovered theme: what stays keeps id, slug, name and claim, what parts becomes a theme of its own, which is returned.

    What was merged into the theme goes with the part it is nearer to. Raises StoreError if the theme was merged away or is curated.
    """
    divisible(connection, theme)
    new = Theme(short_id("discovered", run.run_id, parts.slug), parts.slug, parts.name, "discovered", parts.claim, parts.claim_from, parts.terms)
    into_it = [(s.theme.theme_id, s.centroid) for s in derived.themes(connection) if s.merged_into == theme.theme_id and s.centroid is not None]
    with transaction(connection):
        _record(connection, "split", theme, new.theme_id, by, at)
        derived.add_theme(connection, run, new, parts.centroid)
        discovered.set_terms(connection, theme.theme_id, stays.terms)
        discovered.set_centroids(connection, {theme.theme_id: stays.centroid})
        for other, centroid in into_it:
            if centroid @ parts.centroid > centroid @ stays.centroid:
                connection.execute("update themes set merged_into = ? where theme_id = ?", (new.theme_id, other))
        for theme_id, part in ((theme.theme_id, stays), (new.theme_id, parts)):
            discovered.place(connection, run, {story: (theme_id, strength) for story, strength in part.strengths.items()})
    return new


def promote(connection: Connection, theme: Theme, by: str, at: datetime) -> None:
    """Remember that a discovered theme became a curated one; the next analysis finds it in themes.yaml under the same slug."""
    with transaction(connection):
        _record(connection, "promote", theme, None, by, at)
        connection.execute(
            "update themes set kind = 'curated', claim_from = 'yaml', name_from = 'yaml', judged_with = null where theme_id = ?", (theme.theme_id,)
        )


def require_promotable(connection: Connection, theme: Theme) -> None:
    """Raise StoreError if a theme cannot be promoted: it is curated, hidden or merged away."""
    stored = _shown(_living(connection, theme))
    if stored.theme.kind == "curated":
        raise StoreError(f"'{theme.slug}' is a curated theme already: edit it in themes.yaml, or write its slug there again if you took it out.")


def log(connection: Connection, theme: Theme) -> list[tuple[datetime, str, str, str | None]]:
    """(when, who, verb, argument) of a theme's edits, oldest first."""
    return connection.execute(
        "select made_at, made_by, verb, argument from theme_edits where theme_id = ? order by edit_id", (theme.theme_id,)
    ).fetchall()


def evidence(connection: Connection, theme: Theme, at_most: int) -> list[tuple[str, str]]:
    """(stance, passage) that may serve as examples, the surest of each side first: as Lineage.surest, but of what the archive holds by now."""
    return connection.execute(
        """
        with said as (
            select m.stance, p.text, max(greatest(m.p_supports, m.p_opposes, m.p_neutral)) as confidence
            from mentions m join passages p using (passage_id) where m.theme_id = ? and not m.is_unsure and trim(p.text) <> trim(?)
            group by m.stance, p.text
        )
        select stance, text from said
        qualify row_number() over (partition by stance order by confidence desc, text) <= ? order by stance desc, confidence desc, text
        """,
        (theme.theme_id, theme.claim, at_most),
    ).fetchall()


def divisible(connection: Connection, theme: Theme) -> derived.StoredTheme:
    """The theme as it stands; raises StoreError if it was merged away or is curated."""
    stored = _living(connection, theme)
    if stored.theme.kind == "curated":
        raise StoreError(f"'{theme.slug}' is a curated theme, and its claim says what belongs to it: add a second one to themes.yaml.")
    return stored


def restorable(connection: Connection, theme: Theme) -> derived.StoredTheme:
    """The theme as it stands; raises StoreError if it was not merged away, or if another has been given its name since."""
    stored = next(s for s in derived.themes(connection) if s.theme.theme_id == theme.theme_id)
    if stored.status != "merged":
        raise StoreError(f"'{theme.slug}' is not merged into another theme: there is nothing to undo.")
    _require_free(connection, theme, stored.theme.name)
    return stored


def _living(connection: Connection, theme: Theme) -> derived.StoredTheme:
    """The theme as it stands now; raises StoreError, naming the theme it went into, if it was merged away."""
    known = {s.theme.theme_id: s for s in derived.themes(connection)}
    stored, end = known[theme.theme_id], known[derived.ends(known.values())[theme.theme_id]]
    if stored is not end:
        slug = stored.theme.slug
        raise StoreError(f"'{slug}' was merged into '{end.theme.slug}': name that one, or bring it back with `tracker themes merge {slug} --undo`.")
    return stored


def _require_free(connection: Connection, theme: Theme, name: str) -> None:
    """Raise StoreError if another theme bears a name."""
    for other in derived.themes(connection):
        if other.status != "merged" and other.theme.theme_id != theme.theme_id and other.theme.name.lower() == name.lower():
            raise StoreError(
                f"'{other.theme.slug}' is called '{other.theme.name}' already: readers could not tell the two apart. "
                f"Rename that one first (`tracker themes rename {other.theme.slug} NAME`)."
            )


def _shown(stored: derived.StoredTheme) -> derived.StoredTheme:
    """The same; raises StoreError if it is hidden."""
    if stored.status == "hidden":
        slug = stored.theme.slug
        raise StoreError(f"'{slug}' is hidden, and so would be what comes of it: show it first with `tracker themes hide {slug} --undo`.")
    return stored


def _record(connection: Connection, verb: str, theme: Theme, argument: str | None, by: str, at: datetime) -> None:
    connection.execute(
        "insert into theme_edits select coalesce(max(edit_id), 0) + 1, ?, ?, ?, ?, ? from theme_edits", (at, by, verb, theme.theme_id, argument)
    )
