# SPDX-License-Identifier: Apache-2.0
"""Programs of the machine that the stack needs beside Python, and what brings them."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path


class ProgramMissingError(RuntimeError):
    """A program is not on this machine."""


@dataclass(frozen=True)
class Program:
    """A program of the machine: names that it goes by, places where it may be, and what brings it."""

    names: tuple[str, ...]
    package: str
    folders: str = ""

    def find(self) -> Path | None:
        """
        Look for it on the path, then in the folders, the newest version first.

        :return: Where it is; None where it is not.
        """
        found = next((path for name in self.names if (path := shutil.which(name))), None)
        if found is not None:
            return Path(found)
        beside = (path for name in self.names for path in Path("/").glob(f"{self.folders[1:]}/{name}"))
        return max(beside, default=None, key=_version) if self.folders else None

    def locate(self) -> Path:
        """
        Look for it where there is no way without it.

        :return: Where it is.
        :raises ProgramMissingError: If it is not on this machine.
        """
        path = self.find()
        if path is None:
            message = f"{self.names[0]} is missing: apt-get install {self.package}"
            raise ProgramMissingError(message)
        return path


POSTGRES = Program(("postgres",), "postgresql", "/usr/lib/postgresql/*/bin")
REDIS = Program(("redis-server",), "redis-server")
CURL = Program(("curl",), "curl")


def _version(path: Path) -> tuple[int, ...]:
    return tuple(int(part) for part in path.parts for part in part.split(".") if part.isdigit())
