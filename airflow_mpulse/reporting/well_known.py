# SPDX-License-Identifier: Apache-2.0
"""
Facts by name, and the names under which they are sent without being asked for.

A well-known name is filled in when, and only when, the app defines it, so that an administrator switches a
fact on in the app itself. The options ``timers``, ``metrics`` and ``dimensions`` put facts under other names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow_mpulse.protocol.instants import elapsed_ms
from airflow_mpulse.reporting.facts import FAILED_TASK_STATES

if TYPE_CHECKING:
    from airflow_mpulse.protocol.config import Kind
    from airflow_mpulse.reporting.facts import RunFacts, TaskFacts

FactValue = int | str
FactValues = Mapping[str, FactValue]


@dataclass(frozen=True, slots=True)
class WellKnownName:
    """
    A name that is filled in when the app defines it.

    :param kind: ``timer``, ``metric`` or ``dimension``.
    :param name: The name in the mPulse app.
    :param fact: The fact, one of :data:`FACTS` of that kind.
    """

    kind: Kind
    name: str
    fact: str


WELL_KNOWN_NAMES = (
    WellKnownName("timer", "Airflow Queue Wait", "queue_wait_ms"),
    WellKnownName("metric", "Airflow Failures", "failures"),
    WellKnownName("metric", "Airflow Retries", "retries"),
    WellKnownName("metric", "Airflow Tasks Succeeded", "tasks_succeeded"),
    WellKnownName("metric", "Airflow Tasks Failed", "tasks_failed"),
    WellKnownName("metric", "Airflow Tasks Skipped", "tasks_skipped"),
    WellKnownName("metric", "Airflow Tasks Upstream Failed", "tasks_upstream_failed"),
    WellKnownName("dimension", "Airflow State", "state"),
    WellKnownName("dimension", "Airflow Operator", "operator"),
    WellKnownName("dimension", "Airflow Run Type", "run_type"),
    WellKnownName("dimension", "Airflow DAG", "dag_id"),
    WellKnownName("dimension", "Airflow Task", "task_id"),
    WellKnownName("dimension", "Airflow Try", "try_number"),
)

#: Every fact that can be sent, by the kind of name that it fits under.
FACTS: Mapping[Kind, tuple[str, ...]] = {
    "timer": ("queue_wait_ms", "duration_ms"),
    "metric": (
        "failures",
        "retries",
        "try_number",
        "tasks_finished",
        "tasks_succeeded",
        "tasks_failed",
        "tasks_skipped",
        "tasks_upstream_failed",
    ),
    "dimension": (
        "state",
        "operator",
        "run_type",
        "dag_id",
        "run_id",
        "task_id",
        "task_group",
        "map_index",
        "try_number",
    ),
}


def run_fact_values(run: RunFacts) -> FactValues:
    """
    Give the facts of a run by name.

    :param run: The run.
    :return: Values; what is not known is left out.
    """
    counts = run.counts
    values: dict[str, FactValue | None] = {
        "dag_id": run.dag_id,
        "run_id": run.run_id,
        "run_type": run.run_type,
        "state": run.state,
        "failures": None if run.state is None else int(run.state == "failed"),
        "duration_ms": None if run.ended_at is None else elapsed_ms(run.started_at, run.ended_at),
    }
    if counts is not None:
        values |= {
            "tasks_finished": counts.finished,
            "tasks_succeeded": counts.succeeded,
            "tasks_failed": counts.failed,
            "tasks_skipped": counts.skipped,
            "tasks_upstream_failed": counts.upstream_failed,
        }
    return _known(values)


def task_fact_values(run: RunFacts, task: TaskFacts) -> FactValues:
    """
    Give the facts of a task by name.

    :param run: The run.
    :param task: The task.
    :return: Values; what is not known is left out.
    """
    return _known(
        {
            "dag_id": run.dag_id,
            "run_id": run.run_id,
            "run_type": run.run_type,
            "task_id": task.task_id,
            "task_group": task.task_group or None,
            "map_index": task.map_index if task.map_index >= 0 else None,
            "operator": task.operator,
            "state": task.state,
            "failures": int(task.state in FAILED_TASK_STATES),
            "try_number": task.try_number,
            "retries": None if task.try_number is None else max(task.try_number - 1, 0),
            "queue_wait_ms": task.queue_wait_ms,
            "duration_ms": task.duration_ms,
        }
    )


def well_known_values(kind: Kind, defined: Mapping[str, str], facts: FactValues) -> dict[str, FactValue]:
    """
    Pick the well-known names that the app defines and the facts tell.

    :param kind: ``timer``, ``metric`` or ``dimension``.
    :param defined: The names that the app defines, with their labels.
    :param facts: Facts by name.
    :return: Values by the app's names.
    """
    return {
        known.name: facts[known.fact]
        for known in WELL_KNOWN_NAMES
        if known.kind == kind and known.name in defined and known.fact in facts
    }


def _known(values: Mapping[str, FactValue | None]) -> FactValues:
    return {name: value for name, value in values.items() if value is not None}
