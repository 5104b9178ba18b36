"""A small web on loopback: routes come in, a real HTTP server on a free port goes out."""

import asyncio
import ssl
import threading
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from aiohttp import web

Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Seen:
    """One request that reached the server; `at` is in seconds of the server's clock."""

    path: str
    headers: Mapping[str, str]
    at: float


@dataclass
class Web:
    """Runs in its own thread until `stop`. Unknown paths answer 404, robots.txt included. `is_secure`: by TLS, self-signed."""

    host: str = "127.0.0.1"
    port: int = 0  # 0: a free one
    is_secure: bool = False
    seen: list[Seen] = field(default_factory=list)
    base: str = ""
    _routes: dict[str, Handler] = field(default_factory=dict)
    _thread: threading.Thread = field(default_factory=threading.Thread)
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)

    def add(
        self,
        path: str,
        body: bytes | str = b"",
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        kind: str = "text/html",
    ) -> str:
        """Answer this path with a fixed body, sent as it is. Returns the URL."""
        data = body.encode() if isinstance(body, str) else body

        async def answer(_: web.Request) -> web.StreamResponse:
            return web.Response(body=data, status=status, headers={"Content-Type": kind, **(headers or {})})

        return self.handle(path, answer)

    def handle(self, path: str, handler: Handler) -> str:
        """Answer this path with a function. Returns the URL."""
        self._routes[path] = handler
        return self.base + path

    def paths(self) -> list[str]:
        """The paths asked for so far, in order."""
        return [seen.path for seen in self.seen]

    def start(self) -> None:
        """Listen."""
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready,), daemon=True)
        self._thread.start()
        ready.wait(10)

    def stop(self) -> None:
        """End the server, open connections included."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _run(self, ready: threading.Event) -> None:
        runner = self._loop.run_until_complete(self._listen())
        ready.set()
        self._loop.run_forever()
        self._loop.run_until_complete(runner.cleanup())
        self._loop.close()

    async def _listen(self) -> web.AppRunner:
        application = web.Application()
        application.router.add_route("GET", "/{path:.*}", self._answer)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0)
        await runner.setup()
        site = web.TCPSite(runner, self.host, self.port, ssl_context=_self_signed() if self.is_secure else None)
        await site.start()
        self.port = runner.addresses[0][1]
        self.base = f"{'https' if self.is_secure else 'http'}://{self.host}:{self.port}"
        return runner

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.seen.append(Seen(request.path, request.headers, self._loop.time()))
        handler = self._routes.get(request.path_qs) or self._routes.get(request.path)
        return await handler(request) if handler else web.Response(status=404, text="not here")


def _self_signed() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(Path(__file__).parent / "data" / "self-signed.pem")
    return context
