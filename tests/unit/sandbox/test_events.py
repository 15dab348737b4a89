# SPDX-License-Identifier: Apache-2.0
"""Tests of the stream that tells the page of changes, over loopback HTTP."""

from __future__ import annotations

import asyncio
import http.client
import json
import threading
import time
from typing import TYPE_CHECKING

import pytest
from starlette.requests import Request

from airflow_mpulse.sandbox.events import Events
from airflow_mpulse.sandbox.server import SandboxServer
from airflow_mpulse.sandbox.state import SandboxState
from tests.unit.sandbox.test_beacons import receive

if TYPE_CHECKING:
    from collections.abc import Iterator, MutableMapping


class Listener:
    """An event source: reads events from an open answer until a blank line each."""

    def __init__(self, server: SandboxServer) -> None:
        self._connection = http.client.HTTPConnection(server.host, server.port, timeout=10)
        self._connection.request("GET", "/api/events", headers={"Accept": "text/event-stream"})
        self.answer = self._connection.getresponse()

    def block(self) -> list[str]:
        """Wait for one block of lines; empty where the stream has ended."""
        lines: list[str] = []
        while line := self.answer.readline().decode().rstrip("\n"):
            lines.append(line)
        return lines

    def change(self) -> dict[str, object]:
        """Wait for one ``changed``."""
        name, data = self.block()
        assert name == "event: changed"
        found = json.loads(data.removeprefix("data: "))
        assert isinstance(found, dict)
        return found

    def close(self) -> None:
        """Go away."""
        self.answer.close()
        self._connection.close()


@pytest.fixture
def listener(server: SandboxServer) -> Iterator[Listener]:
    """Listen to the running sandbox."""
    one = Listener(server)
    yield one
    one.close()


def test_listener_is_told_at_once_and_after_each_change(server: SandboxServer, listener: Listener) -> None:
    """The stream begins with the present state, and tells each change with the new version."""
    assert listener.answer.headers["Content-Type"].startswith("text/event-stream")
    assert listener.answer.headers["Cache-Control"] == "no-store"
    assert listener.block() == ["retry: 1000"]
    assert listener.change() == {"version": 0, "beacons": 0}
    server.store.add(receive("h.pg=a"))
    assert listener.change() == {"version": 1, "beacons": 1}
    server.store.clear()
    assert listener.change() == {"version": 2, "beacons": 0}


def test_many_changes_are_told_together(server: SandboxServer, listener: Listener) -> None:
    """However fast beacons come, there are no more than four events a second."""
    listener.block()
    enough = threading.Event()

    def send() -> None:
        while not enough.wait(0.002):
            server.store.add(receive("h.pg=a"))

    sender = threading.Thread(target=send)
    sender.start()
    began_s = time.monotonic()
    told = [listener.change()["version"] for _ in range(4)]
    took_s = time.monotonic() - began_s
    enough.set()
    sender.join()
    assert told == sorted(set(told))
    # Three pauses of a quarter of a second, less what clocks differ by.
    assert took_s > 0.7


def test_listeners_do_not_hold_up_the_stop() -> None:
    """A server with an open stream stops at once, and the stream ends."""
    server = SandboxServer()
    server.start()
    listeners = [Listener(server) for _ in range(3)]
    for each in listeners:
        each.block()
        each.change()
    began_s = time.monotonic()
    server.stop()
    assert time.monotonic() - began_s < 2
    for each in listeners:
        assert each.block() == []
        each.close()


def test_quiet_stream_gives_a_sign_of_life() -> None:
    """Where nothing changes a comment is sent after some time, and the stream ends when the listener goes."""

    async def listen() -> list[str]:
        gone = asyncio.Event()

        async def receive_nothing() -> MutableMapping[str, object]:
            await gone.wait()
            return {"type": "http.disconnect"}

        events = Events(SandboxState(), sign_every_s=0.5)
        answer = await events.events(Request({"type": "http", "headers": []}, receive_nothing))
        told: list[str] = []
        async for part in answer.body_iterator:  # type: ignore[attr-defined]
            told.append(part)
            if part.startswith(":"):
                gone.set()
        return told

    told = asyncio.run(asyncio.wait_for(listen(), 10))
    assert told == [
        "retry: 1000\n\n",
        'event: changed\ndata: {"version": 0, "beacons": 0}\n\n',
        ": still here\n\n",
    ]
