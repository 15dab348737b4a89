# SPDX-License-Identifier: Apache-2.0
"""Tests of the thread that stays in a process, and does something of its own between the jobs."""

from __future__ import annotations

import math
import threading
from typing import TYPE_CHECKING

import pytest

from airflow_mpulse.delivery.background import BackgroundWorker, Job
from tests.support.jobs import WAIT_S, come_through, held, noting
from tests.support.subprocesses import clean_environment, run_python

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: Short, so that no thread outlives its test for long.
LINGER_S = 0.05
LONG_S = 3600.0


@pytest.fixture
def worker() -> Iterator[BackgroundWorker]:
    """Give a worker whose thread ends with the test, since it begins anew, as in the child of a fork."""
    made = BackgroundWorker(linger_s=LINGER_S)
    yield made
    thread = made.thread
    made._begin_anew()
    if thread is not None:
        thread.join(WAIT_S)
        assert not thread.is_alive()


class _Idle:
    """Something that is done between the jobs, so many times in a row and then no more for an hour."""

    def __init__(self, times: int, notes: list[str] | None = None) -> None:
        self.threads: list[threading.Thread] = []
        self.done = threading.Event()
        self._times = times
        self._notes = [] if notes is None else notes

    def __call__(self) -> float:
        self.threads.append(threading.current_thread())
        self._notes.append("idle")
        if len(self.threads) < self._times:
            return 0.0
        self.done.set()
        return LONG_S


@pytest.mark.parametrize("times", [1, 3])
def test_done_as_often_as_it_wants(worker: BackgroundWorker, times: int) -> None:
    """What is done between the jobs is done at once, and again when it wants to be, all by one thread."""
    idle = _Idle(times)
    worker.stay(idle)
    assert idle.done.wait(WAIT_S)
    come_through(worker)
    assert idle.threads == [worker.thread] * times


def test_negative_time_is_none(worker: BackgroundWorker) -> None:
    """A time that has passed already means at once."""
    answers = iter([-1.0, -math.inf])
    done = threading.Event()

    def be_idle() -> float:
        answer = next(answers, None)
        if answer is None:
            done.set()
            return math.inf
        return answer

    worker.stay(be_idle)
    assert done.wait(WAIT_S)
    come_through(worker)


def test_not_idle_while_it_does_it(worker: BackgroundWorker) -> None:
    """A thread that does something of its own between the jobs is idle only when that is done."""
    began, let_go = threading.Event(), threading.Event()

    def be_idle() -> float:
        began.set()
        return LONG_S if let_go.wait(WAIT_S) else 0.0

    worker.stay(be_idle)
    assert began.wait(WAIT_S)
    assert not worker.wait_until_idle(0.01)
    let_go.set()
    assert (worker.wait_until_idle(WAIT_S), worker.is_at_rest) == (True, False)


def test_thread_stays(worker: BackgroundWorker) -> None:
    """A thread that stays does not end for want of jobs, and does at once what comes."""
    idle, notes = _Idle(1), []
    worker.stay(idle)
    assert idle.done.wait(WAIT_S)
    thread = worker.thread
    assert thread is not None
    thread.join(5 * LINGER_S)
    assert thread.is_alive()
    assert worker.hand_over(noting(notes, "job"))
    come_through(worker)
    assert (notes, worker.thread, len(idle.threads)) == (["job"], thread, 1)


def test_busy_thread_is_told(worker: BackgroundWorker) -> None:
    """A thread that is busy with a job finishes it first, and whoever tells it to stay does not wait."""
    notes: list[str] = []
    idle = _Idle(1, notes)
    with held(worker):
        assert worker.hand_over(noting(notes, "job"))
        worker.stay(idle)
        assert notes == []
    assert idle.done.wait(WAIT_S)
    assert notes == ["job", "idle"]


def test_neither_holds_up_the_other(worker: BackgroundWorker) -> None:
    """While jobs keep coming what is done between them has its turn, and the other way round."""
    notes: list[str] = []
    idle = _Idle(10_000, notes)
    worker.stay(lambda: 0.0)
    with held(worker):
        worker.stay(idle)
        jobs = [noting(notes, "job") for _ in range(5)]
        assert all(worker.hand_over(job) for job in jobs)
    assert jobs[-1].wait(WAIT_S)
    begun = notes[notes.index("job") : len(notes) - notes[::-1].index("job")]
    assert begun == ["job", *["idle", "job"] * 4]


class OwnError(BaseException):
    """Something that no handler for exceptions catches."""


@pytest.mark.parametrize("error", [ValueError("x"), SystemExit(3), OwnError()], ids=repr)
def test_error_between_the_jobs(worker: BackgroundWorker, error: BaseException) -> None:
    """Whatever is raised between the jobs, the thread stays, does jobs, and tries again after a while."""
    threads: list[threading.Thread] = []
    again = threading.Event()

    def fail() -> float:
        threads.append(threading.current_thread())
        if len(threads) == 3:
            again.set()
        raise error

    worker.stay(fail)
    come_through(worker)
    assert again.wait(WAIT_S)
    assert set(threads) == {worker.thread}


def test_no_thread_to_stay() -> None:
    """Where no thread can be started whoever wants one to stay is told so, and the next that starts does."""
    refusals = [RuntimeError("no thread")]

    def announce() -> None:
        if refusals:
            raise refusals.pop()

    worker, idle = BackgroundWorker(linger_s=LINGER_S, before_first=announce), _Idle(1)
    with pytest.raises(RuntimeError, match="no thread"):
        worker.stay(idle)
    assert worker.thread is None
    come_through(worker)
    assert idle.done.wait(WAIT_S)
    thread = worker.thread
    assert idle.threads == [thread]
    worker._begin_anew()
    assert thread is not None
    thread.join(WAIT_S)


def test_job_from_within_the_start() -> None:
    """What is done before the first thread may hand something over: one thread does all, in its order."""
    threads: list[threading.Thread] = []
    notes: list[str] = []

    def job(name: str) -> Job:
        return Job(lambda _: (notes.append(name), threads.append(threading.current_thread())), awaited=True)

    def announce() -> None:
        assert worker.hand_over(job("within"))

    worker = BackgroundWorker(linger_s=LINGER_S, before_first=announce)
    assert worker.hand_over(job("outer"))
    come_through(worker)
    assert notes == ["outer", "within"]
    assert threads[0] is threads[1]


def test_error_of_a_job(worker: BackgroundWorker) -> None:
    """A job shows what it has ended with, and nothing before its end and after a good one."""
    error = ValueError("x")
    with held(worker) as holder:
        failing = Job(lambda _: (_ for _ in ()).throw(error), awaited=True)
        assert worker.hand_over(failing)
        assert (failing.error, holder.job.error) == (None, None)
    assert failing.wait(WAIT_S)
    come_through(worker)
    assert (failing.error, holder.job.error) == (error, None)


def test_work_departs_or_is_withheld() -> None:
    """Of the thread that lets work depart and whoever takes it back, the first one has its way."""
    departed, withheld = (Job(lambda _: None, awaited=True) for _ in range(2))
    assert (departed.depart(), departed.withhold(), departed.depart()) == (True, False, True)
    assert (withheld.withhold(), withheld.depart(), withheld.withhold()) == (True, False, True)


def test_what_begins_anew_shares_nothing() -> None:
    """What begins anew has no job, no thread and nothing to do between them, and tells its owner first."""
    told: list[tuple[object, list[Job]]] = []
    notes: list[str] = []
    worker = BackgroundWorker(
        linger_s=LINGER_S, after_fork=lambda: told.append((worker.thread, worker.wait(0.0)))
    )
    idle = _Idle(1, notes)
    with held(worker):
        thread = worker.thread
        assert worker.hand_over(noting(notes, "of the parent"))
        worker._begin_anew()
        assert told == [(None, [])]
        assert worker.hand_over(noting(notes, "of the child"))
        come_through(worker)
        assert notes == ["of the child"]
        assert worker.thread is not thread
    assert thread is not None
    thread.join(WAIT_S)
    worker.stay(idle)
    assert idle.done.wait(WAIT_S)
    worker._begin_anew()
    come_through(worker)
    assert notes == ["of the child", "of the parent", "idle"]


def test_child_does_not_stay(tmp_path: Path) -> None:
    """The child of a fork does not do what its parent does between the jobs, unless it is told so itself."""
    told = run_python(
        """
        import json, os, threading
        from airflow_mpulse.delivery.background import BackgroundWorker, Job
        worker, notes, once, again = BackgroundWorker(linger_s=0.05), [], threading.Event(), threading.Event()

        def be_idle():
            notes.append(os.getpid())
            (again if once.is_set() else once).set()
            return 3600.0

        worker.stay(be_idle)
        assert once.wait(60.0)
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            before = worker.thread is None
            job = Job(lambda _: None, awaited=True)
            worker.hand_over(job)
            done = job.wait(60.0)
            thread = worker.thread
            if thread is not None:
                thread.join(60.0)
            ended, untold = worker.thread is None, os.getpid() not in notes
            worker.stay(be_idle)
            os.write(writing, json.dumps([before, done, ended, untold, again.wait(60.0)]).encode())
            os._exit(0)
        os.waitpid(pid, 0)
        print(json.dumps([json.loads(os.read(reading, 100)), worker.thread is not None, len(notes)]))
        """,
        clean_environment(tmp_path),
    )
    assert told == [[True, True, True, True, True], True, 1]


def test_lingering_thread_is_told(tmp_path: Path) -> None:
    """A thread that waits for the next job is the one that stays, and learns of it while it waits."""
    told = run_python(
        """
        import json, threading
        from airflow_mpulse.delivery.background import BackgroundWorker, Job
        worker, done, threads = BackgroundWorker(linger_s=3600.0), threading.Event(), []
        job = Job(lambda _: threads.append(threading.get_ident()), awaited=True)
        assert worker.hand_over(job) and job.wait(60.0)

        def be_idle():
            threads.append(threading.get_ident())
            done.set()
            return 3600.0

        worker.stay(be_idle)
        print(json.dumps([done.wait(60.0), len(set(threads))]))
        """,
        clean_environment(tmp_path),
    )
    assert told == [True, 1]
