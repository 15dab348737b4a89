# SPDX-License-Identifier: Apache-2.0
"""
Faults before a request has left: the beacon is certainly not counted, so that it is tried until the deadline.

What breaks later stands in ``test_client_faults``: there a beacon may have been counted, and is tried once.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from airflow_mpulse.delivery.client import MPulseClient
from airflow_mpulse.delivery.retry import RetryPolicy
from airflow_mpulse.exceptions import CertificateError, ConnectionFailedError, ConnectionLostError
from tests.support.certificates import make_server_context
from tests.support.raw_server import (
    RawServer,
    Script,
    after_tunnel,
    close_within,
    drip_tunnel,
    keep_silent,
    refuse_tunnel,
    reset_within,
    take_beacon,
    tunnel_to,
)
from tests.support.scripted_server import API_KEY, CRUMB, ScriptedServer

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_mpulse.protocol.beacon import Beacon
    from tests.support.clocks import MovedClock

ClientMaker = Callable[..., MPulseClient]

HANDSHAKES = {"reset": reset_within, "hung up": close_within, "silent": keep_silent}
PROXIES = {
    "403": refuse_tunnel(403),
    "407": refuse_tunnel(407),
    "502": refuse_tunnel(502),
    "reset": reset_within,
    "hung up": close_within,
    "silent": keep_silent,
    "byte by byte": drip_tunnel,
    "reset after the tunnel": after_tunnel(reset_within),
    "silent after the tunnel": after_tunnel(keep_silent),
}


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def _tell_collector(server: ScriptedServer, address: str) -> None:
    server.on_configuration = [server.serve_configuration(beacon_url=address)]


@pytest.mark.parametrize("script", HANDSHAKES.values(), ids=HANDSHAKES)
def test_tls_handshake_that_breaks_is_tried_again(
    server: ScriptedServer, make_client: ClientMaker, beacon: Beacon, clock: MovedClock, script: Script
) -> None:
    """A beacon whose TLS handshake is cut off or stands still is tried until the deadline: nothing left."""
    with RawServer(script) as collector:
        _tell_collector(server, f"https://127.0.0.1:{collector.port}/beacon/")
        client = make_client(server.port, timeout_s=0.2, policy=RetryPolicy(deadline_s=10))
        with pytest.raises(ConnectionFailedError) as caught:
            client.send(beacon)
        assert not caught.value.maybe_received
        assert clock.waits_s == [0.25, 0.5, 1.0, 2.0, 4.0]
        assert collector.connections == 6


@pytest.mark.parametrize("script", HANDSHAKES.values(), ids=HANDSHAKES)
def test_beacon_after_a_broken_handshake_is_sent_once(
    tmp_path: Path, server: ScriptedServer, make_client: ClientMaker, beacon: Beacon, script: Script
) -> None:
    """A beacon whose first two TLS handshakes broke arrives with the third connection, and once."""
    context, authorities = make_server_context(tmp_path)
    bodies: list[bytes] = []
    with RawServer(script, script, take_beacon(context, bodies)) as collector:
        _tell_collector(server, f"https://127.0.0.1:{collector.port}/beacon/")
        make_client(server.port, timeout_s=1, verify=str(authorities)).send(beacon)
        assert collector.connections == 3
    assert [body.count(CRUMB.encode()) for body in bodies] == [1]


@pytest.mark.parametrize("script", PROXIES.values(), ids=PROXIES)
def test_proxy_that_makes_no_tunnel_is_tried_again(
    server: ScriptedServer,
    make_client: ClientMaker,
    beacon: Beacon,
    clock: MovedClock,
    monkeypatch: pytest.MonkeyPatch,
    script: Script,
) -> None:
    """Through a proxy that makes no tunnel nothing is sent, so that a beacon is tried until the deadline."""
    with RawServer(script) as proxy:
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{proxy.port}")
        _tell_collector(server, "https://collector.invalid/beacon/")
        client = make_client(server.port, timeout_s=0.2, policy=RetryPolicy(deadline_s=3))
        began_s = time.monotonic()
        with pytest.raises(ConnectionFailedError) as caught:
            client.send(beacon)
        assert time.monotonic() - began_s < 5
        assert not caught.value.maybe_received
        assert clock.waits_s == [0.25, 0.5, 1.0]
        assert proxy.connections == 4


def test_proxy_that_is_away_is_tried_again(
    server: ScriptedServer,
    make_client: ClientMaker,
    beacon: Beacon,
    clock: MovedClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where nothing listens at the proxy's address, the beacon is tried until the deadline."""
    with RawServer(close_within) as proxy:
        port = proxy.port
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{port}")
    _tell_collector(server, "https://collector.invalid/beacon/")
    with pytest.raises(ConnectionFailedError, match=r"proxy on the way to collector\.invalid"):
        make_client(server.port, policy=RetryPolicy(deadline_s=3)).send(beacon)
    assert clock.waits_s == [0.25, 0.5, 1.0]


def test_tunnel_keeps_the_beacon_from_the_proxy(
    tmp_path: Path,
    server: ScriptedServer,
    make_client: ClientMaker,
    beacon: Beacon,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Over HTTPS a proxy of the environment carries the beacon and sees neither key, token nor page group."""
    context, authorities = make_server_context(tmp_path, host="collector.invalid")
    bodies: list[bytes] = []
    seen: list[bytes] = []
    with (
        RawServer(take_beacon(context, bodies)) as collector,
        RawServer(tunnel_to(collector.port, seen)) as proxy,
    ):
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{proxy.port}")
        _tell_collector(server, "https://collector.invalid/beacon/")
        make_client(server.port, verify=str(authorities)).send(beacon)
    assert [body.count(CRUMB.encode()) for body in bodies] == [1]
    assert seen[0].startswith(b"CONNECT collector.invalid:443 ")
    passed = b"".join(seen)
    assert not [word for word in (API_KEY, CRUMB, "Nightly") if word.encode() in passed]


def test_host_without_an_address_is_tried_again(
    server: ScriptedServer, make_client: ClientMaker, beacon: Beacon, clock: MovedClock
) -> None:
    """A collector whose name cannot be resolved is looked up until the deadline, and the error names it."""
    _tell_collector(server, "https://collector.invalid/beacon/")
    client = make_client(server.port, policy=RetryPolicy(deadline_s=3))
    with pytest.raises(ConnectionFailedError, match=r"host name of collector\.invalid cannot be resolved"):
        client.send(beacon)
    assert clock.waits_s == [0.25, 0.5, 1.0]
    assert client.send_many([beacon] * 3).not_sent == {"unreachable": 1, "not_tried": 2}


@pytest.mark.parametrize("address", [f"https://{'a' * 70}.com/", "https://a..b/", "https://%00/"])
def test_address_that_is_none_is_not_sent_to(
    server: ScriptedServer, make_client: ClientMaker, beacon: Beacon, address: str
) -> None:
    """A collector's address that no library can read ends as not received rather than as perhaps received."""
    _tell_collector(server, address)
    client = make_client(server.port, policy=RetryPolicy(deadline_s=1))
    assert client.send_many([beacon]).not_sent == {"unreachable": 1}
    with pytest.raises(ConnectionFailedError, match="cannot be used"):
        client.send(beacon)


@pytest.mark.parametrize("proxy", ["nonsense://x y", "socks9://127.0.0.1:1", "http://[::1"])
def test_proxy_whose_address_is_none(
    server: ScriptedServer,
    make_client: ClientMaker,
    beacon: Beacon,
    monkeypatch: pytest.MonkeyPatch,
    proxy: str,
) -> None:
    """A proxy of the environment whose address cannot be used ends a beacon as not received."""
    monkeypatch.setenv("https_proxy", proxy)
    _tell_collector(server, "https://collector.invalid/beacon/")
    client = make_client(server.port, policy=RetryPolicy(deadline_s=1))
    assert client.send_many([beacon]).not_sent == {"unreachable": 1}


@pytest.mark.parametrize(
    ("host", "expired", "trusted"),
    [("127.0.0.1", False, False), ("other.example.com", False, True), ("127.0.0.1", True, True)],
    ids=["untrusted", "other host", "expired"],
)
def test_bad_certificate_is_met_once(
    tmp_path: Path,
    server: ScriptedServer,
    make_client: ClientMaker,
    beacon: Beacon,
    clock: MovedClock,
    host: str,
    expired: bool,
    trusted: bool,
) -> None:
    """A collector with a bad certificate gets no beacon, is not tried again, and ends a batch."""
    context, authorities = make_server_context(tmp_path, host=host, expired=expired)
    with ScriptedServer(tls=context) as collector:
        _tell_collector(server, f"https://127.0.0.1:{collector.port}/beacon/")
        client = make_client(server.port, **({"verify": str(authorities)} if trusted else {}))
        with pytest.raises(CertificateError):
            client.send(beacon)
        assert client.send_many([beacon] * 3).not_sent == {"unreachable": 1, "not_tried": 2}
        assert collector.requests == []
    assert clock.waits_s == []


def test_request_that_is_cut_off_is_not_repeated(
    server: ScriptedServer, make_client: ClientMaker, beacon: Beacon, clock: MovedClock
) -> None:
    """A beacon whose request is reset at its first byte may have arrived: tried once, and unconfirmed."""
    with RawServer(reset_within) as collector:
        _tell_collector(server, f"http://127.0.0.1:{collector.port}/beacon/")
        client = make_client(server.port)
        with pytest.raises(ConnectionLostError):
            client.send(beacon)
        assert client.send_many([beacon]).not_sent == {"unconfirmed": 1}
        assert collector.connections == 2
    assert clock.waits_s == []
