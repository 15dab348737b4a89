# SPDX-License-Identifier: Apache-2.0
"""How much memory many beacons take that are made as they are sent."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from benchmarks.batch import batch_sender
from benchmarks.figure import Bar, Figure
from benchmarks.variants import CONTROL

if TYPE_CHECKING:
    from benchmarks.surroundings import Surroundings

ROUNDS = 1
_FEW, _MANY = 1_000, 100_000
_LIMIT_MIB = 20.0


def measure(surroundings: Surroundings, rounds: int) -> list[Figure]:
    """
    Send few and many beacons from a generator, each time in a fresh process.

    :param surroundings: Where to measure.
    :param rounds: How often.
    :return: One table.
    """
    peaks: dict[int, list[float]] = {_FEW: [], _MANY: []}
    for each in range(rounds):
        for number, found in peaks.items():
            home = surroundings.home(f"memory-{number}-{each}")
            with batch_sender(surroundings, home, CONTROL) as sender:
                found.append(sender.order(do="send_and_weigh", number=number) / 2**20)
    apart = [many - few for few, many in zip(peaks[_FEW], peaks[_MANY], strict=True)]
    text = f"{median(apart):.1f} MiB"
    bar = Bar(
        f"memory of {_MANY:,} beacons over that of {_FEW:,}",
        f"less than {_LIMIT_MIB:g} MiB",
        text,
        median(apart) < _LIMIT_MIB,
    )
    return [
        Figure(
            title="Memory of many beacons",
            how="`send_beacons` with a generator, each number in a fresh process with eight threads; the "
            "most resident memory that the process had.",
            columns=("beacons", "most memory"),
            rows=tuple((f"{number:,}", f"{median(found):.1f} MiB") for number, found in peaks.items()),
            bars=(bar,),
        )
    ]
