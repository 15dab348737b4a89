# SPDX-License-Identifier: Apache-2.0
"""
A connection from the environment, read in a parent, so that the tasks that it forks need not ask for it each.

What a process's environment holds does not change under it, and Airflow looks there before it looks anywhere
else, unless a secrets backend or a team of its own comes first. Where it does, each task asks as ever.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import Connection, conf

from airflow_mpulse.hooks.mpulse import MPulseHook
from airflow_mpulse.version_compat import AIRFLOW_V_3_0_PLUS, mask_secret

if TYPE_CHECKING:
    from airflow_mpulse.delivery.settings import ServiceSettings


@dataclass(frozen=True, slots=True)
class EnvironmentConnection:
    """
    A connection as it stood in the environment.

    :param mpulse_conn_id: The connection's ID.
    :param settings: What it says.
    :param written: The text that was read.
    :param is_first: Whether Airflow looks nowhere else before.
    :param pid: The process that read it.
    """

    mpulse_conn_id: str
    settings: ServiceSettings
    written: str = field(repr=False)
    is_first: bool
    pid: int

    @property
    def is_inherited(self) -> bool:
        """
        Tell whether this process may use it without asking Airflow.

        :return: Whether it was forked from the one that read it, and has the same text in its environment.
        """
        return (
            self.is_first
            and self.pid != os.getpid()
            and os.environ.get(_variable(self.mpulse_conn_id)) == self.written
        )


def read_environment_connection(mpulse_conn_id: str) -> EnvironmentConnection | None:
    """
    Read a connection from the environment alone; nobody else must be asked while Airflow starts.

    :param mpulse_conn_id: The connection's ID.
    :return: The connection; ``None`` where it is not there or cannot be used, which whoever sends is told.
    """
    written = os.environ.get(_variable(mpulse_conn_id))
    if not written:
        return None
    with contextlib.suppress(Exception):
        settings = MPulseHook(mpulse_conn_id).read_settings(_parse(mpulse_conn_id, written))
        # Which Airflow does for a connection that it is asked for.
        mask_secret(settings.api_key)
        return EnvironmentConnection(mpulse_conn_id, settings, written, _is_first(), os.getpid())
    return None


def _variable(mpulse_conn_id: str) -> str:
    return f"AIRFLOW_CONN_{mpulse_conn_id.upper()}"


def _parse(mpulse_conn_id: str, written: str) -> Any:
    connection: Any = Connection
    if written.lstrip().startswith("{"):
        return connection.from_json(written, conn_id=mpulse_conn_id)
    if AIRFLOW_V_3_0_PLUS:
        return connection.from_uri(written, conn_id=mpulse_conn_id)
    return connection(conn_id=mpulse_conn_id, uri=written)


def _is_first() -> bool:
    return not (
        conf.get("secrets", "backend", fallback="")
        or conf.get("workers", "secrets_backend", fallback="")
        or conf.getboolean("core", "multi_team", fallback=False)
    )
