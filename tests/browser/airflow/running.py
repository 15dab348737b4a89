# SPDX-License-Identifier: Apache-2.0
"""A real Airflow with its UI, in which the short run of `dags/browsed.py` has ended and was reported."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_mpulse.sandbox.app import SandboxApp
from airflow_mpulse.sandbox.server import SandboxServer
from demo.components import Component, stop_all
from demo.local_airflow import LocalAirflow
from demo.loopback import HOST, answers, free_port, wait_until
from tests.support.dashboard import serve_dashboard
from tests.support.subprocesses import run_airflow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from demo.metadata import DagRunRow

DAG_ID = "browsed.für-alle"
#: As it stands in addresses.
QUOTED_DAG_ID = "browsed.f%C3%BCr-alle"
#: As it stands in mPulse, where a dot is replaced.
QUOTED_PAGE_GROUP = "browsed-f%C3%BCr-alle"
APP = SandboxApp()

# On a small and busy machine: what is tested is what is shown, not how soon.
_START_LIMIT_S = 300
_RUN_LIMIT_S = 300


@dataclass(frozen=True)
class RunningAirflow:
    """
    What the tests of this folder look at.

    :param airflow: Airflow, with reporting, testing of connections and a dashboard switched on.
    :param sandbox: Where its beacons go.
    :param dashboard_url: The server that its links lead to.
    :param url_without_dashboard: The UI of the same Airflow once more, for which no dashboard is set.
    :param run: The run that has ended.
    """

    airflow: LocalAirflow
    sandbox: SandboxServer
    dashboard_url: str
    url_without_dashboard: str
    run: DagRunRow

    def addresses_of_tasks(self, task_id: str) -> list[str]:
        """Give the addresses in the beacons of a task, those of mapped instances in their order."""
        return sorted(fields["u"] for fields in self._beacons() if fields.get("cdim.AirflowTask") == task_id)

    def address_of_run(self) -> str:
        """Give the address in the beacon of the run."""
        (address,) = [fields["u"] for fields in self._beacons() if "cdim.AirflowTask" not in fields]
        return address

    def stored_connection(self, conn_id: str) -> dict[str, Any]:
        """Read a connection as Airflow's own command shows it, its secrets included."""
        printed = run_airflow("connections", "get", conn_id, "-o", "json", env=self.airflow.env)
        (connection,) = json.loads(printed[printed.index("[") :])
        return connection

    def _beacons(self) -> list[dict[str, str]]:
        return [beacon.as_json()["fields"] for beacon in self.sandbox.store.beacons()]


@contextmanager
def run_airflow_with_ui(folder: Path) -> Iterator[RunningAirflow]:
    """Start Airflow and let its DAG run once."""
    with SandboxServer() as sandbox, serve_dashboard() as dashboard_url:
        env = {
            "AIRFLOW_CONN_MPULSE_DEFAULT": json.dumps(
                {
                    "conn_type": "mpulse",
                    "host": f"http://{HOST}",
                    "port": sandbox.port,
                    "password": APP.api_key,
                    "extra": {"domain": APP.domain},
                }
            ),
            "AIRFLOW__CORE__TEST_CONNECTION": "Enabled",
            "AIRFLOW__MPULSE__REPORT": "all",
            "AIRFLOW__MPULSE__DASHBOARD_URL": f"{dashboard_url}/{{dag_id}}/board?page_group={{page_group}}",
            "AIRFLOW__MPULSE__WAIT_S": "10",
        }
        airflow = LocalAirflow(
            folder / "home",
            Path(__file__).parent / "dags",
            env=env,
            dag_ids=[DAG_ID],
            webserver=True,
            start_limit_s=_START_LIMIT_S,
        )
        with airflow, _serve_ui_without_dashboard(airflow) as ui:
            airflow.trigger(DAG_ID)
            (run,) = airflow.wait_for_runs([DAG_ID], limit_s=_RUN_LIMIT_S)
            # The run's own beacon comes last: three task instances come before it.
            wait_until(lambda: len(sandbox.store.beacons()) == 4, limit_s=60, what="the beacons")
            wait_until(lambda: answers(f"{ui}/login/"), limit_s=_START_LIMIT_S, what="the second UI")
            yield RunningAirflow(airflow, sandbox, dashboard_url, ui, run)


@contextmanager
def _serve_ui_without_dashboard(airflow: LocalAirflow) -> Iterator[str]:
    port = free_port()
    url = f"http://{HOST}:{port}"
    commands = {
        2: ["webserver", "--hostname", HOST, "--pid", str(airflow.home / "second-webserver.pid")],
        3: ["api-server", "--host", HOST],
    }
    changes = {
        "AIRFLOW__MPULSE__DASHBOARD_URL": "",
        "AIRFLOW__API__BASE_URL": url,
        "AIRFLOW__WEBSERVER__BASE_URL": url,
    }
    component = Component(
        "ui-without-dashboard",
        [
            *(sys.executable, "-m", "airflow", *commands[airflow.major]),
            *("--port", str(port), "--workers", "1"),
        ],
        env=airflow.env | changes,
        log_file=airflow.logs_folder / "ui-without-dashboard.log",
    )
    try:
        component.start()
        yield url
    finally:
        stop_all([component])
