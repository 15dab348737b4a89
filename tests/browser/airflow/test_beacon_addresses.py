# SPDX-License-Identifier: Apache-2.0
"""The addresses in beacons, which lead from mPulse back to Airflow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.airflow.pages import expect
from tests.browser.airflow.running import DAG_ID, RunningAirflow

if TYPE_CHECKING:
    from tests.browser.airflow.pages import AirflowPages


@pytest.mark.parametrize(
    ("task_id", "map_index"), [("load", -1), ("regions.per_region", 0), ("regions.per_region", 1)]
)
def test_task_beacon_leads_to_its_task(
    pages: AirflowPages, running: RunningAirflow, task_id: str, map_index: int
) -> None:
    """The address in a task's beacon is that of the task instance's page; of the DAG's on Airflow 2.11."""
    addresses = running.addresses_of_tasks(task_id)
    pages.page.goto(addresses[max(map_index, 0)])
    pages.expect_task(running.run.run_id, task_id, map_index)


def test_run_beacon_leads_to_its_run(pages: AirflowPages, running: RunningAirflow) -> None:
    """The address in a run's beacon is that of the run's page; of the DAG's on Airflow 2.11."""
    pages.page.goto(running.address_of_run())
    pages.expect_run(running.run.run_id)
    expect(pages.page.get_by_text(DAG_ID, exact=True).first).to_be_visible()
