# SPDX-License-Identifier: Apache-2.0
"""Tests of sending from the outbox: what becomes of each beacon, and that each is counted once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from airflow_mpulse.delivery.drain import CLAIM_SIZE, Drainer
from airflow_mpulse.delivery.transport import Reply
from airflow_mpulse.exceptions import (
    CertificateError,
    ConfigurationRefusedError,
    ConnectionFailedError,
    ConnectionLostError,
    MPulseRateLimitedError,
    MPulseSettingsError,
    ReplyTimeoutError,
    UnexpectedReplyError,
)
from tests.support.claims import leave_behind, taken_elsewhere
from tests.support.jobs import WAIT_S, eager_switching
from tests.support.outboxes import (
    CONN_ID,
    EMPTY,
    build,
    look_into,
    make_drainer,
    put,
    tell,
)

if TYPE_CHECKING:
    from airflow_mpulse.delivery.client import MPulseClient
    from airflow_mpulse.delivery.outbox import Outbox
    from airflow_mpulse.delivery.report import DrainReport
    from airflow_mpulse.protocol.beacon import Beacon
    from tests.support.clocks import MovedClock
    from tests.support.transports import MemoryTransport

HOUR_S = 3600


def _raise(error: Exception) -> Reply:
    raise error


def test_oldest_is_sent_first(
    outbox: Outbox, drainer: Drainer, client: MPulseClient, transport: MemoryTransport
) -> None:
    """The oldest beacons are sent first, as many as are asked for, and the others wait on."""
    put(outbox, *"abcde")
    assert tell(drainer.drain(CONN_ID, client, at_most=1)) == (1, {}, 0)
    assert transport.arrived == ["a"]
    assert tell(drainer.drain(CONN_ID, client, at_most=3)) == (3, {}, 0)
    assert sorted(transport.arrived) == ["a", "b", "c", "d"]
    assert look_into(outbox.path) == {**EMPTY, "waiting": ["e"]}


def test_beacons_of_another_connection(
    outbox: Outbox, drainer: Drainer, client: MPulseClient, transport: MemoryTransport
) -> None:
    """Over one connection goes what is to go over it, and nothing else."""
    put(outbox, "mine")
    outbox.put("another_conn", {"page_group": "another's"})
    assert tell(drainer.drain(CONN_ID, client)) == (1, {}, 0)
    assert transport.arrived == ["mine"]
    assert look_into(outbox.path) == {**EMPTY, "waiting": ["another's"]}


AWAY = [
    ConnectionFailedError("refused"),
    MPulseRateLimitedError("no"),
    UnexpectedReplyError("x", status_code=503),
]
NEEDS_A_PERSON = [
    MPulseSettingsError("file"),
    CertificateError("self-signed"),
    ConfigurationRefusedError("no"),
]


@pytest.mark.parametrize("error", [*AWAY, *NEEDS_A_PERSON], ids=repr)
def test_what_may_be_sent_later_waits(
    outbox: Outbox, drainer: Drainer, client: MPulseClient, transport: MemoryTransport, error: Exception
) -> None:
    """What was not received waits on, without trying all; it is sent when what was wrong is put right."""
    put(outbox, *map(str, range(40)))
    tries: list[str] = []

    def fail(page_group: str) -> Reply:
        tries.append(page_group)
        raise error

    transport.on_beacon = fail
    report = drainer.drain(CONN_ID, client)
    assert (tell(report), report.first_error, tries) == ((0, {}, 40), error, ["0"])
    assert len(outbox.list_waiting()) == 40
    transport.on_beacon = lambda _: Reply(204)
    assert tell(drainer.drain(CONN_ID, client)) == (40, {}, 0)
    assert sorted(transport.arrived, key=int) == [str(number) for number in range(40)]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ReplyTimeoutError("silent"), "unconfirmed"),
        (ConnectionLostError("cut"), "unconfirmed"),
        (UnexpectedReplyError("x", status_code=400), "refused"),
    ],
    ids=repr,
)
def test_what_may_not_be_sent_again_is_dropped(
    outbox: Outbox,
    drainer: Drainer,
    client: MPulseClient,
    transport: MemoryTransport,
    clock: MovedClock,
    error: Exception,
    reason: str,
) -> None:
    """What may have been counted, or is not wanted, is dropped under its reason and never sent again."""
    put(outbox, "bad", "good")
    transport.on_beacon = lambda page_group: Reply(204) if page_group == "good" else _raise(error)
    sent, dropped, waiting = tell(drainer.drain(CONN_ID, client))
    # Silence also keeps back the others.
    assert (dropped, sent + waiting) == ({reason: 1}, 1)
    assert look_into(outbox.path) == {**EMPTY, "waiting": ["good"] * waiting}
    clock.elapsed_s += 60
    assert tell(drainer.drain(CONN_ID, client)) == (waiting, {}, 0)
    assert transport.arrived == ["good"]


def test_mpulse_fails_on_the_way(
    outbox: Outbox, drainer: Drainer, client: MPulseClient, transport: MemoryTransport
) -> None:
    """When mPulse fails on the way, what is left waits, and the sums match of each part and of all."""
    number = 2 * CLAIM_SIZE + 50
    put(outbox, *map(str, range(number)))
    refused: list[str] = []

    def answer(page_group: str) -> Reply:
        if int(page_group) < CLAIM_SIZE + 20:
            return Reply(204)
        refused.append(page_group)
        raise AWAY[0]

    transport.on_beacon = answer
    parts: list[DrainReport] = []
    report = drainer.drain(CONN_ID, client, on_progress=parts.append)
    assert tell(report) == (CLAIM_SIZE + 20, {}, CLAIM_SIZE + 30)
    assert [tell(part) for part in parts] == [(CLAIM_SIZE, {}, 0), (20, {}, CLAIM_SIZE - 20)]
    assert len(refused) <= 8
    assert len(outbox.list_waiting()) == CLAIM_SIZE + 30
    assert len(set(transport.arrived)) == len(transport.arrived) == CLAIM_SIZE + 20


def test_too_old(outbox: Outbox, drainer: Drainer, client: MPulseClient, clock: MovedClock) -> None:
    """What is older than it may be is dropped and counted, whoever comes upon it; what is not is sent."""
    for elapsed_s in (0, 1, 2, 3):
        clock.elapsed_s = elapsed_s
        put(outbox, str(elapsed_s))
    clock.elapsed_s = HOUR_S + 1
    # The second one is an hour old to the part of a second that its number adds.
    assert tell(drainer.tidy()) == (0, {"too_old": 1}, 0)
    assert tell(drainer.tidy()) == (0, {}, 0)
    clock.elapsed_s = HOUR_S + 3
    assert tell(drainer.drain(CONN_ID, client)) == (1, {"too_old": 2}, 0)
    assert look_into(outbox.path) == EMPTY


def test_many_tidy_at_once(outbox: Outbox, clock: MovedClock) -> None:
    """Of those who drop the same old beacons at once, each is counted by one."""
    put(outbox, *map(str, range(100)))
    clock.elapsed_s = HOUR_S + 1
    begun = threading.Barrier(4, timeout=WAIT_S)

    def tell_when_all_are_there() -> datetime:
        begun.wait()
        return clock.now()

    def tidy(_: int) -> int:
        return make_drainer(outbox, now=tell_when_all_are_there).tidy().dropped.get("too_old", 0)

    with eager_switching(), ThreadPoolExecutor(max_workers=4) as pool:
        assert sum(pool.map(tidy, range(4))) == 100
    assert look_into(outbox.path) == EMPTY


def test_what_a_dead_process_had(
    outbox: Outbox,
    drainer: Drainer,
    client: MPulseClient,
    transport: MemoryTransport,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What a dead process had taken is sent; what was on its way is unconfirmed, and not sent again."""
    put(outbox, *"abcd")
    a, b, c, _ = outbox.list_waiting()
    leave_behind(outbox, taken=[a], leaving=[b, c])
    assert tell(drainer.tidy()) == (0, {"unconfirmed": 2}, 0)
    assert "dropped: 2 (unconfirmed)." in caplog.text
    assert tell(drainer.tidy()) == (0, {}, 0)
    assert tell(drainer.drain(CONN_ID, client)) == (2, {}, 0)
    assert sorted(transport.arrived) == ["a", "d"]
    assert look_into(outbox.path) == EMPTY


def test_what_a_living_process_has(
    outbox: Outbox, drainer: Drainer, client: MPulseClient, transport: MemoryTransport
) -> None:
    """What another living process has taken is neither sent nor counted."""
    put(outbox, "a", "b")
    with taken_elsewhere(outbox):
        put(outbox, "c")
        assert tell(drainer.tidy().plus(drainer.drain(CONN_ID, client))) == (1, {}, 0)
    assert transport.arrived == ["c"]


def test_removed_while_it_is_sent(
    outbox: Outbox, client: MPulseClient, transport: MemoryTransport, clock: MovedClock
) -> None:
    """A beacon that somebody removes before it is on its way is not sent, and is counted as unreadable."""
    put(outbox, "beacon")

    def remove_and_build(kept: Any, _: object) -> Beacon:
        (file,) = outbox.path.glob("claims/*/*.json")
        file.unlink()
        return build(kept, clock.now())

    drainer = Drainer(outbox, remove_and_build, max_age=timedelta(hours=1), now=clock.now)
    assert tell(drainer.drain(CONN_ID, client)) == (0, {"unreadable": 1}, 0)
    assert transport.arrived == []
