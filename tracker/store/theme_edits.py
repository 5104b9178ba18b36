"""People's edits of themes: verbs come in, rows with who and when go in, and every later run keeps to them."""

from datetime import datetime

import duckdb

from tracker.errors import StoreError
from tracker.records import Theme
from tracker.store import derived
from tracker.store.database import transaction

Connection = duckdb.DuckDBPyConnection


def find(connection: Connection, word: str) -> derived.StoredTheme:
    """A theme by slug, id or name. Raises StoreError naming near ones."""
    stored = derived.themes(connection)
    for theme in stored:
        if word in (theme.theme.slug, theme.theme.theme_id) or word.lower() == theme.theme.name.lower():
            return theme
    near = ", ".join(s.theme.slug for s in stored if word.lower()[:4] in s.theme.slug)
    raise StoreError(f"no theme '{word}'. " + (f"Near: {near}." if near else "`tracker themes list` shows them all."))


def rename(connection: Connection, theme: Theme, name: str, by: str, at: datetime) -> None:
    """Give a theme another name; its id and slug stay."""
    with transaction(connection):
        _record(connection, "rename", theme, name, by, at)
        connection.execute("update themes set name = ? where theme_id = ?", (name, theme.theme_id))


def hide(connection: Connection, theme: Theme, hidden: bool, by: str, at: datetime) -> None:
    """Take a theme off the lists, or put it back; its numbers stay."""
    with transaction(connection):
        _record(connection, "hide" if hidden else "show", theme, None, by, at)
        status = "hidden" if hidden else "active"
        connection.execute("update themes set status = ? where theme_id = ? and status <> 'merged'", (status, theme.theme_id))


def merge(connection: Connection, theme: Theme, into: Theme, by: str, at: datetime) -> None:
    """Let a discovered theme's articles, and those that would join it later, belong to another theme. Raises StoreError if that cannot be."""
    if theme.theme_id == into.theme_id:
        raise StoreError("a theme cannot be merged into itself.")
    gone = {s.theme.theme_id for s in derived.themes(connection) if s.status == "merged"}
    for one in (theme, into):
        if one.theme_id in gone:
            raise StoreError(f"'{one.slug}' was merged away before: name the theme it went into.")
    if theme.kind == "curated":
        raise StoreError(f"'{theme.slug}' stands in themes.yaml: remove it there, or merge the other one into it.")
    with transaction(connection):
        _record(connection, "merge", theme, into.theme_id, by, at)
        connection.execute("update themes set status = 'merged', merged_into = ? where theme_id = ?", (into.theme_id, theme.theme_id))
        for table in ("mentions", "article_themes"):
            connection.execute(f"delete from {table} where theme_id = ?", (theme.theme_id,))  # noqa: S608  # named above
        if into.kind == "discovered":
            connection.execute("update theme_members set theme_id = ? where theme_id = ?", (into.theme_id, theme.theme_id))
        else:
            connection.execute("delete from theme_members where theme_id = ?", (theme.theme_id,))


def promote(connection: Connection, theme: Theme, by: str, at: datetime) -> None:
    """Remember that a discovered theme became a curated one; the next analysis finds it in themes.yaml under the same slug."""
    with transaction(connection):
        _record(connection, "promote", theme, None, by, at)
        connection.execute("update themes set kind = 'curated', claim_from = 'yaml', judged_with = null where theme_id = ?", (theme.theme_id,))
        connection.execute("delete from theme_members where theme_id = ?", (theme.theme_id,))


def log(connection: Connection, theme: Theme) -> list[tuple[datetime, str, str, str | None]]:
    """(when, who, verb, argument) of a theme's edits, oldest first."""
    return connection.execute(
        "select made_at, made_by, verb, argument from theme_edits where theme_id = ? order by edit_id", (theme.theme_id,)
    ).fetchall()


def evidence(connection: Connection, theme: Theme, at_most: int) -> list[tuple[str, str, float]]:
    """(stance, passage, confidence) of the mentions a person would look at first, most confident first for each side; none the judge is unsure of."""
    return connection.execute(
        """
        select m.stance, p.text, greatest(m.p_supports, m.p_opposes, m.p_neutral) as confidence
        from mentions m join passages p using (passage_id) where m.theme_id = ? and not m.is_unsure
        qualify row_number() over (partition by m.stance order by confidence desc, m.passage_id) <= ?
        order by m.stance desc, confidence desc
        """,
        (theme.theme_id, at_most),
    ).fetchall()


def _record(connection: Connection, verb: str, theme: Theme, argument: str | None, by: str, at: datetime) -> None:
    connection.execute(
        "insert into theme_edits select coalesce(max(edit_id), 0) + 1, ?, ?, ?, ?, ? from theme_edits", (at, by, verb, theme.theme_id, argument)
    )
