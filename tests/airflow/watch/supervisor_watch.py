# SPDX-License-Identifier: Apache-2.0
"""Notes which threads of a task's process talk to its supervisor, on Airflow 3."""

import os
import threading
from importlib.metadata import version
from pathlib import Path

from airflow.providers.common.compat.sdk import AirflowPlugin

if not version("apache-airflow").startswith("2."):
    from airflow.sdk.execution_time.comms import CommsDecoder

    usual_send = CommsDecoder.send

    def send(self: object, msg: object) -> object:
        with Path(os.environ["SUPERVISOR_WATCH_FILE"]).open("a") as file:
            file.write(threading.current_thread().name + "\n")
        return usual_send(self, msg)

    CommsDecoder.send = send


class SupervisorWatchPlugin(AirflowPlugin):
    name = "supervisor_watch"
