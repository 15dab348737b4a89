# SPDX-License-Identifier: Apache-2.0
"""Tests of claims in an outbox that cannot be used, and in a process that may open no more files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from airflow_mpulse.delivery.outbox import CLAIMS, UNREADABLE
from airflow_mpulse.delivery.outbox_claim import Claim, take_up_abandoned
from airflow_mpulse.exceptions import OutboxError
from tests.support.claims import leave_behind
from tests.support.disks import few_open_files
from tests.support.outboxes import EMPTY, look_into, put

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from airflow_mpulse.delivery.outbox import Outbox


def _file(path: Path) -> None:
    path.write_text("a file")


def _writable_for_all(path: Path) -> None:
    path.mkdir()
    path.chmod(0o777)


@pytest.mark.parametrize("spoil", [_file, _writable_for_all])
@pytest.mark.parametrize("name", [".", CLAIMS], ids=["outbox", "claims"])
def test_no_private_folder(outbox: Outbox, name: str, spoil: Callable[[Path], None]) -> None:
    """Where the outbox or its claims are no private folder, nothing is taken, and that is told."""
    if name != ".":
        outbox.path.mkdir(mode=0o700)
    spoil(outbox.path / name)
    with pytest.raises(OutboxError, match="The outbox cannot be used"):
        Claim(outbox).__enter__()
    assert take_up_abandoned(outbox) == 0


def test_no_file_may_be_opened_for_a_claim(outbox: Outbox) -> None:
    """A process that may open no more files takes nothing, and leaves nothing behind at any of its tries."""
    put(outbox, "waits")
    for _ in range(3):
        with few_open_files(0), pytest.raises(OutboxError, match="Too many open files"):
            Claim(outbox).__enter__()
    assert list((outbox.path / CLAIMS).iterdir()) == []
    assert look_into(outbox.path) == {**EMPTY, "waiting": ["waits"]}


@pytest.mark.parametrize("more", [0, 1])
def test_no_file_may_be_opened_to_take_up(outbox: Outbox, more: int) -> None:
    """What a process cannot take up for want of open files is left to the next that can."""
    put(outbox, "taken", "on its way")
    taken, leaving = outbox.list_waiting()
    leave_behind(outbox, taken=[taken], leaving=[leaving])
    with few_open_files(more):
        assert take_up_abandoned(outbox) == 0
    assert look_into(outbox.path) == {**EMPTY, "taken": ["taken"], "leaving": ["on its way"]}
    assert take_up_abandoned(outbox) == 1
    assert look_into(outbox.path) == {**EMPTY, "waiting": ["taken"]}


def test_what_can_be_neither_removed_nor_set_aside(outbox: Outbox, caplog: pytest.LogCaptureFixture) -> None:
    """What cannot be removed, with a file in the place of the folder for it, is told once and waits again."""
    put(outbox, "a", "b")
    entries = outbox.list_waiting()
    for entry in entries:
        (outbox.path / entry.name).unlink()
        (outbox.path / entry.name).mkdir()
    (outbox.path / UNREADABLE).touch()
    with Claim(outbox) as claim:
        for entry in entries:
            assert claim.take(entry)
            claim.remove(entry)
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "cannot be removed" in caplog.text
    assert (outbox.list_waiting(), claim.lost) == (entries, 0)
