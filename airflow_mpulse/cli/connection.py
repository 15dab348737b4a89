# SPDX-License-Identifier: Apache-2.0
"""Connections for a command: which one, where Airflow finds it, and the hook that uses it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow_mpulse.hooks.mpulse import MPulseHook


def choose_conn_id(conn_id: str | None) -> str:  # noqa: DOC502
    """
    Choose the connection of a command.

    :param conn_id: What stands on the command line, ``None`` where nothing does.
    :return: That, or the connection over which runs and tasks report themselves.
    :raises MPulseSettingsError: If the option is empty.
    """
    from airflow_mpulse.option_readers import read_conn_id

    return read_conn_id() if conn_id is None else conn_id


def make_hook(conn_id: str) -> MPulseHook:
    """
    Make the hook of a connection.

    :param conn_id: The connection's ID.
    :return: The hook; it has read nothing yet.
    """
    from airflow_mpulse.hooks.mpulse import MPulseHook

    return MPulseHook(conn_id)


@dataclass(frozen=True, slots=True)
class Search:
    """
    Where a connection was looked for.

    :param found: The place that has it, ``None`` where none has.
    :param asked: The places in the order in which Airflow asks them, up to the one that has it.
    """

    found: str | None
    asked: tuple[str, ...]


def find(conn_id: str) -> Search:
    """
    Ask Airflow's secrets backends for a connection, one after the other.

    :param conn_id: The connection's ID.
    :return: Where it was looked for, and where it is.
    """
    from airflow.configuration import ensure_secrets_loaded

    asked: list[str] = []
    for backend in ensure_secrets_loaded():
        place = _name_place(backend, conn_id)
        try:
            connection = backend.get_connection(conn_id)
        except Exception as error:  # noqa: BLE001 - Airflow passes over it too; its text may hold anything
            asked.append(f"{place} (fails with {type(error).__name__})")
            continue
        asked.append(place)
        if connection is not None:
            return Search(place, tuple(asked))
    return Search(None, tuple(asked))


def _name_place(backend: object, conn_id: str) -> str:
    from airflow.secrets.environment_variables import EnvironmentVariablesBackend
    from airflow.secrets.metastore import MetastoreBackend

    # By the exact class: what is derived from one may look elsewhere.
    if type(backend) is EnvironmentVariablesBackend:
        return f"the environment variable AIRFLOW_CONN_{conn_id.upper()}"
    if type(backend) is MetastoreBackend:
        return "Airflow's metadata database"
    return f"the secrets backend {type(backend).__module__}.{type(backend).__qualname__}"
