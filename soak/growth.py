# SPDX-License-Identifier: Apache-2.0
"""How much a process has grown between two stretches of runs, and whether that is too much."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from soak.scheduler_process import Sample

LIMIT_PERCENT = 5.0
_MIB = 1024 * 1024
_WARM_UP_RUNS = 100
_HALF_RUNS = (10, 20)
_MIN_SAMPLES = 3


@dataclass(frozen=True)
class Quantity:
    """
    Something that is measured of the scheduler process.

    :param name: What it is called.
    :param attribute: Which attribute of a sample it is.
    :param divisor: What its attribute is divided by to be shown.
    :param judged: Whether its growth decides.
    """

    name: str
    attribute: str
    divisor: int
    judged: bool


# Why PSS and USS are only shown: the executor's workers are forks of the scheduler. The first time that the
# garbage collector walks through the old objects, it writes to pages that were shared with them until then;
# each process gets its own copy, and USS jumps by tens of MiB without a byte more in the process. RSS counts
# a page the same before and after, and whatever leaks is in RSS just as well.
QUANTITIES = (
    Quantity("threads", "threads", 1, judged=True),
    Quantity("file descriptors", "fds", 1, judged=True),
    Quantity("RSS MiB", "rss_bytes", _MIB, judged=True),
    Quantity("PSS MiB", "pss_bytes", _MIB, judged=False),
    Quantity("USS MiB", "uss_bytes", _MIB, judged=False),
    Quantity("child processes", "children", 1, judged=True),
)


@dataclass(frozen=True)
class Stretch:
    """
    Some runs in a row; samples are taken while they end.

    :param name: The run that it stands for.
    :param first: The least number of runs done.
    :param last: The greatest number of runs done.
    """

    name: str
    first: int
    last: int

    def median(self, samples: Sequence[Sample], quantity: Quantity) -> float | None:
        """
        Find the median of what was measured meanwhile, so that no single moment decides.

        :param samples: All samples.
        :param quantity: What was measured.
        :return: The median as it is shown; None where there are too few samples.
        """
        values = [
            getattr(sample, quantity.attribute) / quantity.divisor
            for sample in samples
            if self.first <= sample.runs_done <= self.last
        ]
        return statistics.median(values) if len(values) >= _MIN_SAMPLES else None


@dataclass(frozen=True)
class Growth:
    """
    How a quantity has grown.

    :param quantity: What was measured.
    :param medians: The median of each stretch; None where there were too few samples.
    :param airflow_alone_percent: Growth without the listener, None where that was not measured.
    """

    quantity: Quantity
    medians: tuple[float | None, ...]
    airflow_alone_percent: float | None = None

    @property
    def percent(self) -> float | None:
        """Growth from the first to the last stretch; None where either has too few samples."""
        first, last = self.medians[0], self.medians[-1]
        return None if first is None or last is None else (last - first) / first * 100

    @property
    def allowed_percent(self) -> float:
        """
        Growth that is still all right.

        What Airflow alone grows by is no fault of the listener's. It is allowed on top only where it is
        beyond the limit by itself, so that an Airflow that keeps still hides nothing.
        """
        alone = self.airflow_alone_percent
        return LIMIT_PERCENT if alone is None or alone <= LIMIT_PERCENT else LIMIT_PERCENT + alone

    @property
    def is_too_much(self) -> bool:
        """Whether the quantity decides and has grown by more than is allowed, or was not measured enough."""
        return self.quantity.judged and (self.percent is None or self.percent > self.allowed_percent)


def stretches(runs: int) -> list[Stretch]:
    """
    Choose what to compare: the first stretch when all is warm, the last, and some between.

    :param runs: The number of runs in all.
    :return: Stretches, oldest first; the last ends with the last run.
    """
    warm_up = min(_WARM_UP_RUNS, runs // 2)
    least, most = _HALF_RUNS
    half = min(max(runs // 25, least), most)
    step = max(warm_up, (runs - warm_up) // 4)
    middles = [*range(warm_up, runs - half, step), runs]
    return [Stretch(f"run {middle}", middle - half, min(middle + half, runs)) for middle in middles]


def measure_growth(
    samples: Sequence[Sample], runs: int, airflow_alone_percent: Mapping[str, float]
) -> list[Growth]:
    """
    Measure how each quantity has grown.

    :param samples: All samples.
    :param runs: The number of runs in all.
    :param airflow_alone_percent: Growth without the listener by the quantity's name, as far as known.
    :return: The growth of each quantity.
    """
    return [
        Growth(
            quantity,
            tuple(stretch.median(samples, quantity) for stretch in stretches(runs)),
            airflow_alone_percent.get(quantity.name),
        )
        for quantity in QUANTITIES
    ]
