# SPDX-License-Identifier: Apache-2.0
"""What the scheduler's log says of mPulse; the executor writes the logs of all tasks into it as well."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_RAISED_VOICE = re.compile(r"\[(warning|error|critical)\s*\].*mpulse", re.IGNORECASE)
# What airflow_mpulse.reporter says of a beacon that it sent, and of one that it gave up.
_SENT = re.compile(r"\[info\s*\] Sent a beacon to mPulse for the ")
_DROPPED = re.compile("No beacon was sent to mPulse|Beacons not sent to mPulse")


@dataclass(frozen=True)
class LogFindings:
    """
    Lines that mention mPulse.

    :param sent: How many tell of a beacon that was sent.
    :param dropped: Warnings that tell of dropped beacons.
    :param others: Other warnings and errors.
    """

    sent: int
    dropped: tuple[str, ...]
    others: tuple[str, ...]


def read_log(log_file: Path) -> LogFindings:
    """
    Look for what mentions mPulse.

    :param log_file: The scheduler's log, complete.
    :return: What was found.
    """
    sent = 0
    dropped: list[str] = []
    others: list[str] = []
    with log_file.open(errors="replace") as log:
        for line in log:
            if _SENT.search(line):
                sent += 1
            elif _RAISED_VOICE.search(line):
                (dropped if _DROPPED.search(line) else others).append(line.strip())
    return LogFindings(sent, tuple(dropped), tuple(others))
