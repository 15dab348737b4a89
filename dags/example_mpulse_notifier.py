# SPDX-License-Identifier: Apache-2.0
"""
### Notifier: callbacks that report, and measurements from inside a task

Loads the orders of one region into a small SQLite warehouse. There is no reporting task here:
`MPulseNotifier` stands in the callbacks of the DAG and of its tasks, and sends a beacon when one of them has
ended. What the tasks measure while they work (a time, a number, a word) goes with their own beacon.

**What it needs:** a connection `mpulse_default` of the type "Akamai mPulse". The mPulse app must define the
custom timers *Extract Time* and *Load Time*, the custom metric *Rows Loaded* and the custom dimensions
*Region* and *Warehouse*. The local sandbox (`airflow-mpulse sandbox`) defines them all.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

# One import that fits Airflow 2.11 and every Airflow 3.
from airflow.providers.common.compat.sdk import DAG, task

# Both are quick to import; what sends beacons is imported when the first one is due.
from airflow_mpulse.measurements import dimension, metric, timer
from airflow_mpulse.notifications.mpulse import MPulseNotifier

if TYPE_CHECKING:
    import sqlite3

ORDERS_FILE = Path(__file__).parent / "data" / "orders.csv"
# The file holds one day, and is taken for each of these.
DAYS = 200
ROWS_AT_ONCE = 5000

# Values may be templates, in callbacks of tasks and of the DAG alike.
DIMENSIONS = {"Region": "{{ params.region }}"}
# `{task_id}` is filled in for each task, so one notifier does for all of them. Without a page group of its
# own it takes the one that all other DAGs have: the IDs of the DAG and of the task.
report_task = MPulseNotifier(page_group="Region load - {task_id}", dimensions=DIMENSIONS)
report_run = MPulseNotifier(page_group="Region load", dimensions=DIMENSIONS)


# Measures every call. A task that calls it several times reports the sum.
@timer("Load Time")
def insert(warehouse: sqlite3.Connection, orders: list[list[str]]) -> None:
    """Insert some orders in one transaction."""
    with warehouse:
        warehouse.executemany("INSERT INTO orders VALUES (?, ?, ?)", orders)


with DAG(
    dag_id="example_mpulse_notifier",
    schedule="@daily",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    # Without catch-up the schedule runs once for the latest day, not once for every day since the start.
    catchup=False,
    doc_md=__doc__,
    params={"region": "East"},
    on_success_callback=report_run,
    on_failure_callback=report_run,
    # What every task of this DAG gets.
    default_args={"on_success_callback": report_task, "on_failure_callback": report_task},
    # Where the listener is on (the option `[mpulse] report`), it reports every DAG. It leaves out a task that
    # a notifier has reported, but cannot know about the run: the DAG's callbacks are called in another
    # process than the listener's. The tag keeps the listener away from this DAG, or each run would be
    # reported twice. Where the listener is off the tag does nothing.
    tags=["example", "mpulse", "no-mpulse"],
):

    @task
    def pick_orders(region: str) -> str:
        """Write the orders of a region into a new folder, and give the file's path."""
        import csv
        import os
        import tempfile

        folder = Path(
            tempfile.mkdtemp(prefix="mpulse-notifier-", dir=os.environ.get("MPULSE_EXAMPLES_FOLDER"))
        )
        with ORDERS_FILE.open(newline="") as source:
            orders = [order for order in csv.DictReader(source) if order["region"] == region]
        with (folder / "orders.csv").open("w", newline="") as target:
            writer = csv.writer(target)
            for day in range(DAYS):
                for order in orders:
                    writer.writerow([f"{day}-{order['order_id']}", order["product"], order["quantity"]])
        return str(folder / "orders.csv")

    @task
    def load_orders(orders_file: str) -> int:
        """Load the orders, some at a time, and tell mPulse how long reading and inserting took."""
        import csv
        import sqlite3
        from contextlib import closing

        # Measures the block. A measurement never fails a task: what is wrong with it is a line in the log.
        with timer("Extract Time"), Path(orders_file).open(newline="") as source:
            orders = [order for order in csv.reader(source) if all(order)]

        with closing(sqlite3.connect(Path(orders_file).with_name("warehouse.db"))) as warehouse:
            warehouse.execute("CREATE TABLE orders (order_id PRIMARY KEY, product, quantity)")
            for first in range(0, len(orders), ROWS_AT_ONCE):
                insert(warehouse, orders[first : first + ROWS_AT_ONCE])

        # Names are those that the administrator of the mPulse app gave. These values and the timers above go
        # with the beacon of this task, whoever sends it: the notifier here, the listener in other DAGs.
        metric("Rows Loaded", len(orders))
        dimension("Warehouse", "sqlite")
        return len(orders)

    load_orders(pick_orders("{{ params.region }}"))
