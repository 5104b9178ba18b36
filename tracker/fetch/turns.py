"""Politeness: a host comes in, and leave to start one request on it goes out, when it is that host's turn."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class Host:
    """What one run knows about one `host:port`. Times are seconds of the event loop's clock."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    next_start: float = 0.0
    delay_seconds: float = 0.0
    held_until: float = 0.0
    failures_in_a_row: int = 0


class Turns:
    """One request in flight per host, `delay_seconds` between two starts, and `at_once` requests over all hosts."""

    def __init__(self, delay_seconds: float, at_once: int) -> None:
        self._delay_seconds = delay_seconds
        self._hosts: dict[str, Host] = {}
        self._sockets = asyncio.Semaphore(at_once)

    def host(self, key: str) -> Host:
        """The state of one `host:port`."""
        return self._hosts.setdefault(key, Host(delay_seconds=self._delay_seconds))

    @asynccontextmanager
    async def turn(self, key: str, is_redirect: bool = False) -> AsyncIterator[Host]:
        """Wait until this host may be asked. A redirect within one host is the same visit, so it does not wait out the delay."""
        clock = asyncio.get_running_loop().time
        host = self.host(key)
        async with host.lock:
            if not is_redirect:
                await asyncio.sleep(max(0.0, host.next_start - clock()))
            async with self._sockets:
                host.next_start = clock() + host.delay_seconds
                yield host
