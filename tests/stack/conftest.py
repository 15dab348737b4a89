# SPDX-License-Identifier: Apache-2.0
"""The stack of `docker-compose.yml` as processes, once with each of its executors."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from demo.loopback import wait_until
from demo.shortcomings import find_missing
from stack.local_stack import CELERY, LocalStack
from stack.programs import CURL, POSTGRES, REDIS
from tests.stack.course import CeleryCourse, LocalCourse, run_examples, run_on_workers
from tests.support.programs import require

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Everything at once on a small machine: a supervisor that misses its task's end looks again after this.
ENV = {"AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1"}
#: Each process of a worker imports Airflow anew.
WORKER_ENV = {"AIRFLOW__CELERY__WORKER_CONCURRENCY": "2"}


@pytest.fixture(scope="session")
def local_course(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCourse]:
    """Run the examples on PostgreSQL with the LocalExecutor."""
    for program in (POSTGRES, CURL):
        require(program)
    with LocalStack(tmp_path_factory.mktemp("local") / "stack", env=ENV) as stack:
        course = run_examples(stack)
        wait_until(
            lambda: not find_missing(course.runs, course.beacons()), limit_s=60, what="the last beacons"
        )
        yield course


@pytest.fixture(scope="session")
def celery_course(tmp_path_factory: pytest.TempPathFactory) -> CeleryCourse:
    """Run two hundred tasks on two workers, and stop everything."""
    for program in (POSTGRES, REDIS, CURL):
        require(program)
    stack = LocalStack(
        tmp_path_factory.mktemp("celery") / "stack",
        profile=CELERY,
        dags_folder=Path(__file__).parent / "dags",
        env=ENV,
        # One worker as in the file, with an outbox; the tasks of the other one send by themselves.
        service_env={
            "worker-1": WORKER_ENV,
            "worker-2": {**WORKER_ENV, "AIRFLOW__MPULSE__DELIVERY": "direct"},
        },
    )
    with stack:
        return run_on_workers(stack)
