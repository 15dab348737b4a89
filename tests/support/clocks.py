# SPDX-License-Identifier: Apache-2.0
"""Time that a test moves."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from airflow_mpulse.delivery.retry import Timing

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@dataclass
class MovedClock:
    """A clock that stands still until it is moved; waiting moves it."""

    elapsed_s: float = 0.0
    waits_s: list[float] = field(default_factory=list)

    def clock(self) -> float:
        return self.elapsed_s

    def now(self) -> datetime:
        return START + timedelta(seconds=self.elapsed_s)

    def wait(self, seconds: float) -> bool:
        self.waits_s.append(seconds)
        self.elapsed_s += seconds
        return False

    def timing(self, jitter: float = 1.0) -> Timing:
        return Timing(clock=self.clock, now=self.now, wait=self.wait, jitter=lambda: jitter)
