# SPDX-License-Identifier: Apache-2.0
"""The listener through a real scheduler: every end of a task and of a run, against Airflow's own database."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from airflow_mpulse.reporting.sessions import build_session_id
from tests.airflow.durations import MILLISECOND, duration_ms, wire_ms

if TYPE_CHECKING:
    from demo.metadata import TaskInstanceRow
    from tests.airflow.scheduler import SchedulerRun

pytestmark = pytest.mark.scheduler

DAG_ID, PAGE_GROUP = "every.state", "every-state"
RAN = {
    **dict.fromkeys(("succeed", "fail", "fail_once", "choose", "poke_twice", "deferred"), 1),
    **dict.fromkeys(("set_up", "work", "tear_down"), 1),
    "group.mapped": 20,
}

#: On Airflow 3 a task reads its clock when it begins, after the database has noted the start; and a failure
#: is noted when its process is over. A process that has yet to import everything takes longest.
STARTS_LATER_BY = timedelta(seconds=15)
FAILURE_NOTED_LATER_BY = timedelta(seconds=15)


def _page_group(task_id: str) -> str:
    return f"{PAGE_GROUP} - {task_id.replace('.', '-')}"


def _nearest(row: TaskInstanceRow, beacons: list[dict[str, Any]]) -> int:
    times = [(int(beacon["fields"]["rt.tstart"]), int(beacon["fields"]["rt.end"])) for beacon in beacons]
    start_ms, end_ms = wire_ms(row.start_date), wire_ms(row.end_date)
    return min(
        range(len(times)), key=lambda index: abs(times[index][0] - start_ms) + abs(times[index][1] - end_ms)
    )


def _pairs(run: SchedulerRun, task_id: str) -> list[tuple[TaskInstanceRow, dict[str, Any]]]:
    rows = [row for row in run.tasks(DAG_ID) if row.task_id == task_id]
    beacons = run.beacons_of(_page_group(task_id))
    assert len(rows) == len(beacons), task_id

    def index_of(beacon: dict[str, Any]) -> int:
        path = (beacon["fields"].get("u") or "").partition("/mapped/")[2]
        return int(path) if path else -1

    if len(rows) > 1 and run.airflow.major == 2:
        # Its pages in the UI do not tell mapped instances apart; their starts and ends do, taken together.
        return [(row, beacons.pop(_nearest(row, beacons))) for row in rows]
    by_index = {row.map_index: row for row in rows}
    return [(by_index[index_of(beacon)], beacon) for beacon in beacons]


def test_each_task_that_ran_has_one_beacon(scheduler_run: SchedulerRun) -> None:
    """Successes and failures have one beacon each; skips, upstream failures and failed tries have none."""
    counted: dict[str, int] = {}
    for beacon in scheduler_run.beacons:
        stem, dash, task = beacon["page_group"].partition(" - ")
        if stem == PAGE_GROUP and dash:
            counted[task] = counted.get(task, 0) + 1
    assert counted == {task_id.replace(".", "-"): number for task_id, number in RAN.items()}
    assert len(scheduler_run.beacons_of(PAGE_GROUP)) == 1


def test_every_beacon_is_valid(scheduler_run: SchedulerRun) -> None:
    """The sandbox finds nothing wrong with any beacon of the listener."""
    problems = {
        beacon["page_group"]: beacon["verdict"]["problems"]
        for beacon in scheduler_run.beacons
        if beacon["page_group"].startswith(PAGE_GROUP)
    }
    assert len(problems) == len(RAN) + 1
    assert not any(problems.values())


@pytest.mark.parametrize("task_id", [task_id for task_id in RAN if task_id != "poke_twice"])
def test_durations_are_the_databases(scheduler_run: SchedulerRun, task_id: str) -> None:
    """On 2.11 a task's duration is the database's; on 3 it differs by what the database notes otherwise."""
    for row, beacon in _pairs(scheduler_run, task_id):
        assert row.start_date
        assert row.end_date
        started_ms, ended_ms = (int(beacon["fields"][name]) for name in ("rt.tstart", "rt.end"))
        assert beacon["t_done_ms"] == ended_ms - started_ms
        if scheduler_run.airflow.major == 2:
            assert abs(beacon["t_done_ms"] - duration_ms(row)) <= 1
            assert abs(started_ms - wire_ms(row.start_date)) <= 1
            continue
        assert -1 <= started_ms - wire_ms(row.start_date) <= STARTS_LATER_BY / MILLISECOND
        noted_later_ms = wire_ms(row.end_date) - ended_ms
        if row.state == "success":
            assert abs(noted_later_ms) <= 1
        else:
            assert -1 <= noted_later_ms <= FAILURE_NOTED_LATER_BY / MILLISECOND


def test_rescheduled_sensor_counts_from_its_first_poke(scheduler_run: SchedulerRun) -> None:
    """The duration of a sensor in reschedule mode spans the wait between its pokes."""
    ((row, beacon),) = _pairs(scheduler_run, "poke_twice")
    first_poke = scheduler_run.first_poke(DAG_ID, "poke_twice")
    assert row.start_date
    assert row.end_date
    assert first_poke < row.start_date
    assert abs(int(beacon["fields"]["rt.tstart"]) - wire_ms(first_poke)) <= 1
    assert abs(beacon["t_done_ms"] - (row.end_date - first_poke) / MILLISECOND) <= 1
    assert beacon["t_done_ms"] > 3500 > duration_ms(row)


def test_deferred_task_counts_its_deferral(scheduler_run: SchedulerRun) -> None:
    """The duration of a deferred task spans the time in the triggerer, from its first start."""
    ((row, beacon),) = _pairs(scheduler_run, "deferred")
    run = scheduler_run.runs[DAG_ID]
    assert row.start_date
    assert run.start_date
    assert int(beacon["fields"]["rt.end"]) >= wire_ms(run.start_date + timedelta(seconds=20))
    until_target_ms = wire_ms(run.start_date + timedelta(seconds=20)) - wire_ms(row.start_date)
    assert beacon["t_done_ms"] >= until_target_ms - STARTS_LATER_BY / MILLISECOND


def test_run_is_the_databases(scheduler_run: SchedulerRun) -> None:
    """The run's beacon spans the run as the database has it, within a millisecond."""
    beacon, run = scheduler_run.beacon_of(PAGE_GROUP), scheduler_run.runs[DAG_ID]
    assert run.start_date
    assert run.end_date
    assert abs(int(beacon["fields"]["rt.tstart"]) - wire_ms(run.start_date)) <= 1
    assert abs(beacon["t_done_ms"] - (run.end_date - run.start_date) / MILLISECOND) <= 1
    assert run.state == "failed"
    assert beacon["metrics"]["Airflow Failures"] == 1
    assert beacon["dimensions"]["Airflow State"] == "failed"


def test_counts_equal_the_database(scheduler_run: SchedulerRun) -> None:
    """The counts and the session length on the run's beacon are those of all task instances."""
    states = [row.state for row in scheduler_run.tasks(DAG_ID)]
    beacon = scheduler_run.beacon_of(PAGE_GROUP)
    assert {name: value for name, value in beacon["metrics"].items() if name.startswith("Airflow Tasks")} == {
        "Airflow Tasks Succeeded": states.count("success"),
        "Airflow Tasks Failed": states.count("failed"),
        "Airflow Tasks Skipped": states.count("skipped"),
        "Airflow Tasks Upstream Failed": states.count("upstream_failed"),
    }
    assert int(beacon["fields"]["rt.sl"]) == len(states) + 1


def test_all_beacons_share_the_runs_session(scheduler_run: SchedulerRun) -> None:
    """The session ID of each beacon is the run's, whichever process has made it."""
    run = scheduler_run.runs[DAG_ID]
    beacons = [b for b in scheduler_run.beacons if b["page_group"].startswith(PAGE_GROUP)]
    assert len(beacons) == sum(RAN.values()) + 1
    assert run.start_date
    assert {beacon["session_id"] for beacon in beacons} == {
        build_session_id(run.dag_id, run.run_id, run.start_date)
    }
    assert all(abs(int(beacon["fields"]["rt.ss"]) - wire_ms(run.start_date)) <= 1 for beacon in beacons)


def test_retry_is_told_by_the_try(scheduler_run: SchedulerRun) -> None:
    """A task that failed once has one beacon, for its second try."""
    ((_, beacon),) = _pairs(scheduler_run, "fail_once")
    assert beacon["metrics"]["Airflow Retries"] == 1
    assert beacon["metrics"]["Airflow Failures"] == 0
    assert beacon["dimensions"]["Airflow Try"] == "2"


def test_log_has_one_line_per_task(scheduler_run: SchedulerRun) -> None:
    """A task's log says once at INFO that its beacon was sent, and with which page group."""
    log = scheduler_run.log(DAG_ID, "succeed")
    lines = [line for line in log.splitlines() if "Sent a beacon to mPulse" in line]
    assert len(lines) == 1
    assert _page_group("succeed") in lines[0]


def test_supervisor_is_asked_by_the_tasks_own_thread(scheduler_run: SchedulerRun) -> None:
    """No thread of ours talks to a task's supervisor, which takes two threads' questions for one's."""
    watched = scheduler_run.airflow.env["SUPERVISOR_WATCH_FILE"]
    if scheduler_run.airflow.major > 2:
        threads = set(Path(watched).read_text().splitlines())
        assert "MainThread" in threads
        assert {name for name in threads if name.startswith("mpulse")} == set()
    assert {row.state for row in scheduler_run.tasks("talkative")} == {"success"}
    assert len(scheduler_run.beacons_of("talkative - talk")) == 3


def test_operators_reports_are_not_repeated(scheduler_run: SchedulerRun) -> None:
    """Of a DAG whose own task reports the run and all tasks, the listener reports nothing."""
    groups = [b["page_group"] for b in scheduler_run.beacons]
    assert groups.count("example_mpulse_daily_sales") == 1
    assert groups.count("example_mpulse_daily_sales - load") == 1
    assert "example_mpulse_daily_sales - report_to_mpulse" not in groups


def test_excluded_dags_report_nothing(scheduler_run: SchedulerRun) -> None:
    """A DAG that a glob or the tag excludes has no beacon but those that its own tasks send."""
    groups = {b["page_group"] for b in scheduler_run.beacons}
    assert "probe_states - report" not in groups
    assert not groups & {"notified_run", "notified_run - do", "notified_failed_run"}
