# SPDX-License-Identifier: Apache-2.0
"""The one reporter of a process: takes reports, sends them in the background, counts what became of each."""

from __future__ import annotations

import atexit
import contextlib
import logging
import time
from typing import TYPE_CHECKING

from airflow_mpulse.accounting import count_dropped, count_sent, time_delivery
from airflow_mpulse.delivery.background import BackgroundWorker, Job
from airflow_mpulse.delivery.report import reason_of
from airflow_mpulse.exceptions import DeliveryError, MPulseError, MPulseSettingsError
from airflow_mpulse.reporter.connections import Connections
from airflow_mpulse.reporter.recent import RecentKeys
from airflow_mpulse.reporter.warnings import QuietLog

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from airflow_mpulse.delivery.client import MPulseClient
    from airflow_mpulse.reporter.report import Report

_LOG = logging.getLogger("airflow_mpulse")

#: Reasons of beacons that never reached the point of being sent.
NOT_IN_TIME = "not_in_time"
QUEUE_FULL = "queue_full"
NO_THREAD = "no_thread"
ERROR = "error"


class Reporter:
    """
    Takes reports and sends them, in a thread that it starts when there is something to do.

    :param max_waiting: How many reports may wait; a further one is dropped and counted.
    """

    def __init__(self, *, max_waiting: int = 1000) -> None:
        #: How long the end of the process waits for what is on its way, in seconds.
        self.wait_s = 2.0
        self._worker = BackgroundWorker(
            max_waiting=max_waiting, before_first=self._finish_at_exit, after_fork=self._begin_anew
        )
        self._begin_anew()

    def claim(self, key: Hashable) -> bool:
        """
        Claim to report something.

        :param key: What is reported.
        :return: Whether nobody in this process has claimed it before.
        """
        return not self._claimed.add(key)

    def connect(self, mpulse_conn_id: str) -> MPulseClient:  # noqa: DOC502
        """
        Read a connection on the calling thread.

        A task of Airflow 3 and a callback of a DAG must do so themselves: they ask a supervisor for it over a
        channel that is made for one thread. A scheduler must not: its session is in use.

        :param mpulse_conn_id: The connection's ID.
        :return: The client, from memory where the connection was read of late.
        :raises MPulseSettingsError: If the connection is missing or a field of it cannot be used.
        """
        return self._connections.client(mpulse_conn_id)

    def hand_over(self, report: Report, client: MPulseClient | None = None) -> Job | None:
        """
        Take a report; never waits.

        :param report: The report.
        :param client: The client of its connection; ``None`` to have the sending thread read the connection.
        :return: What can be waited for; ``None`` where the report was dropped and counted at once.
        """

        def find_client() -> MPulseClient:
            return client or self.connect(report.mpulse_conn_id)

        job = Job(lambda job: self._send(report, job, find_client), awaited=True)
        try:
            taken = self._worker.hand_over(job)
        except RuntimeError as error:
            self._drop(report.name, NO_THREAD, f"No thread can be started: {error}")
            return None
        if not taken:
            self._drop(report.name, QUEUE_FULL, "Too many beacons are waiting to be sent.")
            return None
        return job

    def send_within(
        self, report: Report, wait_s: float, client: MPulseClient | None = None
    ) -> BaseException | None:
        """
        Take a report and wait for it.

        :param report: The report.
        :param wait_s: Seconds to wait at most.
        :param client: The client of its connection; ``None`` to have the sending thread read the connection.
        :return: Why it was not sent, ``None`` where it was.
        """
        job = self.hand_over(report, client)
        if job is None:
            return DeliveryError(f"The beacon of the {report.name} could not be taken by the sending thread.")
        if not job.wait(wait_s) and job.settle():
            error = DeliveryError(
                f"It was not sent within {wait_s:g} seconds ([mpulse] wait_s).{self._describe_trouble()}"
            )
            self._drop(report.name, NOT_IN_TIME, str(error))
            return error
        return job.error

    def prepare(self, mpulse_conn_id: str, client: MPulseClient | None = None) -> None:
        """
        Look the configuration up in the background, so that it is there when something ends.

        :param mpulse_conn_id: The connection's ID.
        :param client: The client of the connection; ``None`` to have the thread read the connection.
        """
        # What goes wrong here is told when something is to be sent.
        with contextlib.suppress(RuntimeError):
            self._worker.hand_over(Job(lambda _: self._look_up(mpulse_conn_id, client), awaited=False))

    def finish(self) -> None:
        """Wait for what is on its way, at most :attr:`wait_s` seconds, and drop and count the rest."""
        given_up = self._worker.wait(self.wait_s)
        if given_up:
            count_dropped(NOT_IN_TIME, len(given_up))
            _LOG.warning(
                "Beacons not sent to mPulse within %g seconds ([mpulse] wait_s), and dropped: %s.%s",
                self.wait_s,
                len(given_up),
                self._describe_trouble(),
            )

    def send_over(self, client: MPulseClient, report: Report) -> BaseException | None:
        """
        Send a report on the calling thread.

        :param client: The client of the connection.
        :param report: The report.
        :return: Why it was not sent, ``None`` where it was.
        """
        job = Job(lambda _: None, awaited=False)
        self._send(report, job, lambda: client)
        return job.error

    def drop(self, name: str, error: BaseException) -> None:
        """
        Count and log a beacon that cannot be made or sent.

        :param name: What it would have reported.
        :param error: Why not.
        """
        if isinstance(error, MPulseError):
            self._drop(name, reason_of(error), str(error), once=isinstance(error, MPulseSettingsError))
            return
        self._drop(name, ERROR, f"An unforeseen {type(error).__name__} was raised.")
        _LOG.debug("The unforeseen error.", exc_info=error)

    def _send(self, report: Report, job: Job, find_client: Callable[[], MPulseClient]) -> None:
        started_s = time.perf_counter()
        try:
            client = find_client()
            beacon = report.build(client.get_config())
            client.send(beacon)
        except BaseException as error:  # noqa: BLE001 - whatever it is, it stays in here, and is counted
            if job.claim(error):
                self.drop(report.name, error)
        else:
            if job.claim():
                count_sent()
                time_delivery((time.perf_counter() - started_s) * 1000)
                _LOG.info(
                    "Sent a beacon to mPulse for the %s: page group %r, %s ms.",
                    report.name,
                    beacon.page_group,
                    beacon.duration_ms,
                )
        finally:
            # Only now, so that whoever waits finds it counted.
            job.settle()

    def _describe_trouble(self) -> str:
        trouble = self._connections.find_trouble()
        return "" if trouble is None else f" The last try: {trouble}"

    def _look_up(self, mpulse_conn_id: str, client: MPulseClient | None) -> None:
        try:
            (client or self.connect(mpulse_conn_id)).get_config()
        except MPulseError as error:
            _LOG.debug("The configuration is not there yet: %s", error)

    def _drop(self, name: str, reason: str, sentence: str, *, once: bool = False) -> None:
        count_dropped(reason)
        self._log.warn(
            sentence if once else reason,
            f"No beacon was sent to mPulse for the {name} ({reason}): {sentence} Airflow is not affected.",
            once=once,
        )

    def _begin_anew(self) -> None:
        self._connections = Connections(time.monotonic)
        self._claimed = RecentKeys()
        self._log = QuietLog(_LOG, time.monotonic)

    def _finish_at_exit(self) -> None:
        atexit.register(self._finish_quietly)

    def _finish_quietly(self) -> None:
        # Streams that logs are written to may be closed by now.
        with contextlib.suppress(Exception):
            self.finish()


REPORTER = Reporter()


def preload() -> None:
    """Import what sending needs, in a parent whose forked tasks inherit it."""
    import requests  # noqa: F401

    import airflow_mpulse.delivery.bounded_http
    import airflow_mpulse.delivery.client
    import airflow_mpulse.delivery.http_errors  # noqa: F401
