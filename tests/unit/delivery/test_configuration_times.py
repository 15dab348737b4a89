# SPDX-License-Identifier: Apache-2.0
"""Tests of how long a configuration is fresh and its token usable, from the answer's headers."""

from __future__ import annotations

import pytest

from airflow_mpulse.delivery.configuration_times import fresh_time_s, usable_time_s

MAX_AGES = {
    "missing": ("", 300.0),
    "vendor": ("private, max-age=300, stale-while-revalidate=60, stale-if-error=120", 300.0),
    "shorter": ("max-age=60", 60.0),
    "longer": ("max-age=86400", 300.0),
    "zero": ("max-age=0", 1.0),
    "quoted-and-spaced": ('Private,Max-Age = "45"', 45.0),
    "shared-only": ("s-maxage=5", 300.0),
    "negative": ("max-age=-5", 300.0),
    "nonsense": ("max-age=soon", 300.0),
    "absurd": ("max-age=" + "9" * 400, 300.0),
}


@pytest.mark.parametrize(("header", "seconds"), MAX_AGES.values(), ids=MAX_AGES)
def test_fresh_time_is_max_age_within_bounds(header: str, seconds: float) -> None:
    """A configuration is fresh for its max-age, at least a second and at most five minutes."""
    assert fresh_time_s({"cache-control": header}) == seconds
    assert fresh_time_s({}) == 300.0


NOON_MS = 1_772_366_400_000
USABLE = {
    "new": ({"date": "Sun, 01 Mar 2026 12:00:00 GMT"}, 540.0),
    "two-minutes-in-a-cache": ({"date": "Sun, 01 Mar 2026 12:02:00 GMT"}, 420.0),
    "nine-minutes": ({"date": "Sun, 01 Mar 2026 12:09:00 GMT"}, 0.0),
    "a-day": ({"date": "Mon, 02 Mar 2026 12:00:00 GMT"}, 0.0),
    "date-before-the-token": ({"date": "Sun, 01 Mar 2026 11:00:00 GMT"}, 540.0),
    "date-kept-with-age": ({"date": "Sun, 01 Mar 2026 12:00:00 GMT", "age": "200"}, 340.0),
    "own-date-and-age": ({"date": "Sun, 01 Mar 2026 12:03:20 GMT", "age": "200"}, 340.0),
    "age-alone": ({"age": "600"}, 0.0),
    "nothing": ({}, 540.0),
    "nonsense": ({"date": "yesterday", "age": "-1"}, 540.0),
    "absurd-date": ({"date": "Wed, 21 Oct 99999999999999 07:28:00"}, 540.0),
    "no-zone": ({"date": "Sun, 01 Mar 2026 12:02:00 -0000"}, 420.0),
}


@pytest.mark.parametrize(("headers", "seconds"), USABLE.values(), ids=USABLE)
def test_usable_time_counts_from_the_tokens_birth(headers: dict[str, str], seconds: float) -> None:
    """A token is usable for nine minutes less the time that it spent on the way, on the server's clock."""
    assert usable_time_s(NOON_MS, headers) == seconds
