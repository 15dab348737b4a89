# SPDX-License-Identifier: Apache-2.0
"""What a person does in Airflow's UI, in the same words for both majors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from playwright.sync_api import Expect

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

#: Airflow's pages build themselves from many answers; on a busy machine that takes a while.
PATIENCE_MS = 60_000

#: `expect` of this folder; the one that Playwright brings is shared with all other tests.
expect = Expect()
expect.set_options(timeout=PATIENCE_MS)


class AirflowPages(Protocol):
    """
    The UI of one major, in a page of the browser.

    Where the UI has a form or a list open, the words that follow are about this one.
    """

    page: Page

    def add_connection(self) -> None:
        """Open the form for a new connection."""

    def choose_type(self, name: str) -> None:
        """Choose a connection type from the list of them, in which it goes by a name."""

    def row(self, label: str) -> Locator:
        """Give the part of the form that holds a field, its label and its description."""

    def field(self, label: str) -> Locator:
        """Give the field with a label, unfolding the part of the form that it is in."""

    def switch(self, label: str) -> None:
        """Switch a field on or off."""

    def save(self) -> None:
        """Save the form, and wait until it has been."""

    def edit_connection(self, conn_id: str) -> None:
        """Open the form of a stored connection."""

    def close_messages(self) -> None:
        """Close the message that Airflow shows above a form."""

    def press_test(self, conn_id: str) -> dict[str, Any]:
        """Press the button that tests what stands in the form; give Airflow's answer to it."""

    def expect_success(self, conn_id: str, sentence: str) -> None:
        """Expect that the UI says that the test succeeded, with a sentence where it has room for one."""

    def expect_failure(self, sentence: str) -> None:
        """Expect that the UI says with a sentence that the test failed."""

    def open_providers(self) -> None:
        """Open the page of providers."""

    def open_plugins(self) -> None:
        """Open the page of plugins."""

    def open_audit_log(self) -> None:
        """Open the log of what people did."""

    def open_task(self, run_id: str, task_id: str, map_index: int = -1) -> None:
        """Open the details of a task instance."""

    def expect_task(self, run_id: str, task_id: str, map_index: int = -1) -> None:
        """Expect the page to be that of a task instance, or of its DAG where there is none for it."""

    def expect_run(self, run_id: str) -> None:
        """Expect the page to be that of a run, or of its DAG where there is none for it."""
