# SPDX-License-Identifier: Apache-2.0
"""
An outbox on a disk that fails, in a folder that others meddle with, and while mPulse is away.

In each, a beacon that was looked at is sent, dropped with a reason, or waits on, and is one of these only.
"""

from __future__ import annotations

import itertools
import logging
import os
import shutil
import time
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from airflow_mpulse.delivery.outbox import name_connection
from airflow_mpulse.exceptions import OutboxError, OutboxFullError
from tests.support.disks import file_size_limit, full_disk
from tests.support.outboxes import (
    CONN_ID,
    EMPTY,
    look_into,
    make_client,
    make_drainer,
    make_outbox,
    page_groups_at,
    put,
    tell,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from airflow_mpulse.delivery.client import MPulseClient
    from airflow_mpulse.sandbox.server import SandboxServer


@pytest.fixture
def client(sandbox: SandboxServer) -> Iterator[MPulseClient]:
    made = make_client(sandbox.port)
    yield made
    made.close()


def test_disk_that_takes_no_whole_file(tmp_path: Path, sandbox: SandboxServer, client: MPulseClient) -> None:
    """A beacon that cannot be written whole is refused and leaves nothing behind; others are sent."""
    outbox = make_outbox(tmp_path / "outbox")
    put(outbox, "before")
    with file_size_limit(40):
        for _ in range(3):
            with pytest.raises(OutboxError, match="The outbox cannot be used"):
                put(outbox, "too much")
    put(outbox, "after")
    assert look_into(outbox.path) == {**EMPTY, "waiting": ["before", "after"]}
    assert tell(make_drainer(outbox).drain(CONN_ID, client)) == (2, {}, 0)
    assert page_groups_at(sandbox) == ["after", "before"]


def test_full_disk(tmp_path: Path, sandbox: SandboxServer, client: MPulseClient) -> None:
    """On a full disk a beacon is refused, what waits there is sent, and later there is room again."""
    with full_disk(tmp_path / "disk") as disk:
        outbox = make_outbox(disk.path / "outbox")
        put(outbox, "before")
        disk.fill()
        with pytest.raises(OutboxError, match="No space left"):
            put(outbox, "too much")
        assert look_into(outbox.path) == {**EMPTY, "waiting": ["before"]}
        assert tell(make_drainer(outbox).drain(CONN_ID, client)) == (1, {}, 0)
        disk.clear()
        put(outbox, "after")
        assert tell(make_drainer(outbox).drain(CONN_ID, client)) == (1, {}, 0)
        assert look_into(outbox.path) == EMPTY
    assert page_groups_at(sandbox) == ["after", "before"]


def test_folder_that_is_removed_between_beacons(
    tmp_path: Path, sandbox: SandboxServer, client: MPulseClient
) -> None:
    """When somebody removes the outbox, it is made again for the next beacon."""
    outbox = make_outbox(tmp_path / "outbox")
    put(outbox, "removed")
    shutil.rmtree(outbox.path)
    assert tell(make_drainer(outbox).tidy()) == (0, {}, 0)
    assert tell(make_drainer(outbox).drain(CONN_ID, client)) == (0, {}, 0)
    put(outbox, "after")
    assert tell(make_drainer(outbox).drain(CONN_ID, client)) == (1, {}, 0)
    assert page_groups_at(sandbox) == ["after"]


def test_folder_that_is_removed_while_sending(
    tmp_path: Path, sandbox: SandboxServer, client: MPulseClient
) -> None:
    """When somebody removes the outbox while it is sent from, each beacon is accounted for."""
    outbox = make_outbox(tmp_path / "outbox")
    put(outbox, *map(str, range(20)))

    asked = itertools.count(1)

    def remove_and_tell() -> datetime:
        # Asked once before they are taken, and then for each of them.
        if next(asked) == 6:
            # In one step, since others are at work in it.
            outbox.path.rename(tmp_path / "gone")
        return datetime.now(UTC)

    sent, dropped, waiting = tell(make_drainer(outbox, now=remove_and_tell).drain(CONN_ID, client))
    assert sent >= 1
    assert dropped.keys() <= {"unreadable"}
    assert sent + sum(dropped.values()) + waiting == 20
    assert len(page_groups_at(sandbox)) == sent
    assert max(Counter(page_groups_at(sandbox)).values(), default=0) <= 1
    put(outbox, "after")
    assert tell(make_drainer(outbox).drain(CONN_ID, client)) == (1, {}, 0)


def _name(number: int) -> str:
    return f"{time.time_ns():020d}-{name_connection(CONN_ID)}-{number:08x}.json"


def _make_link(path: Path) -> None:
    target = path.with_name("elsewhere.txt")
    target.write_text('{"version": 1, "mpulse_conn_id": "mpulse_test", "content": {"page_group": "link"}}')
    path.symlink_to(target)


def _make_writable_for_all(path: Path) -> None:
    path.write_text('{"version": 1, "mpulse_conn_id": "mpulse_test", "content": {"page_group": "open"}}')
    path.chmod(0o666)


UNREADABLE: dict[str, Callable[[Path], object]] = {
    "empty": lambda path: path.write_bytes(b""),
    "no JSON": lambda path: path.write_bytes(b"\xff\x00{"),
    "cut off": lambda path: path.write_bytes(b'{"version": 1, "mpulse_conn_id": "mpulse_te'),
    "another version": lambda path: path.write_bytes(b'{"version": 2}'),
    "deep": lambda path: path.write_bytes(b"[" * 100_000),
    "huge": lambda path: path.write_bytes(b" " * 300_000),
    "folder": lambda path: path.mkdir(),
    "pipe": os.mkfifo,
    "link": _make_link,
    "writable for all": _make_writable_for_all,
}


@pytest.mark.parametrize("make", UNREADABLE.values(), ids=UNREADABLE)
def test_file_that_is_no_beacon(
    tmp_path: Path,
    sandbox: SandboxServer,
    client: MPulseClient,
    caplog: pytest.LogCaptureFixture,
    make: Callable[[Path], object],
) -> None:
    """Files that are no beacons are set aside, counted, and told about once; all others are sent."""
    outbox = make_outbox(tmp_path / "outbox")
    put(outbox, "first")
    for number in range(3):
        make(outbox.path / _name(number))
    put(outbox, "last")
    with caplog.at_level(logging.DEBUG, "airflow_mpulse"):
        assert tell(make_drainer(outbox).drain(CONN_ID, client)) == (2, {"unreadable": 3}, 0)
    assert len([record for record in caplog.records if record.levelno >= logging.WARNING]) == 1
    assert len(list((outbox.path / "unreadable").iterdir())) == 3
    assert outbox.list_waiting() == []
    assert page_groups_at(sandbox) == ["first", "last"]


def test_beacon_that_cannot_be_built(tmp_path: Path, sandbox: SandboxServer, client: MPulseClient) -> None:
    """What was kept and makes no beacon is dropped as invalid and not tried again; all others are sent."""
    outbox = make_outbox(tmp_path / "outbox")
    put(outbox, "first")
    outbox.put(CONN_ID, {"nothing": "in it"})
    put(outbox, "\x07", "last")
    assert tell(make_drainer(outbox).drain(CONN_ID, client)) == (2, {"invalid": 2}, 0)
    assert look_into(outbox.path) == EMPTY
    assert page_groups_at(sandbox) == ["first", "last"]


def test_files_of_others_are_left_alone(tmp_path: Path, sandbox: SandboxServer, client: MPulseClient) -> None:
    """Files with other names in the outbox, and those of other connections, stay as they are."""
    outbox = make_outbox(tmp_path / "outbox")
    put(outbox, "mine")
    outbox.put("other_conn", {"page_group": "of another connection"})
    foreign = ["notes.txt", "data.json", ".hidden", "0001.json", "claims.txt"]
    for name in foreign:
        (outbox.path / name).write_text("not mine")
    make_drainer(outbox).tidy()
    assert tell(make_drainer(outbox).drain(CONN_ID, client)) == (1, {}, 0)
    assert [(outbox.path / name).read_text() for name in foreign] == ["not mine"] * len(foreign)
    assert len(outbox.list_waiting()) == 1
    assert page_groups_at(sandbox) == ["mine"]


def _file_in_its_place(path: Path) -> None:
    path.write_text("a file")


def _writable_for_all(path: Path) -> None:
    path.mkdir()
    path.chmod(0o777)


def _below_a_file(path: Path) -> None:
    path.parent.write_text("a file")


@pytest.mark.parametrize("spoil", [_file_in_its_place, _writable_for_all, _below_a_file])
def test_folder_that_cannot_be_used(
    tmp_path: Path, sandbox: SandboxServer, client: MPulseClient, spoil: Callable[[Path], None]
) -> None:
    """An outbox that is no private folder refuses beacons with a sentence that says what it must be."""
    path = tmp_path / "parent" / "outbox"
    if spoil is not _below_a_file:
        path.parent.mkdir()
    spoil(path)
    outbox = make_outbox(path)
    for _ in range(2):
        with pytest.raises(OutboxError, match=r"\[mpulse\] outbox must be a folder that"):
            put(outbox, "anything")
    report = make_drainer(outbox).drain(CONN_ID, client)
    assert tell(report) == (0, {}, 0)
    assert len(sandbox.store) == 0


def test_outbox_that_is_full(tmp_path: Path, sandbox: SandboxServer, client: MPulseClient) -> None:
    """As many beacons wait as may; further ones are refused, and taken again when some were sent."""
    outbox = make_outbox(tmp_path / "outbox", max_beacons=5)
    put(outbox, *map(str, range(5)))
    with pytest.raises(OutboxFullError):
        put(outbox, "too many")
    assert tell(make_drainer(outbox).drain(CONN_ID, client)) == (5, {}, 0)
    put(outbox, "after")
    assert tell(make_drainer(outbox).drain(CONN_ID, client)) == (1, {}, 0)
    assert len(sandbox.store) == 6
