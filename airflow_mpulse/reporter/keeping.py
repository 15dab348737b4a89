# SPDX-License-Identifier: Apache-2.0
"""The outbox as one process uses it: what cannot be sent is kept there, and one that lives long sends it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from airflow_mpulse.accounting import count_drained
from airflow_mpulse.exceptions import MPulseError, OutboxError
from airflow_mpulse.reporting.report_json import report_to_json
from airflow_mpulse.shared_state import open_drainer, open_outbox

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_mpulse.delivery.client import MPulseClient
    from airflow_mpulse.delivery.drain import Drainer
    from airflow_mpulse.delivery.outbox import Outbox
    from airflow_mpulse.option_readers import DeliverySettings
    from airflow_mpulse.reporter.warnings import QuietLog
    from airflow_mpulse.reporting.report import Report

#: How often a process that sends looks into the outbox.
LOOK_EVERY_S = 5.0
#: How often it looks for what other processes have left behind, and for what is too old.
TIDY_EVERY_S = 60.0
#: How many beacons it sends before it looks for new ones of its own.
BATCH = 100

_LOG = logging.getLogger("airflow_mpulse")


class Keeping:
    """
    Keeps reports, and sends what is kept. Opened when it is first needed.

    :param log: Where to say what is wrong.
    :param clock: Monotonic seconds.
    :param settings: Gives what the options say.
    """

    def __init__(
        self, log: QuietLog, clock: Callable[[], float], settings: Callable[[], DeliverySettings]
    ) -> None:
        self._log = log
        self._clock = clock
        self._settings = settings
        self._outbox: Outbox | None = None
        self._tidy_at_s = 0.0

    def keep(self, report: Report) -> None:
        """
        Keep a report.

        :param report: The report.
        :raises OutboxError: If its start is still to be asked for, or the outbox is off, full, or cannot be
            used.
        """
        outbox = self._open()
        if outbox is None:
            msg = "There is no outbox to keep it in ([mpulse] outbox is off)."
            raise OutboxError(msg)
        if report.find_start is not None:
            msg = "Nor did Airflow tell in that time when the task was first poked."
            raise OutboxError(msg)
        outbox.put(report.mpulse_conn_id, report_to_json(report))

    def send_some(self, connect: Callable[[str], MPulseClient]) -> float:
        """
        Send some of what is kept, over every connection that can send.

        :param connect: Gives the client of a connection.
        :return: Seconds until there may be something to do again.
        """
        outbox = self._open()
        if outbox is None:
            return TIDY_EVERY_S
        try:
            drainer = open_drainer(outbox, self._settings(), self._remark)
            self._tidy(drainer)
            connections, unreadable = drainer.find_connections()
            count_drained(unreadable)
            # A list, since each of them is to have its turn.
            return min(
                [self._send_over(drainer, each, connect) for each in connections], default=LOOK_EVERY_S
            )
        except OutboxError as error:
            self._log.warn("outbox", f"{error} Airflow is not affected.")
            return TIDY_EVERY_S

    def _send_over(
        self, drainer: Drainer, mpulse_conn_id: str, connect: Callable[[str], MPulseClient]
    ) -> float:
        try:
            client = connect(mpulse_conn_id)
        except MPulseError as error:
            self._log.warn(str(error), f"Beacons wait in the outbox: {error}")
            return LOOK_EVERY_S
        if client.is_paused:
            return 1.0
        report = drainer.drain(mpulse_conn_id, client, at_most=BATCH, on_progress=count_drained)
        if report.sent:
            _LOG.info("Sent beacons to mPulse that had waited in the outbox: %s.", report.sent)
        if report.first_error is not None:
            self._log.warn("waiting", f"Beacons wait in the outbox: {report.first_error}")
        return 0.0 if report.sent and not report.waiting else LOOK_EVERY_S

    def _open(self) -> Outbox | None:
        if self._outbox is None:
            self._outbox = open_outbox(self._settings())
        return self._outbox

    def _tidy(self, drainer: Drainer) -> None:
        now = self._clock()
        if now >= self._tidy_at_s:
            self._tidy_at_s = now + TIDY_EVERY_S
            count_drained(drainer.tidy())

    def _remark(self, sentence: str) -> None:
        self._log.warn(sentence, sentence, once=True)
