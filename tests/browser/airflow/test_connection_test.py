# SPDX-License-Identifier: Apache-2.0
"""The button that tests a connection, with the sandbox as mPulse."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from airflow_mpulse.connection_form import HOOK_NAME
from tests.browser.airflow.pages import expect
from tests.browser.airflow.running import APP, RunningAirflow

if TYPE_CHECKING:
    from tests.browser.airflow.pages import AirflowPages

FETCHED = (
    "Fetched the configuration of the domain 'pipelines.local', which defines 6 custom timers, 8 custom "
    "metrics and 8 custom dimensions; that a beacon is accepted cannot be tested, because mPulse confirms "
    "none."
)
UNKNOWN_KEY = (
    "mPulse does not know the API key (404); copy it from the app's General tab into the connection's "
    "password."
)


@pytest.mark.parametrize(
    ("conn_id", "secret", "request_name"),
    [("plain", "", "config_v1"), ("signed", APP.rest_api_secret, "config_v2")],
)
def test_right_connection_succeeds(
    pages: AirflowPages, running: RunningAirflow, conn_id: str, secret: str, request_name: str
) -> None:
    """A connection that works is tested by fetching the configuration, and Airflow says that it succeeded."""
    _fill_in(pages, running, conn_id, APP.api_key)
    pages.field("REST API secret key").fill(secret)
    fetched = running.sandbox.requests.counts()[request_name]
    assert pages.press_test(conn_id) == {"status": True, "message": FETCHED}
    pages.expect_success(conn_id, FETCHED)
    assert running.sandbox.requests.counts()[request_name] == fetched + 1


def test_wrong_key_fails_with_a_sentence(pages: AirflowPages, running: RunningAirflow) -> None:
    """A key that mPulse does not know fails with a sentence that says what to do, without the key."""
    _fill_in(pages, running, "wrong_key", "NEVER-TO-BE-SEEN")
    assert pages.press_test("wrong_key") == {"status": False, "message": UNKNOWN_KEY}
    pages.expect_failure(UNKNOWN_KEY)


def test_sentence_is_shown_as_text(pages: AirflowPages, running: RunningAirflow) -> None:
    """What looks like markup in a sentence is not taken for it, be there another message beside it or not."""
    _fill_in(pages, running, "marked_up", APP.api_key)
    pages.field("User-Agent").fill("<img src='/not-there' id=injected>ü")
    pages.close_messages()
    pages.press_test("marked_up")
    pages.expect_failure("; a header can only hold ASCII characters.")
    expect(pages.page.locator("#injected")).to_have_count(0)


def _fill_in(pages: AirflowPages, running: RunningAirflow, conn_id: str, api_key: str) -> None:
    pages.add_connection()
    pages.choose_type(HOOK_NAME)
    pages.field("Connection ID").fill(conn_id)
    pages.field("Configuration service").fill("http://127.0.0.1")
    pages.field("Port").fill(str(running.sandbox.port))
    pages.field("API key").fill(api_key)
    pages.field("Domain").fill(APP.domain)
