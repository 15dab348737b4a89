# SPDX-License-Identifier: Apache-2.0
"""
A loopback server whose every answer a test scripts, down to the single byte.

The sandbox plays mPulse; this one plays everything that can stand where mPulse should be.
"""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType

API_KEY = "ABCDE-FGHIJ-KLMNO-PQRST-UVWXY"
CRUMB = "23a0384939e93bbc22af11b74654a82f180f5910"


@dataclass(frozen=True)
class Request:
    """One request as it arrived."""

    method: str
    target: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


class Conversation:
    """One connection, as a script sees it."""

    def __init__(self, sock: socket.socket, stopped: threading.Event) -> None:
        self.sock = sock
        self.stopped = stopped

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def drip(self, data: bytes, every_s: float = 0.05) -> None:
        """Send byte by byte, for as long as somebody listens."""
        for byte in data:
            if self.stopped.wait(every_s):
                return
            self.sock.sendall(bytes([byte]))

    def hold(self) -> None:
        """Say nothing until the server stops or the other side hangs up."""
        with suppress(OSError):
            while not self.stopped.is_set():
                self.sock.settimeout(0.05)
                try:
                    if not self.sock.recv(1024):
                        return
                except TimeoutError:
                    continue

    def reset(self) -> None:
        """Cut the connection off with a reset."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        # The file that requests are read from keeps the socket open, so its descriptor is closed itself.
        socket.close(self.sock.detach())

    def hang_up(self) -> None:
        """End the connection in an orderly way."""
        self.sock.shutdown(socket.SHUT_RDWR)


Script = Callable[[Conversation], None]


def reply(status: int, body: bytes = b"", **headers: str) -> Script:
    """Answer once and keep the connection."""
    lines = [f"HTTP/1.1 {status} Scripted", *(f"{k.replace('_', '-')}: {v}" for k, v in headers.items())]
    if status != 204:
        lines.append(f"Content-Length: {len(body)}")
    head = "\r\n".join(lines).encode() + b"\r\n\r\n"
    return lambda conversation: conversation.send(head + body)


class ScriptedServer:
    """
    Answers each request with the next script; the last one goes on for ever.

    Beacons and configuration requests are scripted apart; without a script, mPulse's own answers are given.
    """

    def __init__(self, *, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> None:
        self.requests: list[Request] = []
        self.connections = 0
        self.on_configuration: list[Script] = []
        self.on_beacon: list[Script] = [reply(204)]
        self._tls = tls
        self._stopped = threading.Event()
        self._listener = socket.create_server((host, 0))
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._open: list[socket.socket] = []

    @property
    def port(self) -> int:
        return self._listener.getsockname()[1]

    @property
    def beacons(self) -> list[Request]:
        return [request for request in self.requests if request.method == "POST"]

    @property
    def configurations(self) -> list[Request]:
        return [request for request in self.requests if request.method == "GET"]

    def configuration(self, **changes: object) -> dict[str, object]:
        """Give mPulse's own answer, with keys changed or (with ``None``) left out."""
        answer: dict[str, object] = {
            "h.key": API_KEY,
            "h.d": "www.example.com",
            "h.t": 1428602384684,
            "h.cr": CRUMB,
            "site_domain": "www.example.com",
            "session_id": "5e29a2e6-4017-4fc8-97bc-f5e2a475d6fa",
            "beacon_url": f"//127.0.0.1:{self.port}/beacon/",
            "PageParams": {
                "customTimers": [{"name": "Load", "index": 0, "type": "Programmatic", "label": "custom0"}],
                "customMetrics": [],
                "customDimensions": [],
            },
        } | changes
        return {key: value for key, value in answer.items() if value is not None}

    def serve_configuration(self, **changes: object) -> Script:
        """Answer with a configuration."""
        return reply(200, json.dumps(self.configuration(**changes)).encode(), Content_Type="application/json")

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
        for sock in self._open:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)  # Wakes the thread that waits for a request.
        for thread in self._threads:
            thread.join(5)
            assert not thread.is_alive(), "a scripted conversation did not end"

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
            self._start(self._converse, sock)

    def _converse(self, sock: socket.socket) -> None:
        with suppress(OSError, ssl.SSLError), sock:
            if self._tls is not None:
                sock = self._tls.wrap_socket(sock, server_side=True)
            with sock, sock.makefile("rb") as incoming:
                self.connections += 1
                self._open.append(sock)
                conversation = Conversation(sock, self._stopped)
                while not self._stopped.is_set():
                    sock.settimeout(10)
                    request = _read_request(incoming)
                    if request is None:
                        return
                    self._next_script(request)(conversation)

    def _next_script(self, request: Request) -> Script:
        with self._lock:
            self.requests.append(request)
            scripts = self.on_beacon if request.method == "POST" else self.on_configuration
            if not scripts:
                return self.serve_configuration()
            return scripts.pop(0) if len(scripts) > 1 else scripts[0]


def _read_request(incoming: object) -> Request | None:
    line = incoming.readline()  # type: ignore[attr-defined]
    if not line.strip():
        return None
    method, target, _ = line.decode("latin-1").split(" ", 2)
    headers: dict[str, str] = {}
    while (line := incoming.readline().decode("latin-1").strip()) != "":  # type: ignore[attr-defined]
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    body = incoming.read(int(headers.get("content-length", "0")))  # type: ignore[attr-defined]
    return Request(method, target, headers, body)
