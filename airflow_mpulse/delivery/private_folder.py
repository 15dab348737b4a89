# SPDX-License-Identifier: Apache-2.0
"""
A folder that only this user can read and write, and files in it that appear whole or not at all.

What another user could have written is not believed: tokens and addresses stand in these files.
"""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
import stat
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

#: How long is waited between two looks at a lock that somebody holds.
LOCK_POLL_S = 0.02

#: Locks that this process holds, by its ID and the path. The system keeps no two threads of a process apart,
#: and ends a lock as soon as the process closes the file, whichever thread has opened it.
_held: dict[tuple[int, str], object] = {}


class UntrustedError(OSError):
    """A folder or a file belongs to another user, or another user may write it."""


class PrivateFolder:
    """
    A folder of this user's own. It is made when something is first written.

    :param path: Where it is.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def ensure(self) -> None:  # noqa: DOC503
        """
        Make the folder, and check that nobody else can write in it.

        :raises UntrustedError: If somebody else can.
        :raises OSError: If it cannot be made or is no folder.
        """
        with suppress(FileExistsError):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.mkdir(mode=0o700)
        if self.path.is_symlink() and self.path.lstat().st_uid not in {os.geteuid(), 0}:
            message = f"{self.path} is another user's link"
            raise UntrustedError(message)
        self._check(self.path.stat(), stat.S_ISDIR)

    def read(self, name: str, *, max_bytes: int) -> bytes | None:  # noqa: DOC503
        """
        Read a file.

        :param name: Its name.
        :param max_bytes: The greatest size, bytes.
        :return: Its content; ``None`` where there is none.
        :raises UntrustedError: If another user could have written it.
        :raises OSError: If it cannot be read, or is too long.
        """
        try:
            descriptor = os.open(self.path / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
        except FileNotFoundError:
            return None
        try:
            self._check(os.fstat(descriptor), stat.S_ISREG)
            content = _read_up_to(descriptor, max_bytes + 1)
        finally:
            os.close(descriptor)
        if len(content) > max_bytes:
            message = f"{self.path / name} is longer than {max_bytes} bytes"
            raise OSError(message)
        return content

    def write(self, name: str, content: bytes) -> None:
        """
        Write a file in one step: whoever reads it finds the old one or the new one.

        :param name: Its name.
        :param content: What is to stand in it.
        :raises OSError: If it cannot be written.
        """
        self.ensure()
        unfinished = self.path / f".{name}.{secrets.token_hex(4)}"
        try:
            write_new_file(unfinished, content)
            os.replace(unfinished, self.path / name)  # noqa: PTH105 - a third of the time of a Path's
        except OSError:
            with suppress(OSError):
                unfinished.unlink()
            raise

    def remove(self, name: str) -> None:  # noqa: DOC502
        """
        Remove a file, where there is one.

        :param name: Its name.
        :raises OSError: If it cannot be removed.
        """
        with suppress(FileNotFoundError):
            os.unlink(self.path / name)  # noqa: PTH108 - a third of the time of a Path's

    @contextmanager
    def lock(  # noqa: DOC404, DOC502
        self, name: str, wait_s: float, wait: Callable[[float], object]
    ) -> Iterator[bool]:
        """
        Hold a lock that processes share; it ends with the process that holds it, and no fork inherits it.

        :param name: The name of the lock's file, which stays.
        :param wait_s: Seconds to wait for whoever holds it, from 0.
        :param wait: Waits for seconds.
        :yield: Whether it is held.
        :raises OSError: If the file cannot be made, or not be locked where it is.
        """
        self.ensure()
        path = self.path / name
        left_s = wait_s
        unlock = None
        try:
            while (unlock := _lock(path)) is None and left_s > 0:
                wait(min(LOCK_POLL_S, left_s))
                left_s -= LOCK_POLL_S
            yield unlock is not None
        finally:
            if unlock is not None:
                unlock()

    def _check(self, found: os.stat_result, is_right_kind: Callable[[int], bool]) -> None:
        if found.st_uid != os.geteuid() or found.st_mode & 0o022:
            message = f"{self.path} belongs to another user, or other users may write there"
            raise UntrustedError(message)
        if not is_right_kind(found.st_mode):
            message = f"{self.path} holds something else than a folder with files in it"
            raise UntrustedError(message)


def write_new_file(path: Path | str, content: bytes) -> None:  # noqa: DOC502
    """
    Write a file that is not there yet, for this user alone.

    :param path: Where.
    :param content: What is to stand in it.
    :raises OSError: If it is there, or cannot be written whole.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        left = memoryview(content)
        while left:
            left = left[os.write(descriptor, left) :]
    finally:
        os.close(descriptor)


def try_lock(descriptor: int) -> bool:
    """
    Lock an open file for this process, without waiting.

    A record lock, which a fork does not inherit: a worker that was forked in between would hold it for as
    long as it lives.

    :param descriptor: The open file.
    :return: Whether it is locked now; also where another thread of this process has it.
    :raises OSError: If files cannot be locked where it is, as on some network folders.
    """
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in {errno.EACCES, errno.EAGAIN}:
            return False
        raise
    return True


def _lock(path: Path) -> Callable[[], None] | None:  # noqa: DOC502
    """
    Lock a file, without waiting.

    :param path: The file, which is made where it is not there.
    :return: Ends the lock; ``None`` where another process or another thread has it.
    :raises OSError: If the file cannot be made, or not be locked where it is.
    """
    key, mine = (os.getpid(), str(path)), object()
    # In one step for all threads, without a lock that a fork could find held.
    if _held.setdefault(key, mine) is not mine:
        return None
    descriptor, is_locked = None, False
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        is_locked = try_lock(descriptor)
    finally:
        if not is_locked:
            _unlock(key, descriptor)
    return (lambda: _unlock(key, descriptor)) if is_locked else None


def _unlock(key: tuple[int, str], descriptor: int | None) -> None:
    if descriptor is not None:
        os.close(descriptor)
    _held.pop(key, None)


def _read_up_to(descriptor: int, limit_bytes: int) -> bytes:
    content = b""
    while len(content) < limit_bytes and (part := os.read(descriptor, limit_bytes - len(content))):
        content += part
    return content


def choose_folder(*candidates: Path) -> Path:
    """
    Choose the first folder that can be used as a private one.

    :param *candidates: Folders, in the order in which they are preferred; none is left empty on the way.
    :return: The first that is there or can be made; the last one where none can.
    """
    for path in candidates:
        try:
            PrivateFolder(path).ensure()
        except OSError:
            continue
        if os.access(path, os.W_OK | os.X_OK):
            return path
    return candidates[-1]
