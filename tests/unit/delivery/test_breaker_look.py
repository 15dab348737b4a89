# SPDX-License-Identifier: Apache-2.0
"""A process that has a look at a service which was left alone, and the others that wait for what it finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from airflow_mpulse.delivery.breaker import LOOK_S, Breaker
from airflow_mpulse.delivery.moments import Moment
from airflow_mpulse.delivery.private_folder import PrivateFolder
from airflow_mpulse.exceptions import ReplyTimeoutError, ServicePausedError

if TYPE_CHECKING:
    from pathlib import Path


class _Clock:
    def __init__(self) -> None:
        self.uptime_s = 1000.0

    def __call__(self) -> Moment:
        return Moment(0.0, self.uptime_s, "boot")


def _breakers(path: Path, clock: _Clock) -> tuple[Breaker, Breaker]:
    """Make the breakers of two processes of which one has begun a pause that is over."""
    looking, waiting = (Breaker(PrivateFolder(path), "service", clock, lambda: 1.0) for _ in range(2))
    waiting.note_failure(ReplyTimeoutError("silent"))
    clock.uptime_s += 1.0
    return looking, waiting


def test_look_keeps_back_the_others_alone(tmp_path: Path) -> None:
    """The pause that a process begins for its look keeps the others back, and not itself."""
    looking, waiting = _breakers(tmp_path, _Clock())
    looking.check()
    looking.check()
    assert looking.left_s() is None
    assert waiting.left_s() == LOOK_S
    with pytest.raises(ServicePausedError, match="silent"):
        waiting.check()


def test_look_in_vain_doubles_the_pause(tmp_path: Path) -> None:
    """A look that ends in vain begins a pause of twice the length, for who looked as for the others."""
    looking, waiting = _breakers(tmp_path, _Clock())
    looking.check()
    looking.note_failure(ReplyTimeoutError("still silent"))
    assert (looking.left_s(), waiting.left_s()) == (2.0, 2.0)
