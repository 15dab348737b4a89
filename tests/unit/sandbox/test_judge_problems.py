# SPDX-License-Identifier: Apache-2.0
"""Tests of the judge's problems: a table of defects, with the one sentence that each gives."""

from __future__ import annotations

import pytest

from tests.unit.sandbox.samples import MINT, NOW_MS, beacon_text, judge_text

CRUMB = "send h.cr as the configuration gives it"
HOUR_MS = 3_600_000

PROBLEMS = [
    ({"api": None}, "api: missing; send api=1 (POSTB)."),
    ({"h__key": None}, "h.key: missing; send h.key as the configuration gives it (POSTB)."),
    ({"h__d": None}, "h.d: missing; send h.d as the configuration gives it (POSTB)."),
    ({"h__t": None}, "h.t: missing; send h.t as the configuration gives it (POSTB)."),
    ({"h__cr": None}, f"h.cr: missing; {CRUMB} (POSTB)."),
    ({"h__cr": ""}, f"h.cr: empty; {CRUMB} (POSTB)."),
    ({"rt__start": None}, "rt.start: missing; send rt.start=manual (POSTB)."),
    (
        {"rt__end": None},
        "rt.end: missing; send the end of the duration in milliseconds since the Unix epoch (POSTB).",
    ),
    (
        {"rt__end": ""},
        "rt.end: empty; send the end of the duration in milliseconds since the Unix epoch (POSTB).",
    ),
    ({"api": "2"}, "api: must be 1, is '2'; send api=1 (POSTB)."),
    (
        {"api__v": "3"},
        (
            "api.v: '3' is not a version that any known client sends; "
            "send 1, or 2 with a signed configuration (POSTB, JL, MPJS)."
        ),
    ),
    (
        {"h__key": "OTHER-KEY"},
        "h.key: not the API key of this app; send h.key as the configuration gives it (POSTB).",
    ),
    (
        {"h__d": "etl.pipelines.local"},
        (
            "h.d: 'etl.pipelines.local' is not the domain of this app; "
            "send h.d as the configuration gives it (POSTB)."
        ),
    ),
    ({"h__cr": "A" * 40}, f"h.cr: not 40 lower-case hexadecimal digits; {CRUMB} (WIB, IOS)."),
    (
        {"h__cr": "a" * 40},
        (
            "h.cr: does not belong to this h.t; "
            "take both from the same configuration answer and replace them together (WIB)."
        ),
    ),
    (
        {"h__t": "1e3", "h__cr": MINT.crumb("1e3")},
        "h.t: '1e3' is not a whole number of milliseconds; send h.t as the configuration gives it (WIB).",
    ),
    (
        {"h__t": str(NOW_MS - 600_001), "h__cr": MINT.crumb(str(NOW_MS - 600_001))},
        (
            "h.t: expired: the token was made 600 s ago and lives 600 s; "
            "refresh the configuration before sending (SLATE)."
        ),
    ),
    (
        {"rt__start": "navigation"},
        "rt.start: 'navigation' is for browsers only; send rt.start=manual (POSTB, WIB).",
    ),
    ({"rt__start": "auto"}, "rt.start: 'auto' is not a documented value; send rt.start=manual (POSTB, WIB)."),
    (
        {"rt__end": f"{NOW_MS}.5"},
        f"rt.end: '{NOW_MS}.5' is not a whole number of milliseconds, 0 or more; send digits only (POSTB).",
    ),
    (
        {"rt__tstart": "-1"},
        "rt.tstart: '-1' is not a whole number of milliseconds, 0 or more; send digits only (BOOM, JL).",
    ),
    (
        {"rt__tstart": str(NOW_MS + 1)},
        "rt.tstart: 1 ms after rt.end; send a start that is not later than the end (BOOM, JL).",
    ),
    (
        {"t_done": "1499"},
        (
            "t_done: 1499 ms, while rt.end - rt.tstart is 1500 ms; "
            "make t_done equal rt.end - rt.tstart (BOOM, JL)."
        ),
    ),
    (
        {"t_done": "1.5"},
        "t_done: '1.5' is not a whole number of milliseconds, 0 or more; send digits only (WIB).",
    ),
    (
        {"t_done": "-1500"},
        "t_done: '-1500' is not a whole number of milliseconds, 0 or more; send digits only (WIB).",
    ),
    ({"t_done": ""}, "t_done: '' is not a whole number of milliseconds, 0 or more; send digits only (WIB)."),
    (
        {"rt__end": str(NOW_MS - 25 * HOUR_MS), "rt__tstart": None},
        "rt.end: skewed: 25 h behind the server's clock; set the clock, and send beacons within a day (WIB).",
    ),
    (
        {"rt__end": str(NOW_MS + 25 * HOUR_MS), "rt__tstart": None},
        (
            "rt.end: skewed: 25 h ahead of the server's clock; "
            "set the clock, and send beacons within a day (WIB)."
        ),
    ),
    ({"rt__sl": "two"}, "rt.sl: 'two' is not a whole number, 0 or more; send digits only (WIB)."),
    (
        {"rt__ss": "today"},
        "rt.ss: 'today' is not a whole number of milliseconds, 0 or more; send digits only (WIB).",
    ),
    ({"h__pg": "a%0Ab"}, "h.pg: holds the control character U+000A; replace it by a space (PP)."),
    ({"h__pg": "a%FF"}, "h.pg: holds bytes that are not UTF-8; percent-encode the text as UTF-8 (BOOM)."),
    (
        {"h__ab": "x" * 26},
        (
            f"h.ab: '{'x' * 26}' is not 1 to 25 of A-Z, a-z, 0-9, '_', '-' and space; "
            "shorten or rename the bucket (MPJS)."
        ),
    ),
    (
        {"h__ab": "blue%2Fgreen"},
        (
            "h.ab: 'blue/green' is not 1 to 25 of A-Z, a-z, 0-9, '_', '-' and space; "
            "shorten or rename the bucket (MPJS)."
        ),
    ),
    (
        {"http__initiator": "airflow"},
        (
            "http.initiator: 'airflow' is not a documented beacon type; "
            "leave it out for a page view, or send a documented type (WIB)."
        ),
    ),
    (
        {"http__errno": "timeout"},
        (
            "http.errno: 'timeout' is not a whole number; "
            "send an HTTP status or a documented negative code (WIB)."
        ),
    ),
    ({"rt__quit": ""}, "rt.quit: only a browser or a CDN sends this field; leave it out (WIB)."),
    ({"nt_dns_st": "1"}, "nt_dns_st: only a browser or a CDN sends this field; leave it out (WIB)."),
    ({"scr__xy": "1"}, "scr.xy: only a browser or a CDN sends this field; leave it out (WIB)."),
    (
        {"t_other": "custom9%7C12"},
        (
            "t_other: the app defines no custom timer with the label 'custom9'; "
            "it defines custom0, custom1, custom2, custom3, custom4, custom5 (BEACONS, MPJS)."
        ),
    ),
    (
        {"t_other": "Extract%20Time%7C12"},
        (
            "t_other: the app defines no custom timer with the label 'Extract Time'; "
            "the label of 'Extract Time' is custom1 (BEACONS, MPJS)."
        ),
    ),
    (
        {"t_other": "custom0%7Cfast"},
        (
            "t_other: 'fast' of 'custom0' is not a number of milliseconds, 0 or more; "
            "send digits only (WIB, MPJS)."
        ),
    ),
    (
        {"t_other": "custom0%7C-5"},
        (
            "t_other: '-5' of 'custom0' is not a number of milliseconds, 0 or more; "
            "send digits only (WIB, MPJS)."
        ),
    ),
    (
        {"t_other": "custom0"},
        "t_other: 'custom0' has no value; write label|milliseconds, joined by commas (WIB).",
    ),
    (
        {"t_other": "custom0%7C1%2Ccustom0%7C2"},
        "t_other: 'custom0' is given 2 times; give every timer once (WIB).",
    ),
    (
        {"cmet__Files%20Checked": "1"},
        (
            "cmet.Files Checked: the app defines no custom metric with the label 'cmet.Files Checked'; "
            "the label of 'Files Checked' is cmet.FileCount (BEACONS, MPJS)."
        ),
    ),
    (
        {"cmet__RowsLoaded": "many"},
        "cmet.RowsLoaded: 'many' is not a number; send a whole number (WIB, CUSTOM).",
    ),
    (
        {"cmet__RowsLoaded": "NaN"},
        "cmet.RowsLoaded: 'NaN' is not a number; send a whole number (WIB, CUSTOM).",
    ),
    (
        {"cdim__Region": "EMEA"},
        (
            "cdim.Region: the app defines no custom dimension with the label 'cdim.Region'; "
            "the label of 'Region' is cdim.SalesRegion (BEACONS, MPJS)."
        ),
    ),
    (
        {"custom0_st": "-1"},
        "custom0_st: '-1' is not a number, 0 or more; send milliseconds since the Unix epoch (WIB).",
    ),
]


@pytest.mark.parametrize(("changes", "sentence"), PROBLEMS, ids=lambda case: str(case)[:60])
def test_defect_is_one_problem(changes: dict[str, str | None], sentence: str) -> None:
    """One defect makes the beacon invalid and is told in exactly one sentence."""
    verdict = judge_text(beacon_text(**changes))
    assert (verdict.valid, verdict.problems) == (False, (sentence,))
