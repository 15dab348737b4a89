# SPDX-License-Identifier: Apache-2.0
"""Tests of the beacons that facts become."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from airflow_mpulse.exceptions import BeaconError, MPulseSettingsError
from airflow_mpulse.protocol.beacon import Beacon, Session
from airflow_mpulse.reporting.beacons import AuthorValues, ReportSettings, build_run_beacon, build_task_beacon
from airflow_mpulse.reporting.facts import RunFacts, TaskCounts, TaskFacts
from tests.support.clocks import START
from tests.support.values import CONFIG, make_config

RUN = RunFacts(
    "daily_sales",
    "scheduled__2026-03-01T00:00:00+00:00",
    START,
    ended_at=START + timedelta(seconds=60),
    state="success",
    run_type="scheduled",
    counts=TaskCounts(succeeded=2, skipped=1),
    url="https://airflow.example.com/dags/daily_sales/runs/r",
    site_version="bundle-7",
)
TASK = TaskFacts(
    "load",
    "success",
    started_at=START + timedelta(seconds=10),
    ended_at=START + timedelta(seconds=25),
    try_number=2,
    operator="PythonOperator",
    url="https://airflow.example.com/dags/daily_sales/runs/r/tasks/load",
)
SESSION_ID = "fb74c79b-3f9c-5c5e-b38e-19bea09b32e5-tb7yo0"
DEFAULTS = ReportSettings()


def test_run_becomes_a_beacon() -> None:
    """A run is a page view from its start to its end, the last of a session of all its tasks."""
    assert build_run_beacon(RUN, CONFIG, DEFAULTS) == Beacon(
        page_group="daily_sales",
        started_at=START,
        ended_at=START + timedelta(seconds=60),
        session=Session(SESSION_ID, START, 4),
        url="https://airflow.example.com/dags/daily_sales/runs/r",
        site_version="bundle-7",
    )


def test_task_becomes_a_beacon_of_the_same_session() -> None:
    """A task is a page view of its own times in the run's session, whose length it does not know."""
    assert build_task_beacon(RUN, TASK, CONFIG, DEFAULTS) == Beacon(
        page_group="daily_sales - load",
        started_at=START + timedelta(seconds=10),
        ended_at=START + timedelta(seconds=25),
        session=Session(SESSION_ID, START),
        url="https://airflow.example.com/dags/daily_sales/runs/r/tasks/load",
        site_version="bundle-7",
    )


def test_session_length_is_left_out_where_no_counts_are_known() -> None:
    """A run whose task instances Airflow does not tell has a session of unknown length."""
    session = build_run_beacon(replace(RUN, counts=None), CONFIG, DEFAULTS).session
    assert session is not None
    assert session.length is None


def test_run_without_tasks_is_a_session_of_one() -> None:
    """A run whose tasks are none has one page view, its own."""
    session = build_run_beacon(replace(RUN, counts=TaskCounts()), CONFIG, DEFAULTS).session
    assert session is not None
    assert session.length == 1


@pytest.mark.parametrize("send_url", [True, False])
def test_url_is_sent_unless_switched_off(send_url: bool) -> None:
    """The page in the Airflow UI goes along unless the option says otherwise."""
    settings = ReportSettings(send_url=send_url)
    assert build_run_beacon(RUN, CONFIG, settings).url == (RUN.url if send_url else None)
    assert build_task_beacon(RUN, TASK, CONFIG, settings).url == (TASK.url if send_url else None)


def test_authors_version_and_bucket_win() -> None:
    """A site version that was asked for replaces the bundle's, and an A/B bucket goes on both beacons."""
    settings = ReportSettings(ab_test="blue", site_version="2026.3")
    for beacon in (build_run_beacon(RUN, CONFIG, settings), build_task_beacon(RUN, TASK, CONFIG, settings)):
        assert (beacon.ab_test, beacon.site_version) == ("blue", "2026.3")


def test_patterns_of_the_settings_are_used() -> None:
    """A run and its tasks take their page groups from the patterns."""
    settings = ReportSettings(page_group="run {run_type}", task_page_group="{operator}")
    assert build_run_beacon(RUN, CONFIG, settings).page_group == "run scheduled"
    assert build_task_beacon(RUN, TASK, CONFIG, settings).page_group == "PythonOperator"


@pytest.mark.parametrize("name", ["dag.with.dots", "日次売上", "x" * 250, "Отчёт"])
def test_names_of_every_kind_make_beacons(name: str) -> None:
    """Dotted, unicode and 250-character DAG and task IDs make beacons."""
    run, task = replace(RUN, dag_id=name), replace(TASK, task_id=name)
    clean = name.replace(".", "-")
    assert build_run_beacon(run, CONFIG, DEFAULTS).page_group == clean
    assert build_task_beacon(run, task, CONFIG, DEFAULTS).page_group == f"{clean} - {clean}"


NAMES = make_config(
    timers={"Airflow Queue Wait": "custom0", "Step": "custom1"},
    metrics={"Airflow Retries": "cmet.R", "Airflow Tasks Skipped": "cmet.S", "Rows": "cmet.Rows"},
    dimensions={"Airflow State": "cdim.S", "Team": "cdim.T"},
)


def test_nearest_value_to_the_author_wins() -> None:
    """The author's value beats the administrator's map, which beats the well-known name."""
    settings = ReportSettings(
        fact_metrics={"Airflow Retries": "try_number", "Rows": "tasks_finished"},
        fact_dimensions={"Airflow State": "task_id", "Team": "operator"},
        fact_timers={"Step": "duration_ms"},
    )
    beacon = build_task_beacon(
        RUN, TASK, NAMES, settings, AuthorValues(timers={"Step": 7}, dimensions={"Team": "sales"})
    )
    assert beacon.timers == {"Step": 7}
    assert beacon.metrics == {"Airflow Retries": 2}
    assert beacon.dimensions == {"Airflow State": "load", "Team": "sales"}


def test_well_known_names_need_no_settings() -> None:
    """Names that the app defines are filled in by themselves, each where its fact is known."""
    assert build_run_beacon(RUN, NAMES, DEFAULTS).metrics == {"Airflow Tasks Skipped": 1}
    assert build_task_beacon(RUN, TASK, NAMES, DEFAULTS).metrics == {"Airflow Retries": 1}
    assert build_task_beacon(RUN, TASK, NAMES, DEFAULTS).dimensions == {"Airflow State": "success"}
    assert build_task_beacon(RUN, TASK, NAMES, DEFAULTS).timers == {}


def test_authors_value_of_zero_or_false_is_kept() -> None:
    """An author's 0 or false is a value: it is not replaced by a fact."""
    values = AuthorValues(metrics={"Airflow Retries": 0}, dimensions={"Airflow State": False})
    beacon = build_task_beacon(RUN, TASK, NAMES, DEFAULTS, values)
    assert beacon.metrics == {"Airflow Retries": 0}
    assert beacon.dimensions == {"Airflow State": False}


def test_run_without_an_end_is_refused() -> None:
    """A run that has not ended has no duration, and the error names it."""
    with pytest.raises(BeaconError) as caught:
        build_run_beacon(replace(RUN, ended_at=None, run_id="r1"), CONFIG, DEFAULTS)
    assert str(caught.value) == (
        "The run 'r1' of 'daily_sales' has no end yet, so there is no duration to report."
    )


@pytest.mark.parametrize("missing", ["started_at", "ended_at"])
def test_task_without_times_is_refused(missing: str) -> None:
    """No beacon is made up for a task whose start or end Airflow does not tell."""
    task = replace(TASK, map_index=3, **{missing: None})
    with pytest.raises(BeaconError) as caught:
        build_task_beacon(RUN, task, CONFIG, DEFAULTS)
    assert str(caught.value) == (
        "Airflow does not tell when the task 'load[3]' started and ended, so no beacon is made up."
    )


@pytest.mark.parametrize(
    ("settings", "kind", "sentence"),
    [
        (ReportSettings(page_group="{task_id}"), MPulseSettingsError, "has the unknown field 'task_id'"),
        (ReportSettings(ab_test="a,b"), BeaconError, "The A/B test bucket 'a,b' must be 1 to 25"),
        (ReportSettings(site_version="\x00"), BeaconError, "The site version"),
    ],
    ids=["page-group", "bucket", "version"],
)
def test_unsendable_setting_is_refused(settings: ReportSettings, kind: type, sentence: str) -> None:
    """A setting that cannot be sent ends with an error while the beacon is built."""
    with pytest.raises(kind) as caught:
        build_run_beacon(RUN, CONFIG, settings)
    assert sentence in str(caught.value)
