# SPDX-License-Identifier: Apache-2.0
"""Counts and logs what becomes of reports: each is sent, waits in the outbox, or is dropped for a reason."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from airflow_mpulse.accounting import count_dropped, count_sent, count_spooled, time_delivery
from airflow_mpulse.delivery.report import reason_of
from airflow_mpulse.exceptions import MPulseError, MPulseSettingsError

if TYPE_CHECKING:
    from airflow_mpulse.protocol.beacon import Beacon
    from airflow_mpulse.reporter.warnings import QuietLog

_LOG = logging.getLogger("airflow_mpulse")

#: The reason of beacons that ended in an error which nobody has foreseen.
ERROR = "error"


class Ledger:
    """
    Counts and logs what becomes of reports.

    :param log: Where warnings are written.
    """

    def __init__(self, log: QuietLog) -> None:
        self._log = log

    def enter_sent(self, name: str, beacon: Beacon, duration_ms: float) -> None:
        """
        Enter a beacon that mPulse received.

        :param name: What it reports.
        :param beacon: The beacon.
        :param duration_ms: How long it took to send it, milliseconds.
        """
        count_sent()
        time_delivery(duration_ms)
        message = "Sent a beacon to mPulse for the %s: page group %r, %s ms."
        _LOG.info(message, name, beacon.page_group, beacon.duration_ms)

    def enter_put(self, name: str) -> None:
        """
        Enter a beacon that goes through the outbox, as it is meant to.

        :param name: What it reports.
        """
        count_spooled()
        _LOG.info("Put a beacon into mPulse's outbox for the %s.", name)

    def enter_waiting(self, name: str, reason: str, sentence: str) -> None:
        """
        Enter a beacon that could not be sent and waits in the outbox.

        :param name: What it reports.
        :param reason: Why it was not sent, one word.
        :param sentence: The same for people.
        """
        count_spooled()
        message = f"The beacon of the {name} waits in the outbox ({reason}): {sentence}"
        self._log.warn(f"waits {reason}", message)

    def enter_dropped(self, name: str, reason: str, sentence: str, *, once: bool = False) -> None:
        """
        Enter a beacon that will never be sent.

        :param name: What it would have reported.
        :param reason: Why, one word.
        :param sentence: The same for people.
        :param once: Whether this is said only once.
        """
        count_dropped(reason)
        self._log.warn(
            sentence if once else reason,
            f"No beacon was sent to mPulse for the {name} ({reason}): {sentence} Airflow is not affected.",
            once=once,
        )

    def enter_error(self, name: str, error: BaseException) -> None:
        """
        Enter a beacon that cannot be made or sent.

        :param name: What it would have reported.
        :param error: Why not.
        """
        if isinstance(error, MPulseError):
            once = isinstance(error, MPulseSettingsError)
            self.enter_dropped(name, reason_of(error), str(error), once=once)
            return
        self.enter_dropped(name, ERROR, f"An unforeseen {type(error).__name__} was raised.")
        _LOG.debug("The unforeseen error.", exc_info=error)
