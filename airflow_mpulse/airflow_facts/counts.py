# SPDX-License-Identifier: Apache-2.0
"""
How the tasks of a run ended, asked in the session of the run's own row, in the midst of Airflow's work.

Airflow's helpers open a session of their own, and their commit ends a scheduler that is in the midst of
something. What is asked here costs the scheduler's time, so that it is asked as cheaply as it can be.
"""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from airflow_mpulse.airflow_facts.reading import read_text
from airflow_mpulse.reporting.facts import TaskCounts

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Runs with more task instances are reported without counts, so that counting never holds the scheduler up.
MAX_COUNTED_TASKS = 10_000


def count_rows(dag_run: Any) -> TaskCounts | None:
    """
    Count the task instances of a run by how they ended.

    :param dag_run: The row of the run, in its session.
    :return: The counts; ``None`` for a row without a session, and above :data:`MAX_COUNTED_TASKS`.
    """
    from sqlalchemy.orm import object_session

    session = object_session(dag_run)
    if session is None:
        return None
    run = {"dag_id": dag_run.dag_id, "run_id": dag_run.run_id}
    number, by_state = _build_queries()
    # Only how many there are, which no change that is still to be written concerns.
    with session.no_autoflush:
        total = select_rows(session, number, run)[0][0]
    if total > MAX_COUNTED_TASKS:
        return None
    # A scheduler that ends a run has just loaded all its tasks to judge it.
    counted = Counter(_read_held_states(session, run))
    if counted.total() != total:
        counted = Counter({read_text(state): count for state, count in select_rows(session, by_state, run)})
    return TaskCounts(
        succeeded=counted["success"],
        failed=counted["failed"],
        skipped=counted["skipped"],
        upstream_failed=counted["upstream_failed"],
        removed=counted["removed"],
    )


def _read_held_states(session: Any, run: dict[str, str]) -> Iterator[str | None]:
    from airflow.models.taskinstance import TaskInstance

    dag_id, run_id = run["dag_id"], run["run_id"]
    for held in session.identity_map.values():
        if isinstance(held, TaskInstance):
            # Not by its attributes: one that is not loaded would be asked for, one row at a time.
            known = held.__dict__
            if known.get("run_id") == run_id and known.get("dag_id") == dag_id and "state" in known:
                yield read_text(known["state"])


@lru_cache(maxsize=1)
def _build_queries() -> tuple[Any, Any]:
    # Once: building a query costs more than asking it.
    from airflow.models.taskinstance import TaskInstance
    from sqlalchemy import bindparam, func, select

    of_run = (TaskInstance.dag_id == bindparam("dag_id"), TaskInstance.run_id == bindparam("run_id"))
    number = select(func.count()).select_from(TaskInstance).where(*of_run)
    by_state = select(TaskInstance.state, func.count()).where(*of_run).group_by(TaskInstance.state)
    return number, by_state


def select_rows(session: Any, query: Any, values: dict[str, Any] | None = None) -> list[Any]:  # noqa: DOC502
    """
    Ask one question in the session of a row, without a commit.

    :param session: The session.
    :param query: The question.
    :param values: What its parameters stand for.
    :return: The rows.
    :raises DBAPIError: If it cannot be asked.
    """
    from sqlalchemy.exc import DBAPIError

    try:
        return list(session.execute(query, values).all())
    except DBAPIError as error:
        if error.connection_invalidated:
            # The transaction is gone with the connection. Airflow repeats what it finds rolled back, but a
            # session that is left in the midst of it ends its scheduler.
            session.rollback()
        raise
