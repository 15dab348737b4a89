# SPDX-License-Identifier: Apache-2.0
"""What is wrong when the beacons that arrived are not those that the examples must leave behind."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from demo.expected import EXPECTED_BEACONS, OUTSIDE_SESSIONS, run_page_group

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from demo.metadata import DagRunRow, TaskInstanceRow

Beacon = dict[str, Any]

_REPORTING_OPERATOR = "MPulseBeaconOperator"
_COUNTS = {
    "Airflow Tasks Succeeded": "success",
    "Airflow Tasks Failed": "failed",
    "Airflow Tasks Skipped": "skipped",
    "Airflow Tasks Upstream Failed": "upstream_failed",
}


def find_missing(runs: Iterable[DagRunRow], beacons: Iterable[Beacon]) -> list[str]:
    """
    Find the beacons that have not arrived, or not yet.

    :param runs: The runs that ended.
    :param beacons: The sandbox's beacons, as `GET /api/beacons` gives them.
    :return: What is missing, one phrase for each page group.
    """
    counted = Counter(beacon["page_group"] for beacon in beacons)
    return [
        f"the page group {group!r} has {counted[group]} of {number} beacons"
        for group, number in _wanted(runs).items()
        if counted[group] < number
    ]


def find_shortcomings(
    runs: Iterable[DagRunRow],
    tasks: Mapping[str, Sequence[TaskInstanceRow]],
    beacons: Iterable[Beacon],
) -> list[str]:
    """
    Compare what the sandbox received with what the runs should have sent.

    :param runs: The runs that ended, one of each DAG.
    :param tasks: The task instances of each run, by DAG id.
    :param beacons: The sandbox's beacons, as `GET /api/beacons` gives them.
    :return: What is wrong, one phrase each; empty when all is well.
    """
    all_runs, received = list(runs), list(beacons)
    failed = [run for run in all_runs if run.state != "success"]
    return [
        *(f"the run {run.run_id} of {run.dag_id} ended as {run.state}" for run in failed),
        *find_missing(all_runs, received),
        *_find_surplus(all_runs, received),
        *_find_invalid(received),
        *_find_mixed_sessions(all_runs, received),
        *(phrase for run in all_runs for phrase in _find_miscounts(run, tasks[run.dag_id], received)),
    ]


def _wanted(runs: Iterable[DagRunRow]) -> Counter[str]:
    wanted: Counter[str] = Counter()
    for run in runs:
        wanted.update(EXPECTED_BEACONS[run.dag_id])
    return wanted


def _find_surplus(runs: Iterable[DagRunRow], beacons: Iterable[Beacon]) -> list[str]:
    wanted, counted = _wanted(runs), Counter(beacon["page_group"] for beacon in beacons)
    return [
        f"the page group {group!r} has {number} beacons, {wanted[group]} expected"
        for group, number in counted.items()
        if number > wanted[group]
    ]


def _find_invalid(beacons: Iterable[Beacon]) -> list[str]:
    return [
        f"a beacon of {beacon['page_group']!r} is invalid ({_join(beacon['verdict']['problems'])})"
        for beacon in beacons
        if not beacon["verdict"]["valid"]
    ]


def _find_mixed_sessions(runs: Iterable[DagRunRow], beacons: Sequence[Beacon]) -> list[str]:
    found = []
    owners: dict[str, str] = {}
    for run in runs:
        groups = EXPECTED_BEACONS[run.dag_id].keys() - OUTSIDE_SESSIONS
        sessions = {beacon["session_id"] for beacon in beacons if beacon["page_group"] in groups}
        if len(sessions) > 1 or None in sessions:
            found.append(f"the beacons of {run.dag_id} are not in one session, but in {sessions}")
        found += [
            f"{run.dag_id} and {owners[session]} share the session {session}"
            for session in sessions
            if session in owners
        ]
        owners.update(dict.fromkeys(sessions, run.dag_id))
    return found


def _find_miscounts(run: DagRunRow, tasks: Iterable[TaskInstanceRow], beacons: Iterable[Beacon]) -> list[str]:
    # A task that reports is still running when it counts the others.
    ended = [task for task in tasks if task.ended and task.operator != _REPORTING_OPERATOR]
    states = Counter(task.state for task in ended)
    wanted = {name: states[state] for name, state in _COUNTS.items()}
    # Page views of the session: one for each task instance that ended, and the run's own.
    wanted_length = len(ended) + 1
    found = []
    for beacon in beacons:
        if beacon["page_group"] != run_page_group(run.dag_id):
            continue
        length, counts = beacon["fields"].get("rt.sl"), {name: beacon["metrics"].get(name) for name in wanted}
        if length != str(wanted_length):
            found.append(f"the run of {run.dag_id} has the session length {length}, not {wanted_length}")
        if counts != wanted:
            found.append(f"the run of {run.dag_id} counts {counts}, but Airflow {wanted}")
    return found


def _join(problems: Iterable[Any]) -> str:
    return "; ".join(
        str(problem.get("message", problem)) if isinstance(problem, dict) else str(problem)
        for problem in problems
    )
