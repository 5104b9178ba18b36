"""robots.txt (RFC 9309): a URL comes in, a reason not to fetch it or None goes out."""

import asyncio
from urllib.parse import urlsplit

from protego import Protego

from tracker.fetch.client import Client, Response
from tracker.fetch.headers import media_type

_TEXT = ("", "text/plain", "text/txt", "application/octet-stream", "binary/octet-stream")  # what servers call a plain file


class Robots:
    """Asks each origin for its rules once a run. Not for feeds: their addresses were chosen by a person."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._agent = client.settings.user_agent.partition("/")[0].strip()  # the product token is what groups name
        self._rules: dict[str, asyncio.Task[Protego | str]] = {}

    async def allows(self, url: str) -> str | None:
        """None when the URL may be fetched, else `robots_disallow`, `robots_unreachable` or why the address is refused."""
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin not in self._rules:
            self._rules[origin] = asyncio.create_task(self._load(origin))
        rules = await asyncio.shield(self._rules[origin])  # one caller's cancellation must not take the rules from the others
        if isinstance(rules, str):
            return rules or None
        return None if rules.can_fetch(url, self._agent) else "robots_disallow"

    async def _load(self, origin: str) -> Protego | str:
        """The origin's rules, '' when everything is allowed, or the reason why nothing is."""
        response = await self._client.get(f"{origin}/robots.txt", self._client.settings.robots_bytes)
        if response.outcome == "refused":
            return response.reason
        if response.outcome == "soft_error":  # 5xx, 429, timeout, DNS: assume complete disallow (RFC 9309, 2.3.1.4)
            return "robots_unreachable"
        rules = _parse(response)
        if rules is None:
            return ""
        delay = rules.crawl_delay(self._agent)
        if delay:
            self._client.slow_down(origin, float(delay))
        return rules


def _parse(response: Response) -> Protego | None:
    """Rules of a robots.txt that exists and is text; of a too large one, those that fit. None for 4xx, loops, HTML."""
    if response.status is None or not 200 <= response.status < 300 or media_type(response.content_type) not in _TEXT:
        return None
    body = response.body.rpartition(b"\n")[0] if response.reason == "too_large" else response.body
    if body.lstrip()[:1] == b"<":
        return None
    return Protego.parse(body.decode("utf-8-sig", errors="replace"))
