# SPDX-License-Identifier: Apache-2.0
"""The folder that a local Airflow lives in: emptied at the start, and one Airflow's at a time."""

from __future__ import annotations

import fcntl
import shutil
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_MARKER = ".local-airflow"


class HomeError(RuntimeError):
    """The folder is in use, or holds something else."""


class Home:
    """
    AIRFLOW_HOME of a local Airflow.

    :param path: The folder; it is made when it is claimed.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self.database = self.path / "airflow.db"
        self.logs_folder = self.path / "logs-components"
        self._marker: IO[str] | None = None

    def claim(self) -> None:
        """
        Take the folder and empty it.

        :raises HomeError: If another Airflow lives there, or the folder holds something else.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        marker = self.path / _MARKER
        # Only a folder that was made here is emptied: a mistyped path must not cost anybody their files.
        if not marker.exists() and any(self.path.iterdir()):
            message = f"{self.path} is not the home of a local Airflow; give an empty or new folder."
            raise HomeError(message)
        self._lock(marker)
        for entry in self.path.iterdir():
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            elif entry != marker:
                entry.unlink()
        self.logs_folder.mkdir()

    def release(self) -> None:
        """Let the next one have the folder; what is in it stays for a look."""
        if self._marker is not None:
            self._marker.close()
            self._marker = None

    def _lock(self, marker: Path) -> None:
        # The system drops the lock when this process ends, however it ends.
        handle = marker.open("w")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.close()
            message = f"Another Airflow lives in {self.path} right now."
            raise HomeError(message) from None
        self._marker = handle
