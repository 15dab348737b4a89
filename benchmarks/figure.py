# SPDX-License-Identifier: Apache-2.0
"""What a measurement gives: a table, and which bars it reaches."""

from __future__ import annotations

from dataclasses import dataclass


class MeasurementError(RuntimeError):
    """A measurement failed: what was measured did not do what it is measured for."""


@dataclass(frozen=True)
class Bar:
    """
    Something that is to be reached.

    :param what: What was measured.
    :param wanted: What it must be, in words.
    :param found: What it is, in words.
    :param is_met: Whether it is what it must be.
    """

    what: str
    wanted: str
    found: str
    is_met: bool


@dataclass(frozen=True)
class Figure:
    """
    What one measurement gives.

    :param title: What was measured.
    :param how: How, in a few sentences.
    :param columns: The headings of its table.
    :param rows: The table.
    :param bars: What was to be reached.
    """

    title: str
    how: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    bars: tuple[Bar, ...]


def at_most(what: str, value: float, limit: float, unit: str, digits: int = 1) -> Bar:
    """
    Judge something that must be small.

    :param what: What was measured.
    :param value: What it is.
    :param limit: What it may be.
    :param unit: The unit of both, with the space before it.
    :param digits: Digits after the point.
    :return: The bar.
    """
    return Bar(what, f"at most {limit:g}{unit}", f"{value:,.{digits}f}{unit}", value <= limit)


def at_least(what: str, value: float, limit: float, unit: str, digits: int = 1) -> Bar:
    """
    Judge something that must be great.

    :param what: What was measured.
    :param value: What it is.
    :param limit: What it must be.
    :param unit: The unit of both, with the space before it.
    :param digits: Digits after the point.
    :return: The bar.
    """
    return Bar(what, f"at least {limit:g}{unit}", f"{value:,.{digits}f}{unit}", value >= limit)
