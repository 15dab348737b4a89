# SPDX-License-Identifier: Apache-2.0
"""Tests of instants: plain UTC, exact over changes of summer time, in pendulum's kind as well."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pendulum
import pytest

from airflow_mpulse.exceptions import BeaconError
from airflow_mpulse.protocol.instants import elapsed_ms, to_epoch_ms, to_utc

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    "value",
    [
        datetime(2026, 3, 1, 12, tzinfo=UTC),
        datetime(2026, 3, 1, 13, tzinfo=BERLIN),
        datetime(2026, 3, 1, 6, 30, tzinfo=timezone(timedelta(hours=-5, minutes=-30))),
        pendulum.datetime(2026, 3, 1, 21, tz="Asia/Tokyo"),
    ],
    ids=["utc", "zone", "offset", "pendulum"],
)
def test_every_aware_time_becomes_plain_utc(value: datetime) -> None:
    """An instant of any zone and kind is the same plain UTC datetime."""
    instant = to_utc("start", value)
    assert instant == datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert type(instant) is datetime
    assert instant.tzinfo is UTC


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (None, "The start must be a datetime with a time zone, not NoneType."),
        (1772366400, "The start must be a datetime with a time zone, not int."),
        ("2026-03-01T12:00:00Z", "The start must be a datetime with a time zone, not str."),
        (date(2026, 3, 1), "The start must be a datetime with a time zone, not date."),
        (datetime(2026, 3, 1, 12), "The start 2026-03-01T12:00:00 has no time zone; use an aware datetime"),  # noqa: DTZ001
        (pendulum.naive(2026, 3, 1), "has no time zone"),
        (datetime.min.replace(tzinfo=BERLIN), "is outside the years 1 to 9999 in UTC."),
        (
            datetime.max.replace(tzinfo=timezone(timedelta(hours=-1))),
            "is outside the years 1 to 9999 in UTC.",
        ),
    ],
    ids=["none", "number", "text", "date", "naive", "naive-pendulum", "before-year-1", "after-year-9999"],
)
def test_other_values_are_no_instants(value: object, sentence: str) -> None:
    """What is no aware datetime is refused with a sentence that says what it is."""
    with pytest.raises(BeaconError) as caught:
        to_utc("start", value)
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("started_at", "ended_at", "expected_ms"),
    [
        (
            datetime(2026, 10, 25, 1, 30, tzinfo=BERLIN),
            datetime(2026, 10, 25, 3, 30, tzinfo=BERLIN),
            10_800_000,
        ),
        (datetime(2026, 3, 29, 1, 30, tzinfo=BERLIN), datetime(2026, 3, 29, 3, 30, tzinfo=BERLIN), 3_600_000),
        (
            datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN),
            datetime(2026, 10, 25, 2, 10, fold=1, tzinfo=BERLIN),
            2_400_000,
        ),
        (
            pendulum.datetime(2026, 10, 25, 1, 30, tz="Europe/Berlin"),
            pendulum.datetime(2026, 10, 25, 3, 30, tz="Europe/Berlin"),
            10_800_000,
        ),
    ],
    ids=["clocks-go-back", "clocks-go-forward", "the-hour-that-comes-twice", "pendulum"],
)
def test_elapsed_time_is_real_time(started_at: datetime, ended_at: datetime, expected_ms: int) -> None:
    """The time between two instants is what passed, not what the wall clocks differ by."""
    assert elapsed_ms(started_at, ended_at) == expected_ms


@pytest.mark.parametrize(
    ("microseconds", "expected_ms"),
    [(0, 0), (499, 0), (500, 0), (501, 1), (1500, 2), (2500, 2), (2501, 3), (-1000, -1)],
)
def test_elapsed_time_is_rounded_half_to_even(microseconds: int, expected_ms: int) -> None:
    """A part of a millisecond is rounded to the nearest, half to the even one."""
    start = datetime(2026, 3, 1, tzinfo=UTC)
    assert elapsed_ms(start, start + timedelta(microseconds=microseconds)) == expected_ms


@pytest.mark.parametrize(
    ("instant", "expected_ms"),
    [
        (datetime(2026, 3, 1, 12, tzinfo=UTC), 1_772_366_400_000),
        (datetime(2026, 3, 1, 12, 0, 0, 999, tzinfo=UTC), 1_772_366_400_000),
        (datetime(2026, 3, 1, 12, 0, 0, 1999, tzinfo=UTC), 1_772_366_400_001),
        (pendulum.datetime(2026, 3, 1, 13, tz="Europe/Berlin"), 1_772_366_400_000),
        (datetime(1970, 1, 1, tzinfo=UTC), 0),
    ],
    ids=["whole", "rounded-down", "rounded-down-above", "pendulum", "epoch"],
)
def test_epoch_milliseconds_are_whole(instant: Any, expected_ms: int) -> None:
    """An instant is written as whole milliseconds since the Unix epoch, rounded down."""
    assert to_epoch_ms(instant) == expected_ms
