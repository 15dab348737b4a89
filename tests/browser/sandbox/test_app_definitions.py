# SPDX-License-Identifier: Apache-2.0
"""The app on the page: who it is, what it defines, and what the sandbox remembers."""

from __future__ import annotations

import json
import re
import shlex
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.support.sandbox_sender import DOMAIN, KEY, ask

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from airflow_mpulse.sandbox.server import SandboxServer
    from tests.support.browser import Complaints
    from tests.support.sandbox_sender import Sender
    from tests.support.sandbox_window import OpenWindow, Window


#: From then on the next answer of /api/faults begins, and ends only with its request.
STALL = """
  const fetchNow = window.fetch;
  window.fetch = async (address, options) => {
    const answer = await fetchNow(address, options);
    if (document.documentElement.dataset.stalling !== "asked for" || address !== "/api/faults") {
      return answer;
    }
    document.documentElement.dataset.stalling = "begun";
    const start = (controller) =>
      options.signal.addEventListener("abort", () => controller.error(options.signal.reason));
    return new Response(new ReadableStream({ start }));
  };
"""


def card(window: Window, kind: str) -> Locator:
    return window.main.locator(f'[data-kind="{kind}"]').filter(has=window.page.locator(".definitions"))


def defined(window: Window, kind: str) -> Locator:
    return card(window, kind).locator(".definitions li")


def add(window: Window, kind: str, name: str, label: str = "") -> None:
    form = window.main.get_by_role("form", name=f"Add a custom {kind}")
    form.locator('[name="name"]').fill(name)
    form.locator('[name="label"]').fill(label)
    form.get_by_role("button", name="Add").click()


def handed_out(server: SandboxServer, kind: str) -> dict[str, str]:
    """Ask for the configuration as a client does, and give the labels of a kind by name."""
    answer = ask(server, "GET", f"/api/config.json?key={KEY}&d={DOMAIN}").json()
    return {each["name"]: each["label"] for each in answer["PageParams"][f"custom{kind.capitalize()}s"]}


@pytest.mark.parametrize(
    ("kind", "label", "given"),
    [("timer", "", "custom6"), ("metric", "cmet.Own", "cmet.Own"), ("dimension", "", "cdim.PublishTime")],
)
def test_add_and_remove(sandbox: SandboxServer, window: Window, kind: str, label: str, given: str) -> None:
    """What is added is handed out to clients with its label, and gone from there when it is removed."""
    before = handed_out(sandbox, kind)
    window.open("app")
    expect(defined(window, kind)).to_have_count(len(before))
    add(window, kind, "Publish Time", label)
    expect(window.notice).to_have_text(f"Added the custom {kind} Publish Time.")
    expect(defined(window, kind)).to_have_count(len(before) + 1)
    expect(card(window, kind).locator('[data-name="Publish Time"]')).to_contain_text(given)
    assert handed_out(sandbox, kind) == {**before, "Publish Time": given}
    expect(card(window, kind).locator('[name="name"]')).to_have_value("")
    expect(card(window, kind).locator('[name="name"]')).to_be_focused()
    card(window, kind).get_by_role("button", name=f"Remove the custom {kind} Publish Time").click()
    expect(window.notice).to_have_text(f"Removed the custom {kind} Publish Time.")
    expect(defined(window, kind)).to_have_count(len(before))
    assert handed_out(sandbox, kind) == before


def test_change_while_an_answer_arrives(sender: Sender, window: Window) -> None:
    """A change made while the page still reads leaves the page, the focus and what is typed elsewhere."""
    window.page.add_init_script(STALL)
    window.open("app")
    card(window, "metric").locator('[name="name"]').fill("Rows Written")
    window.evaluate("() => { document.documentElement.dataset.stalling = 'asked for' }")
    sender.send("orders")
    expect(window.page.locator('html[data-stalling="begun"]')).to_be_attached()
    add(window, "timer", "Publish Time")
    expect(card(window, "timer").locator('[data-name="Publish Time"]')).to_be_attached()
    expect(card(window, "timer").locator('[name="name"]')).to_be_focused()
    expect(card(window, "metric").locator('[name="name"]')).to_have_value("Rows Written")


def test_definition_gives_meaning(sender: Sender, window: Window) -> None:
    """A field that the app did not define is judged as good once it is defined on the page."""
    number = sender.send("orders", cmet__RowsRead="7")
    window.open("beacon", id=number)
    expect(window.main.locator(".verdict")).to_have_text("invalid")
    window.open("app")
    add(window, "metric", "Rows Read")
    expect(window.notice).to_have_text("Added the custom metric Rows Read.")
    window.open("beacon", id=sender.send("orders", cmet__RowsRead="7"))
    expect(window.main.locator(".verdict")).to_have_text("valid")
    expect(window.row("cmet.RowsRead")).to_contain_text("Rows Read")


@pytest.mark.parametrize(
    ("kind", "name", "label", "sentence", "status"),
    [
        ("timer", "Load Time", "", "The app has a custom timer 'Load Time' already.", 409),
        ("metric", "Rows Read", "rows", "'rows' is not a label of a custom metric (of 'Rows Read').", 400),
        ("dimension", "Zone", "cdim.SalesRegion", "Two custom dimensions have the same label.", 400),
    ],
)
def test_refused(
    window: Window,
    complaints: Complaints,
    kind: str,
    name: str,
    label: str,
    sentence: str,
    status: int,
) -> None:
    """A definition that cannot be is refused with a sentence, which stays, and nothing typed is lost."""
    window.open("app")
    count = defined(window, kind).count()
    add(window, kind, name, label)
    expect(window.notice).to_have_text(sentence)
    expect(defined(window, kind)).to_have_count(count)
    expect(card(window, kind).locator('[name="name"]')).to_have_value(name)
    window.page.get_by_role("button", name="Dismiss").click()
    expect(window.notice).to_have_count(0)
    complaints.forget(f"/api/app/definitions: {status}", f"status of {status}")


def test_ten_at_most(window: Window) -> None:
    """With ten definitions of a kind the form takes no more."""
    window.open("app")
    expect(card(window, "timer")).to_contain_text("6 of 10")
    for number in range(7, 11):
        add(window, "timer", f"Timer {number}")
        expect(card(window, "timer")).to_contain_text(f"{number} of 10")
    for field in card(window, "timer").locator("form input, form button").all():
        expect(field).to_be_disabled()


def test_identity(sandbox: SandboxServer, open_window: OpenWindow) -> None:
    """Key and domain are shown, the secret when asked for, and the line to copy connects to this sandbox."""
    window = open_window(permissions=["clipboard-read", "clipboard-write"])
    window.open("app")
    expect(window.fact("API key")).to_have_text(KEY)
    expect(window.fact("Domain")).to_have_text(DOMAIN)
    expect(window.main).not_to_contain_text("sandbox-secret")
    window.main.get_by_role("button", name="Show the secret").click()
    expect(window.fact("REST API secret")).to_contain_text("sandbox-secret")
    window.main.get_by_role("button", name="Hide the secret").click()
    expect(window.main).not_to_contain_text("sandbox-secret")
    window.main.get_by_role("button", name="Copy the connection").click()
    expect(window.notice).to_have_text("Copied the connection.")
    assert connection(window.evaluate("() => navigator.clipboard.readText()")) == {
        "conn_type": "mpulse",
        "host": "127.0.0.1",
        "schema": "http",
        "port": sandbox.port,
        "password": KEY,
        "extra": {"domain": DOMAIN},
    }


def connection(line: str) -> Any:
    """Read the variable as a shell would."""
    _, assignment = shlex.split(line)
    return json.loads(assignment.removeprefix("AIRFLOW_CONN_MPULSE_DEFAULT="))


def test_forget_all(sandbox: SandboxServer, sender: Sender, window: Window) -> None:
    """Beacons are forgotten only when that is confirmed; Escape and the other button keep them."""
    sender.send("orders")
    sender.send("orders")
    window.open("app")
    dialog = window.main.get_by_role("dialog", name="Forget all beacons?")
    ask_for_it = window.main.get_by_role("button", name="Forget all beacons")
    ask_for_it.click()
    expect(dialog).to_contain_text("2 beacons")
    window.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    ask_for_it.click()
    dialog.get_by_role("button", name="Keep them").click()
    expect(dialog).to_be_hidden()
    assert len(sandbox.store) == 2
    ask_for_it.click()
    dialog.get_by_role("button", name="Forget them").click()
    expect(window.notice).to_have_text("All beacons are forgotten.")
    expect(window.main).to_contain_text(re.compile("remembers 0 beacons"))
    expect(ask_for_it).to_be_disabled()
    assert len(sandbox.store) == 0
