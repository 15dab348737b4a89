# SPDX-License-Identifier: Apache-2.0
"""Tests of the judge's warnings: a table of oddities, with the one sentence that each gives."""

from __future__ import annotations

import pytest

from tests.unit.sandbox.samples import beacon_text, judge_text

WARNINGS = [
    (
        {"cmet__RowsLoaded": "-1"},
        "cmet.RowsLoaded: '-1' is negative, which no source describes; send 0 or more to be sure (MPJS).",
    ),
    (
        {"rt__start": "api"},
        (
            "rt.start: 'api' is what mpulse.js sends, while the documented value is manual; "
            "send rt.start=manual (POSTB, MPJS)."
        ),
    ),
    (
        {"http__initiator": "api"},
        (
            "http.initiator: 'api' is what mpulse.js sends and is not a documented beacon type; "
            "leave it out, so that the beacon is a page view (WIB, MPJS)."
        ),
    ),
    (
        {"rt__ss": "8123"},
        (
            "rt.ss: 8123 is not a time in milliseconds since the Unix epoch, as mpulse.js sends it in Node; "
            "send the start of the session on that scale (WIB, MPJS)."
        ),
    ),
    (
        {"rt__sl": "0"},
        "rt.sl: 0, while the count includes the present page; count from 1, or leave it out (WIB).",
    ),
    (
        {"h__pg": None},
        "h.pg: missing, so the beacon is filed under (No Page Group); send a page group (WIB).",
    ),
    (
        {"h__pg": "%20"},
        "h.pg: missing, so the beacon is filed under (No Page Group); send a page group (WIB).",
    ),
    (
        {"PageGroup": "orders"},
        (
            "PageGroup: not a documented field, so mPulse logs it and makes no metric or dimension of it; "
            "leave it out (SLATE)."
        ),
    ),
    (
        {"t_done": None},
        "t_done: missing, so the beacon gives no Page Load sample; send the duration in milliseconds (WIB).",
    ),
    (
        {"h__pg": "orders+load"},
        (
            "h.pg: '+' is read as a space here, which mPulse does not promise; "
            "send %20 for a space and %2B for a plus (BOOM, MPJS)."
        ),
    ),
    (
        {"t_other": "custom0|1"},
        (
            "t_other: not percent-encoded; "
            "percent-encode name and value as encodeURIComponent does (BOOM, MPJS)."
        ),
    ),
    (
        {"h__pg": "100%"},
        "h.pg: not percent-encoded; percent-encode name and value as encodeURIComponent does (BOOM, MPJS).",
    ),
    (
        {"t_other": "custom0%7C1.5"},
        "t_other: '1.5' of 'custom0' has a fraction; round to whole milliseconds (MPJS).",
    ),
    (
        {"cmet__RowsLoaded": "1.5"},
        (
            "cmet.RowsLoaded: '1.5' has a decimal point, so mPulse multiplies it by 100; "
            "send a whole number in the lowest unit (WIB)."
        ),
    ),
    (
        {"cdim__Warehouse": ""},
        "cdim.Warehouse: empty; send a value, or leave the dimension out (WIB).",
    ),
    (
        {"cdim__Warehouse": "a%09b"},
        "cdim.Warehouse: holds the control character U+0009; replace it by a space (PP).",
    ),
    (
        {"d": "elsewhere.local"},
        (
            "d: 'elsewhere.local' is not the app's domain; "
            "send site_domain of the configuration, or leave it out (MPJS)."
        ),
    ),
    ({"u": "orders"}, "u: not an absolute http or https URL; send a whole URL, or leave it out (WIB)."),
]


@pytest.mark.parametrize(("changes", "sentence"), WARNINGS, ids=lambda case: str(case)[:60])
def test_oddity_is_one_warning(changes: dict[str, str | None], sentence: str) -> None:
    """What mPulse takes, but perhaps not as meant, leaves the beacon valid and gives exactly one warning."""
    verdict = judge_text(beacon_text(**changes))
    assert (verdict.valid, verdict.problems, verdict.warnings) == (True, (), (sentence,))
