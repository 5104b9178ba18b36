"""Numbers of feeds, hosts and pages and a seed come in; a world to crawl stands on disk: what each host answers, feeds.yaml and the truth.

    uv run python -m evals.crawl_world DIR --feeds 1000 --hosts 200 --pages 10000

Every host is an address of its own in 127.1.0.0/16, so that politeness treats it as one; evals/crawl_server.py serves the world.
"""

import argparse
import gzip
import hashlib
import json
import multiprocessing
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC
from email.utils import format_datetime
from html import escape
from pathlib import Path

import yaml

from evals import crawl_pages as pages
from evals.crawl_pages import Story

# What may be wrong with a host. On these nothing works, feeds included ...
HOST_FAULTS = ("refused", "silent", "slow_headers", "error_500", "reset")
# ... on these the feeds do, so pages are asked for.
PAGE_FAULTS = ("slow_body", "endless_body", "redirect_loop", "gzip_bomb", "too_many", "consent_wall", "robots_503")
FAULTS = tuple(name for both in zip(PAGE_FAULTS, (*HOST_FAULTS, "", ""), strict=True) for name in both if name)
SLOW_FAULTS = frozenset({"silent", "slow_headers", "slow_body"})  # these cost the crawler's whole deadline
PORT = 18641  # unassigned, and below the ports that systems hand out by themselves
FAULTY_SHARE = 0.03
GZIP_LEVEL = 6  # zlib's default and nginx's neighbour: pages travel with a fifth of their bytes
ROBOTS = "User-agent: *\nDisallow: /private/\nSitemap: /sitemap.xml\n"
SHARED_ENTRIES = 2  # of the next section, shown in this feed too: an address in two feeds is one article


@dataclass(frozen=True, slots=True)
class World:
    """What to build. `faulty` hosts are the first ones; each takes the next of `faults`."""

    feeds: int = 1000
    hosts: int = 200
    pages: int = 10_000
    seed: int = 1
    port: int = PORT
    faulty: int = 6
    faults: tuple[str, ...] = FAULTS

    def sites(self) -> tuple["Site", ...]:
        """The hosts, with as many feeds and pages each as all others have, give or take one."""
        return tuple(
            Site(
                number=n,
                site=f"http://{address(n)}:{self.port}",
                feeds=self.feeds * (n + 1) // self.hosts - self.feeds * n // self.hosts,
                pages=self.pages * (n + 1) // self.hosts - self.pages * n // self.hosts,
                fault=self.faults[n % len(self.faults)] if n < self.faulty else "",
                seed=f"{self.seed}/{n}",
            )
            for n in range(self.hosts)
        )


@dataclass(frozen=True, slots=True)
class Site:
    """One host."""

    number: int
    site: str
    feeds: int
    pages: int
    fault: str
    seed: str

    @property
    def outlet(self) -> str:
        """Its id in feeds.yaml."""
        return f"outlet-{self.number:03}"

    def feed_paths(self) -> list[str]:
        """Where its feeds are."""
        return [f"/section-{i}/feed.xml" for i in range(self.feeds)]

    def stories(self) -> Iterator[tuple[str, Story]]:
        """Path and story of each page, in the order in which they are dealt out to the feeds."""
        for i in range(self.pages):
            yield f"/2026/11/story-{self.number}-{i}.html", pages.story(f"{self.seed}/{i}")


@dataclass(frozen=True, slots=True)
class Served:
    """One answer as it lies in answers.bin: gzip, to be sent with this type and entity tag."""

    kind: str  # robots, feed, page
    type: str
    etag: str
    start: int
    size: int


@dataclass(frozen=True, slots=True)
class Truth:
    """What a crawl must bring: address -> checksum of the article's text, for every page of every host without a fault."""

    articles: dict[str, str]
    faulty: dict[str, str]  # site -> fault
    feeds: dict[str, int]  # site -> how many feeds, of the healthy ones
    politest: int  # most requests that one healthy host must answer: robots.txt, its feeds, its pages


def address(number: int) -> str:
    """The loopback address of a host; Linux answers on all of 127.0.0.0/8."""
    return f"127.1.{number // 250}.{1 + number % 250}"


def build(world: World, folder: Path, processes: int = 2) -> Truth:
    """Write the world: world.json, answers.bin, answers.json, truth.json, feeds.yaml, healthy.yaml. One that stands there already is kept."""
    folder.mkdir(parents=True, exist_ok=True)
    about = folder / "world.json"
    wanted = json.dumps(asdict(world) | {"pages_made_by": hashlib.sha256(Path(pages.__file__).read_bytes()).hexdigest()})
    if about.is_file() and about.read_text() == wanted:
        return truth(folder)
    about.unlink(missing_ok=True)
    sites = world.sites()
    index: dict[str, dict[str, Served]] = {}
    articles: dict[str, str] = {}
    with (folder / "answers.bin").open("wb") as pack, multiprocessing.get_context("spawn").Pool(processes) as pool:
        for site, answers, checksums in pool.imap(_site, sites):
            index[address(site.number)] = places = {}
            for path, kind, media_type, body in answers:
                places[path] = Served(kind, media_type, hashlib.sha256(body).hexdigest()[:16], pack.tell(), len(body))
                pack.write(body)
            if not site.fault:
                articles |= checksums
    healthy = [site for site in sites if not site.fault]
    found = Truth(
        articles,
        {site.site: site.fault for site in sites if site.fault},
        {site.site: site.feeds for site in healthy},
        max(1 + site.feeds + site.pages for site in healthy),
    )
    (folder / "answers.json").write_text(json.dumps({at: {path: asdict(s) for path, s in of.items()} for at, of in index.items()}))
    (folder / "truth.json").write_text(json.dumps(asdict(found)))
    (folder / "feeds.yaml").write_text(_feeds_yaml(sites))
    (folder / "healthy.yaml").write_text(_feeds_yaml(healthy))
    about.write_text(wanted)
    return found


def truth(folder: Path) -> Truth:
    """What a crawl of the world in this folder must bring."""
    return Truth(**json.loads((folder / "truth.json").read_text()))


def checksum(text: str) -> str:
    """Of a text's words: white space does not count."""
    return hashlib.sha256(" ".join(text.split()).encode()).hexdigest()[:16]


def _site(site: Site) -> tuple[Site, list[tuple[str, str, str, bytes]], dict[str, str]]:
    """Everything a host answers as (path, kind, media type, gzip bytes), and the checksum of each article by address."""
    furniture = pages.furniture(f"The {pages.PLACES[site.number % len(pages.PLACES)]} Courier {site.number}", site.seed)
    stories = list(site.stories())
    answers = [("/robots.txt", "robots", "text/plain; charset=utf-8", ROBOTS)]
    for section, path in enumerate(site.feed_paths()):
        answers.append((path, "feed", "application/rss+xml; charset=utf-8", _feed(site, section, _shown(stories, section, site.feeds))))
    for path, told in stories:
        html = pages.page(furniture, told, site.site + path, f"{site.seed}{path}")
        answers.append((path, "page", "text/html; charset=utf-8", html))
    packed = [(path, kind, media_type, gzip.compress(body.encode(), GZIP_LEVEL, mtime=0)) for path, kind, media_type, body in answers]
    return site, packed, {site.site + path: checksum(" ".join(told.paragraphs)) for path, told in stories}


def _shown(stories: Sequence[tuple[str, Story]], section: int, sections: int) -> list[tuple[str, Story]]:
    own, following = stories[section::sections], stories[(section + 1) % sections :: sections]
    return [*own, *(following[:SHARED_ENTRIES] if sections > 1 else ())]


def _feed(site: Site, section: int, stories: Sequence[tuple[str, Story]]) -> str:
    items = "\n".join(
        f"<item><title>{escape(told.title)}</title><link>{site.site}{path}</link><guid>{site.site}{path}</guid>"
        f"<dc:creator>{told.author}</dc:creator><pubDate>{format_datetime(told.published_at.replace(tzinfo=UTC), usegmt=True)}</pubDate>"
        f"<description>{escape(told.summary)}</description></item>"
        for path, told in stories
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>{site.outlet} section {section}</title>
<link>{site.site}/</link><description>Invented news</description>
{items}
</channel></rss>
"""


def _feeds_yaml(sites: Sequence[Site]) -> str:
    outlets = [
        {"outlet": site.outlet, "name": site.outlet, "kind": "news", "feeds": [site.site + path for path in site.feed_paths()]}
        for site in sites
        if site.feeds
    ]
    return yaml.safe_dump({"outlets": outlets}, sort_keys=False)


def arguments(parser: argparse.ArgumentParser, feeds: int, hosts: int, pages_: int, faults: Sequence[str] = FAULTS) -> None:
    """Add the options that say how large the world is and what is wrong with it, with these defaults."""
    parser.add_argument("--feeds", type=int, default=feeds)
    parser.add_argument("--hosts", type=int, default=hosts)
    parser.add_argument("--pages", type=int, default=pages_)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--port", type=int, default=PORT)
    parser.add_argument("--faults", default=",".join(faults), help="3 %% of the hosts, at least one, get the first of these")


def chosen(options: argparse.Namespace) -> World:
    """The world those options describe."""
    faulty = max(1, round(options.hosts * FAULTY_SHARE))
    return World(options.feeds, options.hosts, options.pages, options.seed, options.port, faulty, tuple(options.faults.split(",")))


def main() -> int:
    """Read the arguments and build."""
    parser = argparse.ArgumentParser(description="Build a world to crawl.")
    parser.add_argument("folder", type=Path)
    arguments(parser, 1000, 200, 10_000)
    options = parser.parse_args()
    built = build(chosen(options), options.folder)
    print(f"{len(built.articles)} articles to be found in {options.folder}; faulty: {', '.join(built.faulty.values())}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
