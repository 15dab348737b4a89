# SPDX-License-Identifier: Apache-2.0
"""
The listener: every task and every run that ends reports itself, without a word in any DAG.

Airflow calls these hooks in the midst of its own work, in the scheduler with rows locked. So each of them
reads plain values, hands them over and returns; nothing raised in here gets out, since Airflow 2.11 would
fail a task or end its scheduler for it, and any Airflow would pass over the listeners after this one.
"""

from __future__ import annotations

import contextlib
import logging
import os
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import hookimpl

from airflow_mpulse.airflow_facts.dags import is_reporting_task, read_reported_by_operators
from airflow_mpulse.airflow_facts.ended_run import read_ended_run, read_tags_of_run
from airflow_mpulse.airflow_facts.ended_task import has_reporting_task, read_ended_task, read_tags_of_task
from airflow_mpulse.airflow_facts.judgement import was_ended_before
from airflow_mpulse.airflow_facts.reading import is_row, read_text
from airflow_mpulse.exceptions import MPulseError
from airflow_mpulse.measurements import TaskKey, read_measurements
from airflow_mpulse.notifications.mpulse import MPulseNotifier
from airflow_mpulse.plugins.guard import Guard
from airflow_mpulse.reporter.process import REPORTER
from airflow_mpulse.reporting.report import Report
from airflow_mpulse.version_compat import AIRFLOW_V_3_0_PLUS, utc_now

if TYPE_CHECKING:
    from airflow_mpulse.delivery.client import MPulseClient
    from airflow_mpulse.option_readers import ListenerSettings

_LOG = logging.getLogger(__name__)


class MPulseListener:
    """
    Reports what the options say.

    :param settings: What they say; read once, when Airflow loads its plugins.
    """

    def __init__(self, settings: ListenerSettings) -> None:
        self._settings = settings
        # The process that Airflow has promised to tell before it stops, so that waiting is left until then.
        self._told_before_stopping: int | None = None
        self._task_process: int | None = None

    @hookimpl
    def on_starting(self, component: Any) -> None:
        """
        Note that this process will be told before it stops.

        :param component: A job of Airflow's, or a marker for a task.
        """
        with Guard("on_starting"):
            self._told_before_stopping = os.getpid()
            if not hasattr(component, "job_type"):
                self._task_process = os.getpid()
            elif self._task_process != os.getpid():
                # Not for the job that stands around each task on Airflow 2.11: its log has a line of ours.
                what = " and ".join(
                    kind
                    for kind, on in (("runs", self._settings.runs), ("tasks", self._settings.tasks))
                    if on
                )
                conn_id = self._settings.mpulse_conn_id
                _LOG.info("DAG %s report themselves to mPulse over the connection %r.", what, conn_id)

    @hookimpl
    def before_stopping(self, component: Any) -> None:  # noqa: ARG002 - Airflow finds arguments by name
        """
        Wait for what is on its way, at most ``wait_s``.

        :param component: A job of Airflow's, or a marker for a task.
        """
        with Guard("before_stopping"):
            REPORTER.finish()

    @hookimpl
    def on_task_instance_running(self, task_instance: Any) -> None:
        """
        Look the configuration up while the task works.

        :param task_instance: The task instance.
        """
        with Guard("on_task_instance_running"):
            if self._settings.tasks and self._wants_task(task_instance):
                self._prepare(task_instance)

    @hookimpl
    def on_task_instance_success(self, previous_state: Any, task_instance: Any) -> None:
        """
        Report a task that succeeded.

        :param previous_state: ``None`` where a person has set the state.
        :param task_instance: The task instance.
        """
        with Guard("on_task_instance_success") as guard:
            self._report_task(guard, task_instance, "success", by_hand=previous_state is None)

    @hookimpl
    def on_task_instance_failed(self, previous_state: Any, task_instance: Any) -> None:
        """
        Report a task that failed, for good or until its next try.

        :param previous_state: ``None`` where a person has set the state.
        :param task_instance: The task instance.
        """
        with Guard("on_task_instance_failed") as guard:
            will_retry = read_text(task_instance.state) == "up_for_retry"
            if not will_retry or self._settings.report_retries:
                state = "up_for_retry" if will_retry else "failed"
                self._report_task(guard, task_instance, state, by_hand=previous_state is None)

    @hookimpl
    def on_dag_run_running(self, dag_run: Any) -> None:  # noqa: ARG002 - Airflow finds arguments by name
        """
        Begin to send what is in the outbox: only a scheduler hears this.

        :param dag_run: The row of the run.
        """
        with Guard("on_dag_run_running"):
            REPORTER.become_sender()

    @hookimpl
    def on_dag_run_success(self, dag_run: Any) -> None:
        """
        Report a run that succeeded.

        :param dag_run: The row of the run.
        """
        with Guard("on_dag_run_success") as guard:
            self._report_run(guard, dag_run, "success")

    @hookimpl
    def on_dag_run_failed(self, dag_run: Any) -> None:
        """
        Report a run that failed.

        :param dag_run: The row of the run.
        """
        with Guard("on_dag_run_failed") as guard:
            self._report_run(guard, dag_run, "failed")

    def _report_task(self, guard: Guard, ti: Any, state: str, *, by_hand: bool) -> None:
        if not self._settings.tasks:
            return
        key = TaskKey.of(ti)
        # Read while it can be: a row that has lost its session raises once more when an error is told.
        guard.name = f"task {key.task_id} of the run {key.run_id} of {key.dag_id}"
        if not self._wants_task(ti) or _leaves_to_notifier(ti, state):
            return
        if by_hand and was_ended_before(ti):
            return
        ended = read_ended_task(ti, state=state, now=utc_now())
        if by_hand and ended.has_never_run:
            return
        if is_row(ti) and not by_hand and self._task_process != os.getpid():
            ended = ended.without_stale_start()
        client = self._connect(ti)
        if not REPORTER.claim(key):
            return
        report = Report(
            run=ended.run,
            task=ended.task,
            mpulse_conn_id=self._settings.mpulse_conn_id,
            settings=self._settings.report,
            measured=read_measurements(key),
            find_start=ended.find_start,
        )
        REPORTER.hand_over(report, client)
        # A parser of DAGs that buries a dead task, and `airflow dags test`; never an API server.
        if self._told_before_stopping != os.getpid() and not (AIRFLOW_V_3_0_PLUS and is_row(ti)):
            REPORTER.finish()

    def _report_run(self, guard: Guard, dag_run: Any, state: str) -> None:
        settings = self._settings
        if not settings.runs:
            return
        dag_id, run_id = dag_run.dag_id, dag_run.run_id
        guard.name = f"run {run_id} of {dag_id}"
        if not settings.filters.accepts(
            dag_id, run_id, lambda: read_tags_of_run(dag_run)
        ) or "run" in read_reported_by_operators(getattr(dag_run, "dag", None)):
            return
        if was_ended_before(dag_run):
            return
        # Claimed last: what could not be read this time is reported when Airflow ends the run once more.
        run = read_ended_run(dag_run, state=state)
        if REPORTER.claim((dag_id, run_id, run.started_at)):
            REPORTER.hand_over(Report(run, None, settings.mpulse_conn_id, settings.report))

    def _prepare(self, ti: Any) -> None:
        # What is wrong with the connection is told when there is something to report.
        with contextlib.suppress(MPulseError):
            REPORTER.prepare(self._settings.mpulse_conn_id, self._connect(ti))

    def _connect(self, ti: Any) -> MPulseClient | None:
        # A running task of Airflow 3 asks its supervisor, which only its own thread may do; the session of a
        # row is in use, so that another thread must read what stands in the database.
        return None if is_row(ti) else REPORTER.connect(self._settings.mpulse_conn_id)

    def _wants_task(self, ti: Any) -> bool:
        if not self._settings.filters.accepts(ti.dag_id, ti.run_id, lambda: read_tags_of_task(ti)):
            return False
        task = getattr(ti, "task", None)
        if task is None:
            # Which tasks a reporting task speaks for stands in the DAG, which is not at hand here.
            return not has_reporting_task(ti)
        return not is_reporting_task(task) and "tasks" not in read_reported_by_operators(task.dag)


def _leaves_to_notifier(ti: Any, state: str) -> bool:
    # Airflow 3 calls a task's callbacks first, and a notifier among them has claimed the task by now. Airflow
    # 2.11 calls those for failures afterwards, so it is asked whether there will be one.
    if AIRFLOW_V_3_0_PLUS or state == "success":
        return False
    name = "on_retry_callback" if state == "up_for_retry" else "on_failure_callback"
    callbacks = getattr(getattr(ti, "task", None), name, None) or []
    if not isinstance(callbacks, list | tuple):
        callbacks = [callbacks]
    return any(isinstance(callback, MPulseNotifier) and callback.reports_tasks for callback in callbacks)
