# SPDX-License-Identifier: Apache-2.0
"""
A loopback server below HTTP: what it does to each connection is scripted, before any request is read.

:mod:`tests.support.scripted_server` answers requests; this one plays what breaks earlier, such as a proxy
that hangs up or a TLS handshake that never ends.
"""

from __future__ import annotations

import selectors
import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    import ssl
    from types import TracebackType

Script = Callable[[socket.socket, threading.Event], None]


class RawServer:
    """Does to each connection what the next script says; the last one goes on for ever."""

    def __init__(self, *scripts: Script) -> None:
        self.connections = 0
        self._scripts = list(scripts)
        self._stopped = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads: list[threading.Thread] = []

    @property
    def port(self) -> int:
        return self._listener.getsockname()[1]

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        with suppress(OSError), socket.create_connection(self._listener.getsockname()[:2], 1):
            pass  # Wakes the thread that waits for a connection.
        self._listener.close()
        for thread in self._threads:
            thread.join(10)
            assert not thread.is_alive(), "a raw conversation did not end"

    def _start(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._stopped.is_set():
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return  # Closed between the look at the event and the wait.
            if self._stopped.is_set():
                sock.close()
                return
            self.connections += 1
            script = self._scripts.pop(0) if len(self._scripts) > 1 else self._scripts[0]
            self._start(self._converse, script, sock)

    def _converse(self, script: Script, sock: socket.socket) -> None:
        with suppress(OSError), sock:
            sock.settimeout(10)
            script(sock, self._stopped)


def reset_within(sock: socket.socket, _: threading.Event) -> None:
    """Cut the connection off with a reset after the first byte."""
    sock.recv(1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def close_within(sock: socket.socket, _: threading.Event) -> None:
    """Read what comes first and end the connection in an orderly way."""
    sock.recv(65536)


def keep_silent(sock: socket.socket, stopped: threading.Event) -> None:
    """Take everything and say nothing, until the other side hangs up."""
    sock.settimeout(0.05)
    while not stopped.is_set():
        with suppress(TimeoutError):
            if not sock.recv(65536):
                return


def refuse_tunnel(status: int) -> Script:
    """Be a proxy that refuses to make a tunnel."""
    answer = f"HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n".encode()

    def script(sock: socket.socket, _: threading.Event) -> None:
        _read_head(sock)
        sock.sendall(answer)

    return script


def drip_tunnel(sock: socket.socket, stopped: threading.Event) -> None:
    """Be a proxy that answers byte by byte, for as long as somebody listens."""
    _read_head(sock)
    for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 10_000:
        if stopped.wait(0.05):
            return
        sock.sendall(bytes([byte]))


def tunnel_to(port: int, seen: list[bytes]) -> Script:
    """Be a proxy that makes a tunnel to a port of this machine, and notes what went through it."""

    def script(sock: socket.socket, stopped: threading.Event) -> None:
        seen.append(_read_head(sock))
        with socket.create_connection(("127.0.0.1", port), 10) as onward:
            sock.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            _pass_on(sock, onward, stopped, seen)

    return script


def after_tunnel(then: Script) -> Script:
    """Be a proxy that says it made a tunnel, and does something else instead."""

    def script(sock: socket.socket, stopped: threading.Event) -> None:
        _read_head(sock)
        sock.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        then(sock, stopped)

    return script


def take_beacon(tls: ssl.SSLContext, bodies: list[bytes]) -> Script:
    """Be a collector that takes one beacon over TLS and answers 204."""

    def script(sock: socket.socket, _: threading.Event) -> None:
        with tls.wrap_socket(sock, server_side=True) as safe:
            head = _read_head(safe)
            length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
            bodies.append(safe.makefile("rb").read(length))
            safe.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")

    return script


def _read_head(sock: socket.socket) -> bytes:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = sock.recv(1)
        if not byte:
            break
        head += byte
    return head


def _pass_on(sock: socket.socket, onward: socket.socket, stopped: threading.Event, seen: list[bytes]) -> None:
    with selectors.DefaultSelector() as selector:
        selector.register(sock, selectors.EVENT_READ, onward)
        selector.register(onward, selectors.EVENT_READ, sock)
        while not stopped.is_set():
            for key, _ in selector.select(0.05):
                data = key.fileobj.recv(65536)  # type: ignore[union-attr]
                if not data:
                    return
                seen.append(data)
                key.data.sendall(data)
