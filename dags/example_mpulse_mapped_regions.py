# SPDX-License-Identifier: Apache-2.0
"""
### Mapped regions: one task per region, a retry and a branch

Splits the orders by region, sums up each region in a mapped task of its own, and writes either a digest or
an alert. One region sells in another currency, whose exchange rate is not there at the first try: that task
fails once and succeeds at its second try. So this run shows how mapped tasks, task groups, retries and
skipped tasks come out in mPulse: all regions share one page group, whose median and percentiles compare
them, a retried task counts once, and a skipped task sends no beacon, since its zero seconds would bend the
percentiles; it is counted on the run's beacon.

**What it needs:** a connection `mpulse_default` of the type "Akamai mPulse". The mPulse app must define the
custom timer *Slowest Region*. The local sandbox (`airflow-mpulse sandbox`) does.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

# One import that fits Airflow 2.11 and every Airflow 3.
from airflow.providers.common.compat.sdk import DAG, TaskGroup, task

from airflow_mpulse.operators.mpulse import MPulseBeaconOperator

ORDERS_FILE = Path(__file__).parent / "data" / "orders.csv"
ALERT_BELOW_USD = 1000

with DAG(
    dag_id="example_mpulse_mapped_regions",
    schedule="@daily",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    # Without catch-up the schedule runs once for the latest day, not once for every day since the start.
    catchup=False,
    doc_md=__doc__,
    tags=["example", "mpulse"],
):

    @task
    def split_by_region() -> list[str]:
        """Write one file of orders for each region into a new folder, and give the files' paths."""
        import csv
        import os
        import tempfile

        folder = Path(
            tempfile.mkdtemp(prefix="mpulse-mapped-regions-", dir=os.environ.get("MPULSE_EXAMPLES_FOLDER"))
        )
        by_region: dict[str, list[list[str]]] = {}
        with ORDERS_FILE.open(newline="") as source:
            for order in csv.DictReader(source):
                row = [order["currency"], order["quantity"], order["unit_price"]]
                # Only whole rows of a known region; the daily sales example looks at the others.
                if order["region"] and all(row):
                    by_region.setdefault(order["region"], []).append(row)
        for region, rows in by_region.items():
            with (folder / f"{region}.csv").open("w", newline="") as target:
                csv.writer(target).writerows(rows)
        return [str(folder / f"{region}.csv") for region in sorted(by_region)]

    region_files = split_by_region()

    with TaskGroup("regions"):

        @task(retries=1, retry_delay=timedelta(seconds=1))
        def sum_up(region_file: str) -> dict[str, str]:
            """Add up what one region sold, in dollars."""
            import csv
            from decimal import Decimal, InvalidOperation

            def rate(currency: str) -> Decimal:
                if currency == "USD":
                    return Decimal(1)
                rate_file = Path(region_file).with_name(f"rate-{currency}.txt")
                if not rate_file.exists():
                    # Asks for the rate and gives up. Here the answer is written at once; with a real service
                    # it would come while Airflow waits for the next try.
                    rate_file.write_text("1.08")
                    message = f"There is no rate for {currency} yet; it was asked for, the next try finds it."
                    raise LookupError(message)
                return Decimal(rate_file.read_text())

            total = Decimal(0)
            with Path(region_file).open(newline="") as source:
                for currency, quantity, price in csv.reader(source):
                    try:
                        total += int(quantity) * Decimal(price) * rate(currency)
                    except (ValueError, InvalidOperation):
                        continue  # no number at all
            return {"file": region_file, "region": Path(region_file).stem, "usd": str(round(total, 2))}

        # `expand` makes one task instance for each file, however many there are today.
        totals = sum_up.expand(region_file=region_files)

    with TaskGroup("outcome"):

        @task.branch
        def choose(totals: list[dict[str, str]]) -> str:
            """Decide which of the two tasks below runs; Airflow skips the other one."""
            weak = any(float(total["usd"]) < ALERT_BELOW_USD for total in totals)
            return "outcome.write_alert" if weak else "outcome.write_digest"

        @task
        def write_alert(totals: list[dict[str, str]]) -> str:
            """Name the regions that sold next to nothing, and give the file's path."""
            alert = Path(totals[0]["file"]).with_name("alert.txt")
            weak = [total["region"] for total in totals if float(total["usd"]) < ALERT_BELOW_USD]
            alert.write_text(f"Sold too little: {', '.join(weak)}\n")
            return str(alert)

        @task
        def write_digest(totals: list[dict[str, str]]) -> str:
            """List what each region sold, and give the file's path."""
            digest = Path(totals[0]["file"]).with_name("digest.txt")
            digest.write_text("".join(f"{total['region']:<10}{total['usd']:>14} USD\n" for total in totals))
            return str(digest)

        arms = [write_alert(totals), write_digest(totals)]
        choose(totals) >> arms

    report_to_mpulse = MPulseBeaconOperator(
        task_id="report_to_mpulse",
        report="all",
        # Of a mapped task the longest instance counts: the region that the whole run waited for.
        task_timers={"Slowest Region": "regions.sum_up"},
    )

    # As a teardown it runs after failures and skips, and leaves the judgement of the run to the other tasks;
    # the daily sales example says more about it.
    arms >> report_to_mpulse.as_teardown()
