"""Pages are fetched where robots.txt allows it, and only HTML is kept."""

import asyncio

import pytest

from tests.builders import FIXED_NOW, entry, html
from tests.web import Web
from tracker.fetch import pages
from tracker.fetch.client import Client
from tracker.fetch.robots import Robots
from tracker.records import Page
from tracker.settings import FetchSettings


def fetch(url: str, settings: FetchSettings) -> Page:
    async def run() -> Page:
        async with Client(settings) as client:
            return await pages.fetch(client, Robots(client, [], FIXED_NOW), entry(url=url), FIXED_NOW)

    return asyncio.run(run())


def test_a_page(web: Web, polite: FetchSettings) -> None:
    page = fetch(web.add("/a", html()), polite)
    assert (page.outcome, page.status) == ("ok", 200)
    assert b"harbour council" in page.body


def test_robots_are_obeyed_also_behind_a_redirect(web: Web, polite: FetchSettings) -> None:
    web.add("/robots.txt", "User-agent: *\nDisallow: /members\n", kind="text/plain")
    web.add("/members/a", html())
    page = fetch(web.add("/a", status=302, headers={"Location": "/members/a"}), polite)
    assert (page.outcome, page.reason) == ("refused", "robots_disallow")
    assert fetch(f"{web.base}/members/a", polite).outcome == "refused"
    assert "/members/a" not in web.paths()


def test_unreachable_rules_are_tried_again_another_night(web: Web, polite: FetchSettings) -> None:
    web.add("/robots.txt", status=500)
    page = fetch(web.add("/a", html()), polite)
    assert (page.outcome, page.reason) == ("soft_error", "robots_unreachable")


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"%PDF-1.7 " + b"x" * 100, "application/pdf"),
        (b"%PDF-1.7 " + b"x" * 100, "text/html"),
        (b"\x89PNG\r\n\x1a\n\0\0", "text/html"),
        (b'{"a": 1}', "application/json"),
        (b"only words", "text/plain"),
    ],
)
def test_what_is_not_html_is_a_lasting_failure(web: Web, polite: FetchSettings, body: bytes, kind: str) -> None:
    page = fetch(web.add("/a", body, kind=kind), polite)
    assert (page.outcome, page.reason, page.body) == ("hard_error", "not_html", b"")


@pytest.mark.parametrize("kind", ["text/html; charset=latin-1", "application/xhtml+xml", "text/plain", ""])
def test_html_by_other_names_is_html(web: Web, polite: FetchSettings, kind: str) -> None:
    assert fetch(web.add("/a", html(), kind=kind), polite).outcome == "ok"


def test_utf16_pages_are_html(web: Web, polite: FetchSettings) -> None:
    assert fetch(web.add("/a", html().encode("utf-16")), polite).outcome == "ok"
