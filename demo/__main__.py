# SPDX-License-Identifier: Apache-2.0
"""Run the example DAGs in a real Airflow that reports to the local sandbox, and show what arrived."""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from demo.display import ProgressLine, page_group_table
from demo.expected import EXPECTED_BEACONS
from demo.local_airflow import LocalAirflow
from demo.loopback import WaitTimeoutError, wait_until
from demo.sandbox_process import SandboxProcess
from demo.shortcomings import find_missing, find_shortcomings

if TYPE_CHECKING:
    from collections.abc import Collection
    from types import FrameType

    from demo.metadata import DagRunRow

CHECKOUT = Path(__file__).resolve().parent.parent
_RUNS_LIMIT_S = 300
# A run's beacon comes after the run: from the scheduler, or from the process that calls the DAG's callbacks.
_BEACONS_LIMIT_S = 60


def main() -> int:
    """
    Run the demonstration.

    :return: Exit status: 0 when every expected beacon arrived and is valid, 1 when not, 130 after Ctrl-C.
    """
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    keep_help = "leave Airflow and the sandbox running afterwards, until Ctrl-C"
    parser.add_argument("--keep", action="store_true", help=keep_help)
    arguments = parser.parse_args()
    # Also when a terminal closes or a CI job is cancelled, nothing may stay behind.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        return _demonstrate(keep=arguments.keep)
    except KeyboardInterrupt:
        print("\nStopped, and everything that was started with it.")
        return 130
    except RuntimeError as error:
        print(f"\nThe demonstration failed: {error}", file=sys.stderr)
        return 1


def _interrupt(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
    raise KeyboardInterrupt


def _demonstrate(*, keep: bool) -> int:
    started_s = time.monotonic()
    airflow_version = version("apache-airflow")
    folder = CHECKOUT / ".demo"
    folder.mkdir(exist_ok=True)
    home = folder / f"airflow-{airflow_version}"
    with SandboxProcess(folder / f"sandbox-{airflow_version}.log") as sandbox:
        print(f"mPulse sandbox on {sandbox.url}. Starting Airflow {airflow_version} ...", flush=True)
        airflow = LocalAirflow(
            home,
            CHECKOUT / "dags",
            env={
                "AIRFLOW_CONN_MPULSE_DEFAULT": sandbox.connection,
                # Switches the listener on, as a line in the section [mpulse] of airflow.cfg would.
                "AIRFLOW__MPULSE__REPORT": "all",
                # All runs at once keep a small machine so busy that the default of 2 s may not be enough.
                "AIRFLOW__MPULSE__WAIT_S": "10",
                "MPULSE_EXAMPLES_FOLDER": str(home),
            },
            dag_ids=EXPECTED_BEACONS,
            triggerer=True,
            webserver=keep,
        )
        with airflow:
            print(f"Airflow runs after {time.monotonic() - started_s:.0f} s.", flush=True)
            status = _show_runs(airflow, sandbox)
            print(f"Took {time.monotonic() - started_s:.0f} s. Logs are in {airflow.home}.", flush=True)
            if keep:
                print(f"Airflow: {airflow.url}   sandbox: {sandbox.url}   Ctrl-C stops both.", flush=True)
                signal.pause()
    return status


def _show_runs(airflow: LocalAirflow, sandbox: SandboxProcess) -> int:
    progress = ProgressLine()
    try:
        runs = airflow.wait_for_runs(EXPECTED_BEACONS, limit_s=_RUNS_LIMIT_S, on_progress=progress.show)
    finally:
        progress.end()
    _wait_for_beacons(runs, sandbox)
    print("\n" + page_group_table(sandbox.page_groups()) + "\n")
    tasks = {run.dag_id: airflow.task_instances(run.dag_id, run.run_id) for run in runs}
    shortcomings = find_shortcomings(runs, tasks, sandbox.beacons())
    if shortcomings:
        print(f"Not as it should be: {'; '.join(shortcomings)}.", file=sys.stderr)
        return 1
    print(f"All beacons of {len(runs)} runs arrived, and the sandbox found nothing wrong with them.")
    return 0


def _wait_for_beacons(runs: Collection[DagRunRow], sandbox: SandboxProcess) -> None:
    # What has not come by then is named with everything else that is not as it should be.
    with contextlib.suppress(WaitTimeoutError):
        wait_until(
            lambda: not find_missing(runs, sandbox.beacons()),
            limit_s=_BEACONS_LIMIT_S,
            what="the beacons",
        )


if __name__ == "__main__":
    sys.exit(main())
