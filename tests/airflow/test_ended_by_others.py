# SPDX-License-Identifier: Apache-2.0
"""Tasks and runs that a person or the end of a process has ended, rather than their own work."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from airflow_mpulse.airflow_facts.judgement import WRITTEN_WITHIN
from demo.loopback import wait_until
from tests.airflow.durations import duration_ms

if TYPE_CHECKING:
    from tests.airflow.scheduler import SchedulerRun

pytestmark = pytest.mark.scheduler

ON_2 = version("apache-airflow").startswith("2.")


def test_killed_task_is_reported_where_airflow_tells(scheduler_run: SchedulerRun) -> None:
    """2.11 tells a listener of a task whose process died, 3 does not; the run's beacon counts it on both."""
    beacons = scheduler_run.beacons_of("killed - die")
    row = scheduler_run.task("killed", "die")
    assert row.state == "failed"
    if ON_2:
        assert [beacon["dimensions"]["Airflow State"] for beacon in beacons] == ["failed"]
        assert abs(beacons[0]["t_done_ms"] - duration_ms(row)) <= 1
    else:
        assert beacons == []
    assert scheduler_run.beacon_of("killed")["metrics"]["Airflow Tasks Failed"] == 1


@pytest.mark.skipif(ON_2, reason="Airflow 2.11 tells listeners nothing of what a person marks")
def test_marks_of_a_person_are_reported_once(scheduler_run: SchedulerRun) -> None:
    """A running task and a running run that a person ends have one beacon; what had ended has no second."""
    airflow = scheduler_run.airflow
    run_id = airflow.trigger("marked")
    _wait_for_task(scheduler_run, "marked", run_id)
    _patch(
        scheduler_run, f"marked/dagRuns/{run_id}/taskInstances/wait_for_the_mark", {"new_state": "success"}
    )
    airflow.wait_for_runs(["marked"])
    _wait_for_beacon(scheduler_run, "marked")
    # Judged anew, no sooner than a person can; what comes of it would be sent before what follows.
    (run,) = airflow.wait_for_runs(["marked"])
    assert run.end_date
    ended_at = run.end_date
    wait_until(lambda: datetime.now(UTC) - ended_at > 3 * WRITTEN_WITHIN, limit_s=30, what="time to pass")
    _patch(scheduler_run, f"marked/dagRuns/{run_id}/taskInstances/after", {"new_state": "failed"})
    _patch(scheduler_run, f"marked/dagRuns/{run_id}", {"state": "failed"})

    other_id = airflow.trigger("marked_at_once")
    _wait_for_task(scheduler_run, "marked_at_once", other_id)
    _patch(scheduler_run, f"marked_at_once/dagRuns/{other_id}", {"state": "failed"})
    _wait_for_beacon(scheduler_run, "marked_at_once")

    beacons = [beacon.as_json() for beacon in scheduler_run.sandbox.store.beacons()]
    marked = [beacon for beacon in beacons if beacon["page_group"].startswith("marked")]
    assert sorted((b["page_group"], b["dimensions"]["Airflow State"]) for b in marked) == [
        ("marked", "success"),
        ("marked - after", "success"),
        ("marked - wait_for_the_mark", "success"),
        ("marked_at_once", "failed"),
        ("marked_at_once - wait_for_the_mark", "failed"),
    ]
    rows = {row.task_id: row for row in airflow.task_instances("marked", run_id)}
    (by_hand,) = [b for b in marked if b["page_group"] == "marked - wait_for_the_mark"]
    assert abs(by_hand["t_done_ms"] - duration_ms(rows["wait_for_the_mark"])) <= 1
    assert by_hand["dimensions"]["Airflow Operator"] == "_PythonDecoratedOperator"


def _patch(run: SchedulerRun, path: str, body: dict[str, Any]) -> None:
    # By REST, as the UI does it. On SQLite it may stand in the way of a heartbeat and be refused; a person
    # would try again. Nothing else writes to the database meanwhile.
    request = urllib.request.Request(
        f"{run.airflow.url}/api/v2/dags/{path}",
        data=json.dumps(body).encode(),
        method="PATCH",
        headers={"Content-Type": "application/json"},
    )
    for _ in range(3):
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                assert response.status == 200
            break
        except urllib.error.HTTPError as error:
            if error.code != 500:
                raise
    else:
        pytest.fail(f"Airflow refuses {path} again and again")


def _wait_for_task(run: SchedulerRun, dag_id: str, run_id: str) -> None:
    waiting = Path(run.airflow.env["MPULSE_EXAMPLES_FOLDER"]) / f"waits-{dag_id}"
    wait_until(waiting.exists, limit_s=120, what=f"the first task of {dag_id} to run")
    assert any(row.state == "running" for row in run.airflow.task_instances(dag_id, run_id))


def _wait_for_beacon(run: SchedulerRun, page_group: str) -> None:
    wait_until(
        lambda: any(beacon.page_group == page_group for beacon in run.sandbox.store.beacons()),
        limit_s=60,
        what=f"the beacon of {page_group}",
    )
