# SPDX-License-Identifier: Apache-2.0
"""
Points in time that processes of one machine hand to each other in files.

A wall clock can be set back, which would make an old token look young. So a moment also holds the time since
the machine was started, which cannot, and the machine's start by which one knows that it is the same.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Moment:
    """
    A point in time.

    :param wall_s: Seconds since the Unix epoch.
    :param uptime_s: Seconds since the machine was started.
    :param boot_id: Names that start of the machine; empty where the system does not tell.
    """

    wall_s: float
    uptime_s: float
    boot_id: str

    def to_json(self) -> list[float | str]:
        """
        Write the moment as plain values.

        :return: What JSON can hold.
        """
        return [self.wall_s, self.uptime_s, self.boot_id]

    @classmethod
    def from_json(cls, written: object) -> Moment:
        """
        Read a moment.

        :param written: What :meth:`to_json` gave, after JSON.
        :return: The moment.
        :raises ValueError: If it is none.
        """
        match written:
            case [wall_s, uptime_s, str() as boot_id]:
                return cls(read_seconds(wall_s), read_seconds(uptime_s), boot_id)
        message = "not a moment"
        raise ValueError(message)

    def elapsed_s(self, since: Moment) -> float | None:
        """
        Tell how long ago a moment was.

        :param since: The earlier moment.
        :return: Seconds from 0; ``None`` where that moment lies ahead, as when the machine was started anew
            and its clock was set back.
        """
        if self.boot_id and self.boot_id == since.boot_id:
            elapsed_s = self.uptime_s - since.uptime_s
        else:
            elapsed_s = self.wall_s - since.wall_s
        return elapsed_s if elapsed_s >= 0 else None


def read_seconds(written: object) -> float:
    """
    Read a number that can be reckoned with, where any other may stand.

    :param written: A number, after JSON.
    :return: The number.
    :raises ValueError: If it is none, or not finite.
    """
    try:
        if isinstance(written, int | float) and math.isfinite(written):
            return float(written)
    except OverflowError:
        pass  # A whole number beyond what a float holds.
    message = "not a number of seconds"
    raise ValueError(message)


def system_moment() -> Moment:
    """
    Read the system's clocks.

    :return: The present.
    """
    return Moment(time.time(), _read_uptime_s(), _read_boot_id())  # noqa: TID251 - passed in elsewhere


def _read_uptime_s() -> float:
    # Also counts the time that a machine has slept, where the system knows such a clock.
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


@lru_cache(maxsize=1)
def _read_boot_id() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    except (OSError, ValueError):
        return ""
