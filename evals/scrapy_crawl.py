"""A feeds.yaml comes in; Scrapy, set up as its own manual advises for many hosts, fetches the feeds and pages and writes articles as JSON lines.

    uv run --no-project --isolated --with scrapy --with trafilatura --with pyyaml python evals/scrapy_crawl.py feeds.yaml OUT.jsonl --delay 5

The peer of `tracker crawl` in evals/crawl_speed.py: the same politeness and limits, trafilatura in the item pipeline (with the same options).
Not a part of this project's environment: it imports nothing of it.
"""

import argparse
import asyncio
import json
import multiprocessing
import sys
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import scrapy  # type: ignore[import-not-found]
import trafilatura
import yaml
from scrapy.crawler import CrawlerProcess  # type: ignore[import-not-found]


def extract(body: bytes, url: str) -> dict[str, Any]:
    """What trafilatura makes of a page."""
    found = trafilatura.bare_extraction(body, url=url, include_comments=False, favor_precision=True, with_metadata=True)
    return {"title": getattr(found, "title", None), "author": getattr(found, "author", None), "text": getattr(found, "text", None) or ""}


def listed(path: Path) -> list[tuple[str, str]]:
    """Outlet and address of each feed in a feeds.yaml."""
    outlets = yaml.safe_load(path.read_text(encoding="utf-8"))["outlets"]
    return [(outlet["outlet"], feed) for outlet in outlets for feed in outlet["feeds"]]


class Feeds(scrapy.Spider):  # type: ignore[misc]
    """Feeds first, then the page of every entry; Scrapy's own filter asks for each address once."""

    name = "feeds"

    async def start(self) -> AsyncIterator[Any]:
        """One request a feed."""
        for outlet, feed in listed(Path(self.settings["FEEDS_FILE"])):
            yield scrapy.Request(feed, self.parse, cb_kwargs={"outlet": outlet})

    def parse(self, response: Any, outlet: str) -> Iterator[Any]:
        """The pages of a feed."""
        for item in response.xpath("//item"):
            about = {"outlet": outlet, "title": item.xpath("title/text()").get(), "published": item.xpath("pubDate/text()").get()}
            yield response.follow(item.xpath("link/text()").get().strip(), self.read, cb_kwargs={"about": about})

    def read(self, response: Any, about: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """A page, on its way to the pipeline."""
        yield {**about, "url": response.url, "body": response.body}


class Extraction:
    """trafilatura in the process of the crawl, as most people write it, or in a pool of processes."""

    def __init__(self, processes: int, out: Path) -> None:
        self._pool = ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) if processes else None
        self._out = out.open("w", encoding="utf-8")

    @classmethod
    def from_crawler(cls, crawler: Any) -> "Extraction":
        """With the settings of this crawl."""
        return cls(crawler.settings.getint("POOL"), Path(crawler.settings["OUT_FILE"]))

    async def process_item(self, item: dict[str, Any]) -> dict[str, Any]:
        """Write the article of a page."""
        body, url = item.pop("body"), item["url"]
        if self._pool is None:
            found = extract(body, url)
        else:
            found = await asyncio.get_running_loop().run_in_executor(self._pool, extract, body, url)
        item = {**found, **item}
        if item["text"]:
            self._out.write(json.dumps(item, ensure_ascii=False) + "\n")
        return {"url": url}

    def close_spider(self) -> None:
        """Finish."""
        self._out.close()
        if self._pool is not None:
            self._pool.shutdown()


def main() -> int:
    """Read the arguments and crawl."""
    parser = argparse.ArgumentParser(description="Fetch feeds and pages with Scrapy.")
    parser.add_argument("feeds", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--delay", type=float, default=5.0)
    parser.add_argument("--hosts", type=int, default=200, help="how many hosts may be visited side by side")
    parser.add_argument("--pool", type=int, default=0, help="processes for trafilatura; 0: in the crawl's own")
    options = parser.parse_args()
    process = CrawlerProcess(
        {
            "FEEDS_FILE": str(options.feeds),
            "OUT_FILE": str(options.out),
            "POOL": options.pool,
            "ITEM_PIPELINES": {Extraction: 1},
            # The politeness of `tracker crawl`
            "ROBOTSTXT_OBEY": True,
            "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
            "DOWNLOAD_DELAY": options.delay,
            "RANDOMIZE_DOWNLOAD_DELAY": False,
            "DOWNLOAD_TIMEOUT": 30,
            "DOWNLOAD_MAXSIZE": 10 * 2**20,
            "REDIRECT_MAX_TIMES": 5,
            "RETRY_ENABLED": False,  # in its favour: it never waits for a second try
            "COOKIES_ENABLED": False,
            # What its manual advises for many hosts ("Broad Crawls"). Requests that wait out a delay count as concurrent ones, so there
            # must be one for each host; the default of 16 would make most hosts wait for others.
            "CONCURRENT_REQUESTS": options.hosts,
            "CONCURRENT_ITEMS": max(100, options.hosts),
            "SCHEDULER_PRIORITY_QUEUE": "scrapy.pqueues.DownloaderAwarePriorityQueue",
            "REACTOR_THREADPOOL_MAXSIZE": 20,
            "LOG_LEVEL": "INFO",
            "LOG_SCRAPED_ITEMS": False,
            "TELNETCONSOLE_ENABLED": False,
        }
    )
    process.crawl(Feeds)
    process.start()
    return 0


if __name__ == "__main__":
    sys.exit(main())
