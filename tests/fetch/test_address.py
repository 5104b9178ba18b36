"""The address guard keeps the crawler on the public internet."""

import pytest

from tracker.fetch.address import AddressGuard, refusal


@pytest.mark.parametrize(
    "address",
    """127.0.0.1 0.0.0.0 10.1.2.3 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 168.63.129.16 224.0.0.1 255.255.255.255
    192.0.2.1 198.18.0.1 240.0.0.1 :: ::1 fe80::1 fe80::1%eth0 fc00::1 ff02::1 ::ffff:127.0.0.1 ::ffff:169.254.169.254
    ::7f00:1 64:ff9b::7f00:1 64:ff9b:1::1 2002:7f00:1:: 2001::1 2001:db8::1 fec0::1""".split(),
)
def test_no_private_address_is_permitted(address: str) -> None:
    assert not AddressGuard().permits(address, 80)


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "::ffff:1.1.1.1"])
def test_public_addresses_are_permitted(address: str) -> None:
    assert AddressGuard().permits(address, 443)


def test_the_operator_can_open_an_address_a_network_or_one_port() -> None:
    guard = AddressGuard(("127.0.0.1:8000", "10.0.0.0/8", "::1"))
    assert guard.permits("127.0.0.1", 8000)
    assert not guard.permits("127.0.0.1", 8001)
    assert guard.permits("::ffff:127.0.0.1", 8000)
    assert guard.permits("10.9.8.7", 1)
    assert guard.permits("::1", 1)
    assert not guard.permits("192.168.0.1", 80)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("ftp://example.com/a", "bad_scheme"),
        ("file:///etc/passwd", "bad_scheme"),
        ("javascript:alert(1)", "bad_scheme"),
        ("https://user:secret@example.com/", "credentials_in_url"),
        ("https://user@example.com/", "credentials_in_url"),
        ("https:///nothing", "bad_url"),
        ("http://[::1", "bad_url"),
        ("http://example.com:99999/", "bad_url"),
        ("http://a..b/", "bad_url"),
        ("https://example.com/fine", None),
        ("https://m\u00fcnchen.example/fine", None),
    ],
)
def test_addresses_that_are_not_even_tried(url: str, reason: str | None) -> None:
    assert refusal(url) == reason
