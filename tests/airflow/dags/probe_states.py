# SPDX-License-Identifier: Apache-2.0
"""Every way in which a task can end, reported at the end by a teardown."""

from datetime import UTC, datetime, timedelta

from airflow.providers.common.compat.sdk import (
    DAG,
    AirflowSkipException,
    TaskGroup,
    get_current_context,
    task,
)
from airflow.providers.standard.operators.empty import EmptyOperator

from airflow_mpulse.operators.mpulse import MPulseBeaconOperator

with DAG(dag_id="probe_states", schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC)):

    @task
    def succeed() -> list[int]:
        return sorted(range(50_000), key=lambda number: -number)[:3]

    @task(retries=0)
    def fail() -> None:
        message = "meant to fail"
        raise ValueError(message)

    @task(retries=1, retry_delay=timedelta(seconds=1))
    def fail_once() -> None:
        if get_current_context()["ti"].try_number == 1:
            message = "meant to fail once"
            raise ValueError(message)

    @task
    def skip_itself() -> None:
        raise AirflowSkipException

    @task.branch
    def choose() -> str:
        return "taken"

    @task
    def mapped(number: int) -> int:
        return sum(range(number * 200_000))

    @task
    def after_failure() -> None:
        """Never runs: upstream failed."""

    @task.sensor(poke_interval=1, mode="reschedule", timeout=120)
    def poke_twice() -> bool:
        import os
        from pathlib import Path

        seen = Path(os.environ["MPULSE_EXAMPLES_FOLDER"]) / "poked-once"
        was_there = seen.exists()
        seen.touch()
        return was_there

    taken, not_taken = EmptyOperator(task_id="taken"), EmptyOperator(task_id="not_taken")
    choose() >> [taken, not_taken]
    with TaskGroup("group") as group:
        numbers = mapped.expand(number=[1, 2, 3])
    report = MPulseBeaconOperator(
        task_id="report",
        report="all",
        task_timers={"Slowest Region": "group.mapped", "Extract Time": "after_failure"},
    )
    first = succeed()
    first >> [fail_once(), skip_itself(), poke_twice(), group, taken, not_taken] >> report
    first >> fail() >> after_failure() >> report.as_teardown()
