# SPDX-License-Identifier: Apache-2.0
"""The differences between a local Airflow 2.11 and a local Airflow 3: processes and settings."""

from __future__ import annotations

import secrets
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from demo.loopback import HOST, answers, free_port

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from demo.metadata import Metadata


@dataclass(frozen=True)
class Stage:
    """Components that start side by side: arguments of `airflow` by name, and how to see that they work."""

    commands: dict[str, list[str]]
    is_ready: Callable[[Metadata], bool]


class AirflowMajor(Protocol):
    """What `LocalAirflow` asks of either major version."""

    url: str

    def settings(self) -> dict[str, str]:
        """Give the environment variables that only this major needs."""

    def stages(self) -> list[Stage]:
        """Give the components in the order in which they are to start."""

    def prepare(self, home: Path) -> None:
        """Finish the home after the migration, before any component starts."""


class AirflowThree:
    """
    Airflow 3: API server, scheduler and dag processor; tasks talk to the API server.

    :param triggerer: Also start a triggerer.
    """

    def __init__(self, *, triggerer: bool) -> None:
        self._triggerer = triggerer
        self._port = free_port()
        self.url = f"http://{HOST}:{self._port}"

    def settings(self) -> dict[str, str]:
        """Give the addresses, the shared secrets and the open door of the API server."""
        return {
            "AIRFLOW__API__BASE_URL": self.url,
            "AIRFLOW__API__SECRET_KEY": secrets.token_hex(16),
            "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_hex(32),
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{self.url}/execution/",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
            # A supervisor that misses its task's end looks again only after this many seconds.
            "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
            "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "30",
            "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "3600",
            "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "3600",
        }

    def stages(self) -> list[Stage]:
        """Give the API server and the DAG processor, then what runs tasks."""
        server = ["api-server", "--host", HOST, "--port", str(self._port), "--workers", "1"]
        jobs = {"scheduler": ["scheduler", "--skip-serve-logs"]}
        job_types = ["SchedulerJob", "DagProcessorJob"]
        if self._triggerer:
            jobs["triggerer"] = ["triggerer", "--skip-serve-logs"]
            job_types.append("TriggererJob")
        return [
            Stage({"api-server": server, "dag-processor": ["dag-processor"]}, self._serves_tasks),
            Stage(jobs, lambda metadata: all(map(metadata.has_running_job, job_types))),
        ]

    def prepare(self, home: Path) -> None:
        """Do nothing: Airflow 3 puts SQLite into WAL mode by itself."""

    def _serves_tasks(self, metadata: Metadata) -> bool:  # noqa: ARG002
        # The first request to this half of the API server costs seconds: it builds the routes of every API
        # version. Without this warm-up the first task would wait for it and look slow.
        return answers(f"{self.url}/execution/health", timeout_s=30)


class AirflowTwo:
    """
    Airflow 2.11: the scheduler alone, which parses DAGs as well.

    A standalone dag processor refuses SQLite. LocalExecutor does too, unless told not to look; what it
    rightly fears is `database is locked`, which the write-ahead log and the patience in the connection's
    address take away at the size of a demonstration.

    :param triggerer: Also start a triggerer.
    :param webserver: Also start the webserver; without it nothing serves `url`.
    """

    def __init__(self, *, triggerer: bool, webserver: bool) -> None:
        self._triggerer = triggerer
        self._webserver = webserver
        self._port = free_port()
        self.url = f"http://{HOST}:{self._port}"

    def settings(self) -> dict[str, str]:
        """Allow LocalExecutor on SQLite, and give the webserver its address."""
        return {
            "_AIRFLOW__SKIP_DATABASE_EXECUTOR_COMPATIBILITY_CHECK": "1",
            "AIRFLOW__DATABASE__LOAD_DEFAULT_CONNECTIONS": "False",
            "AIRFLOW__METRICS__TIMER_UNIT_CONSISTENCY": "True",
            # SQLite has no row locks: a task that schedules what follows it races with the scheduler, and
            # the same task instance may be queued twice and come out as its second try.
            "AIRFLOW__SCHEDULER__SCHEDULE_AFTER_TASK_EXECUTION": "False",
            "AIRFLOW__SCHEDULER__MIN_FILE_PROCESS_INTERVAL": "3600",
            "AIRFLOW__SCHEDULER__PARSING_PROCESSES": "1",  # more are refused on SQLite
            "AIRFLOW__WEBSERVER__BASE_URL": self.url,
            "AIRFLOW__WEBSERVER__SECRET_KEY": secrets.token_hex(16),
            "AIRFLOW__API__AUTH_BACKENDS": "airflow.api.auth.backend.default",
        }

    def stages(self) -> list[Stage]:
        """Give the components, all at once."""
        commands = {"scheduler": ["scheduler", "--skip-serve-logs"]}
        if self._triggerer:
            commands["triggerer"] = ["triggerer", "--skip-serve-logs"]
        if self._webserver:
            address = ["--hostname", HOST, "--port", str(self._port)]
            commands["webserver"] = ["webserver", *address, "--workers", "1"]
        return [Stage(commands, self._is_ready)]

    def prepare(self, home: Path) -> None:
        """Put SQLite into WAL mode, where readers and a writer do not wait for each other; open the UI."""
        with closing(sqlite3.connect(home / "airflow.db")) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
        (home / "webserver_config.py").write_text('AUTH_ROLE_PUBLIC = "Admin"\nWTF_CSRF_ENABLED = True\n')

    def _is_ready(self, metadata: Metadata) -> bool:
        jobs = ["SchedulerJob", *(["TriggererJob"] if self._triggerer else [])]
        served = not self._webserver or answers(f"{self.url}/health")
        return served and all(map(metadata.has_running_job, jobs))
