# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the sandbox's tests: a running server, and a way to ask it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from airflow_mpulse.sandbox.server import SandboxServer
from tests.unit.sandbox.samples import NOW, Ask, asker

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    """Run the default sandbox on a free port, with a clock that stands still."""
    with SandboxServer(clock=lambda: NOW) as running:
        yield running


@pytest.fixture
def ask(server: SandboxServer) -> Ask:
    """Send one request to the running sandbox."""
    return asker(server)
