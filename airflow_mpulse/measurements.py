# SPDX-License-Identifier: Apache-2.0
"""
Timers, metrics and dimensions from inside a task; they ride on that task's own beacon.

Whatever goes wrong here is a warning in the task's log: a measurement never fails a task. Where nothing
reports the task, and outside of tasks, these functions do nothing.
"""

from __future__ import annotations

import functools
import inspect
import logging
import os
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self, TypeVar

from airflow_mpulse.exceptions import BeaconError
from airflow_mpulse.protocol.beacon import check_dimension, check_metric, check_timer
from airflow_mpulse.protocol.text import check_text
from airflow_mpulse.reporting.beacons import AuthorValues

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from airflow_mpulse.protocol.beacon import DimensionValue, Number

F = TypeVar("F", bound="Callable[..., Any]")

_LOG = logging.getLogger(__name__)

#: How many tasks' measurements are kept; a process seldom runs more than one task.
MAX_TASKS = 100


def timer(name: str) -> Timer:
    """
    Measure how long something takes.

    Use it as ``with timer("Load Time"):`` or as ``@timer("Load Time")``. What is measured several times under
    one name is added up, in threads too. Functions may be ``async``.

    :param name: The custom timer as the mPulse app defines it.
    :return: A context manager that is also a decorator.
    """
    return Timer(name)


def metric(name: str, value: Number) -> None:
    """
    Set a custom metric of the task's beacon; of several values the last one counts.

    :param name: The custom metric as the mPulse app defines it.
    :param value: A finite number, whole where it can be.
    """
    _record("metric", name, value, check_metric, lambda values, checked: values.metrics.update(checked))


def dimension(name: str, value: DimensionValue) -> None:
    """
    Set a custom dimension of the task's beacon; of several values the last one counts.

    :param name: The custom dimension as the mPulse app defines it.
    :param value: Text, a number or a boolean.
    """
    _record(
        "dimension", name, value, check_dimension, lambda values, checked: values.dimensions.update(checked)
    )


class Timer:
    """
    What :func:`timer` gives: measures each passage, on whichever thread it happens.

    :param name: The custom timer as the mPulse app defines it.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._passages = threading.local()

    def __enter__(self) -> Self:
        """
        Begin a passage.

        :return: This timer.
        """
        starts: list[float] = self._passages.__dict__.setdefault("starts", [])
        starts.append(time.perf_counter())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """
        End the passage, also when what was measured has failed.

        :param kind: The kind of error, which is not held up.
        :param error: The error.
        :param trace: Where it was raised.
        """
        elapsed_ms = (time.perf_counter() - self._passages.starts.pop()) * 1000
        _record("timer", self.name, elapsed_ms, check_timer, _add_timers)

    def __call__(self, function: F) -> F:
        """
        Measure every call of a function.

        :param function: The function, ``async`` or not.
        :return: The function, measured.
        """
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def measured_coroutine(*args: Any, **kwargs: Any) -> Any:
                with Timer(self.name):
                    return await function(*args, **kwargs)

            return measured_coroutine  # type: ignore[return-value]

        @functools.wraps(function)
        def measured(*args: Any, **kwargs: Any) -> Any:
            with Timer(self.name):
                return function(*args, **kwargs)

        return measured  # type: ignore[return-value]


@dataclass(frozen=True, slots=True)
class TaskKey:
    """
    One try of one task instance.

    :param dag_id: The DAG.
    :param run_id: The run.
    :param task_id: The task.
    :param map_index: The index of a mapped instance, else -1.
    :param try_number: The try, from 1.
    """

    dag_id: str
    run_id: str
    task_id: str
    map_index: int
    try_number: int

    @classmethod
    def of(cls, ti: Any) -> TaskKey:
        """
        Read the key of a task instance.

        :param ti: Airflow's object.
        :return: The key.
        """
        map_index = -1 if ti.map_index is None else ti.map_index
        return cls(ti.dag_id, ti.run_id, ti.task_id, map_index, ti.try_number)


def read_measurements(key: TaskKey) -> AuthorValues:
    """
    Give what a task has measured so far.

    :param key: The task.
    :return: The values; empty where there are none.
    """
    with _store.lock:
        values = _store.tasks.get(key, _Values())
        return AuthorValues(
            timers={name: round(elapsed_ms) for name, elapsed_ms in values.timers.items()},
            metrics=dict(values.metrics),
            dimensions=dict(values.dimensions),
        )


@dataclass(slots=True)
class _Values:
    timers: dict[str, float] = field(default_factory=dict)
    metrics: dict[str, Number] = field(default_factory=dict)
    dimensions: dict[str, DimensionValue] = field(default_factory=dict)


class _Store:
    def __init__(self) -> None:
        self.begin_anew()
        os.register_at_fork(after_in_child=self.begin_anew)

    def begin_anew(self) -> None:
        # The lock of the parent may be held by a thread that the child does not have.
        self.lock = threading.Lock()
        self.tasks: OrderedDict[TaskKey, _Values] = OrderedDict()


_store = _Store()


def _add_timers(values: _Values, checked: dict[str, float]) -> None:
    for name, elapsed_ms in checked.items():
        values.timers[name] = values.timers.get(name, 0.0) + elapsed_ms


def _record(
    kind: str,
    name: str,
    value: Any,
    check: Callable[[str, Any], Any],
    put: Callable[[_Values, dict[str, Any]], None],
) -> None:
    key = _find_running_task()
    if key is None:
        return
    try:
        checked = {check_text(f"name of a {kind}", name): check(name, value)}
    except BeaconError as error:
        _LOG.warning("A measurement is left out, and the task goes on: %s", error)
        return
    with _store.lock:
        if key not in _store.tasks and len(_store.tasks) >= MAX_TASKS:
            _store.tasks.popitem(last=False)
        put(_store.tasks.setdefault(key, _Values()), checked)


def _find_running_task() -> TaskKey | None:
    from airflow.providers.common.compat.sdk import get_current_context

    try:
        return TaskKey.of(get_current_context()["ti"])
    except Exception:  # noqa: BLE001 - Airflow has another error for this in each version
        return None
