"""Articles become stories, passages, vectors and themes; all of it stands in the archive when it is done."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import duckdb
import numpy as np

from tracker.extract import duplicates
from tracker.extract.passages import split
from tracker.records import Run, Theme, short_id
from tracker.settings import Settings, ThemeEntry
from tracker.store import derived
from tracker.themes import discover, embed, label, link

Connection = duckdb.DuckDBPyConnection
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+")
Progress = Callable[[str, int, int], None]


def group_stories(connection: Connection, settings: Settings, run: Run, new: Sequence[derived.StoredArticle]) -> None:
    """Give every new article its story: the one it is a copy or rewrite of, or its own."""
    if not new:
        return
    limits = settings.extract
    signed = [duplicates.Item(a.article_id, a.dated_at, duplicates.signature(a.title, a.text)) for a in new]
    around = timedelta(days=2 * limits.story_days)  # a story's first article may lie this far from a member's neighbour
    members = derived.story_members(connection, new[0].dated_at - around, new[-1].dated_at + around)
    first_at: dict[str, datetime] = {}
    for _, story, at, _ in members:
        first_at.setdefault(story, at)  # they come in order of time
    known = [duplicates.KnownItem(duplicates.Item(article, at, sketch), story, first_at[story]) for article, story, at, sketch in members]
    stories = duplicates.join(signed, known, limits.near_duplicate, limits.story_days)
    derived.add_story_members(connection, run, [(item.article_id, stories[item.article_id], item.signature) for item in signed])


def split_passages(connection: Connection, settings: Settings, run: Run, new: Sequence[derived.StoredArticle]) -> None:
    """Write the passages of new articles and mark those that are page furniture."""
    limits = settings.extract
    derived.add_passages(connection, run, [p for a in new for p in split(a.article_id, a.text, limits.passage_chars)])
    derived.mark_boilerplate(connection, limits.boilerplate_articles)


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


def sync_curated(connection: Connection, run: Run, entries: Sequence[ThemeEntry]) -> list[Theme]:
    """Make the archive's curated themes those of themes.yaml, known by slug; returns them. One no longer listed keeps what it has."""
    by_slug = {stored.theme.slug: stored.theme.theme_id for stored in derived.themes(connection)}
    curated = []
    for entry in entries:
        theme_id = by_slug.get(entry.slug) or short_id("curated", entry.slug)
        theme = Theme(
            theme_id, entry.slug, entry.name, "curated", entry.claim, "yaml", entry.aliases, entry.supports, entry.opposes
        )
        if entry.slug not in by_slug:
            derived.add_theme(connection, run, theme, None)
        derived.update_curated(connection, theme)
        curated.append(theme)
    return curated


def discover_themes(
    connection: Connection, settings: Settings, run: Run, encoder: embed.Encoder, curated: Sequence[Theme],
    new: Sequence[derived.StoredArticle], refit: bool,
) -> None:  # fmt: skip
    """Refit when it pays, else assign the new articles to the themes there are."""
    rules = settings.discovery
    stories, fitted_on, unassigned = derived.growth(connection)
    grown = stories - fitted_on >= max(1, rules.refit_growth * fitted_on)
    unexplained = unassigned >= max(discover.cluster_size(fitted_on), rules.refit_unassigned * fitted_on)
    if stories >= rules.min_articles_to_discover and (refit or grown or unexplained):
        _refit(connection, settings, run, encoder, curated)
    elif new:
        _assign(connection, settings, run, encoder, [article.article_id for article in new])


def _refit(connection: Connection, settings: Settings, run: Run, encoder: embed.Encoder, curated: Sequence[Theme]) -> None:
    rules = settings.discovery
    ids, titles, texts, vectors = derived.story_vectors(connection, encoder.name, rules.max_articles_to_fit)
    # Addresses are no words of a theme; the first 2,000 characters say what a story is about
    bodies = [_ADDRESS.sub("", f"{title}. {text}")[:2000] for title, text in zip(titles, texts, strict=True)]
    fit = discover.fit(bodies, vectors, [theme.claim for theme in curated], encoder, rules.seed)

    stored = derived.themes(connection)
    known = [s for s in stored if s.centroid is not None]
    matches = link.to_last(_stack([c.centroid for c in fit.clusters]), _stack([s.centroid for s in known]), rules.link_similarity)
    names, slugs = [s.theme.name for s in stored], [s.theme.slug for s in stored]
    for position, cluster in enumerate(fit.clusters):
        members = [ids[i] for i in cluster.members]
        if position in matches:
            theme = known[matches[position]].theme  # merged ones too: what is near them goes where they went
            derived.move_theme(connection, theme, cluster.terms, cluster.centroid)
            continue
        name = label.name(cluster.terms, [bodies[i] for i in cluster.members], names)
        slug = label.slug(name, slugs)
        claim, source = _claim(connection, encoder, members, cluster.centroid, [titles[i] for i in cluster.members])
        theme = Theme(short_id("discovered", run.run_id, slug), slug, name, "discovered", claim, source, cluster.terms[:10])
        derived.add_theme(connection, run, theme, cluster.centroid)
        names.append(name)
        slugs.append(slug)
    derived.add_fit(connection, run, len(ids), len(fit.clusters), len(fit.outliers))
    # Membership by nearness for all, so that a story that founded a theme and one that comes tomorrow are judged alike
    _assign(connection, settings, run, encoder, ids)


def _claim(
    connection: Connection, encoder: embed.Encoder, members: Sequence[str], centroid: embed.Vectors, titles: Sequence[str]
) -> tuple[str, str]:
    """The provisional claim and the article it comes from; the most central headline if no passage is assertive."""
    passages = derived.passages(connection, encoder.name, members)
    position = label.provisional_claim(passages.texts, passages.vectors, centroid)
    if position is not None:
        return passages.texts[position].strip(), passages.articles[position]
    vectors = encoder.encode(list(titles))
    best = int((vectors @ centroid).argmax())
    return titles[best], members[best]


def _assign(connection: Connection, settings: Settings, run: Run, encoder: embed.Encoder, articles: Sequence[str]) -> None:
    """Put articles, and all copies in their stories, into the nearest discovered theme, or into none."""
    stored = {s.theme.theme_id: s for s in derived.themes(connection)}
    known = [s for s in stored.values() if s.centroid is not None and s.theme.kind == "discovered"]
    of_story = derived.copies_of(connection, articles)
    ids, vectors = derived.article_vectors(connection, encoder.name, set(of_story.values()))
    best, strength = discover.nearest(vectors, _stack([s.centroid for s in known]), settings.discovery.join_similarity)
    theme_of = {}
    for article, position, cosine in zip(ids, best, strength, strict=True):
        if position < 0:
            continue
        target = _merged_into(known[position], stored)
        if target.theme.kind == "discovered":
            theme_of[article] = (target.theme.theme_id, float(min(cosine, 1.0)))
    rows = [(article, *theme_of[story]) for article, story in of_story.items() if story in theme_of]
    derived.replace_members(connection, run, list(of_story), rows)


def _merged_into(theme: derived.StoredTheme, stored: dict[str, derived.StoredTheme]) -> derived.StoredTheme:
    while theme.merged_into is not None:
        theme = stored[theme.merged_into]
    return theme


def _stack(rows: Sequence[embed.Vectors | None]) -> embed.Vectors:
    kept = [row for row in rows if row is not None]
    return np.stack(kept) if kept else np.empty((0, embed.DIMENSIONS), dtype=np.float32)


