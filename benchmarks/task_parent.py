# SPDX-License-Identifier: Apache-2.0
"""
A worker of LocalExecutor: the process that forks tasks, with all in memory that a scheduler has loaded.

It takes the way of Airflow 3.3 itself: plugins are loaded when the scheduler's job is made, workers are
forked with the garbage collector frozen, and each task runs under `supervise_task`. Only the execution API is
not there: its answers are made in the process, and are the same for every variant.

One thing is mended: a supervisor that sees the last pipe of a task closed, and looks for its end a moment too
early, looks again five seconds later. Without any listener, too, it happens whenever something else runs on
the machine, and it would bury what is looked for.
"""

from __future__ import annotations

import gc
import os
import resource
import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from benchmarks.helper import Orders

if TYPE_CHECKING:
    import httpx

DAG_ID = "short"
DAG_FILE = "short.py"
BUNDLE = "benchmarks"

_RUN_STARTED_AT = datetime.now(UTC)


def main() -> None:
    """Load what a scheduler loads, fork a worker, and let it run a task per order."""
    orders = Orders()
    from airflow.executors.local_executor import LocalExecutor  # noqa: F401
    from airflow.jobs.job import Job
    from airflow.jobs.scheduler_job_runner import SchedulerJobRunner

    _wait_for_ends()
    # Makes the job as `airflow scheduler` does, which calls the listeners and so loads the plugins.
    job: Any = Job
    SchedulerJobRunner(job())
    gc.freeze()
    worker = os.fork()
    if worker == 0:
        orders.carry_out(lambda order: run_tasks(int(order["tasks"])))
        os._exit(0)
    _, status = os.waitpid(worker, 0)
    sys.exit(os.waitstatus_to_exitcode(status))


def run_tasks(number: int) -> list[dict[str, float]]:
    """
    Run tasks, one after another.

    :param number: How many.
    :return: For each the wall time, and the processor time of the worker, the task and what that has forked,
        in milliseconds.
    :raises RuntimeError: If a task fails.
    """
    return [_run_task() for _ in range(number)]


def _run_task() -> dict[str, float]:
    from airflow.executors.workloads.base import BundleInfo
    from airflow.sdk.api.client import Client
    from airflow.sdk.api.datamodels._generated import TaskInstance
    from airflow.sdk.execution_time.supervisor import supervise_task
    from httpx import MockTransport

    ti = TaskInstance(
        id=uuid4(),
        task_id="work",
        dag_id=DAG_ID,
        run_id="benchmark",
        # Each try is a task of its own to whoever counts.
        try_number=1,
        dag_version_id=uuid4(),
        map_index=-1,
    )
    client = Client(base_url=None, dry_run=True, token="", transport=MockTransport(_answer))
    cpu_ms, started_s = _read_cpu_ms(), time.perf_counter()
    exit_code = supervise_task(
        ti=ti,
        bundle_info=BundleInfo(name=BUNDLE),
        dag_rel_path=DAG_FILE,
        token="",
        client=client,
        log_path=f"{ti.id}.log",
        subprocess_logs_to_stdout=True,
    )
    wall_ms, cpu_ms = (time.perf_counter() - started_s) * 1000, _read_cpu_ms() - cpu_ms
    if exit_code != 0:
        message = f"The task ended with {exit_code}."
        raise RuntimeError(message)
    return {"wall_ms": wall_ms, "cpu_ms": cpu_ms}


def _wait_for_ends() -> None:
    from airflow.sdk.execution_time import supervisor

    watched: Any = supervisor.WatchedSubprocess
    look = watched._check_subprocess_exit  # noqa: SLF001 - see above

    def look_when_ended(process: Any, **how: Any) -> Any:
        if process._exit_code is None and not process._open_sockets:  # noqa: SLF001
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        return look(process, **how)

    watched._check_subprocess_exit = look_when_ended  # noqa: SLF001


def _read_cpu_ms() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used) * 1000


def _answer(request: httpx.Request) -> httpx.Response:
    from airflow.sdk.api.client import noop_handler
    from httpx import Response

    if not request.url.path.endswith("/run"):
        return noop_handler(request)
    moment = _RUN_STARTED_AT.isoformat()
    run: dict[str, Any] = {
        "dag_id": DAG_ID,
        "run_id": "benchmark",
        "logical_date": moment,
        "data_interval_start": moment,
        "data_interval_end": moment,
        "run_after": moment,
        "start_date": moment,
        "end_date": None,
        "run_type": "manual",
        "state": "running",
        "consumed_asset_events": [],
        "partition_key": None,
    }
    return Response(200, json={"dag_run": run, "max_tries": 0, "should_retry": False})


if __name__ == "__main__":
    main()
