# SPDX-License-Identifier: Apache-2.0
"""
Instants and the milliseconds that stand for them on the wire.

The one place of the sandbox that reads the system clock; everything else is handed a clock or an instant.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]
"""Gives the present as an aware datetime."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""The instant from which the wire counts."""

MAX_EPOCH_MS = (datetime.max.replace(tzinfo=UTC) - EPOCH) // timedelta(milliseconds=1)
"""The last instant that a date can be made of, in milliseconds since the Unix epoch."""


def system_clock() -> datetime:
    """
    Read the system clock.

    :return: The present, in UTC.
    """
    return datetime.now(UTC)


def epoch_ms(instant: datetime) -> int:
    """
    Turn an instant into mPulse's unit.

    :param instant: An aware datetime.
    :return: Whole milliseconds since the Unix epoch, rounded down.
    """
    return (instant - EPOCH) // timedelta(milliseconds=1)
