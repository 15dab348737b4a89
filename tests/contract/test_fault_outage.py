# SPDX-License-Identifier: Apache-2.0
"""
mPulse away for ten minutes and for longer, on a clock that is moved: what it is asked, and what arrives.

Each beacon ends as sent or as dropped with a reason, and the sums match.
"""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from airflow_mpulse.delivery.breaker import Breaker
from airflow_mpulse.delivery.moments import Moment
from airflow_mpulse.delivery.outbox import Outbox
from airflow_mpulse.delivery.retry import RetryPolicy
from airflow_mpulse.sandbox.clock import system_clock
from tests.support.clocks import MovedClock
from tests.support.outboxes import (
    CONN_ID,
    EMPTY,
    look_into,
    make_client,
    make_drainer,
    make_outbox,
    page_groups_at,
    put,
    tell,
)
from tests.support.scripted_server import Script, ScriptedServer, reply

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_mpulse.delivery.report import DrainReport
    from airflow_mpulse.sandbox.server import SandboxServer


class _Machine:
    """A machine with a clock that is moved, whose one process puts beacons aside and tries to send them."""

    def __init__(self, path: Path, port: int) -> None:
        self.clock = MovedClock()
        # An hour and a half ago, so that the sandbox, which has the system's clock, sees none of the future.
        self.began_at = system_clock() - timedelta(minutes=90)
        self.outbox = Outbox(path, max_beacons=10_000, now_ns=lambda: int(self.now().timestamp() * 1e9))
        self.client = make_client(
            port,
            timing=replace(self.clock.timing(), now=self.now),
            policy=RetryPolicy(deadline_s=15, max_attempts=1),
            breaker=Breaker(None, "key", self.moment, lambda: 1.0),
        )
        self.drainer = make_drainer(self.outbox, now=self.now)
        self.sent = 0
        self.dropped: Counter[str] = Counter()

    def now(self) -> datetime:
        return self.began_at + timedelta(seconds=self.clock.elapsed_s)

    def moment(self) -> Moment:
        return Moment(self.now().timestamp(), self.clock.elapsed_s, "boot")

    def live(self, seconds: int, *, put_every_s: int = 10**9) -> None:
        """Let time go by, a second at a time, as a process does that sends when it may."""
        for second in range(seconds):
            if second % put_every_s == 0:
                put(self.outbox, f"at {self.clock.elapsed_s:.0f}")
            if not self.client.is_paused:
                self.note(self.drainer.tidy())
                self.note(self.drainer.drain(CONN_ID, self.client))
            self.clock.elapsed_s += 1

    def note(self, report: DrainReport) -> None:
        self.sent += report.sent
        self.dropped.update(report.dropped)


def _new_tokens(server: ScriptedServer) -> Script:
    """Answer each configuration request with a token of its own."""
    numbers = itertools.count(1)
    return lambda conversation: server.serve_configuration(**{"h.cr": f"{next(numbers):040x}"})(conversation)


@pytest.mark.parametrize("away", ["503", "configuration"])
def test_mpulse_is_away_for_ten_minutes(tmp_path: Path, server: ScriptedServer, away: str) -> None:
    """While mPulse is away for ten minutes it is asked 10 to 40 times; then all arrives, once each."""
    machine = _Machine(tmp_path / "outbox", server.port)
    server.on_beacon = [reply(503)] if away == "503" else [reply(204)]
    server.on_configuration = [reply(503)] if away == "configuration" else [_new_tokens(server)]
    machine.live(600, put_every_s=5)
    assert (machine.sent, dict(machine.dropped)) == (0, {})
    tries = server.beacons if away == "503" else server.configurations
    assert 10 <= len(tries) <= 40
    assert len(machine.outbox.list_waiting()) == 120
    server.requests.clear()
    server.on_beacon, server.on_configuration = [reply(204)], [_new_tokens(server)]
    machine.live(35)
    machine.client.close()
    assert (machine.sent, dict(machine.dropped)) == (121, {})
    bodies = [request.body for request in server.beacons]
    assert b"h.pg=at%200&" in bodies[0]
    assert len({body.partition(b"h.pg=")[2].partition(b"&")[0] for body in bodies}) == len(bodies) == 121
    assert look_into(machine.outbox.path) == EMPTY


def test_mpulse_is_stopped_and_started(tmp_path: Path, sandbox: SandboxServer) -> None:
    """Beacons of ten minutes in which nothing listens wait, and all arrive valid when it listens again."""
    machine = _Machine(tmp_path / "outbox", sandbox.port)
    machine.live(1)
    sandbox.stop()
    machine.live(600, put_every_s=10)
    assert len(machine.outbox.list_waiting()) == 60
    sandbox.start()
    machine.live(35)
    machine.client.close()
    assert all(beacon.verdict.valid for beacon in sandbox.store.beacons())
    arrived = Counter(page_groups_at(sandbox))
    assert len(arrived) == arrived.total() == machine.sent == 62
    assert dict(machine.dropped) == {}


def test_mpulse_is_away_for_longer_than_beacons_may_wait(tmp_path: Path, server: ScriptedServer) -> None:
    """Beacons that have waited for longer than they may are dropped and counted, the others are sent."""
    machine = _Machine(tmp_path / "outbox", server.port)
    server.on_beacon, server.on_configuration = [reply(503)], [_new_tokens(server)]
    machine.live(4200, put_every_s=60)
    server.on_beacon = [reply(204)]
    machine.live(35)
    machine.client.close()
    # 70 and one more were put; an hour back from the end lie 60 of them.
    assert machine.sent + machine.dropped.total() == 71
    assert set(machine.dropped) == {"too_old"}
    assert 60 <= machine.sent <= 61
    assert look_into(machine.outbox.path) == EMPTY


@pytest.mark.parametrize("back", [timedelta(minutes=20), timedelta(days=400)], ids=["20 minutes", "400 days"])
def test_clock_set_back_while_beacons_wait(tmp_path: Path, sandbox: SandboxServer, back: timedelta) -> None:
    """Beacons that were written before the clock was set back are neither too old nor held back."""
    outbox = make_outbox(tmp_path / "outbox")
    put(outbox, "before")
    wrote_at = outbox.list_waiting()[0].written_at
    client, drainer = make_client(sandbox.port), make_drainer(outbox, now=lambda: wrote_at - back)
    assert tell(drainer.tidy()) == (0, {}, 0)
    assert tell(drainer.drain(CONN_ID, client)) == (1, {}, 0)
    client.close()
    assert page_groups_at(sandbox) == ["before"]
