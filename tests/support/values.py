# SPDX-License-Identifier: Apache-2.0
"""A beacon, a configuration and an answer as plain values, for tests that change one thing of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from airflow_mpulse.protocol.beacon import Beacon
from airflow_mpulse.protocol.config import BeaconConfig
from tests.support.clocks import START

#: 2026-03-01T12:00:00Z as ``date -u +%s`` gives it, in milliseconds.
START_MS = 1_772_366_400_000

API_KEY = "ABCDE-FGHIJ-KLMNO-PQRST-UVWXY"
CRUMB = "23a0384939e93bbc22af11b74654a82f180f5910"

CONFIG = BeaconConfig(
    h_key=API_KEY,
    h_d="www.example.com",
    h_t=1_772_366_390_000,
    h_cr=CRUMB,
    beacon_url="https://17de4c15.akstat.io/",
    raw_beacon_url="//17de4c15.akstat.io/",
    site_domain="www.example.com",
    timers={"Load Step": "custom0", "Parse Step": "custom3"},
    metrics={"Rows Loaded": "cmet.RowsLoaded", "Cost": "cmet.Cost"},
    dimensions={"Region": "cdim.Region", "Is Backfill": "cdim.Is_Backfill"},
)


def make_config(**changes: Any) -> BeaconConfig:
    """Give the configuration with a few fields changed."""
    return replace(CONFIG, **changes)


def make_beacon(**changes: Any) -> Beacon:
    """Give a beacon of a minute and a half with a few fields changed."""
    values = {
        "page_group": "daily_sales",
        "started_at": START,
        "ended_at": START + timedelta(seconds=90),
        **changes,
    }
    return Beacon(**values)


def make_answer(**changes: Any) -> dict[str, Any]:
    """Give a complete answer of the configuration service; a change to ``...`` leaves the field out."""
    answer = {
        "h.key": API_KEY,
        "h.d": "www.example.com",
        "h.t": 1_772_366_390_000,
        "h.cr": CRUMB,
        "session_id": "5e29a2e6-4017-4fc8-97bc-f5e2a475d6fa",
        "site_domain": "www.example.com",
        "beacon_url": "//17de4c15.akstat.io/",
        "PageParams": {
            "customTimers": [{"name": "Load Step", "index": 0, "type": "Programmatic", "label": "custom0"}],
            "customMetrics": [{"name": "Rows Loaded", "index": 0, "label": "cmet.RowsLoaded"}],
            "customDimensions": [{"name": "Region", "index": 0, "label": "cdim.Region"}],
        },
        **{name.replace("__", "."): value for name, value in changes.items()},
    }
    return {name: value for name, value in answer.items() if value is not ...}
