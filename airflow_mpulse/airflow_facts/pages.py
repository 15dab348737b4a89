# SPDX-License-Identifier: Apache-2.0
"""Addresses of pages in the Airflow UI."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from airflow.providers.common.compat.sdk import conf

from airflow_mpulse.version_compat import AIRFLOW_V_3_0_PLUS

if TYPE_CHECKING:
    from airflow_mpulse.reporting.facts import TaskFacts


def build_run_url(dag_id: str, run_id: str) -> str | None:
    """
    Build the address of a run's page in the Airflow UI.

    :param dag_id: The DAG.
    :param run_id: The run.
    :return: Without a query; in Airflow 2.11, whose UI names the run in the query, the DAG's. ``None`` where
        Airflow's ``base_url`` is not set or no address.
    """
    parts = urlsplit(_read_base_url())
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return None
    # What is sent is stored and shown elsewhere, so credentials in front of the host are left out.
    host = parts.netloc.rpartition("@")[2]
    base = f"{parts.scheme}://{host}{parts.path.rstrip('/')}/dags/{quote(dag_id, safe='')}"
    return f"{base}/runs/{quote(run_id, safe='')}" if AIRFLOW_V_3_0_PLUS else f"{base}/grid"


@lru_cache(maxsize=1)
def _read_base_url() -> str:
    # Once a process: the scheduler asks for every run that ends.
    return conf.get("api" if AIRFLOW_V_3_0_PLUS else "webserver", "base_url", fallback="") or ""


def build_task_url(run_url: str | None, task: TaskFacts) -> str | None:
    """
    Build the address of a task's page in the Airflow UI.

    :param run_url: What :func:`build_run_url` gave for its run.
    :param task: The task.
    :return: Without a query; in Airflow 2.11 the DAG's. ``None`` where the run's is not known.
    """
    if run_url is None or not AIRFLOW_V_3_0_PLUS:
        return run_url
    page = f"{run_url}/tasks/{quote(task.task_id, safe='')}"
    return page if task.map_index < 0 else f"{page}/mapped/{task.map_index}"
