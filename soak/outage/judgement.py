# SPDX-License-Identifier: Apache-2.0
"""What is wrong with an outage: tasks that failed or were slowed, beacons that are not there just once."""

from __future__ import annotations

import re
import statistics
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from soak.outage.course import TASKS_EACH
from soak.outage.durations import percentile_25, percentile_95

if TYPE_CHECKING:
    from collections.abc import Iterable

    from airflow_mpulse.delivery.outbox import OutboxState
    from soak.outage.arrivals import Arrivals
    from soak.outage.durations import Comparison, Ended
    from soak.scheduler_log import LogFindings

# Of one beacon, of several by reason, and what was not said before so as not to fill the log.
_ONE = re.compile(r"(?:is dropped|for the .*?) \(([a-z_]+)\):")
_SEVERAL = re.compile(r"([0-9]+) \(([a-z_]+)\)")
_HELD_BACK = re.compile(r"\(([0-9]+) more since the last such line")
_UNCONFIRMED = "unconfirmed"


@dataclass(frozen=True)
class Bound:
    """
    How many times as long something may take with the listener.

    :param name: What.
    :param phase: When.
    :param point: What of the distribution is looked at, by its name.
    :param ratio: The greatest ratio.
    """

    name: str
    phase: str
    point: str
    ratio: float


# Two Airflows side by side of which neither reported were 2 % apart in the median of their tasks, and 13 % in
# the mean of their processes; on a machine that is busy with other things it is more. What would be wrong is
# far beyond it: a task that waits in vain for mPulse lives two seconds longer ([mpulse] wait_s), three times
# as long as it needs here, and where more than five of a hundred do, the p95 shows it. What reporting costs
# while all is well, a few milliseconds, is far below it; `make bench` measures that.
BOUNDS = (
    Bound("task", "all", "median", 1.25),
    Bound("task", "all", "p95", 1.5),
    Bound("lone", "all", "median", 1.25),
    Bound("process", "all", "p25", 1.25),
    Bound("process", "all", "mean", 1.25),
    Bound("process", "all", "p95", 1.5),
    Bound("process", "away", "mean", 1.5),
)

_Point = Callable[[Sequence[float]], float]
_SHOWN: dict[str, _Point] = {"median": statistics.median, "p95": percentile_95}
# Airflow's supervisor notices the end of every third process only up to a second later, with the listener and
# without it: a median jumps from one side of that gap to the other.
_SHOWN_OF_PROCESSES: dict[str, _Point] = {
    "p25": percentile_25,
    "mean": statistics.fmean,
    "p95": percentile_95,
}


def points_of(name: str) -> dict[str, _Point]:
    """
    Tell what of a distribution is looked at.

    :param name: What took so long.
    :return: The points by their names.
    """
    return _SHOWN_OF_PROCESSES if name == "process" else _SHOWN


def judge_states(ended: Ended, runs: int, whose: str) -> list[str]:
    """
    Find runs and tasks that are not there or did not succeed.

    :param ended: Runs with their task instances.
    :param runs: How many runs there must be.
    :param whose: Whose they are, for the phrases.
    :return: What is wrong, one phrase each.
    """
    states = Counter(task.state for _, tasks in ended for task in tasks)
    found = []
    if len(ended) != runs or any(run.state != "success" for run, _ in ended):
        found.append(f"runs of the Airflow {whose} that succeeded: not {runs}")
    if states != {"success": runs * TASKS_EACH}:
        found.append(f"tasks of the Airflow {whose}: {dict(states)}, not {runs * TASKS_EACH} in success")
    return found


def judge_durations(comparisons: Iterable[Comparison]) -> list[str]:
    """
    Find what takes longer with the listener.

    :param comparisons: What took how long.
    :return: What is wrong, one phrase each.
    """
    by_name = {(each.name, each.phase): each for each in comparisons}
    found = []
    for bound in BOUNDS:
        comparison = by_name.get((bound.name, bound.phase))
        what = f"{bound.point} of {bound.name} ({bound.phase})"
        if comparison is None:
            found.append(f"{what}: not measured")
        elif (ratio := comparison.ratio(points_of(bound.name)[bound.point])) > bound.ratio:
            found.append(
                f"{what}: {ratio:.2f} times as long as without the listener, {bound.ratio:g} allowed"
            )
    return found


def judge_beacons(arrivals: Arrivals, log: LogFindings, left: OutboxState, *, is_silent: bool) -> list[str]:
    """
    Find beacons that were lost, doubled or left behind.

    What has left for a service that does not answer may have been counted there, and mPulse has no way to
    recognise a repeat, so it is dropped; but the log must tell of each.

    :param arrivals: Beacons that had to arrive and those that did.
    :param log: What the scheduler's log says.
    :param left: The outbox in the end.
    :param is_silent: Whether mPulse took connections while it was away and did not answer.
    :return: What is wrong, one phrase each.
    """
    dropped = count_dropped(log.dropped)
    may_miss = dropped.pop(_UNCONFIRMED, 0) if is_silent else 0
    found = arrivals.shortcomings(may_miss=may_miss)
    if dropped:
        found.append(f"beacons that the log calls dropped: {dict(dropped)}")
    if left.waiting or left.taken or left.unreadable:
        found.append(f"left in the outbox: {left}")
    return found


def count_dropped(lines: Iterable[str]) -> Counter[str]:
    """
    Count what the log calls dropped.

    :param lines: Its warnings.
    :return: Numbers by reason.
    """
    counts: Counter[str] = Counter()
    for line in lines:
        one, held_back = _ONE.search(line), _HELD_BACK.search(line)
        if one is not None:
            counts[one[1]] += 1 + (int(held_back[1]) if held_back else 0)
        elif several := _SEVERAL.findall(line):
            for number, reason in several:
                counts[reason] += int(number)
        else:
            counts["?"] += 1
    return counts
