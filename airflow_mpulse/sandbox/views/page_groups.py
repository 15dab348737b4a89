# SPDX-License-Identifier: Apache-2.0
"""Page groups: one row each, and one of them in full."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_mpulse.sandbox.page_groups import summarise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from airflow_mpulse.sandbox.beacons import ReceivedBeacon
    from airflow_mpulse.sandbox.views.selection import Selection

#: Points of the small trend in a row, and of the charts of one page group.
TREND_POINTS = 40
MAX_POINTS = 2000
#: Values of a breakdown, those of most beacons; of a dimension that holds a date there may be thousands.
MAX_VALUES = 100


def list_page_groups(beacons: Iterable[ReceivedBeacon], selection: Selection) -> list[dict[str, object]]:
    """
    List page groups.

    :param beacons: Beacons, newest last.
    :param selection: Which of them count.
    :return: One row per page group, by name, as in ``/api/page-groups``, with when its last beacon came and
        its last page load times.
    """
    groups: dict[str, list[ReceivedBeacon]] = {}
    for beacon in selection.of(beacons):
        groups.setdefault(beacon.page_group, []).append(beacon)
    return [_row(name, groups[name]) for name in sorted(groups) if selection.matches_text(name)]


def _row(name: str, beacons: Sequence[ReceivedBeacon]) -> dict[str, object]:
    timed = [beacon for beacon in beacons if beacon.verdict.valid and beacon.t_done_ms is not None]
    return {
        **summarise(name, beacons),
        "last_seen": beacons[-1].received_at.isoformat(),
        "trend": [
            {"at": beacon.received_at.isoformat(), "t_done_ms": beacon.t_done_ms}
            for beacon in timed[-TREND_POINTS:]
        ],
    }


def describe_page_group(
    name: str, beacons: Iterable[ReceivedBeacon], selection: Selection
) -> dict[str, object] | None:
    """
    Describe one page group.

    :param name: The page group.
    :param beacons: Beacons of all page groups, newest last.
    :param selection: Which of them count; its text is passed over.
    :return: Its row, its last page load times, custom timers and metrics, and breakdowns; None where it
        has no beacon, whatever is selected.
    """
    own = [beacon for beacon in beacons if beacon.page_group == name]
    if not own:
        return None
    chosen = selection.of(own)
    newest = chosen[-MAX_POINTS:]
    return {
        "summary": _row(name, chosen) if chosen else {**summarise(name, []), "last_seen": None, "trend": []},
        "points": [
            {
                "id": beacon.number,
                "at": beacon.received_at.isoformat(),
                "t_done_ms": beacon.t_done_ms,
                "valid": beacon.verdict.valid,
                "failed": beacon.failed,
            }
            for beacon in newest
        ],
        "timers": _series(newest, lambda beacon: beacon.custom.timers),
        "metrics": _series(newest, lambda beacon: beacon.custom.metrics),
        "breakdowns": _breakdowns(chosen),
    }


def _series(
    beacons: Iterable[ReceivedBeacon], read: Callable[[ReceivedBeacon], Mapping[str, float]]
) -> dict[str, list[dict[str, object]]]:
    series: dict[str, list[dict[str, object]]] = {}
    for beacon in beacons:
        for name, value in read(beacon).items():
            point = {"id": beacon.number, "at": beacon.received_at.isoformat(), "value": value}
            series.setdefault(name, []).append(point)
    return dict(sorted(series.items()))


def _breakdowns(beacons: Iterable[ReceivedBeacon]) -> dict[str, list[dict[str, object]]]:
    parts: dict[str, dict[str, list[ReceivedBeacon]]] = {}
    for beacon in beacons:
        values = {
            "A/B bucket": beacon.fields.get("h.ab"),
            "Site version": beacon.fields.get("h.v"),
            **beacon.custom.dimensions,
        }
        for name, value in values.items():
            if value:
                parts.setdefault(name, {}).setdefault(value, []).append(beacon)
    return {name: _rows(parts[name]) for name in sorted(parts)}


def _rows(values: Mapping[str, Sequence[ReceivedBeacon]]) -> list[dict[str, object]]:
    rows = []
    for value in sorted(values, key=lambda value: (-len(values[value]), value))[:MAX_VALUES]:
        row = summarise(value, values[value])
        row["value"] = row.pop("page_group")
        rows.append(row)
    return rows
