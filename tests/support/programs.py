# SPDX-License-Identifier: Apache-2.0
"""Programs that some tests need beside Python, and what becomes of these tests where one is missing."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Program:
    """A program of the machine: names that it goes by, places where it may be, and what brings it."""

    names: tuple[str, ...]
    package: str
    folders: str = ""

    def find(self) -> Path | None:
        """Look for it on the path, then in the folders, the newest version first."""
        found = next((path for name in self.names if (path := shutil.which(name))), None)
        if found is not None:
            return Path(found)
        beside = (path for name in self.names for path in Path("/").glob(f"{self.folders[1:]}/{name}"))
        return max(beside, default=None, key=_version) if self.folders else None


CHROMIUM = Program(("chromium", "chromium-browser", "google-chrome"), "chromium")
POSTGRES = Program(("postgres",), "postgresql", "/usr/lib/postgresql/*/bin")
REDIS = Program(("redis-server",), "redis-server")


def require(program: Program) -> Path:
    """Give a program's path; without it the test is left out, and in CI it fails."""
    path = program.find()
    if path is not None:
        return path
    reason = f"{program.names[0]} is missing: apt-get install {program.package}"
    if os.environ.get("CI"):
        pytest.fail(f"{reason} (in CI nothing that needs it is left out)")
    pytest.skip(reason)


def _version(path: Path) -> tuple[int, ...]:
    return tuple(int(part) for part in path.parts for part in part.split(".") if part.isdigit())
