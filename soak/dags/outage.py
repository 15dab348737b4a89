# SPDX-License-Identifier: Apache-2.0
"""Ten tasks a run, eight of them mapped: long enough to look like work, short enough to look slowed."""

import time

from airflow.sdk import DAG, task

with DAG(dag_id="outage", schedule=None, max_active_runs=16):

    @task
    def first() -> list[int]:
        time.sleep(0.3)
        return list(range(8))

    @task
    def part(number: int) -> int:
        time.sleep(0.3)
        return number

    @task
    def last() -> None:
        time.sleep(0.3)

    part.expand(number=first()) >> last()
