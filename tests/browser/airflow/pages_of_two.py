# SPDX-License-Identifier: Apache-2.0
"""The UI of Airflow 2.11."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tests.browser.airflow.pages import expect
from tests.browser.airflow.running import DAG_ID, QUOTED_DAG_ID

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page


class PagesOfTwo:
    """Pages that the server builds, and a grid that the browser does; see `AirflowPages` for each word."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self._url = url
        self._form = page.locator("#model_form")
        self._types = self._form.locator(".select2-selection")

    def add_connection(self) -> None:
        self.page.goto(f"{self._url}/connection/list/")
        self.page.get_by_role("link", name="Add").click()
        self._expect_form("Add Connection")

    def choose_type(self, name: str) -> None:
        self._types.click()
        self.page.get_by_role("option", name=name, exact=True).click()

    def row(self, label: str) -> Locator:
        labelled = self.page.locator("label", has_text=re.compile(rf"^\s*{re.escape(label)}\s*\*?\s*$"))
        return self._form.get_by_role("row").filter(has=labelled)

    def field(self, label: str) -> Locator:
        label = label.replace("Connection ID", "Connection Id")
        return self.row(label).locator("input, textarea").first

    def switch(self, label: str) -> None:
        self.field(label).click()

    def save(self) -> None:
        self.page.get_by_role("button", name="Save").click()
        expect(self.page).to_have_url(f"{self._url}/connection/list/")

    def edit_connection(self, conn_id: str) -> None:
        self.page.goto(f"{self._url}/connection/list/")
        row = self.page.get_by_role("row").filter(has=self.page.get_by_role("cell", name=conn_id, exact=True))
        row.get_by_role("link", name="Edit").click()
        self._expect_form("Edit Connection")

    def close_messages(self) -> None:
        self.page.locator(".alert").get_by_role("button").click()
        expect(self.page.locator(".alert")).to_have_count(0)

    def press_test(self, conn_id: str) -> dict[str, Any]:
        with self.page.expect_response(f"{self._url}/api/v1/connections/test") as answered:
            self.page.get_by_role("button", name="Test").click()
        return answered.value.json()

    def expect_success(self, conn_id: str, sentence: str) -> None:
        expect(self.page.locator(".alert")).to_contain_text(sentence)

    def expect_failure(self, sentence: str) -> None:
        # It looks the same as a success: the sentence has to say it all.
        expect(self.page.locator(".alert")).to_contain_text(sentence)

    def open_providers(self) -> None:
        self.page.goto(f"{self._url}/provider")

    def open_plugins(self) -> None:
        self.page.goto(f"{self._url}/plugin")

    def open_audit_log(self) -> None:
        self.page.goto(f"{self._url}/log/list/")
        expect(self.page.get_by_role("row").filter(has_text="connection")).not_to_have_count(0)

    def open_task(self, run_id: str, task_id: str, map_index: int = -1) -> None:
        self.page.goto(f"{self._url}/dags/{QUOTED_DAG_ID}/grid")
        self.page.get_by_role("button", name="Expand all task groups").click()
        row = self.page.get_by_role("group").filter(has=self.page.get_by_test_id(task_id))
        row.get_by_test_id("task-instance").click()
        if map_index >= 0:
            self.page.get_by_role("tab", name="Mapped Tasks").click()
            self.page.get_by_role("row", name=re.compile(rf"^{map_index} ")).click()
            self.page.get_by_role("tab", name="Details").click()
        expect(self.page.get_by_text("Task ID", exact=True)).to_be_visible()

    def expect_task(self, run_id: str, task_id: str, map_index: int = -1) -> None:
        self.expect_run(run_id)

    def expect_run(self, run_id: str) -> None:
        expect(self.page.get_by_role("heading", name=f"DAG: {DAG_ID}")).to_be_visible()
        expect(self.page.get_by_test_id("run")).to_have_count(1)
        expect(self.page.get_by_test_id("task-instance").first).to_be_visible()

    def _expect_form(self, heading: str) -> None:
        expect(self.page.get_by_role("heading", name=heading)).to_be_visible()
        # Shown by the script that makes the form ready, in one go with all the rest.
        expect(self.page.locator(".alert")).to_contain_text("Fields that are currently populated")
