# SPDX-License-Identifier: Apache-2.0
"""The form of the connection in Airflow 2.11, whose button tests what the form holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_mpulse.connection_form import HOOK_NAME
from tests.browser.airflow.running import APP, RunningAirflow

if TYPE_CHECKING:
    from tests.browser.airflow.pages import AirflowPages


def test_stored_secrets_are_typed_again_for_a_test(pages: AirflowPages, running: RunningAirflow) -> None:
    """The form of a stored connection holds neither secret; with both typed again, its test succeeds."""
    pages.add_connection()
    pages.choose_type(HOOK_NAME)
    typed = {
        "Connection ID": "stored",
        "Configuration service": "http://127.0.0.1",
        "Port": str(running.sandbox.port),
        "Domain": APP.domain,
    }
    secrets = {"API key": APP.api_key, "REST API secret key": APP.rest_api_secret}
    for label, value in {**typed, **secrets}.items():
        pages.field(label).fill(value)
    pages.save()
    pages.edit_connection("stored")
    pages.press_test("stored")
    pages.expect_failure("has no API key; ")
    for label, value in secrets.items():
        pages.field(label).fill(value)
    pages.press_test("stored")
    pages.expect_success("stored", "Fetched the configuration of the domain 'pipelines.local'")
