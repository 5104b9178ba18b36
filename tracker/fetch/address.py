"""The address guard: each address a connection is about to be made to comes in; an open socket or a refusal goes out.

The check stands where the socket is made, so it sees what names, redirects, rebinding and odd number forms finally resolve to.
"""

import errno
import ipaddress
import socket
from typing import TypeAlias
from urllib.parse import urlsplit

from aiohttp.connector import AddrInfoType

IPAddress: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
IPNetwork: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

# Networks that Python calls global although a crawler has no business there.
_NEVER: tuple[IPNetwork, ...] = tuple(
    ipaddress.ip_network(network)
    for network in (
        "168.63.129.16/32",  # Azure's host service, which GitHub's runners can reach
        "192.88.99.0/24",  # 6to4 relays, withdrawn
        "64:ff9b::/96",  # NAT64: leads to any IPv4 address, private ones included
        "64:ff9b:1::/48",  # local NAT64
        "2002::/16",  # 6to4: carries an IPv4 address
        "2001::/32",  # Teredo: the same
        "::/96",  # IPv4-compatible, withdrawn
        "fec0::/10",  # site-local, withdrawn
    )
)


class PrivateAddressError(OSError):
    """The address guard refused a connection. One message for all addresses, so that several refusals remain one refusal."""

    def __init__(self) -> None:
        super().__init__(errno.EACCES, "address is not on the public internet")


class AddressGuard:
    """Lets through public unicast addresses, and those named in `allow` (items `address`, `network` or `address:port`)."""

    def __init__(self, allow: tuple[str, ...] = ()) -> None:
        self._allow = tuple(_parse(item) for item in allow)

    def permits(self, address: str, port: int) -> bool:
        """Whether a connection to this numeric address and port may be made."""
        ip = ipaddress.ip_address(address.partition("%")[0])
        forms = (ip, ip.ipv4_mapped) if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped else (ip,)
        if any(form in network and wanted in (None, port) for form in forms for network, wanted in self._allow):
            return True
        return _is_public(forms[-1])

    def open_socket(self, addr_info: AddrInfoType) -> socket.socket:
        """A new socket for this address (aiohttp's `socket_factory`). Raises PrivateAddressError."""
        family, kind, protocol, _, place = addr_info
        if not self.permits(str(place[0]), int(place[1])):
            raise PrivateAddressError
        return socket.socket(family, kind, protocol)


def refusal(url: str) -> str | None:
    """Why this URL is not even tried, as a reason code: `bad_url`, `bad_scheme` or `credentials_in_url`; None when it is fine."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").encode("idna")
        is_port = parts.port != 0  # reading it raises ValueError when it is no number
    except ValueError:  # UnicodeError is one too
        return "bad_url"
    if parts.scheme not in ("http", "https"):
        return "bad_scheme"
    if parts.username is not None or parts.password is not None:
        return "credentials_in_url"
    return None if host and is_port else "bad_url"


def _is_public(ip: IPAddress) -> bool:
    return ip.is_global and not ip.is_multicast and not ip.is_reserved and not any(ip in network for network in _NEVER)


def _parse(item: str) -> tuple[IPNetwork, int | None]:
    if item.count(":") == 1:  # IPv4 with a port; an IPv6 address has two colons at least
        network, _, port = item.partition(":")
        return ipaddress.ip_network(network, strict=False), int(port)
    return ipaddress.ip_network(item, strict=False), None
