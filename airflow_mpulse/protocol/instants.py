# SPDX-License-Identifier: Apache-2.0
"""
Instants as plain UTC values, and the milliseconds between them. No clock is read here.

Python subtracts two times of one zone by their wall clocks, so that a run over a change to or from summer
time would be an hour off, and pendulum's differences do not divide. Plain UTC has neither trap.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow_mpulse.exceptions import BeaconError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def to_utc(what: str, value: object) -> datetime:
    """
    Give an instant back as a plain datetime in UTC.

    :param what: What the instant is, to begin the error with, such as ``"start"``.
    :param value: A datetime with a time zone; a pendulum one is welcome.
    :return: The same instant, of the type ``datetime`` itself.
    :raises BeaconError: If it is no datetime, has no time zone, or is outside the years 1 to 9999 in UTC.
    """
    if not isinstance(value, datetime):
        msg = f"The {what} must be a datetime with a time zone, not {type(value).__name__}."
        raise BeaconError(msg)
    if value.utcoffset() is None:
        msg = f"The {what} {value.isoformat()} has no time zone; use an aware datetime, such as one in UTC."
        raise BeaconError(msg)
    try:
        moved = value.astimezone(UTC)
    except (OverflowError, ValueError):
        msg = f"The {what} {value.isoformat()} is outside the years 1 to 9999 in UTC."
        raise BeaconError(msg) from None
    return datetime.combine(moved.date(), moved.time(), UTC)


def elapsed_ms(started_at: datetime, ended_at: datetime) -> int:  # noqa: DOC502
    """
    Measure the time between two instants.

    :param started_at: The first, with a time zone.
    :param ended_at: The second, with a time zone.
    :return: Whole milliseconds, rounded half to even; below 0 where the second is the earlier.
    :raises BeaconError: If one has no time zone.
    """
    return round((to_utc("end", ended_at) - to_utc("start", started_at)) / _MILLISECOND)


def to_epoch_ms(instant: datetime) -> int:  # noqa: DOC502
    """
    Write an instant as mPulse does.

    :param instant: An instant with a time zone.
    :return: Whole milliseconds since the Unix epoch, rounded down.
    :raises BeaconError: If it has no time zone.
    """
    return (to_utc("instant", instant) - _EPOCH) // _MILLISECOND
