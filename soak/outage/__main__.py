# SPDX-License-Identifier: Apache-2.0
"""Run 200 tasks while mPulse is away for a minute: none may be slower, no beacon be lost or doubled."""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from airflow_mpulse.delivery.outbox import Outbox
from demo.interruption import treat_ends_as_interrupts
from soak.display import log_lines
from soak.outage.arrivals import match
from soak.outage.collector import Collector
from soak.outage.course import DAG_ID, TASKS_EACH, Course, Plan
from soak.outage.display import arrival_lines, duration_table, heading, row
from soak.outage.durations import compare, processes_took, runs_took, tasks_took
from soak.outage.judgement import judge_beacons, judge_durations, judge_states
from soak.scheduler_log import read_log
from soak.scheduler_process import WatchedAirflow

if TYPE_CHECKING:
    from soak.outage.durations import Comparison, Ended, Window

CHECKOUT = Path(__file__).resolve().parent.parent.parent
_FOLDER = CHECKOUT / ".demo"
_DAGS = CHECKOUT / "soak" / "dags"


def main() -> int:
    """
    Run the outage.

    :return: Exit status: 0 when nothing is slower and no beacon is lost or doubled, 1 when not, 130 after
        Ctrl-C.
    """
    arguments = _read_arguments()
    treat_ends_as_interrupts()
    try:
        shortcomings = _run(arguments)
    except KeyboardInterrupt:
        print("\nStopped, and everything that was started with it.")
        return 130
    except RuntimeError as error:
        print(f"\nThe outage failed: {error}", file=sys.stderr)
        return 1
    if shortcomings:
        print("\nNot as it should be:\n" + "\n".join(f"  - {each}." for each in shortcomings))
        return 1
    lost = ", but for those that a silent mPulse may have counted" if arguments.away == "silent" else ""
    print(f"\nGood: no task is slower, and every beacon has arrived once{lost}.")
    return 0


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m soak.outage", description=__doc__)
    delivery_help = "[mpulse] delivery; direct without it"
    parser.add_argument("--delivery", choices=("direct", "outbox"), default="direct", help=delivery_help)
    away_help = "what mPulse does when it is away: it takes no connections, or takes them and never answers"
    parser.add_argument("--away", choices=("closed", "silent"), default="closed", help=away_help)
    limit_help = "minutes after which to give up; 15 without it"
    parser.add_argument("--limit-minutes", type=float, default=15.0, help=limit_help)
    return parser.parse_args()


def _run(arguments: argparse.Namespace) -> list[str]:
    started_s = time.monotonic()
    plan = Plan(is_silent=arguments.away == "silent")
    name = f"outage-{arguments.delivery}-{arguments.away}"
    _FOLDER.mkdir(exist_ok=True)
    with contextlib.ExitStack() as stack:
        collector = stack.enter_context(Collector(_FOLDER / f"{name}-sandbox.log"))
        print(
            f"{plan.runs} runs of {TASKS_EACH} tasks each, delivery {arguments.delivery}; mPulse is away for "
            f"{plan.away_s:.0f} s ({arguments.away}). Starting two Airflows {version('apache-airflow')} ...",
            flush=True,
        )
        control, reporting = (
            stack.enter_context(_airflow(f"{name}-{side}", collector, arguments.delivery, report))
            for side, report in (("control", "none"), ("reporting", "all"))
        )
        outbox = Outbox(reporting.home / "mpulse" / "outbox", max_beacons=10_000, now_ns=time.time_ns)
        print(heading(), flush=True)
        course = Course(
            reporting, control, collector, outbox, plan, lambda look: print(row(look), flush=True)
        )
        course.complete(arguments.limit_minutes * 60 - (time.monotonic() - started_s))
        beacons = collector.beacons()
    ended, control_ended = course.ended()
    comparisons = _compare(course.outage, (reporting, ended), (control, control_ended))
    arrivals = match(ended, beacons, reporting.url)
    log = read_log(_log_of(reporting))
    print("\n" + duration_table(comparisons) + "\n")
    print(arrival_lines(arrivals, course.looks) + "\n" + log_lines(log, arrivals.arrived))
    print(f"Took {time.monotonic() - started_s:.0f} s. Logs are in {reporting.home}.")
    return [
        *judge_states(ended, plan.runs, "that reports"),
        *judge_states(control_ended, plan.runs, "that does not report"),
        *judge_durations(comparisons),
        *judge_beacons(arrivals, log, outbox.describe(), is_silent=plan.is_silent),
    ]


def _airflow(name: str, collector: Collector, delivery: str, report: str) -> WatchedAirflow:
    return WatchedAirflow(
        _FOLDER / name,
        _DAGS,
        env={
            "AIRFLOW_CONN_MPULSE_DEFAULT": collector.connection,
            "AIRFLOW__MPULSE__REPORT": report,
            "AIRFLOW__MPULSE__DELIVERY": delivery,
        },
        dag_ids=[DAG_ID],
    )


def _log_of(airflow: WatchedAirflow) -> Path:
    return airflow.logs_folder / "scheduler.log"


def _compare(
    outage: Window, reporting: tuple[WatchedAirflow, Ended], control: tuple[WatchedAirflow, Ended]
) -> list[Comparison]:
    with_it, without_it = (processes_took(_log_of(airflow)) for airflow, _ in (reporting, control))
    return [
        *compare("task", tasks_took(reporting[1]), tasks_took(control[1]), outage),
        *compare("lone", tasks_took(reporting[1], alone=True), tasks_took(control[1], alone=True), outage),
        *compare("process", with_it, without_it, outage),
        *compare("run", runs_took(reporting[1]), runs_took(control[1]), outage),
    ]


if __name__ == "__main__":
    sys.exit(main())
