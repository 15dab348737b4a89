# SPDX-License-Identifier: Apache-2.0
"""Warnings that do not fill a scheduler's log: one per minute and kind, or one for good."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable

#: Seconds until what was said is said again.
PAUSE_S = 60.0


class QuietLog:
    """
    Writes a warning of each kind only now and then, and the others as DEBUG.

    :param log: Where to write.
    :param clock: Monotonic seconds.
    """

    def __init__(self, log: logging.Logger, clock: Callable[[], float]) -> None:
        self._log = log
        self._clock = clock
        self._silent_until_s: dict[str, float] = {}
        self._held_back: dict[str, int] = {}

    def warn(self, kind: str, message: str, *, once: bool = False) -> None:
        """
        Write a warning.

        :param kind: What is said only now and then.
        :param message: The sentence.
        :param once: Whether it is said only once in the life of the process.
        """
        now = self._clock()
        if now < self._silent_until_s.get(kind, -math.inf):
            self._held_back[kind] = self._held_back.get(kind, 0) + 1
            self._log.debug(message)
            return
        held_back = self._held_back.pop(kind, 0)
        self._silent_until_s[kind] = math.inf if once else now + PAUSE_S
        self._log.warning(
            "%s%s", message, f" ({held_back} more since the last such line.)" if held_back else ""
        )
