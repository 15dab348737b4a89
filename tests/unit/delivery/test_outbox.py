# SPDX-License-Identifier: Apache-2.0
"""Tests of the outbox as a folder: what is put into it, what is found there, and what is refused."""

from __future__ import annotations

import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_mpulse.delivery.outbox import (
    CLAIMS,
    LEAVING,
    MAX_ENTRY_BYTES,
    RECOUNT_EVERY,
    UNREADABLE,
    Kept,
    Outbox,
    OutboxState,
    is_entry,
    name_connection,
    read_kept,
)
from airflow_mpulse.exceptions import OutboxError, OutboxFullError
from tests.support.clocks import START, MovedClock
from tests.support.disks import file_size_limit
from tests.support.jobs import WAIT_S, eager_switching
from tests.support.outboxes import CONN_ID, EMPTY, look_into, make_moved_outbox, put
from tests.support.properties import json_values

if TYPE_CHECKING:
    from collections.abc import Callable

TOO_DEEP: list[Any] = []
for _ in range(100_000):
    TOO_DEEP = [TOO_DEEP]
IN_A_RING: dict[str, Any] = {}
IN_A_RING["itself"] = IN_A_RING


@pytest.fixture
def outbox(tmp_path: Path, clock: MovedClock) -> Outbox:
    return make_moved_outbox(tmp_path / "above" / "outbox", clock)


def _put_at(outbox: Outbox, clock: MovedClock, elapsed_s: float, page_group: str) -> None:
    clock.elapsed_s = elapsed_s
    put(outbox, page_group)


def test_oldest_comes_first(outbox: Outbox, clock: MovedClock) -> None:
    """What waits is listed by when it was written, though the clock was set back in between."""
    for elapsed_s, page_group in ((60, "late"), (-86_400, "before"), (0, "early")):
        _put_at(outbox, clock, elapsed_s, page_group)
    entries = outbox.list_waiting()
    assert [json_of(outbox, entry.name)["page_group"] for entry in entries] == ["before", "early", "late"]
    ages = [entry.written_at - START for entry in entries]
    assert ages == [timedelta(days=-1), timedelta(), timedelta(minutes=1)]
    assert all(entry.written_at.utcoffset() == timedelta() for entry in entries)


def json_of(outbox: Outbox, name: str) -> Any:
    return read_kept((outbox.path / name).read_bytes()).content


@given(st.text(), st.dictionaries(st.text(), json_values))
def test_what_is_put_is_found(mpulse_conn_id: str, content: dict[str, Any]) -> None:
    """Whatever plain values are put, they are found as they were, under the name of their connection."""
    with TemporaryDirectory() as folder:
        outbox = make_moved_outbox(Path(folder) / "outbox", MovedClock())
        outbox.put(mpulse_conn_id, content)
        (entry,) = outbox.list_waiting()
        found = read_kept((outbox.path / entry.name).read_bytes())
    # By their text, since what is no number equals nothing.
    assert repr(found) == repr(Kept(mpulse_conn_id, content))
    assert entry.connection == name_connection(mpulse_conn_id)


def test_others_cannot_look_into_it(outbox: Outbox) -> None:
    """The folder and what waits in it are for this user alone."""
    put(outbox, "private")
    (entry,) = outbox.list_waiting()
    found = outbox.path.stat(), (outbox.path / entry.name).stat()
    assert [stat.S_IMODE(each.st_mode) for each in found] == [0o700, 0o600]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ({"page_group": object()}, "cannot be kept: Object of type object"),
        ({"page_group": b"bytes"}, "cannot be kept: Object of type bytes"),
        (IN_A_RING, "cannot be kept: Circular reference"),
        ({"page_group": TOO_DEEP}, "cannot be kept: "),
        ({"page_group": "x" * MAX_ENTRY_BYTES}, "larger than the 256 KiB"),
    ],
    ids=["object", "bytes", "ring", "deep", "large"],
)
def test_what_cannot_be_kept(outbox: Outbox, content: dict[str, Any], problem: str) -> None:
    """What no file can hold is refused with the reason, leaves nothing, and takes no room from others."""
    with pytest.raises(OutboxError, match=problem):
        outbox.put(CONN_ID, content)
    assert not outbox.path.exists()
    put(outbox, "another")
    assert look_into(outbox.path) == {**EMPTY, "waiting": ["another"]}


def test_largest_that_can_be_kept(outbox: Outbox) -> None:
    """The bound is on the whole file: one byte less than what is refused is kept."""
    put(outbox, "")
    (entry,) = outbox.list_waiting()
    room_bytes = MAX_ENTRY_BYTES - (outbox.path / entry.name).stat().st_size
    put(outbox, "x" * room_bytes)
    with pytest.raises(OutboxError, match="larger"):
        put(outbox, "x" * (room_bytes + 1))
    assert len(outbox.list_waiting()) == 2


def test_half_a_file_is_removed(outbox: Outbox) -> None:
    """What could be written only in part is no beacon: nothing of it is left."""
    with file_size_limit(40), pytest.raises(OutboxError, match=r"File too large.*\[mpulse\] outbox must be"):
        put(outbox, "too much")
    assert list(outbox.path.iterdir()) == []


def test_folder_is_made_again(outbox: Outbox) -> None:
    """When somebody has removed the folder, and even the one above, the next beacon is put all the same."""
    put(outbox, "before")
    for entry in outbox.list_waiting():
        (outbox.path / entry.name).unlink()
    outbox.path.rmdir()
    outbox.path.parent.rmdir()
    put(outbox, "after")
    assert look_into(outbox.path) == {**EMPTY, "waiting": ["after"]}


def _lead_nowhere(path: Path) -> None:
    path.symlink_to("nowhere")


def _lead_in_a_circle(path: Path) -> None:
    path.symlink_to(path)


@pytest.mark.parametrize(
    ("spoil", "problem"), [(_lead_nowhere, "No such file"), (_lead_in_a_circle, "symbolic links")]
)
def test_link_that_leads_to_no_folder(outbox: Outbox, spoil: Callable[[Path], None], problem: str) -> None:
    """An outbox that is a link to no folder refuses beacons, and says what it must be."""
    outbox.path.parent.mkdir()
    spoil(outbox.path)
    for _ in range(2):
        with pytest.raises(OutboxError, match=rf"{problem}.*\[mpulse\] outbox must be a folder"):
            put(outbox, "anything")


def test_what_cannot_be_looked_into(outbox: Outbox) -> None:
    """An outbox that is there and cannot be listed is an error, rather than taken for an empty one."""
    outbox.path.parent.mkdir()
    _lead_in_a_circle(outbox.path)
    for look in (outbox.list_waiting, outbox.describe):
        with pytest.raises(OutboxError, match="The outbox cannot be used"):
            look()


def test_room_is_shared(tmp_path: Path, clock: MovedClock) -> None:
    """What other processes have put counts as well when a process looks how much room there is."""
    first, second = (make_moved_outbox(tmp_path / "outbox", clock, max_beacons=3) for _ in range(2))
    put(first, "a", "b")
    put(second, "c")
    for outbox in (second, make_moved_outbox(tmp_path / "outbox", clock, max_beacons=3)):
        with pytest.raises(OutboxFullError, match=r"\(3, \[mpulse\] outbox_max_beacons\)"):
            put(outbox, "too many")
    # The first process has seen room for three, and counts anew when it has put as many.
    put(first, "d")
    with pytest.raises(OutboxFullError):
        put(first, "too many")
    assert len(first.list_waiting()) == 4


def test_room_is_counted_anew_now_and_then(tmp_path: Path, clock: MovedClock) -> None:
    """A process goes on without counting for a hundred beacons, and then sees what others have put."""
    mine, others = (make_moved_outbox(tmp_path / "outbox", clock, max_beacons=250) for _ in range(2))
    put(mine, "first")
    put(others, *(["of others"] * 240))
    put(mine, *(["mine"] * (RECOUNT_EVERY - 1)))
    with pytest.raises(OutboxFullError):
        put(mine, "too many")


def test_many_threads_put_at_once(outbox: Outbox) -> None:
    """Threads that put at the same moment, into a folder that is not there yet, lose nothing."""
    begun = threading.Barrier(8, timeout=WAIT_S)

    def put_some(number: int) -> None:
        begun.wait()
        put(outbox, *(f"{number}-{turn}" for turn in range(25)))

    with eager_switching(), ThreadPoolExecutor(max_workers=8) as pool:
        list(pool.map(put_some, range(8)))
    expected = sorted(f"{number}-{turn}" for number in range(8) for turn in range(25))
    assert sorted(look_into(outbox.path)["waiting"]) == expected


def test_state_of_an_outbox(outbox: Outbox, clock: MovedClock) -> None:
    """What waits, is being sent and could not be read is counted; what is none of ours is not."""
    for elapsed_s in (0, 10, 20, 30):
        _put_at(outbox, clock, elapsed_s, "beacon")
    waiting, taken, leaving, unreadable = (entry.name for entry in outbox.list_waiting())
    (outbox.path / CLAIMS / "1-0123456789abcdef").mkdir(parents=True)
    (outbox.path / CLAIMS / "a file").touch()
    (outbox.path / UNREADABLE).mkdir()
    claim = Path(CLAIMS, "1-0123456789abcdef")
    for name, target in (
        (taken, claim / taken),
        (leaving, claim / f"{leaving}{LEAVING}"),
        (unreadable, Path(UNREADABLE, unreadable)),
    ):
        (outbox.path / name).rename(outbox.path / target)
    for foreign in ("notes.txt", f".{taken}", f"{taken}{LEAVING}", str(claim / "lock"), str(claim / "notes")):
        (outbox.path / foreign).touch()
    assert outbox.describe() == OutboxState(waiting=1, oldest_at=START, taken=2, unreadable=1)
    assert [entry.name for entry in outbox.list_waiting()] == [waiting]


def test_state_of_no_outbox(outbox: Outbox) -> None:
    """Looking at an outbox that is not there finds nothing, and does not make it."""
    assert outbox.describe() == OutboxState(waiting=0, oldest_at=None, taken=0, unreadable=0)
    assert outbox.list_waiting() == []
    assert not outbox.path.parent.exists()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("01772366400000000000-26cc8a54-de82a940.json", True),
        (".01772366400000000000-26cc8a54-de82a940.json", False),
        ("01772366400000000000-26cc8a54-de82a940.json.leaving", False),
        ("1772366400000000000-26cc8a54-de82a940.json", False),
        ("01772366400000000000-26CC8A54-de82a940.json", False),
        ("01772366400000000000-26cc8a54-de82a940.json\n", False),
        ("01772366400000000000-26cc8a54-de82a940", False),
        ("a01772366400000000000-26cc8a54-de82a940.json", False),
    ],
)
def test_names_of_beacons(name: str, expected: bool) -> None:
    """A file is taken for a beacon by its whole name alone."""
    assert is_entry(name) is expected
