# SPDX-License-Identifier: Apache-2.0
"""
From facts to beacons: page group, session, times, and what goes with them.

Values come from three places and the nearest to the author wins: the well-known names, the administrator's
maps of names to facts, and what the author of the DAG gave.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from airflow_mpulse.exceptions import BeaconError, NoStartError
from airflow_mpulse.protocol.beacon import Beacon, DimensionValue, Number
from airflow_mpulse.reporting.page_groups import RUN_PATTERN, TASK_PATTERN, run_page_group, task_page_group
from airflow_mpulse.reporting.sessions import build_session
from airflow_mpulse.reporting.well_known import (
    FactValues,
    run_fact_values,
    task_fact_values,
    well_known_values,
)

if TYPE_CHECKING:
    from airflow_mpulse.protocol.config import BeaconConfig, Kind
    from airflow_mpulse.reporting.facts import RunFacts, TaskFacts

NameMap = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ReportSettings:
    """
    How facts are to be reported.

    :param page_group: The pattern of a run's page group.
    :param task_page_group: The pattern of a task's page group.
    :param ab_test: The A/B bucket, where one was asked for.
    :param site_version: The site version; when not given, the one that Airflow knows.
    :param send_url: Whether the page in the Airflow UI is sent.
    :param fact_timers: Names of custom timers that facts go under.
    :param fact_metrics: Names of custom metrics that facts go under.
    :param fact_dimensions: Names of custom dimensions that facts go under.
    """

    page_group: str = RUN_PATTERN
    task_page_group: str = TASK_PATTERN
    ab_test: str | None = None
    site_version: str | None = None
    send_url: bool = True
    fact_timers: NameMap = field(default_factory=dict)
    fact_metrics: NameMap = field(default_factory=dict)
    fact_dimensions: NameMap = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AuthorValues:
    """
    What the author of the DAG gave, by the names of the app.

    :param timers: Custom timers, milliseconds from 0.
    :param metrics: Custom metrics.
    :param dimensions: Custom dimensions.
    """

    timers: Mapping[str, Number] = field(default_factory=dict)
    metrics: Mapping[str, Number] = field(default_factory=dict)
    dimensions: Mapping[str, DimensionValue] = field(default_factory=dict)


def build_run_beacon(
    run: RunFacts, config: BeaconConfig, settings: ReportSettings, values: AuthorValues | None = None
) -> Beacon:
    """
    Build the beacon of a run.

    The session length is the number of finished task instances and one more, for the run's own page view.

    :param run: The run; its end must be known.
    :param config: The configuration, for the names that the app defines.
    :param settings: How to report.
    :param values: What the author gave.
    :return: The beacon.
    :raises BeaconError: If the run's end is not known, or a value cannot be sent.
    """
    if run.ended_at is None:
        msg = f"The run {run.run_id!r} of {run.dag_id!r} has no end yet, so there is no duration to report."
        raise BeaconError(msg)
    return Beacon(
        page_group=run_page_group(settings.page_group, run),
        started_at=run.started_at,
        ended_at=run.ended_at,
        session=build_session(run, length=None if run.counts is None else run.counts.finished + 1),
        url=run.url if settings.send_url else None,
        **_collect(run, config, settings, run_fact_values(run), values or AuthorValues()),
    )


def build_task_beacon(  # noqa: DOC503
    run: RunFacts,
    task: TaskFacts,
    config: BeaconConfig,
    settings: ReportSettings,
    values: AuthorValues | None = None,
) -> Beacon:
    """
    Build the beacon of a task.

    :param run: The run that the task belongs to.
    :param task: The task; its start and end must be known.
    :param config: The configuration, for the names that the app defines.
    :param settings: How to report.
    :param values: What the author gave.
    :return: The beacon.
    :raises NoStartError: If start or end is not known.
    :raises BeaconError: If a value cannot be sent.
    """
    if task.started_at is None or task.ended_at is None:
        msg = f"Airflow does not tell when the task {task.name!r} started and ended, so no beacon is made up."
        raise NoStartError(msg)
    return Beacon(
        page_group=task_page_group(settings.task_page_group, run, task),
        started_at=task.started_at,
        ended_at=task.ended_at,
        session=build_session(run),
        url=task.url if settings.send_url else None,
        **_collect(run, config, settings, task_fact_values(run, task), values or AuthorValues()),
    )


def _collect(
    run: RunFacts, config: BeaconConfig, settings: ReportSettings, facts: FactValues, values: AuthorValues
) -> dict[str, Any]:
    return {
        "ab_test": settings.ab_test,
        "site_version": settings.site_version or run.site_version,
        "timers": _merge("timer", config, facts, settings.fact_timers, values.timers),
        "metrics": _merge("metric", config, facts, settings.fact_metrics, values.metrics),
        "dimensions": _merge("dimension", config, facts, settings.fact_dimensions, values.dimensions),
    }


def _merge(
    kind: Kind, config: BeaconConfig, facts: FactValues, mapped: NameMap, given: Mapping[str, Any]
) -> dict[str, Any]:
    chosen = {name: facts[fact] for name, fact in mapped.items() if fact in facts}
    return {**well_known_values(kind, config.labels(kind), facts), **chosen, **given}
