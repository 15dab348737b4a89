# SPDX-License-Identifier: Apache-2.0
"""What Airflow's own database says, read without Airflow and without its locks."""

from __future__ import annotations

import json
import sqlite3
from abc import ABC, abstractmethod
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

ENDED_RUN_STATES = frozenset({"success", "failed"})
ENDED_TASK_STATES = frozenset({"success", "failed", "skipped", "upstream_failed", "removed"})

_RUN_COLUMNS = "dag_id, run_id, run_type, state, start_date, end_date"
_TASK_COLUMNS = (
    "task_id, map_index, state, start_date, end_date, queued_dttm, duration, try_number, max_tries, operator"
)


@dataclass(frozen=True)
class DagRunRow:
    """One row of `dag_run`; times are aware, in UTC."""

    dag_id: str
    run_id: str
    run_type: str
    state: str
    start_date: datetime | None
    end_date: datetime | None

    @property
    def ended(self) -> bool:
        """Whether the run has come to its end."""
        return self.state in ENDED_RUN_STATES


@dataclass(frozen=True)
class TaskInstanceRow:
    """One row of `task_instance`; times are aware, in UTC, `duration_s` is Airflow's `duration`."""

    task_id: str
    map_index: int
    state: str | None
    start_date: datetime | None
    end_date: datetime | None
    queued_dttm: datetime | None
    duration_s: float | None
    try_number: int
    max_tries: int
    operator: str | None

    @property
    def ended(self) -> bool:
        """Whether the task instance has come to its end."""
        return self.state in ENDED_TASK_STATES


class Metadata(ABC):
    """A reader of Airflow's database, for either major version."""

    def dag_ids(self) -> set[str]:
        """
        List the DAGs that were parsed and serialized.

        :return: Their ids.
        """
        return {row[0] for row in self._select("SELECT dag_id FROM serialized_dag")}

    def import_errors(self) -> dict[str, str]:
        """
        List the DAG files that could not be imported.

        :return: Stack trace by file name.
        """
        return dict(self._select("SELECT filename, stacktrace FROM import_error"))

    def has_running_job(self, job_type: str) -> bool:
        """
        Tell whether a component has registered itself and beats.

        :param job_type: As Airflow names it, such as `SchedulerJob`.
        :return: Whether such a job runs.
        """
        query = "SELECT count(*) FROM job WHERE job_type = ? AND state = 'running'"
        return bool(self._select(query, (job_type,))[0][0])

    def runs(self, dag_ids: Iterable[str] = ()) -> list[DagRunRow]:
        """
        List DAG runs, oldest first.

        :param dag_ids: Only these DAGs; all of them when empty.
        :return: Their runs.
        """
        wanted = set(dag_ids)
        rows = self._select(f"SELECT {_RUN_COLUMNS} FROM dag_run ORDER BY id")  # noqa: S608 - a constant
        runs = [
            DagRunRow(dag_id, run_id, run_type, state, _utc(start), _utc(end))
            for dag_id, run_id, run_type, state, start, end in rows
        ]
        return [run for run in runs if not wanted or run.dag_id in wanted]

    def task_instances(self, dag_id: str, run_id: str) -> list[TaskInstanceRow]:
        """
        List the task instances of a run, mapped instances each by itself.

        :param dag_id: The DAG.
        :param run_id: The run.
        :return: Its task instances, by start.
        """
        query = (
            f"SELECT {_TASK_COLUMNS} FROM task_instance WHERE dag_id = ? AND run_id = ? "  # noqa: S608
            "ORDER BY start_date, task_id, map_index"
        )
        return [
            TaskInstanceRow(task_id, map_index, state, _utc(start), _utc(end), _utc(queued), *rest)
            for task_id, map_index, state, start, end, queued, *rest in self._select(query, (dag_id, run_id))
        ]

    def xcoms(self, dag_id: str, run_id: str) -> dict[tuple[str, int, str], Any]:
        """
        Read the XComs of a run.

        :param dag_id: The DAG.
        :param run_id: The run.
        :return: Decoded values by task id, map index and key.
        """
        query = "SELECT task_id, map_index, key, value FROM xcom WHERE dag_id = ? AND run_id = ?"
        rows = self._select(query, (dag_id, run_id))
        return {(task_id, map_index, key): _decoded(value) for task_id, map_index, key, value in rows}

    def rendered_fields(self, dag_id: str, run_id: str, task_id: str, map_index: int = -1) -> dict[str, Any]:
        """
        Read the rendered template fields of a task instance.

        :param dag_id: The DAG.
        :param run_id: The run.
        :param task_id: The task.
        :param map_index: Which mapped instance; -1 for a task that is not mapped.
        :return: The fields as the UI shows them, empty where none are stored.
        """
        query = (
            "SELECT rendered_fields FROM rendered_task_instance_fields "
            "WHERE dag_id = ? AND run_id = ? AND task_id = ? AND map_index = ?"
        )
        rows = self._select(query, (dag_id, run_id, task_id, map_index))
        return dict(_decoded(rows[0][0])) if rows else {}

    @abstractmethod
    def _select(self, query: str, parameters: tuple[Any, ...] = ()) -> list[Any]:
        """Give the rows; a question mark in the query stands for a parameter."""


class SqliteMetadata(Metadata):
    """
    A reader of Airflow's SQLite database.

    :param path: The database file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def _select(self, query: str, parameters: tuple[Any, ...] = ()) -> list[Any]:
        # Read-only and short: this reader must never be the reason why a scheduler waits for a lock.
        with closing(sqlite3.connect(f"file:{self.path}?mode=ro", uri=True, timeout=30)) as connection:
            return connection.execute(query, parameters).fetchall()


def _utc(instant: str | datetime | None) -> datetime | None:
    if isinstance(instant, str):
        # In SQLite, Airflow stores UTC without an offset.
        return datetime.fromisoformat(instant).replace(tzinfo=UTC)
    return None if instant is None else instant.astimezone(UTC)


def _decoded(value: Any) -> Any:
    # 2.11 keeps JSON as bytes; 3.x as JSON within JSON; and SQLite turns a bare number into a number.
    while isinstance(value, str | bytes):
        try:
            value = json.loads(value)
        except ValueError:
            return value
    return value
