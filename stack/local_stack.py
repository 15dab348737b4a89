# SPDX-License-Identifier: Apache-2.0
"""The stack of `docker-compose.yml` on this machine: its services as processes instead of containers."""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from demo.components import Component, stop_all
from demo.home import Home
from demo.loopback import WaitTimeoutError, wait_until
from demo.running_airflow import RunningAirflow
from demo.settings import inherited_environment
from stack.compose import Service, read_services
from stack.launching import Health, Launch, Launched
from stack.metadata import PostgresMetadata
from stack.places import AIRFLOW_HOME, Places
from stack.postgres import PostgresCluster
from stack.programs import CURL, POSTGRES, REDIS

if TYPE_CHECKING:
    from collections.abc import Mapping

CHECKOUT = Path(__file__).resolve().parent.parent
CELERY = "celery"
_OUR_IMAGE = "airflow-provider-mpulse"
_DATABASES = ("postgres", "redis")
# A worker ends its tasks first.
_STOP_LIMIT_S = 30
_WATCH_INTERVAL_S = 1


class LocalStack(RunningAirflow):
    """
    All services of a profile, on free ports of loopback, for as long as a `with` block.

    :param home: Where homes, volumes and logs are; emptied by `start`, left in place by `stop`.
    :param profile: The profile of the compose file; empty for the services that have none.
    :param dags_folder: Where the DAGs are; the examples where it is None.
    :param env: Environment variables for every service of Airflow, on top of the file's.
    :param service_env: The same for one service each, by its name.
    :param start_limit_s: Seconds that the start may take.
    """

    def __init__(
        self,
        home: Path,
        *,
        profile: str = "",
        dags_folder: Path | None = None,
        env: Mapping[str, str] | None = None,
        service_env: Mapping[str, Mapping[str, str]] | None = None,
        start_limit_s: float = 300,
    ) -> None:
        self._home = Home(home)
        self.home = self._home.path
        variables = {"COMPOSE_PROFILES": profile} if profile else {}
        if dags_folder is not None:
            variables["DAGS_FOLDER"] = str(dags_folder.resolve())
        self.services = read_services(CHECKOUT / "docker-compose.yml", variables)
        self.places = Places(self.services, CHECKOUT, self.home)
        self._env_on_top = env or {}
        self._service_env = service_env or {}
        self._start_limit_s = start_limit_s
        self._cluster: PostgresCluster | None = None
        self._launch = Launch(self.services, self._start_service)
        self.url = self.places.url("api-server", 8080)
        self.sandbox_url = self.places.url("sandbox", 8095)
        super().__init__(
            env=self.environment("scheduler"),
            logs_folder=self._home.logs_folder,
            task_logs_folder=self.places.path("scheduler", f"{AIRFLOW_HOME}/logs"),
        )

    @property
    def metadata(self) -> PostgresMetadata:
        """Airflow's database."""
        return PostgresMetadata(self._read_secret("database-url"))

    @property
    def password(self) -> str:
        """The password of the user `admin` in Airflow's UI."""
        return str(json.loads(self._read_secret("passwords.json"))["admin"])

    def start(self) -> None:
        """
        Start the services in their order and wait until all of them are healthy.

        :raises ProgramMissingError: If a program of this machine is missing.
        :raises ComponentDiedError: If a service ends; the message holds the end of its log.
        :raises WaitTimeoutError: If they take too long; the message holds what their health checks said.
        :raises HomeError: If another stack lives in the home, or it holds something else.
        """
        for program in (POSTGRES, CURL, *([REDIS] if "redis" in self.services else [])):
            program.locate()
        self._home.claim()
        try:
            self.places.make_folders()
            wait_until(self._launch.go_on, limit_s=self._start_limit_s, what="the services to start")
        except WaitTimeoutError as error:
            unhealthy = self._launch.describe_unhealthy()
            self.stop()
            message = f"{error}{unhealthy}"
            raise WaitTimeoutError(message) from error
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop all services, the databases last, and throw the cluster away."""
        self._launch.end_looks()
        launched = {name: found.component for name, found in self._launch.launched.items()}
        databases = [launched.pop(name) for name in _DATABASES if name in launched]
        orders = [] if self._orders is None else [self._orders]
        self._components, self._orders, self._launch = [], None, Launch(self.services, self._start_service)
        try:
            stop_all([*launched.values(), *orders])
        finally:
            stop_all(databases)
            if self._cluster is not None:
                self._cluster.remove()
            self._home.release()

    def stop_service(self, name: str) -> str:
        """
        Stop one service for good.

        :param name: The service.
        :return: What it has written.
        """
        component = self._launch.launched[name].component
        self._components.remove(component)
        stop_all([component], limit_s=_STOP_LIMIT_S)
        return self.log(name)

    def watch(self) -> None:  # noqa: DOC502
        """
        Wait for as long as all services run.

        :raises ComponentDiedError: If one has ended; the message holds the end of its log.
        """
        while True:
            self._check()
            time.sleep(_WATCH_INTERVAL_S)

    def log(self, name: str) -> str:
        """
        Read what a service has written so far.

        :param name: The service.
        :return: The whole text.
        """
        return (self.logs_folder / f"{name}.log").read_text(errors="replace")

    def environment(self, name: str) -> dict[str, str]:
        """
        Give the environment of a service.

        :param name: The service.
        :return: Its variables, with the places of this machine.
        """
        service = self.services[name]
        inherited = inherited_environment()
        search = f"{Path(sys.executable).parent}{os.pathsep}{inherited['PATH']}"
        described = {key: self.places.translate(name, text) for key, text in service.environment.items()}
        if service.image != _OUR_IMAGE:
            return {**inherited, **described, "PATH": search}
        return {
            **inherited,
            "PATH": search,
            "AIRFLOW_HOME": str(self.places.home(name)),
            # A name server that does not answer must not slow every task down.
            "AIRFLOW__CORE__HOSTNAME_CALLABLE": "socket.gethostname",
            **described,
            **self._env_on_top,
            **self._service_env.get(name, {}),
        }

    def command(self, name: str) -> list[str]:
        """
        Give the command of a service.

        :param name: The service.
        :return: Program and arguments, as its image would run them, with the places of this machine.
        """
        return [self.places.translate(name, word) for word in resolve_command(self.services[name])]

    def _start_service(self, service: Service) -> Launched:
        name = service.name
        env, log_file = self.environment(name), self.logs_folder / f"{name}.log"
        if service.image.startswith("postgres:"):
            port = self.places.port(name, 5432)
            self._cluster = self._make_cluster(service)
            env.update(self._cluster.environment(port))
            component = self._cluster.component(port, env=env, log_file=log_file)
        else:
            component = Component(name, self.command(name), env=env, log_file=log_file)
        component.start()
        if name not in self._launch.run_once:
            self._components.append(component)
        return Launched(component, self._health(service, env))

    def _make_cluster(self, service: Service) -> PostgresCluster:
        wanted = service.environment
        password = self.places.path(service.name, wanted["POSTGRES_PASSWORD_FILE"]).read_text()
        return PostgresCluster(wanted["POSTGRES_USER"], password, wanted["POSTGRES_DB"])

    def _health(self, service: Service, env: Mapping[str, str]) -> Health | None:
        if service.health is None:
            return None
        command = tuple(self.places.translate(service.name, word) for word in service.health.command)
        return Health(replace(service.health, command=command), env)

    def _read_secret(self, file_name: str) -> str:
        return self.places.path("api-server", f"{AIRFLOW_HOME}/secrets/{file_name}").read_text()


def resolve_command(service: Service) -> list[str]:
    """
    Say what the container of a service would run.

    :param service: The service.
    :return: Program and arguments.
    """
    if service.image != _OUR_IMAGE or service.entrypoint is not None:
        return [*(service.entrypoint or ()), *service.command]
    # The entrypoint of Airflow's image takes everything else for arguments of `airflow`.
    if service.command[0] in {"bash", "python"}:
        return list(service.command)
    return ["airflow", *service.command]
