# SPDX-License-Identifier: Apache-2.0
"""The notifier in callbacks of tasks and of DAGs, and measurements, through a real scheduler."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.airflow.durations import MILLISECOND, wire_ms

if TYPE_CHECKING:
    from tests.airflow.scheduler import SchedulerRun

pytestmark = pytest.mark.scheduler

TASKS = "notified_tasks"


@pytest.mark.parametrize(
    ("task_id", "states"),
    [
        ("told_success", ["success"]),
        ("told_failure", ["failed"]),
        ("told_retry", ["success", "up_for_retry"]),
        ("told_skip", []),
    ],
)
def test_each_callback_sends_one_beacon(scheduler_run: SchedulerRun, task_id: str, states: list[str]) -> None:
    """A callback sends the task's beacon, rendered for this task; a skip sends none; the listener none."""
    beacons = scheduler_run.beacons_of(f"Told of {task_id}")
    assert sorted(beacon["dimensions"]["Airflow State"] for beacon in beacons) == states
    assert {beacon["dimensions"]["Warehouse"] for beacon in beacons} <= {task_id}
    assert scheduler_run.beacons_of(f"{TASKS} - {task_id}") == []


def test_a_callback_that_raises_changes_nothing(scheduler_run: SchedulerRun) -> None:
    """With raise_on_error the task still succeeds; the listener reports it, as the notifier could not."""
    assert scheduler_run.task(TASKS, "told_nonsense").state == "success"
    assert "defines no custom metric 'No Such Metric'" in scheduler_run.log(TASKS, "told_nonsense")
    assert len(scheduler_run.beacons_of(f"{TASKS} - told_nonsense")) == 1


def test_a_broken_template_is_one_warning(scheduler_run: SchedulerRun) -> None:
    """A template that cannot be rendered is one line in the log; the listener reports the task instead."""
    assert scheduler_run.task(TASKS, "told_broken_template").state == "success"
    log = scheduler_run.log(TASKS, "told_broken_template")
    assert log.count("No beacon was sent to mPulse for the callback") == 1
    assert len(scheduler_run.beacons_of(f"{TASKS} - told_broken_template")) == 1


def test_a_task_that_has_not_ended_is_not_reported(scheduler_run: SchedulerRun) -> None:
    """In on_execute_callback there is nothing to report yet: a sentence says so, and the listener does it."""
    assert "has not ended (its state is running)" in scheduler_run.log(TASKS, "told_too_early")
    assert len(scheduler_run.beacons_of(f"{TASKS} - told_too_early")) == 1


@pytest.mark.parametrize(("dag_id", "failed"), [("notified_run", 0), ("notified_failed_run", 1)])
def test_dag_callback_reports_the_run(scheduler_run: SchedulerRun, dag_id: str, failed: int) -> None:
    """A DAG's callback reports the run with its own start and end, counts of its tasks and values."""
    beacon, run = scheduler_run.beacon_of(f"Told of the run {dag_id}"), scheduler_run.runs[dag_id]
    assert run.start_date
    assert run.end_date
    assert abs(int(beacon["fields"]["rt.tstart"]) - wire_ms(run.start_date)) <= 1
    assert abs(beacon["t_done_ms"] - (run.end_date - run.start_date) / MILLISECOND) <= 1
    assert beacon["metrics"]["Airflow Tasks Failed"] == failed
    assert beacon["metrics"]["Airflow Tasks Succeeded"] == 2 - failed
    assert beacon["metrics"]["Airflow Failures"] == failed
    assert beacon["metrics"]["Rows Loaded"] == 42
    assert beacon["dimensions"]["Airflow State"] == run.state


def test_measurements_ride_on_the_tasks_beacon(scheduler_run: SchedulerRun) -> None:
    """Timers from any depth, thread and coroutine, the last metric and the dimension are on the beacon."""
    beacon = scheduler_run.beacon_of("measured - measure")
    assert beacon["timers"]["Load Time"] >= beacon["timers"]["Transform Time"] >= 50
    assert beacon["timers"]["Extract Time"] >= 0
    assert beacon["metrics"]["Rows Loaded"] == 17
    assert beacon["dimensions"]["Warehouse"] == "postgres"


def test_unusable_measurements_are_warnings(scheduler_run: SchedulerRun) -> None:
    """A name that the app does not define and a value that is no number are left out with a line each."""
    log = scheduler_run.log("measured", "measure")
    assert "defines no custom metric 'No Such Metric'; it defines" in log
    assert "A measurement is left out, and the task goes on: " in log
    assert "Files Checked" not in scheduler_run.beacon_of("measured - measure")["metrics"]
