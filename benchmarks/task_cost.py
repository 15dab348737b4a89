# SPDX-License-Identifier: Apache-2.0
"""What a listener adds to a task that does nothing, in wall time and in processor time."""

from __future__ import annotations

import random
from contextlib import contextmanager
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.figure import Bar, Figure, MeasurementError, at_most
from benchmarks.helper import Helper
from benchmarks.spread import Estimate, estimate
from benchmarks.variants import CONTROL, DIRECT, LINEAGE_FORK, LINEAGE_THREAD, NAIVE, OUTBOX, VARIANTS
from demo.components import stop_all

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from benchmarks.surroundings import Surroundings
    from benchmarks.variants import Variant

ROUNDS = 25
_DELAYS_MS = (0, 50)
# The first tasks of a worker find nothing in its caches, and fetch the configuration.
_WARM_UP_TASKS = 2

#: What a task took, by variant: wall and processor time in milliseconds.
_Round = dict[str, dict[str, float]]

_HOW = """\
Each listener has a process that has loaded what a scheduler has, and that forks tasks as LocalExecutor's
workers do, under Airflow's own supervisor. A round runs one task for each of them in a new order; shown is
the median of what a task took longer than the one without a listener in the same round. Processor time is
that of the worker, the task and all that has been forked. Each task's beacon or events were counted at the
service. OpenLineage's two events are those of the task's start and of its end.{tls}"""


def measure(surroundings: Surroundings, rounds: int) -> list[Figure]:
    """
    Measure over plain HTTP and over TLS, with a near and with a distant service.

    :param surroundings: Where to measure.
    :param rounds: How many rounds.
    :return: One table for each of the two.
    """
    return [_measure(surroundings, rounds, tls=tls) for tls in (False, True)]


def _measure(surroundings: Surroundings, rounds: int, *, tls: bool) -> Figure:
    found: dict[int, list[_Round]] = {delay_ms: [] for delay_ms in _DELAYS_MS}
    with _running(surroundings, tls=tls) as helpers:
        for helper in helpers.values():
            helper.tell(tasks=_WARM_UP_TASKS)
        for helper in helpers.values():
            helper.read_answer()
        for _ in range(rounds):
            for delay_ms in _DELAYS_MS:
                surroundings.service.delay(delay_ms)
                found[delay_ms].append(_run_round(surroundings, helpers))
        surroundings.service.delay(0)
    _check_outbox(surroundings, tls=tls, tasks=_WARM_UP_TASKS + rounds * len(_DELAYS_MS))
    return _describe(found, tls=tls)


@contextmanager
def _running(surroundings: Surroundings, *, tls: bool) -> Iterator[dict[Variant, Helper]]:
    helpers = {}
    for variant in VARIANTS:
        home = surroundings.home(_name(variant, tls=tls))
        helpers[variant] = Helper(
            "benchmarks.task_parent",
            env=surroundings.environment(home, variant, tls=tls),
            log_file=surroundings.folder / f"{home.name}.log",
        )
    try:
        for helper in helpers.values():
            helper.start()
        yield helpers
    finally:
        stop_all(helpers.values())


def _run_round(surroundings: Surroundings, helpers: dict[Variant, Helper]) -> _Round:
    service, taken = surroundings.service, {}
    for variant in random.sample(list(helpers), len(helpers)):
        before = service.received()
        (taken[variant.key],) = helpers[variant].order(tasks=1)
        after = service.received()
        arrived = {what: after.get(what, 0) - before.get(what, 0) for what in ("beacons", "events")}
        expected = {"beacons": 0, "events": 0} | (
            {} if variant.arrives == "nothing" else {variant.arrives: variant.number}
        )
        if arrived != expected:
            message = f"{variant.title}: {arrived} arrived of a task instead of {expected}."
            raise MeasurementError(message)
    return taken


def _check_outbox(surroundings: Surroundings, *, tls: bool, tasks: int) -> None:
    waiting = surroundings.count_waiting(surroundings.folder / _name(OUTBOX, tls=tls))
    if waiting != tasks:
        message = f"{waiting} beacons wait in the outbox of {tasks} tasks."
        raise MeasurementError(message)


def _name(variant: Variant, *, tls: bool) -> str:
    return f"{variant.key}-{'tls' if tls else 'plain'}"


def _added(rounds: Sequence[_Round], key: str, quantity: str) -> float:
    return median(each[key][quantity] - each[CONTROL.key][quantity] for each in rounds)


def _estimate_added(rounds: Sequence[_Round], key: str, quantity: str) -> Estimate:
    return estimate(rounds, lambda drawn: _added(drawn, key, quantity))


def _describe(found: dict[int, list[_Round]], *, tls: bool) -> Figure:
    columns = ["listener"]
    for delay_ms in _DELAYS_MS:
        columns += [f"wall, answer after {delay_ms} ms", f"processor, {delay_ms} ms"]
    rows = []
    for variant in VARIANTS:
        cells = [
            _cell(found[delay_ms], variant, quantity)
            for delay_ms in _DELAYS_MS
            for quantity in ("wall_ms", "cpu_ms")
        ]
        rows.append((variant.title, *cells))
    where = "over TLS, with a full bundle of authorities" if tls else "over plain HTTP"
    context = " The bare POST's TLS context, with the bundle, is made in the parent." if tls else ""
    return Figure(
        title=f"What a task takes longer, {where}",
        how=_HOW.format(tls=context),
        columns=tuple(columns),
        rows=tuple(rows),
        bars=tuple(_judge_tls(found) if tls else _judge_plain(found)),
    )


def _cell(rounds: Sequence[_Round], variant: Variant, quantity: str) -> str:
    if variant is CONTROL:
        taken = estimate(rounds, lambda drawn: median(each[CONTROL.key][quantity] for each in drawn))
        return taken.text(" ms in all")
    return _estimate_added(rounds, variant.key, quantity).text(" ms", sign=True)


def _judge_plain(found: dict[int, list[_Round]]) -> list[Bar]:
    near, far = found[0], found[50]
    added = {variant: _added(near, variant.key, "wall_ms") for variant in VARIANTS}
    ours = added[DIRECT]
    bars = [at_most("wall time added to a task, 0 ms, direct", ours, 10, " ms")]
    bars.append(
        Bar(
            "the same, beside the naive listener",
            "less",
            f"{ours:.1f} ms and {added[NAIVE]:.1f} ms",
            ours < added[NAIVE],
        )
    )
    for peer, part, words in ((LINEAGE_THREAD, 4, "a quarter"), (LINEAGE_FORK, 10, "a tenth")):
        bars.append(_judge_part(near, peer, part, words))
    return [
        *bars,
        at_most("wall time added, 50 ms, direct", _added(far, DIRECT.key, "wall_ms"), 60, " ms"),
        at_most("wall time added, 50 ms, outbox", _added(far, OUTBOX.key, "wall_ms"), 5, " ms"),
        at_most("processor time added, 0 ms, direct", _added(near, DIRECT.key, "cpu_ms"), 10, " ms"),
    ]


def _judge_part(rounds: Sequence[_Round], peer: Variant, part: int, words: str) -> Bar:
    ratio = estimate(rounds, _ratio_to(peer))
    text = ratio.text(digits=2)
    return Bar(f"the same, as a part of {peer.title}", f"at most {words}", text, ratio.value <= 1 / part)


def _ratio_to(peer: Variant) -> Callable[[Sequence[_Round]], float]:
    return lambda drawn: _added(drawn, DIRECT.key, "wall_ms") / _added(drawn, peer.key, "wall_ms")


def _judge_tls(found: dict[int, list[_Round]]) -> list[Bar]:
    near = found[0]
    return [
        at_most("wall time added over TLS, 0 ms, direct", _added(near, DIRECT.key, "wall_ms"), 15, " ms"),
        at_most("processor time added over TLS, 0 ms, direct", _added(near, DIRECT.key, "cpu_ms"), 12, " ms"),
    ]
