# SPDX-License-Identifier: Apache-2.0
"""Which beacons one run of each example DAG must leave behind, with the listener on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# DAG id -> page group -> number of beacons of one run. Skipped tasks send none: one arm of the branch in
# mapped regions, the order in the inventory count. A retried task counts once.
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
        "example_mpulse_custom_beacon": 1,
        "example_mpulse_custom_beacon - write_exports": 1,
        "example_mpulse_custom_beacon - check_exports": 1,
    },
    "example_mpulse_notifier": {
        "Region load": 1,
        "Region load - pick_orders": 1,
        "Region load - load_orders": 1,
    },
    "example_inventory_count": {
        "example_inventory_count": 1,
        "example_inventory_count - open_count": 1,
        "example_inventory_count - write_sheets": 1,
        "example_inventory_count - shelves-count_shelf": 3,
        "example_inventory_count - write_report": 1,
        "example_inventory_count - ordering-is_anything_scarce": 1,
        "example_inventory_count - close_count": 1,
    },
    "example_mpulse_flush": {
        "example_mpulse_flush": 1,
        "example_mpulse_flush - flush_outbox": 1,
    },
    "example_mpulse_waiting": {
        "example_mpulse_waiting": 1,
        "example_mpulse_waiting - open_inbox": 1,
        "example_mpulse_waiting - wait_until_closed": 1,
        "example_mpulse_waiting - export_orders": 1,
        "example_mpulse_waiting - wait_for_export": 1,
        "example_mpulse_waiting - count_orders": 1,
    },
}

# Page groups of beacons that a task sends by itself with the hook: they are in no run's session.
OUTSIDE_SESSIONS = frozenset({"Warehouse exports", "Warehouse export file"})

# The page groups of runs, where they are not the DAG's id.
_RUN_PAGE_GROUPS = {"example_mpulse_notifier": "Region load"}


def run_page_group(dag_id: str) -> str:
    """
    Name the page group in which the runs of an example are.

    :param dag_id: The example.
    :return: The page group.
    """
    return _RUN_PAGE_GROUPS.get(dag_id, dag_id)
