# SPDX-License-Identifier: Apache-2.0
"""A report: facts of one task or one run that has ended, and how they are to be sent."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from airflow_mpulse.exceptions import UnknownNameError
from airflow_mpulse.reporter.recent import RecentKeys
from airflow_mpulse.reporting.beacons import AuthorValues, ReportSettings, build_run_beacon, build_task_beacon

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from airflow_mpulse.protocol.beacon import Beacon
    from airflow_mpulse.protocol.config import BeaconConfig, Kind
    from airflow_mpulse.reporting.facts import RunFacts, TaskFacts

_LOG = logging.getLogger(__name__)

_said = RecentKeys()


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
    :param find_start: Asks Airflow when a rescheduled sensor was first poked.
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

    def build(self, config: BeaconConfig) -> Beacon:  # noqa: DOC502
        """
        Build the beacon.

        :param config: The configuration, for the names that the app defines.
        :return: The beacon.
        :raises UnknownNameError: If the app does not define a name that the author gave.
        :raises BeaconError: If Airflow does not tell the start or the end, or a value cannot be sent.
        """
        settings, values = self._choose_names(config)
        if self.task is None:
            return build_run_beacon(self.run, config, settings, values)
        task = self.task
        first_start = None if self.find_start is None else self.find_start()
        if first_start is not None:
            task = replace(task, started_at=first_start)
        return build_task_beacon(self.run, task, config, settings, values)

    def _choose_names(self, config: BeaconConfig) -> tuple[ReportSettings, AuthorValues]:
        given, measured, settings = self.values, self.measured, self.settings
        config.check_names("timer", given.timers)
        config.check_names("metric", given.metrics)
        config.check_names("dimension", given.dimensions)
        values = AuthorValues(
            timers={**_keep_defined("timer", config, measured.timers), **given.timers},
            metrics={**_keep_defined("metric", config, measured.metrics), **given.metrics},
            dimensions={**_keep_defined("dimension", config, measured.dimensions), **given.dimensions},
        )
        settings = replace(
            settings,
            fact_timers=_keep_defined("timer", config, settings.fact_timers),
            fact_metrics=_keep_defined("metric", config, settings.fact_metrics),
            fact_dimensions=_keep_defined("dimension", config, settings.fact_dimensions),
        )
        return settings, values


def _keep_defined(kind: Kind, config: BeaconConfig, values: Mapping[str, Any]) -> dict[str, Any]:
    kept = {}
    for name, value in values.items():
        try:
            config.check_names(kind, [name])
        except UnknownNameError as error:
            # A scheduler meets the same name of an option with every run.
            said_before = _said.add(str(error))
            _LOG.log(
                logging.DEBUG if said_before else logging.WARNING, "The beacon goes without it: %s", error
            )
        else:
            kept[name] = value
    return kept
