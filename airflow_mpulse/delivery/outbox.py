# SPDX-License-Identifier: Apache-2.0
"""
The outbox: a folder of one small file per beacon that waits until mPulse can be reached.

Any number of processes write and send from it. A file appears whole, by a rename, and is taken by a rename,
so that only one process has it; what a process has taken when it is killed is taken up again by the next. A
file is renamed once more before its beacon leaves: of a process that is killed from then on nobody knows
whether the beacon was counted, so it is not sent again.

::

    <ns>-<connection>-<random>.json           waits
    .<ns>-<connection>-<random>.json          is being written
    claims/<claim>/lock                       locked for as long as the process that took it lives
    claims/<claim>/<name>.json                taken
    claims/<claim>/<name>.json.leaving        on its way
    unreadable/                               what could not be read, for a person to look at
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow_mpulse.delivery.private_folder import PrivateFolder, write_new_file
from airflow_mpulse.exceptions import OutboxError, OutboxFullError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

#: A report is one or two KiB; this is more than an author could put into it in earnest.
MAX_ENTRY_BYTES = 256 * 1024
#: After how many beacons a process counts anew how many wait: counting costs more than writing.
RECOUNT_EVERY = 100

VERSION = 1
CLAIMS = "claims"
UNREADABLE = "unreadable"
LEAVING = ".leaving"

_NAME = re.compile(r"(?P<ns>[0-9]{20})-(?P<connection>[0-9a-f]{8})-[0-9a-f]{8}\.json")


@dataclass(frozen=True, slots=True)
class Entry:
    """
    One beacon that waits.

    :param name: The name of its file.
    """

    name: str

    @property
    def written_at(self) -> datetime:
        """
        When it was written.

        :return: The instant, by the writer's clock.
        """
        return datetime.fromtimestamp(int(self.name[:20]) / 1e9, UTC)

    @property
    def connection(self) -> str:
        """
        Which connection it is to be sent over.

        :return: What :func:`name_connection` makes of the connection's ID.
        """
        return self.name[21:29]


@dataclass(frozen=True, slots=True)
class Kept:
    """
    What the file of a beacon holds.

    :param mpulse_conn_id: The connection that it is to be sent over.
    :param content: Whatever makes it a beacon again.
    """

    mpulse_conn_id: str
    content: Any


def read_kept(written: bytes) -> Kept:
    """
    Read the file of a beacon.

    :param written: What stands in it.
    :return: What it holds.
    :raises ValueError: If it is damaged, or of another version.
    """
    try:
        match json.loads(written):
            case {"version": 1, "mpulse_conn_id": str() as mpulse_conn_id, "content": content}:
                return Kept(mpulse_conn_id, content)
    except RecursionError:
        pass
    message = "damaged, or written by another version of this package"
    raise ValueError(message)


@dataclass(frozen=True, slots=True)
class OutboxState:
    """
    What is in an outbox.

    :param waiting: How many beacons wait.
    :param oldest_at: When the oldest of them was written.
    :param taken: How many are being sent, or were taken by a process that has died.
    :param unreadable: How many could not be read.
    """

    waiting: int
    oldest_at: datetime | None
    taken: int
    unreadable: int


class Outbox:
    """
    A folder of beacons that wait. Safe in threads and among processes.

    :param path: The folder; it is made with the first beacon.
    :param max_beacons: How many may wait, about; a further one is refused.
    :param now_ns: Nanoseconds since the Unix epoch.
    """

    def __init__(self, path: Path, *, max_beacons: int, now_ns: Callable[[], int]) -> None:
        self.path = path
        self.folder = PrivateFolder(path)
        self._text = str(path)
        self._max_beacons = max_beacons
        self._now_ns = now_ns
        self._until_recount = 0
        self._is_ready = False

    def put(self, mpulse_conn_id: str, content: Mapping[str, Any]) -> None:  # noqa: DOC503
        """
        Keep a beacon.

        :param mpulse_conn_id: The connection that it is to be sent over.
        :param content: Whatever makes it a beacon again; plain values, without secrets.
        :raises OutboxFullError: If as many wait as may.
        :raises OutboxError: If it cannot be written.
        """
        entry = {"version": VERSION, "mpulse_conn_id": mpulse_conn_id, "content": content}
        try:
            written = json.dumps(entry, separators=(",", ":")).encode()
        except (TypeError, ValueError, RecursionError) as error:
            msg = f"The beacon holds something that cannot be kept: {error}"
            raise OutboxError(msg) from None
        if len(written) > MAX_ENTRY_BYTES:
            msg = f"The beacon is larger than the {MAX_ENTRY_BYTES // 1024} KiB that the outbox takes."
            raise OutboxError(msg)
        self._check_room()
        name = f"{self._now_ns():020d}-{name_connection(mpulse_conn_id)}-{secrets.token_hex(4)}.json"
        try:
            self._put(name, written)
        except FileNotFoundError:
            # Somebody has removed the folder.
            self._is_ready = False
            try:
                self._put(name, written)
            except FileNotFoundError as error:
                raise self._unusable(error) from None
        self._until_recount -= 1

    def list_waiting(self) -> list[Entry]:  # noqa: DOC502
        """
        List what waits, the oldest first.

        :return: One entry per beacon; files that are none of ours are left alone.
        :raises OutboxError: If the folder cannot be read.
        """
        names = self._list(self._text)
        return [Entry(name) for name in sorted(names) if is_entry(name)]

    def describe(self) -> OutboxState:  # noqa: DOC502
        """
        Say what is in the outbox.

        :return: How much waits, and since when.
        :raises OutboxError: If the folder cannot be read.
        """
        waiting = self.list_waiting()
        claims = self._list(f"{self._text}/{CLAIMS}")
        taken = sum(
            is_entry(name.removesuffix(LEAVING))
            for claim in claims
            for name in self._list(f"{self._text}/{CLAIMS}/{claim}")
        )
        return OutboxState(
            waiting=len(waiting),
            oldest_at=waiting[0].written_at if waiting else None,
            taken=taken,
            unreadable=len(self._list(f"{self._text}/{UNREADABLE}")),
        )

    def _put(self, name: str, written: bytes) -> None:
        try:
            if not self._is_ready:
                self.folder.ensure()
                self._is_ready = True
            write_new_file(f"{self._text}/.{name}", written)
            os.rename(f"{self._text}/.{name}", f"{self._text}/{name}")  # noqa: PTH104 - a Path costs more
        except FileNotFoundError:
            raise
        except OSError as error:
            # The half of it, on a full disk, would be taken for a beacon of a process that has died.
            with suppress(OSError):
                os.unlink(f"{self._text}/.{name}")  # noqa: PTH108 - a Path costs more
            raise self._unusable(error) from None

    def _check_room(self) -> None:
        if self._until_recount > 0:
            return
        room = self._max_beacons - sum(name.endswith(".json") for name in self._list(self._text))
        if room <= 0:
            msg = (
                f"As many beacons wait in the outbox as may ({self._max_beacons}, [mpulse] "
                f"outbox_max_beacons): {self._text}"
            )
            raise OutboxFullError(msg)
        self._until_recount = min(room, RECOUNT_EVERY)

    def _list(self, path: str) -> list[str]:
        try:
            return os.listdir(path)  # noqa: PTH208 - a Path costs more
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            raise self._unusable(error) from None

    def _unusable(self, error: OSError) -> OutboxError:
        return OutboxError(
            f"The outbox cannot be used ({error.strerror or error}); [mpulse] outbox must be a folder that "
            f"the user who runs Airflow owns and can write: {self._text}"
        )


def is_entry(name: str) -> bool:
    """
    Tell whether a file bears the name of a beacon.

    :param name: The file's name.
    :return: Whether it does; others in the outbox are left alone.
    """
    return _NAME.fullmatch(name) is not None


def name_connection(mpulse_conn_id: str) -> str:
    """
    Name a connection in the name of a file, so that what is sent over another is not even opened.

    :param mpulse_conn_id: The connection's ID.
    :return: Eight hexadecimal digits.
    """
    return hashlib.sha256(mpulse_conn_id.encode("utf-8", "replace")).hexdigest()[:8]
