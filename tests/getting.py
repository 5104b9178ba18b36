"""Asking the small web: URLs and settings come in, what the client made of the answers goes out."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence

from aiohttp.abc import AbstractResolver, ResolveResult

from tracker.fetch.client import Client, Response
from tracker.settings import FetchSettings


class Names(AbstractResolver):
    """A name server: each question takes the next of the name's answers, the last for ever. `asked` lists the questions."""

    def __init__(self, answers: Mapping[str, Sequence[Sequence[str] | OSError]]) -> None:
        self._answers = {name: list(given) for name, given in answers.items()}
        self.asked: list[str] = []

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC) -> list[ResolveResult]:
        """The addresses of a name, or the error that stands in their place."""
        self.asked.append(host)
        given = self._answers[host]
        answer = given.pop(0) if len(given) > 1 else given[0]
        if isinstance(answer, OSError):
            raise answer
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST,
            )
            for address in answer
        ]

    async def close(self) -> None:
        """Nothing to close."""


def at_loopback(*names: str) -> Names:
    """A name server that says 127.0.0.1 for each of these names."""
    return Names({name: [["127.0.0.1"]] for name in names})


def get(url: str, settings: FetchSettings, limit_bytes: int = 100_000, names: Names | None = None) -> Response:
    """One answer."""
    return get_all([url], settings, limit_bytes, names)[0]


def get_all(urls: Sequence[str], settings: FetchSettings, limit_bytes: int = 100_000, names: Names | None = None) -> list[Response]:
    """The answers of one run that asks for all of them at once, in their order."""

    async def run() -> list[Response]:
        async with Client(settings, names) as client:
            return await asyncio.gather(*(client.get(url, limit_bytes) for url in urls))

    return asyncio.run(run())


def get_from_raw(settings: FetchSettings, talk: Callable[[asyncio.StreamWriter], Awaitable[None]]) -> Response:
    """One answer of a server that writes what it likes, byte by byte, once it has read the request."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        try:
            await talk(writer)
        except ConnectionError:
            pass  # the client has heard enough
        finally:
            writer.close()

    async def run() -> Response:
        raw = await asyncio.start_server(serve, "127.0.0.1", 0)
        async with raw, Client(settings) as client:
            return await client.get(f"http://127.0.0.1:{raw.sockets[0].getsockname()[1]}/", 100_000)

    return asyncio.run(run())


def closed_port() -> int:
    """A port of 127.0.0.1 on which nobody listens."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        return int(closed.getsockname()[1])
