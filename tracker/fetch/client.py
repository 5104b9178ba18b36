"""The HTTP client: a URL comes in, one frozen Response goes out, whatever the server does."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Self, TypeAlias
from urllib.parse import urljoin, urlsplit

import aiohttp

from tracker.fetch.address import AddressGuard, PrivateAddressError, refusal
from tracker.fetch.headers import chosen, is_decodable, media_type, retry_after_seconds
from tracker.fetch.turns import Host, Turns
from tracker.records import Outcome
from tracker.settings import FetchSettings

MayVisit: TypeAlias = Callable[[str], Awaitable[str | None]]

_MAX_HEADERS = 1000  # some news sites send several hundred
_MAX_FIELD_BYTES = 64 * 1024  # content security policies of 16 KB are common
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PERMANENT = frozenset({301, 308})
_SOFT_STATUS = frozenset({408, 425, 429})  # the server says 'later'; the other 4xx say 'no'
_RETRY_PAUSE_SECONDS = 0.5  # a reset connection is mostly a server closing an idle one: once more, at once
_DOWN = frozenset({"timeout", "connection", "dns_unknown", "dns_temporary", "tls"})  # the host, not the page, is at fault


@dataclass(frozen=True, slots=True)
class Response:
    """One answer of the web. `reason` is '' when the outcome is ok, else a short code; `headers` has lower-case names.

    `body` is the decoded body; with reason `too_large` its first bytes up to the limit; else empty.
    `seconds` is the time the server took, without our own politeness.
    """

    url: str
    outcome: Outcome
    reason: str
    status: int | None = None
    final_url: str = ""
    was_permanently_moved: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    seconds: float = 0.0

    @property
    def content_type(self) -> str:
        """The content-type header as sent, or ''."""
        return self.headers.get("content-type", "")

    @property
    def retry_after_seconds(self) -> float | None:
        """How long the server asks us to stay away, at most a day; None if it does not say."""
        return retry_after_seconds(self.headers)


class Client:
    """One session with the web: deadlines, size limits, politeness and the address guard are inside. Use with `async with`."""

    def __init__(self, settings: FetchSettings) -> None:
        self.settings = settings
        self._turns = Turns(settings.host_delay_seconds, settings.hosts_at_once)
        self._guard = AddressGuard(settings.allow_private_hosts)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            # The system's resolver runs in threads: it knows hosts files and tells 'unknown' from 'try again'.
            connector=aiohttp.TCPConnector(limit=0, socket_factory=self._guard.open_socket, resolver=aiohttp.ThreadedResolver()),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": self.settings.user_agent},
            timeout=aiohttp.ClientTimeout(total=None),  # one deadline over all hops, set in get()
            trust_env=False,
            max_line_size=_MAX_FIELD_BYTES,
            max_field_size=_MAX_FIELD_BYTES,
            max_headers=_MAX_HEADERS,
        )
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._session is not None:
            await self._session.close()

    def slow_down(self, url: str, delay_seconds: float) -> None:
        """Leave at least this much time between two starts on the URL's host (its Crawl-delay, up to our cap)."""
        host = self._turns.host(_host_key(url))
        host.delay_seconds = max(host.delay_seconds, min(delay_seconds, self.settings.crawl_delay_cap_seconds))

    async def get(
        self,
        url: str,
        limit_bytes: int,
        headers: Mapping[str, str] | None = None,
        *,
        media_types: frozenset[str] = frozenset(),
        may_visit: MayVisit | None = None,
        yields_to_host: bool = False,
    ) -> Response:
        """GET with redirects. `limit_bytes` caps the decoded body.

        A body of another type than `media_types` (when given, and the server names one) is not read: `wrong_type`.
        `may_visit` is asked about each hop and answers with a reason not to. With `yields_to_host`, a host that is down
        or asked us to wait is not asked: `host_down`, `host_asked_to_wait`. Never raises for anything the web does.
        """
        hop_url, previous_key, seconds, is_permanent = url, "", 0.0, True
        for hop in range(self.settings.redirects + 1):
            reason = refusal(hop_url)
            if reason is None and may_visit is not None:
                reason = await may_visit(hop_url)
            if reason is not None:
                outcome: Outcome = "soft_error" if reason == "robots_unreachable" else "refused"
                return Response(url, outcome, reason, final_url=hop_url, seconds=seconds)
            key = _host_key(hop_url)
            async with self._turns.turn(key, is_redirect=key == previous_key) as host:
                wait = self._reason_to_wait(host) if yields_to_host else None
                if wait is not None:
                    return Response(url, "soft_error", wait, final_url=hop_url, seconds=seconds)
                seconds_left = self.settings.total_seconds - seconds
                answer = await self._exchange(hop_url, limit_bytes, headers or {}, media_types, seconds_left)
                self._remember(host, answer, yields_to_host)
            seconds += answer.seconds
            location = answer.headers.get("location")
            if answer.status not in _REDIRECTS or not location:
                return replace(
                    answer, url=url, final_url=hop_url, was_permanently_moved=hop > 0 and is_permanent, seconds=seconds
                )
            is_permanent = is_permanent and answer.status in _PERMANENT
            previous_key, hop_url = key, _joined(hop_url, location)
        return Response(url, "hard_error", "too_many_redirects", final_url=hop_url, seconds=seconds)

    def _reason_to_wait(self, host: Host) -> str | None:
        if host.failures_in_a_row >= self.settings.host_down_after:
            return "host_down"
        return "host_asked_to_wait" if host.held_until > asyncio.get_running_loop().time() else None

    def _remember(self, host: Host, answer: Response, yields_to_host: bool) -> None:
        host.failures_in_a_row = host.failures_in_a_row + 1 if answer.reason in _DOWN else 0
        # A page's 'too many requests' holds the host's other pages; a feed's concerns that feed, which the ledger remembers.
        if yields_to_host and answer.status in (429, 503) and answer.retry_after_seconds is not None:
            host.held_until = asyncio.get_running_loop().time() + answer.retry_after_seconds

    async def _exchange(
        self, url: str, limit_bytes: int, headers: Mapping[str, str], media_types: frozenset[str], seconds_left: float
    ) -> Response:
        """One request without redirects, tried once more when the connection is reset. The deadline covers both tries."""
        clock = asyncio.get_running_loop().time
        started = clock()
        try:
            async with asyncio.timeout(seconds_left):
                try:
                    answer = await self._request(url, limit_bytes, headers, media_types)
                except _RESETS as error:
                    if isinstance(error, aiohttp.ClientConnectorError):  # never connected: a second try at once helps nobody
                        raise
                    await asyncio.sleep(_RETRY_PAUSE_SECONDS)
                    answer = await self._request(url, limit_bytes, headers, media_types)
        except (TimeoutError, aiohttp.ClientError, OSError, ValueError) as error:  # ValueError: addresses aiohttp cannot write
            outcome, reason = _explain(error)
            answer = Response(url, outcome, reason)
        return replace(answer, seconds=clock() - started)

    async def _request(self, url: str, limit_bytes: int, headers: Mapping[str, str], media_types: frozenset[str]) -> Response:
        if self._session is None:
            raise RuntimeError("use the client with 'async with'")
        async with self._session.get(url, headers=headers, allow_redirects=False) as answer:
            kept = chosen(answer.headers)
            outcome, reason = _judge_status(answer.status)
            if outcome == "ok" and not is_decodable(answer.headers):
                outcome, reason = "hard_error", "bad_content_encoding"
            if outcome == "ok" and media_types and media_type(kept.get("content-type", "")) not in media_types | {""}:
                outcome, reason = "hard_error", "wrong_type"
            if outcome != "ok":
                answer.close()  # the body of an error is never read
                return Response(url, outcome, reason, answer.status, headers=kept)
            body = bytearray()
            async for chunk in answer.content.iter_any():  # decoded, in bounded pieces: a bomb stops at the limit
                body += chunk
                if len(body) > limit_bytes:
                    answer.close()
                    outcome, reason = "hard_error", "too_large"
                    break
            return Response(url, outcome, reason, answer.status, headers=kept, body=bytes(body[:limit_bytes]))


_RESETS = (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError, ConnectionResetError)


def _judge_status(status: int) -> tuple[Outcome, str]:
    if 200 <= status < 300:
        return "ok", ""
    if status == 304:
        return "unchanged", "http_304"
    return ("soft_error" if status >= 500 or status in _SOFT_STATUS else "hard_error"), f"http_{status}"


def _explain(error: Exception) -> tuple[Outcome, str]:
    """Outcome and reason code for what aiohttp raised."""
    found: tuple[Outcome, str]
    match error:
        case TimeoutError():
            found = "soft_error", "timeout"
        case aiohttp.InvalidURL():
            found = "hard_error", "bad_url"
        case aiohttp.ClientConnectorDNSError(os_error=socket.gaierror(errno=code)):
            is_unknown = code in (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME))
            found = "soft_error", "dns_unknown" if is_unknown else "dns_temporary"
        case aiohttp.ClientConnectorDNSError():
            found = "soft_error", "dns_temporary"
        case aiohttp.ClientSSLError():
            found = "soft_error", "tls"
        case aiohttp.ClientConnectorError(os_error=PrivateAddressError()):
            found = "refused", "private_address"
        case aiohttp.ClientPayloadError() if "content-encoding" in f"{error!r} {error.__cause__!r}".lower():
            found = "hard_error", "bad_content_encoding"
        case aiohttp.ClientResponseError():
            found = "soft_error", "bad_http"
        case aiohttp.ClientError() | OSError():
            found = "soft_error", "connection"
        case _:
            found = "hard_error", "bad_url"
    return found


def _host_key(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"


def _joined(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError:  # such as an unfinished IPv6 address; refusal() will say bad_url
        return location
