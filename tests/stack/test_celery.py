# SPDX-License-Identifier: Apache-2.0
"""The profile `celery`: two hundred tasks on two workers, with PostgreSQL and Redis."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.stack.course import DAG_ID, RUNS, TASKS_PER_RUN, WORKERS, find_complaints, map_index_of, session_of

if TYPE_CHECKING:
    from tests.stack.course import CeleryCourse

pytestmark = pytest.mark.scheduler

TASKS = RUNS * TASKS_PER_RUN
#: The scheduler's machine and those of the two workers.
HOSTS = 3
REFRESH_S = 300


def test_every_task_succeeds(celery_course: CeleryCourse) -> None:
    """All two hundred tasks succeed, and both workers have a share of them."""
    assert TASKS == 200
    assert [run.state for run in celery_course.runs] == ["success"] * RUNS
    states = Counter(row.state for rows in celery_course.tasks.values() for row in rows)
    assert states == {"success": TASKS}
    assert sum(celery_course.returned.values()) == TASKS
    assert min(celery_course.returned[name] for name in WORKERS) > 0


def test_every_beacon_arrives_once(celery_course: CeleryCourse) -> None:
    """Each task and each run has exactly one beacon, in the session of its run."""
    wanted: Counter[tuple[str, str, int]] = Counter()
    for run in celery_course.runs:
        wanted[session_of(run), DAG_ID, -1] += 1
        for row in celery_course.tasks[run.run_id]:
            wanted[session_of(run), f"{DAG_ID} - work", row.map_index] += 1
    arrived = Counter(
        (beacon["session_id"], beacon["page_group"], map_index_of(beacon)) for beacon in celery_course.beacons
    )
    assert len(wanted) == TASKS + RUNS
    assert arrived == wanted


def test_every_beacon_is_valid(celery_course: CeleryCourse) -> None:
    """The sandbox finds nothing wrong with any beacon."""
    assert [beacon["verdict"] for beacon in celery_course.beacons if not beacon["verdict"]["valid"]] == []


def test_sums_agree(celery_course: CeleryCourse) -> None:
    """What tasks, scheduler and flushers say they sent is what arrived; nothing waits or was dropped."""
    flushed = celery_course.flushed.values()
    assert celery_course.sent_at_once + sum(one.sent for one in flushed) == TASKS + RUNS
    assert celery_course.requests["beacon_post"] == TASKS + RUNS
    assert celery_course.flushed["flusher-1"].sent == celery_course.returned["worker-1"]
    assert [(one.dropped, one.waiting) for one in flushed] == [(0, 0)] * 2
    assert celery_course.left_in_outboxes == []


def test_configuration_is_fetched_once_a_machine(celery_course: CeleryCourse) -> None:
    """Each machine asks once for the configuration, and once again when it is due."""
    requests = celery_course.requests
    asked = requests["config_v1"] + requests["config_v1_refresh"]
    # Once more on the machine whose file was made to look old, and once for each time that a slow run takes.
    assert HOSTS + 1 <= asked <= HOSTS + 1 + HOSTS * (celery_course.took_s // REFRESH_S)
    assert requests["config_v1_refresh"] >= 1


@pytest.mark.parametrize("name", ["tasks", "scheduler", "api-server", "dag-processor", "triggerer", *WORKERS])
def test_no_component_has_trouble(celery_course: CeleryCourse, name: str) -> None:
    """No component and no task writes an error, nor a warning of this package's."""
    log = celery_course.logs[name]
    assert len(log.splitlines()) > 3
    assert find_complaints(log) == []
    trouble = re.compile(r'\[(error|critical)\s*\]|"level":"(error|critical)"|Traceback')
    assert [line for line in log.splitlines() if trouble.search(line)] == []
