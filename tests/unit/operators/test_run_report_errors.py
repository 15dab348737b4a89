# SPDX-License-Identifier: Apache-2.0
"""Tests of what ends the operator's report before anything is sent."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_mpulse.exceptions import BeaconError, MPulseSettingsError, UnknownNameError
from airflow_mpulse.reporting.beacons import ReportSettings
from tests.unit.operators.runs import TASKS, build, see


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"timers": {"Load": 1}}, "defines no custom timer 'Load' (did you mean 'Load Step'?)"),
        ({"task_timers": {"Load": "load"}}, "defines no custom timer 'Load' (did you mean 'Load Step'?)"),
        ({"metrics": {"Rows": 1}}, "defines no custom metric 'Rows' (did you mean 'Rows Loaded'?)"),
        ({"dimensions": {"region": "eu"}}, "defines no custom dimension 'region' (did you mean 'Region'?)"),
        ({"settings": ReportSettings(fact_timers={"T": "duration_ms"})}, "no custom timer 'T'"),
        ({"settings": ReportSettings(fact_metrics={"M": "retries"})}, "no custom metric 'M'"),
        ({"settings": ReportSettings(fact_dimensions={"D": "state"})}, "no custom dimension 'D'"),
    ],
    ids=["timer", "task-timer", "metric", "dimension", "option-timer", "option-metric", "option-dimension"],
)
@pytest.mark.parametrize("report", ["run", "tasks", "all"])
def test_undefined_name_ends_the_report(report: str, arguments: dict[str, Any], sentence: str) -> None:
    """A name that the app does not define ends the report before a beacon is built, whoever asked for it."""
    with pytest.raises(UnknownNameError) as caught:
        build(report=report, **arguments)
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    "arguments",
    [{"report": "tasks"}, {"report": "all"}, {"task_timers": {"Load Step": "load"}}],
    ids=["tasks", "all", "task-timers"],
)
def test_airflow_without_durations_is_told(arguments: dict[str, Any]) -> None:
    """Where Airflow tells a task no durations, asking for them ends with a sentence that says what helps."""
    with pytest.raises(MPulseSettingsError) as caught:
        build(see(*TASKS, tells_durations=False), **arguments)
    assert "use Airflow 3.2 or later, or report='run'." in str(caught.value)


def test_airflow_without_durations_reports_the_run() -> None:
    """Where Airflow tells a task no durations, the run is reported with its counts all the same."""
    built = build(see(*TASKS, tells_durations=False))
    assert built.run_beacon is not None
    assert built.run_beacon.session is not None
    assert built.run_beacon.session.length == 8


@pytest.mark.parametrize(
    ("arguments", "kind", "sentence"),
    [
        ({"page_group": ""}, MPulseSettingsError, "The argument page_group of the task 'report'"),
        ({"page_group": "{task_id}"}, MPulseSettingsError, "fields of a run: {dag_id}, {run_type}."),
        ({"report": "tasks", "task_page_group": "{x}"}, MPulseSettingsError, "the unknown field 'x'"),
        ({"report": "tasks", "task_page_group": "{task_group}"}, BeaconError, "is empty"),
        ({"ab_test": "x" * 26}, MPulseSettingsError, "The argument ab_test of the task 'report'"),
        ({"timers": {"Load Step": -1}}, MPulseSettingsError, "The argument timers of the task 'report'"),
        ({"metrics": {"Cost": "nan"}}, MPulseSettingsError, "The argument metrics of the task 'report'"),
        ({"task_ids": "lod"}, MPulseSettingsError, "did you mean 'load'"),
        ({"task_timers": {"load": "Load Step"}}, MPulseSettingsError, "not the reverse"),
    ],
    ids=[
        *("empty-page-group", "field-of-a-task", "unknown-field", "nothing-filled-in", "bucket"),
        *("negative-timer", "nan-metric", "glob", "swapped"),
    ],
)
def test_bad_argument_ends_the_report(
    arguments: dict[str, Any], kind: type[Exception], sentence: str
) -> None:
    """An argument that cannot be sent ends the report with a sentence that names it."""
    with pytest.raises(kind) as caught:
        build(**arguments)
    assert sentence in str(caught.value)
