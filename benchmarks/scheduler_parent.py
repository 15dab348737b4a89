# SPDX-License-Identifier: Apache-2.0
"""
A scheduler that does one thing at a time: it looks at one run whose tasks have ended, and ends the run.

It does so with Airflow's own code and on a real database, in a transaction that must not be committed within,
and tells how long the listeners held its thread.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from benchmarks.helper import Orders


def main() -> None:
    """Load what a scheduler loads, and carry out orders."""
    orders = Orders()
    from airflow.jobs.job import Job
    from airflow.jobs.scheduler_job_runner import SchedulerJobRunner

    job: Any = Job
    scheduler = Scheduler(SchedulerJobRunner(job()))
    orders.carry_out(lambda order: getattr(scheduler, order.pop("do"))(**order))


class Scheduler:
    """
    The scheduler.

    :param runner: Airflow's own.
    """

    def __init__(self, runner: Any) -> None:
        self._runner = runner
        self._held_ms = 0.0
        self._measure()

    def write_dags(self) -> None:
        """Parse the DAGs and write them into the database."""
        from airflow.dag_processing.bundles.manager import DagBundlesManager
        from airflow.dag_processing.dagbag import BundleDagBag, sync_bag_to_db
        from airflow.utils.session import create_session

        with create_session() as session:
            make_manager: Any = DagBundlesManager
            manager = make_manager()
            manager.sync_bundles_to_db(session=session)
            session.commit()
            for bundle in manager.get_all_dag_bundles():
                dag_bag = BundleDagBag(bundle.path, bundle_path=bundle.path, bundle_name=bundle.name)
                sync_bag_to_db(dag_bag, bundle.name, bundle_version=None, session=session)

    def add_runs(self, dag_id: str, run_ids: list[str]) -> int:
        """
        Add runs whose tasks have all succeeded, and which wait for the scheduler to see it.

        :param dag_id: The DAG.
        :param run_ids: The IDs of the runs.
        :return: How many task instances each of them has.
        """
        from airflow.models.taskinstance import TaskInstance
        from airflow.utils.session import create_session
        from airflow.utils.state import DagRunState, TaskInstanceState
        from airflow.utils.types import DagRunTriggeredByType, DagRunType
        from sqlalchemy import func, select, update

        now = datetime.now(UTC)
        with create_session() as session:
            dag: Any = self._runner.scheduler_dag_bag.get_latest_version_of_dag(dag_id, session=session)
            for run_id in run_ids:
                dag.create_dagrun(
                    run_id=run_id,
                    run_after=now,
                    run_type=DagRunType.MANUAL,
                    triggered_by=DagRunTriggeredByType.CLI,
                    state=DagRunState.RUNNING,
                    start_date=now,
                    session=session,
                )
                session.commit()
                session.expunge_all()
            ended = {"state": TaskInstanceState.SUCCESS, "start_date": now, "end_date": now, "try_number": 1}
            session.execute(update(TaskInstance).where(TaskInstance.dag_id == dag_id).values(**ended))
            of_one = (TaskInstance.dag_id == dag_id, TaskInstance.run_id == run_ids[0])
            return session.scalar(select(func.count()).select_from(TaskInstance).where(*of_one)) or 0

    def end_run(self, dag_id: str, run_id: str) -> float:
        """
        Look at one run as a scheduler does, and end it.

        :param dag_id: The DAG.
        :param run_id: The run.
        :return: How long the listeners held the thread, in milliseconds.
        :raises RuntimeError: If the run did not succeed.
        """
        from airflow.models.dagrun import DagRun
        from airflow.utils import sqlalchemy
        from airflow.utils.session import create_session
        from sqlalchemy import select

        self._held_ms = 0.0
        prohibiting: Any = sqlalchemy.prohibit_commit
        with create_session() as session, prohibiting(session) as guard:
            runs = session.scalars(
                select(DagRun).where(DagRun.dag_id == dag_id, DagRun.run_id == run_id)
            ).all()
            self._runner._schedule_all_dag_runs(guard, runs, session)  # noqa: SLF001 - what is measured
            state = str(runs[0].state)
            guard.commit()
        if state != "success" or not self._held_ms:
            message = f"The run {run_id} is {state}, and the listeners held it for {self._held_ms} ms."
            raise RuntimeError(message)
        return self._held_ms

    def stop(self) -> None:
        """Tell the listeners that the scheduler stops, so that they send what waits."""
        from airflow.listeners.listener import get_listener_manager

        get_listener_manager().hook.before_stopping(component=self._runner.job)

    def _measure(self) -> None:
        from airflow.models import dagrun

        run_class: Any = dagrun.DagRun
        notify = run_class.notify_dagrun_state_changed

        def notify_measured(run: Any, msg: str) -> None:
            started_s = time.perf_counter()
            notify(run, msg)
            self._held_ms += (time.perf_counter() - started_s) * 1000

        run_class.notify_dagrun_state_changed = notify_measured


if __name__ == "__main__":
    main()
