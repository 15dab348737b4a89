# SPDX-License-Identifier: Apache-2.0
"""What was run on the stack, and what is known of it afterwards."""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from airflow_mpulse.delivery.moments import system_moment
from airflow_mpulse.reporting.sessions import build_session_id
from demo.expected import EXPECTED_BEACONS, OUTSIDE_SESSIONS
from demo.loopback import request_json, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from demo.metadata import DagRunRow, TaskInstanceRow
    from stack.local_stack import LocalStack

WORKERS = ("worker-1", "worker-2")
DAG_ID = "spread"
TASKS_PER_RUN = 40
#: All runs but the last are started at once; the last one finds a configuration that has to be renewed.
RUNS_AT_ONCE = 4
RUNS = RUNS_AT_ONCE + 1
#: After this the tokens are to be renewed, and they can be used for minutes more.
AGE_S = 400.0

_SENT = re.compile("Sent a beacon to mPulse for the")
_FLUSHED = re.compile(r"Stopped\. Sent: (\d+)\. Dropped: (\d+).*\. Still waiting: (\d+)\.")
_RAISED_VOICE = re.compile(r'\[(warning|error|critical)\s*\]|"level":"(warning|error|critical)"')
#: The name of the logger.
_OURS = re.compile(r'\[airflow_mpulse|"logger":"airflow_mpulse')
_RETURNED = re.compile(r"Task execute_workload\[\S+\] succeeded")
#: A task that is deferred for a moment may be back before Airflow's scheduler has seen that it went; on a
#: busy machine it then fails the task. Source: its own words in its log.
_MIXED_UP = "reported that the task instance"
_MAX_ATTEMPTS = 4


@dataclass(frozen=True)
class LocalCourse:
    """
    The example DAGs: of each the first run that Airflow has brought to its end.

    Others are runs that Airflow has mixed up, and second ones that began because it struck midnight.
    """

    stack: LocalStack
    runs: list[DagRunRow]
    others: list[DagRunRow]

    def beacons(self) -> list[dict[str, Any]]:
        """Give the beacons of the runs."""
        beacons: list[dict[str, Any]] = request_json(f"{self.stack.sandbox_url}/api/beacons")
        if not self.others:
            return beacons
        sessions = {session_of(run) for run in self.runs}
        first_ones: Counter[str] = Counter()
        for groups in EXPECTED_BEACONS.values():
            first_ones.update({name: number for name, number in groups.items() if name in OUTSIDE_SESSIONS})
        kept = []
        for beacon in beacons:
            first_ones[beacon["page_group"]] -= 1
            if beacon["session_id"] in sessions or first_ones[beacon["page_group"]] >= 0:
                kept.append(beacon)
        return kept

    def tasks(self, dag_id: str) -> list[TaskInstanceRow]:
        (run,) = (run for run in self.runs if run.dag_id == dag_id)
        return self.stack.task_instances(dag_id, run.run_id)


@dataclass(frozen=True)
class CeleryCourse:
    """Two hundred tasks on two workers. Everything has been stopped since."""

    runs: list[DagRunRow]
    tasks: dict[str, list[TaskInstanceRow]]
    beacons: list[dict[str, Any]]
    requests: Counter[str]
    took_s: float
    returned: dict[str, int]
    sent_at_once: int
    flushed: dict[str, Flushed]
    left_in_outboxes: list[Path]
    logs: dict[str, str]


@dataclass(frozen=True)
class Flushed:
    """What a flusher says at its end."""

    sent: int
    dropped: int
    waiting: int


def session_of(run: DagRunRow) -> str:
    assert run.start_date is not None
    return build_session_id(run.dag_id, run.run_id, run.start_date)


def map_index_of(beacon: dict[str, Any]) -> int:
    """Tell from the address of a task's page which mapped instance it is; -1 where it is none."""
    return int(beacon["fields"]["u"].partition("/mapped/")[2] or -1)


def run_examples(stack: LocalStack) -> LocalCourse:
    """Wait for the run of each example that its schedule asks for."""
    for _ in range(_MAX_ATTEMPTS):
        all_runs = stack.wait_for_runs(EXPECTED_BEACONS, limit_s=400)
        ended_well = {run.dag_id: run for run in reversed(all_runs) if run.state == "success"}
        if ended_well.keys() == EXPECTED_BEACONS.keys():
            break
        assert EXPECTED_BEACONS.keys() - ended_well.keys() == {"example_mpulse_waiting"}, all_runs
        assert _MIXED_UP in stack.log("scheduler")
        stack.trigger("example_mpulse_waiting")
    runs = list(ended_well.values())
    return LocalCourse(stack, runs, [run for run in all_runs if run not in runs])


def find_complaints(log: str) -> list[str]:
    """Find what this package complains of in a log, of lines or of JSON; beacons that wait are none."""
    return [
        line
        for line in log.splitlines()
        if _RAISED_VOICE.search(line) and _OURS.search(line) and "in the outbox" not in line
    ]


def run_on_workers(stack: LocalStack) -> CeleryCourse:
    """Run the tasks, and tell what became of them and of their beacons."""
    started_s = time.monotonic()
    stack.wait_for_dags([DAG_ID])
    for _ in range(RUNS_AT_ONCE):
        stack.trigger(DAG_ID)
    stack.wait_for_runs([DAG_ID], runs_each=RUNS_AT_ONCE, limit_s=600)
    _wait_for_beacons(stack, RUNS_AT_ONCE)
    let_configuration_age(stack.places.path("worker-2", "/opt/airflow/mpulse"))
    stack.trigger(DAG_ID)
    runs = stack.wait_for_runs([DAG_ID], runs_each=RUNS, limit_s=300)
    _wait_for_beacons(stack, RUNS)
    flushed = {name: _read_flushed(stack.stop_service(name)) for name in ("flusher-1", "flusher-2")}
    return CeleryCourse(
        runs=runs,
        tasks={run.run_id: stack.task_instances(DAG_ID, run.run_id) for run in runs},
        beacons=request_json(f"{stack.sandbox_url}/api/beacons"),
        requests=Counter(request_json(f"{stack.sandbox_url}/api/requests")),
        took_s=time.monotonic() - started_s,
        returned={name: len(_RETURNED.findall(stack.log(name))) for name in WORKERS},
        sent_at_once=_count_sent(stack),
        flushed=flushed,
        left_in_outboxes=list(_find_waiting(stack)),
        logs={"tasks": "\n".join(_task_logs(stack)), **{name: stack.log(name) for name in stack.services}},
    )


def let_configuration_age(folder: Path) -> None:
    """Have the configuration of a machine look older than it is."""
    (file,) = folder.glob("*.json")
    written = json.loads(file.read_text())
    now = system_moment()
    arrived = replace(now, wall_s=now.wall_s - AGE_S, uptime_s=now.uptime_s - AGE_S)
    written["answer"]["arrived"] = arrived.to_json()
    file.write_text(json.dumps(written))


def _wait_for_beacons(stack: LocalStack, runs: int) -> None:
    url = f"{stack.sandbox_url}/api/requests"
    wanted = runs * (TASKS_PER_RUN + 1)
    wait_until(lambda: request_json(url)["beacon_post"] >= wanted, limit_s=120, what=f"{wanted} beacons")


def _task_logs(stack: LocalStack) -> list[str]:
    return [path.read_text() for path in stack.task_logs_folder.rglob("*.log")]


def _count_sent(stack: LocalStack) -> int:
    return sum(len(_SENT.findall(text)) for text in [*_task_logs(stack), stack.log("scheduler")])


def _read_flushed(log: str) -> Flushed:
    (found,) = _FLUSHED.findall(log)
    return Flushed(*map(int, found))


def _find_waiting(stack: LocalStack) -> Iterable[Path]:
    for folder in (stack.home / "homes", stack.home / "volumes"):
        yield from folder.rglob("outbox/**/*.json*")
