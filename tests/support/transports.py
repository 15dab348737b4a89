# SPDX-License-Identifier: Apache-2.0
"""mPulse without a network: a transport that gives the configuration and remembers what has arrived."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from airflow_mpulse.delivery.client import MPulseClient
from airflow_mpulse.delivery.retry import RetryPolicy
from airflow_mpulse.delivery.settings import read_settings
from airflow_mpulse.delivery.transport import Exchange, Reply
from tests.support.outboxes import CONN_ID
from tests.support.values import API_KEY, make_answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.clocks import MovedClock


class MemoryTransport:
    """
    Answers each exchange at once.

    :param on_beacon: Gives the answer to a beacon of this page group, or raises what ends the exchange.
    """

    def __init__(self, on_beacon: Callable[[str], Reply] = lambda _: Reply(204)) -> None:
        self.on_beacon = on_beacon
        self.configuration = Reply(200, {}, json.dumps(make_answer()).encode())
        #: The page groups of the beacons that were answered, in the order in which they came.
        self.arrived: list[str] = []

    def exchange(self, request: Exchange) -> Reply:
        if request.body is None:
            return self.configuration
        (page_group,) = parse_qs(request.body.decode())["h.pg"]
        reply = self.on_beacon(page_group)
        self.arrived.append(page_group)
        return reply

    def open_connection(self, url: str, timeout_s: float) -> None:
        pass

    def close(self) -> None:
        pass


def make_memory_client(transport: MemoryTransport, clock: MovedClock, **more: Any) -> MPulseClient:
    """Give a client that sends over such a transport, on a clock that is moved; nothing is tried twice."""
    settings = read_settings(CONN_ID, password=API_KEY, extra={"domain": "www.example.com"})
    policy = RetryPolicy(deadline_s=15, max_attempts=1)
    return MPulseClient(settings, transport=transport, policy=policy, timing=clock.timing(), **more)
