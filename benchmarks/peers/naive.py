# SPDX-License-Identifier: Apache-2.0
"""What one would write in an hour: a GET of the configuration and a POST with `requests` for each task."""

import os
from typing import Any
from urllib.parse import parse_qsl

import requests
from airflow.providers.common.compat.sdk import AirflowPlugin, hookimpl

_CONFIGURATION_URL = os.environ["BENCHMARK_CONFIGURATION_URL"]
_FIELDS = dict(parse_qsl(os.environ["BENCHMARK_BEACON"]))


class Listener:
    """Asks for the configuration and sends when a task succeeds."""

    @hookimpl
    def on_task_instance_success(self, task_instance: Any) -> None:
        """
        Ask and send.

        :param task_instance: The task instance.
        """
        config = requests.get(_CONFIGURATION_URL, timeout=5).json()
        page_group = f"{task_instance.dag_id} - {task_instance.task_id}"
        tokens = {name: config[name] for name in ("h.key", "h.d", "h.t", "h.cr")}
        url = _CONFIGURATION_URL.partition(":")[0] + ":" + config["beacon_url"]
        requests.post(url, data={**_FIELDS, "h.pg": page_group, **tokens}, timeout=5)


class PeerPlugin(AirflowPlugin):
    """The listener."""

    name = "naive"
    listeners = [Listener()]  # noqa: RUF012 - as Airflow reads it
