# SPDX-License-Identifier: Apache-2.0
"""A run worth a waterfall: tasks one after the other and side by side, mapped, tried again, and failed."""

import json
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from airflow.providers.common.compat.sdk import DAG, get_current_context, task


def note_times(context: Any) -> None:
    """Write down the start and the end that Airflow gives the task in its own process."""
    ti = context["ti"]
    times = {"start": ti.start_date.isoformat(), "end": ti.end_date.isoformat()}
    name = f"{ti.task_id} {ti.map_index} {ti.try_number}.json"
    (Path(os.environ["WATERFALL_FOLDER"]) / name).write_text(json.dumps(times))


with DAG(
    dag_id="waterfall",
    schedule=None,
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    default_args={"on_success_callback": note_times, "on_failure_callback": note_times},
):

    @task
    def extract() -> list[int]:
        time.sleep(0.2)
        return [1, 2, 3]

    @task
    def left() -> None:
        time.sleep(1.5)

    @task
    def right() -> None:
        time.sleep(0.5)

    @task
    def mapped(tenths: int) -> None:
        time.sleep(tenths / 10)

    @task(retries=1, retry_delay=timedelta(seconds=1))
    def fail_once() -> None:
        if get_current_context()["ti"].try_number == 1:
            message = "meant to fail once"
            raise ValueError(message)

    @task
    def fail() -> None:
        message = "meant to fail"
        raise ValueError(message)

    numbers = extract()
    numbers >> [left(), right(), fail_once(), fail()]  # type: ignore[list-item]
    mapped.expand(tenths=numbers)
