# SPDX-License-Identifier: Apache-2.0
"""
Gives the programs that tests start a Ctrl-C that works, and tells `make test` what was left out.

It says at its end which tests were left out for want of a program.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

# Ignored where the tests run in a shell's background; what they start would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Where it is set, our commands break their lines to it although nobody looks; test runners set it, too.
os.environ.pop("COLUMNS", None)

_left_out: dict[str, int] = {}


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Count a test that misses a program, by what it misses."""
    if report.skipped and isinstance(report.longrepr, tuple):
        reason = str(report.longrepr[2]).removeprefix("Skipped: ")
        if " is missing: " in reason:
            _left_out[reason] = _left_out.get(reason, 0) + 1


def pytest_sessionfinish() -> None:
    """Add what was left out to the file that `make test` names."""
    file = os.environ.get("LEFT_OUT_FILE")
    if file and _left_out:
        with Path(file).open("a") as lines:
            lines.writelines(f"{reason} ({count} tests)\n" for reason, count in sorted(_left_out.items()))
