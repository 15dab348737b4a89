# SPDX-License-Identifier: Apache-2.0
"""The list of page groups: its figures against numbers worked out by hand, and its order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from tests.support.sandbox_sender import Sender
    from tests.support.sandbox_window import Window

FAILED = {"cmet__AirflowFailures": "1"}
INVALID = {"api": "2"}


@pytest.fixture
def four_groups(sender: Sender) -> None:
    """Send beacons of four page groups, in which each column has an order of its own."""
    for duration_ms in (100, 200, 300, 400, 1000):
        sender.send("orders", duration_ms)
    sender.send("orders", 70_000, **INVALID)
    for duration_ms in (50, 330, 330):
        sender.send("billing", duration_ms, **FAILED)
    sender.send("Cash desk 2", 340)
    sender.send("Cash desk 2", 360, **FAILED)
    for group in ["Cash desk 2"] * 2 + ["Cash desk 10"] * 3:
        sender.send(group, 500, **INVALID)
    for _ in range(2):
        sender.send("Cash desk 10", 120_000, **FAILED)


def test_figures(four_groups: None, window: Window) -> None:
    """
    Counts take in invalid beacons, percentiles do not.

    By hand, of 100, 200, 300, 400 and 1000 ms: the median is the third, p75 the fourth; p95 lies at position
    0.95 * 4 = 3.8, which is 400 + 0.8 * 600 = 880, and p98 at 3.92, which is 400 + 0.92 * 600 = 952.
    """
    window.open()
    for column, text in {"beacons": "6", "invalid": "1", "failures": "0"}.items():
        expect(window.cell("orders", column)).to_have_text(text)
    for column, text, exact in (
        ("median_ms", "300 ms", "300"),
        ("p75_ms", "400 ms", "400"),
        ("p95_ms", "880 ms", "880"),
        ("p98_ms", "952 ms", "952"),
    ):
        expect(window.cell("orders", column)).to_have_text(text)
        expect(window.cell("orders", column).locator("span")).to_have_attribute("data-ms", exact)
    expect(window.cell("Cash desk 10", "median_ms")).to_have_text("2 min")
    expect(window.cell("billing", "failures")).to_have_text("3")
    expect(window.main.locator(".total")).to_have_text("4 page groups, 18 beacons")


def test_last_seen(four_groups: None, sender: Sender, window: Window) -> None:
    """A row says when the page group's last beacon arrived, to the instant that the sandbox has noted."""
    number = sender.send("orders")
    instant = sender.received_at(number)
    window.open()
    expect(window.cell("orders", "last_seen").locator("time")).to_have_attribute("datetime", instant)


def test_trend(four_groups: None, window: Window) -> None:
    """The trend has a point for each valid duration, low ones lower, and says itself in words."""
    window.open()
    trend = window.cell("orders", "trend").get_by_role("img")
    expect(trend).to_have_accessible_name("Last 5 durations: from 100 ms to 1 s, now 1 s")
    points = str(trend.locator("polyline").get_attribute("points")).split()
    xs, heights = zip(
        *((float(x), -float(y)) for x, y in (point.split(",") for point in points)), strict=True
    )
    assert list(xs) == sorted(xs)
    assert list(heights) == sorted(heights)
    lowest, second, *_, highest = heights
    # 200 ms lie at a ninth of the way from 100 to 1000 ms; coordinates have one decimal.
    assert second - lowest == pytest.approx((highest - lowest) / 9, abs=0.11)


#: For each column the order that it brings when it is pressed first; no two are equal in any.
ORDERS = {
    "Page group": ["orders", "Cash desk 10", "Cash desk 2", "billing"],
    "Beacons": ["orders", "Cash desk 10", "Cash desk 2", "billing"],
    "Invalid": ["Cash desk 10", "Cash desk 2", "orders", "billing"],
    "Failures": ["billing", "Cash desk 10", "Cash desk 2", "orders"],
    # 2 min; half-way from 340 to 360 ms; 330 ms; 300 ms.
    "Median": ["Cash desk 10", "Cash desk 2", "billing", "orders"],
    # 2 min; 400 ms; 355 ms; 330 ms.
    "p75": ["Cash desk 10", "orders", "Cash desk 2", "billing"],
    # 2 min; 880 ms; 359 ms; 330 ms.
    "p95": ["Cash desk 10", "orders", "Cash desk 2", "billing"],
    "p98": ["Cash desk 10", "orders", "Cash desk 2", "billing"],
    "Last seen": ["Cash desk 10", "Cash desk 2", "billing", "orders"],
}


def test_sorting(four_groups: None, window: Window) -> None:
    """
    Each column sorts by its own values, numbers from the highest, and the other way round when pressed again.

    The head that counts says so to screen readers, it alone, and the address keeps it over a reload.
    """
    window.open()
    names = window.cells("page_group")
    # By name from the start, so that the first press turns the names round.
    expect(names).to_have_text(ORDERS["Page group"][::-1])
    expect(window.heading_cell("Page group")).to_have_attribute("aria-sort", "ascending")
    for title, wanted in ORDERS.items():
        head = window.heading_cell(title)
        for order, names_in_order in (("descending", wanted), ("ascending", wanted[::-1])):
            head.get_by_role("button").click()
            expect(head).to_have_attribute("aria-sort", order)
            expect(names).to_have_text(names_in_order)
            expect(window.main.locator("[aria-sort]")).to_have_count(1)
    assert window.parameters() == {"sort": "last_seen", "order": "ascending"}
    window.page.reload()
    expect(names).to_have_text(ORDERS["Last seen"][::-1])
    expect(window.heading_cell("Last seen")).to_have_attribute("aria-sort", "ascending")


def test_without_a_value(sender: Sender, window: Window) -> None:
    """A page group without a valid duration stands last whichever way its percentiles are sorted."""
    sender.send("a, never valid", **INVALID)
    sender.send("b")
    sender.send("c", 10)
    window.open("page-groups", sort="p95_ms", order="ascending")
    expect(window.cells("page_group")).to_have_text(["c", "b", "a, never valid"])
    window.heading_cell("p95").get_by_role("button").click()
    expect(window.cells("page_group")).to_have_text(["b", "c", "a, never valid"])
    expect(window.cell("a, never valid", "p95_ms")).to_have_text("\u2013")


def test_no_beacon_yet(sender: Sender, window: Window) -> None:
    """An empty sandbox shows how to connect to it, and the first beacon takes the place of that by itself."""
    window.open()
    expect(window.main.get_by_role("heading", name="No beacon has arrived yet")).to_be_visible()
    line = 'export AIRFLOW_CONN_MPULSE_DEFAULT=\'{"conn_type":"mpulse","host":"127.0.0.1"'
    expect(window.main.locator("pre").first).to_contain_text(line)
    sender.send("orders")
    expect(window.cells("page_group")).to_have_text(["orders"])
    expect(window.main.get_by_text("No beacon has arrived yet")).to_have_count(0)


def test_link(four_groups: None, window: Window) -> None:
    """A page group's name leads to it."""
    window.open()
    window.main.get_by_role("link", name="Cash desk 2").click()
    window.expect_view("page-group")
    expect(window.heading).to_have_text("Cash desk 2")
    expect(window.page).to_have_title("Cash desk 2 \u2013 mPulse sandbox")
