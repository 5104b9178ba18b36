"""Politeness: a host comes in, and leave to start one request on it goes out, when it is that host's turn."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from courlan import extract_domain

_SLOW_SECONDS = 1.0  # an answer that takes longer comes from a busy server: it gets as many times the pause, up to the cap
_NOT_HELD = (0.0, "")
_SMOOTHING = 0.5  # of the newest answer in the running estimate, as in Scrapy's AutoThrottle


def host_key(url: str) -> str:
    """What politeness is kept by: the registrable domain in punycode; where there is none (an IP address, localhost) host and port.

    '' for what is no address: all such share a line, and none is ever asked.
    """
    try:
        parts = urlsplit(url)
        name = (parts.hostname or "").encode("idna").decode()
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return ""
    return extract_domain(f"http://{name}/") or f"{name}:{port}"


def origin(url: str) -> str:
    """Scheme, host and port: what goes down as one, and has one robots.txt."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.lower()}"


@dataclass(slots=True)
class Host:
    """What one run knows about one host, a registrable domain. Times are seconds of the event loop's clock.

    Requests to wait hold all of it; of its origins some may be down while others answer.
    """

    delay_seconds: float
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    next_start: float = 0.0
    answer_seconds: float = 0.0
    failures_in_a_row: Counter[str] = field(default_factory=Counter)  # by origin
    _holds: dict[str, tuple[float, str]] = field(default_factory=dict)  # by origin, '' for all: until when, and why

    def hold(self, until: float, reason: str, at: str = "") -> None:
        """Leave the host, or the origin `at` alone, in peace until then; a longer hold stands."""
        self._holds[at] = max(self._holds.get(at, _NOT_HELD), (until, reason))

    def held(self, now: float, at: str) -> str | None:
        """Why this origin is not asked now, or None."""
        until, reason = max(self._holds.get("", _NOT_HELD), self._holds.get(at, _NOT_HELD))
        return reason if now < until else None

    def answered(self, seconds: float) -> None:
        """Note how long an answer took until its headers came: a large body does not make a busy server."""
        self.answer_seconds += _SMOOTHING * (seconds - self.answer_seconds)


class Turns:
    """One request in flight per host, at least `delay_seconds` between two starts, and `at_once` requests over all hosts.

    A host that answers slowly is asked more slowly, up to `cap_seconds` between two starts.
    """

    def __init__(self, delay_seconds: float, cap_seconds: float, at_once: int) -> None:
        self._delay_seconds = delay_seconds
        self._cap_seconds = cap_seconds
        self._hosts: dict[str, Host] = {}
        self._sockets = asyncio.Semaphore(at_once)
        self.room = asyncio.Event()
        self.room.set()

    def of(self, key: str) -> Host:
        """The state of a host, by its host_key."""
        return self._hosts.setdefault(key, Host(self._delay_seconds))

    def host(self, url: str) -> Host:
        """The state of the URL's host."""
        return self.of(host_key(url))

    def slow_down(self, url: str, delay_seconds: float) -> None:
        """Leave at least this much time between two starts on the URL's host (its Crawl-delay, up to the cap)."""
        host = self.host(url)
        host.delay_seconds = max(host.delay_seconds, min(delay_seconds, self._cap_seconds))

    @asynccontextmanager
    async def turn(self, url: str, is_redirect: bool = False) -> AsyncIterator[Host]:
        """Wait until the URL's host may be asked. A redirect within one host is the same visit: it does not wait out the delay."""
        clock = asyncio.get_running_loop().time
        host = self.host(url)
        async with host.lock:
            if not is_redirect and host.held(clock(), origin(url)) is None:  # who is held is not asked: no need to wait for that
                await asyncio.sleep(max(0.0, host.next_start - clock()))
            await (self._sockets.acquire() if is_redirect else self._socket_and_room())  # a visit that has begun goes on
            try:
                host.next_start = clock() + self._pause(host)
                yield host
            finally:
                self._sockets.release()

    async def _socket_and_room(self) -> None:
        """Take a socket while there is room; who waits for room holds no socket."""
        while True:
            await self.room.wait()
            await self._sockets.acquire()
            if self.room.is_set():
                return
            self._sockets.release()

    def _pause(self, host: Host) -> float:
        slowed = host.delay_seconds * max(1.0, host.answer_seconds / _SLOW_SECONDS)
        return max(host.delay_seconds, min(slowed, self._cap_seconds))
