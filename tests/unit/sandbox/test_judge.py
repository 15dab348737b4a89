# SPDX-License-Identifier: Apache-2.0
"""Tests of the judge: good beacons, edges of the rules, and what arrives by mistake."""

from __future__ import annotations

import random

import pytest

from airflow_mpulse.sandbox.app import SandboxApp
from airflow_mpulse.sandbox.form import read_fields
from airflow_mpulse.sandbox.judge import judge
from airflow_mpulse.sandbox.judge.vocabulary import INITIATORS
from tests.unit.sandbox.samples import MINT, NOW_MS, beacon_text, judge_text

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
