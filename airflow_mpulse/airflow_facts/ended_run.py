# SPDX-License-Identifier: Apache-2.0
"""
Runs that have ended, as Airflow gives them to listeners and callbacks.

Of a row of the database only columns are read, and what one query in the row's own session tells: Airflow's
helpers open a session of their own, and their commit ends a scheduler that is in the midst of something.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from airflow_mpulse.airflow_facts.counts import count_rows
from airflow_mpulse.airflow_facts.dags import read_tags
from airflow_mpulse.airflow_facts.pages import build_run_url
from airflow_mpulse.airflow_facts.reading import is_row, read_text, read_version
from airflow_mpulse.exceptions import NoStartError
from airflow_mpulse.reporting.facts import RunFacts, TaskCounts, count_states

if TYPE_CHECKING:
    from collections.abc import Iterable


def read_run(dag_run: Any, *, site_version: str | None = None) -> RunFacts:
    """
    Read what every beacon of a run needs.

    :param dag_run: Airflow's object of the run, a row or not.
    :param site_version: The version of the DAG's bundle, where the run does not tell it.
    :return: The run without state, end and counts.
    :raises NoStartError: If Airflow does not tell when it started.
    """
    if dag_run.start_date is None:
        msg = f"Airflow does not tell when the run {dag_run.run_id!r} started, so no beacon is made up."
        raise NoStartError(msg)
    return RunFacts(
        dag_id=dag_run.dag_id,
        run_id=dag_run.run_id,
        started_at=dag_run.start_date,
        run_type=read_text(dag_run.run_type),
        url=build_run_url(dag_run.dag_id, dag_run.run_id),
        site_version=site_version or read_version(getattr(dag_run, "bundle_version", None)),
    )


def read_ended_run(dag_run: Any, *, state: str) -> RunFacts:  # noqa: DOC502
    """
    Read a run that has ended.

    :param dag_run: The row of the run.
    :param state: How it ended.
    :return: The run with the counts of its tasks.
    :raises NoStartError: If Airflow does not tell when it started.
    """
    return replace(read_run(dag_run), state=state, ended_at=dag_run.end_date, counts=count_rows(dag_run))


def read_run_of_callback(context: Mapping[str, Any], *, now: datetime) -> RunFacts:
    """
    Read the run that a callback is about.

    :param context: The context of the callback.
    :param now: The present, with a time zone; the run's end where it has none.
    :return: The run, with the counts of its tasks where Airflow tells them there.
    :raises NoStartError: If the context has no run, or Airflow does not tell when it started.
    """
    dag_run = context.get("dag_run")
    if dag_run is None:
        msg = "Airflow does not tell the callback about its run, so no beacon is made up."
        raise NoStartError(msg)
    if isinstance(dag_run, Mapping):
        dag_run = _ToldRun.of(dag_run)
    run = read_run(dag_run)
    counts = count_rows(dag_run) if is_row(dag_run) else _count_told_states(context, run)
    state = read_text(getattr(dag_run, "state", None))
    return replace(run, state=state, ended_at=getattr(dag_run, "end_date", None) or now, counts=counts)


def read_tags_of_run(dag_run: Any) -> frozenset[str]:
    """
    Read the tags of a run's DAG.

    :param dag_run: The row of the run.
    :return: The tags.
    """
    dag = getattr(dag_run, "dag", None)
    return read_tags(dag_run.dag_model if dag is None else dag)


@dataclass(frozen=True, slots=True)
class _ToldRun:
    """A run as a deadline alert tells it: as its row in Airflow's REST API."""

    dag_id: str
    run_id: str
    run_type: str | None
    state: str | None
    start_date: datetime | None
    end_date: datetime | None
    bundle_version: str | None

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> _ToldRun:
        return cls(
            dag_id=told["dag_id"],
            run_id=told["dag_run_id"],
            run_type=told.get("run_type"),
            state=told.get("state"),
            start_date=_read_instant(told.get("start_date")),
            end_date=_read_instant(told.get("end_date")),
            bundle_version=told.get("bundle_version"),
        )


def _read_instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _count_told_states(context: Mapping[str, Any], run: RunFacts) -> TaskCounts | None:
    # In the process that parses DAGs this question is answered; the one for durations never is, not even
    # with a refusal.
    tell = getattr(context.get("ti"), "get_task_states", None)
    if tell is None:
        return None
    states: Iterable[Any] = tell(dag_id=run.dag_id, run_ids=[run.run_id]).get(run.run_id, {}).values()
    return count_states(read_text(state) or "" for state in states)
