"""A Parquet file of news (id, url, outlet, title, published, text) comes in; feeds and pages on loopback and a feeds.yaml go out.

    uv run python -m evals.corpus_server FILE.parquet --port 8700 --feeds OUT.yaml [--run --data DIR]

With --run the real `tracker run` crawls what is served; its wall time and peak memory are printed.
"""

import argparse
import asyncio
import hashlib
import os
import re
import socket
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from tracker.demo.server import LOOPBACK, Reply, application, running

FEED_ENTRIES = 2000  # what the crawler reads of one feed; an outlet with more gets several
SUMMARY_CHARS = 200  # a standfirst, too short to stand for the article
POLL_SECONDS = 0.5  # between two looks at the run's memory
COLUMNS = ["id", "outlet", "title", "published", "text"]  # in the order of CorpusArticle
# what a part of an outlet's name says about its kind; everything else is news
KINDS = {"arxiv": "research", "substack": "newsletter", "openai": "lab", "deepmind": "lab", "anthropic": "lab", "github": "trade"}
NOT_XML = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class CorpusArticle:
    """One row of the file. `published` is an ISO date, with or without a time, as the file has it."""

    id: str
    outlet: str
    title: str
    published: str
    text: str


@dataclass(frozen=True, slots=True)
class Usage:
    """What a run cost: its exit status, wall time, and the most memory (sum of resident sizes) its processes held at once."""

    status: int
    seconds: float
    peak_bytes: int


def read(path: Path) -> dict[str, list[CorpusArticle]]:
    """The articles of the file by the slug of their outlet, newest first. Outlets whose names give one slug are one outlet."""
    by_slug: dict[str, list[CorpusArticle]] = {}
    for row in pd.read_parquet(path, columns=COLUMNS).fillna("").itertuples(index=False):
        article = CorpusArticle(*(NOT_XML.sub("", str(value)) for value in row))
        by_slug.setdefault(slug(article.outlet), []).append(article)
    return {name: sorted(articles, key=lambda a: (a.published, a.id), reverse=True) for name, articles in sorted(by_slug.items())}


def slug(outlet: str) -> str:
    """An outlet's name as an id: lower-case ASCII words joined by hyphens, or a hash where it has none."""
    return "-".join(re.findall(r"[a-z0-9]+", outlet.lower())) or hashlib.sha256(outlet.encode()).hexdigest()[:8]


def replies(corpus: Mapping[str, Sequence[CorpusArticle]], site: str) -> dict[str, Reply]:
    """Everything the server answers, by path: robots.txt, the feeds of every outlet, and a page for every article."""
    answers = {"/robots.txt": Reply.of(b"User-agent: *\nDisallow:\n", "text/plain; charset=utf-8")}
    for outlet, articles in corpus.items():
        for path, part in _feeds(outlet, articles):
            answers[path] = Reply.of(_feed(outlet, part, site), "application/rss+xml; charset=utf-8")
        answers |= {_path(outlet, article): Reply.of(_page(article)) for article in articles}
    return answers


def feeds_yaml(corpus: Mapping[str, Sequence[CorpusArticle]], site: str) -> str:
    """The feeds.yaml that makes the tracker read everything that is served."""
    outlets: list[dict[str, Any]] = [
        {
            "outlet": outlet,
            "name": articles[0].outlet or outlet,
            "kind": next((kind for part, kind in KINDS.items() if part in outlet), "news"),
            "feeds": [site + path for path, _ in _feeds(outlet, articles)],
        }
        for outlet, articles in corpus.items()
    ]
    return yaml.safe_dump({"outlets": outlets}, sort_keys=False, allow_unicode=True)


@asynccontextmanager
async def serve(corpus: Mapping[str, Sequence[CorpusArticle]], port: int) -> AsyncIterator[str]:
    """Serve the corpus until the block ends; gives the site's address. Port 0: any free port. Raises OSError if it is taken."""
    sock = socket.create_server((LOOPBACK, port))
    site = f"http://{LOOPBACK}:{sock.getsockname()[1]}"
    async with running(application(replies(corpus, site)), sock):
        yield site


async def measure(command: Sequence[str], environment: Mapping[str, str]) -> Usage:
    """Run a command to its end while watching the memory of its process tree (Linux: reads /proc)."""
    started, peak = time.monotonic(), 0
    process = await asyncio.create_subprocess_exec(*command, env=dict(environment))
    ended = asyncio.create_task(process.wait())
    while not ended.done():
        peak = max(peak, resident_bytes(process.pid))
        await asyncio.wait({ended}, timeout=POLL_SECONDS)
    return Usage(ended.result(), time.monotonic() - started, peak)


def resident_bytes(root: int) -> int:
    """Sum of the resident sizes of a process and its descendants now; pages they share count once for each."""
    parents: dict[int, int] = {}
    sizes: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text(errors="replace").rpartition(")")[2].split()  # the name before ')' may hold spaces
        except OSError:  # it ended meanwhile
            continue
        pid = int(stat.parent.name)
        parents[pid], sizes[pid] = int(fields[1]), int(fields[21]) * os.sysconf("SC_PAGE_SIZE")
    tree, grown = {root}, True
    while grown:
        children = {pid for pid, parent in parents.items() if parent in tree} - tree
        tree, grown = tree | children, bool(children)
    return sum(sizes.get(pid, 0) for pid in tree)


def _path(outlet: str, article: CorpusArticle) -> str:
    return f"/o/{outlet}/a/{re.sub('[^A-Za-z0-9._-]', '-', article.id)}"


def _feeds(outlet: str, articles: Sequence[CorpusArticle]) -> list[tuple[str, Sequence[CorpusArticle]]]:
    """Path and content of each feed of an outlet: /feed.xml, then /feed-2.xml and so on for the older articles."""
    starts = range(0, len(articles), FEED_ENTRIES)
    return [
        (f"/o/{outlet}/feed{f'-{number}' if number > 1 else ''}.xml", articles[start : start + FEED_ENTRIES])
        for number, start in enumerate(starts, 1)
    ]


def _feed(outlet: str, articles: Sequence[CorpusArticle], site: str) -> bytes:
    items = "\n".join(
        f"<item><title>{escape(article.title)}</title><link>{site}{_path(outlet, article)}</link>"
        f'<guid isPermaLink="false">{escape(article.id)}</guid><dc:date>{escape(article.published)}</dc:date>'
        f"<description>{escape(article.text[:SUMMARY_CHARS])}</description></item>"
        for article in articles
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>
<title>{escape(articles[0].outlet)}</title><link>{site}/o/{outlet}/</link><description>{escape(articles[0].outlet)}</description>
{items}
</channel></rss>
""".encode()


def _page(article: CorpusArticle) -> bytes:
    paragraphs = "\n".join(f"<p>{escape(line.strip(), quote=False)}</p>" for line in article.text.split("\n") if line.strip())
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{escape(article.title)}</title>
<meta property="og:title" content="{escape(article.title)}"><meta property="og:type" content="article">
<meta property="article:published_time" content="{escape(article.published)}"></head>
<body><header><a href="/">{escape(article.outlet)}</a>
<nav><a href="/latest">Latest</a> <a href="/topics">Topics</a></nav></header>
<main><article><h1>{escape(article.title)}</h1>
{paragraphs}
</article></main>
<footer><a href="/about">About</a> <a href="/contact">Contact</a></footer></body></html>
""".encode()


async def _main(options: argparse.Namespace) -> int:
    corpus = read(options.file)
    async with serve(corpus, options.port) as site:
        options.feeds.write_text(feeds_yaml(corpus, site), encoding="utf-8")
        print(
            f"{sum(map(len, corpus.values()))} articles of {len(corpus)} outlets at {site}; feeds in {options.feeds}", flush=True
        )
        if not options.run:
            await asyncio.Event().wait()  # until Ctrl-C
        command = [sys.executable, "-m", "tracker", "run", "--feeds", str(options.feeds), "--data", str(options.data)]
        usage = await measure(command, os.environ | {"TRACKER_HOST_DELAY": "0", "TRACKER_ALLOW_PRIVATE_HOSTS": LOOPBACK})
    print(f"tracker run: exit {usage.status}, {usage.seconds:.1f} s, peak memory {usage.peak_bytes / 2**20:.0f} MiB")
    return usage.status


def main() -> int:
    """Read the arguments, serve, and perhaps run."""
    parser = argparse.ArgumentParser(description="Serve a Parquet file of news as feeds and pages on loopback.")
    parser.add_argument("file", type=Path, help="Parquet file with the columns id, outlet, title, published, text")
    parser.add_argument("--port", type=int, default=8700)
    parser.add_argument("--feeds", type=Path, required=True, metavar="OUT.yaml", help="where to write the feeds.yaml")
    parser.add_argument("--run", action="store_true", help="crawl it with the real `tracker run`, then stop")
    parser.add_argument("--data", type=Path, default=Path("data"), help="folder for the run's databases")
    try:
        return asyncio.run(_main(parser.parse_args()))
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(main())
