# SPDX-License-Identifier: Apache-2.0
"""Tests of what became of many beacons."""

from __future__ import annotations

import pytest

from airflow_mpulse import exceptions
from airflow_mpulse.delivery.report import NOT_TRIED, DeliveryReport, Tally, merge_tallies, reason_of
from airflow_mpulse.exceptions import (
    BeaconError,
    CertificateError,
    ConfigurationRefusedError,
    ConnectionFailedError,
    ConnectionLostError,
    MPulseError,
    MPulseRateLimitedError,
    MPulseSettingsError,
    NoStartError,
    RedirectRefusedError,
    ReplyTimeoutError,
    ReplyTooLargeError,
    TokenError,
    UnexpectedReplyError,
    UnknownNameError,
)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (MPulseSettingsError("x"), "settings"),
        (NoStartError("x"), "no_start"),
        (BeaconError("x"), "invalid"),
        (UnknownNameError("x"), "invalid"),
        (MPulseRateLimitedError("x", status_code=429), "rate_limited"),
        (ConfigurationRefusedError("x"), "configuration"),
        (TokenError("x"), "configuration"),
        (ConnectionFailedError("x"), "unreachable"),
        (CertificateError("x"), "unreachable"),
        (ReplyTimeoutError("x"), "unconfirmed"),
        (ConnectionLostError("x"), "unconfirmed"),
        (ReplyTooLargeError("x"), "unconfirmed"),
        (UnexpectedReplyError("x", status_code=500), "refused"),
        (RedirectRefusedError("x", status_code=302), "refused"),
        (MPulseError("x"), "refused"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_each_error_has_its_reason(error: MPulseError, reason: str) -> None:
    """A beacon that was not sent is counted under the narrowest reason."""
    assert reason_of(error) == reason


def test_beacon_without_a_start_is_told_from_an_invalid_one() -> None:
    """What Airflow did not tell and what the author gave wrongly are counted apart."""
    tally = Tally()
    for position, error in enumerate([NoStartError("x"), BeaconError("x"), NoStartError("x")]):
        tally.fail(position, error)
    assert tally.not_sent == {"no_start": 2, "invalid": 1}


@pytest.mark.parametrize(
    "kind",
    [kind for kind in vars(exceptions).values() if isinstance(kind, type)],
    ids=lambda kind: kind.__name__,
)
def test_every_error_of_the_package_has_a_reason(kind: type[MPulseError]) -> None:
    """No error of the tree is without a reason, so that no beacon is lost from the count."""
    assert issubclass(kind, MPulseError)
    assert reason_of(kind("x")) in {
        *("settings", "no_start", "invalid", "rate_limited"),
        *("configuration", "unreachable", "unconfirmed", "refused"),
    }


def test_nothing_given_is_nothing_to_raise() -> None:
    """A report of no beacons counts none and raises nothing."""
    report = merge_tallies([])
    assert report == DeliveryReport()
    assert report.total == 0
    report.raise_for_unsent()


def test_total_counts_every_beacon_once() -> None:
    """The total is what was sent and what was not, whatever the reasons."""
    report = DeliveryReport(sent=3, not_sent={"invalid": 2, NOT_TRIED: 5})
    assert report.total == 10


def test_tallies_become_one_report() -> None:
    """What several threads counted is added up, and the error of the earliest beacon is the first."""
    one, two = Tally(), Tally()
    one.sent, two.sent = 2, 3
    late, early = ConnectionFailedError("late"), BeaconError("early")
    one.fail(7, late)
    one.fail(9, BeaconError("later"))
    two.fail(4, early)
    two.not_sent[NOT_TRIED] += 2
    report = merge_tallies([one, two])
    assert report.sent == 5
    assert report.not_sent == {"unreachable": 1, "invalid": 2, NOT_TRIED: 2}
    assert report.first_error is early
    assert report.total == 10


def test_unsent_beacon_can_be_raised() -> None:
    """A caller who wants an exception gets the error of the first beacon that was not sent."""
    error = BeaconError("x")
    with pytest.raises(BeaconError) as caught:
        DeliveryReport(sent=1, not_sent={"invalid": 1}, first_error=error).raise_for_unsent()
    assert caught.value is error
