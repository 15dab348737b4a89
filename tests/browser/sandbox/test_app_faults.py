# SPDX-License-Identifier: Apache-2.0
"""Faults on the page: what a switch says it does is what the sandbox answers, until it is switched off."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from airflow_mpulse.sandbox.faults import Fault
from tests.support.sandbox_sender import DOMAIN, KEY, Answer, ask

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from airflow_mpulse.sandbox.server import SandboxServer
    from tests.support.browser import Complaints
    from tests.support.sandbox_sender import Sender
    from tests.support.sandbox_window import Window

CONFIGURATION = f"/api/config.json?key={KEY}&d={DOMAIN}"


def configuration(server: SandboxServer) -> Answer:
    return ask(server, "GET", CONFIGURATION)


def collector(server: SandboxServer) -> Answer:
    return ask(
        server, "POST", "/beacon/", "h.pg=orders", {"Content-Type": "application/x-www-form-urlencoded"}
    )


def switch(window: Window, name: str) -> Locator:
    return window.main.get_by_role("switch", name=name)


def scripted(window: Window) -> Locator:
    """Find the faults that are still to come."""
    return window.main.locator(".active-faults li")


def press(window: Window, name: str, *, on: bool) -> None:
    switch(window, name).click()
    expect(switch(window, name)).to_have_attribute("aria-checked", "true" if on else "false")
    expect(window.notice).to_have_text(f"{name}: {'on' if on else 'off'}.")


@pytest.mark.parametrize(
    ("name", "place", "status", "body"),
    [
        ("Rate limited", configuration, 200, f'{{"site_domain": "{DOMAIN}", "rate_limited": true}}'),
        ("Configuration fails", configuration, 503, ""),
        ("App is suspended", configuration, 204, ""),
        ("Collector fails", collector, 503, ""),
    ],
)
def test_switch(
    sandbox: SandboxServer, window: Window, name: str, place: object, status: int, body: str
) -> None:
    """A switch makes the sandbox answer so each time, outlives a reload, and gives way when it is off."""
    assert callable(place)
    usual = place(sandbox)
    window.open("app")
    expect(switch(window, name)).to_have_attribute("aria-checked", "false")
    press(window, name, on=True)
    for _ in range(3):
        answer = place(sandbox)
        assert (answer.status, answer.body.decode()) == (status, body)
    expect(scripted(window)).to_have_attribute("data-left", "unlimited")
    window.page.reload()
    press(window, name, on=False)
    expect(scripted(window)).to_have_count(0)
    assert place(sandbox).status == usual.status
    assert set(place(sandbox).headers) == set(usual.headers)


def test_slow_collector(sandbox: SandboxServer, window: Window) -> None:
    """The slow collector takes a beacon, and answers it after five seconds."""
    window.open("app")
    press(window, "Collector is slow", on=True)
    started_s = time.monotonic()
    answer = collector(sandbox)
    assert (answer.status, len(sandbox.store)) == (204, 1)
    assert time.monotonic() - started_s >= 5
    press(window, "Collector is slow", on=False)
    assert collector(sandbox).status == 204


def test_lost_beacon(sandbox: SandboxServer, sender: Sender, window: Window) -> None:
    """While the collector fails no beacon is remembered; afterwards they are again."""
    window.open("app")
    press(window, "Collector fails", on=True)
    collector(sandbox)
    assert len(sandbox.store) == 0
    press(window, "Collector fails", on=False)
    sender.send("orders")
    expect(window.main.get_by_text("The sandbox remembers 1 beacon")).to_be_visible()


def test_two_at_once(sandbox: SandboxServer, window: Window) -> None:
    """Two switches hold together, and each takes back its own fault only."""
    window.open("app")
    press(window, "Configuration fails", on=True)
    press(window, "Collector fails", on=True)
    assert (configuration(sandbox).status, collector(sandbox).status) == (503, 503)
    press(window, "Configuration fails", on=False)
    assert (configuration(sandbox).status, collector(sandbox).status) == (200, 503)


def fill(window: Window, *, on: str, kind: str, **settings: str) -> Locator:
    """Fill in the form of a fault, and give the button that sends it."""
    window.main.get_by_text("Script another fault").click()
    form = window.main.get_by_role("form", name="Script a fault")
    form.locator('[name="on"]').select_option(on)
    form.locator('[name="kind"]').select_option(kind)
    for name, value in settings.items():
        field = form.locator(f'[name="{name}"]')
        if field.evaluate("(field) => field.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)
    return form.get_by_role("button", name="Script it")


@pytest.mark.parametrize(
    ("on", "kind", "settings"),
    [
        ("beacon", "redirect", {"status": "307", "location": "/elsewhere", "retry_after": "9", "times": "2"}),
        ("beacon", "html", {"status": "511", "body": "<h1>Sign in</h1>"}),
        ("beacon", "delay", {"delay_s": "0.2"}),
        ("configuration", "missing_token", {"field": "h.t"}),
        ("configuration", "beacon_url", {"beacon_url": "//elsewhere.example/beacon/"}),
        ("configuration", "huge", {"size_bytes": "5000"}),
    ],
)
def test_form(sandbox: SandboxServer, window: Window, on: str, kind: str, settings: dict[str, str]) -> None:
    """The form scripts any fault with its own settings, which then stands in the list until it is removed."""
    window.open("app")
    fill(window, on=on, kind=kind, **settings).click()
    expect(window.notice).to_have_text(f"Scripted the fault {kind} on {on}.")
    (fault,) = sandbox.faults.as_json()
    numbers = {"status": int, "times": int, "delay_s": float, "size_bytes": int}
    wanted = {name: numbers.get(name, str)(value) for name, value in settings.items()}
    assert {name: value for name, value in fault.items() if name in wanted} == wanted
    assert (fault["on"], fault["kind"], fault["times"]) == (on, kind, wanted.get("times"))
    scripted(window).get_by_role("button", name="Remove").click()
    expect(scripted(window)).to_have_count(0)
    assert sandbox.faults.as_json() == []


def test_fault_answers(sandbox: SandboxServer, window: Window) -> None:
    """A scripted redirect is what a beacon is answered with, as often as it was asked for."""
    window.open("app")
    settings = {"status": "307", "location": "/elsewhere", "retry_after": "9", "times": "2"}
    fill(window, on="beacon", kind="redirect", **settings).click()
    expect(scripted(window)).to_contain_text("2 turns left")
    answer = collector(sandbox)
    assert (answer.status, answer.headers["location"], answer.headers["retry-after"]) == (
        307,
        "/elsewhere",
        "9",
    )
    expect(scripted(window)).to_contain_text("1 turn left")
    assert collector(sandbox).status == 307
    expect(scripted(window)).to_have_count(0)
    assert collector(sandbox).status == 204


def test_form_refused(sandbox: SandboxServer, window: Window, complaints: Complaints) -> None:
    """What the sandbox refuses is said in its sentence, and the form keeps what was typed."""
    window.open("app")
    fill(window, on="beacon", kind="status", retry_after="später").click()
    expect(window.notice).to_have_text("retry_after must be seconds or an HTTP date, not 'später'.")
    expect(window.main.locator('[name="retry_after"]')).to_have_value("später")
    assert sandbox.faults.as_json() == []
    complaints.forget("/api/faults: 400", "status of 400")


def test_run_out_meanwhile(sandbox: SandboxServer, window: Window) -> None:
    """Faults scripted elsewhere appear by themselves, in their order, and go when they have run out."""
    window.open("app")
    sandbox.faults.add(Fault("beacon", "status", times=1, status=500))
    sandbox.faults.add(Fault("configuration", "not_an_object", times=1))
    expect(scripted(window)).to_have_count(2)
    expect(scripted(window).first).to_contain_text("status on beacon, status 500")
    collector(sandbox)
    expect(scripted(window)).to_have_count(1)
    expect(scripted(window)).to_contain_text("not_an_object on configuration")
    configuration(sandbox)
    expect(window.main.get_by_text("No fault: everything is answered as usual.")).to_be_visible()
