# SPDX-License-Identifier: Apache-2.0
"""The entry in the menu bar of Airflow 2.11."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.browser.airflow.pages import expect

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser.airflow.running import RunningAirflow


def test_menu_leads_to_the_dashboards(page: Page, running: RunningAirflow) -> None:
    """The menu Browse has an entry that opens the part of the address that is the same for every DAG."""
    page.goto(running.airflow.url)
    page.get_by_role("link", name="Browse", exact=True).click()
    page.get_by_role("link", name="mPulse", exact=True).click()
    expect(page).to_have_url(f"{running.dashboard_url}/")


def test_no_entry_without_a_dashboard(page: Page, running: RunningAirflow) -> None:
    """Without `dashboard_url` there is no entry in the menu."""
    page.goto(running.url_without_dashboard)
    page.get_by_role("link", name="Browse", exact=True).click()
    expect(page.get_by_role("link", name="Audit Logs")).to_be_visible()
    expect(page.get_by_text("mPulse")).to_have_count(0)
