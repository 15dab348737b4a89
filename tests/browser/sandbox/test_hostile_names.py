# SPDX-License-Identifier: Apache-2.0
"""Names that try to be more than text: shown as they are, in every view, with no script run and no dialog."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.support.hostile import HOSTILE

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from airflow_mpulse.sandbox.server import SandboxServer
    from tests.support.sandbox_sender import Sender
    from tests.support.sandbox_window import Window


@pytest.fixture
def sent(sender: Sender) -> dict[str, int]:
    """Send a beacon for each hostile text, which holds it wherever it can; give its number by the text."""
    end_ms = sender.now_ms()
    return {
        text: sender.send(
            text,
            1500,
            end_ms=end_ms,
            rt__si=text,
            rt__ss=str(end_ms - 5000),
            cdim__SalesRegion=text,
            cdim__AirflowTask=text,
            h__ab=text,
            **{f"note {text}": text},
        )
        for text in HOSTILE.values()
    }


def shows(found: Locator, text: str) -> None:
    """Wait until an element holds exactly a text, to the character and in nothing but text."""
    expect(found).to_have_js_property("textContent", text)
    expect(found).to_have_js_property("childElementCount", 0)
    expect(found).to_be_visible()


def all_show(found: Locator, texts: list[str]) -> None:
    """Wait until elements hold exactly some texts, in any order."""
    expect(found).to_have_count(len(texts))
    seen = found.evaluate_all("(all) => all.map((each) => [each.textContent, each.childElementCount])")
    assert sorted(seen) == sorted([text, 0] for text in texts)


def unharmed(window: Window) -> None:
    """Nothing of a text has become a part of the page, nor made it wider than its window."""
    assert window.evaluate("() => window.hurt") is None
    foreign = window.main.locator("script, img, iframe, style, svg[onload], [onerror], [onclick], b")
    expect(foreign).to_have_count(0)
    assert window.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


def test_lists(sent: dict[str, int], window: Window) -> None:
    """Page groups and sessions are text in each list."""
    texts = list(sent)
    window.open("page-groups")
    all_show(window.cells("page_group").locator("a"), texts)
    unharmed(window)
    window.open("sessions")
    all_show(window.cells("session").locator("a"), texts)
    all_show(window.cells("session").locator(".code"), texts)
    unharmed(window)
    window.open("beacons")
    all_show(window.cells("page_group").locator("a"), texts)
    all_show(window.cells("session_id").locator("a"), texts)
    unharmed(window)


@pytest.mark.parametrize(
    ("view", "column", "detail"),
    [("page-groups", "page_group", "page-group"), ("sessions", "session", "session")],
)
def test_links(sent: dict[str, int], window: Window, view: str, column: str, detail: str) -> None:
    """Each name leads to what it names, and the way back leads to the list."""
    window.open(view)
    for text in sent:
        link = window.main.locator(f'[data-column="{column}"] a')
        index = link.evaluate_all("(all, text) => all.findIndex((each) => each.textContent === text)", text)
        link.nth(index).click()
        window.expect_view(detail)
        shows(window.heading, text)
        unharmed(window)
        window.page.go_back()
        window.expect_view(view)


def test_page_group(sent: dict[str, int], window: Window) -> None:
    """Dimensions and A/B buckets are text in a page group's breakdowns, beside charts that are drawn."""
    for text in sent:
        window.open("page-group", name=text, by="Region")
        shows(window.heading, text)
        shows(window.cells("value").locator("span"), text)
        expect(window.page.locator('[data-chart="durations"] .scatterlayer .points path')).to_have_count(1)
        window.main.get_by_role("combobox", name="Break down by").select_option("A/B bucket")
        expect(window.heading_cell("A/B bucket")).to_be_visible()
        shows(window.cells("value").locator("span"), text)
        unharmed(window)


def test_session(sent: dict[str, int], window: Window) -> None:
    """Tasks and the session's ID are text in a waterfall."""
    for text in sent:
        window.open("session", id=text)
        shows(window.fact("Session ID").locator("span"), text)
        shows(window.main.locator(".lane-label"), text)
        unharmed(window)


def test_beacon(sent: dict[str, int], sender: Sender, window: Window) -> None:
    """Names and values of fields are text in a beacon's view, and so is what was sent."""
    for text, number in sent.items():
        window.open("beacon", id=number)
        shows(window.fact("Page group").locator("a"), text)
        shows(window.fact("Session").locator("a"), text)
        shows(window.page.locator("pre code"), sender.raw(number))
        read = "(all) => all.map((each) => each.querySelector('code').textContent)"
        fields = zip(
            window.cells("name").evaluate_all(read), window.cells("value").evaluate_all(read), strict=True
        )
        assert dict(fields) == sender.fields(number)
        unharmed(window)


def test_chosen_beacons(sent: dict[str, int], window: Window) -> None:
    """The filters by page group and session find a hostile name exactly, and name it as text."""
    for text, number in sent.items():
        window.open("beacons", page_group=text, session=text)
        chips = window.main.locator(".chip bdi")
        shows(chips.first, text)
        shows(chips.last, text)
        expect(window.cells("id")).to_have_text([f"#{number}"])
        unharmed(window)


def test_user_agent(sender: Sender, window: Window) -> None:
    """A User-Agent is text, too."""
    agent = HOSTILE["attribute"]
    window.open("beacon", id=sender.send("orders", user_agent=agent))
    shows(window.fact("Sent by").locator("span"), agent)
    unharmed(window)


def test_finding(sender: Sender, window: Window) -> None:
    """What the sandbox quotes of a beacon when it says what is wrong is text."""
    number = sender.send("orders", t_done=HOSTILE["script"], **{f"cdim.{HOSTILE['attribute']}": "1"})
    window.open("beacon", id=number)
    findings = window.main.locator(".findings")
    expect(findings.first).to_contain_text("alert(1)</script>")
    expect(findings.first).to_contain_text(HOSTILE["attribute"])
    unharmed(window)


def test_definition(sandbox: SandboxServer, sender: Sender, window: Window) -> None:
    """A definition's name is text on the page of the app, in what the page tells, and where it is used."""
    name, label = HOSTILE["attribute"], f"cdim.{HOSTILE['script']}"
    window.open("app")
    form = window.main.get_by_role("form", name="Add a custom dimension")
    form.locator('[name="name"]').fill(name)
    form.locator('[name="label"]').fill(label)
    form.get_by_role("button", name="Add").click()
    expect(window.notice).to_have_text(f"Added the custom dimension {name}.")
    row = window.main.locator('[data-kind="dimension"] li').last
    shows(row.locator(".definition span"), name)
    shows(row.locator(".definition code"), label)
    unharmed(window)
    sender.send("orders", **{label: HOSTILE["emoji"]})
    window.open("page-group", name="orders", by=name)
    expect(window.main.get_by_role("combobox", name="Break down by")).to_have_value(name)
    shows(window.cells("value").locator("span"), HOSTILE["emoji"])
    unharmed(window)


def test_metric_in_a_chart(sandbox: SandboxServer, sender: Sender, window: Window) -> None:
    """The name of a custom metric is text in the chart and its label."""
    name = HOSTILE["script"]
    window.open("app")
    form = window.main.get_by_role("form", name="Add a custom metric")
    form.locator('[name="name"]').fill(name)
    form.locator('[name="label"]').fill("cmet.Own")
    form.get_by_role("button", name="Add").click()
    expect(window.notice).to_contain_text("Added the custom metric")
    sender.send("orders", cmet__Own="5")
    window.open("page-group", name="orders")
    expect(window.page.locator('[data-chart="series"][data-points="1"]')).to_be_attached()
    shows(window.main.get_by_role("button", name=name), name)
    shows(window.main.locator("h3 bdi"), name)
    unharmed(window)


def test_fault(sandbox: SandboxServer, window: Window) -> None:
    """The settings of a fault are text in the list and in what is told when it is removed."""
    window.open("app")
    window.main.get_by_text("Script another fault").click()
    form = window.main.get_by_role("form", name="Script a fault")
    form.locator('[name="body"]').fill(HOSTILE["script"])
    form.get_by_role("button", name="Script it").click()
    expect(window.main.locator(".active-faults li")).to_contain_text(HOSTILE["script"])
    window.main.locator(".active-faults button").click()
    expect(window.notice).to_contain_text(f"body {HOSTILE['script']}")
    unharmed(window)


def test_address(window: Window) -> None:
    """An address that was made up by somebody else brings no script and no error."""
    for address in (
        f"#/{HOSTILE['script']}",
        "#/__proto__",
        "#/constructor?name=x",
        "#/page-groups?sort=__proto__&order=x&text=%E0%A4%A",
        "#javascript:alert(1)",
    ):
        window.page.goto("about:blank")
        window.page.goto(f"{window.url}/{address}")
        expect(window.heading).to_be_visible()
        unharmed(window)
