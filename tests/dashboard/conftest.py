"""The invented worlds, published once a session."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.dashboard import invented


@pytest.fixture(scope="session")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with 400 days of 12 outlets."""
    data = tmp_path_factory.mktemp("large")
    invented.build(data, "large")
    return data


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder the size of the demo world."""
    data = tmp_path_factory.mktemp("small")
    invented.build(data, "small")
    return data


@pytest.fixture(autouse=True)
def _own_main() -> Iterator[None]:
    """AppTest makes the page it runs the `__main__` module; worker processes that later tests spawn would load that page."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main
