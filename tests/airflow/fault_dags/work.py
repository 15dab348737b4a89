# SPDX-License-Identifier: Apache-2.0
"""The same work twice: once reported, once kept from the listener by a tag, to compare with."""

from datetime import UTC, datetime, timedelta

from airflow.providers.common.compat.sdk import DAG, AirflowSkipException, get_current_context, task

for dag_id, tags in (("reported", []), ("control", ["no-mpulse"])):
    with DAG(dag_id=dag_id, schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC), tags=tags):

        @task
        def succeed() -> None:
            """Succeeds."""

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

        succeed() >> fail_once()
        skip_itself()
        fail()
