# SPDX-License-Identifier: Apache-2.0
"""The machine's Chromium without a window, and a page that remembers whatever goes wrong in it."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

from tests.support.programs import CHROMIUM, require

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response

#: The browser asks nobody but the servers of the tests, and runs where there is no sandbox to be had.
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@dataclass
class Complaints:
    """
    What a browser found wrong: errors on the console, scripts that failed, requests without success.

    :param origin: The only place that a page may ask; None where any will do.
    """

    found: list[str] = field(default_factory=list)
    origin: str | None = None

    def watch(self, page: Page) -> None:
        """Write down what goes wrong in a page from now on."""
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.found.append(f"script: {error}"))
        page.on("request", self._place)
        page.on("requestfailed", self._request)
        page.on("response", self._response)

    def forget(self, *parts: str) -> None:
        """Forget what a test has provoked on purpose: complaints that hold one of some texts."""
        self.found = [each for each in self.found if not any(part in each for part in parts)]

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.found.append(f"console: {message.text} ({message.location.get('url')})")

    def _place(self, request: Request) -> None:
        if self.origin is not None and not request.url.startswith((f"{self.origin}/", "data:")):
            self.found.append(f"elsewhere: {request.method} {request.url}")

    def _request(self, request: Request) -> None:
        # A page that is left ends what it was still asking for.
        if request.failure != "net::ERR_ABORTED":
            self.found.append(f"request: {request.method} {request.url}: {request.failure}")

    def _response(self, response: Response) -> None:
        if response.status >= 400:
            self.found.append(f"response: {response.request.method} {response.url}: {response.status}")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run Chromium for the length of a block; where there is none, the test is left out."""
    path = require(CHROMIUM)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()
