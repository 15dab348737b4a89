# SPDX-License-Identifier: Apache-2.0
"""What the client sends and keeps to itself, and how it uses connections and threads."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from datetime import timedelta

import pytest
import requests

from airflow_mpulse.delivery.client import MPulseClient
from airflow_mpulse.delivery.retry import RetryPolicy
from airflow_mpulse.exceptions import (
    BeaconError,
    DeliveryError,
    UnexpectedReplyError,
)
from airflow_mpulse.protocol.beacon import Beacon
from tests.support.clocks import START, MovedClock
from tests.support.scripted_server import API_KEY, CRUMB, Script, ScriptedServer, reply
from tests.support.scripts import half_an_answer, reset

ClientMaker = Callable[..., MPulseClient]


def test_beacon_is_sent_once(server: ScriptedServer, make_client: ClientMaker, beacon: Beacon) -> None:
    """A beacon that is answered 204 is posted once, as a form, with the configuration's tokens."""
    make_client(server.port).send(beacon)
    (request,) = server.beacons
    assert request.target == "/beacon/"
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert request.body.startswith(b"h.d=www.example.com&h.key=" + API_KEY.encode() + b"&h.t=1428602384684&")
    assert request.body.endswith(b"&t_other=custom0%7C1500&h.cr=" + CRUMB.encode())


def test_far_future_is_refused_before_anything_is_sent(
    server: ScriptedServer, make_client: ClientMaker
) -> None:
    """A beacon that ends in the far future is refused without any request."""
    late = Beacon("Nightly load", START, START + timedelta(days=1))
    with pytest.raises(BeaconError, match="ahead of this machine's clock"):
        make_client(server.port).send(late)
    assert server.requests == []


def test_connections_are_kept(server: ScriptedServer, make_client: ClientMaker, beacon: Beacon) -> None:
    """Many beacons on one thread share one connection with the configuration request."""
    report = make_client(server.port).send_many([beacon] * 50, max_threads=1)
    assert (report.sent, report.not_sent) == (50, {})
    assert server.connections == 1


def test_threads_are_bounded(server: ScriptedServer, make_client: ClientMaker, beacon: Beacon) -> None:
    """Many beacons use eight connections at most, and the configuration is fetched once."""
    report = make_client(server.port).send_many((beacon for _ in range(400)), max_threads=100)
    assert report.sent == 400
    assert server.connections <= 8
    assert len(server.configurations) == 1


def test_batch_stops_when_the_collector_is_gone(
    server: ScriptedServer, make_client: ClientMaker, beacon: Beacon
) -> None:
    """When mPulse cannot take beacons, the rest of a batch is counted without being tried."""
    server.on_beacon = [reply(503)]
    report = make_client(server.port, policy=RetryPolicy(deadline_s=1)).send_many(
        [beacon] * 1000, max_threads=2
    )
    assert report.sent == 0
    assert report.total == 1000
    assert report.not_sent["not_tried"] >= 990
    assert isinstance(report.first_error, UnexpectedReplyError)


def test_proxy_of_the_environment_is_used(
    server: ScriptedServer, make_client: ClientMaker, beacon: Beacon, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy that the environment names carries the exchanges."""
    with ScriptedServer() as proxy:
        proxy.on_configuration = [server.serve_configuration(beacon_url="//collector.invalid/beacon/")]
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.port}")
        monkeypatch.delenv("no_proxy", raising=False)
        make_client(80, host="http://mpulse.invalid", allow_http=True).send(beacon)
        assert [request.target.split("?")[0] for request in proxy.requests] == [
            "http://mpulse.invalid:80/api/config.json",
            "http://collector.invalid/beacon/",
        ]


def test_loopback_needs_no_proxy(
    server: ScriptedServer, make_client: ClientMaker, beacon: Beacon, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Plain HTTP to this machine stays on it: a proxy of the environment never sees the API key."""
    with ScriptedServer() as proxy:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.port}")
        monkeypatch.delenv("no_proxy", raising=False)
        make_client(server.port).send(beacon)
        assert proxy.connections == 0
    assert len(server.beacons) == 1


def test_outage_costs_many_beacons_no_more_than_one(
    server: ScriptedServer, make_client: ClientMaker, beacon: Beacon, clock: MovedClock
) -> None:
    """Without a configuration, a thousand beacons wait through one deadline and not through eight."""
    server.on_configuration = [reply(503)]
    report = make_client(server.port, policy=RetryPolicy(deadline_s=10)).send_many([beacon] * 1000)
    assert report.not_sent == {"refused": 1, "not_tried": 999}
    assert sum(clock.waits_s) <= 10


def test_what_is_no_beacon_is_counted_as_invalid(
    server: ScriptedServer, make_client: ClientMaker, beacon: Beacon
) -> None:
    """A thing among the beacons that is none is named, and does not stop the others."""
    report = make_client(server.port).send_many([beacon, {"page_group": "x"}, beacon])
    assert (report.sent, report.not_sent) == (2, {"invalid": 1})
    assert str(report.first_error) == "What is sent must be a Beacon, not dict."


@pytest.mark.parametrize(
    "script",
    [
        reset,
        half_an_answer,
        reply(302, Location=f"http://127.0.0.1/?key={API_KEY}"),
        reply(500, API_KEY.encode()),
        reply(403, f'{{"message": "no app for {API_KEY}"}}'.encode()),
        reply(200, f"<p>{API_KEY}".encode()),
    ],
    ids=["reset", "half", "redirect", "500", "403", "page"],
)
def test_no_error_holds_the_api_key(server: ScriptedServer, make_client: ClientMaker, script: Script) -> None:
    """Neither an error nor its causes repeat the API key, even when the other side does."""
    server.on_configuration = [script]
    with pytest.raises(DeliveryError) as caught:
        make_client(server.port, policy=RetryPolicy(deadline_s=0.1)).get_config()
    error: BaseException | None = caught.value
    assert error is not None
    assert error.__context__ is None
    while error is not None:
        assert API_KEY not in str(error)
        assert API_KEY not in repr(error)
        error = error.__context__
    assert API_KEY not in "".join(traceback.format_exception(caught.value))


def test_nothing_is_logged_about_an_exchange(
    server: ScriptedServer, make_client: ClientMaker, beacon: Beacon, caplog: pytest.LogCaptureFixture
) -> None:
    """Even at DEBUG no line is logged while mPulse is asked: the HTTP library's hold the API key."""
    server.on_configuration = [reply(503, b"", X_Odd="header"), reset, server.serve_configuration()]
    with caplog.at_level(logging.DEBUG):
        make_client(server.port).send(beacon)
        requests.get(f"http://127.0.0.1:{server.port}/somebody-else", timeout=5)
    assert API_KEY not in caplog.text
    assert CRUMB not in caplog.text
    assert "/somebody-else" in caplog.text
