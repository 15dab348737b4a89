# SPDX-License-Identifier: Apache-2.0
"""An outbox on a clock that is moved, and what sends from it without a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.clocks import MovedClock
from tests.support.outboxes import make_drainer, make_moved_outbox
from tests.support.transports import MemoryTransport, make_memory_client

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_mpulse.delivery.client import MPulseClient
    from airflow_mpulse.delivery.drain import Drainer
    from airflow_mpulse.delivery.outbox import Outbox


@pytest.fixture
def clock() -> MovedClock:
    """Give a clock that stands still until it is moved."""
    return MovedClock()


@pytest.fixture
def outbox(tmp_path: Path, clock: MovedClock) -> Outbox:
    """Give an empty outbox on that clock."""
    return make_moved_outbox(tmp_path / "outbox", clock)


@pytest.fixture
def drainer(outbox: Outbox, clock: MovedClock) -> Drainer:
    """Give what sends from that outbox."""
    return make_drainer(outbox, now=clock.now)


@pytest.fixture
def transport() -> MemoryTransport:
    """Give a transport that answers from memory."""
    return MemoryTransport()


@pytest.fixture
def client(transport: MemoryTransport, clock: MovedClock) -> MPulseClient:
    """Give a client over that transport."""
    return make_memory_client(transport, clock)
