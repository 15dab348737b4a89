# SPDX-License-Identifier: Apache-2.0
"""Beacons for the tests of the views: numbered as the store numbers them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from airflow_mpulse.sandbox.beacons import BeaconStore
from tests.unit.sandbox.samples import NOW_MS, beacon_text
from tests.unit.sandbox.test_beacons import receive

if TYPE_CHECKING:
    from airflow_mpulse.sandbox.beacons import ReceivedBeacon

RUN_START_MS = NOW_MS - 60_000


def stored(*raws: str, second_apart: bool = False) -> list[ReceivedBeacon]:
    """Take beacons in, the last one now; where asked for, those before it came a second after one another."""
    store = BeaconStore()
    for age_s, raw in zip(range(len(raws) - 1, -1, -1), raws, strict=True):
        beacon = receive(raw)
        earlier = timedelta(seconds=age_s if second_apart else 0)
        store.add(replace(beacon, received_at=beacon.received_at - earlier))
    return store.beacons()


def lasting(duration_ms: int, page_group: str = "orders", **changes: str | None) -> str:
    """Write a beacon of a duration that ends now."""
    start_ms = str(NOW_MS - duration_ms)
    return beacon_text(t_done=str(duration_ms), rt__tstart=start_ms, h__pg=page_group, **changes)


def in_run(after_ms: int, duration_ms: int, page_group: str, **changes: str | None) -> str:
    """Write a beacon of the run ``s-1``, of a time after its start."""
    start_ms = RUN_START_MS + after_ms
    times = {"rt__tstart": str(start_ms), "rt__end": str(start_ms + duration_ms), "t_done": str(duration_ms)}
    session = {"rt__si": "s-1", "rt__ss": str(RUN_START_MS)}
    return beacon_text(h__pg=page_group, **{**session, **times, **changes})
