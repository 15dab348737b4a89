# SPDX-License-Identifier: Apache-2.0
"""
### Maintenance: send what waits in the outbox

Beacons that could not be sent, because mPulse or the network was away, wait in the outbox of their machine.
A scheduler with the listener on sends them by itself. This DAG is for the others: workers on other machines,
or an Airflow where only operators and notifiers report. Its one task sends what waits on the machine that it
runs on, and fails as long as mPulse cannot be reached, so that it is seen and tried again.

**What it needs:** a connection `mpulse_default` of the type "Akamai mPulse". Give it a schedule shorter than
`[mpulse] outbox_max_age_s`, after which beacons are dropped, and a `queue` for each machine where there are
several. Beside Celery workers, `airflow-mpulse flush --watch` does the same without a DAG.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

# One import that fits Airflow 2.11 and every Airflow 3.
from airflow.providers.common.compat.sdk import DAG, AirflowException, task

with DAG(
    dag_id="example_mpulse_flush",
    # For show only: see above.
    schedule="@daily",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    # Two at the same time do no harm, since each beacon is taken by one of them, but are of no use.
    max_active_runs=1,
    doc_md=__doc__,
    tags=["example", "mpulse"],
):

    @task(retries=3, retry_delay=timedelta(minutes=1))
    def flush_outbox() -> dict[str, int]:
        """Send what waits, and say what became of it."""
        # Imported here, so that parsing the file stays quick.
        from airflow_mpulse.hooks.mpulse import MPulseHook

        report = MPulseHook().flush_outbox()
        dropped = sum(report.dropped.values())
        if report.waiting:
            # The error of the first one: a sentence without any secret.
            message = f"Beacons wait on: {report.waiting}, sent: {report.sent}. {report.first_error}"
            raise AirflowException(message)
        return {"sent": report.sent, "dropped": dropped}

    flush_outbox()
