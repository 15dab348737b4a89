# SPDX-License-Identifier: Apache-2.0
"""How many requests leave a host that runs a hundred tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.figure import Figure, MeasurementError, at_most
from benchmarks.helper import Helper
from benchmarks.variants import DIRECT
from demo.components import stop_all

if TYPE_CHECKING:
    from benchmarks.surroundings import Surroundings

ROUNDS = 1
_TASKS = 100
_WORKERS = 2


def measure(surroundings: Surroundings, rounds: int) -> list[Figure]:  # noqa: ARG001
    """
    Run a hundred tasks in two workers side by side, without a configuration at the start.

    :param surroundings: Where to measure.
    :param rounds: Not needed: what is counted does not differ.
    :return: One table.
    :raises MeasurementError: If not every task's beacon arrived.
    """
    home = surroundings.home("requests")
    env = surroundings.environment(home, DIRECT)
    workers = [
        Helper("benchmarks.task_parent", env=env, log_file=surroundings.folder / f"requests-{number}.log")
        for number in range(_WORKERS)
    ]
    try:
        for worker in workers:
            worker.start()
        before = surroundings.service.received()
        for worker in workers:
            worker.tell(tasks=_TASKS // _WORKERS)
        for worker in workers:
            worker.read_answer()
        after = surroundings.service.received()
    finally:
        stop_all(workers)
    beacons, configurations = (after[what] - before.get(what, 0) for what in ("beacons", "configurations"))
    if beacons != _TASKS:
        message = f"{beacons} beacons of {_TASKS} tasks arrived."
        raise MeasurementError(message)
    requests = beacons + configurations
    return [
        Figure(
            title=f"Requests of {_TASKS} tasks on one host",
            how=f"{_WORKERS} workers side by side, each of which forks {_TASKS // _WORKERS} tasks, with an "
            "empty cache at the start. A naive listener makes twice as many as there are tasks, and so does "
            "OpenLineage's: an event at the start of a task, and one at its end.",
            columns=("tasks", "beacons", "configurations", "requests"),
            rows=((str(_TASKS), str(beacons), str(configurations), str(requests)),),
            bars=(at_most(f"HTTP requests for {_TASKS} tasks on one host", requests, 102, "", 0),),
        )
    ]
