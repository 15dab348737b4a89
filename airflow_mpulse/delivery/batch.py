# SPDX-License-Identifier: Apache-2.0
"""Many beacons at once: a few threads that share one iterator, and one report."""

from __future__ import annotations

import math
import threading
from collections.abc import Sized
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Generic, TypeVar

from airflow_mpulse.delivery.report import NOT_TRIED, DeliveryReport, Tally, merge_tallies
from airflow_mpulse.exceptions import (
    ConfigurationError,
    ConnectionFailedError,
    DeliveryError,
    MPulseError,
    MPulseSettingsError,
    ReplyTimeoutError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


T = TypeVar("T")

#: How many beacons may wait in vain for their answers before the rest is not tried: each costs a whole
#: time-out, and may have been counted.
MAX_SILENCES = 10


def send_all(  # noqa: DOC502, DOC503
    beacons: Iterable[T],
    send: Callable[[T], None],
    *,
    max_threads: int,
    interrupt: Callable[[], None] = lambda: None,
) -> DeliveryReport:
    """
    Send beacons with a few threads.

    :param beacons: The beacons, or whatever ``send`` takes; an iterator is read as they are sent.
    :param send: Sends one, or raises one of this package's errors.
    :param max_threads: The greatest number of threads, from 1; one means that none is started.
    :param interrupt: Ends the waits inside ``send`` when the caller is told to stop.
    :return: What became of them.
    :raises MPulseSettingsError: If nothing can be sent with this connection.
    """
    threads = min(max_threads, len(beacons) - 1) if isinstance(beacons, Sized) else max_threads
    line = _Line(iter(beacons))
    # The first goes alone: it fetches the configuration for all, and finds out whether that can be had.
    first = _work(line, send, at_most=1)
    if threads <= 1 or line.stopped.is_set():
        return merge_tallies([first, _work(line, send)])
    with ThreadPoolExecutor(max_workers=threads, thread_name_prefix="mpulse-send") as pool:
        try:
            futures = [pool.submit(_work, line, send) for _ in range(threads)]
            return merge_tallies([first, *(future.result() for future in futures)])
        except BaseException:
            # A task that is told to stop waits for the beacons under way, not for all that are left.
            line.abandon()
            interrupt()
            raise


class _Line(Generic[T]):
    """
    Beacons that wait for a thread.

    :param beacons: The beacons.
    """

    def __init__(self, beacons: Iterator[T]) -> None:
        self._numbered = enumerate(beacons)
        self._lock = threading.Lock()
        self._silences = 0
        self.stopped = threading.Event()

    def abandon(self) -> None:
        with self._lock:
            self._numbered = enumerate(())

    def count_silence(self, error: MPulseError) -> int:
        """
        Count beacons whose answer did not come in time.

        :param error: How the last beacon ended.
        :return: How many so far.
        """
        with self._lock:
            self._silences += isinstance(error, ReplyTimeoutError)
            return self._silences

    def take(self) -> tuple[int, T] | None:
        with self._lock:
            return next(self._numbered, None)


def _work(line: _Line[T], send: Callable[[T], None], *, at_most: float = math.inf) -> Tally:
    tally = Tally()
    try:
        while tally.total < at_most and (taken := line.take()) is not None:
            position, beacon = taken
            if line.stopped.is_set():
                tally.not_sent[NOT_TRIED] += 1
                continue
            try:
                send(beacon)
                tally.sent += 1
            except MPulseSettingsError:
                raise
            except MPulseError as error:
                tally.fail(position, error)
                if _concerns_all(error) or line.count_silence(error) >= MAX_SILENCES:
                    line.stopped.set()
    except BaseException:
        # An error of the caller's iterator, or of the connection, ends the other threads too.
        line.abandon()
        raise
    return tally


def _concerns_all(error: MPulseError) -> bool:
    # After the retries of one beacon have used up their time, the same wait for each of the others would hold
    # the caller for hours.
    if isinstance(error, ConfigurationError | ConnectionFailedError):
        return True
    return isinstance(error, DeliveryError) and error.retryable
