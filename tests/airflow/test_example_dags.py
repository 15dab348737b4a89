# SPDX-License-Identifier: Apache-2.0
"""The example DAGs through a real scheduler: what arrives is what Airflow's own database says."""

from __future__ import annotations

import pytest

from demo.expected import EXPECTED_BEACONS
from tests.airflow.durations import duration_ms, wire_ms
from tests.airflow.scheduler import EXAMPLES, SchedulerRun

pytestmark = pytest.mark.scheduler

REPORTED = {
    "example_mpulse_daily_sales": "report_to_mpulse",
    "example_mpulse_mapped_regions": "report_to_mpulse",
}


@pytest.mark.parametrize("dag_id", EXAMPLES)
def test_example_sends_its_beacons(scheduler_run: SchedulerRun, dag_id: str) -> None:
    """One run of an example succeeds and leaves exactly the beacons that the demo expects, all valid."""
    assert scheduler_run.runs[dag_id].state == "success"
    for page_group, number in EXPECTED_BEACONS[dag_id].items():
        beacons = scheduler_run.beacons_of(page_group)
        assert len(beacons) == number, page_group
        assert [beacon["verdict"]["problems"] for beacon in beacons] == [[]] * number


@pytest.mark.parametrize("dag_id", REPORTED)
def test_task_durations_are_airflows_own(scheduler_run: SchedulerRun, dag_id: str) -> None:
    """Each task's beacon holds the duration that Airflow's database has, in whole milliseconds."""
    for task_id in {row.task_id for row in scheduler_run.tasks(dag_id)} - {REPORTED[dag_id]}:
        rows = [r for r in scheduler_run.tasks(dag_id) if r.task_id == task_id and r.state == "success"]
        beacons = scheduler_run.beacons_of(f"{dag_id} - {task_id.replace('.', '-')}")
        assert sorted(beacon["t_done_ms"] for beacon in beacons) == sorted(map(duration_ms, rows)), task_id


@pytest.mark.parametrize("dag_id", REPORTED)
def test_run_duration_ends_while_the_report_runs(scheduler_run: SchedulerRun, dag_id: str) -> None:
    """The run's beacon starts with the run and ends between the reporting task's start and its end."""
    beacon, run = scheduler_run.beacon_of(dag_id), scheduler_run.runs[dag_id]
    report = scheduler_run.task(dag_id, REPORTED[dag_id])
    assert run.start_date
    assert report.start_date
    assert report.end_date
    assert abs(int(beacon["fields"]["rt.tstart"]) - wire_ms(run.start_date)) <= 1
    assert wire_ms(report.start_date) <= int(beacon["fields"]["rt.end"]) <= wire_ms(report.end_date) + 1


def test_task_timers_hold_durations(scheduler_run: SchedulerRun) -> None:
    """A task timer on the run's beacon equals the task's duration; of a mapped task the longest."""
    sales = scheduler_run.beacon_of("example_mpulse_daily_sales")["timers"]
    for timer, task_id in {
        "Extract Time": "extract",
        "Transform Time": "transform",
        "Load Time": "load",
    }.items():
        assert sales[timer] == duration_ms(scheduler_run.task("example_mpulse_daily_sales", task_id))
    regions = scheduler_run.beacon_of("example_mpulse_mapped_regions")["timers"]
    rows = scheduler_run.tasks("example_mpulse_mapped_regions")
    assert regions["Slowest Region"] == max(duration_ms(r) for r in rows if r.task_id == "regions.sum_up")


def test_values_of_the_author_arrive(scheduler_run: SchedulerRun) -> None:
    """A metric from an XCom goes on the run's beacon, a dimension on every beacon."""
    loaded = scheduler_run.airflow.metadata.xcoms(
        "example_mpulse_daily_sales", scheduler_run.runs["example_mpulse_daily_sales"].run_id
    )["load", -1, "return_value"]
    run = scheduler_run.beacon_of("example_mpulse_daily_sales")
    assert run["metrics"]["Rows Loaded"] == loaded > 100
    extract = scheduler_run.beacon_of("example_mpulse_daily_sales - extract")
    assert run["dimensions"]["Warehouse"] == extract["dimensions"]["Warehouse"] == "sqlite"
    assert "Rows Loaded" not in extract["metrics"]


def test_beacons_of_a_run_share_its_session(scheduler_run: SchedulerRun) -> None:
    """All beacons of one run have one session, which starts with the run; other runs have others."""
    sessions = set()
    for dag_id in REPORTED:
        beacons = [b for b in scheduler_run.beacons if b["page_group"].startswith(dag_id)]
        (session,) = {beacon["session_id"] for beacon in beacons}
        (started,) = {beacon["fields"]["rt.ss"] for beacon in beacons}
        assert abs(int(started) - wire_ms(scheduler_run.runs[dag_id].start_date)) <= 1
        sessions.add(session)
    assert len(sessions) == len(REPORTED)
