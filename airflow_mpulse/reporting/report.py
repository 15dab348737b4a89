# SPDX-License-Identifier: Apache-2.0
"""A report: facts of one task or one run that has ended, and how they are to be sent."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from airflow_mpulse.exceptions import UnknownNameError
from airflow_mpulse.reporting.beacons import AuthorValues, ReportSettings, build_run_beacon, build_task_beacon

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from airflow_mpulse.protocol.beacon import Beacon
    from airflow_mpulse.protocol.config import BeaconConfig, Kind
    from airflow_mpulse.reporting.facts import RunFacts, TaskFacts


@dataclass(frozen=True, slots=True)
class Report:
    """
    One task or one run that has ended.

    :param run: The run.
    :param task: The task; ``None`` where the run itself is reported.
    :param mpulse_conn_id: The connection's ID.
    :param settings: How it is reported.
    :param values: What the author of the DAG asked for; a name that the app does not define is an error.
    :param measured: What the task has measured; a name that the app does not define is left out.
    :param find_start: Asks Airflow when a rescheduled sensor was first poked; ``None`` where nothing is to be
        asked, or was asked already.
    """

    run: RunFacts
    task: TaskFacts | None
    mpulse_conn_id: str
    settings: ReportSettings
    values: AuthorValues = field(default_factory=AuthorValues)
    measured: AuthorValues = field(default_factory=AuthorValues)
    find_start: Callable[[], datetime | None] | None = None

    @property
    def name(self) -> str:
        """
        What is reported, as people say it.

        :return: Such as ``task load[3] of the run manual__1 of sales``.
        """
        run = f"run {self.run.run_id} of {self.run.dag_id}"
        return run if self.task is None else f"task {self.task.name} of the {run}"

    def with_start(self) -> Report:
        """
        Ask for the start where that is still to be asked, which may take a while.

        :return: A report that asks nothing any more.
        """
        if self.find_start is None:
            return self
        first_start, task = self.find_start(), self.task
        if task is not None and first_start is not None:
            task = replace(task, started_at=first_start)
        return replace(self, task=task, find_start=None)

    def build(self, config: BeaconConfig, on_remark: Callable[[str], None]) -> Beacon:  # noqa: DOC502
        """
        Build the beacon.

        :param config: The configuration, for the names that the app defines.
        :param on_remark: Is told of what the beacon goes without.
        :return: The beacon.
        :raises UnknownNameError: If the app does not define a name that the author gave.
        :raises BeaconError: If Airflow does not tell the start or the end, or a value cannot be sent.
        """
        given, measured, settings = self.values, self.measured, self.settings
        config.check_names("timer", given.timers)
        config.check_names("metric", given.metrics)
        config.check_names("dimension", given.dimensions)

        def keep(kind: Kind, values: Mapping[str, Any]) -> dict[str, Any]:
            return _keep_defined(kind, config, values, on_remark)

        values = AuthorValues(
            timers={**keep("timer", measured.timers), **given.timers},
            metrics={**keep("metric", measured.metrics), **given.metrics},
            dimensions={**keep("dimension", measured.dimensions), **given.dimensions},
        )
        settings = replace(
            settings,
            fact_timers=keep("timer", settings.fact_timers),
            fact_metrics=keep("metric", settings.fact_metrics),
            fact_dimensions=keep("dimension", settings.fact_dimensions),
        )
        if self.task is None:
            return build_run_beacon(self.run, config, settings, values)
        return build_task_beacon(self.run, self.task, config, settings, values)


def _keep_defined(
    kind: Kind, config: BeaconConfig, values: Mapping[str, Any], on_remark: Callable[[str], None]
) -> dict[str, Any]:
    kept = {}
    for name, value in values.items():
        try:
            config.check_names(kind, [name])
        except UnknownNameError as error:
            on_remark(f"The beacon goes without it: {error}")
        else:
            kept[name] = value
    return kept
