# SPDX-License-Identifier: Apache-2.0
"""
The first poke of a sensor in reschedule mode, of which each poke begins the task instance anew.

Airflow 2.11 keeps the start of each poke. Airflow 3 keeps the moment at which the first poke was over.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime


def build_first_poke_finder(ti: Any, task: Any) -> Callable[[], datetime | None] | None:
    """
    Prepare the question for the first poke of a row, which is asked on another thread.

    :param ti: The row of the task instance.
    :param task: Its task, where Airflow has it at hand.
    :return: Gives the instant, ``None`` where there was no poke before; itself ``None`` for a task that
        cannot have been rescheduled.
    """
    # A row whose task is not at hand may be a sensor's.
    return _Try.of(ti).find_first_poke if getattr(task, "reschedule", task is None) else None


def read_first_poke(ti: Any, context: Any) -> datetime | None:
    """
    Ask for the first poke of a running task of Airflow 3, in its own process and on its own thread.

    :param ti: The task instance.
    :param context: Its context.
    :return: The instant; ``None`` for a task that was not rescheduled.
    """
    if not context.get("task_reschedule_count"):
        return None
    first: datetime | None = ti.get_first_reschedule_date(context)
    return first


@dataclass(frozen=True, slots=True)
class _Try:
    """What the pokes of one try are found by, without the row, which must not leave its thread."""

    dag_id: str
    run_id: str
    task_id: str
    map_index: int
    try_number: int
    ti_id: Any

    @classmethod
    def of(cls, ti: Any) -> _Try:
        return cls(ti.dag_id, ti.run_id, ti.task_id, ti.map_index, ti.try_number, getattr(ti, "id", None))

    def find_first_poke(self) -> datetime | None:
        from airflow.models.taskreschedule import TaskReschedule
        from airflow.utils.session import create_session
        from sqlalchemy import func, select

        pokes: Any = TaskReschedule
        if hasattr(pokes, "ti_id"):
            mine: tuple[Any, ...] = (pokes.ti_id == self.ti_id,)
        else:
            mine = (
                pokes.dag_id == self.dag_id,
                pokes.run_id == self.run_id,
                pokes.task_id == self.task_id,
                pokes.map_index == self.map_index,
                pokes.try_number == self.try_number,
            )
        with create_session() as session:
            first: datetime | None = session.scalar(select(func.min(pokes.start_date)).where(*mine))
            return first
