# SPDX-License-Identifier: Apache-2.0
"""Write the pictures of the docs from a real run: `make screenshots`."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import requests
from playwright.sync_api import sync_playwright

from demo.display import ProgressLine
from demo.examples import CHECKOUT, build_airflow, running_sandbox, wait_for_examples
from demo.interruption import treat_ends_as_interrupts
from demo.sandbox_process import API_KEY, DOMAIN
from tests.browser.airflow.pages_of_three import PagesOfThree
from tests.support.browser import ARGUMENTS
from tests.support.programs import CHROMIUM

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from demo.sandbox_process import SandboxProcess

FOLDER = CHECKOUT / "docs" / "images"
DAG_ID = "example_inventory_count"
#: A beacon with mistakes that people make: a duration in seconds, and a metric that the app does not define.
_MISTAKEN = {
    "api": "1",
    "api.v": "1",
    "h.pg": "Orders by hand",
    "rt.start": "manual",
    "t_done": "12.5",
    "cmet.RowsRead": "4200",
}


@dataclass(frozen=True)
class Shot:
    """
    One picture.

    :param name: Name of the file, without its ending.
    :param address: The part of the sandbox's address after the `#`.
    :param width_px: Width of the window.
    :param height_px: Height of the window.
    :param dark: Whether the person prefers dark pages.
    :param last: What comes last into the page.
    """

    name: str
    address: str
    width_px: int = 1200
    height_px: int = 720
    dark: bool = False
    last: str = "h1"


def main() -> int:
    """
    Run the examples and take the pictures.

    :return: Exit status: 0 when all of them are written, 1 without a Chromium, 130 after Ctrl-C.
    """
    chromium = CHROMIUM.find()
    if chromium is None:
        print(f"Chromium is missing: apt-get install {CHROMIUM.package}", file=sys.stderr)
        return 1
    treat_ends_as_interrupts()
    try:
        _take_pictures(chromium)
    except KeyboardInterrupt:
        print("\nStopped, and everything that was started with it.")
        return 130
    return 0


def _take_pictures(chromium: Path) -> None:
    FOLDER.mkdir(exist_ok=True)
    with running_sandbox() as sandbox, build_airflow(sandbox) as airflow:
        progress = ProgressLine()
        wait_for_examples(airflow, sandbox, progress.show)
        progress.end()
        mistaken = _send_mistaken(sandbox)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))
            for shot in _list_shots(sandbox, mistaken):
                _take(browser, sandbox, shot)
            _take_form(browser, airflow.url)
            browser.close()


def _send_mistaken(sandbox: SandboxProcess) -> int:
    query = {"key": API_KEY, "d": DOMAIN}
    config = requests.get(f"{sandbox.url}/api/config.json", params=query, timeout=10).json()
    now_ms = int(config["h.t"])
    tokens = {name: str(config[name]) for name in ("h.key", "h.d", "h.t", "h.cr")}
    form = {**_MISTAKEN, "rt.tstart": str(now_ms - 12_500), "rt.end": str(now_ms), **tokens}
    requests.post(
        f"{sandbox.url}/beacon/",
        data=urlencode(form).replace("+", "%20"),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        timeout=10,
    )
    listed = requests.get(f"{sandbox.url}/api/view/beacons", params={"limit": 1}, timeout=10).json()
    return int(listed["beacons"][0]["id"])


def _list_shots(sandbox: SandboxProcess, mistaken: int) -> list[Shot]:
    (run,) = [beacon for beacon in sandbox.beacons() if beacon["page_group"] == DAG_ID]
    session = f"/session?{urlencode({'id': run['session_id']})}"
    group = f"/page-group?{urlencode({'name': 'example_mpulse_mapped_regions - regions-sum_up'})}"
    return [
        Shot("sandbox-page-groups", "/page-groups"),
        Shot("sandbox-session", session),
        Shot("sandbox-session-dark", session, dark=True),
        Shot("sandbox-page-group", group, height_px=900, last=".main-svg"),
        Shot("sandbox-beacon", f"/beacon?id={mistaken}", height_px=900),
        Shot("sandbox-app", "/app", height_px=900),
        Shot("sandbox-phone", session, width_px=390, height_px=780),
    ]


@contextmanager
def _open(browser: Browser, shot: Shot) -> Iterator[Page]:
    scheme = "dark" if shot.dark else "light"
    size = {"width": shot.width_px, "height": shot.height_px}
    with browser.new_context(viewport=size, color_scheme=scheme, reduced_motion="reduce") as context:  # type: ignore[arg-type]
        yield context.new_page()


def _take(browser: Browser, sandbox: SandboxProcess, shot: Shot) -> None:
    with _open(browser, shot) as page:
        page.goto(f"{sandbox.url}/#{shot.address}")
        page.wait_for_selector("html[data-ready] h1")
        page.locator(shot.last).first.wait_for()
        _keep(page, shot)


def _keep(page: Page, shot: Shot) -> None:
    path = FOLDER / f"{shot.name}.png"
    page.screenshot(path=path)
    print(path.relative_to(CHECKOUT))


def _take_form(browser: Browser, url: str) -> None:
    shot = Shot("airflow-connection", "", height_px=900)
    with _open(browser, shot) as page:
        pages = PagesOfThree(page, url)
        pages.add_connection()
        pages.field("Connection ID").fill("mpulse_default")
        pages.choose_type("Akamai mPulse")
        pages.field("Domain").fill("www.example.com")
        pages.field("Domain").blur()
        page.get_by_text("REST API secret").first.wait_for()
        _keep(page, shot)


if __name__ == "__main__":
    sys.exit(main())
