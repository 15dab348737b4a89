# SPDX-License-Identifier: Apache-2.0
"""
The waterfall of a real run, held against Airflow's own metadata database.

What may be claimed is what a listener is told, and no more than a whole millisecond says. A bar ends at its
end rounded down, and is as long as the time between start and end, rounded to the nearest.

* The run's bar has start and end of the row of ``dag_run``, on either major.
* On Airflow 2.11 each task's bar has start and end of its row of ``task_instance``.
* On Airflow 3 a task that succeeded ends with its row. Its start is the one that Airflow gives the task in
  its own process (``ti.start_date``): the row's is read before Airflow asks its API server for leave to
  start, the process's after the answer, so that the bar begins later than the row by just that exchange. Of
  a failure the end, too, is that of the process (``ti.end_date``): the row's is read when the process is
  over. So the bar of a failure lies within its row.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from airflow_mpulse.sandbox.server import SandboxServer
from demo.local_airflow import LocalAirflow
from demo.loopback import wait_until
from tests.support.sandbox_sender import DOMAIN, KEY
from tests.support.waterfall import Bar, read_waterfall

if TYPE_CHECKING:
    from collections.abc import Iterator

    from demo.metadata import DagRunRow, TaskInstanceRow
    from tests.support.sandbox_window import Window

DAG_ID = "waterfall"
TASKS = {"extract": 1, "left": 1, "right": 1, "mapped": 3, "fail_once": 1, "fail": 1}
MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True)
class Told:
    """What Airflow tells of the run: its rows, and each task's times in its own process."""

    major: int
    run: DagRunRow
    rows: dict[tuple[str, int], TaskInstanceRow]
    own: dict[tuple[str, int], tuple[datetime, datetime]]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxServer]:
    """Run one sandbox for all of this."""
    with SandboxServer() as running:
        yield running


@pytest.fixture(scope="module")
def told(sandbox: SandboxServer, tmp_path_factory: pytest.TempPathFactory) -> Told:
    """Run the DAG through a real scheduler, with every run and task reported to the sandbox."""
    folder = tmp_path_factory.mktemp("waterfall")
    notes = folder / "notes"
    notes.mkdir()
    connection = {"conn_type": "mpulse", "host": "127.0.0.1", "schema": "http", "port": sandbox.port}
    env = {
        "AIRFLOW_CONN_MPULSE_DEFAULT": json.dumps(
            {**connection, "password": KEY, "extra": {"domain": DOMAIN}}
        ),
        "AIRFLOW__MPULSE__REPORT": "all",
        # What is tested here is what arrives, not how soon.
        "AIRFLOW__MPULSE__WAIT_S": "10",
        "WATERFALL_FOLDER": str(notes),
    }
    with LocalAirflow(folder / "home", Path(__file__).parent / "dags", env=env, dag_ids={DAG_ID}) as airflow:
        run_id = airflow.trigger(DAG_ID)
        (run,) = airflow.wait_for_runs({DAG_ID}, limit_s=300)
        beacons = sum(TASKS.values()) + 1
        wait_until(lambda: len(sandbox.store) >= beacons, limit_s=60, what="the last beacon")
        rows = airflow.task_instances(DAG_ID, run_id)
    return Told(airflow.major, run, {(row.task_id, row.map_index): row for row in rows}, read_notes(notes))


def read_notes(folder: Path) -> dict[tuple[str, int], tuple[datetime, datetime]]:
    """Read what the tasks have written down, each of its last try."""
    own = {}
    for file in sorted(folder.iterdir(), key=lambda file: int(file.stem.split()[2])):
        task_id, map_index, _ = file.stem.split()
        times = json.loads(file.read_text())
        start, end = (datetime.fromisoformat(times[name]).astimezone(UTC) for name in ("start", "end"))
        own[task_id, int(map_index)] = (start, end)
    return own


@pytest.fixture
def session(told: Told, sandbox: SandboxServer, window: Window) -> Window:
    """Open the run's session from the list."""
    window.open("sessions")
    window.main.get_by_role("link", name=DAG_ID, exact=True).click()
    window.expect_view("session")
    return window


def on_the_wire(start: datetime | None, end: datetime | None) -> tuple[int, int]:
    """Give a start and an end in whole milliseconds since the Unix epoch: as long as they are apart."""
    assert start is not None
    assert end is not None
    end_ms = (end - datetime(1970, 1, 1, tzinfo=UTC)) // MILLISECOND
    return end_ms - round((end - start) / MILLISECOND), end_ms


def bars_of(window: Window) -> dict[tuple[str, int], Bar]:
    """Give the tasks' bars by task and map index, which no bar names: those of one task by their end."""
    found: dict[tuple[str, int], Bar] = {}
    bars = [bar for bar in read_waterfall(window).bars if bar.kind == "task"]
    for bar in sorted(bars, key=lambda bar: bar.end_ms):
        index = sum(task_id == bar.label for task_id, _ in found)
        found[bar.label, index if TASKS[bar.label] > 1 else -1] = bar
    return found


def in_their_order(told: Told) -> dict[tuple[str, int], tuple[str, int]]:
    """Give mapped instances the numbers that ``bars_of`` gives them: by their end, in the database."""
    numbered = {}
    for task_id, count in TASKS.items():
        keys = [key for key in told.rows if key[0] == task_id]
        ends = sorted(keys, key=lambda key: told.rows[key].end_date or datetime.now(UTC))
        numbered.update({(task_id, index if count > 1 else -1): key for index, key in enumerate(ends)})
    return numbered


def test_run(told: Told, session: Window) -> None:
    """The run's bar has the start and the end that the database has for the run, and spans the whole axis."""
    found = read_waterfall(session)
    (bar,) = [bar for bar in found.bars if bar.kind == "run"]
    assert (bar.start_ms, bar.end_ms) == on_the_wire(told.run.start_date, told.run.end_date)
    assert (found.start_ms, found.end_ms) == (bar.start_ms, bar.end_ms)
    assert found.bars[0] == bar
    assert found.drawn[0].left_ms == pytest.approx(0, abs=found.drawn[0].ms_per_px / 2)
    assert found.drawn[0].width_ms == pytest.approx(
        bar.end_ms - bar.start_ms, abs=found.drawn[0].ms_per_px / 2
    )


def test_each_task(told: Told, session: Window) -> None:
    """Each task's bar has the times of the database as far as a task is told of them, to the millisecond."""
    bars, order = bars_of(session), in_their_order(told)
    assert bars.keys() == order.keys()
    for key, bar in bars.items():
        row, (start, end) = told.rows[order[key]], told.own[order[key]]
        if told.major == 2:
            assert (bar.start_ms, bar.end_ms) == on_the_wire(row.start_date, row.end_date), key
            continue
        assert (bar.start_ms, bar.end_ms) == on_the_wire(start, end), key
        assert row.start_date is not None
        assert row.end_date is not None
        assert row.start_date <= start
        if row.state == "success":
            assert row.end_date == end
        else:
            assert end <= row.end_date


def test_failures(told: Told, session: Window) -> None:
    """The failed task and run are marked; one that failed once, then succeeded, is one plain bar."""
    assert told.run.state == "failed"
    failed = [bar.label for bar in read_waterfall(session).bars if bar.failed]
    assert failed == [DAG_ID, "fail"]
    assert [row.state for (task_id, _), row in told.rows.items() if task_id == "fail_once"] == ["success"]
    assert all(bar.valid for bar in read_waterfall(session).bars)


def test_drawn(told: Told, session: Window) -> None:
    """
    The drawn bars lie where the database's times are, by the run's own.

    The ends of tasks that succeeded, and of all bars on Airflow 2.11, within half a pixel and a millisecond;
    tasks that ran side by side overlap, and what waited for another begins after its end.
    """
    found, order = read_waterfall(session), in_their_order(told)
    right_ms = {}
    left_ms = {}
    for key, bar in bars_of(session).items():
        drawn = found.drawn[found.bars.index(bar)]
        left_ms[key], right_ms[key] = drawn.left_ms, drawn.left_ms + drawn.width_ms
        row = told.rows[order[key]]
        assert told.run.start_date is not None
        assert row.end_date is not None
        if told.major == 2 or row.state == "success":
            after_ms = (row.end_date - told.run.start_date) / MILLISECOND
            assert right_ms[key] == pytest.approx(after_ms, abs=drawn.ms_per_px / 2 + 1), key
    extract, left, right = ("extract", -1), ("left", -1), ("right", -1)
    assert right_ms[extract] <= min(left_ms[left], left_ms[right])
    assert max(left_ms[left], left_ms[right]) < min(right_ms[left], right_ms[right])
