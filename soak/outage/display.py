# SPDX-License-Identifier: Apache-2.0
"""What an outage prints: a row now and then, the durations as a table, and how the outbox was emptied."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from soak.outage.judgement import BOUNDS, points_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from soak.outage.arrivals import Arrivals
    from soak.outage.course import Look
    from soak.outage.durations import Comparison

_EXPLANATION = (
    "Two Airflows work side by side, one with the listener and one without it, so that what else the machine "
    "does slows both. A task is measured by Airflow, from start to end; a lone task has no other of its run "
    "beside it, so that its figures are the steadiest. A process is measured by the supervisor, until it is "
    "gone, so that what the listener keeps it waiting is in there; many an end is noticed up to a second "
    "late, with and without the listener. What ended while mPulse was away is shown once more by itself."
)
_WIDTH = 110
_HEADINGS = ("time s", "mPulse", "tasks ended", "without listener", "beacons arrived", "in the outbox")


def heading() -> str:
    """
    Give the heading of the rows.

    :return: One line.
    """
    return "  ".join(_HEADINGS)


def row(look: Look) -> str:
    """
    Lay out under the heading what there is to see.

    :param look: It.
    :return: One line.
    """
    mpulse = "away" if look.is_away else "there"
    cells = (f"{look.elapsed_s:.0f}", mpulse, look.tasks, look.control_tasks, look.beacons, look.waiting)
    return "  ".join(str(cell).rjust(len(name)) for name, cell in zip(_HEADINGS, cells, strict=True))


def duration_table(comparisons: Sequence[Comparison]) -> str:
    """
    Lay durations out, with the listener and without it, and say what they are.

    :param comparisons: The durations.
    :return: Lines.
    """
    allowed = {(bound.name, bound.phase, bound.point): f"{bound.ratio:g}" for bound in BOUNDS}
    lines = [["ms", "ended", "number", "point", "with", "without", "added", "ratio", "allowed"]]
    for each in comparisons:
        number = f"{len(each.reporting_s)}/{len(each.control_s)}"
        lines += [
            [
                each.name,
                each.phase,
                number,
                name,
                f"{point(each.reporting_s) * 1000:.0f}",
                f"{point(each.control_s) * 1000:.0f}",
                f"{each.added_s(point) * 1000:+.0f}",
                f"{each.ratio(point):.3f}",
                allowed.get((each.name, each.phase, name), "shown only"),
            ]
            for name, point in points_of(each.name).items()
        ]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    table = ["  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in lines]
    return "\n".join([*table, "", *textwrap.wrap(_EXPLANATION, _WIDTH)])


def arrival_lines(arrivals: Arrivals, looks: Sequence[Look]) -> str:
    """
    Say what arrived, and how long it took.

    :param arrivals: Beacons that had to arrive and those that did.
    :param looks: What was seen, oldest first.
    :return: Lines.
    """
    lines = [
        f"Tasks and runs that ended: {arrivals.wanted}; beacons that arrived: {arrivals.arrived}.",
        f"Valid: {arrivals.valid}; missing: {len(arrivals.missing)}; surplus: {len(arrivals.surplus)}.",
        f"Most beacons that waited in the outbox at one moment: {max(look.waiting for look in looks)}.",
    ]
    after = looks[max((at for at, look in enumerate(looks) if look.is_away), default=-1) + 1 :]
    empty = next((look for look in after if look.waiting == 0), None)
    if empty is None:
        return "\n".join([*lines, "The outbox was not empty in the end."])
    took_s = empty.elapsed_s - after[0].elapsed_s
    return "\n".join([*lines, f"The outbox was empty {took_s:.0f} s after mPulse was back."])
