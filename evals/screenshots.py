"""A data folder comes in; pictures of every page, light, dark and on a phone, go out, with a list of what is wrong with them.

    uv run --group browser python -m evals.screenshots --data data --out /tmp/pictures

Wrong is: an exception box, a console error, a request to another host, or a page that scrolls sideways. Exit status 1 if anything is.
"""

import argparse
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dashboard import serve

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
IDLE = '[data-testid="stApp"][data-test-script-state="notRunning"][data-test-connection-state="CONNECTED"]'
PAGES = {
    "overview": "",
    "theme": "themes",
    "theme-outlets": "themes?view=outlets",
    "lineage": "lineage",
    "sources": "sources",
    "sql": "sql",
    "method": "method",
}
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}, "color_scheme": "light", "is_mobile": True, "has_touch": True},
}
START_SECONDS = 60  # the first import of streamlit and plotly on a cold disk


@contextmanager
def served(data: Path) -> Iterator[str]:
    """The dashboard on a free port of this machine, as `tracker dashboard` starts it; yields its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    server = subprocess.Popen(
        serve.command(port), env={**os.environ, **serve.environment(data)}, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT
    )
    try:
        _wait(f"http://127.0.0.1:{port}/_stcore/health", server)
        yield f"http://127.0.0.1:{port}/"
    finally:
        server.terminate()
        server.wait(timeout=10)


def take(address: str, out: Path, pages: dict[str, str], looks: dict[str, dict[str, Any]]) -> list[str]:
    """Write out/<page>-<look>.png for each; the faults found go out."""
    from playwright.sync_api import sync_playwright

    faults: list[str] = []
    out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for look, options in looks.items():
            context = browser.new_context(**options)
            for name, path in pages.items():
                faults += [f"{name}, {look}: {fault}" for fault in _picture(context, address + path, out / f"{name}-{look}.png")]
            context.close()
        browser.close()
    return faults


def _picture(context: Any, address: str, target: Path) -> list[str]:
    page = context.new_page()
    faults: list[str] = []
    page.on(
        "console",
        lambda message: (
            faults.append(f"console: {message.text}")
            if message.type == "error" and not _is_probe(message.location["url"])
            else None
        ),
    )
    page.on(
        "response",
        lambda answer: (
            faults.append(f"{answer.status} for {answer.url}") if answer.status >= 400 and not _is_probe(answer.url) else None
        ),
    )
    page.on("pageerror", lambda error: faults.append(f"page error: {error}"))
    host = urllib.parse.urlsplit(address).netloc
    page.on("request", lambda request: faults.append(f"request to {request.url}") if _is_foreign(request.url, host) else None)
    page.goto(address)
    page.wait_for_selector(IDLE, timeout=60_000)
    page.wait_for_selector("h1", timeout=60_000)
    page.wait_for_timeout(1200)  # charts and tables draw after the script has ended
    page.wait_for_selector(IDLE, timeout=60_000)
    if page.locator('[data-testid="stException"]').count():
        faults.append("an exception is shown")
    if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth + 1"):
        faults.append("the page scrolls sideways")
    # The page scrolls inside a box of the window's height: the window grows to show all of it.
    height = page.evaluate("(document.querySelector('[data-testid=stMain]') || document.body).scrollHeight")
    page.set_viewport_size({"width": page.viewport_size["width"], "height": min(int(height) + 20, 8000)})
    page.wait_for_timeout(900)
    page.screenshot(path=str(target))
    page.close()
    return faults


def _is_probe(url: str) -> bool:
    """On a deep link Streamlit's own client first asks for its server below the page's path, and goes on when that is not there."""
    return "/_stcore/" in url


def _is_foreign(url: str, host: str) -> bool:
    return url.startswith(("http", "ws")) and urllib.parse.urlsplit(url).netloc != host


def _wait(health: str, server: "subprocess.Popen[bytes]") -> None:
    for _ in range(START_SECONDS * 5):
        if server.poll() is not None:
            raise SystemExit("the dashboard did not start")
        try:
            with urllib.request.urlopen(health, timeout=2):  # noqa: S310  # our own loopback address
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    raise SystemExit("the dashboard did not answer")


def main(arguments: list[str]) -> int:
    """Take all pictures; print the faults."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("data"))
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--page", action="append", help="name=path of a page; default: all pages")
    parser.add_argument("--look", action="append", choices=sorted(LOOKS))
    given = parser.parse_args(arguments)
    pages = dict(page.split("=", 1) for page in given.page) if given.page else PAGES
    with served(given.data) as address:
        faults = take(address, given.out, pages, {look: LOOKS[look] for look in given.look or LOOKS})
    print("\n".join(faults) or f"{len(pages) * len(given.look or LOOKS)} pictures in {given.out}, nothing wrong")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
