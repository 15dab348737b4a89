# SPDX-License-Identifier: Apache-2.0
"""Tests of the numbers that beacons may hold."""

from __future__ import annotations

import pytest

from airflow_mpulse.sandbox.numbers import parse_number, parse_whole


@pytest.mark.parametrize(
    ("text", "number", "whole"),
    [
        ("0", 0, 0),
        ("0012", 12, 12),
        ("-3", -3, None),
        ("1.5", 1.5, None),
        ("", None, None),
        ("1.", None, None),
        (".5", None, None),
        ("+1", None, None),
        (" 1", None, None),
        ("1\n", None, None),
        ("1e3", None, None),
        ("1_000", None, None),
        ("NaN", None, None),
        ("٣", None, None),
        ("²", None, None),
        ("9" * 18, 10**18 - 1, 10**18 - 1),
        ("9" * 5000, None, None),
    ],
)
def test_only_plain_digits_are_numbers(text: str, number: float | None, whole: int | None) -> None:
    """Only plain decimal digits, with a minus or one point where allowed, are numbers."""
    assert (parse_number(text), parse_whole(text)) == (number, whole)


def test_whole_numbers_stay_whole() -> None:
    """A number without a point is an integer, so that JSON shows it as it was sent."""
    assert isinstance(parse_number("12"), int)
