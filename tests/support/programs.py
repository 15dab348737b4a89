# SPDX-License-Identifier: Apache-2.0
"""Programs that some tests need beside Python, and what becomes of these tests where one is missing."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from stack.programs import CURL, POSTGRES, REDIS, Program

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["CHROMIUM", "CURL", "POSTGRES", "REDIS", "require"]

CHROMIUM = Program(("chromium", "chromium-browser", "google-chrome"), "chromium")


def require(program: Program) -> Path:
    """Give a program's path; without it the test is left out, and in CI it fails."""
    path = program.find()
    if path is not None:
        return path
    reason = f"{program.names[0]} is missing: apt-get install {program.package}"
    if os.environ.get("CI"):
        pytest.fail(f"{reason} (in CI nothing that needs it is left out)")
    pytest.skip(reason)
