# SPDX-License-Identifier: Apache-2.0
"""The notifier in every callback, and measurements at every depth."""

import asyncio
import threading
from datetime import UTC, datetime, timedelta

from airflow.providers.common.compat.sdk import DAG, AirflowSkipException, get_current_context, task

from airflow_mpulse.measurements import dimension, metric, timer
from airflow_mpulse.notifications.mpulse import MPulseNotifier

START = datetime(2026, 1, 1, tzinfo=UTC)

# One object for many tasks: what its templates give for one must not stay for the next.
SHARED = MPulseNotifier(page_group="Told of {task_id}", dimensions={"Warehouse": "{{ ti.task_id }}"})

with DAG(
    dag_id="notified_tasks",
    schedule=None,
    start_date=START,
    default_args={
        "on_success_callback": SHARED,
        "on_failure_callback": [SHARED],
        "on_retry_callback": SHARED,
        "on_skipped_callback": SHARED,
    },
):

    @task
    def told_success() -> None:
        """Succeeds."""

    @task
    def told_failure() -> None:
        message = "meant to fail"
        raise ValueError(message)

    @task(retries=1, retry_delay=timedelta(seconds=1))
    def told_retry() -> None:
        if get_current_context()["ti"].try_number == 1:
            message = "meant to fail once"
            raise ValueError(message)

    @task
    def told_skip() -> None:
        raise AirflowSkipException

    @task(on_success_callback=MPulseNotifier(metrics={"No Such Metric": 1}, raise_on_error=True))
    def told_nonsense() -> None:
        """Succeeds, whatever its callback raises."""

    @task(on_success_callback=MPulseNotifier(page_group="{{ no_such_name.at_all }}"))
    def told_broken_template() -> None:
        """Succeeds, whatever its callback makes of the template."""

    @task(on_execute_callback=MPulseNotifier(), on_success_callback=None)
    def told_too_early() -> None:
        """Has not ended when it is reported."""

    told_success()
    told_failure()
    told_retry()
    told_skip()
    told_nonsense()
    told_broken_template()
    told_too_early()

# The tag keeps the listener away, so that the run is not reported twice.
for dag_id, fails in (("notified_run", False), ("notified_failed_run", True)):
    tell = MPulseNotifier(page_group="Told of the run {dag_id}", metrics={"Rows Loaded": "{{ 40 + 2 }}"})
    with DAG(
        dag_id=dag_id,
        schedule=None,
        start_date=START,
        on_success_callback=tell,
        on_failure_callback=tell,
        tags=["no-mpulse"],
    ):

        @task
        def do(fail: bool) -> None:
            if fail:
                message = "meant to fail"
                raise ValueError(message)

        do(fails)
        do(fail=False)


@timer("Extract Time")
def deep_down() -> None:
    metric("Rows Loaded", 17)


with DAG(dag_id="measured", schedule=None, start_date=START):

    @task
    def measure() -> None:
        metric("Rows Loaded", 3)
        deep_down()
        threads = [threading.Thread(target=deep_down) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with timer("Load Time"):
            asyncio.run(_later())
        dimension("Warehouse", "postgres")
        metric("No Such Metric", 1)
        metric("Files Checked", "many")

    @timer("Transform Time")
    async def _later() -> None:
        await asyncio.sleep(0.05)

    measure()
