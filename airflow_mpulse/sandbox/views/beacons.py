# SPDX-License-Identifier: Apache-2.0
"""Beacons: the newest first, and one of them with each field decoded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_mpulse.sandbox.views.dictionary import explain, show

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from airflow_mpulse.sandbox.app import SandboxApp
    from airflow_mpulse.sandbox.beacons import ReceivedBeacon
    from airflow_mpulse.sandbox.judge.verdict import Finding
    from airflow_mpulse.sandbox.views.selection import Selection


def list_beacons(
    beacons: Sequence[ReceivedBeacon], selection: Selection, *, before: int | None, limit: int
) -> dict[str, object]:
    """
    List beacons, the newest first.

    :param beacons: Beacons, newest last.
    :param selection: Which of them count.
    :param before: Only those that came before the one of this number; None for all.
    :param limit: How many at most, from 1.
    :return: The rows, how many there are in all, and whether there are more.
    """
    chosen = [
        beacon
        for beacon in selection.of(beacons)
        if selection.matches_text(beacon.page_group, beacon.session_id)
    ]
    earlier = [beacon for beacon in chosen if before is None or beacon.number < before]
    return {
        "total": len(chosen),
        "beacons": [_row(beacon) for beacon in reversed(earlier[-limit:])],
        "more": len(earlier) > limit,
    }


def _row(beacon: ReceivedBeacon) -> dict[str, object]:
    return {
        "id": beacon.number,
        "received_at": beacon.received_at.isoformat(),
        "page_group": beacon.page_group,
        "t_done_ms": beacon.t_done_ms,
        "session_id": beacon.session_id,
        "failed": beacon.failed,
        "valid": beacon.verdict.valid,
        "problems": len(beacon.verdict.problems),
        "warnings": len(beacon.verdict.warnings),
    }


def describe_beacon(
    number: int, beacons: Iterable[ReceivedBeacon], app: SandboxApp
) -> dict[str, object] | None:
    """
    Describe one beacon.

    :param number: Its number.
    :param beacons: All beacons.
    :param app: The app whose names are used.
    :return: Each field with what it means, the findings, and what was sent; None where it is not remembered.
    """
    beacon = next((each for each in beacons if each.number == number), None)
    if beacon is None:
        return None
    return {
        **_row(beacon),
        "method": beacon.method,
        "user_agent": beacon.user_agent,
        "verdict": {
            "valid": beacon.verdict.valid,
            "findings": [_finding(finding) for finding in beacon.verdict.findings],
        },
        "fields": [
            {"name": name, "value": value, **explain(name), "shown": show(name, value, app)}
            for name, value in beacon.fields.items()
        ],
        "raw": beacon.raw,
    }


def _finding(finding: Finding) -> dict[str, object]:
    return {
        "field": finding.field,
        "wrong": finding.wrong,
        "mend": finding.mend,
        "source": finding.source,
        "is_problem": finding.is_problem,
    }
