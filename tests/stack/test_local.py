# SPDX-License-Identifier: Apache-2.0
"""The default profile: the examples on PostgreSQL, with the LocalExecutor."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from demo.loopback import answers
from demo.shortcomings import find_shortcomings
from tests.airflow.durations import MILLISECOND, wire_ms
from tests.stack.course import find_complaints, map_index_of

if TYPE_CHECKING:
    from tests.stack.course import LocalCourse

pytestmark = pytest.mark.scheduler

#: Two DAGs that the listener alone reports.
LISTENED = ("example_inventory_count", "example_mpulse_custom_beacon")
#: A task reads its clock when its process begins, after the database has noted the start.
STARTS_LATER_BY = timedelta(seconds=30)


def test_examples_arrive(local_course: LocalCourse) -> None:
    """Every beacon of every example arrives, once and valid, and they agree with Airflow's database."""
    tasks = {run.dag_id: local_course.tasks(run.dag_id) for run in local_course.runs}
    assert find_shortcomings(local_course.runs, tasks, local_course.beacons()) == []


def test_runs_have_the_times_of_the_database(local_course: LocalCourse) -> None:
    """A run's beacon ends exactly when PostgreSQL says; its start differs by rounding at most."""
    for dag_id in LISTENED:
        (run,) = (run for run in local_course.runs if run.dag_id == dag_id)
        (beacon,) = (beacon for beacon in local_course.beacons() if beacon["page_group"] == dag_id)
        assert int(beacon["fields"]["rt.end"]) == wire_ms(run.end_date), dag_id
        assert abs(int(beacon["fields"]["rt.tstart"]) - wire_ms(run.start_date)) <= 1, dag_id


def test_tasks_have_the_times_of_the_database(local_course: LocalCourse) -> None:
    """A task's beacon ends exactly when PostgreSQL says, and starts when its process did, soon after."""
    compared = 0
    for dag_id in LISTENED:
        for row in local_course.tasks(dag_id):
            group = f"{dag_id} - {row.task_id.replace('.', '-')}"
            beacons = [
                beacon["fields"]
                for beacon in local_course.beacons()
                if beacon["page_group"] == group and map_index_of(beacon) == row.map_index
            ]
            assert len(beacons) == (row.state == "success"), group
            for fields in beacons:
                assert int(fields["rt.end"]) == wire_ms(row.end_date), group
                late_ms = int(fields["rt.tstart"]) - wire_ms(row.start_date)
                assert -1 <= late_ms <= STARTS_LATER_BY / MILLISECOND, group
                compared += 1
    assert compared == 10


def test_scheduler_has_no_trouble(local_course: LocalCourse) -> None:
    """The listener's query in the scheduler's own session leaves no trace of trouble in any log."""
    log = local_course.stack.log("scheduler")
    trouble = "DetachedInstanceError|UNEXPECTED COMMIT|OperationalError|PendingRollbackError"
    assert re.findall(trouble, log) == []
    # Of a task that Airflow has mixed up nobody knows when it started.
    allowed = "(no_start)" if local_course.others else "nothing"
    assert [line for line in find_complaints(log) if allowed not in line] == []
    database = local_course.stack.log("postgres")
    assert re.findall("deadlock detected|current transaction is aborted|idle-in-transaction", database) == []


def test_addresses_answer(local_course: LocalCourse) -> None:
    """The addresses that are told answer, and the password opens Airflow's door."""
    stack = local_course.stack
    assert answers(f"{stack.sandbox_url}/health")
    assert answers(f"{stack.url}/api/v2/version")
    assert len(stack.password) >= 8
