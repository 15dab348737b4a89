# SPDX-License-Identifier: Apache-2.0
"""The one reporter of a process: takes reports, sends them in the background, counts what became of each."""

from __future__ import annotations

import atexit
import contextlib
import logging
import time
from typing import TYPE_CHECKING

from airflow_mpulse.delivery.background import BackgroundWorker, Job
from airflow_mpulse.delivery.report import UNCONFIRMED, reason_of
from airflow_mpulse.exceptions import (
    DeliveryError,
    MPulseError,
    MPulseSettingsError,
    OutboxError,
    ReplyTimeoutError,
)
from airflow_mpulse.option_readers import read_delivery_settings
from airflow_mpulse.reporter.connections import Connections
from airflow_mpulse.reporter.keeping import Keeping
from airflow_mpulse.reporter.last_word import silence
from airflow_mpulse.reporter.ledger import Ledger
from airflow_mpulse.reporter.recent import RecentKeys
from airflow_mpulse.reporter.sending import Sending
from airflow_mpulse.reporter.warnings import QuietLog

if TYPE_CHECKING:
    from collections.abc import Hashable

    from airflow_mpulse.delivery.client import MPulseClient
    from airflow_mpulse.option_readers import DeliverySettings
    from airflow_mpulse.reporter.environment_connection import EnvironmentConnection
    from airflow_mpulse.reporting.report import Report

_LOG = logging.getLogger("airflow_mpulse")

#: An answer that has not come for so long, when nobody waits for it any longer, counts as none.
SILENCE_S = 0.5

#: Reasons of beacons that never reached the point of being sent.
NOT_IN_TIME = "not_in_time"
QUEUE_FULL = "queue_full"
NO_THREAD = "no_thread"


class Reporter:
    """
    Takes reports and sends them, in a thread that it starts when there is something to do.

    What cannot be sent now waits in the outbox; what cannot wait there either is dropped and counted.

    :param max_waiting: How many reports may wait in memory.
    """

    def __init__(self, *, max_waiting: int = 1000) -> None:
        self._is_sender = False
        # Inherited by a fork: the options are read once, in the parent.
        self._settings: DeliverySettings | None = None
        self._ahead: EnvironmentConnection | None = None
        self._worker = BackgroundWorker(
            max_waiting=max_waiting, before_first=self._finish_at_exit, after_fork=self._begin_anew
        )
        self._begin_anew()

    @property
    def settings(self) -> DeliverySettings:  # noqa: DOC502
        """
        Give what the options say about delivery.

        :return: The settings, read once.
        :raises MPulseSettingsError: If an option has a value that cannot be used.
        """
        if self._settings is None:
            self._settings = read_delivery_settings()
        return self._settings

    def inherit(self, connection: EnvironmentConnection | None) -> None:
        """
        Leave a connection to the processes that are forked from this one.

        :param connection: The connection, read from the environment.
        """
        self._ahead = connection

    def claim(self, key: Hashable) -> bool:
        """
        Claim to report something.

        :param key: What is reported.
        :return: Whether nobody in this process has claimed it before.
        """
        return not self._claimed.add(key)

    def connect(self, mpulse_conn_id: str) -> MPulseClient | None:  # noqa: DOC502
        """
        Read a connection on the calling thread.

        A task of Airflow 3 and a callback of a DAG must do so themselves: they ask a supervisor for it over a
        channel that is made for one thread. A scheduler must not: its session is in use.

        :param mpulse_conn_id: The connection's ID.
        :return: The client, from memory where the connection was read of late; ``None`` where nothing is sent
            from this process, but put into the outbox.
        :raises MPulseSettingsError: If the connection is missing, or a field of it or an option cannot be
            used.
        """
        return None if self._only_keeps else self._connections.client(mpulse_conn_id)

    def hand_over(self, report: Report, client: MPulseClient | None = None) -> Sending:
        """
        Take a report; never waits for mPulse.

        :param report: The report.
        :param client: The client of its connection; ``None`` to have the sending thread read the connection.
        :return: What can be waited for; settled already where it did not have to go to the thread.
        """
        sending = Sending(report, client, self._send)
        if self._only_keeps and report.find_start is None:
            self._settle_at_once(sending, NOT_IN_TIME, "Beacons go into the outbox ([mpulse] delivery).")
            return sending
        try:
            if not self._worker.hand_over(sending):
                self._settle_at_once(sending, QUEUE_FULL, "Too many beacons are waiting to be sent.")
        except RuntimeError as error:
            # The worker has settled it, so that nobody else counts it.
            self._keep_or_drop(sending, NO_THREAD, f"No thread can be started: {error}.")
        return sending

    def send_within(
        self, report: Report, wait_s: float, client: MPulseClient | None = None
    ) -> BaseException | None:
        """
        Take a report and wait for it.

        :param report: The report.
        :param wait_s: Seconds to wait at most.
        :param client: The client of its connection; ``None`` to have the sending thread read the connection.
        :return: Why it was dropped; ``None`` where it was sent, or waits in the outbox.
        """
        sending = self.hand_over(report, client)
        if not sending.wait(wait_s) and sending.settle():
            self._give_up(sending, wait_s)
        return sending.error

    def prepare(self, mpulse_conn_id: str, client: MPulseClient | None = None) -> None:
        """
        Get ready in the background, so that one exchange is left to do when something ends.

        :param mpulse_conn_id: The connection's ID.
        :param client: The client of the connection; ``None`` to have the thread read the connection.
        """
        if self._only_keeps:
            return
        # What goes wrong here is told when something is to be sent.
        with contextlib.suppress(RuntimeError):
            self._worker.hand_over(Job(lambda _: self._look_up(mpulse_conn_id, client), awaited=False))

    def finish(self) -> None:
        """Wait for what is on its way, at most ``[mpulse] wait_s`` seconds, and keep or drop the rest."""
        with contextlib.suppress(MPulseSettingsError):
            wait_s = self.settings.wait_s
            for job in self._worker.wait(wait_s):
                if isinstance(job, Sending):
                    self._give_up(job, wait_s)

    def become_sender(self) -> None:  # noqa: DOC502
        """
        Send from now on, in this process, what is in the outbox, and what is reported here in any case.

        :raises RuntimeError: If no thread can be started.
        """
        if not self._is_sender:
            self._is_sender = True
            self._worker.stay(lambda: self._keeping.send_some(self._connections.client))

    def send_over(self, client: MPulseClient, report: Report) -> BaseException | None:
        """
        Send a report on the calling thread.

        :param client: The client of the connection.
        :param report: The report.
        :return: Why it was dropped; ``None`` where it was sent, or waits in the outbox.
        """
        sending = Sending(report, client, self._send)
        self._send(sending)
        return sending.error

    def drop(self, name: str, error: BaseException) -> None:
        """
        Count and log a beacon that cannot be made or sent.

        :param name: What it would have reported.
        :param error: Why not.
        """
        self._ledger.enter_error(name, error)

    @property
    def _only_keeps(self) -> bool:
        return not self._is_sender and self.settings.uses_outbox_only

    def _send(self, sending: Sending) -> None:
        started_s = time.perf_counter()
        try:
            sending.report = report = sending.report.with_start()
            if self._only_keeps:
                self._settle_at_once(sending, NOT_IN_TIME, "Beacons go into the outbox ([mpulse] delivery).")
                return
            sending.client = client = sending.client or self._connections.client(report.mpulse_conn_id)
            beacon = report.build(client.get_config(), self._remark)
            if not sending.depart():
                return  # Who waited for it has put it into the outbox.
            client.send(beacon)
        except BaseException as error:  # noqa: BLE001 - whatever it is, it stays in here, and is counted
            if sending.claim(error):
                self._settle_failure(sending, error)
        else:
            if sending.claim():
                duration_ms = (time.perf_counter() - started_s) * 1000
                self._ledger.enter_sent(report.name, beacon, duration_ms)
        finally:
            # Only now, so that whoever waits finds it counted.
            sending.settle()

    def _settle_failure(self, sending: Sending, error: BaseException) -> None:
        if isinstance(error, MPulseError) and error.retryable and self.settings.is_outbox_on:
            self._keep_or_drop(sending, reason_of(error), str(error))
        else:
            self._ledger.enter_error(sending.report.name, error)

    def _settle_at_once(self, sending: Sending, reason: str, sentence: str) -> None:
        if sending.claim():
            self._keep_or_drop(sending, reason, sentence)
            sending.settle()

    def _give_up(self, sending: Sending, wait_s: float) -> None:
        # Its end is claimed: nobody else counts it.
        sentence = f"It was not sent within {wait_s:g} seconds ([mpulse] wait_s).{self._describe_trouble()}"
        client = sending.client
        unanswered_s = 0.0 if client is None else client.unanswered_s
        if client is not None and unanswered_s >= SILENCE_S and not client.is_paused:
            # This process does not live to see the time-out; the next one need not wait in vain as well.
            client.note_trouble(ReplyTimeoutError(f"mPulse gave no answer within {unanswered_s:.1f} s."))
        if sending.withhold():
            self._keep_or_drop(sending, NOT_IN_TIME, sentence)
            return
        # Between two tries nothing is on its way.
        reason = UNCONFIRMED if unanswered_s > 0 else NOT_IN_TIME
        sending.failure = DeliveryError(sentence)
        self._ledger.enter_dropped(sending.report.name, reason, sentence)

    def _keep_or_drop(self, sending: Sending, reason: str, sentence: str) -> None:
        report = sending.report
        try:
            self._keeping.keep(report)
        except OutboxError as error:
            sending.failure = DeliveryError(f"{sentence} {error}")
            self._ledger.enter_dropped(report.name, reason, str(sending.failure))
            return
        sending.is_kept = True
        if self._only_keeps:
            self._ledger.enter_put(report.name)
        else:
            self._ledger.enter_waiting(report.name, reason, sentence)

    def _describe_trouble(self) -> str:
        trouble = self._connections.find_trouble()
        return "" if trouble is None else f" The last try: {trouble}"

    def _look_up(self, mpulse_conn_id: str, client: MPulseClient | None) -> None:
        try:
            (client or self._connections.client(mpulse_conn_id)).prepare()
        except MPulseError as error:
            _LOG.debug("Nothing can be sent yet: %s", error)

    def _remark(self, sentence: str) -> None:
        self._log.warn(sentence, sentence, once=True)

    def _begin_anew(self) -> None:
        self._connections = Connections(time.monotonic, lambda: self.settings, self._ahead)
        self._claimed = RecentKeys()
        self._log = QuietLog(_LOG, time.monotonic)
        self._ledger = Ledger(self._log)
        self._keeping = Keeping(self._log, time.monotonic, lambda: self.settings)
        self._is_sender = False

    def _finish_at_exit(self) -> None:
        atexit.register(self._finish_quietly)

    def _finish_quietly(self) -> None:
        # Streams that logs are written to may be closed by now.
        with contextlib.suppress(Exception):
            self.finish()
        silence(self._worker)


REPORTER = Reporter()
