# SPDX-License-Identifier: Apache-2.0
"""
The beacon: one finished piece of work in mPulse's words, checked when it is made.

A beacon that exists can be encoded. Two things are not known here and are checked later: which timers,
metrics and dimensions the app defines (:mod:`airflow_mpulse.protocol.encoding`, with the configuration), and
what time it is (:func:`check_clock`, with the clock passed in).
"""

from __future__ import annotations

import math
import numbers
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from urllib.parse import urlsplit

from airflow_mpulse.exceptions import BeaconError
from airflow_mpulse.protocol.instants import elapsed_ms, to_utc
from airflow_mpulse.protocol.text import check_text

Number = int | float | Decimal
DimensionValue = str | int | float | bool

#: Source: MPJS ``setABTest`` (a rule of the vendor's client; the server's own is not documented).
AB_TEST_PATTERN = re.compile(r"[A-Za-z0-9_ -]{1,25}")

#: How far ahead of this machine's clock a beacon may end. mPulse marks some with ``clock:askew`` (WIB) at a
#: threshold that is not documented; ten minutes is the life of a token, and more than kept clocks differ.
MAX_FUTURE = timedelta(minutes=10)

#: The exponent of the smallest number that a float holds.
MAX_EXPONENT = 324


@dataclass(frozen=True, slots=True)
class Session:
    """
    The session that a beacon belongs to.

    :param session_id: The session ID, free text without control characters.
    :param started_at: When the session started, with a time zone.
    :param length: Pages so far including this one, 0 or more; ``None`` where it is not known.
    :raises BeaconError: If a value is not of this form.

    Source: WIB ``rt.si``, ``rt.ss``, ``rt.sl``; POSTB allows a user-defined session ID.
    """

    session_id: str
    started_at: datetime
    length: int | None = None

    def __post_init__(self) -> None:
        check_text("session ID", self.session_id)
        object.__setattr__(self, "started_at", to_utc("session's start", self.started_at))
        if self.length is None:
            return
        if not isinstance(self.length, int) or isinstance(self.length, bool) or self.length < 0:
            msg = f"The session length is {self.length!r}; it must be a whole number from 0."
            raise BeaconError(msg)


@dataclass(frozen=True, slots=True)
class Beacon:
    """
    One page view in mPulse's words.

    :param page_group: The page group, text without control characters.
    :param started_at: When the work started, with a time zone.
    :param ended_at: When it ended, with a time zone, not before ``started_at``.
    :param session: The session that the page view belongs to.
    :param url: The page's address, ``http`` or ``https``, without credentials.
    :param ab_test: The A/B bucket, 1 to 25 of ``A-Z a-z 0-9 _ - `` and space.
    :param site_version: The version of the site, here of the pipeline.
    :param timers: Custom timers by the name that the app gives them, in milliseconds from 0.
    :param metrics: Custom metrics by name: finite numbers.
    :param dimensions: Custom dimensions by name: text, numbers or booleans.
    :raises BeaconError: If a value cannot be sent.

    Source: POSTB and WIB for every field.
    """

    page_group: str
    started_at: datetime
    ended_at: datetime
    session: Session | None = None
    url: str | None = None
    ab_test: str | None = None
    site_version: str | None = None
    timers: Mapping[str, Number] = field(default_factory=dict)
    metrics: Mapping[str, Number] = field(default_factory=dict)
    dimensions: Mapping[str, DimensionValue] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_text("page group", self.page_group)
        object.__setattr__(self, "started_at", to_utc("start", self.started_at))
        object.__setattr__(self, "ended_at", to_utc("end", self.ended_at))
        if self.ended_at < self.started_at:
            msg = (
                f"The beacon of page group {self.page_group!r} ends at {self.ended_at.isoformat()}, before "
                f"its start at {self.started_at.isoformat()}; swap them or correct the clock they come from."
            )
            raise BeaconError(msg)
        if self.session is not None and not isinstance(self.session, Session):
            msg = f"The session must be a Session, not {type(self.session).__name__}."
            raise BeaconError(msg)
        _check_optional_fields(self)
        # Copies, so that a caller who goes on using the mapping does not change a beacon that was checked.
        object.__setattr__(self, "timers", _checked(self.timers, "timer", check_timer))
        object.__setattr__(self, "metrics", _checked(self.metrics, "metric", check_metric))
        object.__setattr__(self, "dimensions", _checked(self.dimensions, "dimension", check_dimension))

    @property
    def duration_ms(self) -> int:
        """
        The time from start to end.

        :return: Whole milliseconds, rounded half to even.
        """
        return elapsed_ms(self.started_at, self.ended_at)


def check_clock(beacon: Beacon, now: datetime) -> None:
    """
    Refuse a beacon that ends in the far future.

    :param beacon: The beacon.
    :param now: The present, with a time zone.
    :raises BeaconError: If it ends more than :data:`MAX_FUTURE` after ``now``.
    """
    if beacon.ended_at - now > MAX_FUTURE:
        msg = (
            f"The beacon of page group {beacon.page_group!r} ends at {beacon.ended_at.isoformat()}, which is "
            f"more than {MAX_FUTURE.seconds // 60} minutes ahead of this machine's clock "
            f"({now.isoformat(timespec='seconds')}); correct the time or the clock."
        )
        raise BeaconError(msg)


def check_ab_test(value: object) -> str:
    """
    Give the A/B bucket back when it can be sent.

    :param value: The bucket.
    :return: The same bucket.
    :raises BeaconError: If it is not 1 to 25 letters, digits, spaces, ``_`` or ``-`` of ASCII.

    Source: MPJS ``setABTest``.
    """
    if not isinstance(value, str) or not AB_TEST_PATTERN.fullmatch(value):
        msg = (
            f"The A/B test bucket {value!r} must be 1 to 25 characters of A-Z, a-z, 0-9, underscore, hyphen "
            "and space."
        )
        raise BeaconError(msg)
    return value


def check_timer(name: str, value: object) -> Number:
    """
    Give a custom timer's value back when it can be sent.

    :param name: The timer's name, for the error.
    :param value: Milliseconds.
    :return: The same value.
    :raises BeaconError: If it is not a finite number from 0.

    Source: MPJS ``sendTimer``: a number from 0, rounded to an integer.
    """
    number = _check_number("timer", name, value)
    if number < 0:
        msg = f"The custom timer {name!r} is {value!r}; it must be 0 or more milliseconds."
        raise BeaconError(msg)
    return number


def check_metric(name: str, value: object) -> Number:  # noqa: DOC502
    """
    Give a custom metric's value back when it can be sent.

    :param name: The metric's name, for the error.
    :param value: The number.
    :return: The same value.
    :raises BeaconError: If it is not a finite number.
    """
    return _check_number("metric", name, value)


def check_dimension(name: str, value: object) -> DimensionValue:  # noqa: DOC502
    """
    Give a custom dimension's value back when it can be sent.

    :param name: The dimension's name, for the error.
    :param value: Text, a number or a boolean.
    :return: The same value.
    :raises BeaconError: If it is of another type, blank, not finite, or holds control characters.

    Source: WIB ``cdim.<Name>``: string, number or boolean.
    """
    if isinstance(value, bool):
        return value
    if isinstance(value, numbers.Real | Decimal):
        number = _check_number("dimension", name, value)
        return str(number) if isinstance(number, Decimal) else number
    return check_text(f"custom dimension {name!r}", value)


def _check_number(kind: str, name: str, value: object) -> Number:
    if isinstance(value, bool) or not isinstance(value, numbers.Real | Decimal):
        msg = f"The custom {kind} {name!r} is {value!r}; it must be a number, not {type(value).__name__}."
        raise BeaconError(msg)
    if not isinstance(value, int | float | Decimal):
        # Numbers of other libraries, such as the count of rows that NumPy or pandas gives.
        value = int(value) if isinstance(value, numbers.Integral) else float(value)
    if not _is_finite(value):
        # The value of a whole number is not repeated: Python refuses to write the longest out.
        shown = "too large" if isinstance(value, int) else repr(value)
        msg = f"The custom {kind} {name!r} is {shown}; it must be a finite number."
        raise BeaconError(msg)
    return value


def _is_finite(value: Number) -> bool:
    if isinstance(value, Decimal) and value.is_finite() and abs(value.as_tuple().exponent) > MAX_EXPONENT:  # type: ignore[arg-type]
        return False  # Written out, as the wire wants it, it would be of any length.
    try:
        return math.isfinite(value)
    except (OverflowError, ValueError):
        return False  # A whole number beyond what a float holds, or a signalling NaN.


def _check_optional_fields(beacon: Beacon) -> None:
    if beacon.url is not None:
        _check_url(beacon.url)
    if beacon.ab_test is not None:
        check_ab_test(beacon.ab_test)
    if beacon.site_version is not None:
        check_text("site version", beacon.site_version)


def _check_url(url: object) -> None:
    text = check_text("URL", url)
    try:
        parts = urlsplit(text)
    except ValueError as error:
        msg = f"The URL {text!r} cannot be read: {error}."
        raise BeaconError(msg) from None
    if parts.username is not None or parts.password is not None:
        msg = "The URL holds credentials, which would be stored with the beacon; leave them out."
        raise BeaconError(msg)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        msg = f"The URL {text!r} must be absolute and begin with http:// or https://."
        raise BeaconError(msg)


def _checked(values: object, kind: str, check: Callable[[str, object], object]) -> dict[str, object]:
    if not isinstance(values, Mapping):
        msg = f"The custom {kind}s must be a mapping of names to values, not {type(values).__name__}."
        raise BeaconError(msg)
    return {
        check_text(f"name of a custom {kind}", name): check(name, value) for name, value in values.items()
    }
