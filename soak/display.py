# SPDX-License-Identifier: Apache-2.0
"""What a soak prints: a row now and then, the growth as a table, and the verdict."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from soak.growth import LIMIT_PERCENT, stretches

if TYPE_CHECKING:
    from collections.abc import Sequence

    from soak.beacons import Tally
    from soak.growth import Growth
    from soak.scheduler_log import LogFindings
    from soak.scheduler_process import Sample

_MIB = 1024 * 1024
_HEADINGS = (
    "time s", "runs done", "threads", "fds", "RSS MiB", "PSS MiB", "USS MiB", "children",
    "run beacons", "task beacons",
)  # fmt: skip
_WIDTH = 110
_MAX_LINES = 10


def heading() -> str:
    """
    Give the heading of the rows.

    :return: One line.
    """
    return "  ".join(_HEADINGS)


def row(sample: Sample, run_beacons: int, task_beacons: int) -> str:
    """
    Lay a sample out under the heading.

    :param sample: The scheduler process.
    :param run_beacons: Beacons of runs that have arrived so far.
    :param task_beacons: Beacons of tasks that have arrived so far.
    :return: One line.
    """
    cells = (
        f"{sample.elapsed_s:.0f}",
        sample.runs_done,
        sample.threads,
        sample.fds,
        *(f"{size / _MIB:.1f}" for size in (sample.rss_bytes, sample.pss_bytes, sample.uss_bytes)),
        sample.children,
        run_beacons,
        task_beacons,
    )
    return "  ".join(str(cell).rjust(len(name)) for name, cell in zip(_HEADINGS, cells, strict=True))


def growth_table(growths: Sequence[Growth], runs: int) -> str:
    """
    Lay the growth of all quantities out, and say how it was measured and judged.

    :param growths: What was measured.
    :param runs: The number of runs in all.
    :return: Lines.
    """
    compared = stretches(runs)
    names = [stretch.name for stretch in compared]
    lines = [["median around", *names, "growth", "Airflow alone", "verdict"]]
    lines += [
        [
            growth.quantity.name,
            *("-" if median is None else f"{median:.1f}" for median in growth.medians),
            _percent(growth.percent),
            _percent(growth.airflow_alone_percent),
            _verdict(growth),
        ]
        for growth in growths
    ]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    table = ["  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in lines]
    half = compared[0].last - int(names[0].removeprefix("run "))
    return "\n".join([*table, "", *textwrap.wrap(_explanation(half, growths), _WIDTH)])


def tally_lines(tally: Tally, log: LogFindings) -> str:
    """
    Say what arrived and what the scheduler's log tells.

    :param tally: Beacons that had to arrive and beacons that did.
    :param log: What the log says of mPulse.
    :return: Lines.
    """
    arrived = tally.run_beacons + tally.task_beacons
    return "\n".join(
        [
            f"Runs that ended: {tally.runs}; run beacons: {tally.run_beacons}.",
            f"Tasks that ended: {tally.tasks}; task beacons: {tally.task_beacons}.",
            log_lines(log, arrived),
        ]
    )


def log_lines(log: LogFindings, arrived: int) -> str:
    """
    Say what the scheduler's log tells.

    :param log: What the log says of mPulse.
    :param arrived: How many beacons arrived.
    :return: Lines.
    """
    lines = [
        f"The scheduler's log: {log.sent} sent at once, {log.drained} from the outbox; arrived: {arrived}.",
        f"Warnings there of beacons that wait: {len(log.waiting)}; of dropped ones: {len(log.dropped)}.",
        f"Other warnings and errors there that mention mPulse: {len(log.others)}.",
    ]
    found = [*log.dropped, *log.others]
    lines += [f"  {line}" for line in found[:_MAX_LINES]]
    lines += [f"  ... and {len(found) - _MAX_LINES} more"] if len(found) > _MAX_LINES else []
    return "\n".join(lines)


def _explanation(half: int, growths: Sequence[Growth]) -> str:
    text = (
        f"Each number is the median of about one sample per second of the scheduler process itself, without "
        f"its children, within {half} runs of the one named. What counts is the growth from the first column "
        f"to the last, of at most {LIMIT_PERCENT:g} %. PSS and USS are only shown: what leaks is in RSS as "
        "well, of which they are a part, so that the same bytes are more percent of them; and they jump when "
        "pages that the executor's forked workers share with the scheduler are first written to."
    )
    if any(growth.quantity.judged and growth.allowed_percent > LIMIT_PERCENT for growth in growths):
        text += (
            f" Airflow without the listener grows by more than {LIMIT_PERCENT:g} % itself, over the same "
            f"runs of the same DAG; what it grows by is allowed on top, so that {LIMIT_PERCENT:g} % remain "
            "for the listener."
        )
    return text


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value:+.1f} %"


def _verdict(growth: Growth) -> str:
    if not growth.quantity.judged:
        return "shown only"
    if growth.percent is None:
        return "not measured"
    return f"more than {growth.allowed_percent:.1f} %" if growth.is_too_much else "good"
