# SPDX-License-Identifier: Apache-2.0
"""A sandbox that goes away and comes back while somebody looks at its page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from airflow_mpulse.sandbox.server import SandboxServer
from tests.support.sandbox_sender import Sender

if TYPE_CHECKING:
    from tests.support.browser import Complaints
    from tests.support.sandbox_window import Window

#: What a browser says of a server that is not there.
REFUSED = "net::ERR_CONNECTION_REFUSED"
#: And of one that goes away in the midst of an answer.
BROKEN = "net::ERR_INCOMPLETE_CHUNKED_ENCODING"


def names(window: Window, *wanted: str) -> None:
    expect(window.cells("page_group")).to_have_text(list(wanted))


def test_stopped_and_started(
    sandbox: SandboxServer, sender: Sender, window: Window, complaints: Complaints
) -> None:
    """While the sandbox is away the page says so and keeps what it has; then it follows again."""
    sender.send("orders")
    window.open()
    expect(window.live).to_have_text("Live")
    sandbox.stop()
    expect(window.live).to_have_text("Not connected, trying again")
    names(window, "orders")
    sandbox.start()
    expect(window.live).to_have_text("Live")
    sender.send("billing")
    names(window, "billing", "orders")
    complaints.forget(REFUSED, BROKEN)


def test_another_sandbox(
    sandbox: SandboxServer, sender: Sender, window: Window, complaints: Complaints
) -> None:
    """Another sandbox on the same port is shown as it is, even where it has seen just as much."""
    sender.send("orders")
    window.open()
    names(window, "orders")
    sandbox.stop()
    expect(window.live).to_have_text("Not connected, trying again")
    with SandboxServer(port=sandbox.port) as other:
        Sender(other).send("billing")
        names(window, "billing")
        expect(window.live).to_have_text("Live")
        window.page.close()
    complaints.forget(REFUSED, BROKEN)


def test_asked_for_while_away(
    sandbox: SandboxServer, sender: Sender, window: Window, complaints: Complaints
) -> None:
    """A view that is opened while the sandbox is away says so, and comes when the sandbox is back."""
    sender.send("orders")
    # What a view is made of is loaded when it is first looked at.
    window.open("beacons")
    window.open("page-groups")
    expect(window.live).to_have_text("Live")
    sandbox.stop()
    expect(window.live).to_have_text("Not connected, trying again")
    window.page.get_by_role("navigation", name="Views").get_by_role("link", name="Beacons").click()
    expect(window.heading).to_have_text("This cannot be shown")
    expect(window.main).to_contain_text("The sandbox does not answer. The page tries again by itself.")
    sandbox.start()
    expect(window.heading).to_have_text("Beacons")
    names(window, "orders")
    complaints.forget(REFUSED, BROKEN)
