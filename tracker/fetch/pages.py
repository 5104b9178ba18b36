"""Article pages: an entry comes in, one Page goes out, fetched only where robots.txt allows it."""

from datetime import datetime

from tracker.fetch.client import Client
from tracker.fetch.robots import Robots
from tracker.records import Entry, Page

_ACCEPT = "text/html, application/xhtml+xml;q=0.9, */*;q=0.1"
# What servers call HTML, rightly or by mistake; the first bytes decide.
_HTML_TYPES = frozenset(
    {"text/html", "application/xhtml+xml", "application/xml", "text/xml", "text/plain", "application/octet-stream"}
)
_SNIFFED_BYTES = 4096  # comments and white space may come before the first tag
_TAGS = (b"<html", b"<!doctype html", b"<head", b"<body", b"<title", b"<meta", b"<article", b"<div", b"<p")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


async def fetch(client: Client, robots: Robots, entry: Entry, now: datetime) -> Page:
    """Fetch an entry's page. What is not HTML is a hard_error `not_html`. Never raises for what the web does."""
    response = await client.get(
        entry.url,
        client.settings.page_bytes,
        {"Accept": _ACCEPT},
        media_types=_HTML_TYPES,
        may_visit=robots.allows,
    )
    outcome, reason = response.outcome, response.reason
    if reason == "wrong_type" or (outcome == "ok" and not is_html(response.body)):
        outcome, reason = "hard_error", "not_html"
    if outcome == "unchanged":
        outcome = "soft_error"  # 'not modified' to a question we did not ask
    return Page(
        entry=entry,
        final_url=response.final_url or entry.url,
        fetched_at=now,
        outcome=outcome,
        reason=reason,
        status=response.status,
        body=response.body if outcome == "ok" else b"",
        content_type=response.content_type,
        seconds=response.seconds,
    )


def is_html(body: bytes) -> bool:
    """Whether the first bytes look like HTML, whatever the server calls them."""
    start = body[:_SNIFFED_BYTES]
    if start.startswith(_UTF16):
        start = start.replace(b"\0", b"")
    start = start.lower()
    return b"\0" not in start and any(tag in start for tag in _TAGS)
