# SPDX-License-Identifier: Apache-2.0
"""
The sums of an outbox, whatever is done with it in whatever order.

Each beacon that was put is sent, dropped with a reason, waits, or is taken: one of these at any time.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, precondition, rule

import tests.support.properties  # noqa: F401
from airflow_mpulse.delivery.outbox import UNREADABLE, Entry, name_connection
from airflow_mpulse.delivery.outbox_claim import Claim
from airflow_mpulse.delivery.report import UNCONFIRMED
from airflow_mpulse.delivery.transport import Reply
from airflow_mpulse.exceptions import (
    ConnectionFailedError,
    ConnectionLostError,
    MPulseSettingsError,
    ReplyTimeoutError,
)
from tests.support.claims import leave_behind
from tests.support.clocks import MovedClock
from tests.support.outboxes import CONN_ID, make_drainer, make_moved_outbox
from tests.support.transports import MemoryTransport, make_memory_client

if TYPE_CHECKING:
    from airflow_mpulse.delivery.report import DrainReport

CONN_IDS = [CONN_ID, "another_conn"]
#: Of page groups: the last one may not be sent.
PREFIXES = ["", "", "\x07"]
ENDS: list[int | Exception] = [
    204,
    400,
    429,
    503,
    ConnectionFailedError("refused"),
    ConnectionLostError("cut"),
    ReplyTimeoutError("silent"),
    MPulseSettingsError("no such file"),
]
KEPT = [b"", b"[" * 5000, b'{"version": 2}', b'{"version": 1, "mpulse_conn_id": "a third", "content": {}}']


class OutboxMachine(RuleBasedStateMachine):
    """An outbox that several processes use, one of which dies now and then, while mPulse comes and goes."""

    claims = Bundle("claims")

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.clock = MovedClock()
        self.outbox = make_moved_outbox(Path(self.folder.name) / "outbox", self.clock)
        self.drainer = make_drainer(self.outbox, now=self.clock.now)
        self.transport = MemoryTransport(self.answer)
        self.client = make_memory_client(self.transport, self.clock)
        self.ends: list[int | Exception] = [204]
        self.put_so_far = 0
        self.sent = 0
        self.dropped: Counter[str] = Counter()
        self.received: Counter[str] = Counter()

    def teardown(self) -> None:
        self.folder.cleanup()

    def answer(self, page_group: str) -> Reply:
        end = self.ends[0] if len(self.ends) == 1 else self.ends.pop(0)
        if end == 204 or isinstance(end, ConnectionLostError | ReplyTimeoutError):
            self.received[page_group] += 1
        if isinstance(end, Exception):
            raise end
        return Reply(end)

    def note(self, report: DrainReport) -> None:
        self.sent += report.sent
        self.dropped.update(report.dropped)

    @rule(
        conn_id=st.sampled_from(CONN_IDS), number=st.integers(1, 4), prefix=st.sampled_from(["", "", "\x07"])
    )
    def put(self, conn_id: str, number: int, prefix: str) -> None:
        for _ in range(number):
            self.put_so_far += 1
            self.outbox.put(conn_id, {"page_group": f"{prefix}{self.put_so_far}"})

    @rule(conn_id=st.sampled_from(CONN_IDS), written=st.sampled_from(KEPT))
    def damage(self, conn_id: str, written: bytes) -> None:
        before = set(self.outbox.list_waiting())
        self.outbox.put(conn_id, {})
        (entry,) = set(self.outbox.list_waiting()) - before
        (self.outbox.path / entry.name).write_bytes(written)
        self.put_so_far += 1

    @rule(seconds=st.one_of(st.integers(0, 60), st.integers(-4000, 4000)))
    def go_on(self, seconds: int) -> None:
        self.clock.elapsed_s += seconds

    @rule(ends=st.lists(st.sampled_from(ENDS), min_size=1, max_size=6))
    def change_mpulse(self, ends: list[int | Exception]) -> None:
        self.ends = ends

    @rule(at_most=st.integers(1, 2))
    @precondition(lambda self: self.put_so_far)
    def drain(self, at_most: int) -> None:
        """Send some beacons, so few that one thread does it, in the same order each time."""
        for conn_id in CONN_IDS:
            mine = [
                each for each in self.outbox.list_waiting() if each.connection == name_connection(conn_id)
            ]
            parts: list[DrainReport] = []
            report = self.drainer.drain(conn_id, self.client, at_most=at_most, on_progress=parts.append)
            assert report.sent + sum(report.dropped.values()) + report.waiting == len(mine[:at_most])
            assert sum(part.sent for part in parts) == report.sent
            self.note(report)

    @rule()
    def tidy(self) -> None:
        self.note(self.drainer.tidy())

    @rule()
    def find_connections(self) -> None:
        waiting = {entry.connection for entry in self.outbox.list_waiting()}
        found, report = self.drainer.find_connections()
        assert {name_connection(conn_id) for conn_id in found} <= waiting
        assert len(found) == len({entry.connection for entry in self.outbox.list_waiting()})
        self.note(report)

    @rule(taken=st.integers(0, 2), leaving=st.integers(0, 2), were_received=st.booleans())
    def die(self, taken: int, leaving: int, *, were_received: bool) -> None:
        """Do what a process does that takes some beacons, sends some of these, and dies without a word."""
        waiting = self.outbox.list_waiting()[: taken + leaving]
        if not waiting:
            return
        for entry in waiting[taken:] if were_received else []:
            self.received[self.page_group_of(entry)] += 1
        leave_behind(self.outbox, taken=waiting[:taken], leaving=waiting[taken:])

    @rule(target=claims, number=st.integers(0, 3))
    def begin_to_send(self, number: int) -> tuple[Claim, list[Entry]]:
        """Take some beacons, in a process that lives."""
        claim = Claim(self.outbox).__enter__()
        return claim, [entry for entry in self.outbox.list_waiting()[-number:] if claim.take(entry)]

    @rule(begun=consumes(claims), are_leaving=st.booleans())
    def stop_sending(self, begun: tuple[Claim, list[Entry]], *, are_leaving: bool) -> None:
        """Interrupt that process before it sends them, or while it does."""
        claim, entries = begun
        for entry in entries if are_leaving else []:
            assert claim.leave(entry)
        claim.__exit__(None, None, None)
        assert claim.lost == (len(entries) if are_leaving else 0)
        self.dropped[UNCONFIRMED] += claim.lost

    def page_group_of(self, entry: Entry) -> str:
        try:
            content = json.loads((self.outbox.path / entry.name).read_bytes())["content"]
        except (ValueError, KeyError, RecursionError):
            content = {}
        return str(content.get("page_group", entry.name))

    @invariant()
    def sums_match(self) -> None:
        state = self.outbox.describe()
        assert self.put_so_far == self.sent + self.dropped.total() + state.waiting + state.taken
        assert state.unreadable == self.dropped[UNREADABLE]

    @invariant()
    def nothing_is_received_twice(self) -> None:
        assert set(self.received.values()) <= {1}
        assert self.sent <= self.received.total()


TestOutbox = OutboxMachine.TestCase
TestOutbox.settings = settings(max_examples=200, stateful_step_count=40)
