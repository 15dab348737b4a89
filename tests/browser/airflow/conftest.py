# SPDX-License-Identifier: Apache-2.0
"""One real Airflow with its UI for all tests of this folder, and a page that asks our servers only."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tests.browser.airflow.noise import NOISE
from tests.browser.airflow.pages import PATIENCE_MS
from tests.browser.airflow.pages_of_three import PagesOfThree
from tests.browser.airflow.pages_of_two import PagesOfTwo
from tests.browser.airflow.running import RunningAirflow, run_airflow_with_ui

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page, Request

    from tests.browser.airflow.pages import AirflowPages
    from tests.support.browser import Complaints

MAJOR = int(version("apache-airflow").split(".")[0])

# What only one of the majors has.
_ONLY_ON = {2: ["test_menu.py", "test_form_of_two.py"], 3: ["test_tabs.py", "test_form_of_three.py"]}
collect_ignore = [name for major, names in _ONLY_ON.items() if major != MAJOR for name in names]


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[RunningAirflow]:
    """Start Airflow, once there is a browser to look at it with."""
    with run_airflow_with_ui(tmp_path_factory.mktemp("browsed")) as airflow:
        yield airflow


@pytest.fixture
def page(browser: Browser, running: RunningAirflow, complaints: Complaints) -> Iterator[Page]:
    """Give an empty page; fail where it, or one that it opens, asks another server than ours."""
    ours = {running.airflow.url, running.url_without_dashboard, running.dashboard_url}
    others: list[str] = []

    def look(request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in {"blob", "data"} and f"{parts.scheme}://{parts.netloc}" not in ours:
            others.append(request.url)

    with browser.new_context(viewport={"width": 1400, "height": 1000}) as context:
        context.set_default_timeout(PATIENCE_MS)
        context.on("page", complaints.watch)
        context.on("request", look)
        yield context.new_page()
    complaints.forget(*NOISE[MAJOR])
    assert others == []


@pytest.fixture
def pages(page: Page, running: RunningAirflow) -> AirflowPages:
    """Give what a person does in the UI."""
    return (PagesOfTwo if MAJOR == 2 else PagesOfThree)(page, running.airflow.url)


@pytest.fixture
def pages_without_dashboard(page: Page, running: RunningAirflow) -> AirflowPages:
    """Give the same in the UI for which no dashboard is set."""
    return (PagesOfTwo if MAJOR == 2 else PagesOfThree)(page, running.url_without_dashboard)
