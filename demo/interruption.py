# SPDX-License-Identifier: Apache-2.0
"""Ending a command that has started other processes in the same way, whoever ends it."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType


def treat_ends_as_interrupts() -> None:
    """
    Have SIGTERM and SIGHUP raise `KeyboardInterrupt`, as Ctrl-C does.

    Also when a terminal closes or a CI job is cancelled, nothing that was started may stay behind.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)


def _interrupt(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
    raise KeyboardInterrupt
