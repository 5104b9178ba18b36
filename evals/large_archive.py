"""A size and real articles come in; an archive of that many articles over so many days, with passages, vectors, themes and mentions, goes out.

An invented article takes about six passages of a real one and of the five nearest to it, each with some words left out and with its vector
moved a little: so they are about what real articles are about, and none is a copy. Mentions are what a judge that draws its answers finds
among the passages that the real judge would be shown.
"""

import shutil
import time
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from evals.remembered import RememberedEncoder
from evals.themed_nights import run_at
from tracker.extract.passages import split
from tracker.records import Article, Passage, Run, Stance, short_id
from tracker.settings import FeedEntry, OutletEntry, Settings
from tracker.stance import scores
from tracker.stance.judge import Judge, OnnxJudge
from tracker.steps import discovering, judging, measuring, theming
from tracker.store import derived, observed
from tracker.store.database import open_archive, transaction
from tracker.themes import embed
from tracker.themes.embed import Encoder, OnnxEncoder, Vectors, unit

OUTLETS = tuple(f"outlet-{n:02d}.example" for n in range(40))
DAYS = 730  # of an archive, if nothing else is said
NIGHT = datetime(2026, 1, 1, 3, 0)  # the night that is timed begins then; the invented articles lie before it
PASSAGES = 12  # of a real article, the most that are read
NEIGHBOURS = 5
COPIES = 0.05  # share of articles that belong to the story of the one before
DROPPED = 0.12  # of a passage's words: with one in eight gone, hardly any two variants are equal
MOVED = 0.92  # cosine of a variant's vector to the real one
AT_ONCE = 5_000  # articles between two inserts
CHECKPOINTS, A_NIGHT = 10, 3_000  # rows each: after nine of them nothing is left to merge
GROWING = (
    "articles",
    "entries",
    "passages",
    "passage_vectors",
    "article_vectors",
    "story_members",
    "mentions",
    "article_themes",
    "theme_members",
)


@dataclass(frozen=True, slots=True)
class Material:
    """Real articles: titles, passages, their vectors, and the positions of those nearest to each (itself first)."""

    titles: list[str]
    title_vectors: Vectors
    passages: list[list[str]]
    vectors: list[Vectors]
    nearest: np.ndarray


class DrawnJudge:
    """Answers by lot, under the real judge's name: as many mentions as usual in no time, and the next run sees no change of judge."""

    def __init__(self, name: str) -> None:
        self.name = name

    def knows(self, claim: str) -> bool:  # noqa: ARG002  # as the protocol has it
        """It does not matter."""
        return True

    def judge(self, pairs: Sequence[tuple[str, str]]) -> list[Stance]:
        """About one pair in three bears on its claim."""
        found = []
        for text, claim in pairs:
            draw = np.random.default_rng(zlib.crc32(f"{text}|{claim}".encode()))
            supports, opposes, neutral, unrelated = draw.dirichlet((0.3, 0.3, 0.4, 2.0))
            found.append(Stance(float(supports), float(opposes), float(neutral), float(unrelated)))
        return found


def settings(themes: Settings) -> Settings:
    """The outlets of the invented archive, with these themes."""
    outlets = tuple(
        OutletEntry(outlet=name, name=name, kind="news", feeds=(FeedEntry(url=f"https://{name}/feed"),)) for name in OUTLETS
    )
    return themes.model_copy(update={"outlets": outlets})


def material(files: Sequence[Path], encoder: RememberedEncoder, passage_chars: int) -> Material:
    """Read and embed the articles of Parquet files with title and text; those without a passage are left out."""
    rows = pd.concat([pd.read_parquet(file, columns=["title", "text"]) for file in files]).fillna("").astype(str)
    cut = [
        (title, [p.text for p in split("", text, passage_chars)][:PASSAGES])
        for title, text in zip(rows.title, rows.text, strict=True)
    ]
    titles, passages = [title for title, found in cut if found], [found for _, found in cut if found]
    title_vectors, flat = encoder.encode(titles), encoder.encode([text for found in passages for text in found])
    encoder.keep()
    vectors = np.split(flat, np.cumsum([len(found) for found in passages])[:-1])
    whole = np.stack([embed.of_article(title, found) for title, found in zip(title_vectors, vectors, strict=True)])
    nearest = np.concatenate(
        [np.argsort(-(whole[i : i + 1000] @ whole.T), axis=1)[:, : NEIGHBOURS + 1] for i in range(0, len(whole), 1000)]
    )
    return Material(titles, title_vectors, passages, vectors, nearest)


def observe(path: Path, articles: int, real: Material, rules: Settings, seed: int, days: int = DAYS) -> None:
    """Write the archive as it is before any theme is known; 100,000 articles take about five minutes, 1.5 GB of disk."""
    archive = open_archive(path)
    base = run_at(NIGHT - timedelta(days=days + 1))
    observed.start_run(archive, base, "evals")
    observed.sync_outlets(archive, rules.outlets, base.started_at)
    draw = np.random.default_rng(seed)
    ago = np.sort(draw.uniform(0, days, articles))[::-1]
    for first in range(0, articles, AT_ONCE):
        with transaction(archive):
            _insert(archive, base, list(_invented(real, ago[first : first + AT_ONCE], first, draw)), draw)
    _polls(archive, days)
    observed.finish_run(archive, base, base.started_at, OnnxEncoder.name, None)
    archive.close()


def build(
    path: Path, articles: int, sources: Sequence[Path], encoder: RememberedEncoder, rules: Settings, seed: int, days: int = DAYS
) -> None:
    """Write the archive from the articles of Parquet files; beside it stays base-*, what it was before themes were found."""
    base = path.with_name(path.name.replace("archive", "base"))
    if not base.exists():
        unfinished = _fresh(base.with_suffix(".part"))
        observe(unfinished, articles, material(sources, encoder, rules.extract.passage_chars), rules, seed, days)
        unfinished.rename(base)
    unfinished = _fresh(path.with_suffix(".part"))
    shutil.copyfile(base, unfinished)
    started = time.perf_counter()
    conclude(unfinished, rules, encoder, DrawnJudge(OnnxJudge().name))
    print(f"archive: themes found, mentions drawn, measured in {time.perf_counter() - started:.1f} s")
    settle(unfinished)
    unfinished.rename(path)


def settle(path: Path) -> None:
    """Let DuckDB merge what bulk loading left half full: it does so at the checkpoints of the next nights, which would count as theirs."""
    archive = open_archive(path)
    for _ in range(CHECKPOINTS):
        for table in GROWING:
            archive.execute(f"insert into {table} select * replace ('' as run_id) from {table} limit {A_NIGHT}")  # noqa: S608  # from GROWING
        archive.execute("checkpoint archive")
    for table in GROWING:
        archive.execute(f"delete from {table} where run_id = ''")  # noqa: S608  # from GROWING
    archive.close()


def conclude(path: Path, rules: Settings, encoder: Encoder, judge: Judge) -> None:
    """Find themes by one refit, draw mentions and measure, as the run of the night before."""
    archive, run = open_archive(path), run_at(NIGHT)
    observed.start_run(archive, run, "evals")
    with transaction(archive):
        curated = theming.sync_curated(archive, run, rules.themes)
        discovering.discover_themes(archive, rules, run, encoder, curated, [], refit=True)
        judging.judge_mentions(archive, rules.discovery, run, encoder, judge, set(), lambda *_: None)
        measuring.measure(archive, rules, run, scores.of(judge.name))
    observed.finish_run(archive, run, run.started_at, encoder.name, judge.name)
    archive.close()


def _fresh(path: Path) -> Path:
    for leftover in (path, path.with_name(f"{path.name}.wal")):
        leftover.unlink(missing_ok=True)
    return path


def _invented(
    real: Material, ago: np.ndarray, first: int, draw: np.random.Generator
) -> Iterator[tuple[Article, list[Passage], Vectors, Vectors]]:
    for number, days_ago in enumerate(ago, first):
        source = int(draw.integers(len(real.titles)))
        pool = [(s, i) for s in real.nearest[source] for i in range(len(real.passages[s]))]
        own = [(source, i) for i in range(len(real.passages[source]))]
        chosen = [own[i] for i in draw.permutation(len(own))[: int(draw.integers(3, 6))]]
        chosen += [pool[i] for i in draw.permutation(len(pool))[: max(0, int(draw.integers(4, 9)) - len(chosen))]]
        texts = [thinned(real.passages[s][i], draw) for s, i in chosen]
        vectors = _moved(np.stack([real.vectors[s][i] for s, i in chosen]), draw)
        title = thinned(real.titles[source], draw)
        title_vector = _moved(real.title_vectors[source][None, :], draw)[0]
        at, outlet = NIGHT - timedelta(days=float(days_ago)), OUTLETS[int(draw.integers(len(OUTLETS)))]
        url = f"https://{outlet}/{number}"
        one = Article(short_id(url), outlet, url, url, title, None, "en", at, "feed", "", at, "\n".join(texts), "feed")
        passages = [Passage(one.article_id, position, text) for position, text in enumerate(texts)]
        yield one, passages, vectors, embed.of_article(title_vector, vectors)


def _insert(
    archive: duckdb.DuckDBPyConnection,
    run: Run,
    made: Sequence[tuple[Article, list[Passage], Vectors, Vectors]],
    draw: np.random.Generator,
) -> None:
    articles = [one for one, *_ in made]
    ids = [one.article_id for one in articles]
    observed.record_pages(archive, run, [observed.Finished(None, one) for one in articles])
    stories = list(ids)
    for i in range(1, len(ids)):
        stories[i] = stories[i - 1] if draw.random() < COPIES else ids[i]
    # No texts are alike, so their MinHashes would not be either
    signatures = draw.integers(0, 256, (len(ids), 512), dtype=np.uint8)
    rows = [(name, story, sketch.tobytes()) for name, story, sketch in zip(ids, stories, signatures, strict=True)]
    derived.add_story_members(archive, run, rows)
    passages = [p for _, of_article, *_ in made for p in of_article]
    derived.add_passages(archive, run, passages)
    derived.add_passage_vectors(
        archive, run, OnnxEncoder.name, [p.passage_id for p in passages], np.concatenate([rows for *_, rows, _ in made])
    )
    derived.add_article_vectors(archive, run, OnnxEncoder.name, ids, np.stack([row for *_, row in made]))
    derived.mark_analysed(archive, run, ids)


def _polls(archive: duckdb.DuckDBPyConnection, days: int) -> None:
    """Every feed polled every night, and every article an entry of its feed."""
    archive.execute(
        """
        insert into feed_fetches by name
        select strftime(night, '%Y%m%dT%H%M%S') as run_id, outlet, feed, night as fetched_at, 'ok' as outcome, '' as reason, 200 as status,
               10000 as bytes, 0.2 as seconds, 20 as entries, 0 as entries_dropped, night - interval 3 day as oldest_entry_at,
               night as newest_entry_at, 1.0 as still_shown
        from feeds, unnest(generate_series($first::timestamp, $last::timestamp, interval 1 day)) as nights(night)
        """,
        {"first": NIGHT - timedelta(days=days), "last": NIGHT - timedelta(days=1)},
    )
    archive.execute(
        """
        insert into entries by name
        select a.run_id, a.outlet, f.feed, a.url, a.raw_url, a.title, '' as summary, '' as content, a.published_at, '' as date_note, a.first_seen_at
        from articles a join feeds f using (outlet)
        """
    )


def thinned(text: str, draw: np.random.Generator) -> str:
    """The text without one word in eight."""
    words = text.split()
    return " ".join(word for word, stays in zip(words, draw.random(len(words)) >= DROPPED, strict=True) if stays) or text


def _moved(rows: Vectors, draw: np.random.Generator) -> Vectors:
    noise = unit(draw.normal(size=rows.shape).astype(np.float32))
    sideways = unit(noise - (noise * rows).sum(axis=1, keepdims=True) * rows)
    return unit(MOVED * rows + np.sqrt(1 - MOVED**2, dtype=np.float32) * sideways)
