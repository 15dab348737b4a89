# SPDX-License-Identifier: Apache-2.0
"""Tests of a report: what it is called, and when its start is asked for."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from airflow_mpulse.exceptions import BeaconError
from airflow_mpulse.reporting.beacons import ReportSettings
from airflow_mpulse.reporting.facts import RunFacts, TaskFacts
from airflow_mpulse.reporting.report import Report
from airflow_mpulse.reporting.report_json import report_from_json, report_to_json
from tests.support.clocks import START

RUN = RunFacts("sales", "manual__1", START, START + timedelta(seconds=10), state="success")
TASK = TaskFacts("load", "success", START, START + timedelta(seconds=5), map_index=3)
REPORT = Report(RUN, None, "mpulse_default", ReportSettings())
FIRST_POKE = START - timedelta(minutes=2)


def test_name_is_what_people_say() -> None:
    """A report is named by its run, or by its task and that one's run."""
    assert REPORT.name == "run manual__1 of sales"
    assert replace(REPORT, task=TASK).name == "task load[3] of the run manual__1 of sales"


def test_start_is_asked_for_once() -> None:
    """The first poke, where Airflow knows one, is the task's start, and is not asked for again."""
    asked = replace(REPORT, task=TASK, find_start=lambda: FIRST_POKE).with_start()
    assert asked.task == replace(TASK, started_at=FIRST_POKE)
    assert asked.find_start is None
    assert asked.with_start() is asked


def test_start_that_nobody_knows_stays() -> None:
    """Where Airflow knows no first poke, or there is no task, the facts stay as they are."""
    unknown = replace(REPORT, task=TASK, find_start=lambda: None).with_start()
    assert (unknown.task, unknown.find_start) == (TASK, None)
    assert replace(REPORT, find_start=lambda: FIRST_POKE).with_start() == REPORT


@pytest.mark.parametrize(
    ("place", "value"), [("mpulse_conn_id", 7), ("run", {"started_at": "2026-03-01T12:00:00"})]
)
def test_what_was_kept_by_another_is_told(place: str, value: object) -> None:
    """A connection that is no text, or an instant without a time zone, is no report."""
    written = report_to_json(REPORT)
    written[place] = {**written[place], **value} if isinstance(value, dict) else value
    with pytest.raises(BeaconError, match="no report of this package"):
        report_from_json(written)
