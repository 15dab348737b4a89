# SPDX-License-Identifier: Apache-2.0
"""Every way in which a task and a run can end, without a word of what watches them."""

from datetime import UTC, datetime, timedelta

from airflow.providers.common.compat.sdk import (
    DAG,
    AirflowSkipException,
    TaskGroup,
    get_current_context,
    task,
)
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.providers.standard.sensors.date_time import DateTimeSensorAsync

with DAG(dag_id="every.state", schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC)):

    @task
    def succeed() -> int:
        return sum(range(3_000_000))

    @task
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
        return number

    @task
    def after_failure() -> None:
        """Never runs: upstream failed."""

    # Airflow 3 may fail a sensor by itself that is poked again within moments.
    @task.sensor(poke_interval=4, mode="reschedule", timeout=300)
    def poke_twice() -> bool:
        import os
        from pathlib import Path

        seen = Path(os.environ["MPULSE_EXAMPLES_FOLDER"]) / "every-state-poked-once"
        was_there = seen.exists()
        seen.touch()
        return was_there

    @task
    def set_up() -> None:
        """Stands for a resource that is made."""

    @task
    def work() -> None:
        """Stands for the use of a resource."""

    @task
    def tear_down() -> None:
        """Stands for a resource that is removed."""

    @task
    def not_taken() -> None:
        """Never runs: skipped by the branch."""

    succeed()
    fail() >> after_failure()
    fail_once()
    skip_itself()
    choose() >> [EmptyOperator(task_id="taken"), not_taken()]
    with TaskGroup("group"):
        mapped.expand(number=list(range(20)))
    poke_twice()
    DateTimeSensorAsync(
        task_id="deferred",
        target_time="{{ (dag_run.start_date + macros.timedelta(seconds=20)).isoformat() }}",
    )
    setup = set_up()
    setup >> work() >> tear_down().as_teardown(setups=setup)
