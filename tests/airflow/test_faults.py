# SPDX-License-Identifier: Apache-2.0
"""Whatever goes wrong around the listener: the scheduler lives, tasks end as ever, others hear everything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.airflow.faults import DAG_IDS, ROUNDS, SLACK_S, WAIT_S, FaultRun, run_with_fault

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.scheduler

FAULTS = ("raises_inside", "unreachable", "silent", "no_connection", "broken_option")
STATES = {"succeed": "success", "fail_once": "success", "skip_itself": "skipped", "fail": "failed"}

#: What the log of a task or of the scheduler says of each fault.
SENTENCES = {
    "raises_inside": "(error): An unforeseen SystemExit was raised. Airflow is not affected.",
    "unreachable": "refused the connection or cannot be reached",
    # The run finds it out by itself, or is told by a task that has waited.
    "silent": "of reported waits in the outbox (",
    "no_connection": "The connection 'mpulse_default' is not defined or cannot be read",
    "broken_option": "Nothing reports itself to mPulse: The option [mpulse] sample_rate is 'many'; it must "
    "be a number from 0 to 1.",
}


@pytest.fixture(scope="module", params=FAULTS)
def fault_run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultRun]:
    with run_with_fault(request.param, tmp_path_factory.mktemp(request.param)) as run:
        yield run


def test_tasks_end_as_without_the_package(fault_run: FaultRun) -> None:
    """Every task and every run ends in the state that it has where nothing reports it, twice in a row."""
    assert fault_run.states("control") == [STATES] * ROUNDS
    assert fault_run.states("reported") == [STATES] * ROUNDS
    assert [run.state for run in fault_run.runs] == ["failed"] * ROUNDS * len(DAG_IDS)
    assert fault_run.beacons == 0


def test_no_task_is_held_up(fault_run: FaultRun) -> None:
    """No task is longer in the database by more than wait_s, nor lingers longer before its process ends."""
    reported, control = fault_run.shortest_s("reported"), fault_run.shortest_s("control")
    assert {task for task in STATES if reported[task] - control[task] > WAIT_S + SLACK_S} == set()
    reported, control = fault_run.shortest_hold_s("reported"), fault_run.shortest_hold_s("control")
    assert set(reported) == set(control) == {"succeed", "fail_once", "fail"}
    assert {task for task in reported if reported[task] - control[task] > WAIT_S + SLACK_S} == set()


def test_a_second_listener_hears_everything(fault_run: FaultRun) -> None:
    """A listener of somebody else's is told every event, as for work that is not reported."""
    heard = fault_run.counted_events("reported")
    assert heard == fault_run.counted_events("control")
    assert heard["success", "succeed"] == heard["failed", "fail"] == ROUNDS
    assert heard["up_for_retry", "fail_once"] == heard["success", "fail_once"] == ROUNDS
    assert heard["run failed", None] == ROUNDS


def test_the_log_says_what_is_wrong(fault_run: FaultRun) -> None:
    """One sentence in the scheduler's log names what is wrong; a setting that is wrong is said once."""
    log = fault_run.component_log("scheduler")
    assert any(sentence in log for sentence in SENTENCES[fault_run.fault].split("|"))
    if fault_run.fault == "no_connection":
        of_runs = [line for line in log.splitlines() if "No beacon was sent to mPulse for the run" in line]
        assert len(of_runs) == 1
