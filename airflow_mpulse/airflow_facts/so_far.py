# SPDX-License-Identifier: Apache-2.0
"""
A run as one of its tasks sees it: a task's context in, facts out.

What a task may know about its own run differs: Airflow 2.11 gives it the database, Airflow 3.2 the states and
durations of finished tasks without their dates, Airflow 3.0 and 3.1 states only. The readers below
are one for each.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow_mpulse.airflow_facts.pages import build_run_url, build_task_url
from airflow_mpulse.airflow_facts.reading import is_final, read_bundle_version, read_task_group, read_text
from airflow_mpulse.exceptions import NoStartError
from airflow_mpulse.reporting.facts import RunFacts, TaskFacts, count_states
from airflow_mpulse.version_compat import AIRFLOW_V_3_0_PLUS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

#: How far the scheduler's clock may be ahead of the worker's before a run is not reported.
MAX_CLOCK_DIFFERENCE = timedelta(minutes=1)

_FAILED_STATES = frozenset({"failed", "upstream_failed"})


@dataclass(frozen=True, slots=True)
class RunSoFar:
    """
    A run as one of its tasks sees it.

    :param run: The run; its end is the moment of the look.
    :param tasks: The finished task instances without those of the looking task; without times where Airflow
        tells a task their states only.
    :param tells_durations: Whether Airflow tells a task how long the others took.
    """

    run: RunFacts
    tasks: tuple[TaskFacts, ...]
    tells_durations: bool


def read_run_so_far(context: Mapping[str, Any], *, now: datetime) -> RunSoFar:
    """
    Read the run that a task belongs to, and what its other tasks did so far.

    :param context: The task's context, in its own process.
    :param now: The present, with a time zone; it becomes the run's end.
    :return: The run as this task sees it.
    :raises NoStartError: If Airflow does not tell when the run started.
    """
    dag_run, own_task_id = context["dag_run"], context["ti"].task_id
    dag = context["task"].dag
    if dag_run.start_date is None:
        msg = f"Airflow does not tell when the run {dag_run.run_id!r} started, so no beacon is made up."
        raise NoStartError(msg)
    if timedelta() < dag_run.start_date - now < MAX_CLOCK_DIFFERENCE:
        # Scheduler and worker have clocks of their own; a run that has just begun did not end before.
        now = dag_run.start_date
    tells_durations, rows = _read_rows(context, now)
    run_url = build_run_url(dag_run.dag_id, dag_run.run_id)
    tasks = tuple(_complete(row, dag, run_url) for row in rows if row.task_id != own_task_id)
    counts = count_states(task.state for task in tasks)
    run = RunFacts(
        dag_id=dag_run.dag_id,
        run_id=dag_run.run_id,
        started_at=dag_run.start_date,
        ended_at=now,
        state=_judge(dag, own_task_id, tasks),
        run_type=read_text(dag_run.run_type),
        counts=counts,
        url=run_url,
        site_version=read_bundle_version(context["ti"]),
    )
    return RunSoFar(run, tasks, tells_durations)


def read_task_ids(context: Mapping[str, Any]) -> list[str]:
    """
    Read the IDs of the DAG's tasks.

    :param context: The task's context.
    :return: The IDs of all tasks but the looking one.
    """
    own_task_id = context["ti"].task_id
    return [task.task_id for task in context["task"].dag.tasks if task.task_id != own_task_id]


def _read_rows(context: Mapping[str, Any], now: datetime) -> tuple[bool, list[TaskFacts]]:
    ti, dag_run = context["ti"], context["dag_run"]
    if not AIRFLOW_V_3_0_PLUS:
        return True, _read_orm_rows(dag_run)
    if hasattr(ti, "get_task_breadcrumbs"):
        crumbs = ti.get_task_breadcrumbs(dag_id=dag_run.dag_id, run_id=dag_run.run_id)
        return True, [_read_breadcrumb(crumb, now) for crumb in crumbs]
    states = ti.get_task_states(dag_id=dag_run.dag_id, run_ids=[dag_run.run_id]).get(dag_run.run_id, {})
    return False, _read_state_rows(states, read_task_ids(context))


def _read_orm_rows(dag_run: Any) -> list[TaskFacts]:
    first_pokes = _read_first_pokes(dag_run)
    return [
        TaskFacts(
            task_id=ti.task_id,
            state=read_text(ti.state) or "",
            started_at=first_pokes.get((ti.task_id, ti.map_index, ti.try_number), ti.start_date),
            ended_at=ti.end_date,
            map_index=ti.map_index,
            try_number=ti.try_number,
            operator=ti.operator,
            queued_at=ti.queued_dttm,
        )
        for ti in dag_run.get_task_instances()
        if is_final(ti.state)
    ]


def _read_first_pokes(dag_run: Any) -> dict[tuple[str, int, int], datetime]:
    # A sensor in reschedule mode gets a new start_date with each poke.
    from airflow.models.taskreschedule import TaskReschedule
    from airflow.utils.session import create_session
    from sqlalchemy import func, select

    columns = (TaskReschedule.task_id, TaskReschedule.map_index, TaskReschedule.try_number)
    query = (
        select(*columns, func.min(TaskReschedule.start_date))
        .where(TaskReschedule.dag_id == dag_run.dag_id, TaskReschedule.run_id == dag_run.run_id)
        .group_by(*columns)
    )
    with create_session() as session:
        return {tuple(key): start for *key, start in session.execute(query)}


def _read_breadcrumb(crumb: Mapping[str, Any], now: datetime) -> TaskFacts:
    duration_s = crumb.get("duration")
    return TaskFacts(
        task_id=crumb["task_id"],
        state=read_text(crumb["state"]) or "",
        # There are no dates: the task is placed so that it ends at the moment of the look.
        started_at=None if duration_s is None else now - timedelta(seconds=duration_s),
        ended_at=None if duration_s is None else now,
        map_index=-1 if crumb.get("map_index") is None else crumb["map_index"],
        operator=crumb.get("operator"),
    )


def _read_state_rows(states: Mapping[str, Any], task_ids: Iterable[str]) -> list[TaskFacts]:
    known = set(task_ids)
    rows = []
    for key, state in states.items():
        # A mapped instance is told as "task_3", which may also be the name of a task.
        stem, _, index = key.rpartition("_")
        is_mapped = key not in known and stem in known and index.isdecimal()
        if is_final(state):
            task_id, map_index = (stem, int(index)) if is_mapped else (key, -1)
            rows.append(TaskFacts(task_id=task_id, state=read_text(state) or "", map_index=map_index))
    return rows


def _complete(row: TaskFacts, dag: Any, run_url: str | None) -> TaskFacts:
    group = read_task_group(dag.get_task(row.task_id)) if dag.has_task(row.task_id) else ""
    return replace(row, task_group=group, url=build_task_url(run_url, row))


def _judge(dag: Any, own_task_id: str, tasks: tuple[TaskFacts, ...]) -> str:
    """
    Judge the run as Airflow would if the looking task were not there.

    :param dag: The DAG.
    :param own_task_id: The looking task.
    :param tasks: The finished task instances.
    :return: ``failed`` or ``success``; ``running`` while a task that decides is not finished.
    """
    ignored = {own_task_id} | {
        task.task_id
        for task in dag.tasks
        if getattr(task, "is_teardown", False) and not getattr(task, "on_failure_fail_dagrun", False)
    }
    leaves = {
        task.task_id
        for task in dag.tasks
        if task.task_id not in ignored and set(task.downstream_task_ids) <= ignored
    }
    ended = [task for task in tasks if task.task_id in leaves]
    if any(task.state in _FAILED_STATES for task in ended):
        return "failed"
    return "success" if {task.task_id for task in ended} == leaves else "running"
