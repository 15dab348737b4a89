# SPDX-License-Identifier: Apache-2.0
"""`airflow dags test`, the way in which an author tries a DAG before a scheduler sees it."""

from __future__ import annotations

import json
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from airflow_mpulse.sandbox.server import SandboxServer
from tests.airflow.scheduler import ROOT, connection_variables
from tests.support.subprocesses import clean_environment, run_airflow

if TYPE_CHECKING:
    from pathlib import Path

DAG_ID = "example_mpulse_daily_sales"
PLAIN_DAG_ID = "example_inventory_count"
ON_2 = version("apache-airflow").startswith("2.")


def _try_dag(tmp_path: Path, dag_id: str, **options: str) -> tuple[list[dict[str, Any]], str]:
    with SandboxServer() as sandbox:
        env = clean_environment(
            tmp_path / "home",
            **connection_variables(sandbox.port),
            AIRFLOW__CORE__DAGS_FOLDER=str(ROOT / "dags"),
            MPULSE_EXAMPLES_FOLDER=str(tmp_path),
            **options,
        )
        run_airflow("db", "migrate", env=env)
        log = run_airflow("dags", "test", dag_id, env=env)
        return [beacon.as_json() for beacon in sandbox.store.beacons()], log


def test_example_reports_where_airflow_tells(tmp_path: Path) -> None:
    """A tried DAG reports its run; its tasks too, save on 2.11, which does not tell when they started."""
    beacons, log = _try_dag(tmp_path, DAG_ID)
    assert all(beacon["verdict"]["valid"] for beacon in beacons), json.dumps(beacons)
    groups = sorted(beacon["page_group"] for beacon in beacons)
    if ON_2:
        assert groups == [DAG_ID]
        assert "Finished tasks that get no beacon: 3; Airflow does not tell when they started" in log
    else:
        assert groups == [DAG_ID, *(f"{DAG_ID} - {task_id}" for task_id in ("extract", "load", "transform"))]


def test_listener_reports_where_airflow_tells(tmp_path: Path) -> None:
    """A tried DAG reports itself; on 2.11 its tasks are counted as dropped, since they have no start."""
    beacons, log = _try_dag(tmp_path, PLAIN_DAG_ID, AIRFLOW__MPULSE__REPORT="all")
    groups = [beacon["page_group"] for beacon in beacons]
    assert groups.count(PLAIN_DAG_ID) == 1
    assert all(beacon["verdict"]["valid"] for beacon in beacons), json.dumps(beacons)
    if ON_2:
        assert groups == [PLAIN_DAG_ID]
        assert "(no_start): Airflow does not tell when the task" in log
    else:
        assert len(groups) > 3
