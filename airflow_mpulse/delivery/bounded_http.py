# SPDX-License-Identifier: Apache-2.0
"""
Connections whose whole answer has one time limit.

A socket's own time-out begins anew with each byte, so a server that sends one byte now and then could hold a
caller for hours. Here the time that is set before an answer is read is shared by all reads of that answer,
headers included. Nor does the HTTP library log these exchanges: its lines hold the whole address, and the
address of the configuration holds the API key.
"""

from __future__ import annotations

import io
import logging
import ssl
import threading
import time
from contextlib import contextmanager
from http.client import HTTPException
from typing import TYPE_CHECKING, Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator


#: How long a connection may wait for its first exchange.
MAX_UNUSED_S = 10.0


class _TimedReader(io.RawIOBase):
    """
    Reads of one socket that share a deadline.

    :param sock: The socket, which knows the deadline.
    :param raw: The unbuffered file of that socket.
    """

    def __init__(self, sock: _TimedSocket, raw: io.RawIOBase) -> None:
        super().__init__()
        self._sock = sock
        self._raw = raw

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.arm()
        return self._raw.readinto(buffer)

    def close(self) -> None:
        # The socket counts its open files, and closes with the last.
        self._raw.close()
        super().close()


class _TimedSocket:
    """
    A socket whose time-out is the time for all reads to come, not for each.

    :param sock: The socket.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        # What was set before the socket came here counts from here.
        timeout_s = sock.gettimeout()
        self._deadline = None if timeout_s is None else time.monotonic() + timeout_s

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

    def settimeout(self, timeout_s: float | None) -> None:
        self._deadline = None if timeout_s is None else time.monotonic() + timeout_s
        self._sock.settimeout(timeout_s)

    def arm(self) -> None:
        if self._deadline is None:
            return
        remaining_s = self._deadline - time.monotonic()
        if remaining_s <= 0:
            message = "timed out"
            raise TimeoutError(message)
        self._sock.settimeout(remaining_s)

    def makefile(self, mode: str, buffering: int | None = None) -> io.BufferedReader:  # noqa: ARG002
        raw: Any = self._sock.makefile(mode, buffering=0)  # type: ignore[call-overload]
        return io.BufferedReader(_TimedReader(self, raw))


class _OneWrite(HTTPConnection):
    """
    A connection that writes a request in one piece.

    The library writes the head and then the body, each with a system call, a TLS record and a packet of its
    own, so that the server is woken for a head whose body has not come.
    """

    _held: list[bytes] | None = None
    #: Since when it has been open without an exchange; ``None`` where it was used.
    unused_since_s: float | None = None

    def request(self, *args: Any, **kwargs: Any) -> None:
        self._held = []
        try:
            super().request(*args, **kwargs)
            pieces = self._held
        finally:
            self._held = None
        super().send(b"".join(pieces))

    def send(self, data: Any) -> None:
        if self._held is None:
            super().send(data)
        else:
            self._held.append(data)


class BoundedConnection(_OneWrite):
    """A connection over plain HTTP whose whole answer has one time limit."""

    def getresponse(self) -> Any:  # noqa: D102
        self.sock = _bound(self.sock)
        return super().getresponse()


class _BoundedTlsConnection(_OneWrite, HTTPSConnection):
    def connect(self) -> None:
        with _nothing_sent_yet(self):
            super().connect()

    def _tunnel(self) -> None:
        plain = self.sock
        # TLS, which comes next, wants the socket as it was.
        self.sock = _bound(plain)
        super()._tunnel()
        self.sock = plain

    def getresponse(self) -> Any:
        self.sock = _bound(self.sock)
        return super().getresponse()


@contextmanager
def _nothing_sent_yet(connection: HTTPSConnection) -> Iterator[None]:
    # A proxy that hangs up or a TLS handshake that is cut off would otherwise be told in the same way as an
    # answer that was, after which a beacon may not be sent again.
    try:
        yield
    except TimeoutError as error:
        raise ConnectTimeoutError(connection, f"no connection in time: {error}") from error
    except (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError, HTTPException) as error:
        raise NewConnectionError(connection, f"cut off: {error}") from error
    except ssl.SSLError:
        raise
    except OSError as error:
        raise NewConnectionError(connection, f"cut off: {error}") from error


class _Hush(logging.Filter):
    """Drops what is logged while a thread is inside one of our exchanges."""

    def __init__(self) -> None:
        super().__init__()
        self._threads = threading.local()

    @contextmanager
    def exchange(self) -> Iterator[None]:
        self._threads.inside = True
        try:
            yield
        finally:
            self._threads.inside = False

    def filter(self, record: logging.LogRecord) -> bool:  # noqa: ARG002
        return not getattr(self._threads, "inside", False)


_HUSH = _Hush()
# A filter of a logger does not reach the loggers below it, so that each one that logs addresses is named.
for _name in ("urllib3.connection", "urllib3.connectionpool", "urllib3.util.retry"):
    logging.getLogger(_name).addFilter(_HUSH)


class BoundedPool(HTTPConnectionPool):
    """Connections of that kind to one host."""

    ConnectionCls: Any = BoundedConnection

    def urlopen(self, *args: Any, **kwargs: Any) -> Any:  # noqa: D102
        with _HUSH.exchange():
            return super().urlopen(*args, **kwargs)

    def open_connection(self, timeout_s: float) -> None:
        """
        Open a connection for the exchange to come, where there is none and no proxy is on the way.

        What goes wrong is told by that exchange.

        :param timeout_s: Seconds to connect.
        """
        connection: Any = self._get_conn()
        try:
            if connection.sock is None and self.proxy is None:
                connection.timeout = timeout_s
                connection.connect()
                connection.unused_since_s = time.monotonic()
        except Exception:  # noqa: BLE001 - of the libraries', or of ours
            connection.close()
        finally:
            self._put_conn(connection)

    def _get_conn(self, timeout: float | None = None) -> Any:
        connection: Any = super()._get_conn(timeout)
        unused_since_s, connection.unused_since_s = connection.unused_since_s, None
        if unused_since_s is not None and time.monotonic() - unused_since_s > MAX_UNUSED_S:
            # A server closes what is not used, and a beacon that is sent just then would be lost.
            connection.close()
        return connection


class _BoundedTlsPool(BoundedPool, HTTPSConnectionPool):
    ConnectionCls = _BoundedTlsConnection


#: Of both kinds, by the scheme of an address.
POOLS = {"http": BoundedPool, "https": _BoundedTlsPool}


def _bound(sock: Any) -> Any:
    return sock if sock is None or isinstance(sock, _TimedSocket) else _TimedSocket(sock)
