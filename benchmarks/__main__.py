# SPDX-License-Identifier: Apache-2.0
"""Measure what the package costs beside its peers, and write docs/benchmarks.md."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from benchmarks import (
    import_time,
    many_beacons,
    memory,
    outbox_rates,
    requests_per_host,
    run_event,
    task_cost,
)
from benchmarks.display import show_bars, show_figure, write_page
from benchmarks.figure import MeasurementError
from benchmarks.helper import HelperError
from benchmarks.machine import describe_machine
from benchmarks.service_process import ServiceProcess
from benchmarks.surroundings import CHECKOUT, Surroundings
from demo.components import ComponentDiedError
from demo.interruption import treat_ends_as_interrupts

if TYPE_CHECKING:
    from types import ModuleType

    from benchmarks.figure import Figure

_PAGE = CHECKOUT / "docs" / "benchmarks.md"
_MEASUREMENTS: dict[str, ModuleType] = {
    "task": task_cost,
    "requests": requests_per_host,
    "run": run_event,
    "many": many_beacons,
    "memory": memory,
    "outbox": outbox_rates,
    "imports": import_time,
}


def main() -> int:
    """
    Measure.

    :return: Exit status: 0 also when a bar is missed, 1 when a measurement failed, 130 after Ctrl-C.
    """
    arguments = _read_arguments()
    treat_ends_as_interrupts()
    console = Console(width=None if sys.stdout.isatty() else 160)
    folder = Path(tempfile.mkdtemp(prefix="benchmarks-"))
    try:
        _run(arguments.only or list(_MEASUREMENTS), arguments.rounds, folder, console)
    except KeyboardInterrupt:
        console.print("\nStopped, and everything that was started with it.")
        return 130
    except (MeasurementError, HelperError, ComponentDiedError) as error:
        print(f"\nA measurement failed, whose logs are in {folder}: {error}", file=sys.stderr)
        return 1
    shutil.rmtree(folder)
    return 0


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    only_help = "only this one, again for another; the page is written only after a run of all of them"
    parser.add_argument("--only", action="append", choices=list(_MEASUREMENTS), help=only_help)
    rounds_help = "how often to repeat; without it, each measurement's own number"
    parser.add_argument("--rounds", type=int, help=rounds_help)
    return parser.parse_args()


def _run(names: list[str], rounds: int | None, folder: Path, console: Console) -> None:
    started_s = time.monotonic()
    machine = describe_machine()
    for name, value in machine:
        console.print(f"{name}: {value}", highlight=False)
    figures: list[Figure] = []
    with ServiceProcess(folder) as service:
        surroundings = Surroundings(folder, service)
        for name in names:
            begun_s = time.monotonic()
            for figure in _measure(_MEASUREMENTS[name], surroundings, rounds):
                figures.append(figure)
                show_figure(figure, console)
            console.print(f"{name}: {time.monotonic() - begun_s:.0f} s", style="dim")
    show_bars(figures, console)
    if set(names) == set(_MEASUREMENTS) and rounds is None:
        day = datetime.now(UTC).date().isoformat()
        _PAGE.write_text(write_page(figures, machine, took_s=time.monotonic() - started_s, day=day))
        console.print(f"Written: {_PAGE.relative_to(CHECKOUT)}")


def _measure(module: Any, surroundings: Surroundings, rounds: int | None) -> list[Figure]:
    figures: list[Figure] = module.measure(surroundings, rounds or module.ROUNDS)
    return figures


if __name__ == "__main__":
    sys.exit(main())
