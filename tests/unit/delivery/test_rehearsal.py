# SPDX-License-Identifier: Apache-2.0
"""Tests of the rehearsal: a beacon goes all the way, and nothing leaves the process."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from airflow_mpulse.delivery.rehearsal import rehearse
from tests.support.values import make_beacon

if TYPE_CHECKING:
    import pytest


def test_rehearsal_comes_to_its_end(caplog: pytest.LogCaptureFixture) -> None:
    """The answers that it finds are taken for mPulse's, and no thread is left behind."""
    threads = threading.active_count()
    with caplog.at_level(logging.DEBUG, logger="airflow_mpulse"):
        rehearse(lambda _: make_beacon())
    assert caplog.messages == []
    assert threading.active_count() == threads
