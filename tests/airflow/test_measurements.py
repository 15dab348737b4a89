# SPDX-License-Identifier: Apache-2.0
"""Measurements in and out of tasks, in a fresh process with the context that Airflow sets for a task."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.subprocesses import clean_environment, run_python

if TYPE_CHECKING:
    from pathlib import Path

WHERE = "models.taskinstance" if version("apache-airflow").startswith("2.") else "sdk.execution_time.context"

# `read(ti)` gives what was measured for a task; `lines` are warnings.
CODE = f"""
    import json, logging, os, threading
    from types import SimpleNamespace
    from airflow.{WHERE} import set_current_context
    from airflow_mpulse import measurements
    from airflow_mpulse.measurements import TaskKey, dimension, metric, read_measurements, timer
    lines = []
    class Keep(logging.Handler):
        def emit(self, record):
            lines.append(record.getMessage())
    logging.getLogger("airflow_mpulse").addHandler(Keep())
    def ti(task_id="t", try_number=1):
        return SimpleNamespace(dag_id="d", run_id="r", task_id=task_id, map_index=-1, try_number=try_number)
    def task(**which):
        return set_current_context({{"ti": ti(**which)}})
    def read(**which):
        values = read_measurements(TaskKey.of(ti(**which)))
        return [dict(values.timers), dict(values.metrics), dict(values.dimensions)]
"""


def _run(tmp_path: Path, code: str) -> Any:
    lines = "".join(f"    {line}\n" for line in code.strip().splitlines())
    return run_python(CODE + lines, clean_environment(tmp_path))


def test_outside_of_a_task_nothing_happens(tmp_path: Path) -> None:
    """Outside of tasks measurements have no effect, raise nothing and warn of nothing."""
    found = _run(
        tmp_path,
        "with timer('Load Time'):\n"
        "    metric('Rows', 'not even a number')\n"
        "dimension('', None)\n"
        "print(json.dumps([read(), lines, len(measurements._store.tasks)]))",
    )
    assert found == [[{}, {}, {}], [], 0]


def test_what_fails_is_measured_too(tmp_path: Path) -> None:
    """A timer counts what raised, lets the error through, and adds up under one name."""
    timers, _, _ = _run(
        tmp_path,
        "@timer('Total')\n"
        "def wait(seconds, fail=False):\n"
        "    threading.Event().wait(seconds)\n"
        "    assert not fail\n"
        "    return seconds\n"
        "with task():\n"
        "    assert wait(0.06) == 0.06\n"
        "    try:\n"
        "        wait(0.06, fail=True)\n"
        "    except AssertionError:\n"
        "        metric('Caught', 1)\n"
        "print(json.dumps(read()))",
    )
    assert timers["Total"] >= 120


def test_one_timer_serves_threads_and_nests(tmp_path: Path) -> None:
    """One timer object measures passages of several threads at once, and one within another."""
    timers, _, _ = _run(
        tmp_path,
        "total = timer('Total')\n"
        "def passage():\n"
        "    with total, total:\n"
        "        threading.Event().wait(0.05)\n"
        "with task():\n"
        "    threads = [threading.Thread(target=passage) for _ in range(4)]\n"
        "    [thread.start() for thread in threads]\n"
        "    [thread.join() for thread in threads]\n"
        "print(json.dumps(read()))",
    )
    assert timers["Total"] >= 4 * 2 * 50


def test_each_try_of_each_task_has_its_own(tmp_path: Path) -> None:
    """What one task or try measures is not on the beacon of the next in the same process."""
    found = _run(
        tmp_path,
        "for which in ({}, {'try_number': 2}, {'task_id': 'u'}):\n"
        "    with task(**which):\n"
        "        metric('Rows', len(which))\n"
        "        dimension('Try', json.dumps(which))\n"
        "print(json.dumps([read(), read(try_number=2), read(task_id='u'), read(task_id='v')]))",
    )
    assert [values[1].get("Rows") for values in found] == [0, 1, 1, None]
    assert found[1][2] == {"Try": '{"try_number": 2}'}


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        ("metric('Rows', 'many')", "Rows"),
        ("metric('Rows', float('nan'))", "Rows"),
        ("metric(3, 3)", "must be text"),
        ("dimension('Region', object())", "Region"),
        ("dimension(' ', 'x')", "is empty"),
    ],
)
def test_unusable_measurement_is_one_warning(tmp_path: Path, call: str, sentence: str) -> None:
    """A value or a name that cannot be sent is one warning that names it, and the others are kept."""
    values, lines = _run(
        tmp_path,
        f"with task():\n    metric('Good', 1)\n    {call}\nprint(json.dumps([read(), lines]))",
    )
    assert values == [{}, {"Good": 1}, {}]
    (line,) = lines
    assert line.startswith("A measurement is left out, and the task goes on: ")
    assert sentence in line


def test_memory_is_bounded_and_a_child_begins_anew(tmp_path: Path) -> None:
    """A process that runs many tasks keeps the last hundred, and a forked child starts with none."""
    found = _run(
        tmp_path,
        "for number in range(250):\n"
        "    with task(task_id=str(number)):\n"
        "        metric('Number', number)\n"
        "kept = len(measurements._store.tasks)\n"
        "pid = os.fork()\n"
        "if pid == 0:\n"
        "    os._exit(len(measurements._store.tasks))\n"
        "status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])\n"
        "print(json.dumps([kept, status, read(task_id='249')[1], read(task_id='0')[1]]))",
    )
    assert found == [100, 0, {"Number": 249}, {}]
