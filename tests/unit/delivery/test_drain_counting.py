# SPDX-License-Identifier: Apache-2.0
"""Tests that each beacon of an outbox is counted once, whatever fails while it is dealt with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from airflow_mpulse.delivery.outbox import CLAIMS
from airflow_mpulse.exceptions import OutboxError
from tests.support.claims import leave_behind
from tests.support.clocks import MovedClock
from tests.support.outboxes import (
    CONN_ID,
    EMPTY,
    look_into,
    make_drainer,
    make_moved_outbox,
    put,
    tell,
)
from tests.support.transports import MemoryTransport, make_memory_client

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_mpulse.delivery.client import MPulseClient
    from airflow_mpulse.delivery.drain import Drainer
    from airflow_mpulse.delivery.outbox import Outbox

HOUR_S = 3600


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
def outbox(tmp_path: Path, clock: MovedClock) -> Outbox:
    return make_moved_outbox(tmp_path / "outbox", clock)


@pytest.fixture
def drainer(outbox: Outbox, clock: MovedClock) -> Drainer:
    return make_drainer(outbox, now=clock.now)


@pytest.fixture
def transport() -> MemoryTransport:
    return MemoryTransport()


@pytest.fixture
def client(transport: MemoryTransport, clock: MovedClock) -> MPulseClient:
    return make_memory_client(transport, clock)


def test_claims_cannot_be_made(outbox: Outbox, drainer: Drainer, clock: MovedClock) -> None:
    """What is removed is counted though no claim can be made for what is too old; that one is told next."""
    put(outbox, "on its way", "too old")
    leave_behind(outbox, leaving=outbox.list_waiting()[:1])
    clock.elapsed_s = HOUR_S + 1
    (outbox.path / CLAIMS).chmod(0o777)
    assert tell(drainer.tidy()) == (0, {"unconfirmed": 1}, 0)
    with pytest.raises(OutboxError, match="The outbox cannot be used"):
        drainer.tidy()
    (outbox.path / CLAIMS).chmod(0o700)
    assert tell(drainer.tidy()) == (0, {"too_old": 1}, 0)
    assert look_into(outbox.path) == EMPTY


@pytest.mark.parametrize("by", ["tidying", "sending"])
def test_old_folder_with_the_name_of_a_beacon(
    outbox: Outbox, drainer: Drainer, client: MPulseClient, clock: MovedClock, by: str
) -> None:
    """A folder with the name of an old beacon is counted once, and set aside, since it cannot be removed."""
    put(outbox, "replaced")
    (entry,) = outbox.list_waiting()
    (outbox.path / entry.name).unlink()
    (outbox.path / entry.name).mkdir()
    clock.elapsed_s = HOUR_S + 1
    reports = [drainer.tidy() if by == "tidying" else drainer.drain(CONN_ID, client) for _ in range(2)]
    assert [tell(report) for report in reports] == [(0, {"too_old": 1}, 0), (0, {}, 0)]
    assert outbox.list_waiting() == []
    assert [each.name for each in (outbox.path / "unreadable").iterdir()] == [entry.name]
