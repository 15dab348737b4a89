# SPDX-License-Identifier: Apache-2.0
"""Tests of what the operator reports, with plain values in the place of Airflow's objects."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from airflow_mpulse.delivery.report import DeliveryReport
from airflow_mpulse.reporting.beacons import ReportSettings
from tests.unit.operators.runs import SESSION_ID, SoFar, build, see, task


def test_run_is_reported_alone() -> None:
    """With report=run there is one beacon, of the run so far, whose session counts every finished task."""
    built = build()
    assert built.run_beacon is not None
    assert built.beacons == [built.run_beacon]
    assert built.run_beacon.page_group == "daily_sales"
    assert built.run_beacon.duration_ms == 300_000
    assert built.run_beacon.session is not None
    assert (built.run_beacon.session.session_id, built.run_beacon.session.length) == (SESSION_ID, 8)
    assert (built.left_out, built.remarks) == ({}, ())


def test_finished_tasks_are_reported_alone() -> None:
    """With report=tasks, each task that succeeded or failed has a beacon; skipped and the like have none."""
    built = build(report="tasks")
    assert built.run_beacon is None
    assert [(beacon.page_group, beacon.duration_ms) for beacon in built.beacons] == [
        ("daily_sales - extract", 2000),
        ("daily_sales - load", 3000),
        ("daily_sales - load", 9000),
    ]
    assert {beacon.session.session_id for beacon in built.beacons if beacon.session} == {SESSION_ID}
    assert built.left_out == {}


def test_all_ends_with_the_run() -> None:
    """With report=all the tasks' beacons come first and the run's is the last of the session."""
    groups = [beacon.page_group for beacon in build(report="all").beacons]
    assert groups == ["daily_sales - extract", "daily_sales - load", "daily_sales - load", "daily_sales"]


@pytest.mark.parametrize(
    ("task_ids", "groups"),
    [
        ("load", ["load", "load"]),
        (["ext*"], ["extract"]),
        (["*a*", "ex*"], ["extract", "load", "load"]),
        (["optional"], []),
        ([], []),
    ],
    ids=["one", "glob", "overlapping", "only-skipped", "none"],
)
def test_globs_choose_the_tasks(task_ids: object, groups: list[str]) -> None:
    """Only tasks that a glob matches are reported, each once though two globs match it."""
    built = build(report="tasks", task_ids=task_ids)
    assert [beacon.page_group for beacon in built.beacons] == [f"daily_sales - {group}" for group in groups]


def test_task_timer_is_the_longest_instance() -> None:
    """A task timer holds the longest of the mapped instances that ran, whatever skipped ones seem to take."""
    built = build(task_timers={"Load Step": "load", "Parse Step": "extract"})
    assert built.run_beacon is not None
    assert built.run_beacon.timers == {"Load Step": 9000, "Parse Step": 2000}


def test_task_timer_looks_beyond_the_globs() -> None:
    """task_ids choose which tasks get beacons, not which may fill a task timer."""
    built = build(report="all", task_ids="extract", task_timers={"Load Step": "load"})
    assert built.run_beacon is not None
    assert built.run_beacon.timers == {"Load Step": 9000}


@pytest.mark.parametrize(
    "so_far",
    [
        see(task("load", "skipped")),
        see(task("load", seconds=None)),
        see(task("extract")),
        see(),
    ],
    ids=["skipped", "no-start", "not-finished", "no-task"],
)
def test_task_timer_without_a_duration_is_remarked_on(so_far: SoFar) -> None:
    """A task timer whose task has no duration is left out, and the log says so."""
    built = build(so_far, task_timers={"Load Step": "load"})
    assert built.run_beacon is not None
    assert built.run_beacon.timers == {}
    assert built.remarks == (
        "The task 'load' has no duration in this run, so the timer 'Load Step' is left out.",
    )


def test_task_timers_without_a_run_are_remarked_on() -> None:
    """With report=tasks there is no run's beacon for task timers, and the log says so."""
    built = build(report="tasks", task_timers={"Load Step": "load"})
    assert built.remarks == ("task_timers go on the run's beacon, which report='tasks' does not send.",)
    assert all(beacon.timers == {} for beacon in built.beacons)


def test_task_without_a_start_is_counted() -> None:
    """A task whose start Airflow does not tell gets no made-up beacon; it is counted, and the log says so."""
    built = build(
        see(task("extract"), task("load", seconds=None), task("load", "failed", None)), report="all"
    )
    assert [beacon.page_group for beacon in built.task_beacons] == ["daily_sales - extract"]
    assert built.left_out == {"no_start": 2}
    assert built.remarks == (
        "Finished tasks that get no beacon: 2; Airflow does not tell when they started.",
    )


def test_task_that_cannot_be_sent_is_counted() -> None:
    """A task whose page group comes out empty gets no beacon and is counted; the others are reported."""
    grouped = replace(task("inside"), task_group="group")
    built = build(see(grouped, task("outside")), report="tasks", task_page_group="{task_group}")
    assert [beacon.page_group for beacon in built.task_beacons] == ["group"]
    assert built.left_out == {"invalid": 1}
    assert built.remarks == (
        "Finished tasks that get no beacon: 1; their facts make no beacon that could be sent.",
    )


def test_task_of_before_the_run_was_cleared_is_counted() -> None:
    """A task that ended before the run's present start was reported then, and is not reported again."""
    seen = see(task("extract"), task("load"))
    ended_at = seen.run.started_at - timedelta(seconds=1)
    earlier = replace(task("extract"), started_at=ended_at - timedelta(minutes=1), ended_at=ended_at)
    built = build(see(earlier, task("load")), report="all")
    assert [beacon.page_group for beacon in built.task_beacons] == ["daily_sales - load"]
    assert built.left_out == {"before_run": 1}


VALUES = {
    "timers": {"Load Step": "1500"},
    "metrics": {"Rows Loaded": "12"},
    "dimensions": {"Region": "eu"},
}


def test_timers_and_metrics_are_the_runs_alone() -> None:
    """With report=all the author's dimensions go on every beacon, timers and metrics on the run's only."""
    built = build(report="all", **VALUES)
    assert built.run_beacon is not None
    assert (built.run_beacon.timers, built.run_beacon.metrics) == ({"Load Step": 1500}, {"Rows Loaded": 12})
    assert [beacon.dimensions for beacon in built.beacons] == [{"Region": "eu"}] * 4
    assert all((beacon.timers, beacon.metrics) == ({}, {}) for beacon in built.task_beacons)


def test_values_go_on_each_task_where_there_is_no_run() -> None:
    """With report=tasks the author's timers, metrics and dimensions go on each task's beacon."""
    for beacon in build(report="tasks", **VALUES).beacons:
        assert (beacon.timers, beacon.metrics) == ({"Load Step": 1500}, {"Rows Loaded": 12})
        assert beacon.dimensions == {"Region": "eu"}


def test_arguments_win_over_options() -> None:
    """Page groups, bucket and version of the operator replace those of the options."""
    options = ReportSettings(page_group="option run", task_page_group="option task")
    built = build(
        settings=options,
        report="all",
        page_group="own {run_type}",
        task_page_group="own {task_id}",
        ab_test="blue",
        site_version="7",
    )
    assert built.run_beacon is not None
    assert built.run_beacon.page_group == "own scheduled"
    assert built.task_beacons[0].page_group == "own extract"
    assert all((beacon.ab_test, beacon.site_version) == ("blue", "7") for beacon in built.beacons)
    assert [beacon.page_group for beacon in build(settings=options).beacons] == ["option run"]


def test_remarks_of_the_arguments_reach_the_log() -> None:
    """A value that a template left empty is remarked on beside what the run lacks."""
    built = build(see(), metrics={"Cost": "None"}, task_timers={"Load Step": "load"})
    assert [remark.split(" ")[1] for remark in built.remarks] == ["value", "task"]


def test_summary_is_small_and_plain() -> None:
    """The summary names page groups with their numbers of beacons, and survives JSON."""
    built = build(report="all")
    summary = built.summarise(DeliveryReport(sent=4))
    assert summary == {
        "sent": 4,
        "session_id": SESSION_ID,
        "run": {"page_group": "daily_sales", "duration_ms": 300_000},
        "tasks": {"daily_sales - load": 2, "daily_sales - extract": 1},
        "left_out": {},
    }
    assert json.loads(json.dumps(summary)) == summary


def test_summary_of_nothing_is_empty() -> None:
    """A report of tasks of which none was chosen has no beacons and an empty summary."""
    summary = build(report="tasks", task_ids=[]).summarise(DeliveryReport())
    assert summary == {"sent": 0, "session_id": None, "run": None, "tasks": {}, "left_out": {}}


def test_summary_names_fifty_page_groups() -> None:
    """Of many page groups the summary names the fifty with the most beacons, so that an XCom stays small."""
    tasks = [task(f"task_{number}") for number in range(200)]
    summary = build(see(*tasks, task("task_150")), report="tasks").summarise(DeliveryReport(sent=201))
    assert len(summary["tasks"]) == 50
    assert summary["tasks"]["daily_sales - task_150"] == 2
