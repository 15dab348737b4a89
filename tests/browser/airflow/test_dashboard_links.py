# SPDX-License-Identifier: Apache-2.0
"""The button on each task instance that leads to the dashboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.airflow.pages import expect
from tests.browser.airflow.running import QUOTED_DAG_ID, QUOTED_PAGE_GROUP, RunningAirflow

if TYPE_CHECKING:
    from tests.browser.airflow.pages import AirflowPages

each_task = pytest.mark.parametrize(("task_id", "map_index"), [("load", -1), ("regions.per_region", 1)])


@each_task
def test_button_leads_to_the_dashboard(
    pages: AirflowPages, running: RunningAirflow, task_id: str, map_index: int
) -> None:
    """Each task instance has a button that opens its DAG's dashboard; ID and page group are encoded."""
    pages.open_task(running.run.run_id, task_id, map_index)
    button = pages.page.get_by_role("link", name="mPulse", exact=True)
    path = f"/{QUOTED_DAG_ID}/board?page_group={QUOTED_PAGE_GROUP}"
    expect(button).to_have_attribute("href", f"{running.dashboard_url}{path}")
    with pages.page.expect_popup() as opened:
        button.click()
    expect(opened.value.get_by_role("heading")).to_have_text(path)


@each_task
def test_no_button_without_a_dashboard(
    pages_without_dashboard: AirflowPages, running: RunningAirflow, task_id: str, map_index: int
) -> None:
    """Without `dashboard_url` no task instance has a button."""
    pages_without_dashboard.open_task(running.run.run_id, task_id, map_index)
    pages_without_dashboard.page.wait_for_load_state("networkidle")
    expect(pages_without_dashboard.page.get_by_text("mPulse")).to_have_count(0)
