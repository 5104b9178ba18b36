"""A world on disk comes in (evals/crawl_world.py); every host of it answers on its own loopback address, healthy or at fault.

    uv run python -m evals.crawl_server DIR

Answers are sent from memory as they lie on disk, gzip, so that serving takes little of the processors that the crawl needs. A further
address tells what was asked: GET /counts, in JSON (see Counts); GET /forget starts counting anew.
"""

import asyncio
import contextlib
import gzip
import json
import mmap
import socket
import struct
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from evals.crawl_world import Served, address

CONTROL = "127.1.255.1"
BACKLOG = 128  # connections that wait to be accepted: one crawler opens one a host
DRIP_SECONDS = 0.5  # well inside any timeout for a single read
BOMB_BYTES = 200 * 2**20  # twenty times what a crawler should accept of a page
CHUNK = b"<p>and so on and so on</p>" * 2500
RETRY_AFTER_SECONDS = 3600
CONSENT = b"""<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Your privacy choices</title></head><body><div role="dialog">
<h1>We value your privacy</h1><p>We and our 212 partners store and read information on your device, such as cookies, to show personalised
advertising and to learn about our audience. With your consent they may use your location.</p><p>Before you continue to our site you must
choose. You may change your choice at any time.</p><button>Accept all</button> <button>Reject all</button></div></body></html>"""


@dataclass(slots=True)
class Asked:
    """What one host was asked. `least_gap` is between two starts in seconds; `at_once` is the most requests it answered at a time.

    `first_start` and `last_start` are in seconds of one clock for all hosts, 0 before the first.
    """

    requests: dict[str, int] = field(default_factory=dict)  # robots, feed, feed_304, page, other -> how many
    bytes: int = 0
    least_gap: float = float("inf")
    at_once: int = 0
    open: int = 0
    first_start: float = 0.0
    last_start: float = 0.0


@dataclass(frozen=True, slots=True)
class Counts:
    """What all hosts were asked since the counting began, by address, and the CPU seconds of the server."""

    hosts: dict[str, Asked]
    cpu_seconds: float


class Server:
    """Answers for every host of a world."""

    def __init__(self, folder: Path) -> None:
        world = json.loads((folder / "world.json").read_text())
        faults = {site.split("//")[1].split(":")[0]: fault for site, fault in json.loads((folder / "truth.json").read_text())["faulty"].items()}
        index = json.loads((folder / "answers.json").read_text())
        self.port = int(world["port"])
        self.faults: dict[str, str] = {address(n): faults.get(address(n), "") for n in range(world["hosts"])}
        self.answers = {at: {path: Served(**served) for path, served in of.items()} for at, of in index.items()}
        self.asked = {at: Asked() for at in self.faults}
        self._since = time.process_time()
        with (folder / "answers.bin").open("rb") as file:
            self._pack = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        self._bomb = gzip.compress(b"<html><body>" + bytes(BOMB_BYTES), 9) if "gzip_bomb" in faults.values() else b""

    async def run(self) -> None:
        """Listen and answer until cancelled; prints `ready` once every host listens."""
        async with contextlib.AsyncExitStack() as stack:
            for at in [*(at for at, fault in self.faults.items() if fault != "refused"), CONTROL]:
                await stack.enter_async_context(await asyncio.start_server(self._converse, at, self.port, backlog=BACKLOG))
            print("ready", flush=True)
            await asyncio.Event().wait()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        at = str(writer.get_extra_info("sockname")[0])
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
                path = head.split(" ", 2)[1]
                if at == CONTROL:
                    writer.write(_message(200, "application/json", self._control(path)))
                else:
                    await self._count(at, path, head, reader, writer)
                await writer.drain()
        writer.close()

    def _control(self, path: str) -> bytes:
        if path == "/forget":
            self.asked = {at: Asked() for at in self.faults}
            self._since = time.process_time()
        return json.dumps(asdict(Counts(self.asked, time.process_time() - self._since))).encode()

    async def _count(self, at: str, path: str, head: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked, now = self.asked[at], time.monotonic()
        if asked.first_start:
            asked.least_gap = min(asked.least_gap, now - asked.last_start)
        asked.first_start, asked.last_start = asked.first_start or now, now
        asked.open += 1
        asked.at_once = max(asked.at_once, asked.open)
        try:
            served, fault = self.answers[at].get(path), self.faults[at]
            kind = served.kind if served else "other"
            if served and kind == "feed" and f'if-none-match: "{served.etag}"' in head:
                kind = "feed_304"
            asked.requests[kind] = asked.requests.get(kind, 0) + 1
            if fault and _strikes(fault, kind):
                await self._misbehave(fault, path, reader, writer)
                return
            message = self._message(served, kind, "gzip" in head)
            asked.bytes += len(message)
            writer.write(message)
        finally:
            asked.open -= 1

    def _message(self, served: Served | None, kind: str, takes_gzip: bool) -> bytes:
        if served is None:
            return _message(404, "text/plain", b"not here")
        if kind == "feed_304":
            return f'HTTP/1.1 304 Not Modified\r\nETag: "{served.etag}"\r\n\r\n'.encode()
        body = bytes(self._pack[served.start : served.start + served.size])
        encoding = "Content-Encoding: gzip\r\n" if takes_gzip else ""
        return _message(200, served.type, body if takes_gzip else gzip.decompress(body), f'ETag: "{served.etag}"\r\n{encoding}')

    async def _misbehave(self, fault: str, path: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        match fault:
            case "silent":
                await reader.read()  # until the crawler gives up
            case "slow_headers":
                await _drip(writer, b"HTTP/1.1 200 OK\r\n", b"X-Slow: yes\r\n", DRIP_SECONDS)
            case "slow_body":
                await _drip(writer, b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 1000000\r\n\r\n<html>", b".", DRIP_SECONDS)
            case "endless_body":
                await _drip(writer, b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n<html><body>", CHUNK, 0)
            case "reset":
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                writer.transport.abort()  # lingering for no time: the other side sees a reset
                raise ConnectionResetError
            case _:
                writer.write(self._wrong_message(fault, path))

    def _wrong_message(self, fault: str, path: str) -> bytes:
        base, _, turn = path.partition("?turn=")
        return {
            "redirect_loop": _message(302, "text/html", b"", f"Location: {base}?turn={int(turn or 0) + 1}\r\n"),
            "gzip_bomb": _message(200, "text/html", self._bomb, "Content-Encoding: gzip\r\n"),
            "too_many": _message(429, "text/plain", b"too many", f"Retry-After: {RETRY_AFTER_SECONDS}\r\n"),
            "consent_wall": _message(200, "text/html; charset=utf-8", CONSENT),
            "error_500": _message(500, "text/plain", b"broken"),
            "robots_503": _message(503, "text/plain", b"later"),
        }[fault]


def _strikes(fault: str, kind: str) -> bool:
    """Whether the fault shows in an answer of this kind."""
    if fault in ("silent", "slow_headers", "error_500", "reset"):
        return True
    return kind == "robots" if fault == "robots_503" else kind in ("page", "other")


async def _drip(writer: asyncio.StreamWriter, start: bytes, drop: bytes, pause: float) -> None:
    """Send for ever, or rather until the crawler hangs up."""
    writer.write(start)
    while True:
        await writer.drain()
        await asyncio.sleep(pause)
        writer.write(drop)


def _message(status: int, media_type: str, body: bytes, headers: str = "") -> bytes:
    return f"HTTP/1.1 {status} -\r\nContent-Type: {media_type}\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode() + body


@contextmanager
def serving(folder: Path) -> Iterator[int]:
    """Serve a world from a process of its own until the block ends; gives its port. Raises OSError if the port is taken."""
    command = [sys.executable, "-m", "evals.crawl_server", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[1]) as process:
        assert process.stdout is not None
        try:
            if process.stdout.readline().strip() != b"ready":
                raise OSError("the world cannot be served: is its port taken?")
            yield int(json.loads((folder / "world.json").read_text())["port"])
        finally:
            process.terminate()


def counts(port: int, *, is_forgetting: bool = False) -> Counts:
    """What the served world was asked so far; afterwards, perhaps, it starts counting anew."""
    found: Counts | None = None
    for path in ("counts", "forget") if is_forgetting else ("counts",):
        with urllib.request.urlopen(f"http://{CONTROL}:{port}/{path}", timeout=10) as answer:
            told = json.load(answer)
        found = found or Counts({at: Asked(**asked) for at, asked in told["hosts"].items()}, told["cpu_seconds"])
    assert found is not None
    return found


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(Server(Path(sys.argv[1])).run())
