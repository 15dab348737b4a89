# SPDX-License-Identifier: Apache-2.0
"""
Sessions: a DAG run and its tasks, from their beacons alone.

A session's beacons say which of them is the run's: it names no task, and it began when the session did.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from airflow_mpulse.sandbox.clock import EPOCH, MAX_EPOCH_MS
from airflow_mpulse.sandbox.numbers import parse_whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from airflow_mpulse.sandbox.beacons import ReceivedBeacon
    from airflow_mpulse.sandbox.views.selection import Selection

MAX_SESSIONS = 500

#: A start that is the end less a rounded duration is not always the start as it is rounded by itself.
ROUNDING_MS = 1

_TASK, _STATE = "Airflow Task", "Airflow State"


def list_sessions(beacons: Iterable[ReceivedBeacon], selection: Selection) -> list[dict[str, object]]:
    """
    List sessions.

    :param beacons: Beacons, newest last.
    :param selection: Which of them count; its text is looked for in session IDs and page groups.
    :return: One row per session, that of the newest beacon first, :data:`MAX_SESSIONS` at most.
    """
    sessions: dict[str, list[ReceivedBeacon]] = {}
    for beacon in selection.of(beacons):
        if beacon.session_id is not None:
            # Taken out and put in again, the session of the newest beacon stands last.
            own = sessions.pop(beacon.session_id, [])
            own.append(beacon)
            sessions[beacon.session_id] = own
    rows = (_row(session_id, sessions[session_id]) for session_id in reversed(sessions))
    found = [row for row in rows if selection.matches_text(str(row["session_id"]), str(row["page_group"]))]
    return found[:MAX_SESSIONS]


def _row(session_id: str, beacons: Sequence[ReceivedBeacon]) -> dict[str, object]:
    run = find_run(beacons)
    start_ms, end_ms = _span_ms(beacons)
    return {
        "session_id": session_id,
        "page_group": (run or beacons[0]).page_group,
        "started_at": to_iso(start_ms),
        "ended_at": to_iso(end_ms),
        "beacons": len(beacons),
        "failures": sum(beacon.failed for beacon in beacons),
        "invalid": sum(not beacon.verdict.valid for beacon in beacons),
        "has_run": run is not None,
    }


def describe_session(session_id: str, beacons: Iterable[ReceivedBeacon]) -> dict[str, object] | None:
    """
    Describe one session.

    :param session_id: The session.
    :param beacons: Beacons of all sessions, newest last.
    :return: The run's bar, and those of the tasks by their start; None where there is no such session.
    """
    own = [beacon for beacon in beacons if beacon.session_id == session_id]
    if not own:
        return None
    run = find_run(own)
    timed = [beacon for beacon in own if beacon.span_ms is not None]
    bars = sorted(
        (_bar(beacon) for beacon in timed if beacon is not run),
        key=lambda bar: (bar["start_ms"], bar["end_ms"]),
    )
    start_ms, end_ms = _span_ms(own)
    return {
        "session_id": session_id,
        "started_at": to_iso(start_ms),
        "ended_at": to_iso(end_ms),
        "run": None if run is None else _bar(run),
        "bars": bars,
        "untimed": [beacon.number for beacon in own if beacon.span_ms is None],
    }


def find_run(beacons: Sequence[ReceivedBeacon]) -> ReceivedBeacon | None:
    """
    Find the beacon of the run itself.

    :param beacons: The beacons of one session, newest last.
    :return: Of those that began with the session and name no task the one that ended last; None where there
        is none.
    """
    candidates = [
        (times[1], beacon)
        for beacon in beacons
        if (times := beacon.span_ms) is not None
        and _TASK not in beacon.custom.dimensions
        and "/tasks/" not in beacon.fields.get("u", "")
        and (session_start_ms := parse_whole(beacon.fields.get("rt.ss", ""))) is not None
        and abs(session_start_ms - times[0]) <= ROUNDING_MS
    ]
    return max(candidates, key=lambda each: each[0])[1] if candidates else None


def to_iso(epoch_ms: int | None) -> str | None:
    """
    Write an instant.

    :param epoch_ms: Milliseconds since the Unix epoch.
    :return: ISO 8601 in UTC; None for None, and for what no date can be made of.
    """
    if epoch_ms is None or epoch_ms > MAX_EPOCH_MS:
        return None
    return (EPOCH + timedelta(milliseconds=epoch_ms)).isoformat()


def _span_ms(beacons: Iterable[ReceivedBeacon]) -> tuple[int | None, int | None]:
    times = [times for beacon in beacons if (times := beacon.span_ms) is not None]
    if not times:
        return None, None
    return min(start_ms for start_ms, _ in times), max(end_ms for _, end_ms in times)


def _bar(beacon: ReceivedBeacon) -> dict[str, object]:
    times = beacon.span_ms
    start_ms, end_ms = times if times is not None else (None, None)
    return {
        "id": beacon.number,
        "page_group": beacon.page_group,
        "label": beacon.custom.dimensions.get(_TASK, beacon.page_group),
        "start_ms": start_ms,
        "end_ms": end_ms,
        "failed": beacon.failed,
        "valid": beacon.verdict.valid,
        "state": beacon.custom.dimensions.get(_STATE),
    }
