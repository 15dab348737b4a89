# SPDX-License-Identifier: Apache-2.0
"""Two trivial tasks, without a word of what watches them."""

from airflow.sdk import DAG, task

# Some tens of runs in flight are enough to keep the executor busy; more would only queue in SQLite.
with DAG(dag_id="soak", schedule=None, max_active_runs=16):

    @task
    def first() -> int:
        return sum(range(1000))

    @task
    def second() -> int:
        return sum(range(1000))

    first() >> second()
