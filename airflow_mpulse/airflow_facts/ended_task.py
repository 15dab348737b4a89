# SPDX-License-Identifier: Apache-2.0
"""
Tasks that have ended, as Airflow gives them to listeners and callbacks.

On Airflow 3 that is a running task's own object, in its process, or a row of the database where a person or
the scheduler has ended the task; on Airflow 2.11 it is always a row.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from airflow_mpulse.airflow_facts.counts import select_rows
from airflow_mpulse.airflow_facts.dags import read_tags
from airflow_mpulse.airflow_facts.ended_run import read_run, read_tags_of_run
from airflow_mpulse.airflow_facts.pages import build_task_url
from airflow_mpulse.airflow_facts.pokes import build_first_poke_finder, read_first_poke
from airflow_mpulse.airflow_facts.reading import is_row, read_bundle_version, read_task_group
from airflow_mpulse.reporting.facts import RunFacts, TaskFacts

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class EndedTask:
    """
    A task that has ended, with its run.

    :param run: The run.
    :param task: The task.
    :param find_start: Asks the database for the start of a rescheduled sensor's first poke, which may take a
        while; ``None`` where there is nothing to ask.
    """

    run: RunFacts
    task: TaskFacts
    find_start: Callable[[], datetime | None] | None = None

    @property
    def has_never_run(self) -> bool:
        """
        Tell whether the task was given its state before it began.

        :return: Whether it was; Airflow then makes its start and end the same.
        """
        return self.task.started_at == self.task.ended_at

    def without_stale_start(self) -> EndedTask:
        """
        Leave out the start of a try that was lost before it began; the row still has that of the one before.

        :return: The task, without a start where it was queued after it; as it is for a rescheduled sensor.
        """
        task = self.task
        is_stale = task.queued_at and task.started_at and task.queued_at > task.started_at
        if not is_stale or self.find_start is not None:
            return self
        return replace(self, task=replace(task, started_at=None))


def read_ended_task(ti: Any, *, state: str, now: datetime) -> EndedTask:  # noqa: DOC502
    """
    Read a task that has ended.

    :param ti: The task instance.
    :param state: How it ended.
    :param now: The present, with a time zone; the task's end where Airflow does not tell it.
    :return: The task and its run.
    :raises NoStartError: If Airflow does not tell when the run started.
    """
    # Asked for once: Airflow 3 judges the run's parameters anew each time.
    context = None if is_row(ti) else ti.get_template_context()
    dag_run = ti.dag_run if context is None else context["dag_run"]
    run, task = read_run(dag_run, site_version=read_bundle_version(ti)), getattr(ti, "task", None)
    facts = TaskFacts(
        task_id=ti.task_id,
        state=state,
        started_at=_read_start(ti, context),
        ended_at=getattr(ti, "end_date", None) or now,
        map_index=-1 if ti.map_index is None else ti.map_index,
        try_number=ti.try_number,
        operator=getattr(ti, "operator", None) or getattr(task, "task_type", None),
        task_group=read_task_group(task),
        queued_at=getattr(ti, "queued_dttm", None),
    )
    find_start = build_first_poke_finder(ti, task) if is_row(ti) else None
    return EndedTask(run, replace(facts, url=build_task_url(run.url, facts)), find_start)


def read_tags_of_task(ti: Any) -> frozenset[str]:
    """
    Read the tags of a task's DAG.

    :param ti: The task instance.
    :return: The tags.
    """
    task = getattr(ti, "task", None)
    return read_tags_of_run(ti.dag_run) if task is None else read_tags(task.dag)


def has_reporting_task(ti: Any) -> bool:
    """
    Tell whether a task that reports stands in the run of a row whose DAG is not at hand.

    :param ti: The row of a task instance.
    :return: Whether there is one.
    """
    from sqlalchemy import select
    from sqlalchemy.orm import object_session

    row, session = type(ti), object_session(ti)
    if session is None:
        return False
    query = select(row.task_id).where(
        row.dag_id == ti.dag_id, row.run_id == ti.run_id, row.operator == "MPulseBeaconOperator"
    )
    return bool(select_rows(session, query.limit(1)))


def _read_start(ti: Any, context: Any) -> datetime | None:
    start: datetime | None = getattr(ti, "start_date", None)
    if start is None or context is None:
        return start
    return read_first_poke(ti, context) or start
