"""What HTTP headers mean to us: a server's headers come in; the few we keep, and durations, go out."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_KEPT = ("content-type", "content-language", "date", "etag", "last-modified", "location", "retry-after")
_DECODED = frozenset({"", "identity", "gzip", "x-gzip", "deflate", "br", "zstd"})  # one layer: stacked codings are for bombs
RETRY_AFTER_CAP_SECONDS = 24 * 3600.0  # longer is a mistake more often than a wish


def chosen(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers we keep, with lower-case names and values as sent; what is not ASCII, as HTTP demands, is left out, but for addresses."""
    return {name: headers[name] for name in _KEPT if name in headers and (name == "location" or headers[name].isascii())}


def is_decodable(codings: Iterable[str]) -> bool:
    """Whether a body with these content-encoding headers comes in a coding that the client decodes."""
    return ",".join(codings).strip().lower() in _DECODED


def is_challenge(headers: Mapping[str, str]) -> bool:
    """Whether a refusal is a bot wall's challenge (Cloudflare's documented mark, and those of DataDome, Vercel and AWS WAF)."""
    return bool(
        headers.get("cf-mitigated") or headers.get("x-datadome") or headers.get("x-vercel-mitigated") or headers.get("x-amzn-waf-action")
    )


def media_type(content_type: str) -> str:
    """`text/html` of `Text/HTML; charset=utf-8`."""
    return content_type.partition(";")[0].strip().lower()


def retry_after_seconds(headers: Mapping[str, str]) -> float | None:
    """Seconds that Retry-After asks for, given as seconds or as a date (relative to the server's own Date); None without one."""
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return min(float(value), RETRY_AFTER_CAP_SECONDS)
    until, sent_at = _date(value), _date(headers.get("date", ""))
    if until is None or sent_at is None:
        return None
    return min(max(0.0, (until - sent_at).total_seconds()), RETRY_AFTER_CAP_SECONDS)


def _date(value: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, OverflowError):  # the second for a zone of 20 digits
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
