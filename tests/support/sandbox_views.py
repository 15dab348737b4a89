# SPDX-License-Identifier: Apache-2.0
"""Every view of the sandbox's page with everything that it can show, for what must hold in all of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.support.sandbox_sender import Run

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.support.sandbox_sender import Sender
    from tests.support.sandbox_window import Window

#: A name as long as DAGs' names are, without a place to break it.
LONG = "warehouse_and_customer_orders_reconciliation_with_partner_ledgers - load_into_the_reporting_schema"


def send_everything(sender: Sender) -> None:
    """Send beacons of every sort: of a run, failed, with warnings, invalid, custom data and long names."""
    start_ms = sender.now_ms() - 120_000
    run = Run(sender, start_ms)
    rich = {
        "cdim__SalesRegion": "EMEA",
        "h__ab": "new loader",
        "h__v": "v2",
        "t_other": "custom1|400,custom3|75",
    }
    for index, task in enumerate(("extract", "transform", "load", "check")):
        run.task(task, 3000 * index, 2500, **rich)
    run.task(LONG, 9000, 20_000, cmet__AirflowFailures="1", cmet__RowsLoaded="1200", **rich)
    run.task("late", 30_000, 10, api="2", rt__start="navigation", **rich)
    run.task("no start", 0, 0, rt__tstart=None)
    run.end(31_000)
    sender.send(LONG, 1500, rt__sl="0", note="x", rt__si="not of a run")
    sender.send(None, 90_000)


@dataclass(frozen=True)
class View:
    """
    A view, and something in it that is there when all of it is.

    :param name: Its name in the address.
    :param shown: A selector of what is drawn last.
    :param parameters: What stands in the address beside the name.
    :param unfolds: Texts of details to unfold.
    """

    name: str
    shown: str
    parameters: Mapping[str, object] = field(default_factory=dict)
    unfolds: tuple[str, ...] = ()

    def open(self, window: Window, *, unfold: bool = True) -> None:
        """Open it in a window, wait until all of it is there, and unfold what is folded."""
        window.open(self.name, **self.parameters)
        expect(window.main.locator(self.shown).first).to_be_visible()
        for text in self.unfolds if unfold else ():
            window.main.get_by_text(text, exact=True).click()


#: By what is shown. Beacon 6 is the invalid one, beacon 5 that of the failed task.
VIEWS = {
    "page-groups": View("page-groups", "tbody tr"),
    "page-group": View(
        "page-group",
        '[data-chart="series"] .scatterlayer .points path',
        {"name": f"{Run.dag_id} - {LONG}", "by": "Region"},
    ),
    "sessions": View("sessions", "tbody tr"),
    "session": View("session", ".wbar", {"id": Run.session_id}, ("Exact times as a table",)),
    "beacons": View("beacons", "tbody tr"),
    "beacon": View("beacon", "tbody tr", {"id": 6}, ("What the sources stand for",)),
    "app": View("app", ".definitions li", {}, ("Script another fault",)),
    "nothing": View("beacons", ".empty", {"text": "nothing of the kind"}),
}
