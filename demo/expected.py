# SPDX-License-Identifier: Apache-2.0
"""Which beacons one run of each example DAG must leave behind, and what is wrong when they differ."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from demo.metadata import DagRunRow

# DAG id -> page group -> number of beacons of one run. The second arm of the branch in mapped regions is
# skipped, and the retried region counts once.
EXPECTED_BEACONS: Mapping[str, Mapping[str, int]] = {
    "example_mpulse_daily_sales": {
        "example_mpulse_daily_sales": 1,
        "example_mpulse_daily_sales - extract": 1,
        "example_mpulse_daily_sales - transform": 1,
        "example_mpulse_daily_sales - load": 1,
    },
    "example_mpulse_mapped_regions": {
        "example_mpulse_mapped_regions": 1,
        "example_mpulse_mapped_regions - split_by_region": 1,
        "example_mpulse_mapped_regions - regions-sum_up": 5,
        "example_mpulse_mapped_regions - outcome-choose": 1,
        "example_mpulse_mapped_regions - outcome-write_digest": 1,
    },
    "example_mpulse_custom_beacon": {
        "Warehouse exports": 1,
        "Warehouse export file": 5,
    },
}


def find_shortcomings(runs: Iterable[DagRunRow], beacons: Iterable[Mapping[str, Any]]) -> list[str]:
    """
    Compare what the sandbox received with what the runs should have sent.

    :param runs: The runs that ended.
    :param beacons: The sandbox's beacons, as `GET /api/beacons` gives them.
    :return: What is wrong, one phrase each; empty when all is well.
    """
    all_runs, received = list(runs), list(beacons)
    found = [
        f"the run {run.run_id} of {run.dag_id} ended as {run.state}"
        for run in all_runs
        if run.state != "success"
    ]
    wanted: Counter[str] = Counter()
    for run in all_runs:
        wanted.update(EXPECTED_BEACONS[run.dag_id])
    counted = Counter(beacon["page_group"] for beacon in received)
    found += [
        f"the page group {group!r} has {counted[group]} of {number} beacons"
        for group, number in wanted.items()
        if counted[group] != number
    ]
    found += [f"the page group {group!r} is not expected" for group in counted if group not in wanted]
    for beacon in received:
        if not beacon["verdict"]["valid"]:
            problems = "; ".join(map(_text, beacon["verdict"]["problems"]))
            found.append(f"a beacon of {beacon['page_group']!r} is invalid ({problems})")
    return found


def _text(problem: Any) -> str:
    return str(problem.get("message", problem)) if isinstance(problem, dict) else str(problem)
