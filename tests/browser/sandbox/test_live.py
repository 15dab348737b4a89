# SPDX-License-Identifier: Apache-2.0
"""Live: what arrives while a view is open appears in it, and what a person is at stays as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.support.sandbox_sender import Run

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_mpulse.sandbox.server import SandboxServer
    from tests.support.sandbox_sender import Sender
    from tests.support.sandbox_window import Window


@pytest.fixture
def run(sender: Sender) -> Run:
    """Send two beacons of a run that goes on, and many of other page groups."""
    run = Run(sender, sender.now_ms() - 60_000)
    for number in range(45):
        sender.send(f"group {number:02}", 100 + number, rt__si=f"s-{number:02}")
    run.task("extract", 0, 1000, cdim__SalesRegion="EMEA", t_other="custom1|40")
    run.task("load", 2000, 3000, cdim__SalesRegion="APAC", t_other="custom1|60")
    return run


def more(run: Run) -> None:
    """Send the beacons that come while somebody looks."""
    run.task("load", 6000, 1000, cdim__SalesRegion="APAC", t_other="custom1|60")
    run.end(9000)


def page_groups(window: Window, run: Run) -> None:
    expect(window.cell(run.dag_id, "beacons")).to_have_text("1")
    expect(window.cell(f"{run.dag_id} - load", "beacons")).to_have_text("2")


def page_group(window: Window, run: Run) -> None:
    expect(window.fact("Beacons")).to_have_text("2")
    expect(window.main.locator('[data-chart="durations"] .scatterlayer .points path')).to_have_count(2)
    expect(window.main.locator('[data-chart="series"] .scatterlayer .points path')).to_have_count(2)


def sessions(window: Window, run: Run) -> None:
    expect(window.cell(run.session_id, "beacons")).to_have_text("4")
    expect(window.cell(run.session_id, "has_run")).to_have_text("reported")


def session(window: Window, run: Run) -> None:
    expect(window.heading).to_have_text(run.dag_id)
    expect(window.main.locator(".wbar")).to_have_count(4)
    expect(window.main.locator(".wbar").first).to_have_attribute("data-kind", "run")


def beacons(window: Window, run: Run) -> None:
    expect(window.cells("page_group").nth(0)).to_have_text(run.dag_id)
    expect(window.cells("page_group").nth(1)).to_have_text(f"{run.dag_id} - load")


def app(window: Window, run: Run) -> None:
    expect(window.main).to_contain_text("The sandbox remembers 49 beacons")


#: For each view its parameters, something that can have the focus, and what is new in it.
VIEWS: dict[str, tuple[dict[str, object], str, Callable[[Window, Run], None]]] = {
    "page-groups": ({}, '[data-key="group 40"] a', page_groups),
    "page-group": ({"name": "nightly - load"}, 'select[name="by"]', page_group),
    "sessions": ({}, '[data-key="s-00"] a', sessions),
    "session": ({"id": Run.session_id}, ".lane:nth-child(2) a", session),
    "beacons": ({}, '[data-key="1"] a', beacons),
    "app": ({}, '[data-name="Region"] button', app),
}


@pytest.mark.parametrize("view", VIEWS)
def test_each_view(run: Run, window: Window, view: str) -> None:
    """
    New beacons appear in each view without the page being loaded anew.

    Meanwhile the same element keeps the focus and its place on the screen, and marked text stays marked.
    """
    parameters, focusable, look = VIEWS[view]
    window.open(view, **parameters)
    expect(window.live).to_have_text("Live")
    focused = window.main.locator(focusable).first
    focused.focus()
    window.evaluate(
        """() => {
          window.notLoadedAnew = true;
          document.activeElement.isTheSame = true;
          getSelection().selectAllChildren(document.querySelector("h1"));
        }"""
    )
    before = window.evaluate(STATE)
    assert before[0]
    more(run)
    look(window, run)
    after = window.evaluate(STATE)
    if view == "session":
        # The run's own bar is put above the others, and the heading is its page group from then on.
        before[1:] = after[1:]
    assert after == before
    assert window.evaluate("() => window.notLoadedAnew")


#: The place on the screen, not how far the page is scrolled: above it something may have been added.
STATE = """() => [
  document.activeElement.isTheSame,
  Math.round(document.activeElement.getBoundingClientRect().top),
  String(getSelection()),
]"""


def test_scrolled_far(run: Run, window: Window) -> None:
    """A person who has scrolled down a list stays where they are while it grows beneath them."""
    window.open("page-groups")
    window.row("group 44").scroll_into_view_if_needed()
    before = window.evaluate("() => scrollY")
    assert before > 500
    place = window.row("group 44").bounding_box()
    more(run)
    page_groups(window, run)
    assert window.evaluate("() => scrollY") == before
    assert window.row("group 44").bounding_box() == place


def test_typing(run: Run, window: Window) -> None:
    """What is being typed into the filter is not disturbed by what arrives, nor is the caret."""
    window.open("page-groups")
    field = window.main.get_by_role("searchbox")
    field.press_sequentially("nightly")
    expect(window.body_rows).to_have_count(2)
    field.press("ArrowLeft")
    more(run)
    expect(window.body_rows).to_have_count(3)
    expect(field).to_be_focused()
    field.press_sequentially("X")
    expect(field).to_have_value("nightlXy")
    expect(window.main.locator(".empty")).to_be_visible()


def test_half_filled_form(run: Run, window: Window) -> None:
    """A form that is half filled in and an open dialog outlive what arrives."""
    window.open("app")
    form = window.main.get_by_role("form", name="Add a custom timer")
    form.locator('[name="name"]').fill("Half a na")
    window.main.get_by_role("button", name="Forget all beacons").click()
    more(run)
    app(window, run)
    expect(window.main.get_by_role("dialog")).to_be_visible()
    expect(form.locator('[name="name"]')).to_have_value("Half a na")


def test_open_details(run: Run, window: Window) -> None:
    """What was unfolded stays unfolded."""
    window.open("session", id=run.session_id)
    window.main.get_by_text("Exact times as a table").click()
    more(run)
    session(window, run)
    expect(window.main.get_by_role("table", name="Bars with their exact times")).to_be_visible()
    expect(window.body_rows).to_have_count(4)


def test_forgotten_elsewhere(run: Run, window: Window, sandbox: SandboxServer) -> None:
    """When the beacons are forgotten by another, a list is empty at once."""
    window.open("beacons")
    expect(window.body_rows).to_have_count(47)
    sandbox.store.clear()
    expect(window.main.get_by_text("No beacon has arrived yet")).to_be_visible()


def test_two_windows(run: Run, window: Window) -> None:
    """Two windows of one browser both follow."""
    other = window.page.context.new_page()
    other.goto(window.address("sessions"))
    window.open("page-groups")
    more(run)
    page_groups(window, run)
    expect(other.locator(f'[data-key="{run.session_id}"] [data-column="beacons"]')).to_have_text("4")
