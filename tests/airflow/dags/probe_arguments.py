# SPDX-License-Identifier: Apache-2.0
"""Every argument of the operator, templates included, over a signed connection."""

from datetime import UTC, datetime

from airflow.providers.common.compat.sdk import DAG, task

from airflow_mpulse.operators.mpulse import MPulseBeaconOperator

# As long as the names of log folders on this disk allow, with a dot, a hyphen and letters of other scripts.
LONG_TASK_ID = "prüfung.質-" + "x" * 220

with DAG(dag_id="probe.arguments-für_alle", schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC)):

    @task(task_id=LONG_TASK_ID)
    def count() -> int:
        return 4711

    @task
    def other() -> None:
        return None

    @task
    def bucket() -> str:
        return "Blue-1"

    report = MPulseBeaconOperator(
        task_id="report",
        report="all",
        page_group="Runs of {dag_id} ({run_type})",
        task_page_group="Task {task_id} by {operator}{task_group}",
        task_ids=["prüfung*", "buck?t"],
        timers={"Load Time": "{{ 1000 + 234 }}"},
        metrics={
            "Rows Loaded": "{{ ti.xcom_pull(task_ids=params.counter) }}",
            "Files Checked": "{{ ti.xcom_pull(task_ids='other') }}",
        },
        dimensions={"Warehouse": "{{ dag.dag_id }}", "Region": 7},
        ab_test="{{ ti.xcom_pull(task_ids='bucket') }}",
        site_version="v{{ 1 + 1 }}",
        mpulse_conn_id="{{ 'mpulse_' ~ 'signed' }}",
        params={"counter": LONG_TASK_ID},
    )
    [count(), other(), bucket()] >> report
