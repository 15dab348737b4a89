# SPDX-License-Identifier: Apache-2.0
"""
Tests of signal handlers that hand something over while their own thread is handing something over.

A fresh interpreter forks once for each line that runs within ``hand_over``, those of :mod:`threading` too,
and in that fork the signal comes at that very line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support.subprocesses import clean_environment, run_python

if TYPE_CHECKING:
    from pathlib import Path

CODE = """
import json, os, signal, sys, threading
from airflow_mpulse.delivery.background import BackgroundWorker, Job

WAIT_S = 30.0
FILES = ("background.py", "threading.py")

def hand_over_interrupted(worker, job, at_line):
    passed = 0

    def trace_line(frame, event, _):
        nonlocal passed
        if event == "line":
            passed += 1
            if passed == at_line:
                sys.settrace(None)
                where.append(os.path.basename(frame.f_code.co_filename) + ":" + str(frame.f_lineno))
                signal.raise_signal(signal.SIGUSR1)
        return trace_line

    where, raised = [], None
    sys.settrace(lambda frame, *_: trace_line if frame.f_code.co_filename.endswith(FILES) else None)
    try:
        worker.hand_over(job)
    except Exception as error:
        raised = type(error).__name__
    finally:
        sys.settrace(None)
    return where, raised

def wait_until_idle(worker):
    # Until the thread has stayed at one place for a while, so that the same lines run in every fork.
    place, seen = None, 0
    while seen < 20:
        threading.Event().wait(0.001)
        frame = sys._current_frames()[worker.thread.ident]
        now = frame.f_code, frame.f_lasti
        place, seen = now, seen + 1 if now == place else 0

def try_line(at_line):
    notes, threads = [], set()

    def job(name):
        def work(_):
            threads.add(threading.current_thread())
            notes.append(name)
        return Job(work, awaited=True)

    worker = BackgroundWorker(linger_s=3600.0)
    if RUNNING:
        first = job("first")
        assert worker.hand_over(first) and first.wait(WAIT_S)
        wait_until_idle(worker)
        notes.clear()
    inner, outer = job("inner"), job("outer")
    signal.signal(signal.SIGUSR1, lambda *_: worker.hand_over(inner))
    where, raised = hand_over_interrupted(worker, outer, at_line)
    if not where:
        return None
    done = inner.wait(WAIT_S) and outer.wait(WAIT_S)
    senders = threads | {thread for thread in threading.enumerate() if thread.name == "mpulse-sender"}
    return {"where": where[0], "raised": raised, "done": sorted(notes) if done else notes,
            "threads": len(senders), "dead-lock": False}

def in_child(at_line):
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            # Ends the child, whatever it waits for.
            signal.alarm(90)
            os.write(writing, json.dumps(try_line(at_line)).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with open(reading, "rb") as answer:
        told = answer.read()
    if os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGALRM:
        return {"where": at_line, "raised": None, "done": [], "threads": 0, "dead-lock": True}
    return json.loads(told)

outcomes, at_line, beyond = [], 0, 0
# How many lines run depends a little on how soon the thread starts, or on what it was just doing.
while beyond < 5:
    at_line += 1
    outcome = in_child(at_line)
    if outcome is None:
        beyond += 1
        continue
    outcomes.append(outcome)
    beyond = 0
    if outcome["dead-lock"] or len(outcome["done"]) < 2:
        break
print(json.dumps(outcomes))
"""


@pytest.fixture(scope="module", params=[False, True], ids=["thread-is-started", "thread-is-there"])
def is_running(request: pytest.FixtureRequest) -> bool:
    """Whether the thread is there already when the first job is handed over."""
    return request.param


@pytest.fixture(scope="module")
def outcomes(is_running: bool, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Give what came of a signal at each line."""
    home: Path = tmp_path_factory.mktemp("home")
    return run_python(f"RUNNING = {is_running}\n" + CODE, clean_environment(home))


def test_signal_at_any_line_is_no_dead_lock(outcomes: list[dict[str, Any]]) -> None:
    """Wherever a signal handler hands a job over, no thread is stuck, and both jobs are done once."""
    assert len(outcomes) > 10
    assert [outcome for outcome in outcomes if outcome["dead-lock"]] == []
    assert [outcome for outcome in outcomes if outcome["done"] != ["inner", "outer"]] == []


def test_signal_at_any_line_leaves_one_thread(outcomes: list[dict[str, Any]]) -> None:
    """Wherever a signal handler hands a job over, jobs are done one after another by a single thread."""
    assert [outcome["where"] for outcome in outcomes if outcome["threads"] != 1] == []


def test_signal_at_any_line_raises_nothing(outcomes: list[dict[str, Any]]) -> None:
    """Wherever a signal handler hands a job over, the one who was interrupted hears of no error."""
    assert [outcome for outcome in outcomes if outcome["raised"] is not None] == []
