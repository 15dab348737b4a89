# SPDX-License-Identifier: Apache-2.0
"""A second listener beside the package's: it notes every event, when it came and in which process."""

import json
import os
import time
from pathlib import Path

from airflow.providers.common.compat.sdk import AirflowPlugin, hookimpl


class Witness:
    @hookimpl
    def on_task_instance_running(self, task_instance) -> None:
        _note("running", task_instance)

    @hookimpl
    def on_task_instance_success(self, task_instance) -> None:
        _note("success", task_instance)

    @hookimpl
    def on_task_instance_failed(self, task_instance) -> None:
        _note(str(getattr(task_instance.state, "value", task_instance.state)), task_instance)

    @hookimpl
    def on_dag_run_success(self, dag_run) -> None:
        _note("run success", dag_run)

    @hookimpl
    def on_dag_run_failed(self, dag_run) -> None:
        _note("run failed", dag_run)

    @hookimpl
    def before_stopping(self, component) -> None:
        _note("stopping", component)


def _note(event: str, thing: object) -> None:
    line = {
        "event": event,
        "pid": os.getpid(),
        "clock_s": time.monotonic(),
        **{name: getattr(thing, name, None) for name in ("dag_id", "run_id", "task_id", "try_number")},
    }
    # One write per line, so that lines of several processes do not mix.
    with Path(os.environ["WITNESS_FILE"]).open("a") as file:
        file.write(json.dumps(line) + "\n")


class WitnessPlugin(AirflowPlugin):
    name = "witness"
    listeners = (Witness(),)
