# SPDX-License-Identifier: Apache-2.0
"""The content security policy holds: no script or style of a text, no other origin, no foreign change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from airflow_mpulse.sandbox.server import SandboxServer
from tests.support.dashboard import serve_dashboard
from tests.support.sandbox_views import VIEWS, send_everything

if TYPE_CHECKING:
    from tests.support.browser import Complaints
    from tests.support.sandbox_sender import Sender
    from tests.support.sandbox_window import Window

REFUSED = "Content Security Policy"

INJECT_SCRIPT = """() => {
  const script = document.createElement("script");
  script.textContent = "window.hurt = 1";
  document.body.append(script);
  return window.hurt;
}"""
INJECT_HANDLER = """() => {
  const button = document.createElement("button");
  button.setAttribute("onclick", "window.hurt = 1");
  document.body.append(button);
  button.click();
  return window.hurt;
}"""
INJECT_STYLE = """() => {
  const style = document.createElement("style");
  style.textContent = "body { opacity: 0.5 }";
  document.head.append(style);
  return getComputedStyle(document.body).opacity;
}"""
INJECT_STYLE_ATTRIBUTE = """() => {
  document.body.setAttribute("style", "opacity: 0.5");
  return getComputedStyle(document.body).opacity;
}"""


@pytest.mark.parametrize(
    ("inject", "unharmed"),
    [
        (INJECT_SCRIPT, None),
        (INJECT_HANDLER, None),
        (INJECT_STYLE, "1"),
        (INJECT_STYLE_ATTRIBUTE, "1"),
    ],
)
def test_injected(window: Window, complaints: Complaints, inject: str, unharmed: str | None) -> None:
    """Scripts and styles that stand in the page itself, and not in a file of the sandbox's, are refused."""
    window.open()
    assert window.evaluate(inject) == unharmed
    assert any(REFUSED in each for each in complaints.found)
    complaints.forget(REFUSED)


FETCH = "(url) => fetch(url).then(() => 'reached', () => 'refused')"
ELEMENT = """([url, tag, attribute, rel]) => new Promise((tell) => {
  const element = Object.assign(document.createElement(tag), { [attribute]: url, rel });
  element.onload = () => tell("reached");
  element.onerror = () => tell("refused");
  document.head.append(element);
})"""


@pytest.mark.parametrize(
    "how", [None, ("img", "src", ""), ("script", "src", ""), ("link", "href", "stylesheet")]
)
def test_other_origin(window: Window, complaints: Complaints, how: tuple[str, ...] | None) -> None:
    """The page can ask no other origin, by whichever way, even where a server stands ready there."""
    with SandboxServer() as other:
        window.open()
        url = f"{other.url}/static/icon.svg"
        answer = window.evaluate(ELEMENT, [url, *how]) if how else window.evaluate(FETCH, url)
        assert answer == "refused"
        assert any(REFUSED in each for each in complaints.found)
        complaints.forget(REFUSED, other.url)


@pytest.mark.parametrize("view", VIEWS)
def test_asks_the_sandbox_alone(sender: Sender, window: Window, view: str) -> None:
    """Each view, with everything it can show, asks its own origin only, to the browser's content."""
    send_everything(sender)
    asked: list[str] = []
    window.page.on("request", lambda request: asked.append(request.url))
    VIEWS[view].open(window)
    # Views that have not been looked at yet are loaded in the meantime.
    expect(window.live).to_have_text("Live")
    assert asked
    assert [url for url in asked if not url.startswith(f"{window.url}/")] == []


def test_no_frame(window: Window, complaints: Complaints) -> None:
    """The page does not let itself be put into another's frame."""
    with serve_dashboard() as other:
        complaints.origin = None
        window.page.goto(other)
        window.evaluate(
            """(url) => new Promise((tell) => {
              const frame = document.createElement("iframe");
              frame.onload = tell;
              frame.src = url;
              document.body.append(frame);
            })""",
            f"{window.url}/",
        )
        frame = window.page.frames[-1]
        assert not frame.url.startswith(window.url)
        complaints.forget("frame-ancestors", "ERR_BLOCKED_BY_RESPONSE")


FOREIGN_POST = """(url) => fetch(url, {
  method: "POST", mode: "no-cors", body: JSON.stringify({ on: "beacon", kind: "status" }),
}).then((answer) => answer.type)"""


def test_foreign_change(sandbox: SandboxServer, window: Window, complaints: Complaints) -> None:
    """Another site's page in the same browser can script no fault, though its request gets there."""
    # A site of its own, which no policy keeps from asking around.
    complaints.origin = None
    with serve_dashboard() as other:
        window.page.goto(other)
        assert window.evaluate(FOREIGN_POST, f"{sandbox.url}/api/faults") == "opaque"
    assert sandbox.faults.as_json() == []
    assert [each for each in complaints.found if "/api/faults: 403" in each]
    complaints.forget("/api/faults: 403", "status of 403")


def test_own_change(sandbox: SandboxServer, window: Window) -> None:
    """The same request from the sandbox's own page does script it."""
    window.open()
    assert window.evaluate(FOREIGN_POST, f"{sandbox.url}/api/faults") == "basic"
    assert len(sandbox.faults.as_json()) == 1
