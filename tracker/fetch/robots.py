"""robots.txt (RFC 9309): a URL comes in, a reason not to fetch it or None goes out."""

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache

from protego import Protego

from tracker.fetch.client import Client, Response
from tracker.fetch.turns import origin
from tracker.records import RobotsFile

_PARSED_AT_ONCE = 64  # as many hosts as are asked at a time, twice over
_COPY_GOOD_FOR = timedelta(hours=24)  # RFC 9309, section 2.4: a copy should not be used for longer
_HELD = ("host_down", "host_asked_to_wait")  # the client left the host alone; it may be asked later in the same run
_UNREACHABLE_ENOUGH = timedelta(days=30)  # section 2.3.1.4: after a reasonable time, for example 30 days, it may count as absent


class Robots:
    """Asks each origin for its rules at most once a day. Not for feeds: their addresses were chosen by a person.

    `known` are the answers of earlier runs; `files` holds what there is to remember after this one.
    """

    def __init__(self, client: Client, known: Iterable[RobotsFile], now: datetime) -> None:
        self._client = client
        self._now = now
        self._agent = client.settings.user_agent.partition("/")[0].strip()  # the product token is what groups name
        self._asked: dict[str, asyncio.Task[RobotsFile | str]] = {}
        self._parsed = lru_cache(_PARSED_AT_ONCE)(Protego.parse)  # half a megabyte of rules takes 18 MB when parsed
        self._known = {file.origin: file for file in known}
        self.files: list[RobotsFile] = []

    async def allows(self, url: str) -> str | None:
        """None when the URL may be fetched, else `robots_disallow`, `robots_unreachable` or why the host is not asked."""
        found = await self._of(url)
        if isinstance(found, str):
            return found
        return None if self._parsed(found.rules).can_fetch(url, self._agent) else "robots_disallow"

    async def sitemaps(self, url: str) -> list[str]:
        """The sitemaps that the URL's origin names."""
        found = await self._of(url)
        return [] if isinstance(found, str) else list(self._parsed(found.rules).sitemaps)

    async def _of(self, url: str) -> RobotsFile | str:
        at = origin(url)
        loading = self._asked.get(at)
        if loading is None or (loading.done() and loading.result() in _HELD):
            loading = self._asked[at] = asyncio.create_task(self._load(at))
        return await asyncio.shield(loading)  # one caller's cancellation must not take the rules from the others

    async def _load(self, at: str) -> RobotsFile | str:
        """The origin's file, or the reason why nothing is allowed."""
        copy = self._known.get(at)
        is_fresh = copy is not None and copy.fetched_at is not None and timedelta() <= self._now - copy.fetched_at < _COPY_GOOD_FOR
        if copy is None or not is_fresh or copy.unreachable_since is not None:
            address = f"{at}/robots.txt"
            response = await self._client.get(address, self._client.settings.robots_bytes)
            if response.reason in _HELD or (response.outcome == "refused" and response.final_url == address):
                return response.reason  # it says the same about every page there
            if _is_unreachable(response):  # complete disallow (RFC 9309, 2.3.1.4)
                since = copy.unreachable_since if copy and copy.unreachable_since else self._now
                copy = RobotsFile(at, copy.fetched_at if copy else None, copy.rules if copy else "", since)
                self.files.append(copy)
                if not is_fresh and self._now - since < _UNREACHABLE_ENOUGH:
                    return "robots_unreachable"
            else:
                copy = RobotsFile(at, self._now, _text(response))
                self.files.append(copy)
        delay = self._parsed(copy.rules).crawl_delay(self._agent)
        if delay:
            self._client.slow_down(at, float(delay))
        return copy


def _is_unreachable(response: Response) -> bool:
    """5xx, 429, timeout, DNS; also an answer that cannot be understood: a 304 to no question, a coding that is none."""
    return response.outcome in ("soft_error", "refused", "unchanged") or response.reason == "bad_content_encoding"


def _text(response: Response) -> str:
    """The rules of a robots.txt that exists; of a too large one, those that fit. '' for 4xx, loops, HTML."""
    if response.status is None or not 200 <= response.status < 300:
        return ""
    body = response.body.rpartition(b"\n")[0] if response.reason == "too_large" else response.body
    return "" if body.lstrip()[:1] == b"<" else body.decode("utf-8-sig", errors="replace").replace("\0", "")
