# SPDX-License-Identifier: Apache-2.0
"""How long it takes to put a beacon into the outbox, and how fast they are sent from it."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from benchmarks.batch import batch_sender
from benchmarks.figure import Figure, MeasurementError, at_least, at_most
from benchmarks.spread import estimate_median
from benchmarks.variants import OUTBOX

if TYPE_CHECKING:
    from benchmarks.surroundings import Surroundings

ROUNDS = 7
_BEACONS = 2000


def measure(surroundings: Surroundings, rounds: int) -> list[Figure]:
    """
    Fill the outbox and empty it.

    :param surroundings: Where to measure.
    :param rounds: How often.
    :return: One table.
    """
    home = surroundings.home("outbox")
    writes_ms, rates = [], []
    with batch_sender(surroundings, home, OUTBOX) as sender:
        sender.order(do="keep", number=10)
        sender.order(do="flush")
        before = surroundings.service.received()
        for _ in range(rounds):
            writes_ms.append(sender.order(do="keep", number=_BEACONS) * 1000 / _BEACONS)
            _check("wait in the outbox", surroundings.count_waiting(home), _BEACONS)
            took_s, sent = sender.order(do="flush")
            _check("were sent from the outbox", sent, _BEACONS)
            rates.append(_BEACONS / took_s)
        arrived = surroundings.service.received()["beacons"] - before["beacons"]
        _check("arrived", arrived, rounds * _BEACONS)
    return [
        Figure(
            title="The outbox",
            how=f"{_BEACONS:,} reports of tasks are made JSON and put into it one after another, as tasks do "
            "with `delivery = outbox`, and sent from it by `flush_outbox`, to a near service.",
            columns=("write", "drain"),
            rows=(
                (
                    f"{estimate_median(writes_ms).text(' ms a beacon', 3)}",
                    estimate_median(rates).text(" a second", 0),
                ),
            ),
            bars=(
                at_most("a write into the outbox", median(writes_ms), 0.3, " ms", 3),
                at_least("draining the outbox, 0 ms", median(rates), 500, " beacons a second", 0),
            ),
        )
    ]


def _check(what: str, found: float, expected: int) -> None:
    if found != expected:
        message = f"{found:g} beacons of {expected} {what}."
        raise MeasurementError(message)
