# SPDX-License-Identifier: Apache-2.0
"""Reports that cannot be sent: some another try could help, some it could not."""

from datetime import UTC, datetime, timedelta

from airflow.providers.common.compat.sdk import DAG

from airflow_mpulse.operators.mpulse import MPulseBeaconOperator

REFUSED = {
    "unknown_metric": {"metrics": {"Rows Loded": 1}},
    "unknown_timer": {"timers": {"Nothing of the kind": 1}},
    "unknown_dimension": {"dimensions": {"Warehose": "x"}},
    "unknown_task": {"task_ids": ["unknown_mitric"], "report": "tasks"},
    "swapped_task_timers": {"task_timers": {"unknown_metric": "Load Time"}},
    "bad_bucket": {"ab_test": "no/slashes"},
    "empty_page_group": {"page_group": " "},
    "control_character": {"page_group": "a\tb"},
    "unknown_field": {"page_group": "{task_id}"},
    "negative_timer": {"timers": {"Load Time": "-1"}},
    "not_a_number": {"metrics": {"Rows Loaded": "many"}},
    "missing_connection": {"mpulse_conn_id": "mpulse_not_defined"},
    "no_api_key": {"mpulse_conn_id": "mpulse_no_key"},
    "no_domain": {"mpulse_conn_id": "mpulse_no_domain"},
    "plain_http": {"mpulse_conn_id": "mpulse_plain_http"},
    "wrong_key": {"mpulse_conn_id": "mpulse_wrong_key"},
    "wrong_domain": {"mpulse_conn_id": "mpulse_wrong_domain"},
    "wrong_secret": {"mpulse_conn_id": "mpulse_wrong_secret"},
}

with DAG(
    dag_id="probe_refusals",
    schedule=None,
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    default_args={"retries": 1, "retry_delay": timedelta(seconds=1)},
):
    for task_id, arguments in REFUSED.items():
        MPulseBeaconOperator(task_id=task_id, **arguments)
    # Nobody listens there, so another try may help.
    MPulseBeaconOperator(task_id="unreachable", mpulse_conn_id="mpulse_unreachable")
