# SPDX-License-Identifier: Apache-2.0
"""
The command ``airflow-mpulse flush``: sends what waits in the outbox, once or until it is stopped.

How a beacon is taken, sent and settled stands in :mod:`airflow_mpulse.delivery.drain`.
"""

from __future__ import annotations

import signal
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from airflow_mpulse.accounting import count_drained
from airflow_mpulse.cli.terminal import Terminal
from airflow_mpulse.delivery.report import DrainReport
from airflow_mpulse.exceptions import MPulseError, MPulseSettingsError, ServicePausedError
from airflow_mpulse.option_readers import read_delivery_settings
from airflow_mpulse.reporter.connections import Connections
from airflow_mpulse.shared_state import open_drainer, open_outbox
from airflow_mpulse.version_compat import utc_now

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator, Mapping

    from airflow_mpulse.delivery.drain import Drainer
    from airflow_mpulse.delivery.outbox import Outbox


def run(arguments: argparse.Namespace) -> int:
    """
    Send what waits in the outbox.

    :param arguments: Parsed arguments of the command.
    :return: Exit status; 1 where beacons that could be sent wait on, or the outbox cannot be used.
    """
    terminal = Terminal()
    try:
        settings = read_delivery_settings()
    except MPulseSettingsError as error:
        return terminal.complain(str(error))
    outbox = open_outbox(settings)
    if outbox is None:
        return terminal.complain("The option [mpulse] outbox is 'off', so that no beacon waits anywhere.")
    flushing = Flushing(terminal, outbox, open_drainer(outbox, settings, terminal.warn))
    with _stopped_by_sigterm():
        if arguments.watch:
            return _watch(terminal, flushing, arguments.interval_s)
        return _flush_once(terminal, flushing)


class Flushing:
    """
    Sends what waits, as often as it is asked to, and keeps the sums.

    :param terminal: Shows how far it is.
    :param outbox: Where beacons wait.
    :param drainer: Sends them.
    """

    def __init__(self, terminal: Terminal, outbox: Outbox, drainer: Drainer) -> None:
        self.outbox = outbox
        #: What became of all beacons so far; also right where it was stopped in the middle.
        self.total = DrainReport()
        self._terminal = terminal
        self._drainer = drainer
        self._connections = Connections(time.monotonic)

    def flush(self) -> DrainReport:  # noqa: DOC502
        """
        Send what waits now.

        :return: What became of it.
        :raises OutboxError: If the outbox cannot be used.
        """
        before = self.total
        first_error: MPulseError | None = None
        with self._terminal.progress("Sending", len(self.outbox.list_waiting())) as advance:

            def settle(part: DrainReport) -> None:
                self.total = self.total.plus(part)
                count_drained(part)
                advance(part.sent + sum(part.dropped.values()))

            settle(self._drainer.tidy())
            conn_ids, unreadable = self._drainer.find_connections()
            settle(unreadable)
            for conn_id in conn_ids:
                first_error = self._drain(conn_id, settle) or first_error
        return DrainReport(
            sent=self.total.sent - before.sent,
            dropped=_subtract(self.total.dropped, before.dropped),
            waiting=len(self.outbox.list_waiting()),
            first_error=first_error,
        )

    def _drain(self, conn_id: str, settle: Callable[[DrainReport], None]) -> MPulseError | None:
        try:
            client = self._connections.client(conn_id)
        except MPulseSettingsError as error:
            # What is wrong with one connection keeps back nothing of the others.
            return error
        self._terminal.hide(client.settings.secrets)
        return self._drainer.drain(conn_id, client, on_progress=settle).first_error


def _flush_once(terminal: Terminal, flushing: Flushing) -> int:
    reason = ""
    try:
        error = flushing.flush().first_error
        reason = "" if error is None else str(error)
    except MPulseError as error:
        reason = str(error)
    except KeyboardInterrupt:
        reason = "It was stopped before all were sent; the others wait on."
    terminal.say(f"{_describe(flushing.total)} Still waiting: {_count_waiting(flushing.outbox)}.")
    return terminal.complain(reason) if reason else 0


def _watch(terminal: Terminal, flushing: Flushing, interval_s: float) -> int:
    terminal.say(f"Watching the outbox {flushing.outbox.path}; Ctrl-C or SIGTERM stops it.")
    trouble: type[MPulseError] | None = None
    try:
        while True:
            try:
                report = flushing.flush()
            except MPulseError as error:
                report = DrainReport(first_error=error)
            # Trouble is told when it begins, changes and ends, not at each look.
            found = None if report.first_error is None else type(report.first_error)
            if found is ServicePausedError and trouble is not None:
                found = trouble
            if report.sent or report.dropped or found is not trouble:
                _log(terminal, report)
            trouble = found
            time.sleep(interval_s)
    except KeyboardInterrupt:
        pass
    waiting = _count_waiting(flushing.outbox)
    terminal.say(f"Stopped. {_describe(flushing.total)} Still waiting: {waiting}.")
    return 0


def _log(terminal: Terminal, report: DrainReport) -> None:
    reason = "" if report.first_error is None else f" {report.first_error}"
    now = utc_now().isoformat(timespec="seconds")
    terminal.say(f"{now} {_describe(report)} Still waiting: {report.waiting}.{reason}")


def _describe(report: DrainReport) -> str:
    reasons = ", ".join(f"{number} {reason}" for reason, number in sorted(report.dropped.items()))
    dropped = sum(report.dropped.values())
    return f"Sent: {report.sent}. Dropped: {dropped}{f' ({reasons})' if reasons else ''}."


def _subtract(later: Mapping[str, int], earlier: Mapping[str, int]) -> dict[str, int]:
    left = {reason: number - earlier.get(reason, 0) for reason, number in later.items()}
    return {reason: number for reason, number in left.items() if number}


def _count_waiting(outbox: Outbox) -> str:
    try:
        return str(len(outbox.list_waiting()))
    except MPulseError:
        return "unknown"


@contextmanager
def _stopped_by_sigterm() -> Iterator[None]:
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
