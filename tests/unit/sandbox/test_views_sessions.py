# SPDX-License-Identifier: Apache-2.0
"""Tests of what the page shows of sessions."""

from __future__ import annotations

from airflow_mpulse.sandbox.views.selection import Selection
from airflow_mpulse.sandbox.views.sessions import describe_session, list_sessions, to_iso
from tests.unit.sandbox.view_samples import RUN_START_MS, in_run, lasting, stored

TASKS = (
    in_run(
        2_000,
        500,
        "orders%20-%20load",
        cdim__AirflowTask="load",
        cdim__AirflowState="failed",
        cmet__AirflowFailures="1",
    ),
    in_run(0, 1_000, "orders%20-%20extract", cdim__AirflowTask="extract", cdim__AirflowState="success"),
)
RUN = in_run(0, 3_000, "orders", cdim__AirflowState="failed", cmet__AirflowFailures="1")


def test_session_is_a_waterfall() -> None:
    """A run has its own bar, and its tasks theirs by their start, each with the times of its beacon."""
    assert describe_session("s-1", stored(*TASKS, RUN, lasting(1))) == {
        "session_id": "s-1",
        "started_at": "2026-11-23T11:59:00+00:00",
        "ended_at": "2026-11-23T11:59:03+00:00",
        "run": {
            "id": 3,
            "page_group": "orders",
            "label": "orders",
            "start_ms": RUN_START_MS,
            "end_ms": RUN_START_MS + 3_000,
            "failed": True,
            "valid": True,
            "state": "failed",
        },
        "bars": [
            {
                "id": 2,
                "page_group": "orders - extract",
                "label": "extract",
                "start_ms": RUN_START_MS,
                "end_ms": RUN_START_MS + 1_000,
                "failed": False,
                "valid": True,
                "state": "success",
            },
            {
                "id": 1,
                "page_group": "orders - load",
                "label": "load",
                "start_ms": RUN_START_MS + 2_000,
                "end_ms": RUN_START_MS + 2_500,
                "failed": True,
                "valid": True,
                "state": "failed",
            },
        ],
        "untimed": [],
    }
    assert describe_session("s-2", stored(RUN)) is None


def test_run_is_found_although_its_start_was_rounded() -> None:
    """A run's start may lie a millisecond beside its session's, as rounding has it, and no further."""
    for beside_ms, is_found in ((-1, True), (0, True), (1, True), (2, False)):
        session = describe_session("s-1", stored(*TASKS, in_run(beside_ms, 3_000, "orders")))
        assert session is not None
        assert (session["run"] is not None) is is_found


def test_task_that_starts_with_its_run_is_not_the_run() -> None:
    """Where the app has no name for tasks, the address and the later end tell the run from its first task."""
    address = "http%3A%2F%2Fairflow%2Fdags%2Forders%2Fruns%2Fr"
    by_address = stored(
        in_run(0, 9_000, "orders%20-%20slow", u=f"{address}%2Ftasks%2Fslow"),
        in_run(0, 3_000, "orders", u=address),
    )
    by_end = stored(in_run(0, 3_000, "orders"), in_run(0, 1_000, "orders%20-%20extract"))
    for beacons in (by_address, by_end):
        shown = describe_session("s-1", beacons)
        assert shown is not None
        assert isinstance(shown["run"], dict)
        assert shown["run"]["page_group"] == "orders"


def test_beacon_without_times_has_no_bar() -> None:
    """What lacks a start or an end, or ends before it starts, or at no date, is listed apart."""
    beacons = stored(
        in_run(0, 1, "a", rt__tstart=None),
        in_run(0, 1, "b", rt__end="x"),
        in_run(0, 1, "c", rt__tstart=str(RUN_START_MS + 2)),
        in_run(0, 1, "d", rt__end="253402300800000"),
    )
    shown = describe_session("s-1", beacons)
    assert shown is not None
    assert (shown["untimed"], shown["bars"], shown["run"], shown["started_at"]) == (
        [1, 2, 3, 4],
        [],
        None,
        None,
    )


def test_sessions_come_newest_first() -> None:
    """The session of the newest beacon comes first, named after its run, else after its first beacon."""
    beacons = stored(
        in_run(0, 5, "b%20-%20x", rt__si="s-2", cdim__AirflowTask="x"),
        *TASKS,
        in_run(6, 5, "b%20-%20y", rt__si="s-2", api="9", cdim__AirflowTask="y"),
        RUN,
        lasting(1),
    )
    rows = list_sessions(beacons, Selection())
    assert [(row["session_id"], row["page_group"], row["has_run"]) for row in rows] == [
        ("s-1", "orders", True),
        ("s-2", "b - x", False),
    ]
    assert [(row["beacons"], row["failures"], row["invalid"]) for row in rows] == [(3, 2, 0), (2, 0, 1)]
    assert (rows[1]["started_at"], rows[1]["ended_at"]) == (
        "2026-11-23T11:59:00+00:00",
        "2026-11-23T11:59:00.011000+00:00",
    )
    for text in ("S-2", "B - X"):
        assert [row["session_id"] for row in list_sessions(beacons, Selection(text=text))] == ["s-2"]


def test_sessions_are_five_hundred_at_most() -> None:
    """Of more sessions the newest five hundred are listed."""
    beacons = stored(*(f"rt.si={number}" for number in range(501)))
    ids = [row["session_id"] for row in list_sessions(beacons, Selection())]
    assert (len(ids), ids[0], ids[-1]) == (500, "500", "1")


def test_instants_beyond_the_calendar_are_left_out() -> None:
    """The last instant of the calendar is written, the one after it is not."""
    assert to_iso(253_402_300_799_999) == "9999-12-31T23:59:59.999000+00:00"
    assert to_iso(253_402_300_800_000) is None
    assert to_iso(None) is None
