# SPDX-License-Identifier: Apache-2.0
"""What is asked of a real Airflow while it runs, whatever its database and wherever its processes are."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from demo.loopback import wait_until
from demo.orders import Order, OrderProcess

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

    from demo.components import Component
    from demo.metadata import DagRunRow, Metadata, TaskInstanceRow


class DagFileError(RuntimeError):
    """Airflow cannot import a DAG file."""


@dataclass(frozen=True)
class Progress:
    """How far the awaited runs are: ended and known task instances of each run, and the time so far."""

    elapsed_s: float
    runs: tuple[tuple[DagRunRow, int, int], ...]


class RunningAirflow(ABC):
    """
    A real Airflow that lives as long as a `with` block, as far as it is told what to do and looked at.

    :param env: Its environment, for the process that carries orders out.
    :param logs_folder: Where its components write their logs.
    :param task_logs_folder: Where its tasks write theirs.
    """

    def __init__(self, *, env: Mapping[str, str], logs_folder: Path, task_logs_folder: Path) -> None:
        self.env = dict(env)
        self.logs_folder = logs_folder
        self.task_logs_folder = task_logs_folder
        self._components: list[Component] = []
        self._orders: OrderProcess | None = None

    @property
    @abstractmethod
    def metadata(self) -> Metadata:
        """Airflow's database."""

    @abstractmethod
    def start(self) -> None:
        """Start Airflow and wait until it works."""

    @abstractmethod
    def stop(self) -> None:
        """Stop every process that this object started, and whatever they started."""

    def __enter__(self) -> Self:
        """Start Airflow."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop Airflow, whatever happened in the block."""
        self.stop()

    def trigger(self, dag_id: str, run_id: str | None = None, conf: Mapping[str, Any] | None = None) -> str:
        """
        Start a run of a DAG now.

        :param dag_id: The DAG.
        :param run_id: Id of the run; Airflow makes one up where it is None.
        :param conf: Configuration of the run.
        :return: The run's id.
        """
        return self.trigger_all([Order("trigger", dag_id, run_id, dict(conf or {}))])[0]

    def trigger_all(self, orders: Sequence[Order]) -> list[str]:
        """
        Start several runs now.

        :param orders: The runs.
        :return: Their ids, in the same order.
        """
        return [str(run_id) for run_id in self._carry_out(orders)]

    def unpause(self, *dag_ids: str) -> None:
        """
        Let DAGs run that were left paused.

        :param dag_ids: The DAGs.
        """
        self._carry_out([Order("unpause", dag_id) for dag_id in dag_ids])

    def wait_for_dags(self, dag_ids: Collection[str], limit_s: float = 60) -> None:
        """
        Wait until DAGs are parsed.

        :param dag_ids: The DAGs.
        :param limit_s: Seconds to wait.
        """
        wanted = set(dag_ids)
        self._wait(lambda: wanted <= self.metadata.dag_ids(), limit_s, f"the DAGs {sorted(wanted)}")

    def wait_for_runs(
        self,
        dag_ids: Collection[str],
        *,
        runs_each: int = 1,
        limit_s: float = 180,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> list[DagRunRow]:
        """
        Wait until every run of some DAGs has ended, in success or failure.

        :param dag_ids: The DAGs.
        :param runs_each: How many runs each of them must have at least.
        :param limit_s: Seconds to wait.
        :param on_progress: Told how far the runs are, about every tenth of a second.
        :return: The runs, oldest first.
        :raises WaitTimeoutError: If they take longer.
        :raises ComponentDiedError: If a component ends meanwhile.
        """
        started_s = time.monotonic()

        def all_ended() -> bool:
            runs = self.metadata.runs(dag_ids)
            if on_progress is not None:
                on_progress(self._progress(runs, time.monotonic() - started_s))
            enough = all(sum(run.dag_id == dag_id for run in runs) >= runs_each for dag_id in dag_ids)
            return enough and all(run.ended for run in runs)

        self._wait(all_ended, limit_s, f"the runs of {sorted(dag_ids)} to end")
        return self.metadata.runs(dag_ids)

    def run_states(self) -> dict[tuple[str, str], str]:
        """
        Look at all runs.

        :return: State by DAG id and run id.
        """
        return {(run.dag_id, run.run_id): run.state for run in self.metadata.runs()}

    def task_instances(self, dag_id: str, run_id: str) -> list[TaskInstanceRow]:
        """
        Look at the task instances of a run.

        :param dag_id: The DAG.
        :param run_id: The run.
        :return: Airflow's own rows, mapped instances each by itself.
        """
        return self.metadata.task_instances(dag_id, run_id)

    def task_log(
        self, dag_id: str, run_id: str, task_id: str, map_index: int = -1, try_number: int = 1
    ) -> str:
        """
        Read what one try of a task wrote to its log.

        :param dag_id: The DAG.
        :param run_id: The run.
        :param task_id: The task.
        :param map_index: Which mapped instance; -1 for a task that is not mapped.
        :param try_number: Which try, from 1.
        :return: The log's text; lines of JSON on Airflow 3.
        """
        folder = self.task_logs_folder / f"dag_id={dag_id}" / f"run_id={run_id}" / f"task_id={task_id}"
        if map_index >= 0:
            folder /= f"map_index={map_index}"
        return (folder / f"attempt={try_number}.log").read_text(errors="replace")

    def _carry_out(self, orders: Sequence[Order]) -> list[str | None]:
        self.wait_for_dags({order.dag_id for order in orders})
        if self._orders is None:
            self._orders = OrderProcess(env=self.env, logs_folder=self.logs_folder)
            self._components.append(self._orders)
            self._orders.start()
        return self._orders.carry_out(orders)

    def _progress(self, runs: Sequence[DagRunRow], elapsed_s: float) -> Progress:
        found = []
        for run in runs:
            tasks = self.task_instances(run.dag_id, run.run_id)
            found.append((run, sum(task.ended for task in tasks), len(tasks)))
        return Progress(elapsed_s, tuple(found))

    def _wait(self, condition: Callable[[], bool], limit_s: float, what: str) -> None:
        wait_until(condition, limit_s=limit_s, what=what, meanwhile=self._check)

    def _check(self) -> None:
        for component in self._components:
            component.check_running()
        for file_name, trace in self.metadata.import_errors().items():
            message = f"Airflow cannot import {file_name}:\n{trace}"
            raise DagFileError(message)
