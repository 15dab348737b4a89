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
#: Beacons of a round; all rounds of writing have to fit into the outbox.
_WRITTEN = 1000
_DRAINED = 2000


def measure(surroundings: Surroundings, rounds: int) -> list[Figure]:
    """
    Fill the outbox and empty it.

    :param surroundings: Where to measure.
    :param rounds: How often.
    :return: One table.
    """
    home = surroundings.home("outbox")
    rates = []
    with batch_sender(surroundings, home, OUTBOX) as sender:
        sender.order(do="keep", number=10)
        sender.order(do="flush")
        before = surroundings.service.received()
        # All writes before the first is drained: beacons are written when mPulse is away, and some file
        # systems take longer for a new file in the seconds after many were deleted.
        writes_ms = [sender.order(do="keep", number=_WRITTEN) * 1000 / _WRITTEN for _ in range(rounds)]
        _check("wait in the outbox", surroundings.count_waiting(home), rounds * _WRITTEN)
        sender.order(do="flush")
        after_drain_ms = sender.order(do="keep", number=_DRAINED) * 1000 / _DRAINED
        for each in range(rounds):
            if each > 0:
                sender.order(do="keep", number=_DRAINED)
            took_s, sent = sender.order(do="flush")
            _check("were sent from the outbox", sent, _DRAINED)
            rates.append(_DRAINED / took_s)
        arrived = surroundings.service.received()["beacons"] - before["beacons"]
        _check("arrived", arrived, rounds * (_WRITTEN + _DRAINED))
    return [
        Figure(
            title="The outbox",
            how=f"{rounds} times {_WRITTEN:,} reports of tasks are made JSON and put into it one after "
            f"another, as tasks do with `delivery = outbox`; then {rounds} times {_DRAINED:,} are sent "
            "from it by `flush_outbox`, to a near service. Written right after files of as many beacons were "
            f"deleted, one takes {after_drain_ms:.2f} ms here, which is the file system's.",
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
