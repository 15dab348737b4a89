# SPDX-License-Identifier: Apache-2.0
"""Disks that are full, and files that may not grow."""

from __future__ import annotations

import resource
import subprocess
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def file_size_limit(size_bytes: int) -> Iterator[None]:
    """Let no file of this process grow beyond a size; what is written up to there stays."""
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, usual[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)


@dataclass
class SmallDisk:
    """A disk that can be filled."""

    path: Path

    def fill(self) -> None:
        """Write until there is no room for a single byte."""
        with (self.path / "filler").open("ab", buffering=0) as filler, suppress(OSError):
            while filler.write(b"x" * 512):
                pass

    def clear(self) -> None:
        """Make room again."""
        (self.path / "filler").unlink()


@contextmanager
def full_disk(path: Path) -> Iterator[SmallDisk]:
    """Give a disk of 64 KiB; the test is skipped where this user may mount none."""
    path.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(path)]
    try:
        done = subprocess.run(mount, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no mount command")
    if done.returncode:
        pytest.skip("only a user who may mount a disk can fill one")
    try:
        yield SmallDisk(path)
    finally:
        subprocess.run(["umount", str(path)], capture_output=True, check=True)
