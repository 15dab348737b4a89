# SPDX-License-Identifier: Apache-2.0
"""Tests of the thread that works through a bounded queue: its order, its bound, and its life."""

from __future__ import annotations

import gc
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from airflow_mpulse.delivery.background import BackgroundWorker, Job
from airflow_mpulse.exceptions import BeaconError
from tests.support.jobs import WAIT_S, come_through, eager_switching, held, noting
from tests.support.subprocesses import clean_environment, run_python

if TYPE_CHECKING:
    from pathlib import Path

#: Short, so that no thread outlives its test for long.
LINGER_S = 0.05


class OwnError(BaseException):
    """Something that no handler for exceptions catches."""


def test_jobs_are_done_in_order() -> None:
    """Jobs are done in the order in which they were handed over, each once and each given itself."""
    worker = BackgroundWorker(linger_s=LINGER_S)
    done: list[Job] = []
    jobs = [Job(done.append, awaited=number % 2 == 0) for number in range(100)]
    assert all(worker.hand_over(job) for job in jobs)
    assert jobs[-1].wait(WAIT_S)
    assert done == jobs


def test_handing_over_does_not_wait() -> None:
    """While a job is under way, any number of others is taken without waiting for it."""
    worker, notes = BackgroundWorker(linger_s=LINGER_S), []
    with held(worker) as holder:
        # This thread would hang here if it waited for the job.
        assert all(worker.hand_over(noting(notes, str(number))) for number in range(500))
        assert not holder.job.is_settled
        assert notes == []
    come_through(worker)
    assert notes == [str(number) for number in range(500)]


def test_full_queue_refuses() -> None:
    """When as many jobs wait as may, the next one is refused and never done, until there is room again."""
    worker, notes = BackgroundWorker(max_waiting=4, linger_s=LINGER_S), []
    refused = noting(notes, "refused")
    with held(worker):
        taken = [noting(notes, name) for name in "abc"]
        assert all(worker.hand_over(job) for job in taken)
        assert [worker.hand_over(refused) for _ in range(2)] == [False, False]
    assert all(job.wait(WAIT_S) for job in taken)
    come_through(worker)
    later = noting(notes, "later")
    assert worker.hand_over(later)
    assert later.wait(WAIT_S)
    assert notes == ["a", "b", "c", "later"]
    assert not refused.is_settled


def test_job_under_way_takes_room() -> None:
    """The bound is on all jobs that have not come to an end, the one under way included."""
    worker, notes = BackgroundWorker(max_waiting=2, linger_s=LINGER_S), []
    with held(worker):
        assert worker.hand_over(noting(notes, "waits"))
        assert not worker.hand_over(noting(notes, "refused"))


@pytest.mark.parametrize(
    "error", [ValueError("x"), BeaconError("x"), SystemExit(3), KeyboardInterrupt(), OwnError()], ids=repr
)
def test_job_that_raises_does_not_end_the_thread(error: BaseException) -> None:
    """Whatever a job raises, it is settled, and the same thread does the next one."""
    worker, threads = BackgroundWorker(linger_s=LINGER_S), []

    def fail(_: Job) -> None:
        threads.append(threading.get_ident())
        raise error

    failing = [Job(fail, awaited=True), Job(fail, awaited=False)]
    following = Job(lambda _: threads.append(threading.get_ident()), awaited=True)
    with held(worker):
        assert all(worker.hand_over(job) for job in [*failing, following])
    assert following.wait(WAIT_S)
    assert all(job.is_settled for job in failing)
    assert len(threads) == 3
    assert len(set(threads)) == 1


def test_thread_is_a_daemon_with_a_name() -> None:
    """The thread is started by the first job, does not hold up the process, and can be told by its name."""
    worker = BackgroundWorker(linger_s=LINGER_S)
    assert worker.thread is None
    with held(worker):
        thread = worker.thread
        assert thread is not None
        assert (thread.daemon, thread.name, thread.is_alive()) == (True, "mpulse-sender", True)


def test_thread_ends_when_there_is_nothing_to_do() -> None:
    """Some time after the last job the thread ends, and the next job starts another one."""
    worker, notes, threads = BackgroundWorker(linger_s=LINGER_S), [], []
    for name in ("first", "second", "third"):
        with held(worker):
            thread = worker.thread
            assert thread is not None
            assert worker.hand_over(noting(notes, name))
        thread.join(WAIT_S)
        assert not thread.is_alive()
        assert worker.thread is None
        threads.append(thread)
    assert notes == ["first", "second", "third"]
    assert len(set(threads)) == 3


def test_thread_lingers_for_the_next_job(tmp_path: Path) -> None:
    """A job that comes soon after another is done by the same thread."""
    same = run_python(
        """
        import json, threading
        from airflow_mpulse.delivery.background import BackgroundWorker, Job
        worker, threads = BackgroundWorker(linger_s=3600.0), []
        for _ in range(3):
            job = Job(lambda _: threads.append(threading.get_ident()), awaited=True)
            worker.hand_over(job)
            assert job.wait(60.0)
        print(json.dumps(len(threads) == 3 and len(set(threads)) == 1))
        """,
        clean_environment(tmp_path),
    )
    assert same is True


def test_first_thread_is_announced_once() -> None:
    """What is to be done before the first thread is done before it, and not again for a later one."""
    known: list[bool] = []
    worker = BackgroundWorker(linger_s=LINGER_S, before_first=lambda: known.append(worker.thread is None))
    assert known == []
    for _ in range(2):
        with held(worker):
            thread = worker.thread
        assert thread is not None
        thread.join(WAIT_S)
    assert known == [True]


def test_job_is_given_back_when_no_thread_starts() -> None:
    """Where no thread can be started, the error reaches the caller, and the job is not done later."""
    refusals, notes = [RuntimeError("no thread")], []

    def announce() -> None:
        if refusals:
            raise refusals.pop()

    worker = BackgroundWorker(linger_s=LINGER_S, before_first=announce)
    given_back = noting(notes, "given back")
    with pytest.raises(RuntimeError, match="no thread"):
        worker.hand_over(given_back)
    assert worker.hand_over(noting(notes, "taken"))
    come_through(worker)
    assert notes == ["taken"]
    assert given_back.is_settled
    assert worker.wait(0.0) == []


def test_process_without_room_for_a_thread_goes_on(tmp_path: Path) -> None:
    """When the system refuses a thread, that job is given back, and the next one is taken when it can be."""
    done = run_python(
        """
        import json, threading
        from airflow_mpulse.delivery.background import BackgroundWorker, Job
        worker, notes = BackgroundWorker(), []
        usual = threading.stack_size(1 << 47)
        try:
            worker.hand_over(Job(lambda _: notes.append("given back"), awaited=True))
        except RuntimeError:
            notes.append("refused")
        threading.stack_size(usual)
        job = Job(lambda _: notes.append("taken"), awaited=True)
        worker.hand_over(job)
        assert job.wait(60.0)
        print(json.dumps(notes))
        """,
        clean_environment(tmp_path),
    )
    assert done == ["refused", "taken"]


def test_job_that_comes_as_the_thread_ends_is_not_lost(tmp_path: Path) -> None:
    """A job that comes when the thread takes no more jobs, but has not ended yet, is done by another one."""
    told = run_python(
        """
        import json, threading
        from airflow_mpulse.delivery.background import BackgroundWorker, Job
        ending, let_go = threading.Event(), threading.Event()

        def hold_the_end(frame, event, _):
            if frame.f_code is not BackgroundWorker._run.__code__:
                return None
            if event == "return":
                ending.set()
                assert let_go.wait(60.0)
            return hold_the_end

        worker, notes = BackgroundWorker(linger_s=0.0), []
        threading.settrace(hold_the_end)
        assert worker.hand_over(Job(lambda _: notes.append("first"), awaited=True))
        threading.settrace(None)
        assert ending.wait(60.0)
        second = Job(lambda _: notes.append("second"), awaited=True)
        assert worker.hand_over(second)
        done = second.wait(30.0)
        let_go.set()
        print(json.dumps([done, notes]))
        """,
        clean_environment(tmp_path),
    )
    assert told == [True, ["first", "second"]]


@pytest.mark.parametrize("linger_s", [0.0, 1.0], ids=["thread-ends-at-once", "thread-stays"])
def test_many_threads_hand_over_at_once(linger_s: float) -> None:
    """Jobs of many threads are each done once, one at a time, and those of each thread in its order."""
    worker = BackgroundWorker(max_waiting=10_000, linger_s=linger_s)
    done: list[tuple[int, int]] = []
    one_at_a_time = threading.Lock()
    overlaps: list[int] = []
    begun = threading.Barrier(8, timeout=WAIT_S)

    def work(number: int, turn: int) -> None:
        if not one_at_a_time.acquire(blocking=False):
            overlaps.append(turn)
            return
        done.append((number, turn))
        one_at_a_time.release()

    def hand_over(number: int) -> bool:
        jobs = [Job(lambda _, turn=turn: work(number, turn), awaited=True) for turn in range(200)]
        begun.wait()
        return all(worker.hand_over(job) for job in jobs) and all(job.wait(WAIT_S) for job in jobs)

    with eager_switching(), ThreadPoolExecutor(max_workers=8) as pool:
        assert all(pool.map(hand_over, range(8)))
    assert overlaps == []
    assert len(done) == 1600
    for number in range(8):
        assert [turn for of, turn in done if of == number] == list(range(200))


def test_worker_is_not_kept_alive() -> None:
    """A worker that nobody uses any more is given up, though it once asked to be told of forks."""
    worker = BackgroundWorker(linger_s=0.0)
    come_through(worker)
    thread, gone = worker.thread, weakref.ref(worker)
    if thread is not None:
        thread.join(WAIT_S)
    del worker, thread
    gc.collect()
    assert gone() is None
