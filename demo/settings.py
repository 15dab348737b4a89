# SPDX-License-Identifier: Apache-2.0
"""The environment of a local Airflow, as far as both major versions share it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from demo.loopback import HOST

if TYPE_CHECKING:
    from pathlib import Path

    from demo.home import Home

# How long a writer waits for another one, instead of failing with "database is locked".
_DATABASE_PATIENCE_S = 20


def inherited_environment() -> dict[str, str]:
    """
    Give this process's environment without what would bend a local Airflow.

    :return: Environment variables; none of Airflow's own, since they belong to another installation.
    """
    kept = {name: value for name, value in os.environ.items() if "AIRFLOW" not in name}
    # Without the bytecode cache every process would compile Airflow again.
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    # A proxy must never stand between two processes of one machine.
    return {**kept, "NO_PROXY": f"{HOST},localhost", "no_proxy": f"{HOST},localhost"}


def common_settings(home: Home, dags_folder: Path, *, parallelism: int, paused: bool) -> dict[str, str]:
    """
    Give the settings that both major versions need.

    :param home: Where Airflow lives.
    :param dags_folder: Where the DAGs are.
    :param parallelism: How many tasks run side by side.
    :param paused: Whether new DAGs wait to be unpaused.
    :return: Environment variables.
    """
    return {
        "AIRFLOW_HOME": str(home.path),
        "AIRFLOW__CORE__DAGS_FOLDER": str(dags_folder),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": str(parallelism),
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": str(paused),
        # A name server that does not answer must not slow every task down.
        "AIRFLOW__CORE__HOSTNAME_CALLABLE": "socket.gethostname",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home.database}?timeout={_DATABASE_PATIENCE_S}",
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.5",
        # Some versions of Airflow tell their makers that they were started.
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "SCARF_ANALYTICS": "false",
    }
