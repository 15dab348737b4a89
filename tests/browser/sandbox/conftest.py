# SPDX-License-Identifier: Apache-2.0
"""A running sandbox, a client that sends to it, and windows on its page that may ask nobody but it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from airflow_mpulse.sandbox.server import SandboxServer
from tests.support.sandbox_sender import Sender
from tests.support.sandbox_window import Window

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Dialog

    from tests.support.browser import Complaints
    from tests.support.sandbox_window import OpenWindow


@pytest.fixture
def sandbox() -> Iterator[SandboxServer]:
    """Run the default sandbox on a free port."""
    with SandboxServer() as running:
        yield running


@pytest.fixture
def sender(sandbox: SandboxServer) -> Sender:
    """Send beacons to it."""
    return Sender(sandbox)


@pytest.fixture
def open_window(browser: Browser, sandbox: SandboxServer, complaints: Complaints) -> Iterator[OpenWindow]:
    """Open windows, in each of which whatever goes wrong fails the test."""
    contexts = []
    complaints.origin = sandbox.url

    def refuse(dialog: Dialog) -> None:
        complaints.found.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def open_one(**options: Any) -> Window:
        defaults = {
            "locale": "en-GB",
            "timezone_id": "Europe/Berlin",
            "viewport": {"width": 1280, "height": 900},
        }
        context = browser.new_context(**{**defaults, **options})
        contexts.append(context)
        page = context.new_page()
        complaints.watch(page)
        page.on("dialog", refuse)
        return Window(page, sandbox.url)

    yield open_one
    for context in contexts:
        context.close()


@pytest.fixture
def window(open_window: OpenWindow) -> Window:
    """Open a window of a desk's size."""
    return open_window()
