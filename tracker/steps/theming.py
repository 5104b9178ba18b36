"""Articles become stories, passages and vectors, and themes.yaml curated themes; all of it stands in the archive when it is done."""

from collections.abc import Sequence
from datetime import timedelta

import duckdb
import numpy as np

from tracker.errors import SettingsError
from tracker.extract import duplicates
from tracker.extract.passages import split
from tracker.records import Progress, Run, Theme, short_id
from tracker.settings import Settings, ThemeEntry
from tracker.store import derived
from tracker.themes import embed

Connection = duckdb.DuckDBPyConnection


def group_stories(connection: Connection, settings: Settings, run: Run, new: Sequence[derived.StoredArticle]) -> None:
    """Give every new article its story: the one it is a copy or rewrite of, or its own."""
    if not new:
        return
    limits = settings.extract
    items = [duplicates.item(a.article_id, a.outlet, a.dated_at, a.title, a.text) for a in new]
    # So far back lie the titles that say whether one recurs of which a new article may be a copy, and nearer all members of its story
    around = timedelta(days=3 * limits.story_days)
    members = derived.story_members(connection, new[0].dated_at - around, new[-1].dated_at + around)
    known = [
        duplicates.KnownItem(duplicates.Item(article, outlet, at, title, words, sketch), story)
        for article, story, outlet, at, title, words, sketch in members
    ]
    stories = duplicates.join(items, known, limits)
    derived.add_story_members(connection, run, [(item.article_id, stories[item.article_id], item.signature) for item in items])


def split_passages(connection: Connection, settings: Settings, run: Run, new: Sequence[derived.StoredArticle]) -> None:
    """Write the passages of new articles and mark those that are page furniture."""
    limits = settings.extract
    derived.add_passages(connection, run, [p for a in new for p in split(a.article_id, a.text, limits.passage_chars)])
    derived.mark_boilerplate(connection, run, limits.boilerplate_articles)


def embed_texts(connection: Connection, run: Run, encoder: embed.Encoder, progress: Progress) -> None:
    """Give every passage and every article that has none a vector of this encoder."""
    todo = derived.passages_without_vector(connection, encoder.name)
    vectors = encoder.encode([text for _, text in todo], lambda done, total: progress("embedding", done, total))
    derived.add_passage_vectors(connection, run, encoder.name, [passage for passage, _ in todo], vectors)

    articles = derived.articles_without_vector(connection, encoder.name)
    titles = encoder.encode([title for _, title in articles])
    passages = derived.passages(connection, encoder.name, [article for article, _ in articles])
    rows_of: dict[str, list[int]] = {}
    for row, article in enumerate(passages.articles):
        rows_of.setdefault(article, []).append(row)
    rows = [
        embed.of_article(title, passages.vectors[rows_of.get(article, [])])
        for (article, _), title in zip(articles, titles, strict=True)
    ]
    stacked = np.stack(rows) if rows else np.empty((0, embed.DIMENSIONS), dtype=np.float32)
    derived.add_article_vectors(connection, run, encoder.name, [article for article, _ in articles], stacked)


def require_followable(connection: Connection, entries: Sequence[ThemeEntry], returning: str = "") -> None:
    """Raise SettingsError if a theme of themes.yaml was merged away, unless it is the one that now comes back (`returning`: its slug)."""
    stored = derived.themes(connection)
    ends, slug_of = derived.ends(stored), {s.theme.theme_id: s.theme.slug for s in stored}
    merged = {s.theme.slug: slug_of[ends[s.theme.theme_id]] for s in stored if s.merged_into is not None}
    for slug in (entry.slug for entry in entries if entry.slug in merged and entry.slug != returning):
        raise SettingsError(
            f"the theme '{slug}' of themes.yaml was merged into '{merged[slug]}': "
            f"bring it back with `tracker themes merge {slug} --undo`, take it out of the file, or give it another slug."
        )


def become_curated_hidden(connection: Connection, entries: Sequence[ThemeEntry]) -> list[str]:
    """Slugs of hidden discovered themes that themes.yaml now lists: followed by the file from the next sync on, and still on no list."""
    listed = {entry.slug for entry in entries}
    return [
        s.theme.slug for s in derived.themes(connection) if s.theme.slug in listed and s.theme.kind == "discovered" and s.status == "hidden"
    ]


def sync_curated(connection: Connection, run: Run, entries: Sequence[ThemeEntry]) -> list[Theme]:
    """Make the archive say of the themes of themes.yaml, known by slug, what the file says.

    Returns the curated themes: the file's, then those it no longer lists, which go on as they were. Raises SettingsError if one was merged away.
    """
    require_followable(connection, entries)
    known = {s.theme.slug: s for s in derived.themes(connection)}
    curated = []
    for entry in entries:
        if (before := known.pop(entry.slug, None)) is None:
            theme = entry.theme(short_id("curated", entry.slug))
            derived.add_theme(connection, run, theme, None)
        else:
            theme = entry.theme(before.theme.theme_id)
        derived.update_curated(connection, theme)
        curated.append(theme)
    return curated + [s.theme for s in known.values() if s.theme.kind == "curated" and s.status != "merged"]
