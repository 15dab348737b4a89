# SPDX-License-Identifier: Apache-2.0
"""
Rules about times, durations and the counters of a session.

All of them are milliseconds or counts; custom timers have rules of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_mpulse.sandbox.judge.verdict import Finding
from airflow_mpulse.sandbox.numbers import parse_number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_mpulse.sandbox.judge.reading import Reading

MAX_SKEW_MS = 86_400_000
"""
Milliseconds between ``rt.end`` and the server's clock that count as a skewed clock: one day.

mPulse marks such beacons ``clock:askew`` from a threshold that it does not publish (WIB).
"""

# 2001-09-09: anything smaller is a clock that did not start at the epoch.
_EPOCH_FLOOR_MS = 1_000_000_000_000
_BROWSER_STARTS = frozenset({"none", "navigation", "cookie", "csi"})
_MS = "a whole number of milliseconds, 0 or more"
_COUNT = "a whole number, 0 or more"
_WHOLE = {
    "rt.end": (_MS, "POSTB"),
    "rt.tstart": (_MS, "BOOM, JL"),
    "t_done": (_MS, "WIB"),
    "t_resp": (_MS, "WIB"),
    "t_page": (_MS, "WIB"),
    "rt.tt": (_MS, "WIB"),
    "rt.sl": (_COUNT, "WIB"),
    "rt.obo": (_COUNT, "WIB"),
    "n": (_COUNT, "WIB"),
}


def _whole_numbers(beacon: Reading) -> Iterator[Finding]:
    for name, (form, source) in _WHOLE.items():
        empty_end = name == "rt.end" and not beacon.text(name)
        if name in beacon.values and beacon.whole(name) is None and not empty_end:
            yield Finding(name, f"{beacon.text(name)!r} is not {form}", "send digits only", source)


def _start_word(beacon: Reading) -> Iterator[Finding]:
    word = beacon.text("rt.start")
    if word == "api":
        wrong = "'api' is what mpulse.js sends, while the documented value is manual"
        yield Finding("rt.start", wrong, "send rt.start=manual", "POSTB, MPJS", is_problem=False)
    elif word in _BROWSER_STARTS:
        yield Finding("rt.start", f"{word!r} is for browsers only", "send rt.start=manual", "POSTB, WIB")
    elif word not in ("", "manual"):
        yield Finding("rt.start", f"{word!r} is not a documented value", "send rt.start=manual", "POSTB, WIB")


def _skew(beacon: Reading) -> Iterator[Finding]:
    end_ms = beacon.whole("rt.end")
    if end_ms is not None and abs(end_ms - beacon.now_ms) > MAX_SKEW_MS:
        hours = round((end_ms - beacon.now_ms) / 3_600_000)
        wrong = f"skewed: {abs(hours)} h {'ahead of' if hours > 0 else 'behind'} the server's clock"
        yield Finding("rt.end", wrong, "set the clock, and send beacons within a day", "WIB")


def _duration(beacon: Reading) -> Iterator[Finding]:
    if "t_done" not in beacon.values:
        wrong = "missing, so the beacon gives no Page Load sample"
        yield Finding("t_done", wrong, "send the duration in milliseconds", "WIB", is_problem=False)
    start_ms, end_ms, done_ms = beacon.whole("rt.tstart"), beacon.whole("rt.end"), beacon.whole("t_done")
    if start_ms is None or end_ms is None:
        return
    if start_ms > end_ms:
        wrong = f"{start_ms - end_ms} ms after rt.end"
        yield Finding("rt.tstart", wrong, "send a start that is not later than the end", "BOOM, JL")
    elif done_ms is not None and done_ms != end_ms - start_ms:
        wrong = f"{done_ms} ms, while rt.end - rt.tstart is {end_ms - start_ms} ms"
        yield Finding("t_done", wrong, "make t_done equal rt.end - rt.tstart", "BOOM, JL")


def _session(beacon: Reading) -> Iterator[Finding]:
    if beacon.whole("rt.sl") == 0:
        wrong = "0, while the count includes the present page"
        yield Finding("rt.sl", wrong, "count from 1, or leave it out", "WIB", is_problem=False)
    start = beacon.values.get("rt.ss")
    if start is None:
        return
    start_ms = parse_number(start)
    if start_ms is None or start_ms < 0:
        yield Finding("rt.ss", f"{start!r} is not {_MS}", "send digits only", "WIB")
    elif not _EPOCH_FLOOR_MS <= start_ms <= beacon.now_ms + MAX_SKEW_MS:
        wrong = f"{start} is not a time in milliseconds since the Unix epoch, as mpulse.js sends it in Node"
        yield Finding(
            "rt.ss", wrong, "send the start of the session on that scale", "WIB, MPJS", is_problem=False
        )


RULES = (_whole_numbers, _start_word, _skew, _duration, _session)
"""Rules of this module, each from a reading to findings."""
