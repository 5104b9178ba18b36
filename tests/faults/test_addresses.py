"""Faults meant to lead the crawler into the machine or network it runs in. The default settings refuse them all."""

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builders import FIXED_NOW, entry, feed, html
from tests.getting import Names, at_loopback, get, get_all
from tests.web import Web
from tracker.fetch import feeds, pages
from tracker.fetch.address import AddressGuard
from tracker.fetch.client import Client
from tracker.fetch.robots import Robots
from tracker.settings import FetchSettings

DEFAULT = FetchSettings(host_delay_seconds=0, total_seconds=5)
LOOPBACK = (
    "127.0.0.1 127.1 127.0.1 2130706433 0x7f000001 0x7f.0.0.1 0177.0.0.1 017700000001 0 0.0.0.0 localhost "
    "[::1] [::] [::ffff:127.0.0.1] [::ffff:7f00:1] [0:0:0:0:0:ffff:127.0.0.1] 127.0.0.1."
).split()
# Some of these forms are no address to the machine's resolver: then nothing is connected to either
NOT_CONNECTED = {"private_address", "bad_url", "dns_unknown", "dns_temporary"}


@pytest.mark.parametrize("host", LOOPBACK)
def test_loopback_is_refused_however_it_is_written(web: Web, host: str) -> None:
    web.add("/secret", "secret")
    response = get(web.base.replace("127.0.0.1", host) + "/secret", DEFAULT)
    assert response.reason in NOT_CONNECTED
    assert (response.body, web.seen) == (b"", [])


@pytest.mark.parametrize("host", ["127.0.0.1", "0x7f000001", "[::ffff:127.0.0.1]", "[::1]", "localhost"])
def test_forms_that_resolve_are_refused_as_private(web: Web, host: str) -> None:
    response = get(web.base.replace("127.0.0.1", host) + "/secret", DEFAULT)
    assert (response.outcome, response.reason) == ("refused", "private_address")


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0177.0.0.1", "0"])
def test_forms_that_are_no_host_are_refused_before_they_resolve(web: Web, host: str) -> None:
    response = get(web.base.replace("127.0.0.1", host) + "/secret", DEFAULT)
    assert (response.outcome, response.reason) == ("hard_error", "bad_url")


@pytest.mark.parametrize("host", ["127.0.0.2", "[::ffff:127.0.0.2]", "[::1]", "0x7f000002", "169.254.169.254", "10.0.0.1"])
def test_a_redirect_to_a_private_address_is_refused(web: Web, polite: FetchSettings, host: str) -> None:
    start = web.add("/go", status=302, headers={"Location": f"http://{host}:{web.port}/latest/meta-data"})
    response = get(start, polite)
    assert (response.outcome, response.reason) == ("refused", "private_address")


@pytest.mark.parametrize("url", ["http://example.com@127.0.0.1/", "http://user:secret@127.0.0.1/", "http://127.0.0.1:80@example.com/"])
def test_a_user_in_an_address_is_refused(url: str) -> None:
    assert get(url, DEFAULT).reason == "credentials_in_url"


@pytest.mark.parametrize("name", ["localhost", "foo.localhost", "a.b.localhost", "ip6-localhost"])
def test_names_of_this_machine_are_refused(web: Web, name: str) -> None:
    assert get(f"http://{name}:{web.port}/", DEFAULT).reason in NOT_CONNECTED  # by the machine's own resolver
    assert get(f"http://{name}:{web.port}/", DEFAULT, names=at_loopback(name)).reason == "private_address"
    assert web.seen == []


def test_feeds_pages_and_robots_are_refused_alike(web: Web) -> None:
    async def run() -> list[str | None]:
        async with Client(DEFAULT) as client:
            robots = Robots(client, [], FIXED_NOW)
            polled = await feeds.poll(client, feed(url=f"{web.base}/feed"), None, FIXED_NOW)
            page = await pages.fetch(client, robots, entry(url=f"{web.base}/a"), FIXED_NOW)
            return [polled.reason, page.outcome, page.reason, await robots.allows(f"{web.base}/a")]

    assert asyncio.run(run()) == ["private_address", "refused", "private_address", "private_address"]
    assert web.seen == []


@pytest.mark.parametrize(
    "address",
    """10.0.0.1 172.31.255.255 192.168.0.1 169.254.169.254 100.64.0.1 168.63.129.16 0.1.2.3 192.0.0.1 198.18.0.1 224.0.0.1
    239.255.255.250 255.255.255.255 fe80::1 fd00:ec2::254 64:ff9b::a9fe:a9fe 64:ff9b:1::1 2002:a00:1:: 2001:0:1::1 ::7f00:1
    ::a9fe:a9fe fec0::1 ff02::1 ::ffff:10.0.0.1 ::ffff:0:7f00:1 100::1""".split(),
)
def test_a_public_name_of_a_private_address_is_refused(address: str) -> None:
    response = get("http://www.example.com/", DEFAULT, names=Names({"www.example.com": [[address]]}))
    assert (response.outcome, response.reason) == ("refused", "private_address")


# Rebinding. 127.0.0.1 is opened here and stands for the public internet; a second server on 127.0.0.2 must never be reached


@pytest.fixture
def inner(web: Web) -> Iterator[Web]:
    if sys.platform != "linux":
        pytest.skip("needs all of 127.0.0.0/8")
    behind = Web(host="127.0.0.2", port=web.port)
    behind.start()
    yield behind
    behind.stop()


def test_a_name_that_changes_its_address_between_runs_is_refused(web: Web, inner: Web, polite: FetchSettings) -> None:
    names = Names({"www.example.com": [["127.0.0.1"], ["127.0.0.2"]]})
    url = f"http://www.example.com:{web.port}/a"
    assert [get(url, polite, names=names).reason for _ in range(2)] == ["http_404", "private_address"]
    assert (len(web.seen), inner.seen) == (1, [])


def test_a_name_that_changes_its_address_within_a_run_is_refused(web: Web, inner: Web, polite: FetchSettings) -> None:
    door = Web(host="127.0.0.2")  # another port of the same name: it is looked up anew
    door.start()
    start = web.add("/a", status=302, headers={"Location": f"http://www.example.com:{door.port}/secret"})
    names = Names({"www.example.com": [["127.0.0.1"], ["127.0.0.2"]]})
    response = get(start.replace("127.0.0.1", "www.example.com"), polite, names=names)
    assert (response.outcome, response.reason) == ("refused", "private_address")
    assert (len(names.asked), len(web.seen), inner.seen, door.seen) == (2, 1, [], [])
    door.stop()


def test_of_several_addresses_of_a_name_only_permitted_ones_are_connected_to(web: Web, inner: Web, polite: FetchSettings) -> None:
    web.add("/a", html())
    names = Names({"www.example.com": [["127.0.0.2", "::1", "127.0.0.1"]]})
    assert get(f"http://www.example.com:{web.port}/a", polite, names=names).outcome == "ok"
    assert (len(web.seen), inner.seen) == (1, [])


def test_several_private_addresses_of_a_name_are_one_refusal() -> None:
    names = Names({"www.example.com": [["127.0.0.2", "::1", "10.0.0.1", "127.0.0.1"]]})
    response = get("http://www.example.com/", DEFAULT, names=names)
    assert (response.outcome, response.reason) == ("refused", "private_address")


# What the operator opens


def test_the_allow_list_opens_only_what_it_names(web: Web) -> None:
    other = Web()
    other.start()
    settings = DEFAULT.model_copy(update={"allow_private_hosts": (f"127.0.0.1:{web.port}",)})
    answers = get_all([f"{web.base}/a", f"{other.base}/a", f"http://[::1]:{web.port}/"], settings)
    assert [answer.reason for answer in answers] == ["http_404", "private_address", "private_address"]
    assert other.seen == []
    other.stop()


def test_nothing_private_is_open_by_default() -> None:
    assert FetchSettings().allow_private_hosts == ()
    assert not AddressGuard().permits("127.0.0.1", 80)
    assert AddressGuard().permits("93.184.216.34", 80)


def test_proxies_and_passwords_of_the_environment_are_ignored(
    web: Web, polite: FetchSettings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
        monkeypatch.setenv(name.upper(), "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "")
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login user password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    assert get(web.add("/a", "hello"), polite).body == b"hello"
    assert "Authorization" not in web.seen[0].headers
