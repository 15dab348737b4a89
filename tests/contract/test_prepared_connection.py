# SPDX-License-Identifier: Apache-2.0
"""Tests of the connection that is opened before there is something to send."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING, Any

import pytest

from airflow_mpulse.delivery.bounded_http import MAX_UNUSED_S
from airflow_mpulse.delivery.transport import Exchange, HttpTransport

if TYPE_CHECKING:
    from collections.abc import Iterator

_LIMIT_S = 10


class Collector:
    """Takes connections and keeps each, and answers one request on the one that it is told."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(_LIMIT_S)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/beacon/"
        self.connections: list[socket.socket] = []

    def accept(self) -> socket.socket:
        connection, _ = self._listener.accept()
        connection.settimeout(_LIMIT_S)
        self.connections.append(connection)
        return connection

    def has_another(self) -> bool:
        self._listener.setblocking(False)
        try:
            self.accept()
        except BlockingIOError:
            return False
        return True

    def close(self) -> None:
        for each in (*self.connections, self._listener):
            each.close()


@pytest.fixture
def collector() -> Iterator[Collector]:
    taken = Collector()
    yield taken
    taken.close()


@pytest.fixture
def transport() -> Iterator[HttpTransport]:
    made = HttpTransport()
    yield made
    made.close()


def answer(connection: socket.socket, requests: list[bytes]) -> None:
    requests.append(connection.recv(65536))
    connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")


def send(transport: HttpTransport, url: str, connection: socket.socket) -> bytes:
    requests: list[bytes] = []
    thread = threading.Thread(target=answer, args=(connection, requests))
    thread.start()
    reply = transport.exchange(Exchange("POST", url, (), b"h.cr=1", timeout_s=_LIMIT_S))
    thread.join(_LIMIT_S)
    assert reply.status == 204
    return requests[0]


def find_pool(transport: HttpTransport, url: str) -> Any:
    return transport._find_pools().find(url.removesuffix("/beacon/"))[0]


def test_exchange_takes_the_connection_that_was_opened_for_it(
    collector: Collector, transport: HttpTransport
) -> None:
    """The first exchange goes over the connection that was opened before, in one piece."""
    transport.open_connection(collector.url, _LIMIT_S)
    opened = collector.accept()
    assert send(transport, collector.url, opened).endswith(b"\r\n\r\nh.cr=1")
    assert not collector.has_another()


def test_connection_that_is_there_is_enough(collector: Collector, transport: HttpTransport) -> None:
    """No second connection is opened where one is kept."""
    transport.open_connection(collector.url, _LIMIT_S)
    collector.accept()
    transport.open_connection(collector.url, _LIMIT_S)
    assert not collector.has_another()


def test_connection_that_waited_for_long_is_not_used(collector: Collector, transport: HttpTransport) -> None:
    """A connection that has waited for its first exchange as long as a server may wait is opened anew."""
    transport.open_connection(collector.url, _LIMIT_S)
    stale = collector.accept()
    find_pool(transport, collector.url).pool.queue[-1].unused_since_s -= MAX_UNUSED_S + 1
    requests: list[bytes] = []
    thread = threading.Thread(target=lambda: answer(collector.accept(), requests))
    thread.start()
    assert transport.exchange(Exchange("POST", collector.url, (), b"h.cr=1", _LIMIT_S)).status == 204
    thread.join(_LIMIT_S)
    assert stale.recv(1) == b""
    assert requests


def test_connection_that_cannot_be_opened_is_nobodys_concern_yet(transport: HttpTransport) -> None:
    """What cannot be reached, or is no address, is told by the exchange, not by what prepares it."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    transport.open_connection(f"http://127.0.0.1:{port}/beacon/", _LIMIT_S)
    transport.open_connection("http://127.0.0.1:99999/beacon/", _LIMIT_S)
