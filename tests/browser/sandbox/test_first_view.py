# SPDX-License-Identifier: Apache-2.0
"""The first view of a sandbox that is full: 10,000 beacons, and less than a second to wait."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from airflow_mpulse.sandbox.app import SandboxApp
from airflow_mpulse.sandbox.beacons import MAX_BEACONS, received_beacon
from airflow_mpulse.sandbox.form import read_fields
from airflow_mpulse.sandbox.judge import judge

if TYPE_CHECKING:
    from airflow_mpulse.sandbox.server import SandboxServer
    from tests.support.sandbox_sender import Sender
    from tests.support.sandbox_window import OpenWindow, Window

LIMIT_MS = 1000
PAGE_GROUPS = 120

# The moment at which the browser has painted the rows, by its own clock, from the start of the navigation.
WATCH = """
  const look = new MutationObserver(() => {
    if (!window.shownAfterMs && document.querySelector("tbody tr")) {
      requestAnimationFrame(() => setTimeout(() => { window.shownAfterMs ??= performance.now(); }));
    }
  });
  look.observe(document, { childList: true, subtree: true });
"""


@pytest.fixture
def full(sandbox: SandboxServer, sender: Sender) -> SandboxServer:
    """Fill the sandbox with copies of real beacons, of many page groups and sessions, without HTTP in between."""
    patterns = []
    for number in range(PAGE_GROUPS):
        dag, session = number // 6, f"session-{number}"
        sender.send(f"dag {dag:02} - task {number % 6}", 1000 + number, rt__si=session, cdim__SalesRegion="EMEA")
        patterns.append(sender.all()[-1])
    app, state = SandboxApp(), sandbox.state
    for number in range(MAX_BEACONS):
        pattern = patterns[number % PAGE_GROUPS]
        raw = pattern.raw.replace("session-", f"session-{number // PAGE_GROUPS}-")
        fields = read_fields(raw)
        verdict = judge(fields, app=app, tokens=state.tokens, now_ms=state.now_ms())
        state.beacons.add(
            received_beacon(
                fields,
                raw=raw,
                app=app,
                verdict=verdict,
                received_at=state.clock(),
                method="POST",
                user_agent=pattern.user_agent,
            )
        )
    assert len(sandbox.store) == MAX_BEACONS
    return sandbox


def load(open_window: OpenWindow, view: str) -> float:
    """Load a view in a window that has nothing of the page yet, and give the milliseconds until its rows are there."""
    window = open_window()
    window.page.add_init_script(WATCH)
    window.open(view)
    expect(window.body_rows.first).to_be_visible()
    shown_ms = window.evaluate("() => new Promise((tell) => setTimeout(() => tell(window.shownAfterMs), 50))")
    window.page.context.close()
    return float(shown_ms)


@pytest.mark.parametrize("view", ["page-groups", "sessions", "beacons"])
def test_first_view(full: SandboxServer, open_window: OpenWindow, view: str) -> None:
    """
    With 10,000 beacons the rows are there in less than a second, in a browser that has nothing of the page yet.

    On a machine that is busy with other things single loads take longer; it is tried until one is in time.
    """
    took_ms: list[float] = []
    while len(took_ms) < 12 and (len(took_ms) < 3 or statistics.median(took_ms[-3:]) >= LIMIT_MS):
        took_ms.append(load(open_window, view))
    assert statistics.median(took_ms[-3:]) < LIMIT_MS, took_ms


def test_one_question(full: SandboxServer, window: Window) -> None:
    """The first view asks once for what it shows, and its rows are no more than are read at a glance."""
    asked: list[str] = []
    window.page.on("request", lambda request: asked.append(request.url.removeprefix(window.url)))
    window.open()
    expect(window.body_rows).to_have_count(100)
    expect(window.live).to_have_text("Live")
    assert [path for path in asked if path.startswith("/api/view/")] == ["/api/view/page-groups"]


def test_more_rows(full: SandboxServer, window: Window) -> None:
    """The rows that are not shown at first are there when they are asked for, and the reader goes on with them."""
    window.open()
    expect(window.body_rows).to_have_count(100)
    window.main.get_by_role("button", name="Show more: 20 not shown").click()
    expect(window.body_rows).to_have_count(PAGE_GROUPS)
    expect(window.body_rows.nth(100).get_by_role("link")).to_be_focused()
