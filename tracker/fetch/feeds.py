"""Polling: a feed and what its server told us last time come in, one FeedFetch goes out."""

import hashlib
from datetime import datetime, timedelta

from tracker.fetch.client import Client, Response
from tracker.records import Feed, FeedFetch, Validators

_ACCEPT = "application/atom+xml, application/rss+xml, application/feed+json;q=0.9, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.1"
_TRUST_304 = timedelta(days=7)  # some servers answer 'not modified' for ever: once a week we ask without conditions


async def poll(client: Client, feed: Feed, last: Validators | None, now: datetime, address: str | None = None) -> FeedFetch:
    """Ask one feed for news, at `address` if it lives elsewhere now. A 304, or the same bytes as last time, is `unchanged`.

    Never raises for what the web does.
    """
    known = last or Validators()
    asked = address or feed.url
    conditions = _conditions(known, now)
    headers = {"Accept": _ACCEPT, **conditions}
    if feed.user_agent:
        headers["User-Agent"] = feed.user_agent
    response = await client.get(asked, client.settings.feed_bytes, headers, verify_tls=feed.verify_tls)
    outcome, reason, validators, body = response.outcome, response.reason, known, b""
    if outcome == "ok":
        validators = _validators(response, now)
        if validators.body_sha256 == known.body_sha256:
            outcome, reason = "unchanged", "same_body"
        else:
            body = response.body
    elif outcome == "unchanged" and not conditions:
        outcome = "soft_error"  # 'not modified' to a question we did not ask
    elif outcome == "unchanged":
        validators = Validators(
            response.headers.get("etag", known.etag),
            response.headers.get("last-modified", known.last_modified),
            known.body_sha256,
            known.full_at,
        )
    return FeedFetch(
        feed=feed,
        final_url=response.final_url or asked,
        fetched_at=now,
        outcome=outcome,
        reason=reason,
        status=response.status,
        validators=validators,
        body=body,
        content_type=response.content_type,
        seconds=response.seconds,
        retry_after_seconds=response.retry_after_seconds,
        moved_to=response.final_url if response.was_permanently_moved and response.final_url != feed.url else None,
    )


def _conditions(known: Validators, now: datetime) -> dict[str, str]:
    if known.full_at is None or not timedelta() <= now - known.full_at <= _TRUST_304:
        return {}
    given = {"If-None-Match": known.etag, "If-Modified-Since": known.last_modified}
    return {name: value for name, value in given.items() if value}


def _validators(response: Response, now: datetime) -> Validators:
    """Kept as sent, quotes and weakness marks included; absent ones are forgotten."""
    return Validators(
        response.headers.get("etag"),
        response.headers.get("last-modified"),
        hashlib.sha256(response.body).hexdigest(),
        now,
    )
