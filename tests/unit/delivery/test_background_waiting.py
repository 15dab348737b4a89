# SPDX-License-Identifier: Apache-2.0
"""Tests of waiting for jobs of the background worker, of giving them up, and of settling each once."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from airflow_mpulse.delivery.background import BackgroundWorker, Job
from airflow_mpulse.exceptions import BeaconError, ConnectionFailedError
from tests.support.jobs import WAIT_S, come_through, eager_switching, held, noting

LINGER_S = 0.05


@pytest.fixture
def worker() -> BackgroundWorker:
    return BackgroundWorker(linger_s=LINGER_S)


def test_new_job_is_not_settled() -> None:
    """A job that nobody has done has no end and no error, and waiting for it is over in time."""
    job = Job(lambda _: None, awaited=True)
    assert (job.is_settled, job.error, job.awaited) == (False, None, True)
    assert not job.wait(0.0)
    assert not job.wait(0.01)


@pytest.mark.parametrize("error", [None, BeaconError("first")], ids=["done", "failed"])
def test_job_settles_once(error: BeaconError | None) -> None:
    """The first to settle a job is told so and its error stays; whoever comes later changes nothing."""
    job = Job(lambda _: None, awaited=True)
    assert job.settle(error)
    assert not job.settle()
    assert not job.settle(ConnectionFailedError("second"))
    assert job.error is error
    assert job.is_settled
    assert job.wait(0.0)


def test_one_of_many_threads_settles() -> None:
    """When threads settle the same job at the same time, one of them counts it, and with its error."""
    jobs = [Job(lambda _: None, awaited=True) for _ in range(300)]
    errors = [BeaconError(str(number)) for number in range(4)]
    together = threading.Barrier(4, timeout=WAIT_S)

    def settle(number: int) -> list[bool]:
        return [together.wait() >= 0 and job.settle(errors[number]) for job in jobs]

    with eager_switching(), ThreadPoolExecutor(max_workers=4) as pool:
        settled = list(pool.map(settle, range(4)))
    for job, firsts in zip(jobs, zip(*settled, strict=True), strict=True):
        assert [errors[number] for number, first in enumerate(firsts) if first] == [job.error]


def test_error_of_a_job_reaches_who_waits(worker: BackgroundWorker) -> None:
    """A job that settles itself with an error has it for the one who waited, and is not settled anew."""
    error = BeaconError("x")
    job = Job(lambda job: job.settle(error) and None, awaited=True)
    assert worker.hand_over(job)
    assert job.wait(WAIT_S)
    come_through(worker)
    assert job.error is error


def test_nothing_to_wait_for(worker: BackgroundWorker) -> None:
    """Where nothing was handed over, or all is done, the wait is over at once and starts no thread."""
    assert worker.wait(3600.0) == []
    assert worker.thread is None
    come_through(worker)
    assert worker.wait(3600.0) == []


def test_thread_between_two_jobs_is_idle() -> None:
    """A thread that lives on with nothing to do is idle, and so is one that is not there."""
    worker = BackgroundWorker(linger_s=WAIT_S)
    assert worker.wait_until_idle(3600.0)
    assert worker.is_at_rest
    come_through(worker)
    assert worker.wait_until_idle(3600.0)
    assert worker.is_at_rest
    assert worker.thread is not None


def test_thread_at_a_job_is_not_idle(worker: BackgroundWorker) -> None:
    """A thread is not idle before the job that it is at has ended, also where nobody waits for that one."""
    with held(worker):
        assert len(worker.wait(0.0)) == 1
        assert not worker.wait_until_idle(0.01)
        assert not worker.is_at_rest
    assert worker.wait_until_idle(3600.0)


def test_wait_lasts_until_all_is_done(worker: BackgroundWorker) -> None:
    """The wait ends as soon as every awaited job is done, and tells of none."""
    notes: list[str] = []
    with ThreadPoolExecutor(max_workers=1) as pool:
        with held(worker) as holder:
            jobs = [noting(notes, name) for name in "abc"]
            assert all(worker.hand_over(job) for job in jobs)
            waiting = pool.submit(worker.wait, 3600.0)
            assert not waiting.done()
        assert waiting.result(WAIT_S) == []
    assert notes == ["a", "b", "c"]
    assert all(job.is_settled for job in [holder.job, *jobs])


def test_what_is_not_done_in_time_is_given_up(worker: BackgroundWorker) -> None:
    """The job under way and those that wait are given up in order, and the latter are never done."""
    notes: list[str] = []
    with held(worker) as holder:
        waiting = [noting(notes, "given up"), noting(notes, "given up, too")]
        assert all(worker.hand_over(job) for job in waiting)
        assert worker.wait(0.01) == [holder.job, *waiting]
        assert all(job.is_settled for job in [holder.job, *waiting])
        assert worker.wait(3600.0) == []
    come_through(worker)
    assert notes == []


def test_end_of_a_job_that_was_given_up_does_not_count(worker: BackgroundWorker) -> None:
    """A job that is given up while it is under way learns so when it settles itself."""
    began, let_go, first = threading.Event(), threading.Event(), []

    def work(job: Job) -> None:
        began.set()
        assert let_go.wait(WAIT_S)
        first.append(job.settle(BeaconError("too late")))

    job = Job(work, awaited=True)
    assert worker.hand_over(job)
    assert began.wait(WAIT_S)
    assert worker.wait(0.0) == [job]
    let_go.set()
    come_through(worker)
    assert first == [False]
    assert job.error is None


class DoneAtTheLastMoment(Job):
    """A job that is done when the time to wait for it has just run out."""

    def wait(self, timeout_s: float) -> bool:
        in_time = super().wait(timeout_s)
        self.settle()
        return in_time


def test_job_that_is_done_at_the_last_moment_is_not_given_up(worker: BackgroundWorker) -> None:
    """A job that was settled between the end of the time and its being given up is not told as given up."""
    with held(worker) as holder:
        assert worker.hand_over(DoneAtTheLastMoment(lambda _: None, awaited=True))
        assert worker.wait(0.01) == [holder.job]


def test_room_is_free_after_giving_up() -> None:
    """Jobs that were given up do not wait any more, so that others are taken in their place."""
    worker, notes = BackgroundWorker(max_waiting=3, linger_s=LINGER_S), []
    with held(worker):
        assert all(worker.hand_over(noting(notes, "given up")) for _ in range(2))
        assert not worker.hand_over(noting(notes, "refused"))
        assert len(worker.wait(0.0)) == 3
        assert all(worker.hand_over(noting(notes, name)) for name in ("a", "b", "c"))
        assert not worker.hand_over(noting(notes, "refused"))
    # Three may still wait, so there may be no room for a job that comes through.
    assert worker.wait(WAIT_S) == []
    assert notes == ["a", "b", "c"]


def test_only_awaited_jobs_are_waited_for(worker: BackgroundWorker) -> None:
    """A job that is not awaited is neither waited for nor given up, under way or waiting."""
    notes: list[str] = []
    with held(worker, awaited=False) as holder:
        waiting = noting(notes, "done", awaited=False)
        assert worker.hand_over(waiting)
        assert worker.wait(3600.0) == []
        assert not holder.job.is_settled
        assert not waiting.is_settled
    come_through(worker)
    assert notes == ["done"]


def test_awaited_job_behind_another_is_given_up(worker: BackgroundWorker) -> None:
    """An awaited job that stands behind one which hangs is given up alone."""
    notes: list[str] = []
    with held(worker, awaited=False) as holder:
        job = noting(notes, "given up")
        assert worker.hand_over(job)
        assert worker.wait(0.01) == [job]
        assert not holder.job.is_settled
    come_through(worker)
    assert notes == []


def test_job_settled_by_its_owner_is_not_given_up(worker: BackgroundWorker) -> None:
    """Who hands a job over may give it up, and its work is then not begun."""
    seen: list[bool] = []
    with held(worker) as holder:
        job = Job(lambda job: seen.append(job.is_settled), awaited=True)
        assert worker.hand_over(job)
        assert job.settle()
        assert worker.wait(0.01) == [holder.job]
    come_through(worker)
    assert seen == []


def test_time_is_for_all_jobs_together(worker: BackgroundWorker) -> None:
    """The time to wait is that of the whole call, however many jobs are given up."""
    with held(worker):
        assert all(worker.hand_over(noting([], "given up")) for _ in range(200))
        started_s = time.monotonic()
        assert len(worker.wait(0.5)) == 201
        took_s = time.monotonic() - started_s
    assert 0.4 < took_s < 50.0


@pytest.mark.parametrize("timeout_s", [0.0, -1.0])
def test_wait_of_no_time_gives_up_at_once(worker: BackgroundWorker, timeout_s: float) -> None:
    """With no time to wait, or less, what is not done is given up at once."""
    with held(worker) as holder:
        assert worker.wait(timeout_s) == [holder.job]


def test_job_is_given_up_by_one_of_many(worker: BackgroundWorker) -> None:
    """When several threads wait and give up, each job is told to one of them."""
    with held(worker) as holder:
        jobs = [noting([], "given up") for _ in range(100)]
        assert all(worker.hand_over(job) for job in jobs)
        begun = threading.Barrier(4, timeout=WAIT_S)

        def give_up(_: int) -> list[Job]:
            begun.wait()
            # Time for each to see all jobs before one of them gives them up.
            return worker.wait(0.5)

        with ThreadPoolExecutor(max_workers=4) as pool:
            told = list(pool.map(give_up, range(4)))
    given_up = [job for jobs_of_one in told for job in jobs_of_one]
    assert len(given_up) == len(set(given_up)) == 101
    assert set(given_up) == {holder.job, *jobs}


def test_giving_up_races_with_being_done(worker: BackgroundWorker) -> None:
    """A job that is done while it is given up is either of the two, and never both."""
    done: list[int] = []
    for number in range(300):
        job = Job(lambda job, number=number: done.append(number) if job.settle() else None, awaited=True)
        assert worker.hand_over(job)
        given_up = worker.wait(0.0)
        come_through(worker)
        assert (given_up == [job]) is (number not in done)
        assert given_up in ([], [job])
