# SPDX-License-Identifier: Apache-2.0
"""A real Airflow on this machine, from the running interpreter's environment: LocalExecutor on SQLite."""

from __future__ import annotations

import sys
from importlib.metadata import version
from typing import TYPE_CHECKING

from demo.components import Component, stop_all
from demo.home import Home
from demo.majors import AirflowMajor, AirflowThree, AirflowTwo, Stage
from demo.metadata import SqliteMetadata
from demo.running_airflow import RunningAirflow
from demo.settings import common_settings, inherited_environment

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

_MIGRATION_LIMIT_S = 120.0


class LocalAirflow(RunningAirflow):
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
        self._differences: AirflowMajor = (
            AirflowTwo(triggerer=triggerer, webserver=webserver)
            if self.major == 2
            else AirflowThree(triggerer=triggerer)
        )
        self.url = self._differences.url
        settings = common_settings(self._home, self.dags_folder, parallelism=parallelism, paused=paused)
        super().__init__(
            env={**inherited_environment(), **settings, **self._differences.settings(), **(env or {})},
            logs_folder=self._home.logs_folder,
            task_logs_folder=self.home / "logs",
        )
        self._metadata = SqliteMetadata(self._home.database)
        self._dag_ids = frozenset(dag_ids)
        self._start_limit_s = start_limit_s

    @property
    def metadata(self) -> SqliteMetadata:
        """Airflow's database."""
        return self._metadata

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
