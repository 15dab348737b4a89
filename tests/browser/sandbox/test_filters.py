# SPDX-License-Identifier: Apache-2.0
"""Filters by text, time span and validity: what they leave, and that the address keeps them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from airflow_mpulse.sandbox.server import SandboxServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Locator

    from tests.support.sandbox_sender import Sender
    from tests.support.sandbox_window import Window

INVALID = {"api": "2"}


class SandboxClock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.present = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.present


@pytest.fixture
def clock() -> SandboxClock:
    """Hold time."""
    return SandboxClock()


@pytest.fixture
def sandbox(clock: SandboxClock) -> Iterator[SandboxServer]:
    """Run a sandbox by the clock that stands still."""
    with SandboxServer(clock=clock) as running:
        yield running


@pytest.fixture
def older_and_newer(sender: Sender, clock: SandboxClock) -> None:
    """Send beacons ten minutes ago and now, valid and invalid, each in a session of its own."""
    sender.send("Orders, old", 1000, rt__si="s-1")
    sender.send("billing", 7000, rt__si="s-2", **INVALID)
    clock.present += timedelta(minutes=10)
    sender.send("Orders, new", 1000, rt__si="s-3")
    sender.send("Orders, new", 3000, rt__si="s-4", **INVALID)


def text_field(window: Window) -> Locator:
    return window.main.get_by_role("searchbox")


def choose(window: Window, label: str, option: str) -> None:
    window.main.get_by_role("combobox", name=label).select_option(label=option)


def names(window: Window, view: str) -> Locator:
    links = "session" if view == "sessions" else "page_group"
    return window.cells(links).locator("a")


#: What each filter leaves in each list, by its own order.
LISTS = {
    "page-groups": {
        "all": ["billing", "Orders, new", "Orders, old"],
        "order": ["Orders, new", "Orders, old"],
        "Last 5 minutes": ["Orders, new"],
        "Last 15 minutes": ["billing", "Orders, new", "Orders, old"],
        "Valid": ["Orders, new", "Orders, old"],
        "Invalid": ["billing", "Orders, new"],
    },
    "sessions": {
        "all": ["Orders, new", "Orders, new", "billing", "Orders, old"],
        "order": ["Orders, new", "Orders, new", "Orders, old"],
        "Last 5 minutes": ["Orders, new", "Orders, new"],
        "Last 15 minutes": ["Orders, new", "Orders, new", "billing", "Orders, old"],
        "Valid": ["Orders, new", "Orders, old"],
        "Invalid": ["Orders, new", "billing"],
    },
}
LISTS["beacons"] = LISTS["sessions"]
DETAILS = {"page-groups": "page-group", "sessions": "session", "beacons": "page-group"}


@pytest.mark.parametrize("view", LISTS)
def test_each_filter(older_and_newer: None, window: Window, view: str) -> None:
    """Text in any case, time span and validity each leave what they say; without them all comes back."""
    window.open(view)
    wanted, found = LISTS[view], names(window, view)
    expect(found).to_have_text(wanted["all"])
    text_field(window).fill("ORDER")
    expect(found).to_have_text(wanted["order"])
    text_field(window).fill("")
    expect(found).to_have_text(wanted["all"])
    for label, options in (
        ("Time span", ("Last 5 minutes", "Last 15 minutes", "All time")),
        ("Validity", ("Valid", "Invalid", "All")),
    ):
        for option in options:
            choose(window, label, option)
            expect(found).to_have_text(wanted.get(option, wanted["all"]))


@pytest.mark.parametrize("view", LISTS)
def test_kept_in_the_address(older_and_newer: None, window: Window, view: str) -> None:
    """Filters stand in the address, hold together, and outlive a reload and the way back."""
    window.open(view)
    text_field(window).fill("orders")
    # What is typed counts after a moment.
    expect(names(window, view)).to_have_text(LISTS[view]["order"])
    choose(window, "Time span", "Last 5 minutes")
    choose(window, "Validity", "Invalid")
    found = names(window, view)
    expect(found).to_have_text(["Orders, new"])
    kept = {"text": "orders", "since_s": "300", "valid": "false"}
    assert window.parameters() == kept

    def look() -> None:
        expect(text_field(window)).to_have_value("orders")
        expect(window.main.get_by_role("combobox", name="Time span")).to_have_value("300")
        expect(window.main.get_by_role("combobox", name="Validity")).to_have_value("false")
        expect(found).to_have_text(["Orders, new"])
        assert window.parameters() == kept

    window.page.reload()
    look()
    found.first.click()
    window.expect_view(DETAILS[view])
    window.page.go_back()
    look()


def test_figures_follow(older_and_newer: None, window: Window) -> None:
    """A row's figures are those of the beacons that the filters leave."""
    window.open("page-groups")
    expect(window.cell("Orders, new", "beacons")).to_have_text("2")
    choose(window, "Validity", "Invalid")
    expect(window.cell("Orders, new", "beacons")).to_have_text("1")
    expect(window.cell("Orders, new", "invalid")).to_have_text("1")
    expect(window.cell("Orders, new", "median_ms")).to_have_text("\u2013")


def test_into_the_page_group(older_and_newer: None, window: Window) -> None:
    """Time span and validity go along from the list to a page group, where they can be changed."""
    window.open("page-groups", valid="true", since_s="300")
    window.main.get_by_role("link", name="Orders, new").click()
    window.expect_view("page-group")
    expect(window.fact("Beacons")).to_have_text("1")
    expect(window.fact("Median")).to_have_text("1 s")
    choose(window, "Validity", "All")
    expect(window.fact("Beacons")).to_have_text("2")
    assert window.parameters() == {"name": "Orders, new", "since_s": "300"}


@pytest.mark.parametrize("view", LISTS)
def test_nothing_left(older_and_newer: None, window: Window, view: str) -> None:
    """Where the filters leave nothing the view says so and offers to clear them."""
    window.open(view, text="no such thing", valid="true")
    expect(window.main.locator(".empty")).to_contain_text("matches these filters")
    window.main.get_by_role("link", name="Clear the filters").click()
    expect(names(window, view)).to_have_text(LISTS[view]["all"])
    expect(text_field(window)).to_have_value("")


def test_leaves_the_span(older_and_newer: None, window: Window, clock: SandboxClock) -> None:
    """What is older than the time span leaves the view by itself, though no beacon comes."""
    window.page.clock.install()
    window.open("page-groups", since_s="300")
    expect(names(window, "page-groups")).to_have_text(["Orders, new"])
    clock.present += timedelta(minutes=6)
    window.page.clock.run_for(11_000)
    expect(window.main.locator(".empty")).to_contain_text("No page group matches these filters.")
