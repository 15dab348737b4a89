# SPDX-License-Identifier: Apache-2.0
"""Tests of many beacons at once: bounded reading, one report, and when trying ends."""

from __future__ import annotations

import itertools
import signal
import threading
from typing import TYPE_CHECKING

import pytest

from airflow_mpulse.delivery.batch import send_all
from airflow_mpulse.delivery.report import NOT_TRIED
from airflow_mpulse.exceptions import (
    BeaconError,
    CertificateError,
    ConfigurationRefusedError,
    ConnectionFailedError,
    MPulseError,
    MPulseRateLimitedError,
    MPulseSettingsError,
    ReplyTimeoutError,
    UnexpectedReplyError,
)
from tests.support.values import make_beacon

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from airflow_mpulse.protocol.beacon import Beacon

THREADS = pytest.mark.parametrize("threads", [1, 4])


def after_the_first(send: Callable[[Beacon], None]) -> Callable[[Beacon], None]:
    """Let the first beacon pass, which goes alone, and treat the others as told."""
    numbers = itertools.count()
    return lambda beacon: None if next(numbers) == 0 else send(beacon)


def name(number: int) -> str:
    return f"group {number}"


def beacons(count: int) -> list[Beacon]:
    return [make_beacon(page_group=name(number)) for number in range(count)]


class Collector:
    """Notes what it is sent, and fails for the page groups that it was told."""

    def __init__(self, **errors: Exception) -> None:
        self.errors = errors
        self.received: list[str] = []
        self.threads: set[str] = set()
        self._lock = threading.Lock()

    def __call__(self, beacon: Beacon) -> None:
        with self._lock:
            self.threads.add(threading.current_thread().name)
            error = self.errors.get(beacon.page_group.replace(" ", "_"))
            if error is None:
                self.received.append(beacon.page_group)
        if error is not None:
            raise error


@THREADS
@pytest.mark.parametrize("count", [0, 1, 3, 50])
def test_every_beacon_is_sent_once(threads: int, count: int) -> None:
    """Each beacon given is sent exactly once, in whichever order, and counted."""
    collector = Collector()
    report = send_all(beacons(count), collector, max_threads=threads)
    assert sorted(collector.received) == sorted(name(number) for number in range(count))
    assert (report.sent, report.not_sent, report.first_error) == (count, {}, None)


def test_one_thread_is_the_callers() -> None:
    """With one thread, or one beacon, none is started and the order is kept."""
    collector = Collector()
    send_all(beacons(5), collector, max_threads=1)
    send_all(beacons(1), collector, max_threads=8)
    assert collector.threads == {threading.current_thread().name}
    assert collector.received == [*(name(number) for number in range(5)), name(0)]


def test_threads_work_at_the_same_time() -> None:
    """As many beacons are under way at the same time as threads were allowed."""
    together = threading.Barrier(4, timeout=30)
    send = after_the_first(lambda _: together.wait() and None)
    assert send_all(beacons(9), send, max_threads=4).sent == 9


def test_first_beacon_goes_alone() -> None:
    """Threads start when the first beacon was sent, so that it alone meets a service that is away."""
    received: list[str] = []

    def send(beacon: Beacon) -> None:
        received.append(beacon.page_group)
        message = "away"
        raise ConnectionFailedError(message)

    report = send_all(beacons(50), send, max_threads=8)
    assert received == [name(0)]
    assert report.not_sent == {"unreachable": 1, NOT_TRIED: 49}


def test_few_beacons_need_few_threads() -> None:
    """No more threads are started than there are beacons in a list after the first."""
    together = threading.Barrier(2, timeout=30)
    names: set[str] = set()

    def send(_: Beacon) -> None:
        names.add(threading.current_thread().name)
        together.wait()

    assert send_all(beacons(3), after_the_first(send), max_threads=8).sent == 3
    assert len(names) == 2


def test_no_thread_outlives_the_call() -> None:
    """When the report is there, the threads are gone."""
    before = set(threading.enumerate())
    send_all(beacons(20), Collector(), max_threads=4)
    assert set(threading.enumerate()) <= before


@THREADS
def test_iterator_is_read_only_as_beacons_are_sent(threads: int) -> None:
    """Never more beacons are read from a generator than were sent and one for each thread."""
    collector = Collector()
    ahead: list[int] = []

    def generate() -> Iterator[Beacon]:
        for number, beacon in enumerate(beacons(100)):
            ahead.append(number - len(collector.received))
            yield beacon

    assert send_all(generate(), collector, max_threads=threads).sent == 100
    assert max(ahead) <= threads


@THREADS
def test_invalid_beacon_does_not_stop_the_others(threads: int) -> None:
    """Beacons that cannot be sent as built are counted, and the others are sent."""
    first, second = BeaconError("first"), BeaconError("second")
    collector = Collector(group_3=second, group_1=first)
    report = send_all(beacons(10), collector, max_threads=threads)
    assert (report.sent, report.not_sent, report.total) == (8, {"invalid": 2}, 10)
    assert report.first_error is first


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ReplyTimeoutError("x"), "unconfirmed"),
        (UnexpectedReplyError("x", status_code=400), "refused"),
    ],
    ids=["time-out", "400"],
)
def test_error_of_one_beacon_does_not_stop_the_others(error: MPulseError, reason: str) -> None:
    """What may concern one beacon only is counted, and the others are sent."""
    report = send_all(beacons(10), Collector(group_4=error), max_threads=1)
    assert (report.sent, report.not_sent, report.first_error) == (9, {reason: 1}, error)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ConnectionFailedError("x"), "unreachable"),
        (CertificateError("x"), "unreachable"),
        (MPulseRateLimitedError("x", status_code=429), "rate_limited"),
        (UnexpectedReplyError("x", status_code=503), "refused"),
        (ConfigurationRefusedError("x"), "configuration"),
    ],
    ids=["unreachable", "certificate", "rate-limited", "503", "configuration"],
)
def test_error_that_concerns_all_ends_the_tries(error: MPulseError, reason: str) -> None:
    """When mPulse cannot be reached or takes nothing, the rest is counted without being tried."""
    collector = Collector(group_4=error)
    report = send_all(iter(beacons(10)), collector, max_threads=1)
    assert collector.received == [name(number) for number in range(4)]
    assert (report.sent, report.not_sent) == (4, {reason: 1, NOT_TRIED: 5})
    assert report.first_error is error
    assert report.total == 10


def test_sums_hold_when_threads_fail_together() -> None:
    """With every thread failing at the same time, each beacon is still counted once."""
    together = threading.Barrier(4, timeout=30)

    def send(_: Beacon) -> None:
        together.wait()
        message = "away"
        raise ConnectionFailedError(message)

    report = send_all(beacons(41), after_the_first(send), max_threads=4)
    assert (report.sent, report.total) == (1, 41)
    assert report.not_sent == {"unreachable": 4, NOT_TRIED: 36}


@THREADS
def test_iterator_that_raises_ends_the_call(threads: int) -> None:
    """An error of the caller's iterator reaches the caller, after the beacons that it gave were sent."""
    collector = Collector()

    def generate() -> Iterator[Beacon]:
        yield from beacons(3)
        message = "no more rows"
        raise LookupError(message)

    with pytest.raises(LookupError, match="no more rows"):
        send_all(generate(), collector, max_threads=threads)
    assert sorted(collector.received) == [name(number) for number in range(3)]


@THREADS
def test_wrong_connection_ends_the_call(threads: int) -> None:
    """An error of the connection is raised rather than counted for each beacon of an endless iterator."""
    error = MPulseSettingsError("the file of authorities is missing")

    def send(_: Beacon) -> None:
        raise error

    with pytest.raises(MPulseSettingsError) as caught:
        send_all(itertools.repeat(make_beacon()), send, max_threads=threads)
    assert caught.value is error


class _Stop(BaseException):
    """What a signal handler raises to end a task."""


def test_caller_that_is_told_to_stop_is_let_go() -> None:
    """A signal that ends the calling thread ends the sending too, though the iterator is endless."""
    main = threading.main_thread().ident
    assert main is not None
    asked = threading.Event()

    def stop(*_: object) -> None:
        raise _Stop

    def send(_: Beacon) -> None:
        if not asked.is_set():
            asked.set()
            signal.pthread_kill(main, signal.SIGUSR1)

    former = signal.signal(signal.SIGUSR1, stop)
    try:
        with pytest.raises(_Stop):
            send_all(itertools.repeat(make_beacon()), send, max_threads=2)
    finally:
        signal.signal(signal.SIGUSR1, former)


@THREADS
def test_silent_collector_ends_the_batch(threads: int) -> None:
    """After ten beacons whose answers never came, the rest is counted without being tried."""

    def hang(beacon: Beacon) -> None:
        message = "no answer"
        raise ReplyTimeoutError(message)

    report = send_all(beacons(100), hang, max_threads=threads)
    assert report.total == 100
    assert 10 <= report.not_sent["unconfirmed"] <= 10 + threads
