# SPDX-License-Identifier: Apache-2.0
"""One Chromium for all browser tests, and complaints that fail the test in which they arise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.browser import Complaints, chromium

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture
def complaints() -> Iterator[Complaints]:
    """Fail on whatever the browser found wrong, at the end of the test."""
    watched = Complaints()
    yield watched
    assert watched.found == []
