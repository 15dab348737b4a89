# SPDX-License-Identifier: Apache-2.0
"""
Custom timers, metrics and dimensions of a beacon, under the names that the app's administrator gave them.

What cannot be read, or is not defined, is left out: mPulse drops it without a word. The judge says why.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow_mpulse.sandbox.numbers import parse_number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_mpulse.sandbox.app import SandboxApp


@dataclass(frozen=True, slots=True)
class CustomData:
    """
    What a beacon says in the app's own terms.

    :param timers: Custom timers, name to milliseconds.
    :param metrics: Custom metrics, name to value.
    :param dimensions: Custom dimensions, name to text.
    """

    timers: Mapping[str, float]
    metrics: Mapping[str, float]
    dimensions: Mapping[str, str]


def split_timers(t_other: str) -> list[tuple[str, str | None]]:
    """
    Take the value of ``t_other`` apart.

    :param t_other: Decoded value, ``label|ms`` joined by commas.
    :return: Label and text of the value, in order; None as the value where there is no bar.

    Source: WIB.
    """
    entries = (entry.partition("|") for entry in t_other.split(","))
    return [(label, value if bar else None) for label, bar, value in entries]


def read_custom_data(values: Mapping[str, str], app: SandboxApp) -> CustomData:
    """
    Read what the app has defined, and nothing else.

    :param values: Decoded fields of the beacon.
    :param app: The app whose names and labels count.
    :return: Readable custom data by name, in the order of the app's definitions.
    """
    sent = {label: value for label, value in split_timers(values.get("t_other", "")) if value is not None}
    return CustomData(
        timers=_numbers(app.timers, sent),
        metrics=_numbers(app.metrics, values),
        dimensions={name: values[label] for name, label in app.dimensions.items() if label in values},
    )


def _numbers(definitions: Mapping[str, str], sent: Mapping[str, str]) -> dict[str, float]:
    numbers = ((name, parse_number(sent.get(label, ""))) for name, label in definitions.items())
    return {name: number for name, number in numbers if number is not None}
