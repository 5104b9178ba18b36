"""The HTTP client: a URL comes in, one frozen Response goes out, whatever the server does."""

import asyncio
import random
import re
import socket
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Self, TypeAlias
from urllib.parse import quote, urljoin

import aiohttp
from aiohttp.abc import AbstractResolver

from tracker.fetch.address import AddressGuard, PrivateAddressError, refusal
from tracker.fetch.headers import RETRY_AFTER_CAP_SECONDS, chosen, is_challenge, is_decodable, media_type, retry_after_seconds
from tracker.fetch.turns import Turns, host_key, origin
from tracker.records import NOT_ASKED, Outcome
from tracker.settings import FetchSettings

MayVisit: TypeAlias = Callable[[str], Awaitable[str | None]]

_MAX_HEADERS = 1000  # some news sites send several hundred
_MAX_FIELD_BYTES = 64 * 1024  # content security policies of 16 KB are common
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PERMANENT = frozenset({301, 308})
_SOFT_STATUS = frozenset({408, 425, 429})  # the server says 'later'; the other 4xx say 'no'
_WALLED = frozenset({202, 403, 405, 429, 503})  # what bot walls answer with; AWS WAF's challenge is a 202
# The host, not the page, is at fault; so it is when one body after the other does not end
_DOWN = frozenset({"timeout", "connection", "dns_unknown", "dns_temporary", "tls", "too_large"})
_UNKNOWN_NAMES = frozenset({"dns_unknown", "dns_temporary"})
_NAMES_KEPT_SECONDS = 300  # usual lifetimes of DNS records; whatever they say, the guard checks each connection
_JITTER = 0.1  # of the wait a server asks for, so that not everyone it turned away comes back in the same second


@dataclass(frozen=True, slots=True)
class Response:
    """One answer of the web. `reason` is '' when the outcome is ok, else a short code; `headers` has lower-case names.

    `body` is the decoded body; with reason `too_large` its first bytes up to the limit; else empty.
    `seconds` is the time the server took, without our own politeness; `latency_seconds` that until its headers. `retry_after_seconds`
    is how long the server asks us to stay away, at most a day, and a little longer so that clients come back apart.
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
    latency_seconds: float = 0.0
    retry_after_seconds: float | None = None

    @property
    def content_type(self) -> str:
        """The content-type header as sent, or ''."""
        return self.headers.get("content-type", "")


class Client:
    """One session with the web: deadlines, size limits, politeness and the address guard are inside. Use with `async with`."""

    def __init__(self, settings: FetchSettings, resolver: AbstractResolver | None = None) -> None:
        self.settings = settings
        self._turns = Turns(settings.host_delay_seconds, settings.host_delay_cap_seconds, settings.hosts_at_once)
        self._guard = AddressGuard(settings.allow_private_hosts)
        self._resolver = resolver
        self._session: aiohttp.ClientSession | None = None
        self._began = 0.0
        self._asked_to_wait: dict[str, float] = {}

    async def __aenter__(self) -> Self:
        self._began = asyncio.get_running_loop().time()
        # Names are looked up in threads, and a lookup can hang for half a minute: one for each socket, so that no other waits for it
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(self.settings.hosts_at_once, "names"))
        self._session = aiohttp.ClientSession(
            # The system's resolver runs in threads: it knows hosts files and tells 'unknown' from 'try again'.
            connector=aiohttp.TCPConnector(
                limit=0,
                socket_factory=self._guard.open_socket,
                resolver=self._resolver or aiohttp.ThreadedResolver(),
                ttl_dns_cache=_NAMES_KEPT_SECONDS,
            ),
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
        self._turns.slow_down(url, delay_seconds)

    @property
    def room(self) -> asyncio.Event:
        """While it is not set, no request starts: for whoever has to bound what waits in memory."""
        return self._turns.room

    def hold(self, host: str, seconds: float) -> None:
        """Do not ask a host (by its host_key) so long: it said so in an earlier run."""
        self._turns.of(host).hold(self._began + seconds, "host_asked_to_wait")

    def holds(self) -> list[tuple[str, float]]:
        """(host_key, seconds after this session began) of the hosts that asked to be left alone until then."""
        return [(key, until - self._began) for key, until in self._asked_to_wait.items()]

    async def get(
        self,
        url: str,
        limit_bytes: int,
        headers: Mapping[str, str] | None = None,
        *,
        media_types: frozenset[str] = frozenset(),
        may_visit: MayVisit | None = None,
        verify_tls: bool = True,
    ) -> Response:
        """GET with redirects. `limit_bytes` caps the decoded body.

        A body of another type than `media_types` (when given, and the server names one) is not read: `wrong_type`.
        `may_visit` is asked about each hop and answers with a reason not to. A host that is down or asked us to wait is not
        asked: `host_down`, `host_asked_to_wait`. Never raises for anything the web does.
        """
        hop_url, previous_key, seconds, is_permanent = url, "", 0.0, True
        for hop in range(self.settings.redirects + 1):
            reason = refusal(hop_url)
            if reason is None and may_visit is not None:
                reason = await may_visit(hop_url)
            if reason is not None:
                outcome: Outcome = "soft_error" if reason in NOT_ASKED else "refused"
                return Response(url, outcome, reason, final_url=hop_url, seconds=seconds)
            key = host_key(hop_url)
            async with self._turns.turn(hop_url, is_redirect=key == previous_key) as host:
                held = host.held(asyncio.get_running_loop().time(), origin(hop_url))
                if held is not None:
                    return Response(url, "soft_error", held, final_url=hop_url, seconds=seconds)
                seconds_left = self.settings.total_seconds - seconds
                answer = await self._exchange(hop_url, limit_bytes, headers or {}, media_types, seconds_left, verify_tls)
                self._remember(hop_url, answer)
            seconds += answer.seconds
            location = answer.headers.get("location")
            if answer.status not in _REDIRECTS or not location:
                return replace(
                    answer, url=url, final_url=hop_url, was_permanently_moved=hop > 0 and is_permanent, seconds=seconds
                )
            is_permanent = is_permanent and answer.status in _PERMANENT
            previous_key, hop_url = key, _joined(hop_url, location)
        return Response(url, "hard_error", "too_many_redirects", final_url=hop_url, seconds=seconds)

    def _remember(self, url: str, answer: Response) -> None:
        """What an answer says about its host: down, asking for time, or slow."""
        now = asyncio.get_running_loop().time()
        host, at = self._turns.host(url), origin(url)
        host.answered(answer.latency_seconds)
        if answer.reason in _UNKNOWN_NAMES:
            host.next_start = now  # the host was not asked: there is nothing to wait for
        host.failures_in_a_row[at] = host.failures_in_a_row[at] + 1 if answer.reason in _DOWN else 0
        if host.failures_in_a_row[at] >= self.settings.host_down_after:
            host.hold(now + self.settings.host_down_seconds, "host_down", at)
        if answer.status == 429 or (answer.status == 503 and answer.retry_after_seconds is not None):
            wait = self.settings.host_down_seconds if answer.retry_after_seconds is None else answer.retry_after_seconds
            host.hold(now + wait, "host_asked_to_wait")
            self._asked_to_wait[host_key(url)] = now + wait

    async def _exchange(
        self,
        url: str,
        limit_bytes: int,
        headers: Mapping[str, str],
        media_types: frozenset[str],
        seconds_left: float,
        verify_tls: bool,
    ) -> Response:
        """One request without redirects; aiohttp tries once more when a kept connection turns out closed. One deadline covers it all."""
        clock = asyncio.get_running_loop().time
        started = clock()
        try:
            async with asyncio.timeout(seconds_left):
                answer = await self._request(url, limit_bytes, headers, media_types, verify_tls)
        except (TimeoutError, aiohttp.ClientError, OSError, ValueError) as error:  # ValueError: addresses aiohttp cannot write
            outcome, reason = _explain(error)
            answer = Response(url, outcome, reason)
        seconds = clock() - started
        return replace(answer, seconds=seconds, latency_seconds=answer.latency_seconds or seconds)

    async def _request(
        self, url: str, limit_bytes: int, headers: Mapping[str, str], media_types: frozenset[str], verify_tls: bool
    ) -> Response:
        if self._session is None:
            raise RuntimeError("use the client with 'async with'")
        clock = asyncio.get_running_loop().time
        started = clock()
        async with self._session.get(url, headers=headers, allow_redirects=False, ssl=verify_tls) as answer:
            latency = clock() - started
            kept = chosen(answer.headers)
            outcome, reason = _judge_status(answer.status)
            if outcome == "ok" and not is_decodable(answer.headers.getall("content-encoding", ())):
                outcome, reason = "hard_error", "bad_content_encoding"
            if outcome == "ok" and media_types and media_type(kept.get("content-type", "")) not in media_types | {""}:
                outcome, reason = "hard_error", "wrong_type"
            if answer.status in _WALLED and is_challenge(answer.headers):
                outcome, reason = "soft_error", "bot_wall"
            if outcome != "ok":
                answer.close()  # the body of an error is never read
                return Response(url, outcome, reason, answer.status, headers=kept, latency_seconds=latency, retry_after_seconds=_retry_after(kept))
            body = bytearray()
            async for chunk in answer.content.iter_any():  # decoded, in bounded pieces: a bomb stops at the limit
                body += chunk
                if len(body) > limit_bytes:
                    answer.close()
                    outcome, reason = "hard_error", "too_large"
                    break
            return Response(url, outcome, reason, answer.status, headers=kept, body=bytes(body[:limit_bytes]), latency_seconds=latency)


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


def _joined(url: str, location: str) -> str:
    """The next hop. Bytes that are no UTF-8, as old servers send in paths, are escaped as they are."""
    try:
        return urljoin(url, re.sub("[\udc80-\udcff]", lambda raw: quote(raw[0], errors="surrogateescape"), location))
    except ValueError:  # such as an unfinished IPv6 address; refusal() will say bad_url
        return location


def _retry_after(headers: Mapping[str, str]) -> float | None:
    seconds = retry_after_seconds(headers)
    if seconds is None:
        return None
    jitter = random.uniform(0, _JITTER)  # noqa: S311  # spreads clients, guards no secret
    return min(seconds * (1 + jitter), RETRY_AFTER_CAP_SECONDS)
