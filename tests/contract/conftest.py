# SPDX-License-Identifier: Apache-2.0
"""Servers, clients and beacons of the contract tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from airflow_mpulse.delivery.client import MPulseClient
from airflow_mpulse.delivery.retry import RetryPolicy, Timing
from airflow_mpulse.delivery.settings import read_settings
from airflow_mpulse.protocol.beacon import Beacon
from airflow_mpulse.sandbox.app import SandboxApp
from airflow_mpulse.sandbox.clock import system_clock
from airflow_mpulse.sandbox.server import SandboxServer
from tests.support.clocks import START, MovedClock
from tests.support.scripted_server import API_KEY, ScriptedServer

APP = SandboxApp()
ClientMaker = Callable[..., MPulseClient]


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as started:
        yield started


@pytest.fixture
def sandbox() -> Iterator[SandboxServer]:
    with SandboxServer() as started:
        yield started


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
def make_client(clock: MovedClock) -> Iterator[ClientMaker]:
    """Make clients of a server on loopback; they are closed at the end."""
    made: list[MPulseClient] = []

    def make(
        port: int, *, password: str = API_KEY, domain: str = "www.example.com", **changes: Any
    ) -> MPulseClient:
        timing, policy = changes.pop("timing", clock.timing()), changes.pop("policy", RetryPolicy())
        host = changes.pop("host", f"{changes.pop('scheme', 'http')}://127.0.0.1")
        extra = {"domain": domain, "timeout_s": changes.pop("timeout_s", 5), **changes}
        settings = read_settings("mpulse_test", password=password, host=host, port=port, extra=extra)
        client = MPulseClient(settings, timing=timing, policy=policy)
        made.append(client)
        return client

    yield make
    for client in made:
        client.close()


@pytest.fixture
def beacon() -> Beacon:
    return Beacon("Nightly load", START - timedelta(seconds=90), START, timers={"Load": 1500})


@pytest.fixture
def make_sandbox_client(make_client: ClientMaker, sandbox: SandboxServer, clock: MovedClock) -> ClientMaker:
    """Make clients of the sandbox: its wall clock, but a monotonic clock that the test moves."""

    def make(**changes: Any) -> MPulseClient:
        timing = Timing(clock=clock.clock, now=system_clock, wait=clock.wait, jitter=lambda: 1.0)
        defaults = {"password": APP.api_key, "domain": APP.domain, "timing": timing}
        return make_client(sandbox.port, **{**defaults, **changes})

    return make
