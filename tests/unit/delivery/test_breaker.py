# SPDX-License-Identifier: Apache-2.0
"""Tests of leaving a service alone after it has failed: for how long, after what, and for whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from airflow_mpulse.delivery.breaker import LOOK_S, MAX_ASKED_PAUSE_S, Breaker, means_away
from airflow_mpulse.delivery.moments import Moment
from airflow_mpulse.delivery.private_folder import PrivateFolder
from airflow_mpulse.exceptions import (
    BeaconUrlError,
    CertificateError,
    ConfigurationNotJsonError,
    ConnectionFailedError,
    ConnectionLostError,
    DeliveryError,
    MPulseRateLimitedError,
    RedirectRefusedError,
    ReplyTimeoutError,
    ReplyTooLargeError,
    ServicePausedError,
    UnexpectedReplyError,
    UnknownApiKeyError,
)
from tests.support.disks import file_size_limit

if TYPE_CHECKING:
    from pathlib import Path

SILENT = ReplyTimeoutError("silent")


class _Machine:
    """A machine with a clock that is moved, and may be set; its processes share what they meet."""

    def __init__(self, path: Path) -> None:
        self.folder = PrivateFolder(path)
        self.moment = Moment(1_772_366_400.0, 1000.0, "boot")
        self.jitter = 1.0

    def go_on(self, seconds: float) -> None:
        moment = self.moment
        self.moment = Moment(moment.wall_s + seconds, moment.uptime_s + seconds, moment.boot_id)

    def process(self, key: str = "service", *, is_alone: bool = False) -> Breaker:
        return Breaker(None if is_alone else self.folder, key, lambda: self.moment, lambda: self.jitter)


@pytest.fixture
def machine(tmp_path: Path) -> _Machine:
    return _Machine(tmp_path / "cache")


def test_nothing_has_failed(machine: _Machine) -> None:
    """A service that has not failed is tried, and a success leaves nothing behind."""
    breaker = machine.process()
    breaker.check()
    breaker.note_success()
    assert breaker.left_s() is None
    assert not machine.folder.path.exists()


@pytest.mark.parametrize("is_alone", [False, True], ids=["shared", "alone"])
def test_pauses_grow(machine: _Machine, is_alone: bool) -> None:
    """Each failure that follows another doubles the pause, up to half a minute."""
    breaker, pauses_s = machine.process(is_alone=is_alone), []
    for _ in range(8):
        breaker.note_failure(SILENT)
        pauses_s.append(breaker.left_s())
    assert pauses_s == [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]


@pytest.mark.parametrize(("jitter", "pause_s"), [(0.0, 0.5), (0.5, 0.75), (1.0, 1.0)])
def test_pauses_differ(machine: _Machine, jitter: float, pause_s: float) -> None:
    """Chance shortens a pause by up to a half, so that many machines do not come back at once."""
    machine.jitter = jitter
    breaker = machine.process()
    breaker.note_failure(SILENT)
    assert breaker.left_s() == pause_s


@pytest.mark.parametrize(
    ("asked_s", "pause_s"), [(0.0, 1.0), (0.2, 1.0), (120.0, 120.0), (1e9, MAX_ASKED_PAUSE_S)]
)
def test_pause_that_was_asked_for(machine: _Machine, asked_s: float, pause_s: float) -> None:
    """A longer pause that mPulse asks for is kept, up to an hour."""
    breaker = machine.process()
    breaker.note_failure(MPulseRateLimitedError("too many", retry_after_s=asked_s))
    assert breaker.left_s() == pause_s


def test_pause_is_told(machine: _Machine) -> None:
    """During a pause nothing is tried, and whoever wanted to is told why, and for how long still."""
    machine.process().note_failure(SILENT)
    breaker = machine.process()
    for passed_s, told in ((0.0, "1.0 s"), (0.75, "0.2 s"), (0.24, "0.1 s")):
        machine.go_on(passed_s)
        with pytest.raises(ServicePausedError, match=f"for {told}, because it .*: silent") as raised:
            breaker.check()
        assert raised.value.retry_after_s == breaker.left_s()
    machine.go_on(0.01)
    breaker.check()


@pytest.mark.parametrize("boot_id", ["boot", "", "another start"])
def test_moment_that_lies_ahead(machine: _Machine, boot_id: str) -> None:
    """A pause that would begin in the future, by a clock that was set back, holds nobody back."""
    machine.process().note_failure(SILENT)
    machine.moment = Moment(machine.moment.wall_s - 86_400, 10.0, boot_id)
    breaker = machine.process()
    assert breaker.left_s() == 0.0
    breaker.check()


def test_clock_that_is_set_during_a_pause(machine: _Machine) -> None:
    """While the machine runs, a clock that is set makes no pause longer or shorter."""
    breaker = machine.process()
    breaker.note_failure(SILENT)
    machine.moment = Moment(0.0, machine.moment.uptime_s + 0.25, machine.moment.boot_id)
    assert breaker.left_s() == 0.75


def test_success_ends_it_for_all(machine: _Machine) -> None:
    """When one process has an answer, all others try again at once, and the next pause is a short one."""
    first, second = machine.process(), machine.process()
    for _ in range(5):
        first.note_failure(SILENT)
    machine.go_on(20.0)
    first.check()
    assert second.left_s() == LOOK_S
    first.note_success()
    assert (first.left_s(), second.left_s()) == (None, None)
    second.note_failure(SILENT)
    assert first.left_s() == 1.0


def test_services_are_told_apart(machine: _Machine) -> None:
    """One service that has failed holds back no other."""
    machine.process("one").note_failure(SILENT)
    assert machine.process("another").left_s() is None


def test_alone_it_tells_nobody(machine: _Machine) -> None:
    """A process that shares nothing leaves a service alone by itself, and forgets it after a success."""
    breaker = machine.process(is_alone=True)
    breaker.note_failure(SILENT)
    assert (breaker.left_s(), machine.process().left_s()) == (1.0, None)
    breaker.note_success()
    assert breaker.left_s() is None
    assert not machine.folder.path.exists()


AWAY = [
    ConnectionFailedError("refused"),
    ConnectionLostError("cut off"),
    SILENT,
    ReplyTooLargeError("endless"),
    MPulseRateLimitedError("too many"),
    UnexpectedReplyError("408", status_code=408),
    UnexpectedReplyError("500", status_code=500),
    UnexpectedReplyError("599", status_code=599),
    ConfigurationNotJsonError("a page of a proxy", status_code=502),
]
THERE = [
    CertificateError("self-signed"),
    UnexpectedReplyError("404", status_code=404),
    UnexpectedReplyError("499", status_code=499),
    RedirectRefusedError("x", status_code=302),
    UnknownApiKeyError("x", status_code=200),
    BeaconUrlError("x"),
    ConfigurationNotJsonError("a page", status_code=200),
]


@pytest.mark.parametrize("error", AWAY, ids=repr)
def test_service_that_is_away(machine: _Machine, error: DeliveryError) -> None:
    """No answer in time, and one that says that there is none for now, begin a pause."""
    breaker = machine.process()
    breaker.note_failure(error)
    assert means_away(error)
    assert breaker.left_s() == 1.0


@pytest.mark.parametrize("error", THERE, ids=repr)
def test_service_that_is_there(machine: _Machine, error: DeliveryError) -> None:
    """An answer that does not want what was sent says that the service is there, and ends a pause."""
    breaker = machine.process()
    breaker.note_failure(SILENT)
    breaker.note_failure(error)
    assert not means_away(error)
    assert breaker.left_s() is None


def test_folder_that_cannot_be_written(machine: _Machine) -> None:
    """Where nothing can be shared, each process leaves the service alone by itself."""
    machine.folder.path.write_text("a file in its place")
    first, second = machine.process(), machine.process()
    for pause_s in (1.0, 2.0):
        first.note_failure(SILENT)
        assert (first.left_s(), second.left_s()) == (pause_s, None)
    machine.go_on(3.0)
    first.check()
    first.note_success()
    assert first.left_s() is None


def test_disk_that_takes_no_more(machine: _Machine) -> None:
    """On a disk that is filled after a pause was shared, the later one of that and its own counts."""
    first, second = machine.process(), machine.process()
    first.note_failure(SILENT)
    machine.go_on(10.0)
    with file_size_limit(0):
        first.note_failure(SILENT)
        assert (first.left_s(), second.left_s()) == (2.0, -9.0)
        with pytest.raises(ServicePausedError):
            first.check()
    machine.go_on(1.0)
    second.note_failure(SILENT)
    assert (first.left_s(), second.left_s()) == (2.0, 2.0)
    second.note_success()
    assert second.left_s() is None
