# SPDX-License-Identifier: Apache-2.0
"""A run of seven task instances, and the operator's arguments, as plain values in Airflow's place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from airflow_mpulse.operators.run_report import BuiltReport, RunReport
from airflow_mpulse.reporting.beacons import ReportSettings
from airflow_mpulse.reporting.facts import RunFacts, TaskFacts, count_states
from tests.support.clocks import START
from tests.support.values import CONFIG

NOW = START + timedelta(minutes=5)
SESSION_ID = "fb74c79b-3f9c-5c5e-b38e-19bea09b32e5-tb7yo0"


@dataclass
class Operator:
    """The operator's arguments after rendering, with the operator's own defaults."""

    report: str = "run"
    page_group: Any = None
    task_page_group: Any = None
    task_ids: Any = None
    task_timers: Any = None
    timers: Any = None
    metrics: Any = None
    dimensions: Any = None
    ab_test: Any = None
    site_version: Any = None
    task_id: str = "report"


@dataclass
class SoFar:
    """A run as one of its tasks sees it."""

    run: RunFacts
    tasks: tuple[TaskFacts, ...]
    tells_durations: bool = True


def task(task_id: str, state: str = "success", seconds: float | None = 1.0, map_index: int = -1) -> TaskFacts:
    start = None if seconds is None else NOW - timedelta(seconds=seconds)
    return TaskFacts(task_id, state, start, NOW, map_index=map_index)


TASKS = (
    task("extract", seconds=2.0),
    task("load", seconds=3.0, map_index=0),
    task("load", "failed", seconds=9.0, map_index=1),
    task("load", "skipped", seconds=60.0, map_index=2),
    task("optional", "skipped", seconds=0.0),
    task("publish", "upstream_failed", seconds=0.0),
    task("branch", "removed", seconds=0.0),
)


def see(*tasks: TaskFacts, tells_durations: bool = True) -> SoFar:
    run = RunFacts(
        "daily_sales",
        "scheduled__2026-03-01T00:00:00+00:00",
        START,
        NOW,
        state="failed",
        run_type="scheduled",
        counts=count_states(one.state for one in tasks),
    )
    return SoFar(run, tasks, tells_durations)


def build(
    so_far: SoFar | None = None, settings: ReportSettings | None = None, **arguments: Any
) -> BuiltReport:
    so_far = so_far or see(*TASKS)
    task_ids = dict.fromkeys([*(one.task_id for one in so_far.tasks), *(one.task_id for one in TASKS)])
    report = RunReport.of(Operator(**arguments), settings or ReportSettings(), task_ids)  # type: ignore[arg-type]
    return report.build(so_far, CONFIG)  # type: ignore[arg-type]
