# SPDX-License-Identifier: Apache-2.0
"""Tests of the beacon that the command ``send`` makes of its arguments."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from airflow_mpulse.cli.main import build_parser
from airflow_mpulse.cli.send import build_beacon
from airflow_mpulse.exceptions import MPulseError
from airflow_mpulse.reporting.arguments import Arguments
from tests.support.clocks import START
from tests.support.values import make_beacon

if TYPE_CHECKING:
    from airflow_mpulse.protocol.beacon import Beacon


def build(*more: str, reader: Arguments | None = None) -> Beacon:
    arguments = build_parser().parse_args(["send", "--page-group", "Nightly", "--duration-ms", "1500", *more])
    return build_beacon(arguments, reader or Arguments("the command"), START)


def test_beacon_ends_now() -> None:
    """Without a start the beacon ends now and began as long ago as it lasts."""
    assert build() == make_beacon(
        page_group="Nightly", started_at=START - timedelta(milliseconds=1500), ended_at=START
    )


def test_every_argument_is_on_the_beacon() -> None:
    """Each argument is a field of the beacon, numbers exactly as they were written."""
    beacon = build(
        *("--started-at", "2026-02-28T23:00:00+01:00", "--timer", "Load Step=12.5", "--metric", "Cost=0.10"),
        *(
            "--metric",
            "Rows Loaded=9007199254740993",
            "--dimension",
            "Region=EMEA",
            "--ab-test",
            "new loader",
        ),
        *("--site-version", "4.1", "--url", "https://ci.example.com/job/7"),
    )
    assert beacon.started_at.isoformat() == "2026-02-28T22:00:00+00:00"
    assert beacon.duration_ms == 1500
    assert beacon.timers == {"Load Step": Decimal("12.5")}
    assert beacon.metrics == {"Cost": Decimal("0.10"), "Rows Loaded": 9007199254740993}
    assert beacon.dimensions == {"Region": "EMEA"}
    assert (beacon.ab_test, beacon.site_version) == ("new loader", "4.1")
    assert beacon.url == "https://ci.example.com/job/7"


def test_empty_value_is_remarked() -> None:
    """What a template left as None is left out with a remark."""
    reader = Arguments("the command")
    assert build("--dimension", "Region=None", reader=reader).dimensions == {}
    assert reader.remarks == ["The value of 'Region' in --dimension is empty, so it is left out."]


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (["--timer", "A=1", "--timer", "A=2"], "The argument --timer of the command names 'A' twice;"),
        (
            ["--metric", "Rows=many"],
            "The argument --metric of the command cannot be sent: The custom metric 'Rows'",
        ),
        (
            ["--timer", "A=-1"],
            "The argument --timer of the command cannot be sent: The custom timer 'A' is -1",
        ),
        (["--ab-test", "a/b"], "The A/B test bucket 'a/b' must be 1 to 25 characters"),
        (["--url", "ci.example.com"], "The URL 'ci.example.com' must be absolute"),
        (["--started-at", "9999-12-31T23:59:59Z"], "The beacon would end after the year 9999"),
        (["--started-at", "0001-01-01T00:00:00+01:00"], "is outside the years 1 to 9999 in UTC."),
    ],
)
def test_what_cannot_be_sent_is_told(more: list[str], sentence: str) -> None:
    """An argument that cannot be sent is one sentence that names it."""
    with pytest.raises(MPulseError) as caught:
        build(*more)
    assert sentence in str(caught.value)
