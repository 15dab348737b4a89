# SPDX-License-Identifier: Apache-2.0
"""Child processes with a log file each, ended together with every process that they started."""

from __future__ import annotations

import contextlib
import os
import pwd
import signal
import subprocess
import time
from typing import IO, TYPE_CHECKING, Any

import psutil  # type: ignore[import-untyped]  # a dependency of every Airflow

from demo.loopback import POLL_INTERVAL_S

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

STOP_LIMIT_S = 5.0


class ComponentDiedError(RuntimeError):
    """A process ended that should still be running."""


class Component:
    """
    One long-running child process in a session of its own.

    A session, because Airflow moves its task and parsing processes into other process groups: the session is
    what stays common to all of them. It also keeps Ctrl-C on the terminal from reaching them behind our back.

    :param name: What to call it, and its log file.
    :param command: The program and its arguments.
    :param env: Its whole environment.
    :param log_file: Where its output goes; the folder exists.
    :param user: The user that it runs as, where it is not this process's own.
    :param stop_signal: What asks it to stop.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        env: Mapping[str, str],
        log_file: Path,
        user: str | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
    ) -> None:
        self.name = name
        self._user = user
        self._stop_signal = stop_signal
        self.log_file = log_file
        self.command = list(command)
        self.env = dict(env)
        self.process: subprocess.Popen[bytes] | None = None
        self.log: IO[bytes] | None = None

    def start(self) -> None:
        """Start the process."""
        self.log = self.log_file.open("wb")
        self.process = self.open_process()

    def open_process(self) -> subprocess.Popen[bytes]:
        """
        Start the process with its output in the log.

        :return: The process.
        """
        return subprocess.Popen(
            self.command,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            **as_user(self._user),
        )

    def exit_code(self) -> int | None:
        """
        Look at how the process ended.

        :return: Its exit code, None while it runs or before it was started.
        """
        return None if self.process is None else self.process.poll()

    def check_running(self) -> None:
        """
        Make sure that the process still runs.

        :raises ComponentDiedError: If it has ended; the message holds the end of its log.
        """
        code = self.exit_code()
        if code is not None:
            message = f"{self.name} ended with {code}. The end of {self.log_file}:\n{self.log_tail()}"
            raise ComponentDiedError(message)

    def run_to_end(self, limit_s: float) -> None:
        """
        Start the process and wait for its success.

        :param limit_s: Seconds it may take.
        :raises ComponentDiedError: If it fails or takes longer.
        """
        self.start()
        process = self.process
        try:
            code = process.wait(limit_s) if process else None
        except subprocess.TimeoutExpired:
            code = None
        finally:
            stop_all([self])
        if code != 0:
            message = f"{self.name} did not succeed. The end of {self.log_file}:\n{self.log_tail()}"
            raise ComponentDiedError(message)

    def log_tail(self, lines: int = 30) -> str:
        """
        Read the end of the log.

        :param lines: How many lines of it.
        :return: The lines.
        """
        text = self.log_file.read_text(errors="replace") if self.log_file.exists() else ""
        return "\n".join(text.splitlines()[-lines:])

    def family(self) -> list[psutil.Process]:
        """
        List the running processes of the session.

        :return: The process itself and whatever it started, directly or not.
        """
        return [] if self.process is None else _processes_of_session(self.process.pid)

    def ask_to_stop(self) -> None:
        """Send the signal to the process itself; Airflow passes it on in its own way."""
        if self.process is not None:
            self.process.send_signal(self._stop_signal)

    def close(self) -> None:
        """Reap the process and close the log."""
        if self.process is not None:
            self.process.wait()
            for pipe in (self.process.stdin, self.process.stdout):
                if pipe is not None:
                    pipe.close()
        if self.log is not None:
            self.log.close()


def stop_all(components: Iterable[Component], limit_s: float = STOP_LIMIT_S) -> None:
    """
    Stop components side by side: ask all of them, wait, then kill what is left of their sessions.

    :param components: What to stop; those not running are passed over.
    :param limit_s: Seconds they get to stop by themselves.
    """
    all_of_them = list(components)
    deadline = time.monotonic() + limit_s
    try:
        for component in all_of_them:
            component.ask_to_stop()
        while any(component.family() for component in all_of_them) and time.monotonic() < deadline:
            for component in all_of_them:
                component.exit_code()  # reaps it, so that it leaves the list
            time.sleep(POLL_INTERVAL_S)
    finally:
        # Also reached when a second Ctrl-C ends the patience above.
        for component in all_of_them:
            _kill(component)
            component.close()


def as_user(name: str | None) -> dict[str, Any]:
    """
    Give what makes a child process run as another user.

    :param name: The user; None for this process's own.
    :return: Arguments of `subprocess.Popen`.
    """
    if name is None:
        return {}
    account = pwd.getpwnam(name)
    # The folder that we are in may be closed to that user.
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": [], "cwd": "/"}


def _kill(component: Component) -> None:
    # More than one round, because a process that was just forked is not on the first list.
    while family := component.family():
        for process in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        component.exit_code()
        psutil.wait_procs(family, timeout=1)


def _processes_of_session(session_id: int) -> list[psutil.Process]:
    found = []
    for pid in psutil.pids():
        # A process may end, or belong to someone else, between the listing and the question.
        with contextlib.suppress(OSError, psutil.Error):
            if os.getsid(pid) == session_id:
                process = psutil.Process(pid)
                if process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
    return found
