# SPDX-License-Identifier: Apache-2.0
"""Tests of what is written on a command line, read as values."""

from __future__ import annotations

from argparse import ArgumentTypeError
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from airflow_mpulse.cli.values import (
    MAX_DURATION_MS,
    read_duration_ms,
    read_instant,
    read_interval_s,
    read_named_number,
    read_named_text,
    read_port,
)

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    ("read", "text", "value"),
    [
        (read_port, "0", 0),
        (read_port, "65535", 65535),
        (read_duration_ms, "0", 0),
        (read_duration_ms, "1500", 1500),
        (read_duration_ms, str(MAX_DURATION_MS), MAX_DURATION_MS),
        (read_interval_s, "0.1", 0.1),
        (read_interval_s, "3600", 3600.0),
        (read_instant, "2026-03-01T12:00:00Z", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        (
            read_instant,
            "2026-03-01 12:00+02:00",
            datetime(2026, 3, 1, 12, tzinfo=timezone(timedelta(hours=2))),
        ),
        (read_named_number, "Load Time=12.5", ("Load Time", "12.5")),
        (read_named_number, "a=b=1", ("a=b", "1")),
        (read_named_text, " Region = EMEA ", ("Region", "EMEA")),
        (read_named_text, "Query=a=1", ("Query", "a=1")),
    ],
)
def test_value_is_read(read: Callable[[str], Any], text: str, value: object) -> None:
    """A value within its limits is read."""
    assert read(text) == value


@pytest.mark.parametrize(
    ("read", "text", "sentence"),
    [
        (read_port, "65536", "'65536' is not a port from 0 to 65535"),
        (read_port, "-1", "'-1' is not a port from 0 to 65535"),
        (read_port, "٣", "'٣' is not a port from 0 to 65535"),
        (read_port, "9" * 5000, " is not a port from 0 to 65535"),
        (
            read_duration_ms,
            "1.5",
            "'1.5' is not a whole number of milliseconds, from 0 to 31622400000 (a year)",
        ),
        (read_duration_ms, "31622400001", " is not a whole number of milliseconds,"),
        (read_duration_ms, "", "'' is not a whole number of milliseconds,"),
        (read_interval_s, "0", "'0' is not a number of seconds, from 0.1 to 3600"),
        (read_interval_s, "nan", "'nan' is not a number of seconds, from 0.1 to 3600"),
        (read_interval_s, "soon", "'soon' is not a number of seconds, from 0.1 to 3600"),
        (read_instant, "yesterday", "'yesterday' is not a date and time such as 2026-03-01T12:00:00+00:00"),
        (read_instant, "2026-03-01T12:00", "'2026-03-01T12:00' has no time zone; write it as in 2026-03-01T"),
        (read_named_number, "Rows", "'Rows' is not of the form NAME=NUMBER"),
        (read_named_number, "=1", "'=1' is not of the form NAME=NUMBER"),
        (read_named_number, "Rows=", "'Rows=' is not of the form NAME=NUMBER"),
        (read_named_text, "Region= ", "'Region= ' is not of the form NAME=TEXT"),
    ],
)
def test_unreadable_value_is_told(read: Callable[[str], Any], text: str, sentence: str) -> None:
    """What cannot be read is told with its value and with what would be right."""
    with pytest.raises(ArgumentTypeError) as caught:
        read(text)
    assert sentence in str(caught.value)
