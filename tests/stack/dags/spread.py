# SPDX-License-Identifier: Apache-2.0
"""Forty short tasks a run, for as many workers as there are."""

from datetime import UTC, datetime

from airflow.providers.common.compat.sdk import DAG, task

with DAG(dag_id="spread", schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC), max_active_tasks=64):

    @task
    def work(number: int) -> None:
        sum(range(number))

    work.expand(number=list(range(40)))
