# SPDX-License-Identifier: Apache-2.0
"""What the demonstration finds wrong with beacons, and that it finds nothing wrong with the right ones."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from demo.expected import EXPECTED_BEACONS, OUTSIDE_SESSIONS, run_page_group
from demo.metadata import DagRunRow, TaskInstanceRow
from demo.shortcomings import find_missing, find_shortcomings

if TYPE_CHECKING:
    from collections.abc import Callable

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
RUNS = [DagRunRow(dag_id, "r", "scheduled", "success", NOON, NOON) for dag_id in EXPECTED_BEACONS]

Beacons = list[dict[str, Any]]


def task_row(task_id: str, state: str | None, operator: str = "PythonOperator") -> TaskInstanceRow:
    return TaskInstanceRow(task_id, -1, state, NOON, NOON, NOON, 0.0, 1, 0, operator)


# Of every run two tasks succeeded, one was skipped, and one reported them.
TASKS = {
    run.dag_id: [
        task_row("read", "success"),
        task_row("write", "success"),
        task_row("order", "skipped"),
        task_row("report", "success", "MPulseBeaconOperator"),
    ]
    for run in RUNS
}


def right_beacons() -> Beacons:
    beacons: Beacons = []
    for dag_id, groups in EXPECTED_BEACONS.items():
        for group, number in groups.items():
            beacon = {
                "page_group": group,
                "session_id": None if group in OUTSIDE_SESSIONS else f"session of {dag_id}",
                "fields": {},
                "metrics": {},
                "verdict": {"valid": True, "problems": []},
            }
            if group == run_page_group(dag_id):
                beacon["fields"] = {"rt.sl": "4"}
                beacon["metrics"] = {
                    "Airflow Tasks Succeeded": 2,
                    "Airflow Tasks Failed": 0,
                    "Airflow Tasks Skipped": 1,
                    "Airflow Tasks Upstream Failed": 0,
                }
            beacons += [copy.deepcopy(beacon) for _ in range(number)]
    return beacons


def find(beacons: Beacons, group: str) -> dict[str, Any]:
    return next(beacon for beacon in beacons if beacon["page_group"] == group)


def test_right_beacons_have_no_shortcomings() -> None:
    """Where everything has arrived as it should, nothing is found."""
    assert find_missing(RUNS, right_beacons()) == []
    assert find_shortcomings(RUNS, TASKS, right_beacons()) == []


def lose_a_mapped_task(beacons: Beacons) -> None:
    beacons.remove(find(beacons, "example_inventory_count - shelves-count_shelf"))


def report_a_run_twice(beacons: Beacons) -> None:
    beacons.append(find(beacons, "example_mpulse_waiting"))


def report_what_nobody_expects(beacons: Beacons) -> None:
    beacons.append({**find(beacons, "Region load"), "page_group": "example_mpulse_notifier"})


def spoil(beacons: Beacons) -> None:
    problems = [{"code": "c", "message": "t_done is negative"}]
    find(beacons, "Region load")["verdict"] = {"valid": False, "problems": problems}


def split_a_session(beacons: Beacons) -> None:
    find(beacons, "example_inventory_count")["session_id"] = "another"


def leave_a_session(beacons: Beacons) -> None:
    find(beacons, "example_inventory_count")["session_id"] = None


def share_a_session(beacons: Beacons) -> None:
    for beacon in beacons:
        if beacon["page_group"].startswith("Region load"):
            beacon["session_id"] = "session of example_mpulse_daily_sales"


def shorten_a_session(beacons: Beacons) -> None:
    find(beacons, "example_mpulse_waiting")["fields"]["rt.sl"] = "3"


def miscount(beacons: Beacons) -> None:
    find(beacons, "Region load")["metrics"]["Airflow Tasks Skipped"] = 0


@pytest.mark.parametrize(
    ("damage", "phrase"),
    [
        (lose_a_mapped_task, "'example_inventory_count - shelves-count_shelf' has 2 of 3 beacons"),
        (report_a_run_twice, "'example_mpulse_waiting' has 2 beacons, 1 expected"),
        (report_what_nobody_expects, "'example_mpulse_notifier' has 1 beacons, 0 expected"),
        (spoil, "a beacon of 'Region load' is invalid (t_done is negative)"),
        (split_a_session, "the beacons of example_inventory_count are not in one session"),
        (leave_a_session, "the beacons of example_inventory_count are not in one session"),
        (share_a_session, "example_mpulse_notifier and example_mpulse_daily_sales share the session"),
        (shorten_a_session, "the run of example_mpulse_waiting has the session length 3, not 4"),
        (miscount, "the run of example_mpulse_notifier counts"),
    ],
)
def test_each_shortcoming_is_found(damage: Callable[[Beacons], None], phrase: str) -> None:
    """Whatever is wrong with the beacons is named, once and alone."""
    beacons = right_beacons()
    damage(beacons)
    (found,) = find_shortcomings(RUNS, TASKS, beacons)
    assert phrase in found


def test_run_that_failed_is_a_shortcoming() -> None:
    """A run that did not succeed is named, whatever it has reported."""
    failed = DagRunRow("example_mpulse_waiting", "r", "scheduled", "failed", NOON, NOON)
    runs = [failed if run.dag_id == failed.dag_id else run for run in RUNS]
    (found,) = find_shortcomings(runs, TASKS, right_beacons())
    assert found == "the run r of example_mpulse_waiting ended as failed"
