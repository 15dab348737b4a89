# SPDX-License-Identifier: Apache-2.0
"""Light and dark: the page follows the system, and everything in it can be read in both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pytest
from playwright.sync_api import expect

from tests.support.contrast import read_contrasts
from tests.support.sandbox_views import VIEWS, send_everything

if TYPE_CHECKING:
    from airflow_mpulse.sandbox.server import SandboxServer
    from tests.support.browser import Complaints
    from tests.support.sandbox_sender import Sender
    from tests.support.sandbox_window import OpenWindow, Window

Scheme = Literal["light", "dark"]

#: WCAG 2, level AA: 1.4.3 for text, 1.4.11 for shapes that mean something.
MIN_TEXT, MIN_SHAPE = 4.5, 3.0


def faint(window: Window) -> list[tuple[str, float]]:
    """Find what cannot be read well."""
    found = read_contrasts(window)
    assert len(found) > 10
    return [
        (each.text, round(each.ratio, 2))
        for each in found
        if each.ratio < (MIN_SHAPE if each.is_shape else MIN_TEXT)
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast(sender: Sender, open_window: OpenWindow, scheme: Scheme) -> None:
    """In each view every text has a contrast of 4.5 or more to what is behind it, and shapes one of 3."""
    send_everything(sender)
    window = open_window(color_scheme=scheme)
    for name, view in VIEWS.items():
        view.open(window)
        assert (name, faint(window)) == (name, [])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast_of_what_comes_and_goes(
    sandbox: SandboxServer, open_window: OpenWindow, complaints: Complaints, scheme: Scheme
) -> None:
    """The help for an empty sandbox, notices, the dialog and a lost connection can be read as well."""
    window = open_window(color_scheme=scheme)
    window.open("page-groups")
    expect(window.main.get_by_text("No beacon has arrived yet")).to_be_visible()
    assert faint(window) == []
    window.open("app")
    window.main.get_by_role("switch", name="Collector fails").click()
    expect(window.notice).to_have_text("Collector fails: on.")
    assert faint(window) == []
    window.evaluate("() => document.querySelector('dialog').showModal()")
    assert faint(window) == []
    sandbox.stop()
    expect(window.live).to_have_text("Not connected, trying again")
    assert faint(window) == []
    complaints.forget("net::ERR_")


def test_scheme(sender: Sender, open_window: OpenWindow) -> None:
    """The page is light or dark as the system says, and changes with it while it is open, charts included."""
    send_everything(sender)
    window = open_window(color_scheme="light")
    VIEWS["page-group"].open(window)
    light = colours(window)
    window.page.emulate_media(color_scheme="dark")
    expect(window.page.locator("body")).not_to_have_css("background-color", light["ground"])
    point = window.main.locator('[data-chart="series"] .scatterlayer .points path')
    expect(point).not_to_have_css("fill", light["point"])
    dark = colours(window)
    assert brightness(light["ground"]) > 200
    assert brightness(dark["ground"]) < 50
    assert brightness(light["axis"]) < 128
    assert brightness(dark["axis"]) > 128
    for found in (light, dark):
        assert found["point"] == found["accent"]
        assert found["scheme"] == "light dark"


def colours(window: Window) -> dict[str, str]:
    """Read some colours, each as red, green and blue."""
    return dict(
        window.evaluate(
            """() => {
              const find = (selector) => document.querySelector(selector);
              const css = (selector, property) => getComputedStyle(find(selector))[property];
              return {
                ground: css("body", "backgroundColor"),
                scheme: css("html", "colorScheme"),
                accent: css("main a", "color"),
                point: css('[data-chart="series"] .scatterlayer .points path', "fill"),
                axis: css('[data-chart="series"] .xtick text', "fill"),
              };
            }"""
        )
    )


def brightness(colour: str) -> float:
    """Give the mean of red, green and blue."""
    parts = [float(part) for part in colour.removeprefix("rgb(").removesuffix(")").split(",")]
    return sum(parts) / 3
