# SPDX-License-Identifier: Apache-2.0
"""A sandbox for each test, and one real Airflow for all: examples and probes through its scheduler."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from airflow_mpulse.sandbox.server import SandboxServer
from demo.local_airflow import LocalAirflow
from demo.loopback import wait_until
from demo.shortcomings import find_missing
from tests.airflow.scheduler import (
    EXAMPLES,
    LAST_PAGE_GROUPS,
    LISTENED,
    PROBES,
    ROOT,
    SchedulerRun,
    connection_variables,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from demo.metadata import DagRunRow


def _have_arrived(runs: list[DagRunRow], sandbox: SandboxServer) -> bool:
    beacons = [beacon.as_json() for beacon in sandbox.store.beacons()]
    examples = [run for run in runs if run.dag_id in EXAMPLES]
    groups = {beacon["page_group"] for beacon in beacons}
    return groups >= LAST_PAGE_GROUPS and not find_missing(examples, beacons)


@pytest.fixture
def sandbox() -> Iterator[SandboxServer]:
    """Run a sandbox of one test's own on a free port."""
    with SandboxServer() as started:
        yield started


@pytest.fixture(scope="session")
def scheduler_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SchedulerRun]:
    """Run every example and every probe once, all through one scheduler."""
    folder = tmp_path_factory.mktemp("airflow")
    dags, work = folder / "dags", folder / "work"
    shutil.copytree(ROOT / "dags", dags, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(
        Path(__file__).parent / "dags", dags / "probes", ignore=shutil.ignore_patterns("__pycache__")
    )
    work.mkdir()
    with SandboxServer() as sandbox:
        env = {
            **connection_variables(sandbox.port),
            "MPULSE_EXAMPLES_FOLDER": str(work),
            "AIRFLOW__API__BASE_URL": "http://airflow.example.com",
            "AIRFLOW__WEBSERVER__BASE_URL": "http://airflow.example.com",
            "AIRFLOW__LOGGING__LOGGING_LEVEL": "DEBUG",
            "AIRFLOW__MPULSE__REPORT": "all",
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(Path(__file__).parent / "watch"),
            "SUPERVISOR_WATCH_FILE": str(work / "supervisor-watch"),
            # Everything at once on a small machine: what is tested here is what arrives, not how soon.
            "AIRFLOW__MPULSE__WAIT_S": "10",
            # What the operator's probes report is compared without the listener's beacons in between.
            "AIRFLOW__MPULSE__EXCLUDE_DAGS": "probe*",
        }
        dag_ids = {*EXAMPLES, *PROBES, *LISTENED}
        with LocalAirflow(folder / "home", dags, env=env, dag_ids=dag_ids, triggerer=True) as airflow:
            for dag_id in (*PROBES, *LISTENED):
                airflow.trigger(dag_id)
            runs = airflow.wait_for_runs(dag_ids, limit_s=500)
            wait_until(lambda: _have_arrived(runs, sandbox), limit_s=60, what="the last beacons")
            beacons = [beacon.as_json() for beacon in sandbox.store.beacons()]
            yield SchedulerRun(airflow, {run.dag_id: run for run in runs}, beacons, sandbox)
