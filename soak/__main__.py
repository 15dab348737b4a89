# SPDX-License-Identifier: Apache-2.0
"""Run hundreds of short DAG runs through a real scheduler that reports them, and look for growth and loss."""

from __future__ import annotations

import argparse
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from airflow_mpulse.sandbox.beacons import MAX_BEACONS
from demo.interruption import treat_ends_as_interrupts
from demo.sandbox_process import SandboxProcess
from soak.beacons import tally_beacons
from soak.control import keep_control, read_control
from soak.course import DAG_ID, TASKS_EACH, Course
from soak.display import growth_table, heading, row, tally_lines
from soak.growth import LIMIT_PERCENT, measure_growth
from soak.scheduler_log import read_log
from soak.scheduler_process import WatchedAirflow

if TYPE_CHECKING:
    from soak.beacons import Tally

CHECKOUT = Path(__file__).resolve().parent.parent
_FOLDER = CHECKOUT / ".demo"
_CONTROL_FILE = _FOLDER / "soak-control.json"
_MIN_RUNS = 60
_MAX_RUNS = MAX_BEACONS // (1 + TASKS_EACH)


def main() -> int:
    """
    Run the soak.

    :return: Exit status: 0 when nothing grows and no beacon is lost, 1 when not, 130 after Ctrl-C.
    """
    arguments = _read_arguments()
    treat_ends_as_interrupts()
    try:
        shortcomings = _soak(arguments.runs, arguments.limit_minutes * 60, reporting=arguments.listener)
    except KeyboardInterrupt:
        print("\nStopped, and everything that was started with it.")
        return 130
    except RuntimeError as error:
        print(f"\nThe soak failed: {error}", file=sys.stderr)
        return 1
    if shortcomings:
        print("\nNot as it should be:\n" + "\n".join(f"  - {each}." for each in shortcomings))
        return 1
    loss = ", and no beacon is lost" if arguments.listener else ""
    print(f"\nGood: nothing grows by more than {LIMIT_PERCENT:g} %{loss}.")
    return 0


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m soak", description=__doc__)
    runs_help = f"how many runs, {_MIN_RUNS} to {_MAX_RUNS}; 500 without it"
    parser.add_argument("--runs", type=_number_of_runs, default=500, help=runs_help)
    limit_help = "minutes after which to give up; 40 without it"
    parser.add_argument("--limit-minutes", type=float, default=40.0, help=limit_help)
    control_help = "the control: the same with reporting off, to see what Airflow alone grows by"
    parser.add_argument("--without-listener", dest="listener", action="store_false", help=control_help)
    return parser.parse_args()


def _number_of_runs(text: str) -> int:
    # Fewer give no stretches to compare; of more the sandbox forgets the first beacons.
    if not text.isdecimal() or not _MIN_RUNS <= int(text) <= _MAX_RUNS:
        message = f"{text!r} is not a whole number from {_MIN_RUNS} to {_MAX_RUNS}."
        raise argparse.ArgumentTypeError(message)
    return int(text)


def _soak(runs: int, limit_s: float, *, reporting: bool) -> list[str]:
    started_s = time.monotonic()
    airflow_version = version("apache-airflow")
    name = "soak" if reporting else "soak-control"
    _FOLDER.mkdir(exist_ok=True)
    with SandboxProcess(_FOLDER / f"{name}-sandbox.log") as sandbox:
        print(
            f"{runs} runs of {TASKS_EACH} tasks each, reporting {'all' if reporting else 'none'}. "
            f"Starting Airflow {airflow_version} ...",
            flush=True,
        )
        airflow = WatchedAirflow(
            _FOLDER / f"{name}-{airflow_version}",
            Path(__file__).with_name("dags"),
            env={
                "AIRFLOW_CONN_MPULSE_DEFAULT": sandbox.connection,
                "AIRFLOW__MPULSE__REPORT": "all" if reporting else "none",
            },
            dag_ids=[DAG_ID],
        )
        with airflow:
            print(heading(), flush=True)
            course = Course(airflow, sandbox, runs, lambda *values: print(row(*values), flush=True))
            late = course.complete(limit_s - (time.monotonic() - started_s))
            tally = _tally(airflow, sandbox, course, reporting=reporting)
    shortcomings = [] if late is None else [late]
    shortcomings += _judge_growth(course, runs, airflow_version, reporting=reporting)
    shortcomings += _judge_beacons(airflow, tally)
    print(f"Took {time.monotonic() - started_s:.0f} s. Logs are in {airflow.home}.")
    return shortcomings


def _tally(airflow: WatchedAirflow, sandbox: SandboxProcess, course: Course, *, reporting: bool) -> Tally:
    ended = [
        (run, airflow.task_instances(run.dag_id, run.run_id))
        for run in airflow.metadata.runs([DAG_ID])
        if run.ended
    ]
    if reporting:
        course.wait_for_beacons(len(ended) + sum(task.ended for _, tasks in ended for task in tasks))
    return tally_beacons(ended, sandbox.beacons(), reporting=reporting)


def _judge_growth(course: Course, runs: int, airflow_version: str, *, reporting: bool) -> list[str]:
    control = read_control(_CONTROL_FILE, runs=runs, airflow_version=airflow_version) if reporting else {}
    growths = measure_growth(course.samples, runs, control)
    if not reporting:
        keep_control(_CONTROL_FILE, runs=runs, airflow_version=airflow_version, growths=growths)
    print("\n" + growth_table(growths, runs) + "\n")
    found = [
        f"{growth.quantity.name}: growth of {growth.percent:.1f} %, of {growth.allowed_percent:.1f} % allowed"
        if growth.percent is not None
        else f"{growth.quantity.name}: not measured often enough to be judged"
        for growth in growths
        if growth.is_too_much
    ]
    if found and reporting and not control:
        print("Run it once with --without-listener and the same --runs to see what Airflow alone grows by.")
    return found


def _judge_beacons(airflow: WatchedAirflow, tally: Tally) -> list[str]:
    log = read_log(airflow.logs_folder / "scheduler.log")
    print(tally_lines(tally, log))
    found = list(tally.shortcomings)
    if log.dropped:
        found.append(f"warnings of dropped beacons in the scheduler's log: {len(log.dropped)}")
    return found


if __name__ == "__main__":
    sys.exit(main())
