# SPDX-License-Identifier: Apache-2.0
"""Jobs for a background worker that a test holds back, and one that only says that it was reached."""

from __future__ import annotations

import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from airflow_mpulse.delivery.background import Job

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_mpulse.delivery.background import BackgroundWorker

#: Seconds that a test waits at most for what should come at once.
WAIT_S = 60.0


class HeldJob:
    """A job that has begun and does not end until it is let go."""

    def __init__(self, *, awaited: bool) -> None:
        self.began = threading.Event()
        self.let_go = threading.Event()
        self.ended = threading.Event()
        self.was_let_go = False
        self.job = Job(self._work, awaited=awaited)

    def _work(self, _: Job) -> None:
        self.began.set()
        self.was_let_go = self.let_go.wait(WAIT_S)
        self.ended.set()


@contextmanager
def held(worker: BackgroundWorker, *, awaited: bool = True) -> Iterator[HeldJob]:
    """Keep a worker busy with one job until the block ends, so that what is handed over meanwhile waits."""
    holder = HeldJob(awaited=awaited)
    assert worker.hand_over(holder.job)
    assert holder.began.wait(WAIT_S)
    try:
        yield holder
    finally:
        holder.let_go.set()
    assert holder.ended.wait(WAIT_S)
    assert holder.was_let_go


def noting(notes: list[str], name: str, *, awaited: bool = True) -> Job:
    """Give a job that notes its name when it is done."""
    return Job(lambda _: notes.append(name), awaited=awaited)


def come_through(worker: BackgroundWorker) -> None:
    """Wait until everything that was handed over before is done."""
    last = Job(lambda _: None, awaited=False)
    assert worker.hand_over(last)
    assert last.wait(WAIT_S)


@contextmanager
def eager_switching() -> Iterator[None]:
    """Let threads take turns at almost every step, so that narrow races are met."""
    usual_s = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        yield
    finally:
        sys.setswitchinterval(usual_s)
