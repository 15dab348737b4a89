# SPDX-License-Identifier: Apache-2.0
"""Tests of the background worker in processes that fork or end, each in an interpreter of its own."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.subprocesses import clean_environment, run_python

if TYPE_CHECKING:
    from pathlib import Path

#: What each of the interpreters begins with.
BEGINNING = """
import json, os, signal, sys, threading
from airflow_mpulse.delivery.background import BackgroundWorker, Job

WAIT_S = 60.0
notes, calls = [], []
began, let_go = threading.Event(), threading.Event()
worker = BackgroundWorker(
    max_waiting=10_000,
    before_first=lambda: calls.append("before_first"),
    after_fork=lambda: calls.append("after_fork"),
)

def hold(job):
    began.set()
    assert let_go.wait(WAIT_S)
    notes.append("held")

def note(name):
    return Job(lambda _: notes.append(name), awaited=True)

def come_through(job):
    return worker.hand_over(job) and job.wait(WAIT_S)

def keep_busy():
    held = Job(hold, awaited=True)
    assert worker.hand_over(held) and began.wait(WAIT_S)
    waiting = note("waiting")
    assert worker.hand_over(waiting)
    return [held, waiting]

def in_child(act):
    # What the child's act gives; a child that hangs or raises has no answer.
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            signal.alarm(100)
            os.write(writing, json.dumps(act()).encode())
            code = 0
        finally:
            os._exit(code)
    os.close(writing)
    with open(reading, "rb") as answer:
        told = answer.read()
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    return json.loads(told)

"""


def run(tmp_path: Path, code: str) -> Any:
    """Run code after the beginning in an interpreter of its own; give what it printed last."""
    return run_python(BEGINNING + dedent(code), clean_environment(tmp_path))


def test_child_has_an_empty_queue_and_a_thread_of_its_own(tmp_path: Path) -> None:
    """After a fork the child has no job and no thread, and does its own jobs with a thread of its own."""
    told = run(
        tmp_path,
        """
        jobs = keep_busy()

        def act():
            before = worker.thread
            nothing = worker.wait(3600.0)
            done = come_through(note("child"))
            return [before is None, nothing, done, notes, worker.thread.ident in
                    [thread.ident for thread in threading.enumerate()], threading.active_count()]

        child = in_child(act)
        let_go.set()
        print(json.dumps({"child": child, "parent": [jobs[1].wait(WAIT_S), notes]}))
        """,
    )
    assert told["child"] == [True, [], True, ["child"], True, 2]
    assert told["parent"] == [True, ["held", "waiting"]]


def test_parent_goes_on_after_a_fork(tmp_path: Path) -> None:
    """The parent's thread and jobs stay the parent's, and it takes new ones as before."""
    told = run(
        tmp_path,
        """
        jobs = keep_busy()
        thread = worker.thread
        assert in_child(lambda: "gone at once") == "gone at once"
        after = note("after")
        assert worker.hand_over(after)
        let_go.set()
        print(json.dumps([after.wait(WAIT_S), notes, worker.thread is thread, worker.wait(3600.0), calls]))
        """,
    )
    assert told == [True, ["held", "waiting", "after"], True, [], ["before_first"]]


def test_child_prepares_anew(tmp_path: Path) -> None:
    """The child is prepared at once, and its own first thread is announced; a child without jobs has none."""
    told = run(
        tmp_path,
        """
        jobs = keep_busy()
        idle = in_child(lambda: [calls[:], threading.active_count()])
        busy = in_child(lambda: [come_through(note("child")), come_through(note("child")), calls])
        let_go.set()
        print(json.dumps([idle, busy]))
        """,
    )
    assert told == [
        [["before_first", "after_fork"], 1],
        [True, True, ["before_first", "after_fork", "before_first"]],
    ]


def test_child_prepares_before_anything_else_is_done(tmp_path: Path) -> None:
    """What is done after a fork finds the worker empty, so that it may hand something over itself."""
    told = run(
        tmp_path,
        """
        seen = []
        worker = BackgroundWorker(after_fork=lambda: seen.append([
            worker.thread is None, len(worker.wait(0.0)), worker.hand_over(note("after fork")),
        ]))
        keep_busy()
        print(json.dumps(in_child(lambda: [come_through(note("child")), seen, notes])))
        """,
    )
    assert told == [True, [[True, 0, True]], ["after fork", "child"]]


def test_grandchild_begins_anew_too(tmp_path: Path) -> None:
    """A child of a child, forked while the child's own thread is busy, begins anew as well."""
    told = run(
        tmp_path,
        """
        jobs = keep_busy()

        def act():
            began.clear()
            own = keep_busy()
            grandchild = in_child(lambda: [worker.wait(3600.0), come_through(note("grandchild")), notes])
            let_go.set()
            return [grandchild, own[1].wait(WAIT_S), notes]

        print(json.dumps(in_child(act)))
        """,
    )
    assert told == [[[], True, ["grandchild"]], True, ["held", "waiting"]]


def test_forks_while_others_hand_over(tmp_path: Path) -> None:
    """However busy the queue is at a fork, the child is not stuck, and the parent loses nothing."""
    told = run(
        tmp_path,
        """
        stop, taken = threading.Event(), []

        def hand_over():
            while not stop.is_set():
                if worker.hand_over(note("parent")):
                    taken.append(1)

        threads = [threading.Thread(target=hand_over) for _ in range(3)]
        for thread in threads:
            thread.start()

        def act():
            notes.clear()
            return [come_through(note("child")), notes]

        children = [in_child(act) for _ in range(20)]
        stop.set()
        for thread in threads:
            thread.join()
        given_up = worker.wait(WAIT_S)
        print(json.dumps([children, given_up, len(notes) == len(taken)]))
        """,
    )
    assert told == [[[True, ["child"]]] * 20, [], True]


def test_fork_without_the_worker(tmp_path: Path) -> None:
    """A process whose worker nobody uses any more forks as if there had been none."""
    told = run(
        tmp_path,
        """
        import gc
        worker = None
        gc.collect()
        print(json.dumps(in_child(lambda: calls)))
        """,
    )
    assert told == []


@pytest.mark.parametrize("ending", ["pass", "worker.wait(0.01)", "sys.exit(0)"])
def test_endless_job_does_not_hold_up_the_end(tmp_path: Path, ending: str) -> None:
    """A process ends though a job never does, whether it waited for the job, and with its own exit code."""
    told = run(
        tmp_path,
        f"""
        endless = Job(lambda _: began.set() or threading.Event().wait(), awaited=True)
        assert worker.hand_over(endless) and began.wait(WAIT_S)
        print(json.dumps(endless.is_settled))
        {ending}
        """,
    )
    assert told is False


def test_end_of_the_process_can_wait(tmp_path: Path) -> None:
    """At the end of the process, jobs that are under way can be waited for, and new ones be handed over."""
    told = run(
        tmp_path,
        """
        import atexit

        def finish():
            late = note("late")
            let_go.set()
            taken = worker.hand_over(late)
            print(json.dumps([taken, worker.wait(WAIT_S), notes]))

        atexit.register(finish)
        keep_busy()
        """,
    )
    assert told == [True, [], ["held", "waiting", "late"]]
