# SPDX-License-Identifier: Apache-2.0
"""
Child processes that are killed at a chosen point of what they do.

The point is a line of the package: the child kills itself with SIGKILL just before the n-th line that it
executes in the modules named, so that a loop over n meets every state that a crash can leave behind. Only for
processes without threads of their own, since the child is a fork.
"""

from __future__ import annotations

import itertools
import os
import signal
import sys
import threading
import traceback
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

#: What a child ends with when its work raised.
FAILED = 70


def run_in_child(work: Callable[[], object]) -> int:
    """Run work in a forked child; give its exit code, negative where a signal ended it."""
    pid = start_child(work)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def start_child(work: Callable[[], object]) -> int:
    """Start work in a forked child; give its process ID."""
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        return pid
    status = FAILED
    try:
        work()
        status = 0
    except BaseException:  # noqa: BLE001 - a child must never go on with what its parent has still to do
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


def is_killed_at(line: int, work: Callable[[], object], modules: Collection[str]) -> bool:
    """
    Run work in a child that is killed before a line.

    :param line: Which of the lines that it executes in ``modules``, from 1.
    :param work: What it does; it must not raise.
    :param modules: Names of modules.
    :return: Whether it was killed; otherwise it has come to its end.
    """
    counted = itertools.count(1)

    def on_line(frame: Any, event: str, arg: Any) -> Any:
        if event == "line" and next(counted) == line:
            os.kill(os.getpid(), signal.SIGKILL)
        return on_line

    def on_call(frame: Any, event: str, arg: Any) -> Any:
        return on_line if frame.f_globals.get("__name__") in modules else None

    def watched() -> None:
        threading.settrace(on_call)
        sys.settrace(on_call)
        work()
        sys.settrace(None)

    status = run_in_child(watched)
    assert status in {0, -signal.SIGKILL}, status
    return status != 0
