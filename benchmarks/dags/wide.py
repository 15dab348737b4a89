# SPDX-License-Identifier: Apache-2.0
"""Two DAGs whose runs have 100 and 5,000 task instances."""

from airflow.sdk import DAG, task

_TASKS = 100
_INSTANCES = 50

with DAG(dag_id="tasks_100", schedule=None, max_active_runs=1000):

    @task
    def work() -> None:
        pass

    first = work.override(task_id="first")()
    for number in range(1, _TASKS):
        first >> work.override(task_id=f"work_{number}")()

with DAG(dag_id="tasks_5000", schedule=None, max_active_runs=1000):

    @task
    def one_of_many(number: int) -> int:
        return number

    for number in range(_TASKS):
        one_of_many.override(task_id=f"work_{number}").expand(number=list(range(_INSTANCES)))
