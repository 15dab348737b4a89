# SPDX-License-Identifier: Apache-2.0
"""The list of sessions: one row for each run, named after its page group."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.support.sandbox_sender import Run

if TYPE_CHECKING:
    from tests.support.sandbox_sender import Sender
    from tests.support.sandbox_window import Window


@pytest.fixture
def runs(sender: Sender) -> list[Run]:
    """Send the beacons of three runs, the last of which has not ended."""
    now_ms = sender.now_ms()
    nightly = Run(sender, now_ms - 60_000, "s-nightly", "nightly")
    hourly = Run(sender, now_ms - 30_000, "s-hourly", "hourly")
    weekly = Run(sender, now_ms - 90_000, "s-weekly", "weekly")
    hourly.task("load", 1000, 2000, cmet__AirflowFailures="1")
    nightly.task("extract", 500, 1500)
    nightly.task("load", 2500, 1500, api="2")
    hourly.end(4000)
    nightly.end(5250)
    weekly.task("extract", 0, 9000)
    sender.send("outside of any session")
    return [nightly, hourly, weekly]


def test_rows(runs: list[Run], window: Window) -> None:
    """A row has the run's page group, its span, and counts of beacons, invalid ones and failures."""
    window.open("sessions")
    expect(window.main.locator(".total")).to_have_text("3 sessions")
    assert {
        run.session_id: [
            window.cell(run.session_id, column).inner_text()
            for column in ("duration_ms", "beacons", "invalid", "failures", "has_run")
        ]
        for run in runs
    } == {
        "s-nightly": ["5.25 s", "3", "1", "0", "reported"],
        "s-hourly": ["4 s", "2", "0", "1", "reported"],
        "s-weekly": ["9 s", "1", "0", "0", "\u2013"],
    }
    names = [window.cell(run.session_id, "session").get_by_role("link") for run in runs]
    for link, name in zip(names, ["nightly", "hourly", "weekly - extract"], strict=True):
        expect(link).to_have_text(name)


def test_order(runs: list[Run], window: Window) -> None:
    """The session of the newest beacon comes first, unless a column asks for another order."""
    window.open("sessions")
    links = window.cells("session").get_by_role("link")
    nightly, hourly, weekly = "nightly", "hourly", "weekly - extract"
    expect(links).to_have_text([weekly, nightly, hourly])
    expect(window.main.locator("[aria-sort]")).to_have_count(0)
    for title, wanted in {
        "Session": [hourly, nightly, weekly],
        "Started": [hourly, nightly, weekly],
        "Duration": [weekly, nightly, hourly],
        "Beacons": [nightly, hourly, weekly],
    }.items():
        window.heading_cell(title).get_by_role("button").click()
        order = "ascending" if title == "Session" else "descending"
        expect(window.heading_cell(title)).to_have_attribute("aria-sort", order)
        expect(links).to_have_text(wanted)


def test_text_finds_the_session_id(runs: list[Run], window: Window) -> None:
    """The text field finds a session by a part of its ID."""
    window.open("sessions")
    window.main.get_by_role("searchbox").fill("S-HOUR")
    expect(window.cells("session").get_by_role("link")).to_have_text(["hourly"])


def test_link(runs: list[Run], window: Window) -> None:
    """A session's name leads to its waterfall, and its beacons are one link away from there."""
    window.open("sessions")
    window.main.get_by_role("link", name="nightly").click()
    window.expect_view("session")
    expect(window.heading).to_have_text("nightly")
    expect(window.page).to_have_title("nightly \u2013 Session \u2013 mPulse sandbox")
    window.fact("Beacons").get_by_role("link", name="3 beacons").click()
    window.expect_view("beacons")
    expect(window.cells("page_group")).to_have_text(["nightly", "nightly - load", "nightly - extract"])
    window.main.get_by_role("link", name="Remove the filter Session").click()
    expect(window.body_rows).to_have_count(7)
