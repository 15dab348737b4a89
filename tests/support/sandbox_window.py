# SPDX-License-Identifier: Apache-2.0
"""A browser window on the sandbox's page: opens views, and finds in them what a person would look for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import parse_qs, urlencode

from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

#: Long enough for a machine that has other things to do as well; what is there is seen at once.
LIMIT_MS = 20_000

expect.set_options(timeout=LIMIT_MS)


class Window:
    """
    A window on a sandbox's page.

    :param page: The browser's page.
    :param url: Where the sandbox is.
    """

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        page.set_default_timeout(LIMIT_MS)

    @property
    def main(self) -> Locator:
        """What the view shows, without the page's header."""
        return self.page.locator("main")

    @property
    def heading(self) -> Locator:
        """The view's heading."""
        return self.page.locator("h1")

    @property
    def body_rows(self) -> Locator:
        """The rows of the view's tables, without their heads."""
        return self.main.locator("tbody tr")

    @property
    def live(self) -> Locator:
        """What the header says about the connection to the sandbox."""
        return self.page.locator("#live")

    @property
    def notice(self) -> Locator:
        """What the page tells about what was done."""
        return self.page.locator("#notice p")

    def address(self, view: str, **parameters: object) -> str:
        """Write a view's address."""
        return f"{self.url}/#/{view}?{urlencode(parameters)}" if parameters else f"{self.url}/#/{view}"

    def open(self, view: str = "page-groups", **parameters: object) -> Window:
        """Open a view and wait until it shows something."""
        self.page.goto(self.address(view, **parameters))
        self.expect_view(view)
        return self

    def expect_view(self, view: str) -> None:
        """Wait until a view shows something."""
        expect(self.page.locator(f'html[data-view="{view}"][data-ready]')).to_be_attached()

    def parameters(self) -> dict[str, str]:
        """Read what stands in the address beside the view."""
        # Asked of the browser itself: what Playwright knows of the address may be a moment old.
        _, _, query = str(self.evaluate("() => location.hash")).partition("?")
        return {name: values[0] for name, values in parse_qs(query).items()}

    def row(self, key: object) -> Locator:
        """Find a row by what it is about."""
        return self.main.locator("tbody tr").and_(self.page.locator(f'[data-key="{key}"]'))

    def cells(self, column: str) -> Locator:
        """Find the cells of a column."""
        return self.main.locator(f'tbody [data-column="{column}"]')

    def cell(self, key: object, column: str) -> Locator:
        """Find a cell by its row and column."""
        return self.row(key).locator(f'[data-column="{column}"]')

    def fact(self, name: str) -> Locator:
        """Find a value among a view's facts by its name."""
        term = self.page.get_by_text(name, exact=True).and_(self.page.locator("dt"))
        return self.main.locator(".facts > div").filter(has=term).locator("dd")

    def heading_cell(self, title: str) -> Locator:
        """Find the head of a column."""
        return self.main.get_by_role("columnheader", name=title, exact=True)

    def evaluate(self, script: str, argument: object = None) -> Any:
        """Ask the browser itself."""
        return self.page.evaluate(script, argument)


class OpenWindow(Protocol):
    """Opens a window; options are those of a browser's context, such as its size and its colours."""

    def __call__(self, **options: Any) -> Window: ...
