# SPDX-License-Identifier: Apache-2.0
"""Properties of a report that had to wait: it comes back as it was, and what is none is one of our errors."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from airflow_mpulse.exceptions import BeaconError, MPulseError
from airflow_mpulse.protocol.beacon import Beacon
from airflow_mpulse.reporting.beacons import AuthorValues, ReportSettings
from airflow_mpulse.reporting.facts import RunFacts, TaskCounts, TaskFacts
from airflow_mpulse.reporting.report import Report
from airflow_mpulse.reporting.report_json import report_from_json, report_to_json
from tests.support.clocks import START
from tests.support.properties import instants, json_values, numbers, sendable
from tests.support.values import CONFIG

_times = instants.map(lambda instant: instant - timedelta(days=1) if instant.year > 9000 else instant)
_values = st.builds(
    AuthorValues,
    timers=st.dictionaries(st.sampled_from(sorted(CONFIG.timers)), numbers.map(abs)),
    metrics=st.dictionaries(st.sampled_from(sorted(CONFIG.metrics)), numbers),
    dimensions=st.dictionaries(
        st.sampled_from(sorted(CONFIG.dimensions)), st.one_of(sendable, st.booleans(), numbers)
    ),
)
_settings = st.builds(
    ReportSettings,
    ab_test=st.one_of(st.none(), st.just("blue")),
    site_version=st.one_of(st.none(), sendable),
    send_url=st.booleans(),
    fact_metrics=st.dictionaries(st.sampled_from([*CONFIG.metrics, "Nope"]), st.just("failures")),
)


@st.composite
def reports(draw: st.DrawFn) -> Report:
    """Draw a report that can be sent."""
    started_at, ended_at = sorted([draw(_times), draw(_times)])
    run = RunFacts(
        draw(sendable),
        draw(sendable),
        started_at,
        ended_at,
        state="success",
        counts=draw(st.one_of(st.none(), st.builds(TaskCounts, *[st.integers(0, 10**6)] * 5))),
    )
    task = TaskFacts(
        draw(sendable),
        "failed",
        started_at=started_at,
        ended_at=ended_at,
        map_index=draw(st.integers(-1, 10**6)),
        try_number=draw(st.one_of(st.none(), st.integers(1, 100))),
        operator=draw(st.one_of(st.none(), sendable)),
        queued_at=draw(st.one_of(st.none(), _times)),
    )
    return Report(
        run,
        draw(st.sampled_from([None, task])),
        draw(sendable),
        draw(_settings),
        values=draw(_values),
        measured=draw(_values),
    )


def _as_told(report: Report) -> Any:
    return json.loads(json.dumps(report_to_json(report)))


@given(reports())
def test_report_that_waited_is_the_same_beacon(report: Report) -> None:
    """A report that was written and read again makes the same beacon, to the last digit."""
    told: list[str] = []
    assert report_from_json(_as_told(report)).build(CONFIG, told.append) == report.build(
        CONFIG, lambda _: None
    )


_PATHS: list[tuple[str, ...]] = [
    ("run",),
    ("task",),
    ("mpulse_conn_id",),
    ("settings",),
    ("values",),
    ("measured",),
    *(("run", name) for name in RunFacts.__dataclass_fields__),
    *(("task", name) for name in TaskFacts.__dataclass_fields__),
    *(("settings", name) for name in ReportSettings.__dataclass_fields__),
    *((kind, name) for kind in ("values", "measured") for name in AuthorValues.__dataclass_fields__),
    *(("run", "counts", name) for name in TaskCounts.__dataclass_fields__),
]
_TASK = Report(
    RunFacts("sales", "r1", START, START + timedelta(seconds=9), state="success", counts=TaskCounts(1)),
    TaskFacts(
        "load", "success", started_at=START, ended_at=START, queued_at=START, url="https://a.example/x"
    ),
    "mpulse_default",
    ReportSettings(fact_metrics={"Rows Loaded": "failures"}),
    AuthorValues({"Load Step": 1}, {"Cost": 2}, {"Region": "EMEA"}),
)


@given(st.sampled_from(_PATHS), json_values, st.booleans(), st.booleans())
def test_report_with_something_else_in_it(
    path: tuple[str, ...], value: object, is_missing: bool, is_run: bool
) -> None:
    """A report in which one thing is missing or of another kind makes a beacon, or ends in our error."""
    written = _as_told(replace(_TASK, task=None) if is_run else _TASK)
    place = written
    for name in path[:-1]:
        place = place[name] or {}
    if is_missing:
        place.pop(path[-1], None)
    else:
        place[path[-1]] = value
    try:
        beacon = report_from_json(written).build(CONFIG, lambda _: None)
    except MPulseError:
        return
    assert isinstance(beacon, Beacon)


@given(json_values)
def test_any_json_is_no_report(written: object) -> None:
    """JSON that is no report is one of our errors."""
    try:
        report_from_json(written)
    except BeaconError:
        return
    raise AssertionError(written)
