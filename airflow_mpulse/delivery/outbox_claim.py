# SPDX-License-Identifier: Apache-2.0
"""Beacons of the outbox that one process has taken, and those that a process had when it died."""

from __future__ import annotations

import errno
import logging
import os
import re
import secrets
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Self

from airflow_mpulse.delivery.outbox import (
    CLAIMS,
    LEAVING,
    MAX_ENTRY_BYTES,
    UNREADABLE,
    Entry,
    Kept,
    is_entry,
    name_connection,
    read_kept,
)
from airflow_mpulse.delivery.private_folder import PrivateFolder, try_lock
from airflow_mpulse.exceptions import OutboxError

if TYPE_CHECKING:
    from types import TracebackType

    from airflow_mpulse.delivery.outbox import Outbox

#: A file that nobody has finished writing for so long was left by a process that died.
UNFINISHED_AFTER_S = 600.0

#: What keeps a file from being read and says nothing of the file.
_SHORTAGES = {errno.EMFILE, errno.ENFILE, errno.ENOMEM}

_LOG = logging.getLogger(__name__)

_CLAIM_NAME = re.compile(r"\.?[0-9]+-[0-9a-f]{16}")

#: Claims of this process, by its ID: its own locks never keep a process out.
_own: dict[str, int] = {}


class Claim:
    """
    A folder of beacons that this process has taken; what is left in it at the end waits again.

    :param outbox: The outbox.
    """

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._name = f"{os.getpid()}-{secrets.token_hex(8)}"
        self._path = outbox.path / CLAIMS / self._name
        self._lock: int | None = None
        self._has_complained = False
        #: How many beacons were on their way when the block ended, interrupted.
        self.lost = 0

    def __enter__(self) -> Self:
        """
        Make the folder.

        :return: This claim, still empty.
        :raises OutboxError: If it cannot be made.
        """
        unlocked = self._path.with_name(f".{self._name}")
        _own[self._name] = os.getpid()
        try:
            self._outbox.folder.ensure()
            PrivateFolder(self._path.parent).ensure()
            unlocked.mkdir(mode=0o700)
            self._lock = os.open(unlocked / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            with suppress(OSError):
                # Where files cannot be locked, nobody can lock this one, and so take it for abandoned.
                try_lock(self._lock)
            # Only now can others see it, so that none of them finds a claim whose owner seems dead.
            unlocked.rename(self._path)
        except OSError as error:
            self._close()
            # On a full disk there would be one more after each look.
            _remove_folder(str(unlocked))
            msg = f"The outbox cannot be used ({error.strerror or error}): {self._outbox.path}"
            raise OutboxError(msg) from None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """
        Let what is left wait again.

        :param kind: The kind of error that the block ended with.
        :param error: The error.
        :param trace: Where it was raised.
        """
        with suppress(OSError):
            self.lost = _empty(self._outbox, str(self._path))
        self._close()

    def take(self, entry: Entry) -> bool:
        """
        Take a beacon.

        :param entry: The beacon.
        :return: Whether this process has it now; another one may have been faster.
        """
        return _rename(f"{self._outbox.path}/{entry.name}", f"{self._path}/{entry.name}")

    def read(self, entry: Entry) -> Kept:  # noqa: DOC503
        """
        Read a beacon that was taken.

        :param entry: The beacon.
        :return: What was kept.
        :raises OutboxError: If it cannot be read; it is set aside then. ``retryable`` where it may be read
            later, when the process is no longer short of open files or of memory.
        """
        try:
            written = PrivateFolder(self._path).read(entry.name, max_bytes=MAX_ENTRY_BYTES)
            kept = read_kept(written or b"")
            if name_connection(kept.mpulse_conn_id) == entry.connection:
                return kept
            problem = "it is of another connection than its name says"
        except OSError as error:
            if error.errno in _SHORTAGES:
                raise self._not_now(error) from None
            problem = str(error)
        except ValueError as error:
            problem = str(error)
        if not self._set_aside(entry):
            self.remove(entry)
        msg = f"A file in the outbox cannot be read and was put into its folder {UNREADABLE}: {problem}"
        raise OutboxError(msg)

    def leave(self, entry: Entry) -> bool:  # noqa: DOC503
        """
        Mark a beacon as on its way: if this process is killed now, it is not sent again.

        :param entry: The beacon.
        :return: Whether it may be sent; not where somebody has removed it.
        :raises OutboxError: If it cannot be marked; ``retryable``, since it can wait.
        """
        taken = f"{self._path}/{entry.name}"
        try:
            os.rename(taken, f"{taken}{LEAVING}")  # noqa: PTH104 - a Path costs more
        except FileNotFoundError:
            return False
        except OSError as error:
            raise self._not_now(error) from None
        return True

    def remove(self, entry: Entry) -> None:
        """
        Remove a beacon that is settled.

        :param entry: The beacon.
        """
        for name in (f"{entry.name}{LEAVING}", entry.name):
            try:
                os.unlink(f"{self._path}/{name}")  # noqa: PTH108 - a Path costs more
            except FileNotFoundError:
                continue
            except OSError as error:
                # Such as a folder: it would come back, and be counted again.
                if not self._set_aside(entry) and not self._has_complained:
                    self._has_complained = True
                    _LOG.warning("A beacon that is settled cannot be removed from the outbox: %s", error)
            return

    def put_back(self, entry: Entry) -> None:
        """
        Let a beacon wait again.

        :param entry: The beacon.
        """
        target = f"{self._outbox.path}/{entry.name}"
        if not _rename(f"{self._path}/{entry.name}", target):
            _rename(f"{self._path}/{entry.name}{LEAVING}", target)

    def _not_now(self, error: OSError) -> OutboxError:
        failure = OutboxError(f"The outbox cannot be used for now ({error.strerror}): {self._outbox.path}")
        failure.retryable = True
        return failure

    def _set_aside(self, entry: Entry) -> bool:
        aside = self._outbox.path / UNREADABLE
        with suppress(OSError):
            aside.mkdir(mode=0o700, exist_ok=True)
        return _rename(f"{self._path}/{entry.name}", f"{aside}/{entry.name}")

    def _close(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None
        _own.pop(self._name, None)


def take_up_abandoned(outbox: Outbox) -> int:
    """
    Let wait again what processes had taken that have died, and finish what they had written.

    :param outbox: The outbox.
    :return: How many beacons were on their way then: mPulse may have counted them, so they are not sent
        again.
    """
    claims = outbox.path / CLAIMS
    left = 0
    try:
        for name in os.listdir(claims):  # noqa: PTH208 - a Path costs more
            if _CLAIM_NAME.fullmatch(name) and _own.get(name) != os.getpid():
                left += _take_up(outbox, f"{claims}/{name}", is_being_made=name.startswith("."))
    except FileNotFoundError:
        pass
    except OSError as error:
        _LOG.debug("What other processes have left in the outbox cannot be looked at: %s", error)
    _finish_written(outbox)
    return left


def _take_up(outbox: Outbox, claim: str, *, is_being_made: bool) -> int:
    descriptor = None
    try:
        if is_being_made and not _is_old(claim):
            return 0
        # Made where it is missing: whoever removed it was killed before he could remove the folder.
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        descriptor = os.open(f"{claim}/lock", flags, 0o600)
        return _empty(outbox, claim) if try_lock(descriptor) else 0
    except OSError as error:
        _LOG.debug("A claim in the outbox cannot be taken up: %s", error)
        return 0
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _empty(outbox: Outbox, claim: str) -> int:
    lost = 0
    is_empty = True
    for name in os.listdir(claim):  # noqa: PTH208 - a Path costs more
        if name == "lock":
            continue
        if name.endswith(LEAVING) and is_entry(name.removesuffix(LEAVING)):
            is_gone = _unlink(f"{claim}/{name}")
            lost += is_gone
        else:
            is_gone = is_entry(name) and _rename(f"{claim}/{name}", f"{outbox.path}/{name}")
        is_empty = is_empty and is_gone
    if is_empty:
        _remove_folder(claim)
    return lost


def _remove_folder(claim: str) -> None:
    _unlink(f"{claim}/lock")
    with suppress(OSError):
        os.rmdir(claim)  # noqa: PTH106 - a Path costs more


def _finish_written(outbox: Outbox) -> None:
    with suppress(OSError):
        for name in os.listdir(outbox.path):  # noqa: PTH208 - a Path costs more
            if name.startswith(".") and is_entry(name[1:]):
                _finish(f"{outbox.path}/{name}", f"{outbox.path}/{name[1:]}")


def _finish(unfinished: str, target: str) -> None:
    # Another process may be faster.
    with suppress(OSError):
        if _is_old(unfinished):
            # Whole or not: one that cannot be read is set aside and counted by whoever sends it.
            os.rename(unfinished, target)  # noqa: PTH104 - a Path costs more


def _is_old(path: str) -> bool:
    # Also where the clock was set back since.
    return abs(time.time() - os.lstat(path).st_mtime) > UNFINISHED_AFTER_S  # noqa: TID251


def _rename(source: str, target: str) -> bool:
    try:
        os.rename(source, target)  # noqa: PTH104 - a Path costs more
    except OSError:
        return False
    return True


def _unlink(path: str) -> bool:
    try:
        os.unlink(path)  # noqa: PTH108 - a Path costs more
    except OSError:
        return False
    return True
