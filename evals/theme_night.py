"""A large archive and 500 new articles come in; what a night of analysis costs, stage by stage, beside a full BERTopic refit, goes out.

    uv run python -m evals.theme_night --shared ../shared --folder DIR [--articles 100000] [--new 500] [--parts archive night refit] [--anew]

DIR keeps the vectors, the archive (large_archive.py; ten minutes for 100,000 articles) and what it was before themes were found: remove the
archive, and only they are found again. The night is `pipeline.analyse` and `publish`, on a copy, with the real encoder and judge and
articles of aivibe_2025 that the archive was not made from; `--anew` lets it refit, `--profile` lists its slowest functions. The refit is
BERTopic() with its defaults on the archive's vectors and texts. Each part is a process of its own; memory is its peak (PSS).
"""

import argparse
import cProfile
import os
import pstats
import shutil
import sys
from datetime import timedelta
from pathlib import Path

import pandas as pd

from evals import large_archive, process_cost
from evals.large_archive import NIGHT, OUTLETS
from evals.process_cost import Watch
from evals.remembered import RememberedEncoder
from evals.themed_nights import article, run_at
from tracker import pipeline
from tracker.settings import Settings, read_themes
from tracker.store import derived, observed
from tracker.store.database import open_archive, transaction

ROOT = Path(__file__).parents[1]
SEED = 20251125  # any number
PARTS = ("archive", "night", "refit")
SLOWEST = 45  # functions listed by --profile


def main() -> None:
    """Run the parts, each in its own process, and print what they cost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--new", type=int, default=500)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--anew", action="store_true", help="a night on which themes are discovered anew")
    parser.add_argument("--profile", action="store_true", help="list the night's slowest functions")
    parser.add_argument("--here", choices=PARTS, help=argparse.SUPPRESS)  # run this part in this process
    args = parser.parse_args()
    if args.here:
        _here(args)
        return
    for part in args.parts:
        command = [sys.executable, "-m", "evals.theme_night", "--here", part, *sys.argv[1:]]
        log = args.folder / f"{part}-{args.articles}.log"
        args.folder.mkdir(parents=True, exist_ok=True)
        cost = process_cost.measure(command, os.environ, log)
        print(log.read_text(encoding="utf-8"), end="")
        print(
            f"{part}: status {cost.status}, {cost.seconds:.0f} s with start, {cost.cpu_seconds:.0f} s of processor, {cost.peak_bytes / 2**30:.2f} GiB"
        )


def _here(args: argparse.Namespace) -> None:
    rules = large_archive.settings(Settings(outlets=(), themes=read_themes(ROOT / "themes.yaml").themes))
    path = args.folder / f"archive-{args.articles}.duckdb"
    if args.here == "archive" and not path.exists():
        _archive(args, rules, path)
    elif args.here == "night":
        _night(args, rules, path)
    elif args.here == "refit":
        _refit(path)


def _archive(args: argparse.Namespace, rules: Settings, path: Path) -> None:
    sources = without_new(args.shared, args.folder, new_articles(args.shared, args.new))
    large_archive.build(path, args.articles, sources, RememberedEncoder(args.folder / "vectors.npz"), rules, SEED)


def _night(args: argparse.Namespace, rules: Settings, path: Path) -> None:
    from tracker.stance.judge import OnnxJudge
    from tracker.themes.embed import OnnxEncoder

    data = args.folder / "night"
    data.mkdir(exist_ok=True)
    shutil.copyfile(path, data / "archive.duckdb")
    archive = open_archive(data / "archive.duckdb")
    run = run_at(NIGHT + timedelta(days=1))
    observed.start_run(archive, run, "evals")
    rows = new_articles(args.shared, args.new)
    when = [NIGHT + timedelta(hours=23 * i / len(rows)) for i in range(len(rows))]
    articles = [
        article(url, title, text, at, OUTLETS[i % len(OUTLETS)])
        for i, (url, title, text, at) in enumerate(zip(rows.url, rows.title, rows.text, when, strict=True))
    ]
    with transaction(archive):
        observed.record_pages(archive, run, [observed.Finished(None, one) for one in articles])
    watch, profile = Watch(), cProfile.Profile()
    if args.profile:
        profile.enable()
    watch("models", 0, 1)
    encoder, judge = OnnxEncoder(), OnnxJudge()
    pipeline.analyse(archive, rules, run, encoder, judge, watch, refit=args.anew)
    observed.finish_run(archive, run, run.started_at, encoder.name, judge.name)
    watch("publish", 0, 1)
    pipeline.publish_to(archive, data, run)
    watch("", 0, 1)
    profile.disable()
    print(f"night: {args.new} new on {args.articles}, wall (processor): {watch.told()}; "
          f"{watch.of['judging']} pairs judged, {watch.of['embedding']} passages embedded")  # fmt: skip
    if args.profile:
        pstats.Stats(profile).sort_stats("cumulative").print_stats("tracker/|execute|to_arrow|insert_into|fetchall|sql", SLOWEST)


def _refit(path: Path) -> None:
    from bertopic import BERTopic

    from tracker.themes.embed import OnnxEncoder

    archive = open_archive(path)
    rows = archive.execute(
        """
        select story_id, any_value(a.title) || '. ' || string_agg(p.text, ' ' order by p.position)
        from (select distinct story_id from story_members) join articles a on a.article_id = story_id join passages p using (article_id)
        where not p.is_boilerplate group by story_id order by story_id
        """
    ).fetchall()
    ids, vectors = derived.article_vectors(archive, OnnxEncoder.name, [name for name, _ in rows])
    archive.close()
    text_of = dict(rows)
    bodies = [text_of[name][:2000] for name in ids]  # as much as discovery itself reads of a story
    watch = Watch()
    watch("BERTopic()", 0, 1)
    topics, _ = BERTopic().fit_transform(bodies, embeddings=vectors)
    watch("", 1, 1)
    print(f"refit: {len(bodies)} stories, wall (processor): {watch.told()}, {max(topics) + 1} topics")


def new_articles(shared: Path, count: int) -> pd.DataFrame:
    """Real articles that the archive is not made from."""
    frame = pd.read_parquet(shared / "corpora/news/aivibe_2025.parquet").fillna("").astype(str)
    return frame.drop_duplicates("url").sample(count, random_state=SEED)


def without_new(shared: Path, folder: Path, kept_back: pd.DataFrame) -> list[Path]:
    """The files that the archive is made from; one is written to `folder`."""
    news, rest = shared / "corpora/news", folder / "aivibe_without_new.parquet"
    frame = pd.read_parquet(news / "aivibe_2025.parquet")
    frame[~frame["id"].isin(kept_back["id"])].to_parquet(rest)
    return [rest, news / "tldr_2025.parquet"]


if __name__ == "__main__":
    main()
