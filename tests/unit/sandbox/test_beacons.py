# SPDX-License-Identifier: Apache-2.0
"""Tests of the sandbox's memory."""

from __future__ import annotations

import threading

import pytest

from airflow_mpulse.sandbox.app import SandboxApp
from airflow_mpulse.sandbox.beacons import BeaconStore, ReceivedBeacon, RequestCounts, received_beacon
from airflow_mpulse.sandbox.form import read_fields
from tests.unit.sandbox.samples import NOW, beacon_text, judge_text


def receive(raw: str) -> ReceivedBeacon:
    """Put together a beacon of the default app."""
    return received_beacon(
        read_fields(raw),
        raw=raw,
        app=SandboxApp(),
        verdict=judge_text(raw),
        received_at=NOW,
        method="POST",
        user_agent="pipelines/1.0",
    )


def test_beacon_is_shown_with_everything_known() -> None:
    """The JSON of a beacon holds decoded fields, custom data by name, the verdict and the raw text."""
    raw = beacon_text(
        rt__si="s-1", t_other="custom1%7C40", cmet__AirflowFailures="1", cdim__SalesRegion="EMEA%20S"
    )
    shown = receive(raw).as_json()
    fields = shown.pop("fields")
    assert isinstance(fields, dict)
    assert fields["h.pg"] == "orders - load"
    assert next(iter(fields)) == "h.d"
    assert list(fields)[-1] == "h.cr"
    assert shown == {
        "received_at": "2026-11-23T12:00:00+00:00",
        "method": "POST",
        "user_agent": "pipelines/1.0",
        "page_group": "orders - load",
        "t_done_ms": 1500,
        "session_id": "s-1",
        "failed": True,
        "timers": {"Extract Time": 40},
        "metrics": {"Airflow Failures": 1},
        "dimensions": {"Region": "EMEA S"},
        "verdict": {"valid": True, "problems": [], "warnings": []},
        "raw": raw,
    }


@pytest.mark.parametrize(
    ("raw", "failed"), [("0", False), ("1", True), ("3", True), ("", False), ("x", False)]
)
def test_failure_metric_marks_failures(raw: str, failed: bool) -> None:
    """A beacon failed when its metric Airflow Failures is 1 or more."""
    assert receive(f"cmet.AirflowFailures={raw}").failed is failed


@pytest.mark.parametrize("raw", ["", "h.pg=", "h.pg=%20"])
def test_beacon_without_page_group_is_filed_elsewhere(raw: str) -> None:
    """A beacon without a page group goes to the group that mPulse has for it."""
    assert receive(raw).page_group == "(No Page Group)"


def test_oldest_beacon_is_forgotten_first() -> None:
    """A full store keeps the newest beacons, in the order of arrival."""
    store = BeaconStore(capacity=2)
    for name in ("a", "b", "c"):
        store.add(receive(f"h.pg={name}"))
    assert [beacon.page_group for beacon in store.beacons()] == ["b", "c"]
    assert (len(store), store.clear(), len(store)) == (2, 2, 0)


def test_threads_share_the_store() -> None:
    """Beacons added and read from several threads at once are all there in the end."""
    store, beacon = BeaconStore(), receive("h.pg=a")

    def work() -> None:
        for _ in range(200):
            store.add(beacon)
            store.beacons()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(store) == 800


def test_every_count_is_shown() -> None:
    """Endpoints that were never asked are counted as 0, and clearing starts from there."""
    counts = RequestCounts()
    counts.add("config_v1")
    counts.add("config_v1")
    expected = dict.fromkeys(RequestCounts.NAMES, 0)
    assert counts.counts() == {**expected, "config_v1": 2}
    counts.clear()
    assert counts.counts() == expected
