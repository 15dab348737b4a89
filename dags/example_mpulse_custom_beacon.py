# SPDX-License-Identifier: Apache-2.0
"""
### Custom beacon: report something that you measured yourself

Not everything worth watching is a task. Here a task writes export files and another one checks them; what it
measures is one page view for the whole check, and one for each file, in page groups that it names itself.

**What it needs:** a connection `mpulse_default` of the type "Akamai mPulse". The mPulse app must define the
custom timer *Checksum Time*, the custom metric *Files Checked* and the custom dimension *Region*. The local
sandbox (`airflow-mpulse sandbox`) defines them all.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

# One import that fits Airflow 2.11 and every Airflow 3.
from airflow.providers.common.compat.sdk import DAG, task

ORDERS_FILE = Path(__file__).parent / "data" / "orders.csv"

with DAG(
    dag_id="example_mpulse_custom_beacon",
    schedule="@daily",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    # Without catch-up the schedule runs once for the latest day, not once for every day since the start.
    catchup=False,
    doc_md=__doc__,
    tags=["example", "mpulse"],
):

    @task
    def write_exports() -> str:
        """Write one export file of a few megabytes for each region, and give their folder's path."""
        import os
        import tempfile

        folder = Path(
            tempfile.mkdtemp(prefix="mpulse-custom-beacon-", dir=os.environ.get("MPULSE_EXAMPLES_FOLDER"))
        )
        lines = ORDERS_FILE.read_text().splitlines(keepends=True)
        for region in ("East", "North", "Online", "South", "West"):
            day = "".join(line for line in lines if f",{region}," in line)
            (folder / f"{region}.csv").write_text(day * 1000)
        return str(folder)

    @task
    def check_exports(folder: str) -> dict[str, str]:
        """Work out the checksum of each export, and tell mPulse how long that took."""
        import hashlib
        import logging
        import shutil
        import time

        # The package's own modules that do the work are imported here, too: reading this file costs nothing.
        from airflow_mpulse.hooks.mpulse import MPulseHook
        from airflow_mpulse.protocol.beacon import Beacon

        checksums: dict[str, str] = {}
        beacons: list[Beacon] = []
        started_at = datetime.now(tz=UTC)
        for export in sorted(Path(folder).glob("*.csv")):
            file_started_at, clock_s = datetime.now(tz=UTC), time.perf_counter()
            checksums[export.name] = hashlib.sha256(export.read_bytes()).hexdigest()
            # Custom timers are milliseconds. A custom timer is named as the app's administrator named it.
            checksum_ms = round((time.perf_counter() - clock_s) * 1000)
            beacons.append(
                Beacon(
                    page_group="Warehouse export file",
                    # Start and end need a time zone; the time between them is the page load time.
                    started_at=file_started_at,
                    ended_at=datetime.now(tz=UTC),
                    timers={"Checksum Time": checksum_ms},
                    dimensions={"Region": export.stem},
                )
            )

        beacons.append(
            Beacon(
                page_group="Warehouse exports",
                started_at=started_at,
                ended_at=datetime.now(tz=UTC),
                timers={"Checksum Time": sum(int(beacon.timers["Checksum Time"]) for beacon in beacons)},
                metrics={"Files Checked": len(checksums)},
            )
        )
        shutil.rmtree(folder)
        # The hook uses the connection mpulse_default. Many beacons go over a few connections that are kept
        # open; `send_beacon` sends one alone, and raises when that fails.
        report = MPulseHook().send_beacons(beacons)
        # The checksums are what this task is for, so a beacon that was not sent is a line in its log. Trying
        # the whole task again would count the beacons that were sent twice.
        if report.not_sent:
            logging.getLogger(__name__).warning("Beacons not sent: %s.", dict(report.not_sent))
        return checksums

    check_exports(write_exports())
