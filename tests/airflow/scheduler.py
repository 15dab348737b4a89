# SPDX-License-Identifier: Apache-2.0
"""What a real scheduler did with the example DAGs and the probes, and the connections that it did it with."""

from __future__ import annotations

import json
import socket
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_mpulse.sandbox.app import SandboxApp
from demo.expected import EXPECTED_BEACONS

if TYPE_CHECKING:
    from airflow_mpulse.sandbox.server import SandboxServer
    from demo.local_airflow import LocalAirflow
    from demo.metadata import DagRunRow, TaskInstanceRow

ROOT = Path(__file__).parents[2]
EXAMPLES = tuple(EXPECTED_BEACONS)
PROBES = ("probe_states", "probe.arguments-für_alle", "probe_refusals")
#: DAGs that the listener reports, or that the notifier reports beside it.
LISTENED = (
    "every.state",
    "measured",
    "killed",
    "talkative",
    "notified_tasks",
    "notified_run",
    "notified_failed_run",
)
#: DAGs that a person ends; they are not run with the others.
MARKED = ("marked", "marked_at_once")
#: Page groups of the beacons that come last: the scheduler and the parser of DAGs send them after a run.
LAST_PAGE_GROUPS = {
    *("every-state", "measured", "killed", "talkative", "notified_tasks"),
    *("Told of the run notified_run", "Told of the run notified_failed_run"),
}
APP = SandboxApp()


@dataclass(frozen=True)
class SchedulerRun:
    """What a real scheduler did, and what the sandbox received meanwhile."""

    airflow: LocalAirflow
    runs: dict[str, DagRunRow]
    beacons: list[dict[str, Any]]
    sandbox: SandboxServer

    def tasks(self, dag_id: str) -> list[TaskInstanceRow]:
        return self.airflow.task_instances(dag_id, self.runs[dag_id].run_id)

    def task(self, dag_id: str, task_id: str) -> TaskInstanceRow:
        (row,) = [row for row in self.tasks(dag_id) if row.task_id == task_id]
        return row

    def log(self, dag_id: str, task_id: str, try_number: int = 1) -> str:
        return self.airflow.task_log(dag_id, self.runs[dag_id].run_id, task_id, try_number=try_number)

    def summary(self, dag_id: str, task_id: str) -> dict[str, Any]:
        xcoms = self.airflow.metadata.xcoms(dag_id, self.runs[dag_id].run_id)
        return xcoms[task_id, -1, "return_value"]

    def first_poke(self, dag_id: str, task_id: str) -> datetime:
        query = "SELECT min(start_date) FROM task_reschedule WHERE dag_id = ? AND task_id = ?"
        if self.airflow.major > 2:
            query = (
                "SELECT min(poke.start_date) FROM task_reschedule poke JOIN task_instance ON "
                "task_instance.id = poke.ti_id WHERE dag_id = ? AND task_id = ?"
            )
        with closing(sqlite3.connect(self.airflow.metadata.path)) as database:
            ((text,),) = database.execute(query, (dag_id, task_id))
        return datetime.fromisoformat(text).replace(tzinfo=UTC)

    def beacons_of(self, page_group: str) -> list[dict[str, Any]]:
        return [beacon for beacon in self.beacons if beacon["page_group"] == page_group]

    def beacon_of(self, page_group: str) -> dict[str, Any]:
        (beacon,) = self.beacons_of(page_group)
        return beacon


def connection_variables(port: int) -> dict[str, str]:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        nobody = closed.getsockname()[1]
    good = {"password": APP.api_key, "extra": {"domain": APP.domain}}
    variants: dict[str, dict[str, Any]] = {
        "default": good,
        "signed": {**good, "extra": {"domain": APP.domain, "rest_api_secret": APP.rest_api_secret}},
        "no_key": {"extra": {"domain": APP.domain}},
        "no_domain": {"password": APP.api_key},
        "plain_http": {**good, "host": "http://mpulse.example.com"},
        "wrong_key": {**good, "password": "WRONG-KEY"},
        "wrong_domain": {**good, "extra": {"domain": "www.example.com"}},
        "wrong_secret": {**good, "extra": {"domain": APP.domain, "rest_api_secret": "wrong-secret"}},
        "unreachable": {**good, "port": nobody, "extra": {"domain": APP.domain, "timeout_s": 1}},
    }
    service = {"conn_type": "mpulse", "host": "http://127.0.0.1", "port": port}
    return {
        f"AIRFLOW_CONN_MPULSE_{name.upper()}": json.dumps({**service, **fields})
        for name, fields in variants.items()
    }
