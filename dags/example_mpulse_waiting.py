# SPDX-License-Identifier: Apache-2.0
"""
### Waiting: a rescheduled sensor and a deferred task

A shop closes a few seconds after the run has started and exports its orders then; meanwhile a sensor looks
for the export every three seconds. Both ways of waiting leave the worker free: the sensor is *rescheduled*
between two looks, and the task that waits for the closing time is *deferred* to the triggerer.

Nothing in this file reports anything: where the option `[mpulse] report` is `all`, tasks and runs report
themselves. What to expect on the dashboard when this DAG runs alone, and more where Airflow is busy:

- *example_mpulse_waiting - wait_until_closed*: about 7 seconds. A deferred task is measured from its start
  before the deferral to its end after it, the time in the triggerer included; Airflow measures it like this,
  too.
- *example_mpulse_waiting - wait_for_export*: about 8 seconds. A rescheduled sensor is measured from its first
  look to the end of its last, the time in between included: that is how long everything behind it had to
  wait. (Of the first look, Airflow 3 keeps the end and Airflow 2.11 the start.) What Airflow shows as its
  duration is the last look alone, well under a second.
- *example_mpulse_waiting - export_orders* and the other tasks: under a second; they do not wait.
- *example_mpulse_waiting*: the whole run, about 11 seconds.

**What it needs:** a triggerer, the option `[mpulse] report`, and a connection `mpulse_default` of the type
"Akamai mPulse".
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

# One import that fits Airflow 2.11 and every Airflow 3.
from airflow.providers.common.compat.sdk import DAG, task
from airflow.providers.standard.sensors.date_time import DateTimeSensorAsync

ORDERS_FILE = Path(__file__).parent / "data" / "orders.csv"

with DAG(
    dag_id="example_mpulse_waiting",
    schedule="@daily",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    # Without catch-up the schedule runs once for the latest day, not once for every day since the start.
    catchup=False,
    doc_md=__doc__,
    tags=["example", "mpulse"],
):

    @task
    def open_inbox() -> str:
        """Make the folder that the export will come into, and give its path."""
        import os
        import tempfile

        return tempfile.mkdtemp(prefix="mpulse-waiting-", dir=os.environ.get("MPULSE_EXAMPLES_FOLDER"))

    # Starts, hands its waiting to the triggerer, and is resumed at the closing time.
    wait_until_closed = DateTimeSensorAsync(
        task_id="wait_until_closed",
        target_time="{{ dag_run.start_date + macros.timedelta(seconds=5) }}",
    )

    @task
    def export_orders(inbox: str) -> None:
        """Export the orders of the day, as the shop would."""
        import shutil

        unfinished = Path(inbox) / "orders.csv.part"
        shutil.copyfile(ORDERS_FILE, unfinished)
        # The name that is waited for appears when the file is complete, so that nobody reads half of it.
        unfinished.rename(Path(inbox) / "orders.csv")

    # Between two looks the task gives its worker back and is queued again. `timeout` counts from the first.
    @task.sensor(mode="reschedule", poke_interval=3, timeout=300)
    def wait_for_export(inbox: str) -> bool:
        """Look whether the export is there."""
        return (Path(inbox) / "orders.csv").exists()

    @task
    def count_orders(inbox: str) -> dict[str, int]:
        """Count the orders of each region."""
        import csv
        from collections import Counter

        with (Path(inbox) / "orders.csv").open(newline="") as source:
            return dict(Counter(order["region"] for order in csv.DictReader(source) if order["region"]))

    inbox = open_inbox()
    wait_until_closed >> export_orders(inbox)
    wait_for_export(inbox) >> count_orders(inbox)
