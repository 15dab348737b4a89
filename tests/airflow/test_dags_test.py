# SPDX-License-Identifier: Apache-2.0
"""`airflow dags test`, the way in which an author tries a DAG before a scheduler sees it."""

from __future__ import annotations

import json
from importlib.metadata import version
from typing import TYPE_CHECKING

from airflow_mpulse.sandbox.server import SandboxServer
from tests.airflow.scheduler import ROOT, connection_variables
from tests.support.subprocesses import clean_environment, run_airflow

if TYPE_CHECKING:
    from pathlib import Path

DAG_ID = "example_mpulse_daily_sales"


def test_example_reports_where_airflow_tells(tmp_path: Path) -> None:
    """A tried DAG reports its run; its tasks too, save on 2.11, which does not tell when they started."""
    with SandboxServer() as sandbox:
        env = clean_environment(
            tmp_path / "home",
            **connection_variables(sandbox.port),
            AIRFLOW__CORE__DAGS_FOLDER=str(ROOT / "dags"),
            MPULSE_EXAMPLES_FOLDER=str(tmp_path),
        )
        run_airflow("db", "migrate", env=env)
        log = run_airflow("dags", "test", DAG_ID, env=env)
        beacons = [beacon.as_json() for beacon in sandbox.store.beacons()]
    assert all(beacon["verdict"]["valid"] for beacon in beacons), json.dumps(beacons)
    groups = sorted(beacon["page_group"] for beacon in beacons)
    if version("apache-airflow").startswith("2."):
        assert groups == [DAG_ID]
        assert "Finished tasks that get no beacon: 3; Airflow does not tell when they started" in log
    else:
        assert groups == [DAG_ID, *(f"{DAG_ID} - {task_id}" for task_id in ("extract", "load", "transform"))]
