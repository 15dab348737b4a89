# SPDX-License-Identifier: Apache-2.0
"""The tabs on the pages of a DAG and of a run, which Airflow 3 has."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from tests.browser.airflow.pages import expect
from tests.browser.airflow.running import QUOTED_DAG_ID, RunningAirflow

if TYPE_CHECKING:
    from playwright.sync_api import Page

each_page = pytest.mark.parametrize("of_run", [False, True], ids=["DAG", "run"])


@each_page
def test_tab_shows_the_dashboard(page: Page, running: RunningAirflow, of_run: bool) -> None:
    """A tab shows the dashboard of the DAG in a frame, whose address has the DAG's ID in it, encoded."""
    page.goto(_address(running.airflow.url, running, of_run))
    page.get_by_role("link", name="mPulse", exact=True).click()
    path = f"/{QUOTED_DAG_ID}/board?page_group={QUOTED_DAG_ID}"
    expect(page.locator("iframe")).to_have_attribute("src", f"{running.dashboard_url}{path}")
    expect(page.frame_locator("iframe").get_by_role("heading")).to_have_text(path)


@each_page
def test_no_tab_without_a_dashboard(page: Page, running: RunningAirflow, of_run: bool) -> None:
    """Without `dashboard_url` there is no tab."""
    page.goto(_address(running.url_without_dashboard, running, of_run))
    expect(page.get_by_role("link", name="Details", exact=True)).to_be_visible()
    page.wait_for_load_state("networkidle")
    expect(page.get_by_text("mPulse")).to_have_count(0)


def _address(url: str, running: RunningAirflow, of_run: bool) -> str:
    run = f"/runs/{quote(running.run.run_id, safe='')}" if of_run else ""
    return f"{url}/dags/{QUOTED_DAG_ID}{run}"
