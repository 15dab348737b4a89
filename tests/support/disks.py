# SPDX-License-Identifier: Apache-2.0
"""Disks that are full, files that may not grow, and a process that may open no more of them."""

from __future__ import annotations

import os
import resource
import subprocess
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def file_size_limit(size_bytes: int) -> Iterator[None]:
    """Let no file of this process grow beyond a size; what is written up to there stays."""
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, usual[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)


@contextmanager
def few_open_files(more: int) -> Iterator[None]:
    """Let this process open so many files more than it has open, and no further one."""
    usual = resource.getrlimit(resource.RLIMIT_NOFILE)
    filler = [os.open(os.devnull, os.O_RDONLY)]
    highest = max(int(each.name) for each in Path("/dev/fd").iterdir())
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 1 + more, usual[1]))
        with suppress(OSError):
            while True:
                filler.append(os.dup(filler[0]))
        for _ in range(more):
            os.close(filler.pop())
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, usual)
        for descriptor in filler:
            os.close(descriptor)


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
