# SPDX-License-Identifier: Apache-2.0
"""Tests of the kinds of numbers that a beacon takes."""

from __future__ import annotations

import numbers
from decimal import Decimal
from fractions import Fraction

import pytest

from airflow_mpulse.exceptions import BeaconError
from airflow_mpulse.protocol.beacon import check_dimension, check_metric, check_timer


class Count:
    """A whole number of another library, the way NumPy's are registered."""

    def __int__(self) -> int:
        return 4711

    def __float__(self) -> float:
        return 4711.0


numbers.Integral.register(Count)


@pytest.mark.parametrize("check", [check_metric, check_timer, check_dimension])
def test_numbers_of_other_libraries_become_plain(check: object) -> None:
    """A whole number of another library becomes an int, and any other real number a float."""
    whole, part = check("X", Count()), check("X", Fraction(1, 4))  # type: ignore[operator]
    assert (whole, type(whole)) == (4711, int)
    assert (part, type(part)) == (0.25, float)


def test_decimal_dimension_is_sent_as_written() -> None:
    """A decimal in a dimension keeps its digits."""
    assert check_dimension("X", Decimal("1.10")) == "1.10"


@pytest.mark.parametrize("text", ["1e-400", "1e400", "0e-30000000", "1E+30000000"])
def test_decimal_that_would_fill_the_form_is_refused(text: str) -> None:
    """A decimal whose plain text would be of any length is refused rather than written out."""
    with pytest.raises(BeaconError, match="it must be a finite number"):
        check_metric("X", Decimal(text))
