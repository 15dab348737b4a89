# SPDX-License-Identifier: Apache-2.0
"""
Rules about custom timers, metrics and dimensions: labels that the app defines, and values of the right kind.

mPulse drops what it does not know without a word, so every finding names the labels that it would know.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from airflow_mpulse.sandbox.custom_data import split_timers
from airflow_mpulse.sandbox.judge.verdict import Finding
from airflow_mpulse.sandbox.numbers import parse_number

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from airflow_mpulse.sandbox.judge.reading import Reading


def _timers(beacon: Reading) -> Iterator[Finding]:
    if "t_other" not in beacon.values:
        return
    entries = split_timers(beacon.text("t_other"))
    for label, value in entries:
        if label not in beacon.app.timers.values():
            yield _unknown_label("t_other", "timer", label, beacon.app.timers)
        yield from _timer_value(label, value)
    for label, count in Counter(label for label, _ in entries).items():
        if count > 1:
            yield Finding("t_other", f"{label!r} is given {count} times", "give every timer once", "WIB")


def _timer_value(label: str, value: str | None) -> Iterator[Finding]:
    number = parse_number(value) if value is not None else None
    if value is None:
        yield Finding(
            "t_other", f"{label!r} has no value", "write label|milliseconds, joined by commas", "WIB"
        )
    elif number is None or number < 0:
        wrong = f"{value!r} of {label!r} is not a number of milliseconds, 0 or more"
        yield Finding("t_other", wrong, "send digits only", "WIB, MPJS")
    elif "." in value:
        wrong = f"{value!r} of {label!r} has a fraction"
        yield Finding("t_other", wrong, "round to whole milliseconds", "MPJS", is_problem=False)


def _timer_starts(beacon: Reading) -> Iterator[Finding]:
    for name in (f"custom{index}_st" for index in range(10)):
        number = parse_number(beacon.text(name))
        if name in beacon.values and (number is None or number < 0):
            wrong = f"{beacon.text(name)!r} is not a number, 0 or more"
            yield Finding(name, wrong, "send milliseconds since the Unix epoch", "WIB")


def _metrics(beacon: Reading) -> Iterator[Finding]:
    for name, value in beacon.values.items():
        if not name.startswith("cmet."):
            continue
        if name not in beacon.app.metrics.values():
            yield _unknown_label(name, "metric", name, beacon.app.metrics)
        number = parse_number(value)
        if number is None:
            yield Finding(name, f"{value!r} is not a number", "send a whole number", "WIB, CUSTOM")
        elif number < 0:
            # No source forbids it, and none says what becomes of it.
            wrong = f"{value!r} is negative, which no source describes"
            yield Finding(name, wrong, "send 0 or more to be sure", "MPJS", is_problem=False)
        elif "." in value:
            wrong = f"{value!r} has a decimal point, so mPulse multiplies it by 100"
            yield Finding(name, wrong, "send a whole number in the lowest unit", "WIB", is_problem=False)


def _dimensions(beacon: Reading) -> Iterator[Finding]:
    for name, value in beacon.values.items():
        if not name.startswith("cdim."):
            continue
        if name not in beacon.app.dimensions.values():
            yield _unknown_label(name, "dimension", name, beacon.app.dimensions)
        if not value:
            yield Finding(name, "empty", "send a value, or leave the dimension out", "WIB", is_problem=False)


def _unknown_label(field: str, kind: str, label: str, definitions: Mapping[str, str]) -> Finding:
    bare = label.split(".", 1)[-1]
    meant = definitions.get(bare)
    mend = (
        f"the label of {bare!r} is {meant}"
        if meant
        else f"it defines {', '.join(definitions.values()) or 'none'}"
    )
    return Finding(field, f"the app defines no custom {kind} with the label {label!r}", mend, "BEACONS, MPJS")


RULES = (_timers, _timer_starts, _metrics, _dimensions)
"""Rules of this module, each from a reading to findings."""
