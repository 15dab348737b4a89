# SPDX-License-Identifier: Apache-2.0
"""Tests of the reading of raw fields."""

from __future__ import annotations

import pytest

from airflow_mpulse.sandbox.form import Field, first_values, read_fields


def test_order_duplicates_and_raw_text_are_kept() -> None:
    """Fields come in the order sent, duplicates included, with their raw text beside the decoded one."""
    assert read_fields("b=%31&a&b=2=3") == (
        Field("b", "1", "b", "%31"),
        Field("a", "", "a", ""),
        Field("b", "2=3", "b", "2=3"),
    )


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("caf%C3%A9", "café"),
        ("a+b%2Bc", "a b+c"),
        ("a%20b", "a b"),
        ("%ff", "\ufffd"),
        ("100%", "100%"),
        ("a%zz", "a%zz"),
    ],
)
def test_values_are_percent_decoded(raw: str, value: str) -> None:
    """Percent escapes are UTF-8, a plus is a space, and what is no escape stays."""
    assert read_fields(f"x={raw}")[0].value == value


def test_empty_parts_are_no_fields() -> None:
    """Superfluous ampersands give no fields."""
    assert read_fields("&&") == ()


def test_first_value_of_a_duplicate_counts() -> None:
    """Of a duplicate field the first value is kept, at its first place."""
    assert list(first_values(read_fields("b=1&a=2&b=3")).items()) == [("b", "1"), ("a", "2")]
