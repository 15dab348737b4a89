# SPDX-License-Identifier: Apache-2.0
"""How long the end of a run holds the scheduler's thread."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.figure import Bar, Figure, MeasurementError, at_most
from benchmarks.helper import Helper
from benchmarks.spread import estimate_median, quantile
from benchmarks.variants import CONTROL, LINEAGE_FORK, Variant
from demo.components import Component, stop_all
from demo.loopback import WaitTimeoutError, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.surroundings import Surroundings

ROUNDS = 200
_MIGRATION_LIMIT_S = 180.0
_ARRIVAL_LIMIT_S = 60.0

_MPULSE = Variant("mpulse", "mPulse", "beacons", 1, settings={"AIRFLOW__MPULSE__REPORT": "runs"})
_PEERS = (_MPULSE, LINEAGE_FORK)
# The scheduler's own look at a run of 5,000 takes seconds, so that there are fewer of them.
_SIZES = {"tasks_100": (100, 1), "tasks_5000": (5000, 20)}


def measure(surroundings: Surroundings, rounds: int) -> list[Figure]:
    """
    End runs of 100 and of 5,000 task instances, in turn with one listener and with the other.

    :param surroundings: Where to measure.
    :param rounds: How many runs of 100; of 5,000 there are fewer.
    :return: One table.
    """
    rows: list[tuple[str, ...]] = []
    bars: list[Bar] = []
    with _schedulers(surroundings) as schedulers:
        schedulers[_MPULSE].order(do="write_dags")
        for dag_id, (size, share) in _SIZES.items():
            number = max(rounds // share, 5)
            held = _end_runs(surroundings, schedulers, dag_id, size, number)
            rows += [_describe(variant, size, values) for variant, values in held.items()]
            bars += _judge(size, held[_MPULSE], held[LINEAGE_FORK])
    return [
        Figure(
            title="How long the end of a run holds the scheduler's thread",
            how="Airflow's own scheduling of a run whose tasks have ended, on a real database (SQLite) and "
            "in the transaction in which the scheduler does it. What is timed is the call of the listeners. "
            "OpenLineage sends its event from a process of its own, mPulse's listener from a thread.",
            columns=("listener", "task instances", "runs", "median", "p99", "longest"),
            rows=tuple(rows),
            bars=tuple(bars),
        )
    ]


@contextmanager
def _schedulers(surroundings: Surroundings) -> Iterator[dict[Variant, Helper]]:
    home = surroundings.home("scheduler")
    Component(
        "db-migrate",
        [sys.executable, "-W", "ignore", "-m", "airflow", "db", "migrate"],
        env=surroundings.environment(home, CONTROL),
        log_file=surroundings.folder / "db-migrate.log",
    ).run_to_end(_MIGRATION_LIMIT_S)
    schedulers = {
        variant: Helper(
            "benchmarks.scheduler_parent",
            env=surroundings.environment(home, variant),
            log_file=surroundings.folder / f"scheduler-{variant.key}.log",
        )
        for variant in _PEERS
    }
    try:
        for scheduler in schedulers.values():
            scheduler.start()
        yield schedulers
        for scheduler in schedulers.values():
            scheduler.order(do="stop")
    finally:
        stop_all(schedulers.values())


def _end_runs(
    surroundings: Surroundings, schedulers: dict[Variant, Helper], dag_id: str, size: int, number: int
) -> dict[Variant, list[float]]:
    # One more, which is not counted: what is imported with the first run is imported once in weeks.
    run_ids = {variant: [f"{variant.key}-{each}" for each in range(number + 1)] for variant in schedulers}
    for variant, scheduler in schedulers.items():
        instances = scheduler.order(do="add_runs", dag_id=dag_id, run_ids=run_ids[variant])
        if instances != size:
            message = f"A run of {dag_id} has {instances} task instances instead of {size}."
            raise MeasurementError(message)
    before = surroundings.service.received()
    held: dict[Variant, list[float]] = {variant: [] for variant in schedulers}
    for each in range(number + 1):
        for variant, scheduler in schedulers.items():
            held_ms = scheduler.order(do="end_run", dag_id=dag_id, run_id=run_ids[variant][each])
            if each:
                held[variant].append(held_ms)
    _wait_for_arrivals(surroundings, before, number + 1)
    return held


def _wait_for_arrivals(surroundings: Surroundings, before: dict[str, int], runs: int) -> None:
    def arrived() -> dict[str, int]:
        after = surroundings.service.received()
        return {what: after.get(what, 0) - before.get(what, 0) for what in ("beacons", "events")}

    wanted = {"beacons": runs, "events": runs}
    try:
        wait_until(lambda: arrived() == wanted, limit_s=_ARRIVAL_LIMIT_S, what=str(wanted))
    except WaitTimeoutError:
        message = f"{arrived()} arrived instead of {wanted}."
        raise MeasurementError(message) from None


def _describe(variant: Variant, size: int, held: list[float]) -> tuple[str, ...]:
    name = "OpenLineage" if variant is LINEAGE_FORK else variant.title
    p99 = f"{quantile(held, 0.99):,.2f} ms" if len(held) >= 100 else "too few runs"
    middle = estimate_median(held).text(" ms", 2)
    return name, f"{size:,}", str(len(held)), middle, p99, f"{max(held):,.2f} ms"


def _judge(size: int, ours: list[float], theirs: list[float]) -> list[Bar]:
    what = f"time that a run event holds the scheduler's thread, {size:,} task instances"
    bars = [at_most(f"{what}: median", median(ours), 1 if size == 100 else 10, " ms", 2)]
    if size == 100 and len(ours) >= 100:
        bars.append(at_most(f"{what}: p99", quantile(ours, 0.99), 5, " ms", 2))
    found = f"{median(ours):,.2f} ms and {median(theirs):,.2f} ms"
    bars.append(Bar(f"{what}, beside OpenLineage", "less", found, median(ours) < median(theirs)))
    return bars
