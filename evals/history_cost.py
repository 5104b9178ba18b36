"""Archives of several sizes and the same 500 new articles come in; what a night costs at each size, stage by stage, and the ratios, go out.

    uv run python -m evals.history_cost --shared ../shared --folder DIR [--articles 10000 100000 200000] [--new 500] [--nights 4] [--real]

The archives are invented (large_archive.py), 100,000 articles a year: a larger one is a longer one. DIR keeps them, and the vectors of what
was read before; 200,000 articles take a quarter of an hour and 6 GB. A night opens a copy of the archive, stores 40 polls and the new
articles, analyses, publishes and closes; each size is a process of its own that does several such nights in a row. The first warms the
page cache and is not counted; of the others the median is taken, as DuckDB merges small row groups now and then. Without `--real` vectors
are remembered and stances drawn, so that what is counted is what may depend on history; with it, both models read. Bytes are those given
to write(), logs and checkpoints included.
"""

import argparse
import json
import os
import shutil
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from evals import large_archive, process_cost
from evals.large_archive import NIGHT, OUTLETS, DrawnJudge
from evals.process_cost import Watch
from evals.remembered import RememberedEncoder
from evals.theme_night import SEED, new_articles, without_new
from evals.themed_nights import article, run_at
from tracker import pipeline
from tracker.records import Article, Entry, Feed, FeedFetch, Run, Validators
from tracker.settings import Settings, read_themes
from tracker.stance.judge import Judge
from tracker.store import ledger, observed
from tracker.store.database import open_archive, transaction
from tracker.themes.embed import Encoder

ROOT = Path(__file__).parents[1]
A_DAY = 100_000 / 365  # articles of the invented outlets
LISTED = 10  # entries that a feed still shows from before, beside the new ones
STORED_AT_ONCE = 200  # pages, as the crawl does it


def main() -> None:
    """Build what is missing, run the nights of each size, and print what they cost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--articles", type=int, nargs="+", default=[10_000, 100_000, 200_000])
    parser.add_argument("--new", type=int, default=500)
    parser.add_argument("--nights", type=int, default=4)
    parser.add_argument("--real", action="store_true", help="embed and judge with the packaged models")
    parser.add_argument(
        "--here", choices=("archive", "night"), help=argparse.SUPPRESS
    )  # do this in this process, for the first size
    args = parser.parse_args()
    if args.here == "archive":
        _archive(args)
    elif args.here == "night":
        _nights(args)
    else:
        args.folder.mkdir(parents=True, exist_ok=True)
        _table({size: found for size in args.articles if (found := _size(args, size))})


def _size(args: argparse.Namespace, size: int) -> dict[str, Any]:
    """The costs of one size: seconds, processor and bytes by stage, and the rest, each the median of the counted nights."""
    options = ["--shared", args.shared, "--folder", args.folder, "--articles", size, "--new", args.new, "--nights", args.nights]
    command = [sys.executable, "-m", "evals.history_cost", *map(str, options), *(["--real"] if args.real else [])]
    log = args.folder / f"history-{size}.log"
    if not _path(args, size).exists():
        cost = process_cost.measure([*command, "--here", "archive"], os.environ, log)
        print(f"{size:,} articles built in {cost.seconds:.0f} s, status {cost.status}", flush=True)
    cost = process_cost.measure([*command, "--here", "night"], os.environ, log)
    nights = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines() if line.startswith("{")]
    if cost.status or not nights:
        print(f"{size:,} articles: status {cost.status}, see {log}")
        return {}
    counted = nights[1:] or nights
    usual = {
        key: {s: float(np.median([n[key][s] for n in counted])) for s in counted[0][key]}
        for key in ("seconds", "processor", "written")
    }
    most = max(sum(n["written"].values()) - n["written"]["publish"] for n in counted)
    return usual | {"pairs": counted[-1]["pairs"], "most": most, "peak": cost.peak_bytes, "refit": nights[-1]["refit"]}


def _table(found: dict[int, dict[str, Any]]) -> None:
    for size, of_size in found.items():
        print(f"\n{size:,} articles: {of_size['pairs']} pairs judged, at most {of_size['most'] / 1e6:.0f} MB written in a night, "
              f"{of_size['peak'] / 2**30:.2f} GiB{', with a refit!' if of_size['refit'] else ''}")  # fmt: skip
        for stage in of_size["seconds"]:
            told = (of_size["seconds"][stage], of_size["processor"][stage], of_size["written"][stage] / 1e6)
            print(f"  {stage:<10} {told[0]:7.2f} s {told[1]:7.2f} s of processor {told[2]:8.1f} MB")
    print(
        "\narticles   night s  (models)  processor s  written MB  publish s   ratios: night, without models, processor, written"
    )
    smallest = _sums(next(iter(found.values()))) if found else {}
    for size, of_size in found.items():
        sums = _sums(of_size)
        ratios = "  ".join(f"{sums[key] / smallest[key]:.2f}" for key in ("night", "rest", "processor", "written"))
        print(f"{size:>8,}  {sums['night']:8.2f}  {sums['models']:8.2f}  {sums['processor']:11.2f}  {sums['written'] / 1e6:10.1f}  "
              f"{of_size['seconds']['publish']:9.2f}   {ratios}")  # fmt: skip


def _sums(of_size: dict[str, Any]) -> dict[str, float]:
    """Over all stages but publish."""
    whole = {
        key: sum(n for stage, n in of_size[key].items() if stage != "publish") for key in ("seconds", "processor", "written")
    }
    models = sum(of_size["seconds"].get(stage, 0) for stage in ("embedding", "judging"))
    return {"night": whole["seconds"], "models": models, "rest": whole["seconds"] - models, "processor": whole["processor"],
            "written": whole["written"]}  # fmt: skip


def _path(args: argparse.Namespace, size: int) -> Path:
    folder: Path = args.folder
    return folder / f"archive-{size}.duckdb"


def _archive(args: argparse.Namespace) -> None:
    size, encoder = args.articles[0], RememberedEncoder(args.folder / "vectors.npz")
    sources = without_new(args.shared, args.folder, new_articles(args.shared, args.new))
    large_archive.build(_path(args, size), size, sources, encoder, _rules(), SEED, round(size / A_DAY))


def _nights(args: argparse.Namespace) -> None:
    from tracker.stance.judge import OnnxJudge
    from tracker.themes.embed import OnnxEncoder

    data = args.folder / "night"
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir()
    shutil.copyfile(_path(args, args.articles[0]), data / "archive.duckdb")
    real = OnnxJudge()
    remembered = RememberedEncoder(args.folder / "vectors.npz")
    encoder, judge = (OnnxEncoder(), real) if args.real else (remembered, DrawnJudge(real.name))
    for night in range(args.nights):
        articles = _tonight(args, night)
        if not args.real:
            _remember(remembered, articles)
        now = NIGHT + timedelta(days=night + 1)
        print(json.dumps(_night(data, run_at(now), articles, encoder, judge)), flush=True)


def _remember(encoder: RememberedEncoder, articles: list[Article]) -> None:
    from tracker.extract.passages import split

    rules = _rules()
    encoder.encode(
        [p.text for one in articles for p in split("", one.text, rules.extract.passage_chars)] + [one.title for one in articles]
    )
    encoder.keep()


def _night(data: Path, run: Run, articles: list[Article], encoder: Encoder, judge: Judge) -> dict[str, Any]:
    rules, watch = _rules(), Watch()
    watch("open", 0, 1)
    archive = open_archive(data / "archive.duckdb")
    watch("store", 0, 1)
    observed.start_run(archive, run, "evals")
    _store(archive, rules, run, articles)
    pipeline.analyse(archive, rules, run, encoder, judge, watch)
    observed.finish_run(archive, run, run.started_at, encoder.name, judge.name)
    watch("publish", 0, 1)
    pipeline.publish_to(archive, data, run)
    watch("close", 0, 1)
    fits = archive.execute("select count(*) from discovery_fits").fetchall()[0][0]
    archive.close()
    watch("", 0, 1)
    return {"seconds": watch.seconds, "processor": watch.processor, "written": watch.written, "pairs": watch.of["judging"],
            "refit": fits > 1}  # fmt: skip


def _store(archive: duckdb.DuckDBPyConnection, rules: Settings, run: Run, articles: list[Article]) -> None:
    """What a crawl asks of the archive, in its order."""
    observed.sync_outlets(archive, rules.outlets, run.started_at)
    ledger.feed_states(archive)
    entries = [_entry(one, run) for one in articles]
    readings = [_reading(archive, run, feed, [e for e in entries if e.outlet == feed.outlet]) for feed in rules.feeds]
    with transaction(archive):
        fresh = ledger.record_polls(archive, run, readings)
    assert len(fresh) == len(articles), f"{len(fresh)} of {len(articles)} entries are new"
    observed.pending_entries(archive)
    observed.page_failures(archive, run.started_at.date())
    for start in range(0, len(articles), STORED_AT_ONCE):
        with transaction(archive):
            observed.record_pages(
                archive, run, [observed.Finished(None, one) for one in articles[start : start + STORED_AT_ONCE]]
            )
    observed.walled_entries(archive, 10)


def _reading(archive: duckdb.DuckDBPyConnection, run: Run, feed: Feed, new: list[Entry]) -> ledger.Reading:
    """A feed that lists its new entries and the last ones before them."""
    rows = archive.execute(
        """select outlet, feed, url, raw_url, guid, title, author, summary, content, published_at, date_note, first_seen_at
           from entries where feed = ? order by published_at desc limit ?""",
        (feed.url, LISTED),
    ).fetchall()
    listed = (*new, *(Entry(*row) for row in rows))
    days = [one.published_at for one in listed if one.published_at]
    fetch = FeedFetch(feed, feed.url, run.started_at, "ok", "", 200, Validators(full_at=run.started_at), b"", "text/xml", 0.2)
    return ledger.Reading(fetch, "", listed, 0, min(days), max(days))


def _entry(one: Article, run: Run) -> Entry:
    feed = f"https://{one.outlet}/feed"
    return Entry(
        one.outlet, feed, one.url, one.url, one.url, one.title, None, one.title, "", one.published_at, "", run.started_at
    )


def _tonight(args: argparse.Namespace, night: int) -> list[Article]:
    """The same real articles every night, each time with other words left out."""
    rows, draw = new_articles(args.shared, args.new), np.random.default_rng((SEED, night))
    found = []
    for i, (title, text) in enumerate(zip(rows.title, rows.text, strict=True)):
        outlet, at = OUTLETS[i % len(OUTLETS)], NIGHT + timedelta(days=night, hours=23 * i / len(rows))
        told = "\n".join(large_archive.thinned(line, draw) for line in text.splitlines())
        found.append(article(f"https://{outlet}/{night}/{i}", large_archive.thinned(title, draw), told, at, outlet))
    return found


def _rules() -> Settings:
    return large_archive.settings(Settings(outlets=(), themes=read_themes(ROOT / "themes.yaml").themes))


if __name__ == "__main__":
    main()
