# SPDX-License-Identifier: Apache-2.0
"""Which beacons must have arrived, and what is wrong when they differ."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_mpulse.reporting.sessions import build_session_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from demo.metadata import DagRunRow, TaskInstanceRow

# Session ID and page group: what tells the beacons of one run's tasks and of the run itself apart.
_Key = tuple[str, str]


@dataclass(frozen=True)
class Tally:
    """
    Beacons that had to arrive and beacons that did.

    :param runs: Runs that ended.
    :param tasks: Task instances that ended.
    :param run_beacons: Beacons of runs that arrived.
    :param task_beacons: Beacons of tasks that arrived.
    :param shortcomings: What is wrong, one phrase each; empty when all is well.
    """

    runs: int
    tasks: int
    run_beacons: int
    task_beacons: int
    shortcomings: tuple[str, ...]


def tally_beacons(
    ended: Sequence[tuple[DagRunRow, Sequence[TaskInstanceRow]]],
    beacons: Sequence[Mapping[str, Any]],
    *,
    reporting: bool,
) -> Tally:
    """
    Compare what the sandbox received with what ended.

    :param ended: Runs that ended, each with its task instances.
    :param beacons: The sandbox's beacons, as `GET /api/beacons` gives them.
    :param reporting: Whether the listener was on; if not, no beacon at all may have arrived.
    :return: The counts, and what is wrong.
    """
    of_runs: Counter[_Key] = Counter()
    of_tasks: Counter[_Key] = Counter()
    for run, tasks in ended:
        session_id = _session_id(run)
        of_runs[session_id, run.dag_id] += 1
        of_tasks.update((session_id, f"{run.dag_id} - {task.task_id}") for task in tasks if task.ended)
    run_groups = {page_group for _, page_group in of_runs}
    received = Counter((beacon["session_id"], beacon["page_group"]) for beacon in beacons)
    received_of_runs = Counter({key: number for key, number in received.items() if key[1] in run_groups})
    received_of_tasks = received - received_of_runs
    found = [
        f"the run {run.run_id} ended as {run.state}, not in success"
        for run, _ in ended
        if run.state != "success"
    ]
    found += _differences("run", of_runs if reporting else Counter(), received_of_runs)
    found += _differences("task", of_tasks if reporting else Counter(), received_of_tasks)
    found += _invalid(beacons)
    return Tally(
        runs=of_runs.total(),
        tasks=of_tasks.total(),
        run_beacons=received_of_runs.total(),
        task_beacons=received_of_tasks.total(),
        shortcomings=tuple(found),
    )


def _session_id(run: DagRunRow) -> str:
    return "" if run.start_date is None else build_session_id(run.dag_id, run.run_id, run.start_date)


def _differences(what: str, wanted: Counter[_Key], received: Counter[_Key]) -> list[str]:
    found = []
    for name, keys in (
        ("missing", wanted - received),
        ("repeated or unexpected", received - wanted),
    ):
        if keys:
            examples = ", ".join(f"{group!r} in session {session_id}" for session_id, group in list(keys)[:3])
            found.append(f"beacons of {what}s that are {name}: {keys.total()} (such as {examples})")
    return found


def _invalid(beacons: Iterable[Mapping[str, Any]]) -> list[str]:
    invalid = [beacon for beacon in beacons if not beacon["verdict"]["valid"]]
    if not invalid:
        return []
    return [f"beacons that are invalid: {len(invalid)} (such as {invalid[0]['verdict']['problems']})"]
