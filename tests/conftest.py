"""Fixtures for all tests: a fixed time and a small web on loopback."""

from collections.abc import Iterator

import pytest

from tests.builders import FIXED_NOW
from tests.web import Web
from tracker.settings import FetchSettings

__all__ = ["FIXED_NOW"]


@pytest.fixture
def web() -> Iterator[Web]:
    """A real HTTP server on 127.0.0.1; register answers with `web.add(path, body)` or `web.handle(path, function)`."""
    server = Web()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def secure_web() -> Iterator[Web]:
    """The same by https, with a certificate that nobody vouches for."""
    server = Web(is_secure=True)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def polite() -> FetchSettings:
    """Fetch settings that reach the small web and do not wait between requests."""
    return FetchSettings(allow_private_hosts=("127.0.0.1",), host_delay_seconds=0, total_seconds=5)
