# SPDX-License-Identifier: Apache-2.0
"""Beacons of an outbox that another process has taken, and what one leaves behind that dies at it."""

from __future__ import annotations

import itertools
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from airflow_mpulse.delivery.outbox import CLAIMS, LEAVING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from airflow_mpulse.delivery.outbox import Entry, Outbox

_TAKE_ALL = """
import sys, time
from pathlib import Path
from airflow_mpulse.delivery.outbox import Outbox
from airflow_mpulse.delivery.outbox_claim import Claim
outbox = Outbox(Path(sys.argv[1]), max_beacons=1, now_ns=time.time_ns)
with Claim(outbox) as claim:
    entries = outbox.list_waiting()
    assert all(claim.take(entry) for entry in entries) and claim.leave(entries[0])
    print("taken", flush=True)
    sys.stdin.read()
"""

_numbers = itertools.count(1)


@contextmanager
def taken_elsewhere(outbox: Outbox) -> Iterator[subprocess.Popen[str]]:
    """Have another process take all that waits, the oldest on its way; it holds them till the block ends."""
    with subprocess.Popen(
        [sys.executable, "-c", _TAKE_ALL, str(outbox.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "taken\n"
        yield process


def leave_behind(outbox: Outbox, *, taken: Sequence[Entry] = (), leaving: Sequence[Entry] = ()) -> Path:
    """Do with beacons what a process has done that has died since; give the folder that it left."""
    claim = outbox.path / CLAIMS / f"1-{next(_numbers):016x}"
    claim.parent.mkdir(mode=0o700, exist_ok=True)
    claim.mkdir(mode=0o700)
    (claim / "lock").touch(0o600)
    for entry in taken:
        (outbox.path / entry.name).rename(claim / entry.name)
    for entry in leaving:
        (outbox.path / entry.name).rename(claim / f"{entry.name}{LEAVING}")
    return claim
