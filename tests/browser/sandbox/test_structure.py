# SPDX-License-Identifier: Apache-2.0
"""What a screen reader finds: a title, one heading of the first rank, landmarks, names for all controls."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.support.sandbox_views import LONG, VIEWS, send_everything

if TYPE_CHECKING:
    from tests.support.sandbox_sender import Sender
    from tests.support.sandbox_window import Window

TITLES = {
    "page-groups": "Page groups",
    "page-group": f"nightly - {LONG}",
    "sessions": "Sessions",
    "session": "nightly \u2013 Session",
    "beacons": "Beacons",
    "beacon": "Beacon 6",
    "app": "App",
    "nothing": "Beacons",
}
#: The link of the header under which each view stands, and whether it is that view itself.
PLACES = {
    "page-groups": ("Page groups", "page"),
    "page-group": ("Page groups", "true"),
    "sessions": ("Sessions", "page"),
    "session": ("Sessions", "true"),
    "beacons": ("Beacons", "page"),
    "beacon": ("Beacons", "true"),
    "app": ("App", "page"),
    "nothing": ("Beacons", "page"),
}
DUPLICATES = """() => [...document.querySelectorAll("[id]")].map(({ id }) => id)
  .filter((id, index, all) => all.indexOf(id) !== index)"""
BROKEN_REFERENCES = """() => ["aria-labelledby", "aria-describedby", "aria-controls"].flatMap((name) =>
  [...document.querySelectorAll(`[${name}]`)].flatMap((each) => each.getAttribute(name).split(" "))
    .filter((id) => !document.getElementById(id)))"""
RANKS = """() => [...document.querySelectorAll("h1, h2, h3, h4")].filter((each) => each.checkVisibility())
  .map(({ tagName }) => Number(tagName[1]))"""
UNNAMED_TABLES = """() => [...document.querySelectorAll("table")].filter((table) =>
  !table.caption?.textContent.trim() || !table.querySelector("thead th[scope=col]")
  || [...table.tBodies[0].rows].some((row) => !row.querySelector("th[scope=row]"))).length"""


@pytest.fixture(autouse=True)
def everything(sender: Sender) -> None:
    """Have something in every view."""
    send_everything(sender)


def nameless(window: Window) -> list[str]:
    """Find what can be used or is a part of the page and has no name, in what screen readers are told."""
    used = ("link", "button", "textbox", "searchbox", "combobox", "spinbutton", "switch", "table", "region")
    lines = (line.strip() for line in window.page.locator("body").aria_snapshot().splitlines())
    return [line for line in lines if line.rstrip(":").removeprefix("- ") in used]


@pytest.mark.parametrize("view", VIEWS)
def test_view(window: Window, view: str) -> None:
    """Each view has a title, one h1, ranks without a gap, landmarks, named controls, and captions."""
    VIEWS[view].open(window)
    expect(window.page).to_have_title(f"{TITLES[view]} \u2013 mPulse sandbox")
    expect(window.heading).to_have_count(1)
    for landmark in ("banner", "main", "contentinfo"):
        expect(window.page.get_by_role(landmark)).to_have_count(1)  # type: ignore[arg-type]
    link, current = PLACES[view]
    views = window.page.get_by_role("navigation", name="Views")
    expect(views.get_by_role("link", name=link)).to_have_attribute("aria-current", current)
    expect(views.locator("[aria-current]")).to_have_count(1)
    ranks = window.evaluate(RANKS)
    assert ranks[0] == 1
    assert all(below - above <= 1 for above, below in itertools.pairwise(ranks)), ranks
    assert nameless(window) == []
    for check in (DUPLICATES, BROKEN_REFERENCES):
        assert window.evaluate(check) == []
    assert window.evaluate(UNNAMED_TABLES) == 0
    expect(window.page.locator("html")).to_have_attribute("lang", "en")


def test_what_changes_is_told(window: Window) -> None:
    """Notices and the state of the connection are told to screen readers."""
    window.open("app")
    window.main.get_by_role("switch", name="Collector fails").click()
    expect(window.page.get_by_role("status").filter(has_text="Collector fails: on.")).to_be_visible()
    expect(window.page.get_by_role("status").filter(has_text="Live")).to_be_visible()


def test_groups_in_words(window: Window) -> None:
    """The list of page groups reads as a table with heads for columns and rows."""
    window.open("page-groups", text="nightly - check")
    expect(window.main.get_by_role("table")).to_match_aria_snapshot(
        """
        - table "Page groups with counts and percentiles of their page load times":
          - caption
          - rowgroup:
            - row:
              - columnheader "Page group":
                - button "Page group"
              - columnheader "Trend"
              - columnheader "Beacons"
          - rowgroup:
            - row:
              - rowheader "nightly - check":
                - link "nightly - check"
              - cell:
                - 'img "Last 1 duration: from 2.5 s to 2.5 s, now 2.5 s"'
              - cell "1"
        """
    )


def test_waterfall_in_words(window: Window) -> None:
    """A waterfall reads as a list of its bars, each with its name, its state and its exact times."""
    VIEWS["session"].open(window)
    bars = window.main.get_by_role("list", name="Bars by their start").get_by_role("listitem")
    expect(bars).to_have_count(7)
    link = bars.first.get_by_role("link")
    name = window.evaluate("(link) => link.textContent", link.element_handle())
    assert "nightly" in name
    assert "31,000 ms, success" in name
