# SPDX-License-Identifier: Apache-2.0
"""One beacon: every field decoded, what was sent, and for an invalid one what is wrong and how to mend it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

if TYPE_CHECKING:
    from tests.support.browser import Complaints
    from tests.support.sandbox_sender import Sender
    from tests.support.sandbox_window import OpenWindow, Window

RICH = {
    "rt__si": "s-1",
    "rt__ss": "1795435200000",
    "rt__sl": "3",
    "t_other": "custom1|400,custom3|75",
    "cmet__FileCount": "12",
    "cdim__SalesRegion": "EMEA & Süd",
    "h__ab": "new loader",
    "u": "https://airflow.example.com/dags/orders?tab=details",
    "note": "",
}


def test_every_field(sender: Sender, window: Window) -> None:
    """Each field stands decoded in the order sent, with meaning, unit and source in the protocol."""
    number = sender.send("Aufträge \u2013 Köln", 90_500, end_ms=sender.now_ms(), **RICH)
    fields = sender.fields(number)
    window.open("beacon", id=number)
    names = window.cells("name").locator("code")
    expect(names).to_have_text(list(fields))
    for name, value in fields.items():
        expected = value if value else "empty"
        expect(window.cell(name, "value").locator("code, em")).to_have_text(expected, use_inner_text=True)
    for name, (meaning, unit, source) in {
        "h.pg": ("page group", "", "WIB"),
        "t_done": ("page load time", "ms", "WIB SLATE"),
        "rt.end": (
            "end of what was measured, by the sender's clock",
            "ms since the Unix epoch",
            "POSTB WIB",
        ),
        "rt.sl": ("session length: pages so far, this one included", "pages", "WIB"),
        "t_other": ("custom timers: label|duration, joined by commas", "ms", "WIB"),
        "cmet.FileCount": ("custom metric", "", "WIB CUSTOM"),
        "note": ("not documented", "", ""),
    }.items():
        expect(window.cell(name, "meaning")).to_have_text(meaning)
        expect(window.cell(name, "unit")).to_have_text(unit)
        expect(window.cell(name, "source")).to_have_text(source)
    without = [name for name in fields if name != "note" and not window.cell(name, "meaning").inner_text()]
    assert without == []


def test_values_in_words(sender: Sender, window: Window) -> None:
    """Instants and durations are also written as a person reads them, custom data with the app's names."""
    number = sender.send("orders", 90_500, end_ms=1_795_435_200_000, **RICH)
    window.open("beacon", id=number)
    # 2026-11-23 12:00:00 UTC, in Berlin one hour ahead.
    expect(window.cell("rt.end", "value")).to_contain_text("23 Nov 2026 13:00:00.000 +01:00")
    expect(window.cell("rt.tstart", "value")).to_contain_text("23 Nov 2026 12:58:29.500 +01:00")
    expect(window.cell("t_done", "value")).to_contain_text("1 min 30.5 s")
    expect(window.cell("t_other", "value")).to_contain_text("Extract Time 400 ms, Load Time 75 ms")
    expect(window.row("cmet.FileCount")).to_contain_text("Files Checked")
    expect(window.row("cdim.SalesRegion")).to_contain_text("Region")


def test_sources_spelt_out(sender: Sender, window: Window) -> None:
    """An abbreviation of a source says what it stands for, and a legend lists those that are used."""
    window.open("beacon", id=sender.send("orders"))
    expect(window.cell("t_done", "source").locator("abbr").first).to_have_attribute(
        "title", "Akamai TechDocs, mPulse: What's in an mPulse beacon"
    )
    window.main.get_by_text("What the sources stand for").click()
    expect(window.main.locator(".legend dt")).to_contain_text(["POSTB", "WIB"])
    used = set(" ".join(window.cells("source").all_inner_texts()).split())
    assert set(window.main.locator(".legend dt").all_inner_texts()) == used


def test_raw_form(sender: Sender, open_window: OpenWindow) -> None:
    """The raw form is what was sent, to the character, and one press puts it into the clipboard."""
    number = sender.send("Aufträge \u2013 Köln", **RICH)
    raw = sender.raw(number)
    window = open_window(permissions=["clipboard-read", "clipboard-write"])
    window.open("beacon", id=number)
    section = window.main.get_by_role("region", name="As it was sent")
    expect(section.locator("pre")).to_have_text(raw)
    section.get_by_role("button", name="Copy the raw form").click()
    expect(window.notice).to_have_text("Copied the raw form.")
    assert window.evaluate("() => navigator.clipboard.readText()") == raw


def test_copying_without_the_clipboard(sender: Sender, open_window: OpenWindow) -> None:
    """Where the browser gives no clipboard, as on plain http from afar, a selection is copied."""
    number = sender.send("orders")
    window = open_window(permissions=["clipboard-read", "clipboard-write"])
    window.page.add_init_script("navigator.clipboard.writeText = () => Promise.reject(new Error('no'));")
    window.open("beacon", id=number)
    button = window.main.get_by_role("button", name="Copy the raw form")
    button.click()
    expect(window.notice).to_have_text("Copied the raw form.")
    assert window.evaluate("() => navigator.clipboard.readText()") == sender.raw(number)
    expect(button).to_be_focused()
    expect(window.page.locator("textarea")).to_have_count(0)


#: As the view writes it, in two paragraphs.
TOO_LONG = (
    "t_done: 1700 ms, while rt.end - rt.tstart is 1500 ms."
    "To mend it: make t_done equal rt.end - rt.tstart. BOOM JL"
)


def test_invalid(sender: Sender, window: Window) -> None:
    """What is wrong is said in a sentence with its field, then how to mend it; warnings stand apart."""
    number = sender.send("orders", 1500, t_done="1700", rt__start="navigation", rt__sl="0")
    window.open("beacon", id=number)
    expect(window.main.locator(".heading")).to_contain_text("invalid2 problems")
    problems = window.main.locator('[data-kind="problem"] li')
    expect(problems).to_have_text(
        [
            "rt.start: 'navigation' is for browsers only.To mend it: send rt.start=manual. POSTB WIB",
            TOO_LONG,
        ]
    )
    expect(window.main.locator('[data-kind="warning"] li')).to_have_text(
        ["rt.sl: 0, while the count includes the present page.To mend it: count from 1, or leave it out. WIB"]
    )
    wrong = "t_done: 1700 ms, while rt.end - rt.tstart is 1500 ms"
    assert sorted(sender.verdict(number).problems) == [
        "rt.start: 'navigation' is for browsers only; send rt.start=manual (POSTB, WIB).",
        f"{wrong}; make t_done equal rt.end - rt.tstart (BOOM, JL).",
    ]


def test_valid(sender: Sender, window: Window) -> None:
    """A beacon without a fault is said to be one, and lists no finding."""
    window.open("beacon", id=sender.send("orders"))
    expect(window.main.locator("[data-valid]")).to_have_text("valid")
    expect(window.main).to_contain_text("Nothing is wrong with this beacon.")
    expect(window.main.locator(".findings")).to_have_count(0)


def test_facts(sender: Sender, window: Window) -> None:
    """The facts say who sent it when and how, and lead to its page group and its session."""
    number = sender.send("orders", rt__si="s-1", user_agent="airflow-provider-mpulse/0.1.0")
    window.open("beacon", id=number)
    expect(window.fact("Sent by")).to_have_text("airflow-provider-mpulse/0.1.0 with POST")
    expect(window.fact("Received").locator("time")).to_have_attribute("datetime", sender.received_at(number))
    window.fact("Session").get_by_role("link", name="s-1").click()
    window.expect_view("session")
    window.page.go_back()
    window.fact("Page group").get_by_role("link", name="orders").click()
    window.expect_view("page-group")


def test_forgotten(sender: Sender, window: Window, complaints: Complaints) -> None:
    """A beacon that is not there, and an id that is none, are answered with a sentence."""
    window.open("beacon", id=17)
    expect(window.heading).to_have_text("Not here")
    expect(window.main).to_contain_text("There is no such thing, or it is forgotten.")
    window.open("beacon", id="seventeen")
    expect(window.heading).to_have_text("This cannot be shown")
    expect(window.main).to_contain_text("id must be a whole number from 1, not 'seventeen'.")
    complaints.forget("/api/view/beacon?id=")
