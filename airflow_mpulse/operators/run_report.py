# SPDX-License-Identifier: Apache-2.0
"""What the operator reports: its arguments and a run in, beacons and a summary out. Sends nothing itself."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Protocol

from airflow_mpulse.exceptions import BeaconError, MPulseSettingsError
from airflow_mpulse.reporting.arguments import Arguments
from airflow_mpulse.reporting.beacons import AuthorValues, ReportSettings, build_run_beacon, build_task_beacon
from airflow_mpulse.reporting.facts import REPORTED_TASK_STATES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from airflow_mpulse.airflow_facts.so_far import RunSoFar
    from airflow_mpulse.delivery.report import DeliveryReport
    from airflow_mpulse.protocol.beacon import Beacon
    from airflow_mpulse.protocol.config import BeaconConfig
    from airflow_mpulse.reporting.facts import TaskFacts

#: How many page groups the summary names, so that an XCom stays small.
MAX_NAMED_PAGE_GROUPS = 50

#: Why a finished task that was asked for gets no beacon.
LEFT_OUT = {
    "no_start": "Airflow does not tell when they started",
    "before_run": "they ended before the run was cleared and started again, and were reported then",
    "invalid": "their facts make no beacon that could be sent",
}

_LOG = logging.getLogger(__name__)


class Asked(Protocol):
    """What an author asked for: the operator's arguments, their templates rendered."""

    task_id: str
    report: str
    page_group: Any
    task_page_group: Any
    task_ids: Any
    task_timers: Any
    timers: Any
    metrics: Any
    dimensions: Any
    ab_test: Any
    site_version: Any


@dataclass(frozen=True, slots=True)
class BuiltReport:
    """
    Beacons that are ready to be sent, and what was left out on the way.

    :param run_beacon: The run's beacon, where it was asked for.
    :param task_beacons: The tasks' beacons.
    :param left_out: Numbers of tasks that were asked for and cannot be reported, by reason.
    :param remarks: Sentences for the task's log.
    """

    run_beacon: Beacon | None
    task_beacons: tuple[Beacon, ...]
    left_out: Mapping[str, int]
    remarks: tuple[str, ...]

    @property
    def beacons(self) -> list[Beacon]:
        """
        All beacons in the order in which they are sent.

        :return: The tasks' beacons, then the run's.
        """
        return [*self.task_beacons, *([self.run_beacon] if self.run_beacon else [])]

    def summarise(self, delivery: DeliveryReport) -> dict[str, Any]:
        """
        Say what was sent, as small as an XCom should be.

        :param delivery: What became of the beacons.
        :return: Plain values that JSON can hold.
        """
        groups = Counter(beacon.page_group for beacon in self.task_beacons)
        session = next((beacon.session for beacon in self.beacons), None)
        run = self.run_beacon
        return {
            "sent": delivery.sent,
            "session_id": session.session_id if session else None,
            "run": {"page_group": run.page_group, "duration_ms": run.duration_ms} if run else None,
            "tasks": dict(groups.most_common(MAX_NAMED_PAGE_GROUPS)),
            "left_out": dict(self.left_out),
        }


@dataclass(frozen=True, slots=True)
class RunReport:
    """
    The operator's arguments, checked.

    :param report: ``run``, ``tasks`` or ``all``.
    :param settings: Page groups, A/B bucket, site version, and what the options say.
    :param task_globs: Globs of the tasks to report, ``None`` for all.
    :param task_timers: Timers of the run's beacon that hold a task's duration: names to task IDs.
    :param values: Timers, metrics and dimensions of the author.
    :param remarks: Sentences for the task's log.
    """

    report: str
    settings: ReportSettings
    task_globs: tuple[str, ...] | None
    task_timers: Mapping[str, str]
    values: AuthorValues
    remarks: tuple[str, ...]

    @classmethod
    def of(  # noqa: DOC502
        cls, operator: Asked, settings: ReportSettings, task_ids: Iterable[str]
    ) -> RunReport:
        """
        Read an operator's arguments.

        :param operator: What the author asked for.
        :param settings: What the options say.
        :param task_ids: The other tasks of the DAG.
        :return: The checked arguments.
        :raises MPulseSettingsError: If an argument cannot be used.
        """
        arguments, known = Arguments(f"the task {operator.task_id!r}"), list(task_ids)
        values = arguments.values(operator.timers, operator.metrics, operator.dimensions)
        return cls(
            report=operator.report,
            settings=replace(
                settings,
                page_group=arguments.text("page_group", operator.page_group) or settings.page_group,
                task_page_group=arguments.text("task_page_group", operator.task_page_group)
                or settings.task_page_group,
                ab_test=arguments.ab_test(operator.ab_test),
                site_version=arguments.site_version(operator.site_version),
            ),
            task_globs=arguments.task_globs(operator.task_ids, known),
            task_timers=arguments.task_timers(operator.task_timers, known),
            values=values,
            remarks=tuple(arguments.remarks),
        )

    def build(self, so_far: RunSoFar, config: BeaconConfig) -> BuiltReport:  # noqa: DOC503
        """
        Build the beacons.

        :param so_far: The run as the operator's task sees it.
        :param config: The configuration, for the names that the app defines.
        :return: The beacons.
        :raises UnknownNameError: If the app does not define a name that the author or an option gave.
        :raises BeaconError: If the run's beacon, or every task's, cannot be sent.
        :raises MPulseSettingsError: If tasks are asked for and this Airflow does not tell how long they took.
        """
        self._check_names(config)
        wants_durations = self.report != "run" or self.task_timers
        if wants_durations and not so_far.tells_durations:
            msg = (
                "This version of Airflow does not tell a task how long the others took, so tasks cannot be "
                "reported and task_timers not be filled; use Airflow 3.2 or later, or report='run'."
            )
            raise MPulseSettingsError(msg)
        remarks = list(self.remarks)
        if self.report == "tasks" and self.task_timers:
            remarks.append("task_timers go on the run's beacon, which report='tasks' does not send.")
        run_beacon = self._build_run_beacon(so_far, config, remarks) if self.report != "tasks" else None
        task_beacons, left_out = (
            self._build_task_beacons(so_far, config) if self.report != "run" else ([], {})
        )
        remarks += [
            f"Finished tasks that get no beacon: {number}; {LEFT_OUT[why]}."
            for why, number in left_out.items()
        ]
        return BuiltReport(run_beacon, tuple(task_beacons), left_out, tuple(remarks))

    def _build_task_beacons(  # noqa: DOC503
        self, so_far: RunSoFar, config: BeaconConfig
    ) -> tuple[list[Beacon], dict[str, int]]:
        """
        Build the beacons of the tasks that were asked for.

        :param so_far: The run as the operator's task sees it.
        :param config: The configuration, for the names that the app defines.
        :return: The beacons, and the numbers of tasks that get none, by reason.
        :raises BeaconError: If only tasks were asked for and not one beacon can be built.
        """
        values = self.values if self.report == "tasks" else AuthorValues(dimensions=self.values.dimensions)
        beacons: list[Beacon] = []
        left_out: Counter[str] = Counter()
        first_error: BeaconError | None = None
        for task in self._choose_tasks(so_far.tasks):
            if task.duration_ms is None:
                left_out["no_start"] += 1
                continue
            if task.ended_at is not None and task.ended_at < so_far.run.started_at:
                left_out["before_run"] += 1
                continue
            try:
                beacons.append(build_task_beacon(so_far.run, task, config, self.settings, values))
            except BeaconError as error:
                # One task with odd times or an empty page group must not keep the others from being reported.
                _LOG.warning("The task %s gets no beacon: %s", task.name, error)
                left_out["invalid"] += 1
                first_error = first_error or error
        if first_error is not None and not beacons and self.report == "tasks":
            raise first_error
        return beacons, dict(left_out)

    def _build_run_beacon(self, so_far: RunSoFar, config: BeaconConfig, remarks: list[str]) -> Beacon:
        timers = dict(self.values.timers)
        for name, task_id in self.task_timers.items():
            durations_ms = [
                task.duration_ms
                for task in so_far.tasks
                if task.task_id == task_id
                and task.state in REPORTED_TASK_STATES
                and task.duration_ms is not None
                and task.duration_ms >= 0
            ]
            if durations_ms:
                timers[name] = max(durations_ms)
            else:
                remarks.append(
                    f"The task {task_id!r} has no duration in this run, so the timer {name!r} is left out."
                )
        return build_run_beacon(so_far.run, config, self.settings, replace(self.values, timers=timers))

    def _choose_tasks(self, tasks: Iterable[TaskFacts]) -> list[TaskFacts]:
        globs = self.task_globs
        return [
            task
            for task in tasks
            if task.state in REPORTED_TASK_STATES
            and (globs is None or any(fnmatchcase(task.task_id, glob) for glob in globs))
        ]

    def _check_names(self, config: BeaconConfig) -> None:
        settings, values = self.settings, self.values
        config.check_names("timer", [*values.timers, *self.task_timers, *settings.fact_timers])
        config.check_names("metric", [*values.metrics, *settings.fact_metrics])
        config.check_names("dimension", [*values.dimensions, *settings.fact_dimensions])
