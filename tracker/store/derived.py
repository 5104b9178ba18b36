"""What we concluded: stories, passages, vectors, themes, mentions and measures go in and out as records and arrays."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tracker.records import Mention, Passage, Run, Theme
from tracker.store.database import insert

Connection = duckdb.DuckDBPyConnection
Vectors = NDArray[np.float32]
# (article_id, strength, passages, stance, net_stance, confidence, unsure passages); stance to confidence are None where all are unsure
Summary: TypeAlias = tuple[str, float, int, str | None, float | None, float | None, int]

_DIMENSIONS = 384
_VECTORS_AT_ONCE = 50_000  # rows per insert: larger Arrow batches of fixed-size lists take much memory (duckdb#22238)


@dataclass(frozen=True, slots=True)
class StoredArticle:
    """An article as analysis needs it. `dated_at` is its publication, or when we first saw it."""

    article_id: str
    outlet: str
    title: str
    text: str
    dated_at: datetime


@dataclass(frozen=True, slots=True)
class StoredPassages:
    """Passages with their vectors, row by row: `vectors` has shape (len(ids), 384)."""

    ids: list[str]
    articles: list[str]
    texts: list[str]
    vectors: Vectors


@dataclass(frozen=True, slots=True)
class StoredTheme:
    """A theme with what analysis remembers of it."""

    theme: Theme
    status: str
    merged_into: str | None
    centroid: Vectors | None
    judged_with: str | None


def forget_conclusions(connection: Connection) -> None:
    """Drop everything that can be made again, before `analyse --all`; themes keep their ids, names and edits.

    Discovered themes keep their articles too: where people divided or merged them no clustering would.
    """
    for table in ("story_members", "passages", "passage_vectors", "article_vectors", "mentions", "article_themes", "analysed"):
        connection.execute(f"delete from {table}")  # noqa: S608  # table names stand above
    connection.execute("update themes set judged_with = null")


def forget_articles(connection: Connection, article_ids: Sequence[str]) -> None:
    """Drop what was concluded about articles that are no longer what they were, so that the next analysis reads them anew.

    The other articles of their stories are read anew too: a story may be known by one that went, or held together by it.
    """
    want(connection, article_ids)
    connection.execute(
        """insert into wanted_articles select article_id from story_members
           where story_id in (select story_id from story_members semi join wanted_articles using (article_id))"""
    )
    connection.execute(
        "delete from passage_vectors where passage_id in (select passage_id from passages semi join wanted_articles using (article_id))"
    )
    for table in ("story_members", "passages", "article_vectors", "theme_members", "mentions", "article_themes", "analysed"):
        connection.execute(f"delete from {table} where article_id in (from wanted_articles)")  # noqa: S608  # names stand above


# Stories


def unanalysed(connection: Connection) -> list[StoredArticle]:
    """Articles no finished analysis has read, oldest first."""
    rows = connection.execute(
        """select article_id, outlet, title, text, coalesce(published_at, first_seen_at) as dated_at
           from articles anti join analysed using (article_id) order by dated_at, article_id"""
    ).fetchall()
    return [StoredArticle(*row) for row in rows]


def story_members(connection: Connection, first: datetime, last: datetime) -> list[tuple[str, str, str, datetime, str, int, bytes]]:
    """(article_id, story_id, outlet, dated_at, title, words, signature) of the articles dated within [first, last], oldest first."""
    return connection.execute(
        """select m.article_id, m.story_id, a.outlet, coalesce(a.published_at, a.first_seen_at) as dated_at, a.title, a.words, m.signature
           from story_members m join articles a using (article_id)
           where dated_at between ? and ? order by dated_at, m.article_id""",
        (first, last),
    ).fetchall()


def add_story_members(connection: Connection, run: Run, rows: Sequence[tuple[str, str, bytes]]) -> None:
    """Write (article_id, story_id, signature)."""
    insert(connection, "story_members", ("run_id", "article_id", "story_id", "signature"), [(run.run_id, *row) for row in rows])


# Passages and vectors


def add_passages(connection: Connection, run: Run, passages: Sequence[Passage]) -> None:
    """Write the passages of newly read articles."""
    rows = [(run.run_id, p.passage_id, p.article_id, p.position, p.text, False) for p in passages]
    insert(connection, "passages", ("run_id", "passage_id", "article_id", "position", "text", "is_boilerplate"), rows)


def mark_boilerplate(connection: Connection, run: Run, stories: int) -> None:
    """Mark passages found word for word in at least so many different stories: page furniture, affiliate notes, sign-up lines.

    Only what this run's passages say can have become so.
    """
    furniture = connection.execute(
        """select p.text from passages p join story_members m using (article_id)
           where p.text in (select text from passages where run_id = ?)
           group by p.text having count(distinct m.story_id) >= ? and not bool_and(p.is_boilerplate)""",
        (run.run_id, stories),
    ).fetchall()
    if furniture:
        connection.execute(
            "update passages set is_boilerplate = true where not is_boilerplate and text in (select unnest(?))", ([text for (text,) in furniture],)
        )


def passages_without_vector(connection: Connection, encoder: str) -> list[tuple[str, str]]:
    """(passage_id, text) of passages this encoder has not seen; boilerplate is left out."""
    return connection.execute(
        """select passage_id, text from passages
           anti join (select passage_id from passage_vectors where encoder = ?) using (passage_id)
           where not is_boilerplate order by passage_id""",
        (encoder,),
    ).fetchall()


def add_passage_vectors(connection: Connection, run: Run, encoder: str, ids: Sequence[str], vectors: Vectors) -> None:
    """Write one unit vector per passage."""
    _add_vectors(connection, "passage_vectors", run, encoder, ids, vectors)


def articles_without_vector(connection: Connection, encoder: str) -> list[tuple[str, str]]:
    """(article_id, title) of articles whose passages are stored and that have no vector of this encoder."""
    return connection.execute(
        """select article_id, title from articles semi join story_members using (article_id)
           anti join (select article_id from article_vectors where encoder = ?) using (article_id) order by article_id""",
        (encoder,),
    ).fetchall()


def add_article_vectors(connection: Connection, run: Run, encoder: str, ids: Sequence[str], vectors: Vectors) -> None:
    """Write one unit vector per article."""
    _add_vectors(connection, "article_vectors", run, encoder, ids, vectors)


def passages(connection: Connection, encoder: str, articles: Collection[str] | None = None) -> StoredPassages:
    """Passages that are not boilerplate, with vectors, in order of article and position; of some articles or of all."""
    want(connection, articles or ())
    table = connection.sql(
        # First which rows, then what is in them: a join by id alone would read every vector there is
        """with wanted as materialized (
               select p.rowid as passage, v.rowid as place from passages p join passage_vectors v using (passage_id)
               where v.encoder = ? and not p.is_boilerplate and (? or p.article_id in (select article_id from wanted_articles))
           )
           select p.passage_id, p.article_id, p.text, v.embedding
           from wanted w join passages p on p.rowid = w.passage join passage_vectors v on v.rowid = w.place order by p.article_id, p.position""",
        params=(encoder, articles is None),
    ).to_arrow_table()
    ids, of, texts = (table.column(i).to_pylist() for i in range(3))
    return StoredPassages(ids, of, texts, read_vectors(table.column(3)))


def article_vectors(connection: Connection, encoder: str, articles: Collection[str]) -> tuple[list[str], Vectors]:
    """(article ids, vectors) of some articles."""
    want(connection, articles)
    table = connection.sql(
        """select article_id, embedding from article_vectors semi join wanted_articles using (article_id)
           where encoder = ? order by article_id""",
        params=(encoder,),
    ).to_arrow_table()
    return table.column(0).to_pylist(), read_vectors(table.column(1))


def want(connection: Connection, articles: Collection[str]) -> None:
    """Name the articles that the next query is about: the rows of the temporary table wanted_articles, whose number DuckDB knows when it plans."""
    connection.execute("create or replace temp table wanted_articles as select unnest(?::varchar[]) as article_id", (list(articles),))


# Themes


def themes(connection: Connection) -> list[StoredTheme]:
    """Every theme ever made, merged and hidden ones included, by slug."""
    rows = connection.execute(
        """select theme_id, slug, name, kind, claim, claim_from, terms, supports, opposes, status, merged_into, centroid, judged_with
           from themes order by slug"""
    ).fetchall()
    found = []
    for i, slug, name, kind, claim, source, terms, supports, opposes, status, merged, c, judged in rows:
        theme = Theme(i, slug, name, kind, claim, source, tuple(terms), tuple(supports), tuple(opposes))
        found.append(StoredTheme(theme, status, merged, None if c is None else np.array(c, np.float32), judged))
    return found


def ends(themes: Iterable[StoredTheme]) -> dict[str, str]:
    """theme_id -> theme_id of the theme that its stories belong to after all merges: itself, if it was not merged away."""
    into = {s.theme.theme_id: s.merged_into for s in themes}
    found = {}
    for theme_id in into:
        end = theme_id
        while (target := into[end]) is not None:
            end = target
        found[theme_id] = end
    return found


def add_theme(connection: Connection, run: Run, theme: Theme, centroid: Vectors | None) -> None:
    """Write a theme never seen before."""
    connection.execute(
        """insert into themes (run_id, theme_id, slug, name, kind, claim, claim_from, terms, status, centroid)
           values (?, ?, ?, ?, ?, ?, ?, ?, 'active', ?)""",
        (run.run_id, theme.theme_id, theme.slug, theme.name, theme.kind, theme.claim, theme.claim_from, list(theme.terms),
         None if centroid is None else centroid.tolist()),
    )  # fmt: skip


def update_curated(connection: Connection, theme: Theme) -> None:
    """Make a theme's row say what themes.yaml says; a name that a person gave it by `themes rename` stays, unless it was promoted after that.

    Stories that joined it while it was a discovered theme leave it: what belongs to it now, its claim says.
    """
    connection.execute(
        """with named as (
               select max_by(verb, edit_id) is not distinct from 'rename' as by_person
               from theme_edits where theme_id = $id and verb in ('rename', 'promote')
           )
           update themes set kind = 'curated', claim = $claim, claim_from = 'yaml', terms = $terms, supports = $supports, opposes = $opposes,
               name = case when by_person then themes.name else $name end, name_from = case when by_person then 'person' else 'yaml' end
           from named where theme_id = $id""",
        {"id": theme.theme_id, "claim": theme.claim, "terms": list(theme.terms), "name": theme.name,
         "supports": list(theme.supports), "opposes": list(theme.opposes)},
    )  # fmt: skip
    connection.execute("delete from theme_members where theme_id = ?", (theme.theme_id,))


def set_judged_with(connection: Connection, theme_id: str, digest: str) -> None:
    """Remember what a theme's mentions were judged with."""
    connection.execute("update themes set judged_with = ? where theme_id = ?", (digest, theme_id))


def members(connection: Connection, theme_id: str) -> dict[str, float]:
    """article_id -> strength of a discovered theme's articles."""
    return dict(connection.execute("select article_id, strength from theme_members where theme_id = ?", (theme_id,)).fetchall())


def moved_members(connection: Connection) -> list[tuple[str, str, float | None]]:
    """(theme_id, article_id, strength) where a discovered theme has an article and no mention of it; None: a mention and no longer the article."""
    return connection.execute(
        """select theme_id, article_id, m.strength from theme_members m full join article_themes x using (theme_id, article_id)
           join themes t using (theme_id) where t.kind = 'discovered' and (m.strength is null or x.strength is null)
           order by theme_id, article_id"""
    ).fetchall()


# Mentions


@dataclass(frozen=True, slots=True)
class ThemeMentions:
    """A theme's mentions in some articles (None: in all), and what they add up to in each.

    `labels[i]` is the decided stance of `mentions[i]`: supports, opposes or neutral.
    """

    theme_id: str
    articles: Collection[str] | None
    mentions: Sequence[Mention]
    labels: Sequence[str]
    summaries: Sequence[Summary]


def replace_mentions(connection: Connection, run: Run, found: Sequence[ThemeMentions]) -> None:
    """Put these mentions, and what they add up to, in the place of what the same themes had in the same articles."""
    connection.execute("create or replace temp table replaced (theme_id varchar, article_id varchar)")
    insert(connection, "replaced", ("theme_id", "article_id"), [(f.theme_id, article) for f in found for article in f.articles or ()])
    whole = [f.theme_id for f in found if f.articles is None]
    for table in ("mentions", "article_themes"):
        connection.execute(
            f"delete from {table} where theme_id in (select unnest(?::varchar[])) or (theme_id, article_id) in (from replaced)",  # noqa: S608  # named above
            (whole,),
        )
    mention_columns = ("run_id", "passage_id", "article_id", "theme_id", "strength", "stance", "p_supports", "p_opposes", "p_neutral",
                       "p_unrelated", "voice", "speaker", "is_unsure")  # fmt: skip
    rows = [
        (run.run_id, m.passage_id, m.article_id, f.theme_id, m.strength, label, m.stance.supports, m.stance.opposes, m.stance.neutral,
         m.stance.unrelated, m.voice, m.speaker, m.is_unsure)
        for f in found for m, label in zip(f.mentions, f.labels, strict=True)
    ]  # fmt: skip
    insert(connection, "mentions", mention_columns, rows)
    columns = ("run_id", "article_id", "theme_id", "strength", "passages", "stance", "net_stance", "confidence", "unsure")
    insert(
        connection, "article_themes", columns,
        [(run.run_id, article, f.theme_id, *rest) for f in found for article, *rest in f.summaries],
    )  # fmt: skip


def mark_analysed(connection: Connection, run: Run, articles: Sequence[str]) -> None:
    """Remember that these articles are done."""
    insert(connection, "analysed", ("run_id", "article_id"), [(run.run_id, article) for article in articles])


def _add_vectors(connection: Connection, table: str, run: Run, encoder: str, ids: Sequence[str], vectors: Vectors) -> None:
    for start in range(0, len(ids), _VECTORS_AT_ONCE):
        part = ids[start : start + _VECTORS_AT_ONCE]
        flat = pa.array(np.ascontiguousarray(vectors[start : start + len(part)], dtype=np.float32).reshape(-1))
        key = "passage_id" if table == "passage_vectors" else "article_id"
        batch = pa.table(
            {
                "run_id": pa.array([run.run_id] * len(part)),
                key: pa.array(part),
                "encoder": pa.array([encoder] * len(part)),
                "embedding": pa.FixedSizeListArray.from_arrays(flat, _DIMENSIONS),
            }
        )
        connection.from_arrow(batch).insert_into(table)


def read_vectors(column: pa.ChunkedArray) -> Vectors:
    """A column of fixed-size lists as rows of shape (rows, 384)."""
    if len(column) == 0:
        return np.empty((0, _DIMENSIONS), dtype=np.float32)
    flat = column.combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return np.asarray(flat, dtype=np.float32).reshape(-1, _DIMENSIONS)
