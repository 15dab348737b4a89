# SPDX-License-Identifier: Apache-2.0
"""What became of beacons, as metrics of Airflow's own: each is counted once, as sent or by the reason."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from airflow.providers.common.compat.sdk import Stats

if TYPE_CHECKING:
    from airflow_mpulse.delivery.report import DrainReport


def count_sent(number: int = 1) -> None:
    """
    Count beacons that mPulse received, as ``mpulse.beacon.sent``.

    :param number: How many.
    """
    # A metric that cannot be told must never be what goes wrong.
    with contextlib.suppress(Exception):
        Stats.incr("mpulse.beacon.sent", number)


def count_dropped(reason: str, number: int = 1) -> None:
    """
    Count beacons that were not sent, as ``mpulse.beacon.dropped``.

    :param reason: Why, one word; the metric's tag.
    :param number: How many.
    """
    with contextlib.suppress(Exception):
        Stats.incr("mpulse.beacon.dropped", number, tags={"reason": reason})


def count_spooled(number: int = 1) -> None:
    """
    Count beacons that were put into the outbox, as ``mpulse.beacon.spooled``.

    Each is counted once more when it leaves there, as sent or as dropped.

    :param number: How many.
    """
    with contextlib.suppress(Exception):
        Stats.incr("mpulse.beacon.spooled", number)


def count_drained(report: DrainReport) -> None:
    """
    Count what became of beacons that had waited in the outbox.

    :param report: Their numbers.
    """
    if report.sent:
        count_sent(report.sent)
    for reason, number in report.dropped.items():
        count_dropped(reason, number)


def time_delivery(duration_ms: float) -> None:
    """
    Tell how long it took to send a beacon, as ``mpulse.delivery.duration``.

    :param duration_ms: Milliseconds.
    """
    with contextlib.suppress(Exception):
        Stats.timing("mpulse.delivery.duration", duration_ms)


def count_configuration() -> None:
    """Count a configuration that was fetched, as ``mpulse.config.fetched``."""
    with contextlib.suppress(Exception):
        Stats.incr("mpulse.config.fetched")
