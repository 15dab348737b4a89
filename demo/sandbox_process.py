# SPDX-License-Identifier: Apache-2.0
"""The local mPulse as a process of its own, and the Airflow connection that leads to it."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any, Self

from demo.components import Component, stop_all
from demo.loopback import HOST, answers, free_port, request_json, wait_until
from demo.settings import inherited_environment

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

API_KEY = "SNDBX-LOCAL-MPULS-AIRFL-00000"
DOMAIN = "pipelines.local"
_START_LIMIT_S = 30


class SandboxProcess:
    """
    The sandbox for as long as a `with` block.

    :param log_file: Where its output goes; the folder exists.
    """

    def __init__(self, log_file: Path) -> None:
        self.port = free_port()
        self.url = f"http://{HOST}:{self.port}"
        self._component = Component("sandbox", self.command(), env=inherited_environment(), log_file=log_file)

    def command(self) -> list[str]:
        """
        Give the command that is run.

        :return: The program and its arguments.
        """
        return [sys.executable, "-m", "airflow_mpulse.cli.main", "sandbox", "--port", str(self.port)]

    def start(self) -> None:
        """Start the sandbox and wait until it answers."""
        try:
            self._component.start()
            wait_until(
                lambda: answers(f"{self.url}/health"),
                limit_s=_START_LIMIT_S,
                what="the sandbox to start",
                meanwhile=self._component.check_running,
            )
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the sandbox and wait until it has ended."""
        stop_all([self._component])

    def __enter__(self) -> Self:
        """Start the sandbox."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the sandbox."""
        self.stop()

    @property
    def connection(self) -> str:
        """The value of `AIRFLOW_CONN_MPULSE_DEFAULT`."""
        return json.dumps(
            {
                "conn_type": "mpulse",
                "host": HOST,
                "schema": "http",
                "port": self.port,
                "password": API_KEY,
                "extra": {"domain": DOMAIN},
            }
        )

    def beacons(self) -> list[dict[str, Any]]:
        """
        Ask for what was received.

        :return: The beacons with their verdicts, newest last.
        """
        return list(request_json(f"{self.url}/api/beacons"))

    def page_groups(self) -> list[dict[str, Any]]:
        """
        Ask for the page groups.

        :return: One row each, with counts and percentiles.
        """
        return list(request_json(f"{self.url}/api/page-groups"))
