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
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING
from weakref import WeakMethod

if TYPE_CHECKING:
    from collections.abc import Callable


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
        self._outcome: dict[str, tuple[object, BaseException | None]] = {}
        self._fate: dict[str, str] = {}
        self._settled = threading.Event()

    @property
    def error(self) -> BaseException | None:
        """
        Show what the job has ended with.

        :return: The error; ``None`` for one that was done, and before the end.
        """
        return self._outcome["settled"][1] if self._outcome else None

    def claim(self, error: BaseException | None = None) -> bool:
        """
        Claim the end of this job; :meth:`settle` then tells those who wait for it.

        :param error: What it has ended with.
        :return: Whether nobody has claimed it before; only then may its end be counted.
        """
        mine = (object(), error)
        # In one step, without a lock that a signal handler could find held by its own thread.
        return self._outcome.setdefault("settled", mine) is mine

    def depart(self) -> bool:
        """
        Say that from now on the work cannot be taken back.

        :return: Whether it may go on; not where somebody has withheld it.
        """
        return self._fate.setdefault("fate", "departed") == "departed"

    def withhold(self) -> bool:
        """
        Take the work back before it departs.

        :return: Whether it has not departed, and will not.
        """
        return self._fate.setdefault("fate", "withheld") == "withheld"

    def settle(self, error: BaseException | None = None) -> bool:
        """
        Say that this job has come to an end.

        :param error: What it has ended with.
        :return: Whether nobody has claimed its end before; only then may it be counted.
        """
        first = self.claim(error)
        self._settled.set()
        return first

    @property
    def is_settled(self) -> bool:
        """
        Tell whether the job's end is claimed.

        :return: Whether it is; then there is nothing to do any more.
        """
        return bool(self._outcome)

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

    :param max_waiting: How many jobs may wait, the one under way included; a further one is refused.
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
        self._on_idle: Callable[[], float] | None = None
        self._forget()
        begin_anew = WeakMethod(self._begin_anew)
        os.register_at_fork(after_in_child=lambda: (begin_anew() or _do_nothing)())

    def hand_over(self, job: Job) -> bool:
        """
        Take a job; never waits for one to be done. A signal handler may call it at any moment.

        :param job: The job.
        :return: Whether it was taken; not when too many wait.
        :raises RuntimeError: If no thread can be started; the job is settled then.
        """
        with self._lock:
            if len(self._unsettled) >= self._max_waiting:
                return False
            self._unsettled[id(job)] = job
            self._waiting.put(job)
            try:
                self._ensure_thread()
            except RuntimeError as error:
                job.settle(error)
                self._unsettled.pop(id(job), None)
                raise
        return True

    def wait(self, timeout_s: float) -> list[Job]:
        """
        Wait until all jobs that are awaited are settled, and give up those that are not by then.

        :param timeout_s: Seconds to wait at most.
        :return: The jobs that were given up.
        """
        deadline_s = time.monotonic() + timeout_s
        # A copy in one step, since the thread removes what it has done.
        jobs = [job for job in list(self._unsettled.values()) if job.awaited]
        given_up = [
            job for job in jobs if not job.wait(max(deadline_s - time.monotonic(), 0.0)) and job.settle()
        ]
        for job in given_up:
            self._unsettled.pop(id(job), None)
        return given_up

    def stay(self, on_idle: Callable[[], float]) -> None:  # noqa: DOC502
        """
        Have the thread stay in this process, and do something of its own between the jobs.

        :param on_idle: Is called now and then, and gives the seconds until it is to be called again. It must
            not raise; if it does, it is called again after a while.
        :raises RuntimeError: If no thread can be started.
        """
        with self._lock:
            self._on_idle = on_idle
            self._waiting.put(Job(lambda _: None, awaited=False))
            self._ensure_thread()

    @property
    def thread(self) -> threading.Thread | None:
        """
        Show the thread.

        :return: The running thread, ``None`` while there is none.
        """
        thread = self._thread
        return thread if thread is not None and thread.is_alive() else None

    @property
    def is_at_rest(self) -> bool:
        """
        Tell whether there is nothing that the thread does, or is going to do.

        :return: Whether there is no job, nor anything that it does between the jobs.
        """
        has_jobs = bool(self._unsettled) or not self._waiting.empty()
        return self._is_idle.is_set() and not has_jobs and self._on_idle is None

    def wait_until_idle(self, timeout_s: float) -> bool:
        """
        Wait until the thread is between two jobs, or there is none.

        :param timeout_s: Seconds to wait at most.
        :return: Whether it is; a job that comes in the meantime it may begin all the same.
        """
        return self._is_idle.wait(timeout_s)

    def _begin_anew(self) -> None:
        self._forget()
        self._after_fork()

    def _forget(self) -> None:
        # Reentrant, both of them: a signal handler may hand something over while its own thread does so.
        self._lock = threading.RLock()
        self._waiting: SimpleQueue[Job] = SimpleQueue()
        self._unsettled: dict[int, Job] = {}
        self._thread: threading.Thread | None = None
        self._on_idle = None
        self._is_idle = threading.Event()
        self._is_idle.set()
        self._is_first, self._is_starting = True, False

    def _ensure_thread(self) -> None:
        if self._is_starting:
            return  # Further down the stack of this very thread, which a signal handler has interrupted.
        self._is_starting = True
        try:
            if self.thread is not None:
                return
            if self._is_first:
                self._is_first = False
                self._before_first()
            thread = threading.Thread(target=self._run, name="mpulse-sender", daemon=True)
            thread.start()
            self._thread = thread
        finally:
            self._is_starting = False

    def _run(self) -> None:
        lock, waiting, unsettled, is_idle = self._lock, self._waiting, self._unsettled, self._is_idle
        idle_at_s = time.monotonic()
        while True:
            on_idle = self._on_idle
            timeout_s = self._linger_s if on_idle is None else max(idle_at_s - time.monotonic(), 0.0)
            try:
                # A thread that stays looks up at once when it is told to, and else when something comes.
                job = waiting.get(timeout=min(timeout_s, self._linger_s))
            except Empty:
                with lock:
                    if waiting.empty() and self._on_idle is None:
                        # Under the lock, so that no job is left to a thread that has just ended.
                        self._thread = None
                        return
            else:
                is_idle.clear()
                _do(job)
                unsettled.pop(id(job), None)
            if on_idle is not None and time.monotonic() >= idle_at_s:
                is_idle.clear()
                idle_at_s = time.monotonic() + self._be_idle(on_idle)
            is_idle.set()

    def _be_idle(self, on_idle: Callable[[], float]) -> float:
        try:
            return max(on_idle(), 0.0)
        except BaseException:  # noqa: BLE001 - nor is this the end of the thread
            return self._linger_s


def _do(job: Job) -> None:
    try:
        if not job.is_settled:
            job.work(job)
        job.settle()
    except BaseException as error:  # noqa: BLE001 - a job that goes wrong is no end of the thread
        job.settle(error)
