# SPDX-License-Identifier: Apache-2.0
"""Tests of what one process takes from the outbox, and of what is taken up again when a process has died."""

from __future__ import annotations

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from airflow_mpulse.delivery.outbox import CLAIMS, UNREADABLE
from airflow_mpulse.delivery.outbox_claim import UNFINISHED_AFTER_S, Claim, take_up_abandoned
from airflow_mpulse.exceptions import OutboxError
from tests.support.claims import leave_behind, taken_elsewhere
from tests.support.jobs import WAIT_S, eager_switching
from tests.support.locks import is_locked_for_others
from tests.support.outboxes import EMPTY, look_into, put

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from airflow_mpulse.delivery.outbox import Outbox


def _make_older(path: Path, seconds: float) -> None:
    instant_s = time.time() - seconds
    os.utime(path, (instant_s, instant_s))


def test_what_is_taken_is_had_by_one(outbox: Outbox) -> None:
    """Of many threads that take the same beacons at once, each beacon is had by one."""
    put(outbox, *map(str, range(40)))
    entries = outbox.list_waiting()
    begun = threading.Barrier(8, timeout=WAIT_S)
    had_by_all = threading.Barrier(8, timeout=WAIT_S)

    def take_all(_: int) -> list[str]:
        with Claim(outbox) as claim:
            begun.wait()
            had = [claim.read(entry).content["page_group"] for entry in entries if claim.take(entry)]
            had_by_all.wait()
        return had

    with eager_switching(), ThreadPoolExecutor(max_workers=8) as pool:
        had = [page_group for each in pool.map(take_all, range(8)) for page_group in each]
    assert sorted(had, key=int) == [str(number) for number in range(40)]


def test_what_is_left_waits_again(outbox: Outbox) -> None:
    """What is still taken at the end of the block waits again, and nothing else is left of the block."""
    put(outbox, "a", "b")
    claim = Claim(outbox)

    def take_and_fail() -> None:
        with claim:
            assert all(claim.take(entry) for entry in outbox.list_waiting())
            assert look_into(outbox.path) == {**EMPTY, "taken": ["a", "b"]}
            raise KeyError

    with pytest.raises(KeyError):
        take_and_fail()
    assert claim.lost == 0
    assert look_into(outbox.path) == {**EMPTY, "waiting": ["a", "b"]}
    assert list((outbox.path / CLAIMS).iterdir()) == []


def test_what_is_on_its_way_at_the_end_is_lost(outbox: Outbox) -> None:
    """What is on its way when the block ends is counted, and does not wait again."""
    put(outbox, "a", "b", "c")
    with Claim(outbox) as claim:
        a, b, c = outbox.list_waiting()
        assert all(claim.take(entry) and claim.leave(entry) for entry in (a, b, c))
        claim.remove(a)
        claim.put_back(b)
    assert claim.lost == 1
    assert look_into(outbox.path) == {**EMPTY, "waiting": ["b"]}


def test_living_process_keeps_what_it_has(outbox: Outbox) -> None:
    """What a living process has taken is left to it; when it is killed, that waits again once."""
    put(outbox, "on its way", "taken")
    with taken_elsewhere(outbox) as process:
        assert take_up_abandoned(outbox) == 0
        assert look_into(outbox.path) == {**EMPTY, "taken": ["taken"], "leaving": ["on its way"]}
        process.kill()
        process.wait()
        assert [take_up_abandoned(outbox) for _ in range(2)] == [1, 0]
    assert look_into(outbox.path) == {**EMPTY, "waiting": ["taken"]}


def test_own_process_keeps_what_it_has(outbox: Outbox) -> None:
    """A thread that takes up what others left leaves alone what another thread of its process has taken."""
    put(outbox, "a", "b")
    with Claim(outbox) as claim:
        a, b = outbox.list_waiting()
        assert all(claim.take(entry) for entry in (a, b))
        assert claim.leave(a)
        assert take_up_abandoned(outbox) == 0
        assert look_into(outbox.path) == {**EMPTY, "taken": ["b"], "leaving": ["a"]}
        # Nor is the lock lost, by which other processes see that this one lives.
        (lock,) = outbox.path.glob(f"{CLAIMS}/*/lock")
        assert is_locked_for_others(lock)


def test_what_a_dead_process_had(outbox: Outbox) -> None:
    """What dead processes had taken waits again, and what was on its way is counted and never sent again."""
    put(outbox, *"abcde")
    a, b, c, d, _ = outbox.list_waiting()
    leave_behind(outbox, taken=[a], leaving=[b, c])
    leave_behind(outbox, leaving=[d])
    leave_behind(outbox)
    assert [take_up_abandoned(outbox) for _ in range(2)] == [3, 0]
    assert look_into(outbox.path) == {**EMPTY, "waiting": ["a", "e"]}
    assert list((outbox.path / CLAIMS).iterdir()) == []


def test_no_lock_is_left(outbox: Outbox) -> None:
    """A process that died after it had removed its lock leaves a folder that the next one removes."""
    put(outbox, "taken")
    claim = leave_behind(outbox, taken=outbox.list_waiting())
    (claim / "lock").unlink()
    assert take_up_abandoned(outbox) == 0
    assert look_into(outbox.path) == {**EMPTY, "waiting": ["taken"]}
    assert not claim.exists()


@pytest.mark.parametrize("seconds", [UNFINISHED_AFTER_S + 60, -UNFINISHED_AFTER_S - 60], ids=["old", "ahead"])
def test_claim_that_is_being_made(outbox: Outbox, seconds: float) -> None:
    """A claim that another process makes at this moment is left alone, until it can only have died at it."""
    put(outbox, "waits")
    claim = leave_behind(outbox)
    unlocked = claim.rename(claim.with_name(f".{claim.name}"))
    assert take_up_abandoned(outbox) == 0
    assert unlocked.exists()
    _make_older(unlocked, seconds)
    assert take_up_abandoned(outbox) == 0
    assert not unlocked.exists()
    assert look_into(outbox.path) == {**EMPTY, "waiting": ["waits"]}


@pytest.mark.parametrize("seconds", [UNFINISHED_AFTER_S + 60, -UNFINISHED_AFTER_S - 60], ids=["old", "ahead"])
def test_file_that_is_being_written(outbox: Outbox, seconds: float) -> None:
    """A file that is being written is left alone, until its writer can only have died; then it waits."""
    put(outbox, "written")
    (entry,) = outbox.list_waiting()
    unfinished = (outbox.path / entry.name).rename(outbox.path / f".{entry.name}")
    take_up_abandoned(outbox)
    assert look_into(outbox.path) == {**EMPTY, "unfinished": ["written"]}
    _make_older(unfinished, seconds)
    take_up_abandoned(outbox)
    assert look_into(outbox.path) == {**EMPTY, "waiting": ["written"]}


def test_many_take_up_at_once(outbox: Outbox) -> None:
    """Of threads that take up the same at once, one counts what was on its way, and all else waits again."""
    put(outbox, *map(str, range(40)))
    entries = outbox.list_waiting()
    for start in range(0, 40, 4):
        leave_behind(outbox, taken=entries[start : start + 2], leaving=entries[start + 2 : start + 4])
    begun = threading.Barrier(8, timeout=WAIT_S)

    def take_up(_: int) -> int:
        begun.wait()
        return take_up_abandoned(outbox)

    with eager_switching(), ThreadPoolExecutor(max_workers=8) as pool:
        assert sum(pool.map(take_up, range(8))) == 20
    assert len(outbox.list_waiting()) == len(look_into(outbox.path)["waiting"]) == 20


def _file(path: Path) -> None:
    path.write_text("not ours")


def _folder_with_a_file(path: Path) -> None:
    path.mkdir()
    (path / "notes.txt").write_text("not ours")


def _link_for_a_lock(path: Path) -> None:
    path.mkdir()
    (path / "lock").symlink_to(path.parent / "elsewhere")


def _folder_for_a_lock(path: Path) -> None:
    (path / "lock").mkdir(parents=True)


@pytest.mark.parametrize("name", ["2-00112233445566778899", "2-0011223344556677", "notes"])
@pytest.mark.parametrize("make", [_file, _folder_with_a_file, _link_for_a_lock, _folder_for_a_lock])
def test_what_others_put_among_the_claims(outbox: Outbox, name: str, make: Callable[[Path], None]) -> None:
    """What others have put among the claims stays as it is, and keeps back nothing that was left behind."""
    put(outbox, "taken")
    claim = leave_behind(outbox, taken=outbox.list_waiting())
    make(claim.with_name(name))
    before = sorted(each.name for each in claim.with_name(name).rglob("*") if each.name != "lock")
    assert take_up_abandoned(outbox) == 0
    assert outbox.list_waiting() != []
    assert claim.with_name(name).exists()
    assert sorted(each.name for each in claim.with_name(name).rglob("*") if each.name != "lock") == before
    assert not (claim.parent / "elsewhere").exists()


def test_what_is_put_back_can_be_taken_again(outbox: Outbox) -> None:
    """A beacon that is put back waits at once, whether it was on its way or not, as often as one likes."""
    put(outbox, "beacon")
    with Claim(outbox) as claim:
        for is_on_its_way in (False, True, False):
            (entry,) = outbox.list_waiting()
            assert claim.take(entry)
            assert not is_on_its_way or claim.leave(entry)
            claim.put_back(entry)
        assert look_into(outbox.path) == {**EMPTY, "waiting": ["beacon"]}
    assert claim.lost == 0


def test_what_somebody_removes(outbox: Outbox) -> None:
    """What somebody removes while it is taken is not sent, and is missed by nobody."""
    put(outbox, "beacon")
    with Claim(outbox) as claim:
        (entry,) = outbox.list_waiting()
        assert claim.take(entry)
        (taken,) = outbox.path.glob(f"{CLAIMS}/*/*.json")
        taken.unlink()
        assert not claim.leave(entry)
        claim.remove(entry)
        claim.put_back(entry)
        assert not claim.take(entry)
        with pytest.raises(OutboxError, match="cannot be read"):
            claim.read(entry)
    assert claim.lost == 0
    assert look_into(outbox.path) == EMPTY


def test_name_of_another_connection(outbox: Outbox) -> None:
    """A file that is named after another connection than it holds is set aside, and not sent over either."""
    put(outbox, "moved")
    outbox.put("another_conn", {"page_group": "other"})
    mine, other = outbox.list_waiting()
    (outbox.path / mine.name).replace(outbox.path / other.name)
    with Claim(outbox) as claim:
        assert claim.take(other)
        with pytest.raises(OutboxError, match="of another connection than its name says"):
            claim.read(other)
    assert look_into(outbox.path) == {**EMPTY, "unreadable": ["moved"]}


def test_no_place_for_what_cannot_be_read(outbox: Outbox) -> None:
    """Where somebody has put a file in the place of the folder for them, what cannot be read is removed."""
    put(outbox, "damaged")
    (entry,) = outbox.list_waiting()
    (outbox.path / entry.name).write_text("damaged")
    (outbox.path / UNREADABLE).touch()
    with Claim(outbox) as claim:
        assert claim.take(entry)
        with pytest.raises(OutboxError, match="cannot be read"):
            claim.read(entry)
    assert outbox.list_waiting() == []
    assert claim.lost == 0
