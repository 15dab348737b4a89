# SPDX-License-Identifier: Apache-2.0
"""Tests that each beacon of an outbox is counted once, whatever fails while it is dealt with."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from airflow_mpulse.delivery.drain import Drainer
from airflow_mpulse.delivery.outbox import CLAIMS, LEAVING
from airflow_mpulse.delivery.report import DrainReport
from airflow_mpulse.exceptions import OutboxError
from tests.support.claims import leave_behind
from tests.support.disks import few_open_files
from tests.support.outboxes import (
    CONN_ID,
    EMPTY,
    build,
    look_into,
    put,
    tell,
)
from tests.support.subprocesses import clean_environment, run_python

if TYPE_CHECKING:
    from airflow_mpulse.delivery.client import MPulseClient
    from airflow_mpulse.delivery.outbox import Outbox
    from airflow_mpulse.protocol.beacon import Beacon
    from tests.support.clocks import MovedClock
    from tests.support.transports import MemoryTransport

ROOT = Path(__file__).parents[3]
HOUR_S = 3600


def test_claims_cannot_be_made(outbox: Outbox, drainer: Drainer, clock: MovedClock) -> None:
    """What is removed is counted though no claim can be made for what is too old; that one is told next."""
    put(outbox, "on its way", "too old")
    leave_behind(outbox, leaving=outbox.list_waiting()[:1])
    clock.elapsed_s = HOUR_S + 1
    (outbox.path / CLAIMS).chmod(0o777)
    assert tell(drainer.tidy()) == (0, {"unconfirmed": 1}, 0)
    with pytest.raises(OutboxError, match="The outbox cannot be used"):
        drainer.tidy()
    (outbox.path / CLAIMS).chmod(0o700)
    assert tell(drainer.tidy()) == (0, {"too_old": 1}, 0)
    assert look_into(outbox.path) == EMPTY


@pytest.mark.parametrize("by", ["tidying", "sending"])
def test_old_folder_with_the_name_of_a_beacon(
    outbox: Outbox, drainer: Drainer, client: MPulseClient, clock: MovedClock, by: str
) -> None:
    """A folder with the name of an old beacon is counted once, and set aside, since it cannot be removed."""
    put(outbox, "replaced")
    (entry,) = outbox.list_waiting()
    (outbox.path / entry.name).unlink()
    (outbox.path / entry.name).mkdir()
    clock.elapsed_s = HOUR_S + 1
    reports = [drainer.tidy() if by == "tidying" else drainer.drain(CONN_ID, client) for _ in range(2)]
    assert [tell(report) for report in reports] == [(0, {"too_old": 1}, 0), (0, {}, 0)]
    assert outbox.list_waiting() == []
    assert [each.name for each in (outbox.path / "unreadable").iterdir()] == [entry.name]


def test_no_file_may_be_opened_to_read(
    outbox: Outbox, drainer: Drainer, client: MPulseClient, transport: MemoryTransport
) -> None:
    """What a process cannot read for want of open files waits on, rather than being set aside."""
    put(outbox, *"abc")
    client.get_config()
    with few_open_files(1):
        # The one is the claim's own.
        found = drainer.find_connections()
        report = drainer.drain(CONN_ID, client)
    assert found == ([], DrainReport())
    assert tell(report) == (0, {}, 3)
    assert "cannot be used for now (Too many open files)" in str(report.first_error)
    assert tell(drainer.tidy().plus(drainer.drain(CONN_ID, client))) == (3, {}, 0)
    assert sorted(transport.arrived) == ["a", "b", "c"]
    assert look_into(outbox.path) == EMPTY


def test_what_cannot_be_marked_as_on_its_way(
    outbox: Outbox, client: MPulseClient, transport: MemoryTransport, clock: MovedClock
) -> None:
    """A beacon that cannot be marked as on its way waits: sent, it would be sent again after a crash."""
    put(outbox, "kept back", "sent")

    def block_and_build(kept: Any, _: object) -> Beacon:
        if kept["page_group"] == "kept back":
            oldest = min(outbox.path.glob(f"{CLAIMS}/*/*.json"))
            oldest.with_name(f"{oldest.name}{LEAVING}").mkdir()
        return build(kept, clock.now())

    drainer = Drainer(outbox, block_and_build, max_age=timedelta(hours=1), now=clock.now)
    report = drainer.drain(CONN_ID, client)
    assert tell(report) == (1, {}, 1)
    assert "cannot be used for now (Is a directory)" in str(report.first_error)
    assert transport.arrived == ["sent"]
    assert len(outbox.list_waiting()) == 1


@pytest.mark.parametrize("page_groups", ["ab", "\x07a", "a\x07"], ids=["good", "first is bad", "last is bad"])
def test_interrupted_while_sending(tmp_path: Path, page_groups: str) -> None:
    """Interrupted at any point, as by Ctrl-C, a sender has counted what it dealt with and leaves the rest."""
    call = f"interrupt_while_sending({str(tmp_path)!r}, {page_groups!r})"
    code = f"import json\nfrom tests.support.outbox_interrupts import *\nprint(json.dumps({call}))"
    seen: list[dict[str, Any]] = run_python(code, clean_environment(tmp_path), cwd=ROOT)
    assert len(seen) > 15
    for interrupted in seen:
        reports = [report for told in interrupted["told"] for report in told["reports"]]
        sent = sum(report[0] for report in reports)
        dropped = sum((Counter(report[1]) for report in reports), Counter())
        arrived = [page_group for told in interrupted["told"] for page_group in told["arrived"]]
        assert sent + dropped.total() == 2
        assert len(set(arrived)) == len(arrived)
        assert sent <= len(arrived) <= sent + dropped["unconfirmed"]
        assert dropped["invalid"] == page_groups.count("\x07")
        assert interrupted["end"] == EMPTY
    # The loop has met what it is there for.
    assert {len(interrupted["told"][1]["arrived"]) for interrupted in seen} >= {0, 1}
