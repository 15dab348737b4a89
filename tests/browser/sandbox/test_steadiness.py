# SPDX-License-Identifier: Apache-2.0
"""Nothing moves under the reader: the layout stands still while a view comes, and when something arrives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.support.sandbox_sender import Run
from tests.support.sandbox_views import LONG, VIEWS, send_everything

if TYPE_CHECKING:
    from tests.support.sandbox_sender import Sender
    from tests.support.sandbox_window import OpenWindow, Window

#: Good is 0.1 and less by the Core Web Vitals; the page aims at half of it.
MAX_SHIFT = 0.05

# Every shift counts, also within the half second after a key or a click in which browsers forgive it.
WATCH = """
  window.shifts = [];
  new PerformanceObserver((list) => {
    for (const { value, sources } of list.getEntries()) {
      const what = sources.map(({ node }) => node?.outerHTML?.slice(0, 80) ?? node?.nodeName);
      window.shifts.push({ value, what });
    }
  }).observe({ type: "layout-shift", buffered: true });
"""


def shift(window: Window) -> tuple[float, list[object]]:
    """Add up how much has moved so far, as a share of the window, and tell what."""
    # What has happened is handed to the observer with the next frame.
    window.evaluate("() => new Promise((tell) => requestAnimationFrame(() => setTimeout(tell)))")
    shifts = window.evaluate("() => window.shifts")
    return sum(each["value"] for each in shifts), shifts


@pytest.mark.parametrize("width", [1280, 360])
def test_while_loading(sender: Sender, open_window: OpenWindow, width: int) -> None:
    """While a view is loaded, from nothing to its last chart, it shifts by less than 0.05."""
    send_everything(sender)
    for name, view in VIEWS.items():
        window = open_window(viewport={"width": width, "height": 800})
        window.page.add_init_script(WATCH)
        view.open(window, unfold=False)
        moved, what = shift(window)
        assert moved < MAX_SHIFT, (name, what)
        window.page.close()


@pytest.mark.parametrize("view", ["page-groups", "page-group", "sessions", "session", "beacon", "app"])
def test_while_beacons_arrive(sender: Sender, open_window: OpenWindow, view: str) -> None:
    """
    While beacons arrive that belong to what is shown, the view shifts by less than 0.05.

    The list of beacons is left out: what is new comes first there, and is meant to push the others down.
    """
    send_everything(sender)
    run = Run(sender, sender.now_ms() - 120_000)
    window = open_window()
    window.page.add_init_script(WATCH)
    VIEWS[view].open(window, unfold=False)
    before, _ = shift(window)
    sent = len(sender.all())
    for number in range(3):
        run.task(LONG, 12_000 + number, 1234, cdim__SalesRegion="APAC", t_other="custom1|77")
        expect(window.page.locator(f'html[data-ready="{sent + number + 1}"]')).to_be_attached()
    after, what = shift(window)
    assert after - before < MAX_SHIFT, what
