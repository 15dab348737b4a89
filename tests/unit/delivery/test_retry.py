# SPDX-License-Identifier: Apache-2.0
"""Tests of when an exchange is tried again, and of how long is waited before."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from airflow_mpulse.delivery.retry import (
    RetryPolicy,
    Timing,
    choose_delay_s,
    is_worth_repeating,
    parse_retry_after,
    run_with_retries,
)
from airflow_mpulse.exceptions import (
    BeaconError,
    CertificateError,
    ConfigurationNotJsonError,
    ConfigurationRefusedError,
    ConnectionFailedError,
    ConnectionLostError,
    DeliveryError,
    MPulseRateLimitedError,
    RedirectRefusedError,
    ReplyTimeoutError,
    ReplyTooLargeError,
    UnexpectedReplyError,
)
from tests.support.clocks import MovedClock

if TYPE_CHECKING:
    from collections.abc import Callable

POLICY = RetryPolicy(deadline_s=15.0, first_delay_s=0.25, max_delay_s=4.0)


def answered(status: int) -> DeliveryError:
    return UnexpectedReplyError("x", status_code=status)


def limited(status: int) -> DeliveryError:
    return MPulseRateLimitedError("x", status_code=status)


#: Error, worth another try for a beacon, worth another try for a configuration.
RULES = {
    "refused-connection": (ConnectionFailedError("x"), True, True),
    "certificate": (CertificateError("x"), False, False),
    "read-time-out": (ReplyTimeoutError("x"), False, True),
    "cut-off": (ConnectionLostError("x"), False, True),
    "too-large": (ReplyTooLargeError("x", status_code=200), False, True),
    "408": (answered(408), True, True),
    "429": (limited(429), True, True),
    "500": (answered(500), True, True),
    "503": (answered(503), True, True),
    "599": (answered(599), True, True),
    "420": (limited(420), False, False),
    "200-rate-limited": (limited(200), False, False),
    "400": (answered(400), False, False),
    "404": (answered(404), False, False),
    "200": (answered(200), False, False),
    "302": (RedirectRefusedError("x", status_code=302), False, False),
    "403-configuration": (ConfigurationRefusedError("x", status_code=403), False, False),
    "not-json": (ConfigurationNotJsonError("x", status_code=200), False, False),
    "no-status": (DeliveryError("x"), False, False),
}


@pytest.mark.parametrize(("error", "for_beacon", "for_configuration"), RULES.values(), ids=RULES)
def test_only_what_may_help_and_not_harm_is_repeated(
    error: DeliveryError, for_beacon: bool, for_configuration: bool
) -> None:
    """Another try is made where it may help, and for a beacon never after it may have been counted."""
    assert is_worth_repeating(error, repeatable=False) is for_beacon
    assert is_worth_repeating(error, repeatable=True) is for_configuration


@pytest.mark.parametrize(
    ("attempt", "jitter", "delay_s"),
    [
        (1, 0.0, 0.125),
        (1, 1.0, 0.25),
        (2, 0.0, 0.25),
        (2, 1.0, 0.5),
        (3, 0.5, 0.75),
        (5, 1.0, 4.0),
        (6, 1.0, 4.0),
        (6, 0.0, 2.0),
        (10_000, 1.0, 4.0),
    ],
)
def test_delay_doubles_within_bounds(attempt: int, jitter: float, delay_s: float) -> None:
    """The wait is half to all of a delay that doubles with each try up to its greatest."""
    assert choose_delay_s(DeliveryError("x"), attempt, POLICY, jitter) == delay_s


@pytest.mark.parametrize(
    ("retry_after_s", "delay_s"), [(None, 0.25), (0.0, 0.25), (0.1, 0.25), (3.0, 3.0), (600.0, 600.0)]
)
def test_wait_that_was_asked_for_is_honoured(retry_after_s: float | None, delay_s: float) -> None:
    """The wait is never shorter than what mPulse asked for, and never shorter than our own."""
    error = MPulseRateLimitedError("x", status_code=429, retry_after_s=retry_after_s)
    assert choose_delay_s(error, 1, POLICY, 1.0) == delay_s


NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("0", 0.0),
        ("120", 120.0),
        (" 7 ", 7.0),
        ("Sun, 01 Mar 2026 12:00:30 GMT", 30.0),
        ("Sunday, 01-Mar-26 12:00:30 GMT", 30.0),
        ("Sun Mar  1 12:00:30 2026", 30.0),
        ("Sun, 01 Mar 2026 13:00:30 +0100", 30.0),
        ("Sun, 01 Mar 2026 11:59:00 GMT", 0.0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("1e3", None),
        ("\u0667", None),
        ("99999999999999999999", None),
        ("Wed, 21 Oct 99999999999999 07:28:00", None),
        ("Mon, 1 Jan 2026 1:1:99999999999999999999999", None),
        ("Sun, 99 Mar 2026 12:00:30 GMT", None),
    ],
    ids=lambda value: ascii(value),
)
def test_retry_after_is_read_in_both_forms(value: str | None, seconds: float | None) -> None:
    """Seconds and dates of every form are read, a date in the past is 0, and anything else is ignored."""
    assert parse_retry_after(value, NOW) == seconds


def test_part_of_a_second_is_rounded_up() -> None:
    """A date is never waited for too short a time."""
    now = datetime(2026, 3, 1, 12, 0, 0, 400_000, tzinfo=UTC)
    assert parse_retry_after("Sun, 01 Mar 2026 12:00:30 GMT", now) == 30


class Script:
    """An exchange that ends as it was told, and notes how many seconds it was given."""

    def __init__(self, clock: MovedClock, *ends: Exception | str, takes_s: float = 0.0) -> None:
        self.clock = clock
        self.ends = list(ends)
        self.takes_s = takes_s
        self.left_s: list[float] = []

    def __call__(self, left_s: float) -> str:
        self.left_s.append(left_s)
        self.clock.elapsed_s += self.takes_s
        end = self.ends.pop(0) if len(self.ends) > 1 else self.ends[0]
        if isinstance(end, Exception):
            raise end
        return end


def run(script: Callable[[float], str], clock: MovedClock, *, repeatable: bool = False) -> str:
    return run_with_retries(script, policy=POLICY, timing=clock.timing(), repeatable=repeatable)


def test_success_needs_no_wait() -> None:
    """What succeeds at once is done once, with the whole time."""
    clock = MovedClock()
    script = Script(clock, "done")
    assert run(script, clock) == "done"
    assert (script.left_s, clock.waits_s) == ([15.0], [])


def test_success_follows_failures() -> None:
    """What fails twice and then succeeds is given, after waits that double, with the time that is left."""
    clock = MovedClock()
    script = Script(clock, ConnectionFailedError("x"), answered(503), "done", takes_s=1.0)
    assert run(script, clock) == "done"
    assert clock.waits_s == [0.25, 0.5]
    assert script.left_s == [15.0, 13.75, 12.25]


def test_final_error_is_raised_at_once() -> None:
    """What no other try can change is raised as it is, without a wait."""
    clock, error = MovedClock(), answered(404)
    with pytest.raises(UnexpectedReplyError) as caught:
        run(Script(clock, error), clock)
    assert caught.value is error
    assert clock.waits_s == []


@pytest.mark.parametrize("error", [ReplyTimeoutError("x"), ConnectionLostError("x"), ReplyTooLargeError("x")])
def test_beacon_that_may_have_been_counted_is_sent_once(error: DeliveryError) -> None:
    """After a read time-out, a cut-off or an endless answer a beacon is not sent a second time."""
    clock = MovedClock()
    script = Script(clock, error)
    with pytest.raises(type(error)):
        run(script, clock)
    assert len(script.left_s) == 1


def test_configuration_is_asked_for_again_after_a_time_out() -> None:
    """A question without an answer does no harm twice, so that a configuration is asked for again."""
    clock = MovedClock()
    assert run(Script(clock, ReplyTimeoutError("x"), "done"), clock, repeatable=True) == "done"


def test_no_try_begins_after_the_deadline() -> None:
    """Tries end with the last error when the time is up, waits included."""
    clock = MovedClock()
    script = Script(clock, ConnectionFailedError("x"), takes_s=1.0)
    with pytest.raises(ConnectionFailedError):
        run(script, clock)
    assert clock.elapsed_s <= 15.0
    assert all(left_s > 0 for left_s in script.left_s)
    # Six tries of 1 s with these waits end at 13.75 s; the next wait would end after 15 s.
    assert clock.waits_s == [0.25, 0.5, 1.0, 2.0, 4.0]
    assert len(script.left_s) == 6


def test_wait_beyond_the_deadline_is_not_begun() -> None:
    """When mPulse asks for a longer wait than there is time, the error is raised at once."""
    clock = MovedClock()
    error = MPulseRateLimitedError("x", status_code=429, retry_after_s=15.0)
    with pytest.raises(MPulseRateLimitedError):
        run(Script(clock, error), clock)
    assert clock.waits_s == []


def test_wait_within_the_deadline_is_kept() -> None:
    """When mPulse asks for a wait that there is time for, the next try follows it."""
    clock = MovedClock()
    error = MPulseRateLimitedError("x", status_code=429, retry_after_s=14.0)
    assert run(Script(clock, error, "done"), clock) == "done"
    assert clock.waits_s == [14.0]


def test_closing_ends_the_wait() -> None:
    """A wait that is ended from outside ends the tries with the last error."""
    clock = MovedClock()
    timing = Timing(clock.clock, clock.now, wait=lambda _: True, jitter=lambda: 0.0)
    script = Script(clock, ConnectionFailedError("x"))
    with pytest.raises(ConnectionFailedError):
        run_with_retries(script, policy=POLICY, timing=timing, repeatable=False)
    assert len(script.left_s) == 1


@pytest.mark.parametrize("error", [BeaconError("x"), ZeroDivisionError(), KeyboardInterrupt()], ids=repr)
def test_error_of_another_kind_passes(error: BaseException) -> None:
    """What is no error of delivery passes unchanged and untried."""

    def fail(_: float) -> str:
        raise error

    with pytest.raises(type(error)):
        run(fail, MovedClock())
