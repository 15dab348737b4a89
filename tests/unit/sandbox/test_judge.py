# SPDX-License-Identifier: Apache-2.0
"""Tests of the judge: one good beacon, and a table of changes to it with the one sentence each gives."""

from __future__ import annotations

import random

import pytest

from airflow_mpulse.sandbox.app import SandboxApp
from airflow_mpulse.sandbox.form import read_fields
from airflow_mpulse.sandbox.judge import judge
from airflow_mpulse.sandbox.judge.vocabulary import INITIATORS
from tests.unit.sandbox.samples import MINT, NOW_MS, beacon_text, judge_text

CRUMB = "send h.cr as the configuration gives it"
HOUR_MS = 3_600_000


def test_faultless_beacon_has_no_findings() -> None:
    """A beacon of documented fields with good values is valid and gives no warning."""
    verdict = judge_text(beacon_text())
    assert (verdict.valid, verdict.problems, verdict.warnings) == (True, (), ())


def test_full_beacon_has_no_findings() -> None:
    """Every optional field that a server may send passes when its value is of the documented form."""
    extra = {
        "rt__si": "0b0c5d6e-4017-4fc8-97bc-f5e2a475d6fa-q0jesn",
        "rt__ss": str(NOW_MS - 9000),
        "rt__sl": "3",
        "rt__tt": "4200",
        "rt__obo": "0",
        "h__ab": "new%20loader_B-1",
        "h__v": "v42",
        "u": "https%3A%2F%2Fairflow.example%2Fdags%2Forders",
        "t_other": "custom0%7C12%2Ccustom5%7C0",
        "cmet__AirflowFailures": "0",
        "cdim__AirflowRunType": "scheduled",
        "http__initiator": "api_custom_timer",
        "http__errno": "-1001",
        "custom0_st": str(NOW_MS),
        "d": "pipelines.local",
        "t_resp": "1",
        "t_page": "2",
        "n": "1",
    }
    verdict = judge_text(beacon_text(**extra))
    assert (verdict.problems, verdict.warnings) == ((), ())


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
        "cmet.RowsLoaded: 'many' is not a number, 0 or more; send a whole number (WIB, CUSTOM).",
    ),
    (
        {"cmet__RowsLoaded": "-1"},
        "cmet.RowsLoaded: '-1' is not a number, 0 or more; send a whole number (WIB, CUSTOM).",
    ),
    (
        {"cmet__RowsLoaded": "NaN"},
        "cmet.RowsLoaded: 'NaN' is not a number, 0 or more; send a whole number (WIB, CUSTOM).",
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


WARNINGS = [
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


def test_crumb_before_other_fields_is_warned_about() -> None:
    """A token that is not the last field survives a cut-off, which the judge warns about."""
    verdict = judge_text(f"{beacon_text()}&h.v=1")
    assert verdict.warnings == (
        (
            "h.cr: not the last field, so a beacon that is cut off on its way still carries its token; "
            "send h.cr last (BOOM)."
        ),
    )


def test_duplicate_field_is_a_problem() -> None:
    """A field that stands twice is one problem, and the first value is the one that is judged."""
    verdict = judge_text(f"h.pg=&{beacon_text()}")
    assert verdict.problems == ("h.pg: sent 2 times; send every field once (POSTB).",)
    assert [warning.split(":")[0] for warning in verdict.warnings] == ["h.pg"]


def test_empty_beacon_misses_every_required_field() -> None:
    """A beacon without fields is told each of the seven required ones, and nothing twice."""
    problems = judge_text("").problems
    fields = ["api", "h.key", "h.d", "h.t", "h.cr", "rt.start", "rt.end"]
    assert [problem.split(":")[0] for problem in problems] == fields


def test_token_lives_ten_minutes() -> None:
    """A token is good at ten minutes to the millisecond and expired one later."""
    raw = beacon_text()
    assert judge_text(raw, now_ms=NOW_MS + 600_000).valid
    assert not judge_text(raw, now_ms=NOW_MS + 600_001).valid


def test_clock_may_be_off_by_a_day() -> None:
    """An end that is a day away from the server's clock is not yet called skewed."""
    end_ms = NOW_MS - 24 * HOUR_MS
    assert judge_text(beacon_text(rt__end=str(end_ms), rt__tstart=str(end_ms - 1500))).valid


def test_long_run_is_no_skew() -> None:
    """A run of three days is valid, since only its end is held against the clock."""
    three_days_ms = 72 * HOUR_MS
    raw = beacon_text(rt__tstart=str(NOW_MS - three_days_ms), t_done=str(three_days_ms))
    assert judge_text(raw).valid


def test_foreign_key_is_not_repeated() -> None:
    """A wrong API key may be a real one, so no sentence shows it."""
    assert "REAL-KEY" not in " ".join(judge_text(beacon_text(h__key="REAL-KEY")).problems)


@pytest.mark.parametrize("word", sorted(INITIATORS))
def test_documented_initiators_pass(word: str) -> None:
    """Every documented beacon type passes without a finding."""
    verdict = judge_text(beacon_text(http__initiator=word))
    assert (verdict.problems, verdict.warnings) == ((), ())


def test_other_app_is_judged_by_its_own_labels() -> None:
    """A label counts as unknown for an app that does not define it."""
    app = SandboxApp(metrics={"Rows": "cmet.R1"}, timers={}, dimensions={})
    assert judge_text(beacon_text(cmet__R1="5"), app=app).valid
    assert judge_text(beacon_text(t_other="custom0%7C1"), app=app).problems == (
        "t_other: the app defines no custom timer with the label 'custom0'; it defines none (BEACONS, MPJS).",
    )


@pytest.mark.parametrize(
    ("content_type", "problems"),
    [
        ("application/x-www-form-urlencoded", ()),
        ("Application/X-WWW-Form-URLEncoded; charset=UTF-8", ()),
        (
            "application/json",
            (
                (
                    "Content-Type: 'application/json' is not a form; "
                    "post as application/x-www-form-urlencoded (POSTB, BOOM)."
                ),
            ),
        ),
    ],
)
def test_post_must_be_a_form(content_type: str, problems: tuple[str, ...]) -> None:
    """The content type of a POST is judged by its media type alone."""
    fields = read_fields(beacon_text())
    verdict = judge(fields, app=SandboxApp(), tokens=MINT, now_ms=NOW_MS, content_type=content_type)
    assert verdict.problems == problems


@pytest.mark.parametrize(("url_characters", "warned"), [(2000, False), (2001, True)])
def test_long_get_is_warned_about(url_characters: int, warned: bool) -> None:
    """A GET above 2000 characters gets a warning, one of 2000 does not."""
    fields = read_fields(beacon_text())
    verdict = judge(fields, app=SandboxApp(), tokens=MINT, now_ms=NOW_MS, url_characters=url_characters)
    assert (verdict.valid, bool(verdict.warnings)) == (True, warned)


def test_any_text_gets_a_verdict() -> None:
    """Whatever arrives is judged, and no text makes the judge fail."""
    chance = random.Random(7)
    pieces = [
        "h.t=",
        "h.cr=",
        "&",
        "=",
        "%",
        "%00",
        "%FF",
        "t_other=",
        "|",
        ",",
        "cmet.",
        "9" * 5000,
        "é",
        "²",
        "rt.end=",
    ]
    for _ in range(500):
        raw = "".join(chance.choices(pieces, k=12))
        assert not judge_text(raw).valid
