# SPDX-License-Identifier: Apache-2.0
"""How long tasks, their processes and runs took, with the listener and without it."""

from __future__ import annotations

import re
import statistics
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from demo.metadata import DagRunRow, TaskInstanceRow

Ended = list[tuple["DagRunRow", list["TaskInstanceRow"]]]

# The supervisor's word of a task's process, from before its start until after its end, so that a listener
# which keeps a task waiting is seen here; in Airflow's own duration it is not.
_PROCESS = re.compile(
    r"(\d{4}-\d\d-\d\dT[\d:.]+Z) \[info +\] Workload finished +\[supervisor\] duration=([\d.]+)"
)


@dataclass(frozen=True)
class Took:
    """
    How long something took.

    :param ended_at: When it had ended, with a time zone.
    :param duration_s: Seconds.
    """

    ended_at: datetime
    duration_s: float


@dataclass(frozen=True)
class Window:
    """
    A stretch of time.

    :param since: Its beginning, with a time zone.
    :param until: Its end, with a time zone.
    """

    since: datetime
    until: datetime

    def has(self, took: Took) -> bool:
        """
        Tell whether something has ended in it.

        :param took: What has ended.
        :return: Whether it has.
        """
        return self.since <= took.ended_at <= self.until


def tasks_took(ended: Ended, *, alone: bool = False) -> list[Took]:
    """
    Give how long tasks took by Airflow's own account, from start to end.

    :param ended: Runs with their task instances.
    :param alone: Whether only those are meant that are not mapped: nothing of their run works beside them.
    :return: One for each task instance.
    """
    return [
        Took(task.end_date, task.duration_s)
        for _, tasks in ended
        for task in tasks
        if task.end_date is not None and task.duration_s is not None and (task.map_index < 0 or not alone)
    ]


def runs_took(ended: Ended) -> list[Took]:
    """
    Give how long runs took.

    :param ended: Runs with their task instances.
    :return: One for each run.
    """
    return [
        Took(run.end_date, (run.end_date - run.start_date).total_seconds())
        for run, _ in ended
        if run.end_date is not None and run.start_date is not None
    ]


def processes_took(scheduler_log: Path) -> list[Took]:
    """
    Give how long the processes of tasks lived.

    :param scheduler_log: Where the executor's workers write. Now and then two of them write into one line, so
        that some processes may be missing.
    :return: One for each process that can be read.
    """
    text = scheduler_log.read_text(errors="replace")
    return [Took(datetime.fromisoformat(at), float(s)) for at, s in _PROCESS.findall(text)]


@dataclass(frozen=True)
class Comparison:
    """
    The same with the listener and without it.

    :param name: What took so long.
    :param phase: When.
    :param reporting_s: Seconds with the listener.
    :param control_s: Seconds without it.
    """

    name: str
    phase: str
    reporting_s: tuple[float, ...]
    control_s: tuple[float, ...]

    def added_s(self, point: Callable[[Sequence[float]], float]) -> float:
        """
        Tell what the listener adds.

        :param point: What of a distribution to look at, such as its median.
        :return: Seconds.
        """
        return point(self.reporting_s) - point(self.control_s)

    def ratio(self, point: Callable[[Sequence[float]], float]) -> float:
        """
        Tell how many times as long it takes with the listener.

        :param point: What of a distribution to look at, such as its median.
        :return: The ratio.
        """
        return point(self.reporting_s) / point(self.control_s)


def percentile_25(values: Sequence[float]) -> float:
    """
    Give the value that a quarter does not exceed.

    :param values: Two values at least.
    :return: The percentile, between two values where need be.
    """
    return statistics.quantiles(values, n=4, method="inclusive")[0]


def percentile_95(values: Sequence[float]) -> float:
    """
    Give the value that 95 % do not exceed.

    :param values: Two values at least.
    :return: The percentile, between two values where need be.
    """
    return statistics.quantiles(values, n=20, method="inclusive")[18]


def compare(
    name: str, reporting: Sequence[Took], control: Sequence[Took], outage: Window
) -> list[Comparison]:
    """
    Compare the whole, and what has ended while mPulse was away.

    :param name: What took so long.
    :param reporting: With the listener.
    :param control: Without it.
    :param outage: When mPulse was away.
    :return: The comparisons; only those that have two values on either side.
    """
    # A task that mPulse keeps waiting ends after its answer does not come, and may outlast the outage so.
    away = Window(outage.since, outage.until + timedelta(seconds=1))
    phases: tuple[tuple[str, Callable[[Took], bool]], ...] = (("all", lambda _: True), ("away", away.has))
    found = [
        Comparison(
            name,
            phase,
            tuple(took.duration_s for took in reporting if belongs(took)),
            tuple(took.duration_s for took in control if belongs(took)),
        )
        for phase, belongs in phases
    ]
    return [each for each in found if min(len(each.reporting_s), len(each.control_s)) > 1]
