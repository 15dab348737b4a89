# SPDX-License-Identifier: Apache-2.0
"""
The course of an outage: two Airflows side by side, one that reports and one that does not.

Side by side, because whatever else keeps the machine busy then slows both of them; and at a fixed pace, so
that the outage falls into the middle on a fast machine and on a slow one.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from demo.loopback import WaitTimeoutError, wait_until
from demo.orders import Order
from soak.outage.durations import Window

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_mpulse.delivery.outbox import Outbox
    from soak.outage.collector import Collector
    from soak.outage.durations import Ended
    from soak.scheduler_process import WatchedAirflow

DAG_ID = "outage"
TASKS_EACH = 10

_LOOK_EVERY_S = 1.0
_ROW_EVERY_S = 10.0
# How long nothing must have arrived until nothing more is waited for. What a silent mPulse has swallowed does
# not come; what waits comes sooner.
_QUIET_S = 15.0


@dataclass(frozen=True)
class Plan:
    """
    How an outage is to go.

    :param runs: How many runs each Airflow does.
    :param run_every_s: Seconds from one run's start to the next one's.
    :param away_s: Seconds that mPulse is away, once a third of the tasks have ended.
    :param is_silent: Whether mPulse then takes connections and does not answer; else it takes none.
    :param drain_limit_s: Seconds that the last beacons may take after all runs have ended.
    """

    runs: int = 20
    run_every_s: float = 9.0
    away_s: float = 60.0
    is_silent: bool = False
    drain_limit_s: float = 90.0


@dataclass(frozen=True)
class Look:
    """
    What there is to see at one moment.

    :param elapsed_s: Seconds since the first run was triggered.
    :param is_away: Whether mPulse is away.
    :param tasks: Tasks that have ended and are to report themselves.
    :param control_tasks: Tasks of the other Airflow that have ended.
    :param beacons: Beacons that have arrived.
    :param waiting: Beacons in the outbox, those that are being sent included.
    """

    elapsed_s: float
    is_away: bool
    tasks: int
    control_tasks: int
    beacons: int
    waiting: int


class Course:
    """
    Two Airflows and a collector that goes away.

    :param reporting: The Airflow that reports.
    :param control: The one that does not.
    :param collector: Where beacons arrive.
    :param outbox: Where they wait.
    :param plan: How it is to go.
    :param on_row: Told now and then what there is to see.
    """

    def __init__(
        self,
        reporting: WatchedAirflow,
        control: WatchedAirflow,
        collector: Collector,
        outbox: Outbox,
        plan: Plan,
        on_row: Callable[[Look], None],
    ) -> None:
        self._airflows = (control, reporting)
        self._collector = collector
        self._outbox = outbox
        self._plan = plan
        self._on_row = on_row
        self._triggered = 0
        self._started_s = self._next_look_s = self._next_row_s = 0.0
        self._back_at_s: float | None = None
        self._away_since: datetime | None = None
        self._away_until: datetime | None = None
        #: What was seen, about once a second.
        self.looks: list[Look] = []

    @property
    def outage(self) -> Window:
        """
        Tell when mPulse was away.

        :return: The stretch of time.
        :raises RuntimeError: If the course was over before.
        """
        if self._away_since is None or self._away_until is None:
            message = "The runs had ended before the outage was over; its figures mean nothing."
            raise RuntimeError(message)
        return Window(self._away_since, self._away_until)

    def complete(self, limit_s: float) -> None:
        """
        Trigger all runs, have the outage, and wait until the runs have ended and nothing waits any more.

        :param limit_s: Seconds that the runs may take.
        :raises WaitTimeoutError: If they take longer.
        :raises ComponentDiedError: If a process of an Airflow ends meanwhile.
        """
        for airflow in self._airflows:
            # Nothing is paused, but the process that triggers loads Airflow now and not before the first run.
            airflow.unpause(DAG_ID)
        self._started_s = time.monotonic()
        wait_until(self._advance, limit_s=limit_s, what="all runs to end", meanwhile=self._check)
        try:
            wait_until(
                self._is_drained,
                limit_s=self._plan.drain_limit_s,
                what="the outbox to be empty",
                meanwhile=self._check,
            )
        except WaitTimeoutError:
            return  # What has not come is named by who judges.

    def ended(self) -> tuple[Ended, Ended]:
        """
        List the runs that have ended, each with its task instances.

        :return: Those of the Airflow that reports, and those of the other one.
        """
        control, reporting = (
            [
                (run, airflow.task_instances(run.dag_id, run.run_id))
                for run in airflow.metadata.runs([DAG_ID])
                if run.ended
            ]
            for airflow in self._airflows
        )
        return reporting, control

    def _check(self) -> None:
        for airflow in self._airflows:
            airflow.check()

    def _advance(self) -> bool:
        elapsed_s = time.monotonic() - self._started_s
        self._trigger_what_is_due(elapsed_s)
        if elapsed_s < self._next_look_s:
            return False
        self._next_look_s = elapsed_s + _LOOK_EVERY_S
        look = self._look(elapsed_s)
        self._switch(look)
        runs = [run for airflow in self._airflows for run in airflow.metadata.runs([DAG_ID])]
        return len(runs) == 2 * self._plan.runs and all(run.ended for run in runs)

    def _is_drained(self) -> bool:
        look = self._look(time.monotonic() - self._started_s)
        if look.waiting:
            return False
        arrived_s = next(each.elapsed_s for each in self.looks if each.beacons == look.beacons)
        return look.beacons >= look.tasks + self._plan.runs or look.elapsed_s - arrived_s > _QUIET_S

    def _trigger_what_is_due(self, elapsed_s: float) -> None:
        # The two take turns, so that their runs do not start in the same moment.
        due = min(int(elapsed_s / self._plan.run_every_s * 2) + 1, 2 * self._plan.runs)
        for number in range(self._triggered, due):
            self._triggered += 1
            order = Order("trigger", DAG_ID, f"{DAG_ID}_{number // 2 + 1:03}")
            self._airflows[number % 2].trigger_all([order])

    def _switch(self, look: Look) -> None:
        if self._away_since is None:
            if look.tasks >= self._plan.runs * TASKS_EACH / 3:
                self._away_since = datetime.now(UTC)
                self._collector.go_away(silently=self._plan.is_silent)
                self._back_at_s = time.monotonic() + self._plan.away_s
        elif self._back_at_s is not None and time.monotonic() >= self._back_at_s:
            self._back_at_s = None
            self._collector.come_back()
            self._away_until = datetime.now(UTC)

    def _look(self, elapsed_s: float) -> Look:
        control_tasks, tasks = map(_count_ended_tasks, self._airflows)
        state = self._outbox.describe()
        look = Look(
            elapsed_s=elapsed_s,
            is_away=self._back_at_s is not None,
            tasks=tasks,
            control_tasks=control_tasks,
            beacons=len(self._collector.beacons()),
            waiting=state.waiting + state.taken,
        )
        self.looks.append(look)
        if elapsed_s >= self._next_row_s:
            self._next_row_s = elapsed_s + _ROW_EVERY_S
            self._on_row(look)
        return look


def _count_ended_tasks(airflow: WatchedAirflow) -> int:
    runs = airflow.metadata.runs([DAG_ID])
    return sum(task.ended for run in runs for task in airflow.task_instances(run.dag_id, run.run_id))
