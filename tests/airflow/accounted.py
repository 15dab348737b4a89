# SPDX-License-Identifier: Apache-2.0
"""
A process that reports, and what it has counted: each report handed over is sent, dropped, or waits.

Run in an interpreter of its own, with the connections of ``tests.airflow.scheduler`` in its environment.
"""

from __future__ import annotations

import json
import os
import resource
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import requests

from airflow_mpulse import accounting
from airflow_mpulse.option_readers import read_delivery_settings
from airflow_mpulse.reporter.process import Reporter
from airflow_mpulse.reporting.beacons import ReportSettings
from airflow_mpulse.reporting.facts import RunFacts
from airflow_mpulse.reporting.report import Report
from airflow_mpulse.shared_state import find_outbox_folder, open_outbox

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from airflow_mpulse.delivery.outbox import Outbox

#: Seconds to wait at most for what comes by itself.
WAIT_S = 60.0


class Counts:
    """Stands for Airflow's Stats."""

    def __init__(self) -> None:
        self.counted: Counter[str] = Counter()

    def incr(self, name: str, count: int = 1, *, tags: dict[str, str] | None = None) -> None:
        self.counted[" ".join([name.removeprefix("mpulse.beacon."), *(tags or {}).values()])] += count

    def timing(self, name: str, value: float) -> None:
        pass


class Accounted:
    """A reporter whose counts are watched."""

    def __init__(self) -> None:
        accounting.Stats = self.counts = Counts()  # type: ignore[assignment]
        self.reporter = Reporter()
        self.handed = 0

    def report(self, number: int = 1, conn_id: str = "mpulse_default") -> None:
        """Report runs, one after another, each waited for."""
        for _ in range(number):
            now = datetime.now(UTC)
            run = RunFacts(f"dag {self.handed}", "r1", now - timedelta(seconds=3), now, state="success")
            self.reporter.send_within(Report(run, None, conn_id, ReportSettings()), WAIT_S)
            self.handed += 1

    def send_what_waits(self, until: Callable[[], bool]) -> None:
        """Be the process that sends from the outbox, until something is so."""
        self.reporter.become_sender()
        deadline_s = time.monotonic() + WAIT_S
        while not until() and time.monotonic() < deadline_s:
            time.sleep(0.02)

    @property
    def outbox(self) -> Outbox:
        found = open_outbox(read_delivery_settings())
        assert found is not None
        return found

    @property
    def outbox_folder(self) -> Path:
        found = find_outbox_folder(read_delivery_settings())
        assert found is not None
        return found

    @property
    def waiting(self) -> int:
        return len(self.outbox.list_waiting())

    def tell(self) -> None:
        """Print what was handed over, what was counted, and how much waits."""
        counted = {
            name: number
            for name, number in self.counts.counted.items()
            if name.split(" ")[0] in {"sent", "spooled", "dropped"}
        }
        print(json.dumps([self.handed, counted, self.waiting]))  # noqa: T201


def spoil(**fault: Any) -> None:
    """Have the sandbox misbehave from now on."""
    url = f"{os.environ['SANDBOX_URL']}/api/faults"
    requests.post(url, json={"times": None, **fault}, timeout=10).raise_for_status()


def heal() -> None:
    """Have the sandbox behave again."""
    requests.delete(f"{os.environ['SANDBOX_URL']}/api/faults", timeout=10).raise_for_status()


def let_files_grow_to(size_bytes: int) -> None:
    """Let no file of this process grow beyond a size, as on a disk that is full."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, resource.RLIM_INFINITY))
