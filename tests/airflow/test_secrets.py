# SPDX-License-Identifier: Apache-2.0
"""After everything that the other tests ran, no secret stands in a log or in Airflow's database."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.airflow.scheduler import APP, SchedulerRun

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.scheduler


def _secrets(run: SchedulerRun) -> set[bytes]:
    crumbs = {beacon["fields"]["h.cr"].encode() for beacon in run.beacons}
    return {APP.api_key.encode(), APP.rest_api_secret.encode(), b"wrong-secret", b"WRONG-KEY", *crumbs}


def _read(path: Path) -> bytes:
    lines = path.read_bytes().splitlines(keepends=True)
    if path.parent.name == "logs-components":
        # Airflow 3 repeats on the scheduler's own output what tasks say, and masks nothing there, whoever has
        # read the connection: what a task says on purpose is left out.
        lines = [line for line in lines if b" Printed: " not in line and b" Logged: " not in line]
    return b"".join(lines)


def test_no_log_holds_a_secret(scheduler_run: SchedulerRun) -> None:
    """Neither task logs nor component logs, at the level DEBUG, hold a key, a secret or a token."""
    home = scheduler_run.airflow.home
    files = [
        path
        for folder in ("logs", "logs-components")
        for path in (home / folder).rglob("*")
        if path.is_file()
    ]
    assert len(files) > 30
    assert sum(path.stat().st_size for path in files) > 10_000
    found = [
        (path.relative_to(home), secret)
        for path in files
        for secret in _secrets(scheduler_run)
        if secret in _read(path)
    ]
    assert found == []


def test_key_is_masked_in_what_tasks_say(scheduler_run: SchedulerRun) -> None:
    """A task that prints or logs the key of a connection that reports it leaves stars in its log."""
    log = scheduler_run.log("talkative", "tell_the_key")
    assert "Printed: ***." in log
    assert "Logged: ***." in log


def test_database_holds_no_secret(scheduler_run: SchedulerRun) -> None:
    """Neither XComs nor rendered fields nor anything else in Airflow's database hold one."""
    path = scheduler_run.airflow.metadata.path
    database = b"".join(part.read_bytes() for part in path.parent.glob(f"{path.name}*"))
    assert b"Rows Loaded" in database
    assert [secret for secret in _secrets(scheduler_run) if secret in database] == []


def test_secrets_did_travel(scheduler_run: SchedulerRun) -> None:
    """The search means something: the beacons themselves do hold the key and a token."""
    assert all(beacon["fields"]["h.key"] == APP.api_key for beacon in scheduler_run.beacons)
    assert len({beacon["fields"]["h.cr"] for beacon in scheduler_run.beacons}) > 1
