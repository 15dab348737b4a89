# SPDX-License-Identifier: Apache-2.0
"""Run the example DAGs in a real Airflow that reports to the local sandbox, and show what arrived."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from typing import TYPE_CHECKING

from demo.display import ProgressLine, page_group_table
from demo.examples import build_airflow, running_sandbox, wait_for_examples
from demo.interruption import treat_ends_as_interrupts
from demo.shortcomings import find_shortcomings

if TYPE_CHECKING:
    from demo.local_airflow import LocalAirflow
    from demo.sandbox_process import SandboxProcess


def main() -> int:
    """
    Run the demonstration.

    :return: Exit status: 0 when every expected beacon arrived and is valid, 1 when not, 130 after Ctrl-C.
    """
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    keep_help = "leave Airflow and the sandbox running afterwards, until Ctrl-C"
    parser.add_argument("--keep", action="store_true", help=keep_help)
    arguments = parser.parse_args()
    treat_ends_as_interrupts()
    try:
        return _demonstrate(keep=arguments.keep)
    except KeyboardInterrupt:
        print("\nStopped, and everything that was started with it.")
        return 130
    except RuntimeError as error:
        print(f"\nThe demonstration failed: {error}", file=sys.stderr)
        return 1


def _demonstrate(*, keep: bool) -> int:
    started_s = time.monotonic()
    with running_sandbox() as sandbox:
        airflow = build_airflow(sandbox, webserver=keep)
        print(f"mPulse sandbox on {sandbox.url}. Starting Airflow {airflow.version} ...", flush=True)
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
        runs = wait_for_examples(airflow, sandbox, progress.show)
    finally:
        progress.end()
    print("\n" + page_group_table(sandbox.page_groups()) + "\n")
    tasks = {run.dag_id: airflow.task_instances(run.dag_id, run.run_id) for run in runs}
    shortcomings = find_shortcomings(runs, tasks, sandbox.beacons())
    if shortcomings:
        print(f"Not as it should be: {'; '.join(shortcomings)}.", file=sys.stderr)
        return 1
    print(f"All beacons of {len(runs)} runs arrived, and the sandbox found nothing wrong with them.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
