# SPDX-License-Identifier: Apache-2.0
"""Tests of the locks in a folder of one user, among processes and threads."""

from __future__ import annotations

import os
import stat
import threading
from typing import TYPE_CHECKING

import pytest

from airflow_mpulse.delivery.private_folder import (
    PrivateFolder,
    try_lock,
)
from tests.support.clocks import MovedClock
from tests.support.locks import is_locked_for_others, locked_elsewhere
from tests.support.subprocesses import clean_environment, run_python

if TYPE_CHECKING:
    from pathlib import Path

WAIT_S = 60.0
NOBODY = 65534

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to another user")


@pytest.fixture
def folder(tmp_path: Path) -> PrivateFolder:
    return PrivateFolder(tmp_path / "above" / "private")


def names(path: Path) -> list[str]:
    return sorted(each.name for each in path.iterdir())


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def never_wait(_: float) -> None:
    pytest.fail("nobody was to wait")


def test_lock_is_held_until_the_block_ends(folder: PrivateFolder) -> None:
    """Other processes find a lock held within the block, and free after it, also when the block raises."""
    path = folder.path / "a.lock"
    with folder.lock("a.lock", 0.0, never_wait) as held:
        assert held
        assert is_locked_for_others(path)
    assert not is_locked_for_others(path)
    with pytest.raises(KeyError), folder.lock("a.lock", 0.0, never_wait):
        raise KeyError
    assert not is_locked_for_others(path)
    assert mode_of(path) == 0o600


def test_lock_that_another_process_holds(folder: PrivateFolder) -> None:
    """A lock that another process holds is waited for as long as was said, and no longer."""
    folder.ensure()
    clock = MovedClock()
    with locked_elsewhere(folder.path / "a.lock"):
        with folder.lock("a.lock", 0.0, never_wait) as held:
            assert not held
        with folder.lock("a.lock", 0.05, clock.wait) as held:
            assert not held
    assert clock.waits_s == pytest.approx([0.02, 0.02, 0.01])


def test_lock_is_had_when_the_other_process_ends(folder: PrivateFolder) -> None:
    """Who waits gets the lock as soon as the process that held it has died, however it died."""
    folder.ensure()
    with locked_elsewhere(folder.path / "a.lock") as other:

        def kill(_: float) -> None:
            other.kill()
            other.wait()

        with folder.lock("a.lock", WAIT_S, kill) as held:
            assert held


def test_threads_of_a_process_are_kept_apart(folder: PrivateFolder) -> None:
    """Of two threads one has the lock, and the attempt of the other does not end it for other processes."""
    second: list[bool] = []

    def attempt() -> None:
        with PrivateFolder(folder.path).lock("a.lock", 0.0, never_wait) as held:
            second.append(held)

    with folder.lock("a.lock", 0.0, never_wait) as held:
        assert held
        thread = threading.Thread(target=attempt)
        thread.start()
        thread.join(WAIT_S)
        assert second == [False]
        assert is_locked_for_others(folder.path / "a.lock")
    attempt()
    assert second == [False, True]


def test_child_does_not_inherit_a_lock(tmp_path: Path) -> None:
    """A child that is forked while a lock is held finds it held, and has it when the parent ends it."""
    told = run_python(
        """
        import json, os, sys
        from pathlib import Path
        from airflow_mpulse.delivery.private_folder import PrivateFolder
        folder = PrivateFolder(Path(os.environ["FOLDER"]))
        reading, writing = os.pipe()
        ended, go_on = os.pipe()
        with folder.lock("a.lock", 0.0, None) as held:
            pid = os.fork()
            if pid == 0:
                found = []
                with folder.lock("a.lock", 0.0, None) as held:
                    found.append(held)
                os.write(writing, b"looked")
                os.read(ended, 1)
                with folder.lock("a.lock", 0.0, None) as held:
                    found.append(held)
                os._exit(0 if found == [False, True] else 1)
            os.read(reading, 6)
        os.write(go_on, b"x")
        print(json.dumps([held, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])]))
        """,
        clean_environment(tmp_path, FOLDER=str(tmp_path / "private")),
    )
    assert told == [True, 0]


def test_file_that_cannot_be_locked_is_an_error(tmp_path: Path) -> None:
    """Where a lock cannot be had at all, that is told, rather than waited for as if somebody held it."""
    (tmp_path / "a.lock").touch()
    descriptor = os.open(tmp_path / "a.lock", os.O_RDONLY)
    try:
        with pytest.raises(OSError, match="descriptor"):
            try_lock(descriptor)
    finally:
        os.close(descriptor)


def test_lock_file_that_is_a_link_is_not_followed(folder: PrivateFolder) -> None:
    """A link in the place of the lock's file is an error, once and again, and makes no file elsewhere."""
    folder.ensure()
    (folder.path / "a.lock").symlink_to(folder.path / "elsewhere")
    for _ in range(2):
        with pytest.raises(OSError, match="symbolic"), folder.lock("a.lock", 0.0, never_wait):
            pass
    assert not (folder.path / "elsewhere").exists()
