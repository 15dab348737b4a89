# SPDX-License-Identifier: Apache-2.0
"""
Facts of a run and of its tasks: plain values and aware times, without any object of Airflow's.

What Airflow did not tell is ``None``, never a guess.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow_mpulse.protocol.instants import elapsed_ms

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

#: States in which a task has run and has a duration of its own. Skips and upstream failures are counted on
#: the run's beacon only: a zero duration would bend the page group's percentiles.
REPORTED_TASK_STATES = frozenset({"success", "failed"})

#: States in which a try has failed, whether there is another one or not.
FAILED_TASK_STATES = frozenset({"failed", "up_for_retry"})


@dataclass(frozen=True, slots=True)
class TaskCounts:
    """
    How many task instances of a run ended how, mapped instances counted each.

    :param succeeded: Ended as ``success``.
    :param failed: Ended as ``failed``.
    :param skipped: Ended as ``skipped``.
    :param upstream_failed: Ended as ``upstream_failed``.
    :param removed: Ended as ``removed``.
    """

    succeeded: int = 0
    failed: int = 0
    skipped: int = 0
    upstream_failed: int = 0
    removed: int = 0

    @property
    def finished(self) -> int:
        """
        All of them together.

        :return: The number of finished task instances.
        """
        return self.succeeded + self.failed + self.skipped + self.upstream_failed + self.removed


def count_states(states: Iterable[str]) -> TaskCounts:
    """
    Count task instances by state.

    :param states: One state per task instance; states that are not final are left out.
    :return: The counts.
    """
    counted = Counter(states)
    return TaskCounts(
        succeeded=counted["success"],
        failed=counted["failed"],
        skipped=counted["skipped"],
        upstream_failed=counted["upstream_failed"],
        removed=counted["removed"],
    )


@dataclass(frozen=True, slots=True)
class RunFacts:
    """
    One DAG run.

    :param dag_id: The DAG's ID.
    :param run_id: The run's ID.
    :param started_at: When the run started.
    :param ended_at: When it ended, or when it is reported; ``None`` where that is not known.
    :param state: Its state as Airflow would judge it, such as ``success``.
    :param run_type: ``scheduled``, ``manual``, ``backfill`` or ``asset_triggered``.
    :param counts: How its task instances ended.
    :param url: The run's page in the Airflow UI, without a query.
    :param site_version: The version of the DAG's bundle, where Airflow knows one.
    """

    dag_id: str
    run_id: str
    started_at: datetime
    ended_at: datetime | None = None
    state: str | None = None
    run_type: str | None = None
    counts: TaskCounts | None = None
    url: str | None = None
    site_version: str | None = None


@dataclass(frozen=True, slots=True)
class TaskFacts:
    """
    One task instance of a run.

    :param task_id: The task's ID, with the groups that it stands in.
    :param state: Its state, such as ``success``.
    :param started_at: When the reported try started.
    :param ended_at: When it ended.
    :param map_index: The index of a mapped instance, else -1.
    :param try_number: The reported try, from 1.
    :param operator: The name of the operator's class.
    :param task_group: The ID of the task group that it stands in, empty where it stands in none.
    :param queued_at: When it was queued, where Airflow tells.
    :param url: The task's page in the Airflow UI, without a query.
    """

    task_id: str
    state: str
    started_at: datetime | None = None
    ended_at: datetime | None = None
    map_index: int = -1
    try_number: int | None = None
    operator: str | None = None
    task_group: str = ""
    queued_at: datetime | None = None
    url: str | None = None

    @property
    def name(self) -> str:
        """
        The task's ID with the map index, as people write it.

        :return: Such as ``load`` or ``load[3]``.
        """
        return self.task_id if self.map_index < 0 else f"{self.task_id}[{self.map_index}]"

    @property
    def duration_ms(self) -> int | None:
        """
        The time from start to end.

        :return: Whole milliseconds, rounded half to even; ``None`` where a side is not known.
        """
        if self.started_at is None or self.ended_at is None:
            return None
        return elapsed_ms(self.started_at, self.ended_at)

    @property
    def queue_wait_ms(self) -> int | None:
        """
        The time from queued to started.

        :return: Whole milliseconds from 0; ``None`` where a side is not known or the clocks disagree.
        """
        if self.queued_at is None or self.started_at is None:
            return None
        wait_ms = elapsed_ms(self.queued_at, self.started_at)
        return None if wait_ms < 0 else wait_ms
