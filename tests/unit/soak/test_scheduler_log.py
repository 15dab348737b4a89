# SPDX-License-Identifier: Apache-2.0
"""What a soak reads from the scheduler's log."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from soak.scheduler_log import read_log

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("The beacon of the run r of d waits in the outbox (unreachable): refused.", "waiting"),
        ("Beacons wait in the outbox: mPulse is left alone for 2.0 s.", "waiting"),
        ("No beacon was sent to mPulse for the run r of d (unconfirmed): silence.", "dropped"),
        ("A beacon that waited in the outbox is dropped (unconfirmed): silence.", "dropped"),
        ("Beacons that waited in the outbox and are dropped: 3 (too_old).", "dropped"),
        ("The connection 'mpulse_default' has no password.", "others"),
    ],
)
def test_warnings_are_told_apart(tmp_path: Path, line: str, kind: str) -> None:
    """A warning of the package tells of a beacon that waits, of one that is dropped, or of something else."""
    log = tmp_path / "scheduler.log"
    log.write_text(f"2026-01-01T12:00:00Z [warning  ] {line} [airflow_mpulse] loc=warnings.py:46\n")
    found = read_log(log)
    assert [name for name in ("waiting", "dropped", "others") if getattr(found, name)] == [kind]


def test_sent_beacons_are_counted(tmp_path: Path) -> None:
    """Beacons that were sent at once are counted by lines, those from the outbox by the number in a line."""
    log = tmp_path / "scheduler.log"
    at_once = (
        "2026-01-01T12:00:00Z [info     ] Sent a beacon to mPulse for the run r of d: page group 'd', 9 ms."
    )
    drained = "2026-01-01T12:00:00Z [info     ] Sent beacons to mPulse that had waited in the outbox: 73."
    log.write_text(f"{at_once}\n{at_once}{at_once}\n{drained}\n2026-01-01T12:00:00Z [info     ] mpulse\n")
    found = read_log(log)
    assert (found.sent, found.drained, found.others) == (3, 73, ())
