# SPDX-License-Identifier: Apache-2.0
"""The form of the connection in Airflow 3, which knows required fields and lets stored secrets be tested."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_mpulse.connection_form import HOOK_NAME
from tests.browser.airflow.pages import expect
from tests.browser.airflow.running import APP, RunningAirflow

if TYPE_CHECKING:
    from tests.browser.airflow.pages import AirflowPages


def test_domain_is_required(pages: AirflowPages) -> None:
    """A connection without a domain cannot be saved, and the form says what is missing."""
    pages.add_connection()
    pages.choose_type(HOOK_NAME)
    pages.field("Connection ID").fill("without_domain")
    save = pages.page.get_by_role("button", name="Save")
    expect(pages.field("Domain")).to_be_visible()
    expect(pages.row("Domain")).to_contain_text("This field is required")
    expect(save).to_be_disabled()
    pages.field("Domain").fill("www.example.com")
    expect(save).to_be_enabled()


def test_stored_secrets_are_tested(pages: AirflowPages, running: RunningAirflow) -> None:
    """A connection that was stored and opened again is tested with the secrets that are stored."""
    pages.add_connection()
    pages.choose_type(HOOK_NAME)
    typed = {
        "Connection ID": "stored",
        "Configuration service": "http://127.0.0.1",
        "Port": str(running.sandbox.port),
        "API key": APP.api_key,
        "Domain": APP.domain,
        "REST API secret key": APP.rest_api_secret,
    }
    for label, value in typed.items():
        pages.field(label).fill(value)
    pages.save()
    pages.edit_connection("stored")
    pages.field("Description").fill("Saved again")
    fetched = running.sandbox.requests.counts()["config_v2"]
    assert pages.press_test("stored")["status"]
    pages.expect_success("stored", "")
    assert running.sandbox.requests.counts()["config_v2"] == fetched + 1
