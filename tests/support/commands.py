# SPDX-License-Identifier: Apache-2.0
"""The console script in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

SCRIPT = (sys.executable, "-m", "airflow_mpulse.cli.main")


def run_command(
    *arguments: str, env: Mapping[str, str], script: tuple[str, ...] = SCRIPT
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [*script, *arguments], env=dict(env), capture_output=True, text=True, timeout=120, check=False
    )


def start_command(*arguments: str, env: Mapping[str, str]) -> subprocess.Popen[str]:
    """Start a command that goes on."""
    return subprocess.Popen(
        [*SCRIPT, *arguments], env=dict(env), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
