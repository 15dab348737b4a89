# SPDX-License-Identifier: Apache-2.0
"""On a phone: nothing is wider than the window, everything can be reached, tables can be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.support.sandbox_views import LONG, VIEWS, send_everything

if TYPE_CHECKING:
    from tests.support.sandbox_sender import Sender
    from tests.support.sandbox_window import OpenWindow, Window

#: What sticks out of the window, without what stands in a part that scrolls by itself.
STICKING_OUT = """() => {
  const scrolls = (element) => element && (["auto", "scroll"].includes(getComputedStyle(element).overflowX)
    || scrolls(element.parentElement));
  return [...document.querySelectorAll("body *")]
    .filter((each) => each.checkVisibility() && !each.closest(".visually-hidden, svg, .skip"))
    .filter((each) => !scrolls(each.parentElement))
    .filter((each) => {
      const { left, right } = each.getBoundingClientRect();
      return right > innerWidth + 0.5 || left < -0.5;
    })
    .map((each) => each.outerHTML.slice(0, 120));
}"""
#: Controls that something else covers, or that are too small for a finger (WCAG 2.2, 2.5.8: 24 by 24 pixels,
#: save links in the midst of a text).
OUT_OF_REACH = """() => ["main a[href]", "nav a", "main :is(button, input, select):enabled"]
  .flatMap((selector) => [...document.querySelectorAll(selector)])
  .filter((each) => each.checkVisibility())
  .map((each) => {
    each.scrollIntoView({ block: "center", inline: "center" });
    const box = each.getBoundingClientRect();
    const hit = document.elementFromPoint(box.left + Math.min(box.width, 40) / 2, box.top + box.height / 2);
    const isHit = hit !== null && (each.contains(hit) || hit.contains(each));
    const isInText = each.tagName === "A" && getComputedStyle(each).display.startsWith("inline");
    const isLarge = box.height >= 24 || isInText;
    const words = `${each.outerHTML.slice(0, 120)} ${box.width}x${box.height} ${hit?.outerHTML.slice(0, 60)}`;
    return isHit && isLarge ? null : words;
  })
  .filter(Boolean)"""
#: Texts in cells of which a part cannot be seen, and which are broken in the midst of every word or so.
CUT_OFF = """() => [...document.querySelectorAll("tbody tr > *")]
  .filter((cell) => cell.checkVisibility() && cell.innerText.trim())
  .filter((cell) => cell.scrollWidth > cell.clientWidth + 1 || cell.getBoundingClientRect().width < 24)
  .map((cell) => cell.outerHTML.slice(0, 160))"""


@pytest.mark.parametrize("width", [360, 320])
def test_narrow(sender: Sender, open_window: OpenWindow, width: int) -> None:
    """
    In each view the page does not scroll sideways, and every control is where a finger can hit it.

    320 pixels are also what a window of a desk's size has at a zoom of 400 % (WCAG 2, 1.4.10).
    """
    send_everything(sender)
    window = open_window(viewport={"width": width, "height": 740}, has_touch=True, is_mobile=True)
    for name, view in VIEWS.items():
        view.open(window)
        assert (name, window.evaluate("() => document.documentElement.scrollWidth")) == (name, width)
        for check in (STICKING_OUT, OUT_OF_REACH, CUT_OFF):
            assert (name, window.evaluate(check)) == (name, [])


def test_tables(sender: Sender, open_window: OpenWindow) -> None:
    """A narrow table says with each value what it is, and can be sorted all the same."""
    send_everything(sender)
    window = open_window(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    window.open("page-groups")
    cell = window.cell(LONG, "median_ms")
    expect(cell).to_be_visible()
    cell.scroll_into_view_if_needed()
    expect(cell).to_be_in_viewport(ratio=1)
    assert words_of(window, LONG, "median_ms") == "Median"
    window.heading_cell("Beacons").get_by_role("button").tap()
    expect(window.heading_cell("Beacons")).to_have_attribute("aria-sort", "descending")


def words_of(window: Window, key: str, column: str) -> str:
    """Read what a narrow table writes before a value."""
    content = window.cell(key, column).evaluate("(cell) => getComputedStyle(cell, '::before').content")
    title = window.cell(key, column).get_attribute("data-title")
    assert "attr(data-title)" in content or str(title) in content, content
    return str(title)


def test_rotated(sender: Sender, open_window: OpenWindow) -> None:
    """A phone that is turned shows its charts at the new width."""
    send_everything(sender)
    window = open_window(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    VIEWS["page-group"].open(window)
    drawing = window.main.locator('[data-chart="durations"] .main-svg').first
    expect(drawing).to_have_attribute("width", "294")
    window.page.set_viewport_size({"width": 740, "height": 360})
    expect(drawing).not_to_have_attribute("width", "294")
    box, panel = drawing.bounding_box(), window.main.locator('[data-chart="durations"]').bounding_box()
    assert box is not None
    assert panel is not None
    assert box["width"] == pytest.approx(panel["width"], abs=1)
