# SPDX-License-Identifier: Apache-2.0
"""Tests of counts and percentiles by page group."""

from __future__ import annotations

import pytest

from airflow_mpulse.sandbox.page_groups import percentile, summarise_page_groups
from tests.unit.sandbox.samples import NOW_MS, beacon_text
from tests.unit.sandbox.test_beacons import receive


@pytest.mark.parametrize(
    ("values", "rank", "result"),
    [
        ([], 0.5, None),
        ([7], 0.95, 7),
        ([100, 200], 0.5, 150),
        ([100, 200], 0.95, 195),
        ([1, 2, 3], 0.5, 2),
        ([0, 10, 20, 30], 0.95, 28.5),
        ([1, 2], 1.0, 2),
    ],
)
def test_percentiles_are_interpolated(values: list[int], rank: float, result: float | None) -> None:
    """A percentile between two values lies on the line between them."""
    assert percentile(values, rank) == result


def lasting(duration_ms: int, page_group: str, **changes: str) -> str:
    """Write a beacon of a duration."""
    start_ms = str(NOW_MS - duration_ms)
    return beacon_text(t_done=str(duration_ms), rt__tstart=start_ms, h__pg=page_group, **changes)


def row(
    page_group: str, counts: tuple[int, int, int], percentiles: tuple[float | None, ...]
) -> dict[str, object]:
    """Write a row: beacons, invalid ones and failures, and the four percentiles."""
    names = ("beacons", "invalid", "failures", "median_ms", "p75_ms", "p95_ms", "p98_ms")
    return {"page_group": page_group, **dict(zip(names, (*counts, *percentiles), strict=True))}


def test_groups_are_counted_and_measured() -> None:
    """Invalid beacons are counted but not measured, failures are counted, and groups come by name."""
    raws = [
        lasting(300, "b"),
        lasting(100, "a"),
        lasting(200, "a", cmet__AirflowFailures="1"),
        lasting(90_000, "a", api="9"),
        "h.key=nothing",
    ]
    assert summarise_page_groups(receive(raw) for raw in raws) == [
        row("(No Page Group)", (1, 1, 0), (None, None, None, None)),
        row("a", (3, 1, 1), (150, 175, 195, 198)),
        row("b", (1, 0, 0), (300, 300, 300, 300)),
    ]
