# SPDX-License-Identifier: Apache-2.0
"""
Page groups with counts and percentiles, as mPulse's dashboards show them.

Pure. mPulse's own percentiles come from its data store and may be rounded differently.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from airflow_mpulse.sandbox.beacons import ReceivedBeacon


def percentile(sorted_values: Sequence[int], rank: float) -> float | None:
    """
    Find a percentile by linear interpolation between the two nearest values.

    :param sorted_values: Values in ascending order, in any unit.
    :param rank: From 0 for the smallest to 1 for the largest.
    :return: The percentile in the unit of the values, to three decimals; None where there are no values.
    """
    if not sorted_values:
        return None
    position = rank * (len(sorted_values) - 1)
    below = int(position)
    above = min(below + 1, len(sorted_values) - 1)
    step = sorted_values[above] - sorted_values[below]
    # Three decimals drop the noise of binary fractions and nothing else.
    return round(sorted_values[below] + step * (position - below), 3)


def summarise_page_groups(beacons: Iterable[ReceivedBeacon]) -> list[dict[str, object]]:
    """
    Count beacons by page group.

    :param beacons: Beacons in any order.
    :return: One row per page group, by name: number of beacons, of invalid ones and of failures, and median,
        75th, 95th and 98th percentile of ``t_done`` of the valid ones in milliseconds.
    """
    groups: dict[str, list[ReceivedBeacon]] = {}
    for beacon in beacons:
        groups.setdefault(beacon.page_group, []).append(beacon)
    return [summarise(name, groups[name]) for name in sorted(groups)]


def summarise(name: str, beacons: Sequence[ReceivedBeacon]) -> dict[str, object]:
    """
    Count the beacons of one page group, or of a part of it.

    :param name: What they have in common.
    :param beacons: The beacons.
    :return: A row as above.
    """
    valid = [beacon for beacon in beacons if beacon.verdict.valid]
    durations_ms = sorted(beacon.t_done_ms for beacon in valid if beacon.t_done_ms is not None)
    return {
        "page_group": name,
        "beacons": len(beacons),
        "invalid": len(beacons) - len(valid),
        "failures": sum(beacon.failed for beacon in beacons),
        "median_ms": percentile(durations_ms, 0.5),
        "p75_ms": percentile(durations_ms, 0.75),
        "p95_ms": percentile(durations_ms, 0.95),
        "p98_ms": percentile(durations_ms, 0.98),
    }
