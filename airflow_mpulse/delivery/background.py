# SPDX-License-Identifier: Apache-2.0
"""
A thread that works through a bounded queue, so that whoever hands something over goes on at once.

The thread is started by the first job and ends when there has been none for a while: a task process that
works on has no thread of ours then, which matters when it forks. After a fork the child has an empty queue
and makes a thread of its own; the parent's jobs stay the parent's.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from typing import TYPE_CHECKING
from weakref import WeakMethod

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_mpulse.exceptions import MPulseError


def _do_nothing() -> None:
    pass


class Job:
    """
    Something to be done by the thread, and settled once: by being done, or by being given up.

    :param work: What is to be done. It must not raise; if it does, the thread goes on.
    :param awaited: Whether the end of the process waits for it.
    """

    def __init__(self, work: Callable[[Job], None], *, awaited: bool) -> None:
        self.work = work
        self.awaited = awaited
        self.error: MPulseError | None = None
        self._lock = threading.Lock()
        self._settled = threading.Event()

    def settle(self, error: MPulseError | None = None) -> bool:
        """
        Say that this job has come to an end.

        :param error: What it has ended with.
        :return: Whether this was the first to say so; only then may its end be counted.
        """
        with self._lock:
            first = not self._settled.is_set()
            if first:
                self.error = error
            self._settled.set()
        return first

    @property
    def is_settled(self) -> bool:
        """
        Tell whether the job has come to an end.

        :return: Whether it has.
        """
        return self._settled.is_set()

    def wait(self, timeout_s: float) -> bool:
        """
        Wait for the job's end.

        :param timeout_s: Seconds to wait at most.
        :return: Whether it has come.
        """
        return self._settled.wait(timeout_s)


class BackgroundWorker:
    """
    Does jobs one after another in a daemon thread.

    :param max_waiting: How many jobs may wait; a further one is refused.
    :param linger_s: Seconds without a job after which the thread ends.
    :param before_first: Is called in each process before its first thread is started.
    :param after_fork: Is called in the child of a fork, before anything else is done there.
    """

    def __init__(
        self,
        *,
        max_waiting: int = 1000,
        linger_s: float = 30.0,
        before_first: Callable[[], None] = _do_nothing,
        after_fork: Callable[[], None] = _do_nothing,
    ) -> None:
        self._max_waiting = max_waiting
        self._linger_s = linger_s
        self._before_first = before_first
        self._after_fork = after_fork
        self._forget()
        begin_anew = WeakMethod(self._begin_anew)
        os.register_at_fork(after_in_child=lambda: (begin_anew() or _do_nothing)())

    def hand_over(self, job: Job) -> bool:
        """
        Take a job; never waits for one to be done.

        :param job: The job.
        :return: Whether it was taken; not when too many wait.
        :raises RuntimeError: If no thread can be started.
        """
        with self._condition:
            if len(self._waiting) >= self._max_waiting:
                return False
            self._waiting.append(job)
            try:
                self._ensure_thread()
            except RuntimeError:
                self._waiting.remove(job)
                raise
            self._condition.notify_all()
        return True

    def wait(self, timeout_s: float) -> list[Job]:
        """
        Wait until all jobs that are awaited are settled, and give up those that are not by then.

        :param timeout_s: Seconds to wait at most.
        :return: The jobs that were given up.
        """
        deadline_s = time.monotonic() + timeout_s
        given_up = []
        for job in self._awaited():
            if not job.wait(max(deadline_s - time.monotonic(), 0.0)):
                with self._condition:
                    if job in self._waiting:
                        self._waiting.remove(job)
                if job.settle():
                    given_up.append(job)
        return given_up

    @property
    def thread(self) -> threading.Thread | None:
        """
        Show the thread.

        :return: The running thread, ``None`` while there is none.
        """
        thread = self._thread
        return thread if thread is not None and thread.is_alive() else None

    def _begin_anew(self) -> None:
        self._forget()
        self._after_fork()

    def _forget(self) -> None:
        # Reentrant, since a signal handler may hand something over while its own thread is in here.
        self._condition = threading.Condition(threading.RLock())
        self._waiting: deque[Job] = deque()
        self._current: Job | None = None
        self._thread: threading.Thread | None = None
        self._is_first = True

    def _awaited(self) -> list[Job]:
        with self._condition:
            jobs = [self._current, *self._waiting]
        return [job for job in jobs if job is not None and job.awaited and not job.is_settled]

    def _ensure_thread(self) -> None:
        if self.thread is not None:
            return
        if self._is_first:
            self._before_first()
            self._is_first = False
        thread = threading.Thread(target=self._run, name="mpulse-sender", daemon=True)
        thread.start()
        self._thread = thread

    def _run(self) -> None:
        condition, waiting = self._condition, self._waiting
        while True:
            with condition:
                if not condition.wait_for(lambda: waiting, self._linger_s):
                    # Under the lock, so that no job is taken by a thread that has just ended.
                    self._thread = None
                    return
                job = self._current = waiting.popleft()
            try:
                job.work(job)
            except BaseException:  # noqa: BLE001, S110 - a job that goes wrong in its own log is no end of the thread
                pass
            finally:
                job.settle()
                with condition:
                    self._current = None
