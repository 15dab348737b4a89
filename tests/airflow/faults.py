# SPDX-License-Identifier: Apache-2.0
"""Things that go wrong around the listener, and a real scheduler that has to live with them."""

from __future__ import annotations

import json
import shutil
import socket
from collections import Counter
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_mpulse.sandbox.server import SandboxServer
from demo.local_airflow import LocalAirflow
from demo.orders import Order
from tests.airflow.scheduler import connection_variables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from demo.metadata import DagRunRow

HERE = Path(__file__).parent
DAG_IDS = ("reported", "control")
ROUNDS = 2
WAIT_S = 1.0
#: What the issue's promise allows beside the wait; everything else is the same work in both DAGs.
SLACK_S = 0.5


@dataclass(frozen=True)
class FaultRun:
    """The same work, reported and not, beside a second listener, while something is wrong."""

    fault: str
    airflow: LocalAirflow
    runs: list[DagRunRow]
    events: list[dict[str, Any]]
    beacons: int

    def states(self, dag_id: str) -> list[dict[str, str | None]]:
        return [
            {row.task_id: row.state for row in self.airflow.task_instances(dag_id, run.run_id)}
            for run in self.runs
            if run.dag_id == dag_id
        ]

    def shortest_s(self, dag_id: str) -> dict[str, float]:
        """Give the shortest duration of each task, in the database: noise only ever adds to one."""
        durations: dict[str, list[float]] = {}
        for run in self.runs:
            if run.dag_id == dag_id:
                for row in self.airflow.task_instances(dag_id, run.run_id):
                    durations.setdefault(row.task_id, []).append(row.duration_s or 0.0)
        return {task_id: min(values) for task_id, values in durations.items()}

    def shortest_hold_s(self, dag_id: str) -> dict[str, float]:
        """Give the shortest time from a task's last event to its process's end, as the witness saw it."""
        holds: dict[str, list[float]] = {}
        for event in self.events:
            if event["task_id"] and event["dag_id"] == dag_id and event["event"] in {"success", "failed"}:
                stops = [
                    other["clock_s"]
                    for other in self.events
                    if other["pid"] == event["pid"]
                    and other["event"] == "stopping"
                    and other["clock_s"] >= event["clock_s"]
                ]
                assert stops, event
                holds.setdefault(event["task_id"], []).append(min(stops) - event["clock_s"])
        return {task_id: min(values) for task_id, values in holds.items()}

    def counted_events(self, dag_id: str) -> Counter[tuple[str, str | None]]:
        return Counter((e["event"], e["task_id"]) for e in self.events if e["dag_id"] == dag_id)

    def component_log(self, name: str) -> str:
        return (self.airflow.logs_folder / f"{name}.log").read_text(errors="replace")


@contextmanager
def run_with_fault(fault: str, folder: Path) -> Iterator[FaultRun]:
    """Run the work of `fault_dags` through a scheduler for which something is wrong."""
    plugins, witness_file = folder / "plugins", folder / "events.jsonl"
    shutil.copytree(HERE / "plugins", plugins, ignore=shutil.ignore_patterns("__pycache__"))
    witness_file.touch()
    with ExitStack() as stack:
        sandbox = stack.enter_context(SandboxServer())
        env = {
            "AIRFLOW__MPULSE__REPORT": "all",
            "AIRFLOW__MPULSE__WAIT_S": f"{WAIT_S:g}",
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(plugins),
            "WITNESS_FILE": str(witness_file),
            **_spoil(fault, sandbox.port, plugins, stack),
        }
        dags = HERE / "fault_dags"
        airflow = stack.enter_context(LocalAirflow(folder / "home", dags, env=env, dag_ids=DAG_IDS))
        runs: list[DagRunRow] = []
        for turn in range(1, ROUNDS + 1):
            airflow.trigger_all([Order("trigger", dag_id, f"run-{turn}", {}) for dag_id in DAG_IDS])
            runs = airflow.wait_for_runs(DAG_IDS, runs_each=turn, limit_s=200)
        # A scheduler that is asked to stop tells its listeners, and writes what they did not get done.
        airflow.stop()
        events = [json.loads(line) for line in witness_file.read_text().splitlines()]
        yield FaultRun(fault, airflow, runs, events, len(sandbox.store.beacons()))


def _spoil(fault: str, port: int, plugins: Path, stack: ExitStack) -> dict[str, str]:
    good = connection_variables(port)["AIRFLOW_CONN_MPULSE_DEFAULT"]
    if fault == "no_connection":
        return {}
    if fault == "broken_option":
        return {"AIRFLOW_CONN_MPULSE_DEFAULT": good, "AIRFLOW__MPULSE__SAMPLE_RATE": "many"}
    if fault == "raises_inside":
        shutil.copy(HERE / "sabotage" / "saboteur.py", plugins)
        return {"AIRFLOW_CONN_MPULSE_DEFAULT": good}
    if fault == "silent":
        # The backlog takes connections that nobody ever reads from.
        listener = stack.enter_context(closing(socket.create_server(("127.0.0.1", 0), backlog=200)))
        port = listener.getsockname()[1]
    else:
        assert fault == "unreachable"
        with socket.create_server(("127.0.0.1", 0)) as closed:
            port = closed.getsockname()[1]
    return {"AIRFLOW_CONN_MPULSE_DEFAULT": json.dumps({**json.loads(good), "port": port})}
