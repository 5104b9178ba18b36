"""Sites: the feeds of an outlet and articles known of it come in; which other addresses can be articles of it goes out."""

import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from courlan import extract_domain

_LEARNT_FROM = 20  # known articles: from fewer, the sections of an outlet cannot be told
_SECTION_SHARE = 0.05  # of them: a section that fewer belong to is one that the outlet's feeds only pass through
_HOST_SHARE = 0.10  # of them: a host that fewer lie on is linked to, not the outlet's own
# Folders that hold lists of articles, or what is no article at all, and ends that are no pages
_LISTING_FOLDERS = frozenset(
    """
    author authors categories category cart contributor contributors feed login newsletters page privacy profile rss search shop
    sitemap store tag tags user users wp-content wp-json
    """.split()
)
_FILE = re.compile(r"\.(?:avif|css|csv|gif|gz|ico|jpe?g|js|json|m4a|mp3|mp4|pdf|png|rss|svg|txt|webp|xml|zip)$", re.IGNORECASE)
_PAGE_NUMBER = re.compile(r"/page/\d+/?$")


@dataclass(frozen=True, slots=True)
class Site:
    """Where an outlet's articles lie. `hosts` are `host[:port]` without www; `sections` are first folders, empty: any.

    `origins` are the `scheme://host[:port]` to ask for robots.txt and sitemaps.
    """

    outlet: str
    hosts: frozenset[str]
    sections: frozenset[str]
    origins: tuple[str, ...]

    def refuses(self, url: str) -> str | None:
        """Why a canonical address is not taken for an article of this outlet: other_site, not_an_article, other_section; or None."""
        if _host(url) not in self.hosts and extract_domain(url) != self.outlet:
            return "other_site"
        if not is_article_address(url):
            return "not_an_article"
        if self.sections and section(url) not in self.sections:
            return "other_section"
        return None


def learn(outlet: str, feeds: Collection[str], articles: Collection[str]) -> Site:
    """What the addresses of an outlet's feeds and of its known articles say about its site.

    Feeds often live with a service, so the articles' hosts go first. A newsroom's feed of one section must not bring in the rest
    of it: with enough articles known, only the sections they lie in are the outlet's.
    """
    counted = Counter(_origin(url) for url in articles)
    own = [origin for origin, count in counted.most_common() if count >= _HOST_SHARE * len(articles)]
    hosts = {_host(origin) for origin in own}
    own += [
        o for feed in feeds if (o := _origin(feed)) not in own and (_host(o) in hosts or outlet in (_name(o), extract_domain(o)))
    ]
    own = own or [*dict.fromkeys(_origin(feed) for feed in feeds), f"https://{outlet}"]
    found = Counter(section(url) for url in articles)
    usual = (
        {name for name, count in found.items() if count >= _SECTION_SHARE * len(articles)}
        if len(articles) >= _LEARNT_FROM
        else set()
    )
    return Site(outlet, frozenset(_host(origin) for origin in own), frozenset(usual), tuple(dict.fromkeys(own)))


def section(url: str) -> str:
    """The first folder of an address, with digits as 0 (a year is one section); '' for a page directly below the root."""
    folders = [part for part in urlsplit(url).path.split("/") if part][:-1]
    return re.sub(r"\d+", "0", folders[0]) if folders else ""


def is_article_address(url: str) -> bool:
    """Whether an address may be an article's: not the front page, a listing or a file."""
    parts = urlsplit(url)
    folders = [part.lower() for part in parts.path.split("/") if part]
    if not folders and not parts.query:
        return False
    return not (_LISTING_FOLDERS & set(folders) or _FILE.search(parts.path) or _PAGE_NUMBER.search(parts.path))


def absolute(link: str, base: str) -> str | None:
    """A link as it is meant, parameters and all: for files and feeds, which are no articles. None unless it is http(s)."""
    try:
        url = urljoin(base, link.strip()).partition("#")[0]
        return url if urlsplit(url).scheme in ("http", "https") and urlsplit(url).hostname else None
    except ValueError:  # an unfinished IPv6 address
        return None


def _host(url: str) -> str:
    return urlsplit(url).netloc.lower().removeprefix("www.")


def _name(url: str) -> str:
    return _host(url).partition(":")[0]


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
