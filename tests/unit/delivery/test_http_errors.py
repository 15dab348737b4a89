# SPDX-License-Identifier: Apache-2.0
"""Tests of the table from the HTTP library's errors to ours."""

from __future__ import annotations

import socket
import ssl
from http.client import IncompleteRead, RemoteDisconnected
from typing import Any

import pytest
import requests
from urllib3 import HTTPConnectionPool
from urllib3 import exceptions as low
from urllib3.connection import HTTPConnection

from airflow_mpulse.delivery.http_errors import ERRORS, translate
from airflow_mpulse.exceptions import (
    CertificateError,
    ConnectionFailedError,
    ConnectionLostError,
    ReplyTimeoutError,
    TransportError,
)
from tests.support.values import API_KEY

HOST = "c.go-mpulse.net"
URL = f"/api/config.json?key={API_KEY}&d=www.example.com"
POOL = HTTPConnectionPool(HOST)
CONNECTION = HTTPConnection(HOST)


def given_up(reason: Exception) -> low.MaxRetryError:
    return low.MaxRetryError(POOL, URL, reason)


#: As they come out of ``requests``, which wraps what urllib3 raised, which wraps its own reason.
CASES: dict[str, tuple[Exception, type[TransportError], str]] = {
    "name": (
        requests.ConnectionError(given_up(low.NameResolutionError(HOST, CONNECTION, socket.gaierror()))),
        ConnectionFailedError,
        "The host name of c.go-mpulse.net cannot be resolved.",
    ),
    "refused": (
        requests.ConnectionError(given_up(low.NewConnectionError(CONNECTION, "refused"))),
        ConnectionFailedError,
        "c.go-mpulse.net refused the connection or cannot be reached.",
    ),
    "connect-time-out": (
        requests.ConnectTimeout(given_up(low.ConnectTimeoutError(CONNECTION, "slow"))),
        ConnectionFailedError,
        "c.go-mpulse.net took no connection within 2.5 s.",
    ),
    "read-time-out": (
        requests.ReadTimeout(low.ReadTimeoutError(POOL, URL, "slow")),
        ReplyTimeoutError,
        "c.go-mpulse.net gave no whole answer within 2.5 s.",
    ),
    "body-time-out": (
        low.ReadTimeoutError(POOL, URL, "slow"),
        ReplyTimeoutError,
        "c.go-mpulse.net gave no whole answer within 2.5 s.",
    ),
    "proxy": (
        requests.exceptions.ProxyError(given_up(low.ProxyError("no", OSError("407")))),
        ConnectionFailedError,
        "The proxy on the way to c.go-mpulse.net made no connection.",
    ),
    "certificate": (
        requests.exceptions.SSLError(given_up(low.SSLError(ssl.SSLError(1, "self-signed certificate.")))),
        CertificateError,
        "TLS with c.go-mpulse.net failed: self-signed certificate.",
    ),
    "disconnected": (
        requests.ConnectionError(low.ProtocolError("aborted", RemoteDisconnected("closed"))),
        ConnectionLostError,
        "The connection to c.go-mpulse.net was lost before the whole answer came.",
    ),
    "cut-off-body": (
        low.ProtocolError("broken", IncompleteRead(b"")),
        ConnectionLostError,
        "The connection to c.go-mpulse.net was lost before the whole answer came.",
    ),
    "address": (
        requests.exceptions.InvalidURL(f"bad: {URL}"),
        ConnectionFailedError,
        "The address of c.go-mpulse.net, or of a proxy on the way to it, cannot be used.",
    ),
    "unknown kind of proxy": (
        requests.exceptions.InvalidSchema("Missing dependencies for SOCKS support."),
        ConnectionFailedError,
        "The address of c.go-mpulse.net, or of a proxy on the way to it, cannot be used.",
    ),
    "unreadable host": (
        low.LocationParseError(URL),
        ConnectionFailedError,
        "The address of c.go-mpulse.net, or of a proxy on the way to it, cannot be used.",
    ),
    "no-arguments": (
        requests.ConnectionError(),
        ConnectionLostError,
        "The exchange with c.go-mpulse.net failed (ConnectionError).",
    ),
}


@pytest.mark.parametrize(("error", "ours", "sentence"), CASES.values(), ids=CASES)
def test_each_error_becomes_ours(error: Exception, ours: type[TransportError], sentence: str) -> None:
    """An error of the HTTP library becomes the error that says whether the request may have arrived."""
    translated = translate(error, HOST, 2.5)
    assert type(translated) is ours
    assert str(translated) == sentence


@pytest.mark.parametrize(("error", "ours", "sentence"), CASES.values(), ids=CASES)
def test_address_with_the_key_is_not_repeated(
    error: Exception, ours: type[TransportError], sentence: str
) -> None:
    """The library's errors name the address, which holds the key; ours do not."""
    assert API_KEY not in repr(translate(error, HOST, 2.5))


def make(kind: type[Exception]) -> Exception:
    """Make an error without its constructor, whose arguments differ from kind to kind."""
    error = kind.__new__(kind)
    error.args = ("x",)
    if isinstance(error, low.MaxRetryError):
        error.reason = None
    return error


#: Where an exchange has failed before anything left, a beacon may be sent again; nowhere else.
NOT_SENT = (
    low.LocationValueError,
    low.NewConnectionError,
    low.ConnectTimeoutError,
    low.ProxyError,
    low.SSLError,
)


LIBRARYS_OWN = {
    kind.__name__: kind
    for kind in vars(low).values()
    if isinstance(kind, type) and issubclass(kind, low.HTTPError) and kind.__module__ == low.__name__
}


@pytest.mark.parametrize(
    "kind",
    LIBRARYS_OWN.values(),
    ids=lambda kind: kind.__name__,
)
def test_no_error_of_the_library_is_wrongly_harmless(kind: type[Any]) -> None:
    """Of all the library's errors, only those from before the request left count as not received."""
    translated = translate(make(kind), HOST, 2.5)
    if issubclass(kind, NOT_SENT):
        assert isinstance(translated, ConnectionFailedError)
    else:
        assert translated.maybe_received
        assert not translated.retryable


def test_narrow_errors_stand_before_broad_ones() -> None:
    """No row of the table is hidden by a broader one above it."""
    kinds = [kind for kind, _, _ in ERRORS]
    for position, kind in enumerate(kinds):
        assert not any(issubclass(kind, above) for above in kinds[:position])
