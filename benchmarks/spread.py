# SPDX-License-Identifier: Apache-2.0
"""Medians and ratios of what was measured in rounds, with how far they can be trusted."""

from __future__ import annotations

import random
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")

_RESAMPLES = 1000
_CONFIDENCE = 0.95


@dataclass(frozen=True)
class Estimate:
    """
    What was found, and the interval that 95 of 100 repetitions would lie in.

    :param value: The value found.
    :param low: The interval's lower end.
    :param high: Its upper end.
    """

    value: float
    low: float
    high: float

    def text(self, unit: str = "", digits: int = 1, *, sign: bool = False) -> str:
        """
        Write it for a table.

        :param unit: What follows the value.
        :param digits: Digits after the point.
        :param sign: Whether a plus is written.
        :return: Such as ``+9.1 ms (8.7 to 9.6)``.
        """
        number = f"{'+' if sign else ''},.{digits}f"
        return f"{self.value:{number}}{unit} ({self.low:{number}} to {self.high:{number}})"


def estimate(rounds: Sequence[T], measure: Callable[[Sequence[T]], float]) -> Estimate:
    """
    Measure rounds, and tell from draws of as many of them how much chance there is in it.

    :param rounds: What was found in each round; what belongs together stands in one of them.
    :param measure: Makes one number of rounds.
    :return: That number of all rounds, and the middle 95 % of it over draws with repetition.
    """
    chance = random.Random(len(rounds))  # noqa: S311 - no secret, and the same each time
    drawn = sorted(measure(chance.choices(rounds, k=len(rounds))) for _ in range(_RESAMPLES))
    cut = round(_RESAMPLES * (1 - _CONFIDENCE) / 2)
    return Estimate(measure(rounds), drawn[cut], drawn[-cut - 1])


def estimate_median(values: Sequence[float]) -> Estimate:
    """
    Estimate the median of values.

    :param values: The values.
    :return: Their median.
    """
    return estimate(values, median)


def quantile(values: Sequence[float], part: float) -> float:
    """
    Find the value that a part of the values do not exceed.

    :param values: The values.
    :param part: The part, from 0 to 1.
    :return: One of the values.
    """
    ordered = sorted(values)
    return ordered[min(int(part * len(ordered)), len(ordered) - 1)]
