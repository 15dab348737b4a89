# SPDX-License-Identifier: Apache-2.0
"""
Services in the order that `docker compose up --wait` takes: each one when those that it depends on are ready.

A service is ready when it has ended well, if others wait for that, or else when its health check succeeds.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from demo.components import Component, ComponentDiedError
from stack.compose import COMPLETED, HealthCheck, Service

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Health:
    """
    Looks again and again whether a service works, one look at a time, until it does.

    :param check: How to look, with the words and places of this machine.
    :param env: The environment of the service.
    """

    def __init__(self, check: HealthCheck, env: Mapping[str, str]) -> None:
        self.is_good = False
        self.last_output = ""
        self._check = check
        self._env = dict(env)
        self._look: subprocess.Popen[str] | None = None
        self._due_s = 0.0

    def look(self) -> bool:
        """
        Begin a look when it is time for one, or see how the one that was begun has ended.

        :return: Whether a look has succeeded.
        """
        if self._look is None and not self.is_good and time.monotonic() >= self._due_s:
            self._look = subprocess.Popen(
                self._check.command,
                env=self._env,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
            self._due_s = time.monotonic() + self._check.timeout_s
        elif self._look is not None and (self._look.poll() is not None or time.monotonic() >= self._due_s):
            self.is_good = self._look.returncode == 0
            self.end()
            self._due_s = time.monotonic() + self._check.pause_s
        return self.is_good

    def end(self) -> None:
        """End a look that was begun."""
        if self._look is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._look.pid, signal.SIGKILL)
            self.last_output, _ = self._look.communicate()
            self._look = None


class Launched:
    """
    A service that was started.

    :param component: Its process.
    :param health: How to see that it works.
    """

    def __init__(self, component: Component, health: Health | None) -> None:
        self.component = component
        self.health = health

    def is_ready(self, *, runs_once: bool) -> bool:
        """
        See whether services that depend on it can be started.

        :param runs_once: Whether they wait for its end.
        :return: True if so.
        :raises ComponentDiedError: If it has ended, and should not have, or not like this.
        """
        if runs_once:
            code = self.component.exit_code()
            if code not in {None, 0}:
                message = f"{self.component.name} did not succeed:\n{self.component.log_tail()}"
                raise ComponentDiedError(message)
            return code == 0
        self.component.check_running()
        return self.health is None or self.health.look()


class Launch:
    """
    The start of all services.

    :param services: The services.
    :param start: Starts one of them.
    """

    def __init__(self, services: Mapping[str, Service], start: Callable[[Service], Launched]) -> None:
        self._services = services
        self._start = start
        self.launched: dict[str, Launched] = {}
        self.run_once = {
            other
            for service in services.values()
            for other, condition in service.depends_on.items()
            if condition == COMPLETED
        }

    def go_on(self) -> bool:  # noqa: DOC502
        """
        Start what can be started now.

        :return: Whether all services are started and ready.
        :raises ComponentDiedError: If a service has ended that should not have.
        """
        ready = {
            name
            for name, launched in self.launched.items()
            if launched.is_ready(runs_once=name in self.run_once)
        }
        for name, service in self._services.items():
            if name not in self.launched and ready.issuperset(service.depends_on):
                self.launched[name] = self._start(service)
        return len(ready) == len(self._services)

    def end_looks(self) -> None:
        """End the looks that were begun."""
        for launched in self.launched.values():
            if launched.health is not None:
                launched.health.end()

    def describe_unhealthy(self) -> str:
        """
        Say what keeps services from being ready.

        :return: What the last health check of each has said; empty where none has failed.
        """
        return "".join(
            f"\n{name}: {launched.health.last_output.strip()[-1000:]}"
            for name, launched in self.launched.items()
            if launched.health is not None and not launched.health.is_good
        )
