# SPDX-License-Identifier: Apache-2.0
"""The example DAGs in a real Airflow that reports to the local sandbox, for as long as a `with` block."""

from __future__ import annotations

import contextlib
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from demo.expected import EXPECTED_BEACONS
from demo.local_airflow import LocalAirflow
from demo.loopback import WaitTimeoutError, wait_until
from demo.sandbox_process import SandboxProcess
from demo.shortcomings import find_missing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from demo.metadata import DagRunRow
    from demo.running_airflow import Progress

CHECKOUT = Path(__file__).resolve().parent.parent
_RUNS_LIMIT_S = 300
# A run's beacon comes after the run: from the scheduler, or from the process that calls the DAG's callbacks.
_BEACONS_LIMIT_S = 60


@contextlib.contextmanager
def running_sandbox() -> Iterator[SandboxProcess]:
    """
    Run the sandbox.

    :return: The sandbox, until the block ends.
    """
    folder = CHECKOUT / ".demo"
    folder.mkdir(exist_ok=True)
    with SandboxProcess(folder / f"sandbox-{version('apache-airflow')}.log") as sandbox:
        yield sandbox


def build_airflow(
    sandbox: SandboxProcess, *, webserver: bool = False, env: Mapping[str, str] | None = None
) -> LocalAirflow:
    """
    Make an Airflow that runs each example DAG once and reports it.

    :param sandbox: Where it reports to.
    :param webserver: Also serve the UI on 2.11; Airflow 3 always does.
    :param env: Environment variables on top.
    :return: The Airflow, not yet started.
    """
    home = CHECKOUT / ".demo" / f"airflow-{version('apache-airflow')}"
    return LocalAirflow(
        home,
        CHECKOUT / "dags",
        env={
            "AIRFLOW_CONN_MPULSE_DEFAULT": sandbox.connection,
            # Switches the listener on, as a line in the section [mpulse] of airflow.cfg would.
            "AIRFLOW__MPULSE__REPORT": "all",
            # All runs at once keep a small machine so busy that the default of 2 s may not be enough.
            "AIRFLOW__MPULSE__WAIT_S": "10",
            "MPULSE_EXAMPLES_FOLDER": str(home),
            **(env or {}),
        },
        dag_ids=EXPECTED_BEACONS,
        triggerer=True,
        webserver=webserver,
    )


def wait_for_examples(
    airflow: LocalAirflow, sandbox: SandboxProcess, on_progress: Callable[[Progress], None]
) -> list[DagRunRow]:
    """
    Wait until each example has run and its beacons have arrived.

    :param airflow: The running Airflow.
    :param sandbox: Where it reports to.
    :param on_progress: Is told how far the runs are.
    :return: The runs; some of their beacons may be missing when the time for that is over.
    """
    runs = airflow.wait_for_runs(EXPECTED_BEACONS, limit_s=_RUNS_LIMIT_S, on_progress=on_progress)
    # What has not come by then is named with everything else that is not as it should be.
    with contextlib.suppress(WaitTimeoutError):
        wait_until(
            lambda: not find_missing(runs, sandbox.beacons()),
            limit_s=_BEACONS_LIMIT_S,
            what="the beacons",
        )
    return runs
