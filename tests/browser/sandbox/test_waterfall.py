# SPDX-License-Identifier: Apache-2.0
"""A session as a waterfall: bars where their beacons say, drawn to scale on one axis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.support.sandbox_sender import Run
from tests.support.waterfall import Bar, read_waterfall

if TYPE_CHECKING:
    from tests.support.browser import Complaints
    from tests.support.sandbox_sender import Sender
    from tests.support.sandbox_window import OpenWindow, Window


@dataclass(frozen=True)
class Sent:
    """A run's beacons: when it began, and their ids by label."""

    run: Run
    ids: dict[str, int]


@pytest.fixture
def sent(sender: Sender) -> Sent:
    """Send a run of ten seconds: tasks side by side, a failed, an invalid and a short one, out of order."""
    run = Run(sender, sender.now_ms() - 60_123)
    ids = {
        "load": run.task("load", 6000, 3500, cmet__AirflowFailures="1", cdim__AirflowState="failed"),
        "extract": run.task("extract", 500, 2500),
        "transform": run.task("transform", 3000, 3000),
        "check": run.task("check", 3000, 1000, api="2"),
        "tick": run.task("tick", 9500, 1),
        "nightly": run.end(10_000, cdim__AirflowState="failed"),
        "no start": run.task("no start", 0, 0, rt__tstart=None),
    }
    return Sent(run, ids)


def test_bars(sent: Sent, window: Window) -> None:
    """Each beacon is a bar with its own times: the run's first, then the tasks by their start."""
    window.open("session", id=sent.run.session_id)
    start_ms, ids = sent.run.start_ms, sent.ids

    def bar(label: str, after_ms: int, duration_ms: int, kind: str = "task", *, failed: bool = False) -> Bar:
        times = (start_ms + after_ms, start_ms + after_ms + duration_ms)
        return Bar(ids[label], label, *times, kind=kind, failed=failed, valid=label != "check")

    assert read_waterfall(window).bars == [
        bar("nightly", 0, 10_000, "run"),
        bar("extract", 500, 2500),
        bar("check", 3000, 1000),
        bar("transform", 3000, 3000),
        bar("load", 6000, 3500, failed=True),
        bar("tick", 9500, 1),
    ]


@pytest.mark.parametrize("width", [1280, 360])
def test_geometry(sent: Sent, open_window: OpenWindow, width: int) -> None:
    """Left edges and widths of the drawn bars are proportional to their times, at any width of the window."""
    window = open_window(viewport={"width": width, "height": 800})
    window.open("session", id=sent.run.session_id)
    found = read_waterfall(window)
    assert (found.start_ms, found.end_ms) == (sent.run.start_ms, sent.run.start_ms + 10_000)
    for bar, drawn in zip(found.bars, found.drawn, strict=True):
        assert drawn.left_ms == pytest.approx(bar.start_ms - found.start_ms, abs=drawn.ms_per_px / 2), bar
        assert drawn.width_ms == pytest.approx(bar.end_ms - bar.start_ms, abs=drawn.ms_per_px / 2), bar


def test_axis(sent: Sent, window: Window) -> None:
    """The marks of the axis stand where their times are, each with the time of day."""
    window.open("session", id=sent.run.session_id)
    marks = window.main.locator(".scale .mark")
    expect(marks.locator("span:first-child")).to_have_text(["0", "+2 s", "+4 s", "+6 s", "+8 s", "+10 s"])
    found = read_waterfall(window)
    lefts = [box["x"] for mark in marks.all() if (box := mark.bounding_box())]
    steps_ms = [(left - lefts[0]) * found.drawn[0].ms_per_px for left in lefts]
    assert steps_ms == pytest.approx([0, 2000, 4000, 6000, 8000, 10_000], abs=found.drawn[0].ms_per_px)
    wanted = window.evaluate("(ms) => new Date(ms).toLocaleTimeString('en-GB')", sent.run.start_ms)
    expect(marks.first.locator(".mark-clock")).to_have_text(wanted)


def test_failures_told_apart(sent: Sent, window: Window) -> None:
    """The run, a failure and an invalid beacon are told apart in words, not by colour alone."""
    window.open("session", id=sent.run.session_id)
    lanes = window.main.locator(".lane")
    expect(lanes.locator(".lane-name")).to_have_text(
        ["nightlyrun", "extract", "checkinvalid", "transform", "loadfailed", "tick"]
    )
    expect(lanes.nth(4)).to_contain_text("3,500 ms, failed")
    expect(lanes.nth(5).locator(".wbar")).to_contain_text("1 ms")


def test_short_bar_is_seen(sent: Sent, window: Window) -> None:
    """A task of a millisecond in a run of ten seconds still has something to see."""
    window.open("session", id=sent.run.session_id)
    width = window.main.locator(".wbar").last.evaluate("(bar) => getComputedStyle(bar, '::before').width")
    assert float(width.removesuffix("px")) >= 2


def test_span_and_exact_times(sent: Sent, window: Window) -> None:
    """The facts give the run's span, and a table has each bar's times to the millisecond."""
    window.open("session", id=sent.run.session_id)
    expect(window.fact("Duration")).to_have_text("10 s")
    expect(window.fact("Beacons")).to_have_text("7 beacons")
    window.main.get_by_text("Exact times as a table").click()
    row = window.row(sent.ids["extract"])
    instants = row.locator("time").evaluate_all("(all) => all.map((time) => Date.parse(time.dateTime))")
    assert instants == [sent.run.start_ms + 500, sent.run.start_ms + 3000]
    expect(row.locator('[data-column="duration_ms"] span')).to_have_attribute("data-ms", "2500")
    expect(row.locator('[data-column="state"]')).to_have_text("success")


def test_without_a_bar(sent: Sent, window: Window) -> None:
    """A beacon that lacks a start is listed beneath, so that nothing is left out in silence."""
    window.open("session", id=sent.run.session_id)
    number = sent.ids["no start"]
    window.main.get_by_role("link", name=f"Beacon {number}", exact=True).click()
    expect(window.heading).to_have_text(f"Beacon {number}")


def test_bar_leads_to_its_beacon(sent: Sent, window: Window) -> None:
    """A bar is a link to its beacon."""
    window.open("session", id=sent.run.session_id)
    window.main.get_by_role("link", name="transform").first.click()
    expect(window.heading).to_have_text(f"Beacon {sent.ids['transform']}")


def test_run_not_ended(sender: Sender, window: Window) -> None:
    """Without the run's own beacon the bars of its tasks are there, and the view says what is missing."""
    run = Run(sender, sender.now_ms() - 9000)
    run.task("extract", 100, 400)
    window.open("session", id=run.session_id)
    expect(window.main.locator(".wbar")).to_have_attribute("data-kind", "task")
    expect(window.main).to_contain_text("The run itself has sent no beacon yet")
    expect(window.heading).to_have_text(run.session_id)


def test_unknown(window: Window, complaints: Complaints) -> None:
    """A session that is not known is said not to be here."""
    window.open("session", id="nobody's")
    expect(window.heading).to_have_text("Not here")
    complaints.forget("/api/view/session?id=nobody")
