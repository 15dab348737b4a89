# SPDX-License-Identifier: Apache-2.0
"""What `make soak-outage` finds wrong with beacons, durations and states, and that it finds nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from airflow_mpulse.delivery.outbox import OutboxState
from airflow_mpulse.reporting.sessions import build_session_id
from demo.metadata import DagRunRow, TaskInstanceRow
from soak.outage.arrivals import Arrivals, match
from soak.outage.durations import Comparison, Took, Window, compare, processes_took, tasks_took
from soak.outage.judgement import (
    BOUNDS,
    count_dropped,
    judge_beacons,
    judge_durations,
    judge_states,
)
from soak.scheduler_log import LogFindings

if TYPE_CHECKING:
    from pathlib import Path

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
URL = "http://airflow"
PAGE = f"{URL}/dags/outage/runs/r"
RUN = DagRunRow("outage", "r", "manual", "success", NOON, NOON + timedelta(seconds=9))
EMPTY = OutboxState(waiting=0, oldest_at=None, taken=0, unreadable=0)
QUIET = LogFindings(sent=3, drained=0, waiting=(), dropped=(), others=())


def task(task_id: str, map_index: int = -1, state: str = "success") -> TaskInstanceRow:
    return TaskInstanceRow(task_id, map_index, state, NOON, NOON + timedelta(seconds=1), NOON, 1.0, 1, 0, "o")


ENDED = [(RUN, [task("first"), task("part", 0), task("part", 1)])]


def beacon(page_group: str, page: str, end: datetime) -> dict[str, Any]:
    return {
        "session_id": build_session_id("outage", "r", NOON),
        "page_group": page_group,
        "verdict": {"valid": True},
        "fields": {"u": page, "rt.end": str(round(end.timestamp() * 1000))},
    }


def all_beacons() -> list[dict[str, Any]]:
    end = NOON + timedelta(seconds=1)
    return [
        beacon("outage - first", f"{PAGE}/tasks/first", end),
        beacon("outage - part", f"{PAGE}/tasks/part/mapped/0", end),
        beacon("outage - part", f"{PAGE}/tasks/part/mapped/1", end),
        beacon("outage", PAGE, NOON + timedelta(seconds=9)),
    ]


def judge(beacons: list[dict[str, Any]], log: LogFindings = QUIET, *, is_silent: bool = False) -> list[str]:
    return judge_beacons(match(ENDED, beacons, URL), log, EMPTY, is_silent=is_silent)


def test_right_beacons_are_right() -> None:
    """Of one beacon for each task instance and one for the run nothing is found wrong."""
    arrivals = match(ENDED, all_beacons(), URL)
    assert arrivals == Arrivals(wanted=4, arrived=4, valid=4, missing=(), surplus=(), moved=())
    assert judge(all_beacons()) == []


def test_mapped_instances_are_told_apart() -> None:
    """One mapped instance that arrives twice does not stand for another that is missing."""
    first, part, _, run = all_beacons()
    arrivals = match(ENDED, [first, part, part, run], URL)
    assert [each.url for each in arrivals.missing] == [f"{PAGE}/tasks/part/mapped/1"]
    assert [each.url for each in arrivals.surplus] == [f"{PAGE}/tasks/part/mapped/0"]


def test_wrong_end_and_verdict_are_found() -> None:
    """A beacon that tells when it was sent, and one that is invalid, are named."""
    beacons = all_beacons()
    beacons[0] = beacon("outage - first", f"{PAGE}/tasks/first", NOON + timedelta(seconds=60))
    beacons[3]["verdict"] = {"valid": False}
    moved, invalid = judge(beacons)
    assert moved.startswith("beacons that tell another end than the database: 1 ")
    assert invalid == "beacons that are invalid: 1"


@pytest.mark.parametrize(
    ("line", "is_silent", "found"),
    [
        ("No beacon was sent to mPulse for the task a of the run r (unconfirmed): It was not", True, 0),
        ("A beacon that waited in the outbox is dropped (unconfirmed): gave no answer", True, 0),
        ("Beacons that waited in the outbox and are dropped: 1 (unconfirmed).", True, 0),
        ("No beacon was sent to mPulse for the task a of the run r (unconfirmed): It was not", False, 2),
        ("No beacon was sent to mPulse for the task a of the run r (not_in_time): It was not", True, 2),
    ],
)
def test_only_a_silent_mpulse_may_swallow(line: str, is_silent: bool, found: int) -> None:
    """A beacon may be missing only where mPulse was silent, and where the log tells that it was swallowed."""
    log = replace(QUIET, dropped=(line,))
    assert len(judge(all_beacons()[1:], log, is_silent=is_silent)) == found


def test_what_is_left_is_wrong() -> None:
    """A beacon that still waits in the end is named."""
    left = replace(EMPTY, waiting=1)
    (found,) = judge_beacons(match(ENDED, all_beacons(), URL), QUIET, left, is_silent=False)
    assert found.startswith("left in the outbox: ")


def test_dropped_beacons_are_counted_by_reason() -> None:
    """Each beacon that the log calls dropped is counted, also one that it tells of later, or not readably."""
    lines = [
        "No beacon was sent to mPulse for the task a of the run r (unconfirmed): It was not",
        "No beacon was sent to mPulse for the run r (unconfirmed): Gone. (2 more since the last such line.)",
        "Beacons that waited in the outbox and are dropped: 3 (too_old), 1 (unconfirmed).",
        "No beacon was sent to mPu",
    ]
    assert count_dropped(lines) == {"unconfirmed": 5, "too_old": 3, "?": 1}


def test_failed_tasks_are_named() -> None:
    """A task that failed, and a run that is not there, are named."""
    assert judge_states([(RUN, [task("first", state="failed")])], 2, "that reports") == [
        "runs of the Airflow that reports that succeeded: not 2",
        "tasks of the Airflow that reports: {'failed': 1}, not 20 in success",
    ]


def test_slow_tasks_are_named() -> None:
    """What takes as long as without the listener is good, and what takes twice as long is not."""
    phases = {(bound.name, bound.phase) for bound in BOUNDS}
    same = [Comparison(name, phase, (1.0, 1.1, 1.2), (1.0, 1.1, 1.2)) for name, phase in phases]
    slow = [replace(each, reporting_s=(2.0, 2.2, 2.4)) for each in same]
    assert judge_durations(same) == []
    assert len(judge_durations(slow)) == len(judge_durations([])) == len(BOUNDS)


def test_outage_is_compared_by_itself() -> None:
    """What has ended while mPulse was away is compared once more by itself."""
    outage = Window(NOON, NOON + timedelta(seconds=60))
    before, inside = NOON - timedelta(seconds=5), NOON + timedelta(seconds=5)
    took = [Took(before, 1.0), Took(inside, 2.0), Took(inside, 3.0)]
    everything, away = compare("task", took, took, outage)
    assert (everything.phase, everything.reporting_s) == ("all", (1.0, 2.0, 3.0))
    assert (away.phase, away.reporting_s) == ("away", (2.0, 3.0))


def test_lone_tasks_are_not_mapped() -> None:
    """Of a run, the tasks count as lone ones that are not mapped."""
    assert (len(tasks_took(ENDED)), len(tasks_took(ENDED, alone=True))) == (3, 1)


def test_processes_are_read_from_the_log(tmp_path: Path) -> None:
    """How long a process lived is read from the supervisor's line, also where two share one line."""
    line = "2026-01-01T12:00:00.5Z [info     ] Workload finished   [supervisor] duration=1.25 exit_code=0 "
    log = tmp_path / "scheduler.log"
    log.write_text(f"{line}{line}\nother\n")
    assert processes_took(log) == [Took(NOON + timedelta(milliseconds=500), 1.25)] * 2
