# SPDX-License-Identifier: Apache-2.0
"""Outboxes of beacons that a test can tell apart by their page group, and what becomes of them."""

from __future__ import annotations

import itertools
import json
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow_mpulse.delivery.client import MPulseClient
from airflow_mpulse.delivery.config_store import FileStore, name_service
from airflow_mpulse.delivery.drain import Drainer
from airflow_mpulse.delivery.outbox import CLAIMS, LEAVING, UNREADABLE, Outbox
from airflow_mpulse.delivery.private_folder import PrivateFolder
from airflow_mpulse.delivery.retry import RetryPolicy
from airflow_mpulse.delivery.settings import read_settings
from airflow_mpulse.exceptions import BeaconError
from airflow_mpulse.protocol.beacon import Beacon
from airflow_mpulse.sandbox.app import SandboxApp

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from airflow_mpulse.delivery.report import DrainReport
    from airflow_mpulse.sandbox.server import SandboxServer
    from tests.support.clocks import MovedClock

CONN_ID = "mpulse_test"

#: What :func:`look_into` gives of an outbox in which nothing is left.
EMPTY: dict[str, list[str]] = {"waiting": [], "unfinished": [], "taken": [], "leaving": [], "unreadable": []}


def make_outbox(path: Path, *, max_beacons: int = 10_000) -> Outbox:
    """Give an outbox with the system's clock."""
    return Outbox(path, max_beacons=max_beacons, now_ns=time.time_ns)


def make_moved_outbox(path: Path, clock: MovedClock, *, max_beacons: int = 10_000) -> Outbox:
    """Give an outbox on a clock that is moved; what is put at one instant stays in its order."""
    numbers = itertools.count()
    return Outbox(
        path,
        max_beacons=max_beacons,
        now_ns=lambda: int(clock.now().timestamp()) * 10**9 + next(numbers),
    )


def put(outbox: Outbox, *page_groups: str) -> None:
    """Put beacons of these page groups into an outbox."""
    for page_group in page_groups:
        outbox.put(CONN_ID, {"page_group": page_group})


def build(kept: Any, ended_at: datetime) -> Beacon:
    """Make a beacon of what was kept."""
    if not isinstance(kept, dict) or "page_group" not in kept:
        msg = "What was kept is no beacon."
        raise BeaconError(msg)
    return Beacon(kept["page_group"], ended_at - timedelta(seconds=1), ended_at)


def make_drainer(
    outbox: Outbox,
    *,
    max_age: timedelta = timedelta(hours=1),
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Drainer:
    """Give what sends from an outbox."""
    return Drainer(outbox, lambda kept, _: build(kept, now()), max_age=max_age, now=now)


def make_client(port: int, *, cache: Path | None = None, **more: Any) -> MPulseClient:
    """Give a client of the sandbox on a port; ``cache`` is where it shares the configuration."""
    app = SandboxApp()
    settings = read_settings(
        CONN_ID,
        password=app.api_key,
        host="http://127.0.0.1",
        port=port,
        extra={"domain": app.domain, "timeout_s": more.pop("timeout_s", 10)},
    )
    if cache is not None:
        more["store"] = FileStore(PrivateFolder(cache), name_service(settings), time.sleep)
    return MPulseClient(settings, **{"policy": RetryPolicy(deadline_s=0.5), **more})


def drain(path: Path, port: int) -> dict[str, Any]:
    """Take up what others have left in an outbox, send what waits, and tell what became of it."""
    client, drainer = make_client(port), make_drainer(make_outbox(path))
    try:
        report = drainer.tidy().plus(drainer.drain(CONN_ID, client))
    finally:
        client.close()
    return {"sent": report.sent, "dropped": dict(report.dropped), "waiting": report.waiting}


def tell(report: DrainReport) -> tuple[int, dict[str, int], int]:
    """Give what became of beacons as plain values: sent, dropped by reason, waiting on."""
    return report.sent, dict(report.dropped), report.waiting


def page_groups_at(sandbox: SandboxServer) -> list[str]:
    """List the page groups of the beacons that have arrived, in alphabetical order."""
    return sorted(beacon.page_group for beacon in sandbox.store.beacons())


def look_into(path: Path) -> dict[str, list[str]]:
    """Tell in which state the beacons of an outbox are, by their page groups."""
    found: dict[str, list[str]] = {state: [] for state in EMPTY}
    for file in sorted(path.rglob("*")):
        if file.is_dir() or file.name == "lock":
            continue
        if file.parent == path:
            state = "unfinished" if file.name.startswith(".") else "waiting"
        elif file.parent.name == UNREADABLE:
            state = "unreadable"
        else:
            assert file.parent.parent == path / CLAIMS, file
            state = "leaving" if file.name.endswith(LEAVING) else "taken"
        found[state].append(_page_group(file))
    return found


def _page_group(file: Path) -> str:
    try:
        return str(json.loads(file.read_bytes())["content"]["page_group"])
    except (ValueError, KeyError, TypeError, OSError):
        return "?"
