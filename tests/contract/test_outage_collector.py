# SPDX-License-Identifier: Apache-2.0
"""The collector of `make soak-outage`, as a client sees it that goes on sending."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from airflow_mpulse.delivery.retry import RetryPolicy, Timing
from airflow_mpulse.exceptions import ConnectionFailedError, ReplyTimeoutError
from airflow_mpulse.protocol.beacon import Beacon
from airflow_mpulse.sandbox.app import SandboxApp
from airflow_mpulse.sandbox.clock import system_clock
from soak.outage.collector import Collector

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from airflow_mpulse.delivery.client import MPulseClient
    from tests.support.clocks import MovedClock

APP = SandboxApp()


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[Collector]:
    with Collector(tmp_path / "collector.log") as started:
        yield started


@pytest.fixture
def client(collector: Collector, make_client: Callable[..., MPulseClient], clock: MovedClock) -> MPulseClient:
    timing = Timing(clock=clock.clock, now=system_clock, wait=clock.wait, jitter=lambda: 1.0)
    connection: dict[str, Any] = {"password": APP.api_key, "domain": APP.domain, "timeout_s": 0.5}
    return make_client(collector.port, timing=timing, policy=RetryPolicy(max_attempts=1), **connection)


def _beacon(page_group: str) -> Beacon:
    now = system_clock()
    return Beacon(page_group, now - timedelta(seconds=1), now)


@pytest.mark.parametrize(
    ("silently", "error"),
    [(False, ConnectionFailedError), (True, ReplyTimeoutError)],
    ids=["closed", "silent"],
)
def test_outage_forgets_nothing(
    collector: Collector, client: MPulseClient, silently: bool, error: type[Exception]
) -> None:
    """The collector goes away and comes back: it knows its tokens again, and every beacon of before."""
    client.send(_beacon("before"))
    collector.go_away(silently=silently)
    with pytest.raises(error):
        client.send(_beacon("meanwhile"))
    assert [beacon["page_group"] for beacon in collector.beacons()] == ["before"]
    collector.come_back()
    client.send(_beacon("after"))
    found = [(beacon["page_group"], beacon["verdict"]["valid"]) for beacon in collector.beacons()]
    assert found == [("before", True), ("after", True)]
