# SPDX-License-Identifier: Apache-2.0
"""What became of many beacons: each is counted once, as sent or under the reason why it was not."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from airflow_mpulse.exceptions import (
    BeaconError,
    ConfigurationError,
    MPulseError,
    MPulseRateLimitedError,
    MPulseSettingsError,
    NoStartError,
    ServicePausedError,
    TransportError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Reasons, from the narrow to the broad.
_REASONS: tuple[tuple[type[MPulseError], str], ...] = (
    (MPulseSettingsError, "settings"),
    (NoStartError, "no_start"),
    (BeaconError, "invalid"),
    (MPulseRateLimitedError, "rate_limited"),
    (ConfigurationError, "configuration"),
    (TransportError, "unreachable"),
    (ServicePausedError, "unreachable"),
    (MPulseError, "refused"),
)

#: The reason of beacons that left and whose answer did not come: mPulse may have counted them.
UNCONFIRMED = "unconfirmed"
#: The reason of beacons that were not tried, because another had just found that mPulse cannot be reached.
NOT_TRIED = "not_tried"


def reason_of(error: MPulseError) -> str:
    """
    Name the reason why a beacon was not sent.

    :param error: The error that it ended with.
    :return: ``settings``, ``no_start`` (Airflow does not tell when it started), ``invalid``,
        ``rate_limited``, ``configuration``, ``unreachable``, ``unconfirmed`` (it left and no answer came, so
        mPulse may have counted it) or ``refused``.
    """
    if isinstance(error, TransportError) and error.maybe_received:
        return UNCONFIRMED
    return next(reason for kind, reason in _REASONS if isinstance(error, kind))


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """
    What became of many beacons.

    :param sent: Beacons that were received; mPulse never says whether it accepted one.
    :param not_sent: Numbers of the others, by reason.
    :param first_error: The error of the first beacon that was not sent.
    """

    sent: int = 0
    not_sent: Mapping[str, int] = field(default_factory=dict)
    first_error: MPulseError | None = None

    @property
    def total(self) -> int:
        """
        All beacons.

        :return: The number of beacons that were given.
        """
        return self.sent + sum(self.not_sent.values())

    def raise_for_unsent(self) -> None:  # noqa: DOC503
        """
        Raise when a beacon was not sent.

        :raises MPulseError: The error of the first beacon that was not sent.
        """
        if self.first_error is not None:
            raise self.first_error


@dataclass(frozen=True, slots=True)
class DrainReport:
    """
    What became of beacons that waited in the outbox.

    :param sent: How many were received; mPulse never says whether it accepted one.
    :param dropped: How many will never be sent, by reason.
    :param waiting: How many wait on, of those that were looked at.
    :param first_error: Why the first of these could not be sent.
    """

    sent: int = 0
    dropped: Mapping[str, int] = field(default_factory=dict)
    waiting: int = 0
    first_error: MPulseError | None = None

    def plus(self, other: DrainReport) -> DrainReport:
        """
        Add two reports.

        :param other: The later one.
        :return: What became of the beacons of both.
        """
        return DrainReport(
            sent=self.sent + other.sent,
            dropped=dict(Counter(self.dropped) + Counter(other.dropped)),
            waiting=self.waiting + other.waiting,
            first_error=self.first_error or other.first_error,
        )


class Tally:
    """Counts while beacons are sent; not safe in threads, so each thread has its own."""

    def __init__(self) -> None:
        self.sent = 0
        self.not_sent: Counter[str] = Counter()
        self.errors: list[tuple[int, MPulseError]] = []

    @property
    def total(self) -> int:
        """
        All beacons counted so far.

        :return: Their number.
        """
        return self.sent + self.not_sent.total()

    def fail(self, position: int, error: MPulseError) -> None:
        """
        Count a beacon that was not sent.

        :param position: Its position among the beacons given, from 0.
        :param error: Why.
        """
        self.not_sent[reason_of(error)] += 1
        if not self.errors:
            self.errors.append((position, error))


def merge_tallies(tallies: list[Tally]) -> DeliveryReport:
    """
    Make one report of what several threads counted.

    :param tallies: One tally per thread.
    :return: The report.
    """
    not_sent: Counter[str] = Counter()
    for tally in tallies:
        not_sent.update(tally.not_sent)
    errors = sorted((error for tally in tallies for error in tally.errors), key=lambda pair: pair[0])
    return DeliveryReport(
        sent=sum(tally.sent for tally in tallies),
        not_sent=dict(not_sent),
        first_error=errors[0][1] if errors else None,
    )
