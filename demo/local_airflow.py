# SPDX-License-Identifier: Apache-2.0
"""A real Airflow on this machine, from the running interpreter's environment: LocalExecutor on SQLite."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Self

from demo.components import Component, stop_all
from demo.home import Home
from demo.loopback import wait_until
from demo.majors import AirflowMajor, AirflowThree, AirflowTwo, Stage
from demo.metadata import DagRunRow, Metadata, TaskInstanceRow
from demo.orders import Order, OrderProcess
from demo.settings import common_settings, inherited_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

_MIGRATION_LIMIT_S = 120.0


class DagFileError(RuntimeError):
    """Airflow cannot import a DAG file."""


@dataclass(frozen=True)
class Progress:
    """How far the awaited runs are: ended and known task instances of each run, and the time so far."""

    elapsed_s: float
    runs: tuple[tuple[DagRunRow, int, int], ...]


class LocalAirflow:
    """
    A real Airflow that lives as long as a `with` block, on loopback and in one folder.

    DAGs are unpaused from the start, so that a scheduled DAG without catch-up gets exactly one run at once,
    for the schedule's latest moment; a DAG with `schedule=None` runs when it is triggered.

    :param home: AIRFLOW_HOME; emptied by `start`, and left in place by `stop` for a look at the logs.
    :param dags_folder: Where the DAGs are.
    :param env: Environment variables on top of this process's own; its `AIRFLOW*` variables stay behind.
    :param parallelism: How many tasks run side by side.
    :param dag_ids: DAGs that `start` waits for until they are parsed.
    :param paused: Leave DAGs paused until `unpause`.
    :param triggerer: Also start a triggerer.
    :param webserver: Also serve the UI on 2.11; Airflow 3 always does.
    :param start_limit_s: Seconds that each group of components, and the parsing of `dag_ids`, may take.
    """

    def __init__(
        self,
        home: Path,
        dags_folder: Path,
        *,
        env: Mapping[str, str] | None = None,
        parallelism: int = 4,
        dag_ids: Collection[str] = (),
        paused: bool = False,
        triggerer: bool = False,
        webserver: bool = False,
        start_limit_s: float = 120,
    ) -> None:
        self._home = Home(home)
        self.home = self._home.path
        self.dags_folder = dags_folder.resolve()
        self.version = version("apache-airflow")
        self.major = int(self.version.split(".")[0])
        self.metadata = Metadata(self._home.database)
        self.logs_folder = self._home.logs_folder
        self._differences: AirflowMajor = (
            AirflowTwo(triggerer=triggerer, webserver=webserver)
            if self.major == 2
            else AirflowThree(triggerer=triggerer)
        )
        self.url = self._differences.url
        self.env = {
            **inherited_environment(),
            **common_settings(self._home, self.dags_folder, parallelism=parallelism, paused=paused),
            **self._differences.settings(),
            **(env or {}),
        }
        self._dag_ids = frozenset(dag_ids)
        self._start_limit_s = start_limit_s
        self._components: list[Component] = []
        self._orders: OrderProcess | None = None

    def __enter__(self) -> Self:
        """Start Airflow."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop Airflow, whatever happened in the block."""
        self.stop()

    def start(self) -> None:
        """
        Make the database, start the components and wait until they work.

        :raises ComponentDiedError: If a component ends; the message holds the end of its log.
        :raises DagFileError: If a DAG file cannot be imported.
        :raises WaitTimeoutError: If Airflow takes too long.
        :raises HomeError: If another Airflow lives in the home, or it holds something else.
        """
        self._home.claim()
        try:
            self._component("db-migrate", ["db", "migrate"]).run_to_end(_MIGRATION_LIMIT_S)
            self._differences.prepare(self.home)
            for stage in self._differences.stages():
                self._start_stage(stage)
            self.wait_for_dags(self._dag_ids, self._start_limit_s)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop every process that this object started, and whatever they started."""
        components, self._components, self._orders = self._components, [], None
        try:
            stop_all(components)
        finally:
            self._home.release()

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
        folder = self.home / "logs" / f"dag_id={dag_id}" / f"run_id={run_id}" / f"task_id={task_id}"
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

    def _start_stage(self, stage: Stage) -> None:
        for name, arguments in stage.commands.items():
            component = self._component(name, arguments)
            self._components.append(component)
            component.start()
        names = " and ".join(stage.commands)
        self._wait(lambda: stage.is_ready(self.metadata), self._start_limit_s, f"{names} to start")

    def _component(self, name: str, arguments: Sequence[str]) -> Component:
        command = [sys.executable, "-m", "airflow", *arguments]
        return Component(name, command, env=self.env, log_file=self.logs_folder / f"{name}.log")
