"""Stories join themes, and themes are found: new articles come in; each story's theme, and what became of themes, stand in the archive."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import duckdb
import numpy as np

from tracker.records import Run, Theme, short_id
from tracker.settings import Settings, ThemeSettings
from tracker.steps import naming
from tracker.store import derived, discovered, theme_edits
from tracker.store.derived import StoredTheme
from tracker.store.discovered import Stories
from tracker.themes import discover, embed, follow, link, phrases

Connection = duckdb.DuckDBPyConnection

_LEAST = 0.30  # cosine of a clustered story to its cluster: HDBSCAN also puts stories of no subject somewhere


def discover_themes(
    connection: Connection, settings: Settings, run: Run, encoder: embed.Encoder, curated: Sequence[Theme],
    new: Sequence[derived.StoredArticle], refit: bool,
) -> None:  # fmt: skip
    """Let the new stories join the themes there are; refit when it pays, or when told to."""
    rules = settings.discovery
    known = _Known.read(connection)
    if known.rows:
        _join(connection, rules, run, encoder, known, [article.article_id for article in new])
    growth = discovered.growth(connection, rules.core_similarity)
    if growth.stories >= rules.min_articles_to_discover and (
        refit or _pays(rules, growth, run) or _is_new_subject(connection, rules, encoder, curated, growth)
    ):
        _refit(connection, rules, run, encoder, curated)


def _pays(rules: ThemeSettings, growth: discovered.Growth, run: Run) -> bool:
    """Whether a refit would find what assignment by nearness cannot: the window has changed, stories are left over, or it is long ago."""
    if growth.fitted_at is None:
        return True
    is_old = run.started_at - growth.fitted_at >= timedelta(days=rules.refit_days)
    return (
        growth.since >= rules.refit_growth * growth.fitted_on
        or len(growth.unplaced) >= max(discover.SMALLEST, rules.refit_unassigned * growth.fitted_on)
        or (is_old and growth.since >= discover.SMALLEST)
    )


def _is_new_subject(
    connection: Connection, rules: ThemeSettings, encoder: embed.Encoder, curated: Sequence[Theme], growth: discovered.Growth
) -> bool:
    """Whether stories in no theme lie so close together that a refit would found one of them: what breaks tonight is seen tonight."""
    _, vectors, _ = discovered.story_vectors(connection, encoder.name, growth.unplaced)
    known = _Known.read(connection)
    elsewhere = _stack([one.centroid for row, one in enumerate(known.rows) if known.target_of(row) is None])  # its subjects have a curated theme
    vectors = vectors[(vectors @ elsewhere.T < rules.join_similarity).all(axis=1)]
    crowd = discover.crowd(vectors, encoder.encode([theme.claim for theme in curated]), rules.core_similarity)
    return crowd >= discover.cluster_size(min(growth.stories, rules.max_articles_to_fit))


@dataclass(frozen=True, slots=True)
class _Known:
    """The themes that have a centroid, merged and promoted ones too: what is near these goes where they went, or to no discovered theme."""

    rows: list[StoredTheme]
    target: Mapping[str, str | None]  # theme_id -> where its stories belong; None: nowhere, a curated theme finds its own

    @classmethod
    def read(cls, connection: Connection) -> "_Known":
        stored = {s.theme.theme_id: s for s in derived.themes(connection)}
        target = {gone: end if stored[end].theme.kind == "discovered" else None for gone, end in derived.ends(stored.values()).items()}
        return cls([s for s in stored.values() if s.centroid is not None], target)

    @property
    def centroids(self) -> embed.Vectors:
        return _stack([s.centroid for s in self.rows])

    def row_of(self) -> dict[str, int]:
        return {s.theme.theme_id: i for i, s in enumerate(self.rows)}

    def target_of(self, row: int) -> str | None:
        return self.target[self.rows[row].theme.theme_id]

    def themes(self, behind: Mapping[str, int]) -> follow.Themes:
        """As `follow` wants them; `behind`: theme_id -> stories behind its centroid."""
        rows, ends = self.row_of(), [self.target_of(i) or s.theme.theme_id for i, s in enumerate(self.rows)]
        counts = np.array([behind.get(end, follow.SLOW_STORIES) for end in ends], dtype=np.float64)
        return follow.Themes(self.centroids, counts, np.array([rows.get(end, i) for i, end in enumerate(ends)], dtype=np.int64))


def _join(
    connection: Connection, rules: ThemeSettings, run: Run, encoder: embed.Encoder, known: _Known, articles: Sequence[str]
) -> None:  # fmt: skip
    """Place new stories, and move the themes along. A copy of a story that has a theme goes with it."""
    of_story = discovered.copies_of(connection, articles)
    placed = discovered.theme_of_stories(connection, set(of_story.values()))
    late = {story: placed[story] for story in set(of_story.values()) if story in placed}
    ids, vectors, days = discovered.story_vectors(connection, encoder.name, set(of_story.values()) - set(placed))
    themes, recent, recent_days, recent_ends = _recent(connection, rules, encoder, known)
    joined = follow.join(
        vectors, days, themes, recent, recent_days, recent_ends, rules.join_similarity, rules.core_similarity, rules.link_similarity
    )
    found = {
        story: (target, float(strength))
        for story, row, strength in zip(ids, joined.themes, joined.strengths, strict=True)
        if row >= 0 and (target := known.target_of(int(row))) is not None
    }
    discovered.place(connection, run, found | late)
    moved = np.unique(joined.themes[joined.themes >= 0]).tolist()
    discovered.set_centroids(connection, {known.rows[row].theme.theme_id: joined.centroids[row] for row in moved})


def _recent(
    connection: Connection, rules: ThemeSettings, encoder: embed.Encoder, known: _Known
) -> tuple[follow.Themes, embed.Vectors, follow.Days, follow.Ints]:
    """The themes, and the stories that lead them: vectors, days and rows of their themes."""
    recent = discovered.recent_members(connection, encoder.name, follow.LEADING_DAYS, rules.core_similarity)
    themes = known.themes(discovered.stories_behind(connection, follow.SLOW_DAYS, follow.SLOW_STORIES, rules.core_similarity))
    end_of = {known.target_of(row): int(end) for row, end in enumerate(themes.ends)}
    is_known = np.array([theme in end_of for theme in recent.themes], dtype=bool)
    ends = np.array([end_of[theme] for theme in recent.themes if theme in end_of], dtype=np.int64)
    return themes, recent.vectors[is_known], recent.days[is_known], ends


def _refit(connection: Connection, rules: ThemeSettings, run: Run, encoder: embed.Encoder, curated: Sequence[Theme]) -> None:
    """Cluster the newest stories, see which cluster is which theme, and let what was found have its stories."""
    known = _Known.read(connection)
    leading = follow.leading(*_recent(connection, rules, encoder, known))
    newest = discovered.newest_stories(connection, encoder.name, rules.max_articles_to_fit)
    stories = _where_themes_are(connection, rules, known, leading, newest)
    fit = discover.fit(naming.bodies(stories), stories.vectors, [theme.claim for theme in curated], encoder, rules.seed)

    rows, before = known.row_of(), discovered.theme_of_stories(connection)
    touched = theme_edits.touched(connection)
    cluster_of = np.full(len(stories.ids), -1)
    for position, one in enumerate(fit.clusters):
        cluster_of[list(one.members)] = position
    at_core = {story: theme for story, (theme, strength) in before.items() if strength >= rules.core_similarity}
    theme_of = np.array([rows.get(at_core.get(story, ""), -1) for story in stories.ids], dtype=np.int64)
    found = link.lineage(
        cluster_of, theme_of, stories.days, _stack([c.centroid for c in fit.clusters]), leading, rules.link_similarity,
        {rows[theme] for theme in touched if theme in rows},
    )  # fmt: skip

    belongs = {cluster: known.target_of(row) for cluster, row in {**found.part, **found.same}.items()}
    for cluster, row in found.same.items():
        discovered.set_terms(connection, known.rows[row].theme.theme_id, fit.clusters[cluster].terms[: naming.TERMS])
    said = phrases.read(stories.titles, stories.texts)
    fresh: dict[str, embed.Vectors] = {}
    for cluster in sorted((*found.born, *found.split)):
        parent = known.rows[found.split[cluster]].theme.theme_id if cluster in found.split else None
        members, terms = fit.clusters[cluster].members, fit.clusters[cluster].terms
        slug, name, claim, source = naming.worded(connection, encoder.name, stories, members, terms, said)
        theme = Theme(short_id("discovered", run.run_id, slug), slug, name, "discovered", claim, source, terms[: naming.TERMS])
        of_cluster = np.flatnonzero(cluster_of == cluster)
        now = follow.settled(fit.clusters[cluster].centroid, stories.vectors[of_cluster], stories.days[of_cluster], rules.link_similarity)
        derived.add_theme(connection, run, theme, now)
        discovered.add_change(connection, run, theme.theme_id, "split" if parent else "born", parent, len(fit.clusters[cluster].members))
        belongs[cluster], fresh[theme.theme_id] = theme.theme_id, fit.clusters[cluster].centroid
    _place_fitted(connection, run, stories, fit.clusters, belongs, fresh, before, at_core)
    seen_as = {stories.ids[i]: belongs[cluster] for i, cluster in enumerate(cluster_of.tolist()) if cluster >= 0}
    _merge(connection, rules, run, encoder, known, found, seen_as, touched)
    discovered.add_fit(connection, run, len(stories.ids), len(fit.clusters), len(fit.outliers))
    _place_rest(connection, rules, run, encoder)


def _merge(
    connection: Connection, rules: ThemeSettings, run: Run, encoder: embed.Encoder, known: _Known, found: link.Lineage,
    seen_as: Mapping[str, str | None], touched: Collection[str],
) -> None:  # fmt: skip
    """Let themes that have become one be one: those that tonight's clusters hold together, and those that fell silent where another goes on."""
    merged = {known.rows[row].theme.theme_id: known.rows[into].theme.theme_id for row, into in found.merged.items()}
    recent = discovered.recent_members(connection, encoder.name, link.SILENT_DAYS, 0.0)
    themes, seen, outlets = (np.array(c, dtype=np.str_) for c in (recent.themes, [seen_as.get(i) or "" for i in recent.ids], recent.outlets))
    stories = link.Recent(themes, seen, outlets, recent.days, recent.vectors)
    merged |= link.merged_since(stories, rules.link_similarity, {*touched, *merged, *merged.values()})
    counts = discovered.members_of(connection)
    for gone, into in merged.items():
        discovered.add_change(connection, run, gone, "merged", into, counts.get(gone, 0))
        discovered.merge(connection, gone, into)


def _where_themes_are(connection: Connection, rules: ThemeSettings, known: _Known, leading: embed.Vectors, stories: Stories) -> Stories:
    """The stories that lie where their theme lies now, and those in no theme: what a theme has left behind is its past, not a theme of its own."""
    placed = {i: t for i, t in discovered.theme_of_stories(connection).items() if t[1] >= rules.core_similarity}  # the edge is looked at anew
    ends = [known.target_of(row) for row in range(len(known.rows))]
    nearness = np.maximum(stories.vectors @ known.centroids.T, stories.vectors @ leading.T)
    is_here = [
        story not in placed or max((nearness[i, row] for row, end in enumerate(ends) if end == placed[story][0]), default=1) >= rules.join_similarity
        for i, story in enumerate(stories.ids)
    ]
    rows = np.flatnonzero(is_here)
    ids, titles, texts = ([column[i] for i in rows] for column in (stories.ids, stories.titles, stories.texts))
    return Stories(ids, titles, texts, stories.vectors[rows], stories.days[rows])


def _place_fitted(
    connection: Connection, run: Run, stories: Stories, clusters: Sequence[discover.Cluster], belongs: Mapping[int, str | None],
    fresh: Mapping[str, embed.Vectors], before: Mapping[str, tuple[str, float]], at_core: Mapping[str, str],
) -> None:  # fmt: skip
    """Stories in no theme, or at the edge of one, get their cluster's; others leave theirs only for one found now that they are in or nearer to."""
    found: dict[str, tuple[str, float]] = {}
    for position, cluster in enumerate(clusters):
        theme = belongs[position]
        if theme is None:
            continue
        strengths = stories.vectors[list(cluster.members)] @ cluster.centroid
        for i, strength in zip(cluster.members, strengths, strict=True):
            if strength >= _LEAST and (theme in fresh or stories.ids[i] not in at_core):
                found[stories.ids[i]] = (theme, float(min(strength, 1.0)))
    names = list(fresh)
    best, strength = discover.nearest(stories.vectors, _stack(list(fresh.values())), 0.0)
    for story, row, nearness in zip(stories.ids, best, strength, strict=True):
        if row >= 0 and story in before and story not in found and nearness > before[story][1]:
            found[story] = (names[row], float(min(nearness, 1.0)))
    discovered.place(connection, run, found)


def _place_rest(connection: Connection, rules: ThemeSettings, run: Run, encoder: embed.Encoder) -> None:
    """Stories in no cluster, and those older than the window, join the nearest theme that is near enough."""
    known = _Known.read(connection)
    ids, vectors, _ = discovered.story_vectors(connection, encoder.name, discovered.unplaced(connection))
    best, strength = discover.nearest(vectors, known.centroids, rules.join_similarity)
    found = {
        story: (target, float(min(nearness, 1.0)))
        for story, row, nearness in zip(ids, best, strength, strict=True)
        if row >= 0 and (target := known.target_of(int(row))) is not None
    }
    discovered.place(connection, run, found)


def _stack(rows: Sequence[embed.Vectors | None]) -> embed.Vectors:
    kept = [row for row in rows if row is not None]
    return np.stack(kept) if kept else np.empty((0, embed.DIMENSIONS), dtype=np.float32)
