# SPDX-License-Identifier: Apache-2.0
"""The page by keyboard alone: one can get everywhere, sees where one is, and is not lost after a step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.support.sandbox_views import VIEWS, send_everything

if TYPE_CHECKING:
    from tests.support.sandbox_sender import Sender
    from tests.support.sandbox_window import Window

#: What a person sees of the element that has the focus: an outline, or what stands in its place.
OUTLINE = """() => {
  const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(document.activeElement);
  return [outlineStyle !== "none" && parseFloat(outlineWidth) >= 2, outlineColor];
}"""
FOCUSED = """() => {
  const { activeElement } = document;
  const box = activeElement.getBoundingClientRect();
  const seen = (window.focusable ??= new Map());
  return {
    name: activeElement.getAttribute("aria-label") ?? activeElement.innerText ?? "",
    tag: activeElement.tagName,
    isSeen: box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight,
    id: seen.get(activeElement) ?? seen.set(activeElement, seen.size).size - 1,
  };
}"""


@pytest.fixture(autouse=True)
def everything(sender: Sender) -> None:
    """Have something in every view."""
    send_everything(sender)


def press(window: Window, *keys: str) -> None:
    for key in keys:
        window.page.keyboard.press(key)


def focused(window: Window) -> str:
    return str(window.evaluate(FOCUSED)["name"]).strip()


def test_skip_link(window: Window) -> None:
    """The first Tab leads to a link that skips the header, which is seen then and leads past it."""
    window.open()
    press(window, "Tab")
    skip = window.page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport(ratio=1)
    press(window, "Enter", "Tab")
    assert window.evaluate("() => document.querySelector('main').contains(document.activeElement)")
    window.expect_view("page-groups")


def test_from_the_header_into_a_row(window: Window) -> None:
    """Tab goes through the header's links in their order and on into the view; Enter opens a row's link."""
    window.open()
    order = []
    for _ in range(30):
        press(window, "Tab")
        order.append(focused(window))
        if order[-1] == "nightly":
            break
    assert order[:6] == [
        "Skip to the content",
        "mPulse sandbox",
        "Page groups",
        "Sessions",
        "Beacons",
        "App",
    ]
    assert order[-1] == "nightly"
    press(window, "Enter")
    window.expect_view("page-group")
    expect(window.heading).to_have_text("nightly")
    expect(window.heading).to_be_focused()


def test_focus_after_a_step(window: Window) -> None:
    """After a step to another view the focus is on its heading, so that a screen reader begins there."""
    window.open()
    for name in ("Sessions", "Beacons", "App", "Page groups"):
        link = window.page.get_by_role("navigation", name="Views").get_by_role("link", name=name)
        link.focus()
        press(window, "Enter")
        expect(window.heading).to_have_text(name)
        expect(window.heading).to_be_focused()
        expect(link).to_have_attribute("aria-current", "page")
    window.page.go_back()
    expect(window.heading).to_have_text("App")
    expect(window.heading).to_be_focused()


def test_sorting(window: Window) -> None:
    """Space and Enter on a column's head sort by it, and the focus stays there."""
    window.open()
    button = window.heading_cell("Beacons").get_by_role("button")
    button.focus()
    for key, order in (("Space", "descending"), ("Enter", "ascending")):
        press(window, key)
        expect(window.heading_cell("Beacons")).to_have_attribute("aria-sort", order)
        expect(button).to_be_focused()


def test_filters(window: Window) -> None:
    """A filter is set by typing alone, and the focus stays in it while the rows change."""
    window.open()
    window.main.get_by_role("searchbox").focus()
    window.page.keyboard.type("LOAD_INTO")
    expect(window.body_rows).to_have_count(2)
    expect(window.main.get_by_role("searchbox")).to_be_focused()
    press(window, "Tab", "Tab")
    expect(window.main.get_by_role("combobox", name="Validity")).to_be_focused()
    press(window, "ArrowDown")
    expect(window.main.get_by_role("combobox", name="Validity")).to_have_value("true")
    expect(window.main.get_by_role("combobox", name="Validity")).to_be_focused()


def test_chart(window: Window) -> None:
    """Arrow keys go from point to point of a chart and say each, Enter opens its beacon, Escape lets go."""
    VIEWS["page-group"].open(window)
    window.open("page-group", name="nightly - load")
    chart = window.main.locator('[data-chart="durations"]')
    expect(chart.locator(".scatterlayer .points path")).to_have_count(1)
    chart.focus()
    press(window, "ArrowRight")
    expect(window.page.locator("#spoken")).to_contain_text("2.5 s")
    press(window, "Escape", "ArrowLeft", "Enter")
    expect(window.heading).to_have_text("Beacon 3")


def test_waterfall(window: Window) -> None:
    """Tab goes from bar to bar, shows each one's exact times, and Enter opens its beacon."""
    VIEWS["session"].open(window)
    first = window.main.locator(".lane a").first
    # Where no key was pressed yet a browser shows no focus.
    press(window, "Tab")
    first.focus()
    expect(first.locator(".lane-exact")).to_have_css("opacity", "1")
    press(window, "Tab")
    assert "extract" in focused(window)
    press(window, "Enter")
    expect(window.heading).to_have_text("Beacon 1")


def test_dialog(window: Window) -> None:
    """The dialog takes the focus to the button that harms nothing, holds it, and gives it back on Escape."""
    window.open("app")
    button = window.main.get_by_role("button", name="Forget all beacons")
    button.focus()
    press(window, "Enter")
    dialog = window.main.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Keep them")).to_be_focused()
    press(window, "Tab")
    expect(dialog.get_by_role("button", name="Forget them")).to_be_focused()
    press(window, "Escape")
    expect(dialog).to_be_hidden()
    expect(button).to_be_focused()


def test_switch(window: Window) -> None:
    """Space throws a fault's switch, which keeps the focus."""
    window.open("app")
    switch = window.main.get_by_role("switch", name="Collector fails")
    switch.focus()
    for state in ("true", "false"):
        press(window, "Space")
        expect(switch).to_have_attribute("aria-checked", state)
        expect(switch).to_be_focused()


def test_removed_under_the_focus(window: Window) -> None:
    """When what had the focus is removed the focus stays in its section."""
    window.open("app")
    window.main.get_by_role("button", name="Remove the custom dimension Region").focus()
    press(window, "Enter")
    expect(window.main.locator('[data-name="Region"]')).to_have_count(0)
    section = window.main.locator("section").filter(has=window.page.locator(".definitions"))
    expect(section.locator(":focus").first).to_be_attached()


@pytest.mark.parametrize("view", VIEWS)
def test_everything_in_reach(window: Window, view: str) -> None:
    """Tab reaches every control of a view, and each is seen and shows the focus when it has it."""
    VIEWS[view].open(window)
    controls = window.main.locator(
        "a[href], button:enabled, input:enabled, select:enabled, summary, [tabindex='0']"
    )
    wanted = controls.evaluate_all("(all) => all.filter((each) => each.checkVisibility()).length")
    window.evaluate("() => document.querySelector('main').focus()")
    reached: dict[int, dict[str, object]] = {}
    for _ in range(wanted):
        press(window, "Tab")
        found = window.evaluate(FOCUSED)
        is_outlined, _ = window.evaluate(OUTLINE)
        assert found["isSeen"], found
        assert is_outlined, found
        reached[found["id"]] = found
    assert len(reached) == wanted
    assert window.evaluate("() => document.querySelector('main').contains(document.activeElement)")
