# SPDX-License-Identifier: Apache-2.0
"""One page group: figures, charts, breakdowns, and custom timers and metrics by their names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from tests.support.browser import Complaints
    from tests.support.sandbox_sender import Sender
    from tests.support.sandbox_window import Window


@pytest.fixture
def orders(sender: Sender) -> list[int]:
    """Send five beacons of one page group, one failed and one invalid, and one of another; give their ids."""
    north = {"h__ab": "new_loader", "h__v": "v2", "cdim__SalesRegion": "North"}
    south = {"h__ab": "old loader", "h__v": "v1", "cdim__SalesRegion": "South"}
    sender.send("billing", 5, cmet__FileCount="99", **south)
    return [
        sender.send("orders", 100, t_other="custom1|40,custom3|7", cmet__RowsLoaded="10", **south),
        sender.send("orders", 200, t_other="custom1|60", cmet__FileCount="3", **north),
        sender.send("orders", 400, t_other="custom1|2000", cmet__FileCount="4", **north),
        sender.send("orders", 600, cmet__AirflowFailures="1", **north),
        sender.send("orders", 9000, api="2", **south),
    ]


def chart(window: Window, name: str) -> Locator:
    return window.main.locator(f'[data-chart="{name}"]')


def drawn(window: Window, name: str) -> Locator:
    """Find the points that a chart has drawn."""
    return chart(window, name).locator(".scatterlayer .points path, .barlayer .point path")


def choose(window: Window, label: str, option: str) -> None:
    window.main.get_by_role("combobox", name=label).select_option(label=option)


def test_figures(orders: list[int], window: Window) -> None:
    """
    The figures are those of the page group alone.

    By hand, of 100, 200, 400 and 600 ms: the median is 300; p75 lies at position 0.75 * 3 = 2.25, which is
    400 + 0.25 * 200 = 450; p95 at 2.85, which is 570, and p98 at 2.94, which is 588.
    """
    window.open("page-group", name="orders")
    expect(window.heading).to_have_text("orders")
    for name, text in {
        "Beacons": "5",
        "Invalid": "1",
        "Failures": "1",
        "Median": "300 ms",
        "p75": "450 ms",
        "p95": "570 ms",
        "p98": "588 ms",
    }.items():
        expect(window.fact(name)).to_have_text(text)


def test_durations_over_time(orders: list[int], window: Window) -> None:
    """Each beacon is a point, failures and invalid ones in forms of their own, the longer the higher."""
    window.open("page-group", name="orders")
    expect(drawn(window, "durations")).to_have_count(5)
    traces = chart(window, "durations").evaluate(
        "(node) => node.data.map((trace) => [trace.name, trace.marker.symbol, trace.y, trace.customdata])"
    )
    first, second, third, failed, invalid = orders
    assert traces == [
        ["Succeeded", "circle", [100, 200, 400], [first, second, third]],
        ["Failed", "x", [600], [failed]],
        ["Invalid", "diamond-open", [9000], [invalid]],
    ]
    boxes = [box for point in drawn(window, "durations").all() if (box := point.bounding_box())]
    middles = [box["y"] + box["height"] / 2 for box in boxes]
    assert middles == sorted(middles, reverse=True)
    legend = window.main.locator(".chart-legend li")
    expect(legend).to_have_text(["● Succeeded 3", "✖ Failed 1", "◇ Invalid 1"])


def test_point_by_mouse(orders: list[int], window: Window) -> None:
    """A point tells its duration in words under the pointer, and a click on it opens its beacon."""
    window.open("page-group", name="orders")
    expect(drawn(window, "durations")).to_have_count(5)
    point = drawn(window, "durations").nth(2)
    point.hover(force=True)
    expect(chart(window, "durations").locator(".hovertext")).to_contain_text("400 ms")
    point.click(force=True)
    window.expect_view("beacon")
    expect(window.heading).to_have_text(f"Beacon {orders[2]}")


def test_distribution(orders: list[int], window: Window) -> None:
    """The distribution counts valid durations only, each in one class."""
    window.open("page-group", name="orders")
    expect(drawn(window, "distribution").first).to_be_visible()
    counts, middles, widths = chart(window, "distribution").evaluate(
        "(node) => [node.data[0].y, node.data[0].x, node.data[0].width]"
    )
    found = {
        value: [
            count
            for count, middle, width in zip(counts, middles, widths, strict=True)
            if middle - width / 2 <= value < middle + width / 2
        ]
        for value in (100, 200, 400, 600)
    }
    assert found == {100: [1], 200: [1], 400: [1], 600: [1]}
    assert sum(counts) == 4
    expect(chart(window, "distribution")).to_have_accessible_name("Distribution of 4 valid durations.")


@pytest.mark.parametrize(
    ("by", "rows"),
    [
        # North: 200, 400, 600; South: 100 and an invalid one.
        ("Region", {"North": ("3", "0", "1", "400 ms"), "South": ("2", "1", "0", "100 ms")}),
        ("A/B bucket", {"new_loader": ("3", "0", "1", "400 ms"), "old loader": ("2", "1", "0", "100 ms")}),
        ("Site version", {"v2": ("3", "0", "1", "400 ms"), "v1": ("2", "1", "0", "100 ms")}),
    ],
)
def test_breakdown(
    orders: list[int], window: Window, by: str, rows: dict[str, tuple[str, str, str, str]]
) -> None:
    """A custom dimension by its name, the A/B bucket and the site version each break the figures down."""
    window.open("page-group", name="orders")
    choose(window, "Break down by", by)
    expect(window.main.get_by_role("table", name=f"Beacons by {by}")).to_be_visible()
    expect(window.cells("value")).to_have_text(list(rows))
    for value, texts in rows.items():
        for column, text in zip(("beacons", "invalid", "failures", "median_ms"), texts, strict=True):
            expect(window.cell(value, column)).to_have_text(text)
    assert window.parameters()["by"] == by
    window.heading_cell(by).get_by_role("button").click()
    expect(window.cells("value")).to_have_text(sorted(rows))


def test_custom_timers_and_metrics(orders: list[int], window: Window) -> None:
    """Custom timers and metrics stand under the app's names for them, with count, median and last."""
    window.open("page-group", name="orders")
    table = window.main.get_by_role("table", name="Custom timers and metrics")
    expect(table.locator("tbody tr")).to_have_text(
        [
            # 40, 60 and 2000 ms.
            "Extract Timetimer360 ms2 s",
            "Load Timetimer17 ms7 ms",
            "Airflow Failuresmetric111",
            # Between 3 and 4; 99 is another page group's.
            "Files Checkedmetric23.54",
            "Rows Loadedmetric11010",
        ]
    )


def test_series_over_time(orders: list[int], window: Window) -> None:
    """A chosen timer or metric is drawn over time, the address keeps the choice, and a point is a beacon."""
    window.open("page-group", name="orders")
    expect(drawn(window, "series")).to_have_count(3)
    button = window.main.get_by_role("button", name="Files Checked")
    expect(button).to_have_attribute("aria-pressed", "false")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(drawn(window, "series")).to_have_count(2)
    assert chart(window, "series").evaluate("(node) => node.data[0].y") == [3, 4]
    assert window.parameters()["series"] == "metric:Files Checked"
    window.page.reload()
    expect(chart(window, "series")).to_have_accessible_name(re.compile("^Files Checked over time, 2 beacons"))
    drawn(window, "series").last.click(force=True)
    expect(window.heading).to_have_text(f"Beacon {orders[2]}")


def test_nothing_custom(sender: Sender, window: Window) -> None:
    """A page group without custom data says so in place of empty tables."""
    sender.send("plain")
    window.open("page-group", name="plain")
    expect(window.main).to_contain_text(
        "No beacon here has a custom dimension, an A/B bucket or a site version."
    )
    expect(window.main).to_contain_text("No beacon here has a custom timer or metric that the app defines.")
    expect(drawn(window, "durations")).to_have_count(1)


def test_unknown(sender: Sender, window: Window, complaints: Complaints) -> None:
    """A page group that no beacon has is said not to be here, and appears when its first beacon comes."""
    window.open("page-group", name="later")
    expect(window.heading).to_have_text("Not here")
    sender.send("later")
    expect(window.heading).to_have_text("later")
    complaints.forget("/api/view/page-group?name=later")
