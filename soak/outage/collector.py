# SPDX-License-Identifier: Apache-2.0
"""A sandbox that goes away and comes back on the same port, and loses no beacon that it has received."""

from __future__ import annotations

import json
import secrets
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from demo.loopback import HOST
from demo.sandbox_process import SandboxProcess

if TYPE_CHECKING:
    from types import TracebackType

_SCRIPT = Path(__file__).with_name("collector_process.py")


class Collector(SandboxProcess):
    """
    A sandbox for as long as a `with` block, with an outage in it.

    :param log_file: Where its output goes; the folder exists. What it received goes into a file beside it.
    """

    def __init__(self, log_file: Path) -> None:
        self._beacons_file = log_file.with_suffix(".beacons.json")
        self._secret = secrets.token_hex(32)
        self._before: list[dict[str, Any]] = []
        self._is_away = False
        self._silence: socket.socket | None = None
        super().__init__(log_file)

    def command(self) -> list[str]:
        """
        Give the command that is run.

        :return: The program and its arguments.
        """
        return [sys.executable, str(_SCRIPT), str(self.port), self._secret, str(self._beacons_file)]

    def go_away(self, *, silently: bool) -> None:
        """
        Stop the sandbox with SIGTERM.

        :param silently: Whether its port then takes connections and never answers, as a service behind a
            broken load balancer does; else it is closed.
        :raises RuntimeError: If it does not end by itself, so that nobody knows what it had received.
        """
        self._beacons_file.unlink(missing_ok=True)
        self.stop()
        self._is_away = True
        if not self._beacons_file.exists():
            message = f"The sandbox did not end in good order, see {self._beacons_file.parent}."
            raise RuntimeError(message)
        self._before += json.loads(self._beacons_file.read_text())
        if silently:
            self._silence = socket.create_server((HOST, self.port), backlog=socket.SOMAXCONN)

    def come_back(self) -> None:
        """Start the sandbox again, on the same port."""
        self._end_silence()
        self.start()
        self._is_away = False

    def beacons(self) -> list[dict[str, Any]]:
        """
        Ask for what was received, before the outage as well.

        :return: The beacons with their verdicts, newest last.
        """
        return [*self._before, *([] if self._is_away else super().beacons())]

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the sandbox."""
        self._end_silence()
        super().__exit__(kind, error, trace)

    def _end_silence(self) -> None:
        if self._silence is not None:
            self._silence.close()
            self._silence = None
