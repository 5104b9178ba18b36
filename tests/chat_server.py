"""A chat server on loopback, as badly behaved as a test asks: replies come in, what it was asked goes out."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tracker.chat import Patience

HURRIED = Patience(tries=3, first_wait_seconds=0.01, longest_wait_seconds=0.3, answer_seconds=0.5, at_once=4)


@dataclass(frozen=True)
class Reply:
    """One answer of the server."""

    status: int = 200
    body: str | bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    wait_seconds: float = 0.0
    is_cut: bool = False  # it promises more bytes than it sends


@dataclass
class Chat:
    """A chat server on loopback. `next`: what it answers to come, in order; then `answer(question)` for ever."""

    base: str = ""
    next: list[Reply] = field(default_factory=list)
    answer: Callable[[dict[str, Any]], Reply] = lambda _: Reply(500)
    questions: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    at: list[float] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0


def completion(content: str | None, finish: str = "stop", refusal: str | None = None) -> Reply:
    """A well-formed completion, whatever its content."""
    message = {"role": "assistant", "content": content, "refusal": refusal}
    body = {"choices": [{"index": 0, "message": message, "finish_reason": finish}], "usage": {"prompt_tokens": 1000, "completion_tokens": 10}}
    return Reply(body=json.dumps(body))


@contextmanager
def serve() -> Iterator[Chat]:
    """A chat server for the length of a test."""
    served, lock = Chat(), threading.Lock()

    class Answer(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with lock:
                served.questions.append(question | {"path": self.path})
                served.headers.append({name.lower(): value for name, value in self.headers.items()})
                served.at.append(time.perf_counter())
                served.at_once += 1
                served.most_at_once = max(served.most_at_once, served.at_once)
                reply = served.next.pop(0) if served.next else served.answer(question)
            time.sleep(reply.wait_seconds)
            body = reply.body.encode() if isinstance(reply.body, str) else reply.body
            try:
                self.send_response(reply.status)
                self.send_header("Content-Length", str(len(body) + (100 if reply.is_cut else 0)))
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)
                self.close_connection = reply.is_cut
            except OSError:  # the client gave up waiting
                self.close_connection = True
            with lock:
                served.at_once -= 1

        def log_message(self, *args: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    server.daemon_threads = True
    served.base = f"http://127.0.0.1:{server.server_port}/v1"
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()


def asked_text(question: dict[str, Any]) -> str:
    """The last message of a question."""
    return str(question["messages"][-1]["content"])
