# SPDX-License-Identifier: Apache-2.0
"""Tests of the folder that only its user can read and write, and of the locks in it."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from airflow_mpulse.delivery.private_folder import (
    PrivateFolder,
    UntrustedError,
    choose_folder,
    write_new_file,
)

if TYPE_CHECKING:
    from collections.abc import Callable

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


def test_written_file_is_read_back(folder: PrivateFolder) -> None:
    """The folder is made with the first file, and both are for this user alone."""
    assert not folder.path.exists()
    folder.write("a.json", b"first")
    folder.write("a.json", b"second")
    assert folder.read("a.json", max_bytes=6) == b"second"
    assert (mode_of(folder.path), mode_of(folder.path / "a.json")) == (0o700, 0o600)
    assert names(folder.path) == ["a.json"]


@pytest.mark.parametrize("made", [False, True], ids=["no folder", "empty folder"])
def test_file_that_is_not_there(folder: PrivateFolder, made: bool) -> None:
    """A file that is not there is read as nothing, and can be removed as well as one that is."""
    if made:
        folder.ensure()
    assert folder.read("a.json", max_bytes=1) is None
    folder.remove("a.json")
    assert folder.path.exists() is made


def test_removed_file_is_gone(folder: PrivateFolder) -> None:
    """A file that was removed is not read any more."""
    folder.write("a.json", b"first")
    folder.remove("a.json")
    assert folder.read("a.json", max_bytes=6) is None


def test_failed_write_leaves_what_was_there(folder: PrivateFolder) -> None:
    """When a file cannot be put in its place, what stands there stays, and nothing unfinished is left."""
    folder.ensure()
    (folder.path / "a.json" / "in the way").mkdir(parents=True)
    with pytest.raises(OSError, match="directory"):
        folder.write("a.json", b"first")
    assert names(folder.path) == ["a.json"]


def test_file_longer_than_allowed_is_not_read(folder: PrivateFolder) -> None:
    """A file of one byte too many is an error that names it and the limit."""
    folder.write("a.json", b"1234567")
    with pytest.raises(OSError, match=r"a\.json is longer than 6 bytes"):
        folder.read("a.json", max_bytes=6)


@pytest.mark.parametrize("mode", [0o720, 0o702, 0o777])
def test_folder_that_others_may_write_is_not_used(folder: PrivateFolder, mode: int) -> None:
    """A folder in which another user may write takes no file and no lock."""
    folder.path.mkdir(parents=True)
    folder.path.chmod(mode)
    with pytest.raises(UntrustedError, match="other users may write there"):
        folder.write("a.json", b"first")
    with pytest.raises(UntrustedError), folder.lock("a.lock", 0.0, never_wait):
        pass
    assert names(folder.path) == []


@pytest.mark.parametrize("mode", [0o700, 0o750, 0o755])
def test_folder_that_others_may_only_read_is_used(folder: PrivateFolder, mode: int) -> None:
    """A folder that others may look into is used, since its files are for this user alone."""
    folder.path.mkdir(parents=True)
    folder.path.chmod(mode)
    folder.write("a.json", b"first")
    assert mode_of(folder.path / "a.json") == 0o600


def writable_for_all(path: Path) -> None:
    path.write_bytes(b"first")
    path.chmod(0o602)


def linked(path: Path) -> None:
    path.with_name("elsewhere").write_bytes(b"first")
    path.symlink_to(path.with_name("elsewhere"))


SPOILT: dict[str, Callable[[Path], object]] = {
    "writable for all": writable_for_all,
    "link": linked,
    "pipe": lambda path: os.mkfifo(path, 0o600),
    "folder": Path.mkdir,
}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT)
def test_file_that_another_could_have_written_is_not_read(
    folder: PrivateFolder, spoil: Callable[[Path], object]
) -> None:
    """What is no file of this user's own is an error, is not waited for, and leaves no descriptor open."""
    folder.ensure()
    spoil(folder.path / "a.json")
    open_before = len(names(Path("/dev/fd")))
    for _ in range(5):
        with pytest.raises(OSError, match=r"private|symbolic"):
            folder.read("a.json", max_bytes=100)
    assert len(names(Path("/dev/fd"))) == open_before


@as_root
def test_file_of_another_user_is_not_read(folder: PrivateFolder) -> None:
    """A file that belongs to another user is an error, whatever its mode."""
    folder.write("a.json", b"first")
    os.chown(folder.path / "a.json", NOBODY, NOBODY)
    with pytest.raises(UntrustedError, match="belongs to another user"):
        folder.read("a.json", max_bytes=100)


@as_root
def test_folder_of_another_user_is_not_used(folder: PrivateFolder) -> None:
    """A folder that belongs to another user takes no file."""
    folder.ensure()
    os.chown(folder.path, NOBODY, NOBODY)
    with pytest.raises(UntrustedError, match="belongs to another user"):
        folder.write("a.json", b"first")


@as_root
def test_link_of_another_user_is_not_followed(folder: PrivateFolder) -> None:
    """A link that another user has made is not followed, even to a folder of this user's own."""
    own = folder.path.with_name("own")
    own.mkdir(parents=True, mode=0o700)
    folder.path.symlink_to(own)
    os.chown(folder.path, NOBODY, NOBODY, follow_symlinks=False)
    with pytest.raises(UntrustedError, match="another user's link"):
        folder.write("a.json", b"first")
    assert names(own) == []


def test_own_link_is_followed(folder: PrivateFolder) -> None:
    """A link of this user's own leads to the folder, so that it can lie on another disk."""
    own = folder.path.with_name("own")
    own.mkdir(parents=True, mode=0o700)
    folder.path.symlink_to(own)
    folder.write("a.json", b"first")
    assert names(own) == ["a.json"]


@pytest.mark.parametrize("at", ["private", "above"])
def test_file_in_the_way_of_the_folder(folder: PrivateFolder, tmp_path: Path, at: str) -> None:
    """A file where the folder or the one above it should be is an error, and stays as it is."""
    in_the_way = folder.path if at == "private" else folder.path.parent
    in_the_way.parent.mkdir(exist_ok=True)
    in_the_way.write_text("a file")
    with pytest.raises(OSError, match=r"private"):
        folder.write("a.json", b"first")
    assert in_the_way.read_text() == "a file"


def test_new_file_never_replaces_another(tmp_path: Path) -> None:
    """A file that is to be new is an error where there is one."""
    write_new_file(tmp_path / "a", b"first")
    with pytest.raises(FileExistsError):
        write_new_file(tmp_path / "a", b"second")
    assert (tmp_path / "a").read_bytes() == b"first"


def test_first_folder_that_can_be_used_is_chosen(tmp_path: Path) -> None:
    """Of several folders the first is chosen that is there or can be made, and is this user's alone."""
    (tmp_path / "file").write_text("a file")
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    candidates = [tmp_path / "file" / "below", tmp_path / "open", tmp_path / "good", tmp_path / "later"]
    assert choose_folder(*candidates) == tmp_path / "good"
    assert mode_of(tmp_path / "good") == 0o700
    assert not (tmp_path / "later").exists()
    assert choose_folder(*candidates[:2]) == tmp_path / "open"
