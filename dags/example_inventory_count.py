# SPDX-License-Identifier: Apache-2.0
"""
### Inventory count: what is left on the shelves

Writes down what went out from each shelf, counts what is left in a mapped task for each of them, and orders
what has become scarce. One shelf is still locked from a former count: the first try unlocks it, the second
one counts. Nothing is scarce today, so the order is skipped.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

# One import that fits Airflow 2.11 and every Airflow 3.
from airflow.providers.common.compat.sdk import DAG, TaskGroup, task

ORDERS_FILE = Path(__file__).parent / "data" / "orders.csv"
OPENING_STOCK = 1000
ORDER_BELOW = 100

with DAG(
    dag_id="example_inventory_count",
    schedule="@daily",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    # Without catch-up the schedule runs once for the latest day, not once for every day since the start.
    catchup=False,
    doc_md=__doc__,
    tags=["example", "inventory"],
):

    @task
    def open_count() -> str:
        """Make a folder for this count, with the lock of a former one still in it; give the folder's path."""
        import tempfile

        folder = Path(tempfile.mkdtemp(prefix="inventory-count-"))
        (folder / "C.lock").touch()
        return str(folder)

    @task
    def write_sheets(folder: str) -> list[str]:
        """Write one sheet for each shelf with what went out from it, and give the sheets' paths."""
        import csv

        by_shelf: dict[str, list[list[str]]] = {}
        with ORDERS_FILE.open(newline="") as source:
            for order in csv.DictReader(source):
                # Only orders that make sense.
                if order["product"] and (order["quantity"] or "").isdigit():
                    # A shelf is named by the letter that its products begin with.
                    shelf = by_shelf.setdefault(order["product"][0], [])
                    shelf.append([order["product"], order["quantity"]])
        for letter, rows in by_shelf.items():
            with (Path(folder) / f"{letter}.csv").open("w", newline="") as sheet:
                csv.writer(sheet).writerows(rows)
        return [str(Path(folder) / f"{letter}.csv") for letter in sorted(by_shelf)]

    folder = open_count()
    sheets = write_sheets(folder)

    with TaskGroup("shelves"):

        @task(retries=1, retry_delay=timedelta(seconds=1))
        def count_shelf(sheet: str) -> dict[str, int]:
            """Count what is left of each product on one shelf."""
            import csv

            lock = Path(sheet).with_suffix(".lock")
            if lock.exists():
                lock.unlink()
                message = f"Shelf {lock.stem} was left locked; it is free now, and the next try counts it."
                raise RuntimeError(message)
            left: dict[str, int] = {}
            with Path(sheet).open(newline="") as source:
                for product, quantity in csv.reader(source):
                    left[product] = left.get(product, OPENING_STOCK) - int(quantity)
            return left

        # `expand` makes one task instance for each sheet, however many there are today.
        counts = count_shelf.expand(sheet=sheets)

    @task
    def write_report(folder: str, counts: list[dict[str, int]]) -> None:
        """Write down what is left."""
        lines = [f"{product:<10}{number:>6}\n" for shelf in counts for product, number in shelf.items()]
        (Path(folder) / "report.txt").write_text("".join(lines))

    with TaskGroup("ordering"):

        @task.short_circuit
        def is_anything_scarce(counts: list[dict[str, int]]) -> bool:
            """Go on only where something is to be ordered; otherwise Airflow skips what follows."""
            return any(number < ORDER_BELOW for shelf in counts for number in shelf.values())

        @task
        def order_more(folder: str, counts: list[dict[str, int]]) -> None:
            """Write the order for the supplier."""
            scarce = [name for shelf in counts for name, number in shelf.items() if number < ORDER_BELOW]
            (Path(folder) / "order.txt").write_text("\n".join(scarce))

        order = order_more(folder, counts)
        is_anything_scarce(counts) >> order

    @task
    def close_count(folder: str) -> None:
        """Remove the folder."""
        import shutil

        shutil.rmtree(folder)

    # The folder is removed whatever happens to the tasks in between, once it was made at all.
    [write_report(folder, counts), order] >> close_count(folder).as_teardown(setups=folder)
