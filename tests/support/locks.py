# SPDX-License-Identifier: Apache-2.0
"""Locks as another process of this machine sees and holds them."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LOCK = """
import fcntl, os, sys
file = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT, 0o600)
try:
    fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
except OSError:
    print("busy", flush=True)
else:
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def locked_elsewhere(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Have another process hold a lock until the block ends, or that process is killed."""
    with _start(path) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process


def is_locked_for_others(path: Path) -> bool:
    """Tell whether another process finds a lock held."""
    with _start(path) as process:
        assert process.stdout is not None
        return process.stdout.readline() == "busy\n"


def _start(path: Path) -> subprocess.Popen[str]:
    # Leaving the block closes the input, which ends the process.
    return subprocess.Popen(
        [sys.executable, "-S", "-c", _LOCK, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
