# SPDX-License-Identifier: Apache-2.0
"""What the scheduler's log says of mPulse; the executor writes the logs of all tasks into it as well."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_RAISED_VOICE = re.compile(r"\[(warning|error|critical)\s*\].*mpulse", re.IGNORECASE)
# What airflow_mpulse.reporter says of a beacon that it sent, at once or from the outbox, of one that it put
# there, and of one that it gave up.
_SENT = re.compile(r"\[info\s*\] Sent a beacon to mPulse for the ")
_DRAINED = re.compile(r"\[info\s*\] Sent beacons to mPulse that had waited in the outbox: ([0-9]+)")
_WAITING = re.compile("waits in the outbox|Beacons wait in the outbox")
_DROPPED = re.compile("No beacon was sent to mPulse|waited in the outbox (is|and are) dropped")


@dataclass(frozen=True)
class LogFindings:
    """
    Lines that mention mPulse.

    :param sent: How many tell of a beacon that was sent at once.
    :param drained: How many beacons were sent from the outbox, as lines about many tell.
    :param waiting: Warnings that tell of beacons in the outbox.
    :param dropped: Warnings that tell of dropped beacons.
    :param others: Other warnings and errors.
    """

    sent: int
    drained: int
    waiting: tuple[str, ...]
    dropped: tuple[str, ...]
    others: tuple[str, ...]


def read_log(log_file: Path) -> LogFindings:
    """
    Look for what mentions mPulse.

    :param log_file: The scheduler's log, complete.
    :return: What was found.
    """
    sent = drained = 0
    raised: dict[str, list[str]] = {"waiting": [], "dropped": [], "others": []}
    with log_file.open(errors="replace") as log:
        for line in log:
            # Now and then two processes write into one line.
            sent += len(_SENT.findall(line))
            drained += sum(map(int, _DRAINED.findall(line)))
            if _RAISED_VOICE.search(line):
                raised[_kind(line)].append(line.strip())
    return LogFindings(sent, drained, **{kind: tuple(lines) for kind, lines in raised.items()})


def _kind(line: str) -> str:
    if _DROPPED.search(line):
        return "dropped"
    return "waiting" if _WAITING.search(line) else "others"
