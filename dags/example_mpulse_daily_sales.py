# SPDX-License-Identifier: Apache-2.0
"""
### Daily sales: extract, transform, load, report

Reads one day of orders, drops the rows that cannot be right, and loads the rest into a small SQLite
warehouse. The last task tells mPulse how the run and each of its tasks went: the run is a session, each
task a page view in it, and their durations are page load times.

**What it needs:** a connection `mpulse_default` of the type "Akamai mPulse". The mPulse app must define the
custom timers *Extract Time*, *Transform Time* and *Load Time*, the custom metric *Rows Loaded* and the
custom dimension *Warehouse*. The local sandbox (`airflow-mpulse sandbox`) defines them all.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

# One import that fits Airflow 2.11 and every Airflow 3.
from airflow.providers.common.compat.sdk import DAG, task

from airflow_mpulse.operators.mpulse import MPulseBeaconOperator

ORDERS_FILE = Path(__file__).parent / "data" / "orders.csv"

with DAG(
    dag_id="example_mpulse_daily_sales",
    schedule="@daily",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    # Without catch-up the schedule runs once for the latest day, not once for every day since the start.
    catchup=False,
    doc_md=__doc__,
    tags=["example", "mpulse"],
):

    @task
    def extract() -> str:
        """Copy the orders into a new working folder, as if they came from a shop; give the folder's path."""
        # Modules that only a task needs are imported in the task: Airflow reads this file again and again.
        import os
        import shutil
        import tempfile

        # A folder of its own for each run, so that runs never meet, in the temporary directory or where the
        # variable says. Tasks hand its path on; this fits an Airflow whose tasks share one disk.
        folder = Path(
            tempfile.mkdtemp(prefix="mpulse-daily-sales-", dir=os.environ.get("MPULSE_EXAMPLES_FOLDER"))
        )
        shutil.copyfile(ORDERS_FILE, folder / "orders.csv")
        return str(folder)

    @task
    def transform(folder: str) -> str:
        """Keep the orders that make sense, work out what each is worth, and give the folder back."""
        import csv
        import logging
        from decimal import Decimal, InvalidOperation

        with (
            (Path(folder) / "orders.csv").open(newline="") as source,
            (Path(folder) / "clean.csv").open("w", newline="") as target,
        ):
            writer = csv.writer(target)
            dropped = 0
            for order in csv.DictReader(source):
                try:
                    quantity, price = int(order["quantity"]), Decimal(order["unit_price"])
                except (TypeError, ValueError, InvalidOperation):  # cut off, empty, or no number at all
                    dropped += 1
                    continue
                if quantity <= 0 or not order["region"]:
                    dropped += 1
                    continue
                amount = [order["currency"], quantity * price]
                writer.writerow([order["order_id"], order["region"], order["product"], *amount])
        # Goes to the task's log.
        logging.getLogger(__name__).info("Dropped %s orders that cannot be right.", dropped)
        return folder

    @task
    def load(folder: str) -> int:
        """Load the clean orders into SQLite and give the number of rows, which the report picks up."""
        import csv
        import sqlite3
        from contextlib import closing

        with (
            (Path(folder) / "clean.csv").open(newline="") as source,
            closing(sqlite3.connect(Path(folder) / "warehouse.db")) as warehouse,
            warehouse,  # one transaction: all rows or none
        ):
            columns = "order_id PRIMARY KEY, region, product, currency, amount NUMERIC"
            warehouse.execute(f"CREATE TABLE sales ({columns})")
            inserted = warehouse.executemany("INSERT INTO sales VALUES (?, ?, ?, ?, ?)", csv.reader(source))
            return inserted.rowcount

    report_to_mpulse = MPulseBeaconOperator(
        task_id="report_to_mpulse",
        # One beacon for the run and one for each finished task; "run" or "tasks" would send only those.
        report="all",
        # Custom timers on the run's beacon: the name in the mPulse app, and the task whose duration it holds.
        task_timers={"Extract Time": "extract", "Transform Time": "transform", "Load Time": "load"},
        # Values may be templates. Where `load` failed, this one is empty and is left out.
        metrics={"Rows Loaded": "{{ ti.xcom_pull(task_ids='load') }}"},
        dimensions={"Warehouse": "sqlite"},
    )

    # A report must be sent after a failure too, so this task runs whatever happened before it. But as an
    # ordinary last task its success would make Airflow call the whole run a success. As a teardown it still
    # runs, and Airflow judges the run by the other tasks; nor can a report that fails make the run fail.
    load(transform(extract())) >> report_to_mpulse.as_teardown()
