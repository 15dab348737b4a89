# SPDX-License-Identifier: Apache-2.0
"""The list of beacons: the newest first, the verdict beside each, in pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from tests.support.sandbox_sender import Sender
    from tests.support.sandbox_window import Window


def numbers(window: Window) -> Locator:
    return window.cells("id").get_by_role("link")


def texts(first: int, last: int) -> list[str]:
    """Write the beacons' numbers from the newest to the oldest."""
    return [f"#{number}" for number in range(first, last - 1, -1)]


def test_newest_first_with_verdict(sender: Sender, window: Window) -> None:
    """Each row says what became of its beacon, in words: valid, valid with warnings, invalid, failed."""
    sender.send("good", 1500, rt__si="s-1")
    sender.send(None, 200, rt__sl="0")
    sender.send("bad", 300, api="2", h__ab="what?")
    sender.send("failed", 400, cmet__AirflowFailures="1")
    window.open("beacons")
    expect(numbers(window)).to_have_text(["#4", "#3", "#2", "#1"])
    verdicts = window.cells("verdict")
    expect(verdicts).to_have_text(["validfailed", "invalid2 problems", "valid2 warnings", "valid"])
    valid = verdicts.locator("[data-valid]").evaluate_all("(all) => all.map((each) => each.dataset.valid)")
    assert valid == ["true", "false", "true", "true"]
    expect(window.cells("page_group")).to_have_text(["failed", "bad", "(No Page Group)", "good"])
    expect(window.cells("t_done_ms")).to_have_text(["400 ms", "300 ms", "200 ms", "1.5 s"])
    expect(window.cells("session_id")).to_have_text(["\u2013", "\u2013", "\u2013", "s-1"])
    instant = window.cell(3, "received_at").locator("time")
    expect(instant).to_have_attribute("datetime", sender.received_at(3))


def test_links(sender: Sender, window: Window) -> None:
    """From a row one link leads to the beacon, one to its page group and one to its session."""
    sender.send("orders", rt__si="s-1")
    for name, view in (("Beacon 1", "beacon"), ("orders", "page-group"), ("s-1", "session")):
        window.open("beacons")
        window.main.get_by_role("link", name=name, exact=True).click()
        window.expect_view(view)


def test_pages(sender: Sender, window: Window) -> None:
    """Fifty stand on a page, links lead to older ones and back, and the address keeps the page."""
    for number in range(1, 121):
        sender.send(f"group {number % 2}")
    window.open("beacons")
    expect(window.main.locator(".total")).to_have_text("120 beacons")
    newest = window.main.get_by_role("link", name="Newest")
    older = window.main.get_by_role("link", name="Older")
    expect(numbers(window)).to_have_text(texts(120, 71))
    expect(newest).to_have_count(0)
    older.click()
    expect(numbers(window)).to_have_text(texts(70, 21))
    older.click()
    expect(numbers(window)).to_have_text(texts(20, 1))
    expect(older).to_have_count(0)
    window.page.reload()
    expect(numbers(window)).to_have_text(texts(20, 1))
    window.page.go_back()
    expect(numbers(window)).to_have_text(texts(70, 21))
    newest.click()
    expect(numbers(window)).to_have_text(texts(120, 71))


def test_older_page_stands_still(sender: Sender, window: Window) -> None:
    """A page of older beacons stays what it was while newer ones arrive."""
    for _ in range(60):
        sender.send("orders")
    window.open("beacons", before=11)
    expect(numbers(window)).to_have_text(texts(10, 1))
    sender.send("orders")
    expect(window.main.locator(".total")).to_have_text("61 beacons")
    expect(numbers(window)).to_have_text(texts(10, 1))


def test_of_a_page_group(sender: Sender, window: Window) -> None:
    """A page group's beacons can be looked at alone, and the filter that does it can be taken away."""
    for group in ("orders", "billing", "orders"):
        sender.send(group)
    window.open("page-group", name="orders")
    window.fact("Beacons").get_by_role("link", name="2").click()
    expect(numbers(window)).to_have_text(["#3", "#1"])
    expect(window.main.locator(".chip")).to_contain_text("Page group: orders")
    window.main.get_by_role("link", name="Remove the filter Page group").click()
    expect(numbers(window)).to_have_text(["#3", "#2", "#1"])
