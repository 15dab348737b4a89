# SPDX-License-Identifier: Apache-2.0
"""
Running the sandbox: in a thread for tests, in the foreground for the console.

What it answers is decided in ``asgi`` and behind it.
"""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import socket
import threading
from typing import TYPE_CHECKING, Self

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from airflow_mpulse.sandbox.app import SandboxApp
from airflow_mpulse.sandbox.asgi import build_application
from airflow_mpulse.sandbox.clock import Clock, system_clock
from airflow_mpulse.sandbox.state import SandboxState

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from airflow_mpulse.sandbox.beacons import BeaconStore, RequestCounts
    from airflow_mpulse.sandbox.faults import FaultScript

_START_TIMEOUT_S = 30


class SandboxStartError(RuntimeError):
    """The sandbox cannot listen; the message is one sentence for the person who started it."""


class SandboxServer:
    """
    A sandbox on a port of its own, for use in a ``with`` statement.

    :param host: Address to listen on.
    :param port: Port to listen on; 0 takes a free one.
    :param app: The app to play; the default one where None.
    :param clock: Gives the present as an aware datetime.
    :param allow_remote: True permits an address that other machines can reach.
    :raises ValueError: If the address is not a loopback one and ``allow_remote`` is False.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        app: SandboxApp | None = None,
        clock: Clock = system_clock,
        *,
        allow_remote: bool = False,
    ) -> None:
        if not (allow_remote or is_loopback(host)):
            message = f"{host} can be reached from other machines; pass allow_remote=True if that is meant"
            raise ValueError(message)
        self.host = host
        self.state = SandboxState(app=app or SandboxApp(), clock=clock)
        self._port = port
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def store(self) -> BeaconStore:
        """
        The beacons received so far.

        :return: The store, safe to read from any thread.
        """
        return self.state.beacons

    @property
    def requests(self) -> RequestCounts:
        """
        The requests received so far.

        :return: The counts, safe to read from any thread.
        """
        return self.state.requests

    @property
    def faults(self) -> FaultScript:
        """
        The scripted faults.

        :return: The script, safe to change from any thread.
        """
        return self.state.faults

    @property
    def port(self) -> int:
        """
        The port that the sandbox listens on.

        :return: The port taken, which a second start takes again; before the first start the one asked for.
        """
        return self._port

    @property
    def url(self) -> str:
        """
        Where the sandbox is.

        :return: URL without a trailing slash.
        """
        return f"http://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"

    def start(self) -> None:
        """
        Listen, and answer from a daemon thread.

        :raises SandboxStartError: If the address or the port cannot be used, or the server does not come up.
        """
        server, listener = self._prepare(lambda: None)
        self._thread = threading.Thread(
            target=server.serve_on, args=(listener,), name="mpulse-sandbox", daemon=True
        )
        self._thread.start()
        server.settled.wait(_START_TIMEOUT_S)
        if not server.started:
            self.stop()
            message = f"The sandbox did not start on {self.url}."
            raise SandboxStartError(message)

    def stop(self) -> None:
        """Stop answering, and wait until the thread has ended. A second call does nothing."""
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join()
        self._server = self._thread = None

    def run(self, on_ready: Callable[[], None]) -> None:
        """
        Answer in the foreground until a signal ends it.

        A ``SandboxStartError`` comes through where the address or the port cannot be used.

        :param on_ready: Called once, when requests are answered.
        """
        server, listener = self._prepare(on_ready)
        server.serve_on(listener)

    def _prepare(self, on_ready: Callable[[], None]) -> tuple[_Server, socket.socket]:
        if self._server is not None:
            message = f"The sandbox is already running on {self.url}."
            raise SandboxStartError(message)
        listener = _listen(self.host, self._port)
        self._port = listener.getsockname()[1]
        self._server = _Server(self.state, on_ready)
        return self._server, listener

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class _Protocol(H11Protocol):
    # Lets an endpoint close the connection under its own answer, which ASGI has no word for.
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {**self.app_state, "drop_connection": transport.abort}


class _Server(uvicorn.Server):
    def __init__(self, state: SandboxState, on_ready: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                build_application(state),
                http=_Protocol,
                loop="asyncio",
                ws="none",
                lifespan="off",
                # The host program's logging is not touched.
                log_config=None,
                access_log=False,
                timeout_graceful_shutdown=5,
            )
        )
        self.settled = threading.Event()
        self._state = state
        self._on_ready = on_ready

    def serve_on(self, listener: socket.socket) -> None:
        try:
            self.run(sockets=[listener])
        finally:
            listener.close()
            self.settled.set()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        # An event belongs to one loop, and every start brings a new one.
        self._state.closing = asyncio.Event()
        await super().startup(sockets)
        self.settled.set()
        self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._state.closing.set()
        await super().shutdown(sockets)


def is_loopback(host: str) -> bool:
    """
    Tell whether only this machine can reach an address.

    :param host: Host name or IP address; of names only ``localhost`` counts.
    :return: True for a loopback address.
    """
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def serve(host: str, port: int, *, on_ready: Callable[[SandboxServer], None]) -> None:
    """
    Run the default sandbox in the foreground, on any address.

    A ``SandboxStartError`` comes through where the address or the port cannot be used.

    :param host: Address to listen on.
    :param port: Port to listen on; 0 takes a free one.
    :param on_ready: Called once with the server, when requests are answered.
    """
    server = SandboxServer(host, port, allow_remote=True)
    server.run(lambda: on_ready(server))


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.create_server((host, port), family=family)
        # Connections inherit it. Else the body of an answer waits some 40 ms for the receipt of its headers:
        # the event loop asks for this only where a socket names its protocol, and this one does not.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except OSError as error:
        reason = "that port is in use" if error.errno == errno.EADDRINUSE else error.strerror
        message = f"The sandbox cannot listen on {host} port {port}: {reason}."
        raise SandboxStartError(message) from error
    return listener
