# SPDX-License-Identifier: Apache-2.0
"""The UI of Airflow 3."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from airflow_mpulse.connection_form import FIELDS
from tests.browser.airflow.pages import expect
from tests.browser.airflow.running import QUOTED_DAG_ID

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

_EXTRA_LABELS = {field.label for field in FIELDS.values()}


class PagesOfThree:
    """A single page whose forms are dialogs; see `AirflowPages` for what each word does."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self._url = url
        self._form = page.get_by_role("dialog")

    def add_connection(self) -> None:
        self.page.goto(f"{self._url}/connections")
        self.page.get_by_role("button", name="Add Connection").click()
        expect(self._form.get_by_role("heading")).to_have_text("Add Connection")

    def choose_type(self, name: str) -> None:
        self._form.get_by_role("combobox", name="Connection Type").click()
        self._form.get_by_role("option", name=name, exact=True).click()

    def row(self, label: str) -> Locator:
        # Text fields among the extras have no tie to their label that a browser knows.
        labelled = self.page.locator("label", has_text=re.compile(rf"^{re.escape(label)}\s*\*?$"))
        return self._form.get_by_role("group").filter(has=labelled)

    def field(self, label: str) -> Locator:
        if label != "Connection ID":
            self._unfold("Extra Fields" if label in _EXTRA_LABELS else "Standard Fields")
        return self.row(label).locator("input, textarea").first

    def switch(self, label: str) -> None:
        self.field(label)
        self.row(label).locator("[data-part=control]").click()

    def save(self) -> None:
        self._form.get_by_role("button", name="Save").click()
        expect(self._form).to_be_hidden()

    def edit_connection(self, conn_id: str) -> None:
        self.page.goto(f"{self._url}/connections")
        self._listed(conn_id).get_by_role("button", name="Edit Connection").click()
        expect(self._form.get_by_role("heading")).to_have_text("Edit Connection")

    def close_messages(self) -> None:
        pass  # There is none.

    def press_test(self, conn_id: str) -> dict[str, Any]:
        # The button stands in the list: what stands in the form is saved first.
        self.save()
        with self.page.expect_response(lambda answer: answer.url.endswith("test")) as answered:
            self._listed(conn_id).get_by_role("button", name="Test Connection").click()
        # Tested by the API server itself; the worker's way, `enqueue-test`, is one that the UI leaves alone.
        assert answered.value.url == f"{self._url}/api/v2/connections/test"
        return answered.value.json()

    def expect_success(self, conn_id: str, sentence: str) -> None:
        # The UI says no more than that it succeeded.
        icon = self._listed(conn_id).get_by_role("button", name="Test Connection").locator("svg")
        expect(icon).to_have_css("color", "rgb(0, 128, 0)")

    def expect_failure(self, sentence: str) -> None:
        expect(self.page.get_by_role("region", name="Notifications")).to_contain_text(sentence)

    def open_providers(self) -> None:
        self.page.goto(f"{self._url}/providers")

    def open_plugins(self) -> None:
        self.page.goto(f"{self._url}/plugins")

    def open_audit_log(self) -> None:
        self.page.goto(f"{self._url}/events")
        expect(self.page.get_by_role("row").filter(has_text="connection")).not_to_have_count(0)

    def open_task(self, run_id: str, task_id: str, map_index: int = -1) -> None:
        mapped = "" if map_index < 0 else f"/mapped/{map_index}"
        self.page.goto(
            f"{self._url}/dags/{QUOTED_DAG_ID}/runs/{quote(run_id, safe='')}/tasks/{task_id}{mapped}"
        )
        self.page.get_by_role("link", name="Details", exact=True).click()
        expect(self.page.get_by_text("Task ID", exact=True)).to_be_visible()

    def expect_task(self, run_id: str, task_id: str, map_index: int = -1) -> None:
        heading = task_id if map_index < 0 else f"{task_id} [{map_index}]"
        expect(self.page.get_by_role("heading", name=heading, exact=True)).to_be_visible()
        expect(self.page.get_by_role("link", name=run_id)).to_be_visible()
        expect(self.page.get_by_role("link", name="Rendered Templates")).to_be_visible()

    def expect_run(self, run_id: str) -> None:
        expect(self.page.get_by_role("heading", name=run_id, exact=True)).to_be_visible()
        expect(self.page.get_by_text("3 Task Instances")).to_be_visible()

    def _unfold(self, section: str) -> None:
        button = self._form.get_by_role("button", name=section, exact=True)
        expect(button).to_be_visible()
        if button.get_attribute("aria-expanded") != "true":
            button.click()
            expect(button).to_have_attribute("aria-expanded", "true")

    def _listed(self, conn_id: str) -> Locator:
        return self.page.get_by_role("row").filter(
            has=self.page.get_by_role("cell", name=conn_id, exact=True)
        )
