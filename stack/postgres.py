# SPDX-License-Identifier: Apache-2.0
"""
A PostgreSQL cluster of its own, as the image `postgres` would make it: user, password and database of the
service's environment. It is thrown away with its folder, so that nothing is forced to the disk.

Source: README of the image `postgres` (POSTGRES_USER, POSTGRES_PASSWORD_FILE, POSTGRES_DB); PostgreSQL's
reference (initdb, postgres).
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from demo.components import Component, as_user
from demo.loopback import HOST
from stack.programs import POSTGRES

if TYPE_CHECKING:
    from collections.abc import Mapping

_PREPARATION_LIMIT_S = 120
_SETTINGS = {
    "unix_socket_directories": "",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "log_line_prefix": "%m [%p] ",
}


class PostgresCluster:
    """
    The files of a cluster, in a temporary folder.

    :param user: Its superuser.
    :param password: That user's password.
    :param database: The database that is made.
    """

    def __init__(self, user: str, password: str, database: str) -> None:
        self._programs = POSTGRES.locate().resolve().parent
        self._account = _find_account()
        self._folder = Path(tempfile.mkdtemp(prefix="mpulse-postgres-"))
        try:
            self._prepare(user, password, database)
        except BaseException:
            self.remove()
            raise

    def component(self, port: int, *, env: Mapping[str, str], log_file: Path) -> Component:
        """
        Give the server, not started yet.

        :param port: Where it is to listen, on loopback.
        :param env: Its environment.
        :param log_file: Where its log goes.
        :return: The server.
        """
        settings = [word for name, value in _SETTINGS.items() for word in ("-c", f"{name}={value}")]
        command = [self._program("postgres"), "-D", self._data, "-h", HOST, "-p", str(port), *settings]
        return Component(
            "postgres",
            command,
            env=env,
            log_file=log_file,
            user=self._account,
            # The way to stop at once: PostgreSQL waits for its clients on SIGTERM.
            stop_signal=signal.SIGINT,
        )

    def environment(self, port: int) -> dict[str, str]:
        """
        Give what PostgreSQL's own clients need to find the server.

        :param port: Where it listens.
        :return: Environment variables.
        """
        return {"PGPORT": str(port), "PATH": f"{self._programs}{os.pathsep}{os.environ['PATH']}"}

    def remove(self) -> None:
        """Remove all files; the server has ended."""
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def _data(self) -> str:
        return str(self._folder / "data")

    def _program(self, name: str) -> str:
        return str(self._programs / name)

    def _prepare(self, user: str, password: str, database: str) -> None:
        password_file = self._folder / "password"
        password_file.touch(mode=0o600)
        password_file.write_text(password)
        if self._account is not None:
            for path in (self._folder, password_file):
                shutil.chown(path, self._account)
        settings = ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync"]
        access = [f"--username={user}", f"--pwfile={password_file}"]
        self._run([self._program("initdb"), f"--pgdata={self._data}", *settings, *access])
        password_file.unlink()
        # Without a server, so that nobody can connect before it is complete.
        single = [self._program("postgres"), "--single", "-D", self._data, "postgres"]
        self._run(single, f'CREATE DATABASE "{database}";\n')

    def _run(self, command: list[str], text: str = "") -> None:
        done = subprocess.run(
            command,
            input=text,
            capture_output=True,
            text=True,
            check=False,
            timeout=_PREPARATION_LIMIT_S,
            **as_user(self._account),
        )
        if done.returncode != 0:
            message = f"{command[0]} did not succeed:\n{done.stdout}{done.stderr}"
            raise RuntimeError(message)


def _find_account() -> str | None:
    # PostgreSQL refuses to run as root. Debian's package brings an account of its own.
    if os.geteuid() != 0:
        return None
    names = {account.pw_name for account in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"
