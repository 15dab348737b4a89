# SPDX-License-Identifier: Apache-2.0
"""The client against servers that misbehave: bounded in time and memory, never followed, never doubled."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from airflow_mpulse.delivery.client import MPulseClient
from airflow_mpulse.delivery.retry import RetryPolicy
from airflow_mpulse.exceptions import (
    ConfigurationNotJsonError,
    ConnectionFailedError,
    ConnectionLostError,
    DeliveryError,
    MPulseRateLimitedError,
    RedirectRefusedError,
    ReplyTimeoutError,
    ReplyTooLargeError,
    UnexpectedReplyError,
)
from tests.support.scripted_server import API_KEY, Script, ScriptedServer, reply
from tests.support.scripts import endless, half_an_answer, hold, reset, slow_body, slow_headers

if TYPE_CHECKING:
    from airflow_mpulse.protocol.beacon import Beacon
    from tests.support.clocks import MovedClock

ClientMaker = Callable[..., MPulseClient]


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
def test_passing_fault_is_tried_again(
    server: ScriptedServer, make_client: ClientMaker, beacon: Beacon, clock: MovedClock, status: int
) -> None:
    """A beacon that was certainly not counted is tried again with a growing wait until it is received."""
    server.on_beacon = [reply(status), reply(status), reply(204)]
    make_client(server.port).send(beacon)
    assert len(server.beacons) == 3
    assert clock.waits_s == [0.25, 0.5]


@pytest.mark.parametrize("asked", ["7", "Sun, 01 Mar 2026 12:00:07 GMT"], ids=["seconds", "date"])
def test_retry_after_is_honoured(
    server: ScriptedServer, make_client: ClientMaker, beacon: Beacon, clock: MovedClock, asked: str
) -> None:
    """Both forms of Retry-After are waited out before the next try."""
    server.on_beacon = [reply(429, Retry_After=asked), reply(204)]
    make_client(server.port).send(beacon)
    assert clock.waits_s == [7.0]


def test_retry_after_beyond_the_deadline_ends_at_once(
    server: ScriptedServer, make_client: ClientMaker, beacon: Beacon, clock: MovedClock
) -> None:
    """A wait that does not fit into the deadline is not begun, and the error says how long it would be."""
    server.on_beacon = [reply(429, Retry_After="3600")]
    with pytest.raises(MPulseRateLimitedError) as caught:
        make_client(server.port).send(beacon)
    assert caught.value.retry_after_s == 3600
    assert clock.waits_s == []


def test_fault_that_stays_ends_with_the_deadline(
    server: ScriptedServer, make_client: ClientMaker, beacon: Beacon, clock: MovedClock
) -> None:
    """Tries end when the one deadline over all of them is reached."""
    server.on_beacon = [reply(503)]
    with pytest.raises(UnexpectedReplyError, match="answered 503"):
        make_client(server.port, policy=RetryPolicy(deadline_s=10)).send(beacon)
    assert sum(clock.waits_s) <= 10
    assert len(server.beacons) == len(clock.waits_s) + 1


@pytest.mark.parametrize(
    ("script", "error"),
    [
        (hold, ReplyTimeoutError),
        (slow_headers, ReplyTimeoutError),
        (slow_body, ReplyTimeoutError),
        (reset, ConnectionLostError),
        (half_an_answer, ConnectionLostError),
        (endless, ReplyTooLargeError),
    ],
    ids=["no answer", "slow headers", "slow body", "reset", "half an answer", "endless answer"],
)
def test_beacon_that_may_have_been_counted_is_not_repeated(
    server: ScriptedServer,
    make_client: ClientMaker,
    beacon: Beacon,
    script: Script,
    error: type[DeliveryError],
) -> None:
    """A beacon whose answer did not come whole ends soon, with its own error, and is sent once."""
    server.on_beacon = [script]
    client = make_client(server.port, timeout_s=0.5)
    began_s = time.monotonic()
    with pytest.raises(error):
        client.send(beacon)
    assert time.monotonic() - began_s < 2
    assert len(server.beacons) == 1


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 413])
def test_other_answers_are_final(
    server: ScriptedServer, make_client: ClientMaker, beacon: Beacon, status: int
) -> None:
    """An answer that mPulse never gives, such as the 200 of a login page, means not received and is final."""
    server.on_beacon = [reply(status, b"<html>")]
    with pytest.raises(UnexpectedReplyError, match=f"answered {status}") as caught:
        make_client(server.port).send(beacon)
    assert not caught.value.retryable
    assert len(server.beacons) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("on", ["configuration", "beacon"])
def test_redirect_is_never_followed(
    server: ScriptedServer, make_client: ClientMaker, beacon: Beacon, status: int, on: str
) -> None:
    """A redirect to another host is an error that names the host, and the host hears nothing."""
    with ScriptedServer() as other:
        script = reply(status, Location=f"http://localhost:{other.port}/api/config.json?key={API_KEY}")
        setattr(server, f"on_{on}", [script])
        with pytest.raises(RedirectRefusedError, match="'localhost'") as caught:
            make_client(server.port).send(beacon)
        assert API_KEY not in str(caught.value)
        assert other.connections == 0


def test_refused_connection_is_tried_again(
    make_client: ClientMaker, beacon: Beacon, clock: MovedClock
) -> None:
    """A refused connection is tried until the deadline, since nothing was sent."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(ConnectionFailedError, match="refused the connection"):
        make_client(port).send(beacon)
    assert len(clock.waits_s) > 3


def test_configuration_survives_passing_faults(
    server: ScriptedServer, make_client: ClientMaker, beacon: Beacon
) -> None:
    """A configuration request does no harm twice, so that it is repeated after a reset and a 503."""
    server.on_configuration = [reset, reply(503), server.serve_configuration()]
    make_client(server.port).send(beacon)
    assert len(server.configurations) == 3
    assert len(server.beacons) == 1


@pytest.mark.parametrize(
    ("script", "error"),
    [(hold, ReplyTimeoutError), (reset, ConnectionLostError), (half_an_answer, ConnectionLostError)],
    ids=["no answer", "reset", "half an answer"],
)
def test_configuration_that_does_not_come_may_come_later(
    server: ScriptedServer,
    make_client: ClientMaker,
    beacon: Beacon,
    script: Script,
    error: type[DeliveryError],
) -> None:
    """Without a configuration nothing was counted, so that the error says so and invites another try."""
    server.on_configuration = [script]
    client = make_client(server.port, timeout_s=0.3, policy=RetryPolicy(deadline_s=0.3))
    with pytest.raises(error, match=r"^The configuration could not be fetched: ") as caught:
        client.send(beacon)
    assert caught.value.retryable
    assert client.send_many([beacon]).not_sent == {"unreachable": 1}
    assert server.beacons == []


@pytest.mark.parametrize(
    ("script", "error"),
    [(endless, ReplyTooLargeError), (reply(200, b"<html>Please log in"), ConfigurationNotJsonError)],
    ids=["endless", "login page"],
)
def test_unusable_configuration_ends_at_once(
    server: ScriptedServer, make_client: ClientMaker, script: Script, error: type[DeliveryError]
) -> None:
    """A configuration that is endless or a web page is an error of its own, and no beacon leaves."""
    server.on_configuration = [script]
    with pytest.raises(error):
        make_client(server.port, policy=RetryPolicy(deadline_s=0.5)).get_config()
    assert server.beacons == []
