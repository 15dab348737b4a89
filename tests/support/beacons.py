# SPDX-License-Identifier: Apache-2.0
"""A beacon with every field there is."""

from __future__ import annotations

from datetime import timedelta

from airflow_mpulse.protocol.beacon import Beacon, Session
from airflow_mpulse.sandbox.clock import system_clock


def full_beacon() -> Beacon:
    """Make a beacon that ends now, with the names of the sandbox's default app."""
    now = system_clock()
    return Beacon(
        page_group="Nightly load / données 日次 'quoted' & 100 % + more",
        started_at=now - timedelta(milliseconds=90_500),
        ended_at=now,
        session=Session("0c5a1f0e-session", now - timedelta(minutes=5), length=7),
        url="https://airflow.example.com/dags/nightly/runs/manual__2026-03-01T00%3A00%3A00",
        ab_test="Blue bucket-1",
        site_version="2026.3 (c0ffee)",
        timers={"Extract Time": 1200, "Load Time": 300.4},
        metrics={"Rows Loaded": 4711, "Files Checked": 0},
        dimensions={"Region": "EMEA, north|south", "Warehouse": True, "Airflow Try": 2},
    )
