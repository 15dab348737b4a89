# SPDX-License-Identifier: Apache-2.0
"""The client against servers that misbehave: bounded in time and memory, never followed, never doubled."""

from __future__ import annotations

import logging
import socket
import time
import traceback
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import requests

from airflow_mpulse.delivery.client import MPulseClient
from airflow_mpulse.delivery.retry import RetryPolicy
from airflow_mpulse.exceptions import (
    BeaconError,
    CertificateError,
    ConfigurationNotJsonError,
    ConnectionFailedError,
    ConnectionLostError,
    DeliveryError,
    MPulseRateLimitedError,
    MPulseSettingsError,
    RedirectRefusedError,
    ReplyTimeoutError,
    ReplyTooLargeError,
    UnexpectedReplyError,
)
from airflow_mpulse.protocol.beacon import Beacon
from tests.support.certificates import make_server_context
from tests.support.clocks import START, MovedClock
from tests.support.scripted_server import API_KEY, CRUMB, Conversation, Script, ScriptedServer, reply

if TYPE_CHECKING:
    from pathlib import Path

ClientMaker = Callable[..., MPulseClient]

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def hold(conversation: Conversation) -> None:
    conversation.hold()


def reset(conversation: Conversation) -> None:
    conversation.reset()


def half_an_answer(conversation: Conversation) -> None:
    conversation.send(HEAD + b'Content-Length: 1000\r\n\r\n{"h.key": ')
    conversation.hang_up()


def slow_headers(conversation: Conversation) -> None:
    conversation.drip(b"HTTP/1.1 204 No Content\r\nX-Slow: " + b"x" * 10_000)


def slow_body(conversation: Conversation) -> None:
    conversation.send(HEAD + b"Content-Length: 10000\r\n\r\n")
    conversation.drip(b"x" * 10_000)


def endless(conversation: Conversation) -> None:
    conversation.send(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    while not conversation.stopped.is_set():
        conversation.send(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")


def test_beacon_is_sent_once(server: ScriptedServer, make_client: ClientMaker, beacon: Beacon) -> None:
    """A beacon that is answered 204 is posted once, as a form, with the configuration's tokens."""
    make_client(server.port).send(beacon)
    (request,) = server.beacons
    assert request.target == "/beacon/"
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert request.body.startswith(b"h.d=www.example.com&h.key=" + API_KEY.encode() + b"&h.t=1428602384684&")
    assert request.body.endswith(b"&t_other=custom0%7C1500&h.cr=" + CRUMB.encode())


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


@pytest.mark.parametrize(
    ("host", "expired", "trusted"),
    [("127.0.0.1", False, False), ("other.example.com", False, True), ("127.0.0.1", True, True)],
    ids=["untrusted", "other host", "expired"],
)
def test_bad_certificate_stops_everything(
    tmp_path: Path, make_client: ClientMaker, beacon: Beacon, host: str, expired: bool, trusted: bool
) -> None:
    """A certificate that is not trusted, of another host, or expired is an error before anything is sent."""
    context, authorities = make_server_context(tmp_path, host=host, expired=expired)
    with ScriptedServer(tls=context) as server:
        changes = {"verify": str(authorities)} if trusted else {}
        with pytest.raises(CertificateError, match="certificate"):
            make_client(server.port, scheme="https", **changes).send(beacon)
        assert server.requests == []


def test_own_authority_is_trusted(tmp_path: Path, make_client: ClientMaker, beacon: Beacon) -> None:
    """With the extra field verify, an authority of one's own is trusted for configuration and beacons."""
    context, authorities = make_server_context(tmp_path)
    with ScriptedServer(tls=context) as server:
        make_client(server.port, scheme="https", verify=str(authorities)).send(beacon)
        assert len(server.beacons) == 1


def test_slow_answer_over_tls_is_bounded(tmp_path: Path, make_client: ClientMaker, beacon: Beacon) -> None:
    """The time limit over a whole answer holds over TLS too."""
    context, authorities = make_server_context(tmp_path)
    with ScriptedServer(tls=context) as server:
        server.on_beacon = [slow_headers]
        began_s = time.monotonic()
        with pytest.raises(ReplyTimeoutError):
            make_client(server.port, scheme="https", verify=str(authorities), timeout_s=0.5).send(beacon)
        assert time.monotonic() - began_s < 2


def test_missing_authorities_are_named(
    make_client: ClientMaker, server: ScriptedServer, beacon: Beacon
) -> None:
    """A file of authorities that is not there is an error that names it and the field."""
    with pytest.raises(MPulseSettingsError, match=r"/nowhere/ca\.pem"):
        make_client(server.port, scheme="https", verify="/nowhere/ca.pem").send(beacon)


def test_proxy_of_the_environment_is_used(
    server: ScriptedServer, make_client: ClientMaker, beacon: Beacon, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy that the environment names carries the exchanges."""
    with ScriptedServer() as proxy:
        proxy.on_configuration = [server.serve_configuration()]
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.port}")
        monkeypatch.delenv("no_proxy", raising=False)
        make_client(server.port).send(beacon)
        assert [request.target.split("?")[0] for request in proxy.requests] == [
            f"http://127.0.0.1:{server.port}/api/config.json",
            f"http://127.0.0.1:{server.port}/beacon/",
        ]
    assert server.requests == []


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
