# SPDX-License-Identifier: Apache-2.0
"""The operator through a real scheduler: every end of a task, every argument, every refusal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.airflow.durations import MILLISECOND, duration_ms, wire_ms

if TYPE_CHECKING:
    from tests.airflow.scheduler import SchedulerRun

pytestmark = pytest.mark.scheduler

STATES, ARGUMENTS, REFUSALS = "probe_states", "probe.arguments-für_alle", "probe_refusals"
CLEAN_ARGUMENTS = "probe-arguments-für_alle"


def test_only_tasks_that_ran_get_a_beacon(scheduler_run: SchedulerRun) -> None:
    """Successes and failures get a beacon each; skips, upstream failures and the report itself get none."""
    counted: dict[str, int] = {}
    for beacon in scheduler_run.beacons:
        stem, _, task = beacon["page_group"].partition(" - ")
        if stem == STATES and task:
            counted[task] = counted.get(task, 0) + 1
    ran = {"succeed": 1, "fail": 1, "poke_twice": 1, "fail_once": 1, "choose": 1, "group-mapped": 3}
    assert {task: number for task, number in counted.items() if task != "taken"} == ran


def test_durations_equal_the_database(scheduler_run: SchedulerRun) -> None:
    """The duration of a failed, a retried and each mapped task equals the database's, for the last try."""
    for task_id in ("succeed", "fail", "fail_once", "choose", "group.mapped"):
        rows = [row for row in scheduler_run.tasks(STATES) if row.task_id == task_id]
        beacons = scheduler_run.beacons_of(f"{STATES} - {task_id.replace('.', '-')}")
        assert sorted(b["t_done_ms"] for b in beacons) == sorted(map(duration_ms, rows)), task_id


def test_rescheduled_sensor_counts_from_its_first_poke(scheduler_run: SchedulerRun) -> None:
    """On 2.11 a rescheduled sensor's duration begins with its first poke; Airflow 3 tells the last poke's."""
    row = scheduler_run.task(STATES, "poke_twice")
    beacon = scheduler_run.beacon_of(f"{STATES} - poke_twice")
    if scheduler_run.airflow.major == 2:
        first = scheduler_run.first_poke(STATES, "poke_twice")
        assert first < row.start_date
        assert beacon["t_done_ms"] == round((row.end_date - first) / MILLISECOND)
    else:
        assert beacon["t_done_ms"] == duration_ms(row)


def test_counts_equal_the_database(scheduler_run: SchedulerRun) -> None:
    """The counts on the run's beacon equal the states in the database without the reporting task."""
    states = [row.state for row in scheduler_run.tasks(STATES) if row.task_id != "report"]
    beacon = scheduler_run.beacon_of(STATES)
    assert {name: value for name, value in beacon["metrics"].items() if name.startswith("Airflow Tasks")} == {
        "Airflow Tasks Succeeded": states.count("success"),
        "Airflow Tasks Failed": states.count("failed"),
        "Airflow Tasks Skipped": states.count("skipped"),
        "Airflow Tasks Upstream Failed": states.count("upstream_failed"),
    }
    assert int(beacon["fields"]["rt.sl"]) == len(states) + 1


def test_failed_run_is_reported_as_failed(scheduler_run: SchedulerRun) -> None:
    """Beside a teardown that reports it, a failed run is failed for Airflow and for mPulse."""
    assert scheduler_run.runs[STATES].state == "failed"
    assert scheduler_run.task(STATES, "report").state == "success"
    beacon = scheduler_run.beacon_of(STATES)
    assert beacon["metrics"]["Airflow Failures"] == 1
    assert beacon["dimensions"]["Airflow State"] == "failed"
    assert scheduler_run.beacon_of(f"{STATES} - fail")["metrics"]["Airflow Failures"] == 1
    assert scheduler_run.beacon_of(f"{STATES} - succeed")["metrics"]["Airflow Failures"] == 0


def test_task_timer_without_a_duration_is_left_out(scheduler_run: SchedulerRun) -> None:
    """A task timer of a task that never ran is left out, and the log says so; the longest instance counts."""
    beacon = scheduler_run.beacon_of(STATES)
    rows = [row for row in scheduler_run.tasks(STATES) if row.task_id == "group.mapped"]
    assert beacon["timers"]["Slowest Region"] == max(map(duration_ms, rows))
    assert "Extract Time" not in beacon["timers"]
    assert "timer 'Extract Time' is left out" in scheduler_run.log(STATES, "report")


def test_what_airflow_tells_is_filled_in(scheduler_run: SchedulerRun) -> None:
    """Queue time and tries are sent where Airflow tells a task about its siblings, and nowhere made up."""
    beacon = scheduler_run.beacon_of(f"{STATES} - fail_once")
    assert beacon["dimensions"]["Airflow Operator"] == "_PythonDecoratedOperator"
    assert beacon["dimensions"]["Airflow Task"] == "fail_once"
    if scheduler_run.airflow.major == 2:
        row = scheduler_run.task(STATES, "fail_once")
        assert beacon["metrics"]["Airflow Retries"] == 1
        assert beacon["dimensions"]["Airflow Try"] == "2"
        assert beacon["timers"]["Airflow Queue Wait"] == pytest.approx(
            wire_ms(row.start_date) - wire_ms(row.queued_dttm), abs=1
        )
        assert abs(int(beacon["fields"]["rt.end"]) - wire_ms(row.end_date)) <= 1
    else:
        assert "Airflow Retries" not in beacon["metrics"]
        assert "Airflow Try" not in beacon["dimensions"]
        assert beacon["timers"] == {}


def test_summary_says_what_was_sent(scheduler_run: SchedulerRun) -> None:
    """The operator's result names what it sent, small and as JSON."""
    summary = scheduler_run.summary(STATES, "report")
    sent = [b for b in scheduler_run.beacons if b["page_group"].startswith(STATES)]
    assert summary["sent"] == len(sent)
    assert summary["run"] == {
        "page_group": STATES,
        "duration_ms": scheduler_run.beacon_of(STATES)["t_done_ms"],
    }
    assert summary["tasks"]["probe_states - group-mapped"] == 3
    assert summary["session_id"] == sent[0]["session_id"]


def test_every_argument_reaches_the_beacon(scheduler_run: SchedulerRun) -> None:
    """Templates, patterns, globs, bucket, version and values arrive, over a signed configuration."""
    run = scheduler_run.beacon_of(f"Runs of {CLEAN_ARGUMENTS} (manual)")
    assert run["fields"]["api.v"] == "2"
    assert run["fields"]["h.ab"] == "Blue-1"
    assert run["fields"]["h.v"] == "v2"
    assert run["timers"]["Load Time"] == 1234
    assert run["metrics"]["Rows Loaded"] == 4711
    assert (run["dimensions"]["Warehouse"], run["dimensions"]["Region"]) == (ARGUMENTS, "7")
    assert "Files Checked" not in run["metrics"]
    assert "'Files Checked' in metrics is empty" in scheduler_run.log(ARGUMENTS, "report")


def test_globs_choose_the_tasks(scheduler_run: SchedulerRun) -> None:
    """Only tasks that a glob matches are reported, and an ID of 240 characters in two scripts is valid."""
    groups = [b["page_group"] for b in scheduler_run.beacons if b["page_group"].startswith("Task ")]
    assert sorted(groups) == [
        "Task bucket by _PythonDecoratedOperator",
        f"Task prüfung-質-{'x' * 220} by _PythonDecoratedOperator",
    ]
    assert scheduler_run.summary(ARGUMENTS, "report")["sent"] == 3


def test_pages_of_the_ui_are_sent(scheduler_run: SchedulerRun) -> None:
    """A beacon holds the page of the run or the task in the Airflow UI, without a query."""
    run_url = scheduler_run.beacon_of(STATES)["fields"]["u"]
    task_urls = [b["fields"]["u"] for b in scheduler_run.beacons_of(f"{STATES} - group-mapped")]
    base = f"http://airflow.example.com/dags/{STATES}"
    if scheduler_run.airflow.major == 2:
        assert {run_url, *task_urls} == {f"{base}/grid"}
    else:
        assert run_url.startswith(f"{base}/runs/manual__")
        assert sorted(task_urls) == [f"{run_url}/tasks/group.mapped/mapped/{index}" for index in range(3)]


REFUSED = {
    "unknown_metric": "defines no custom metric 'Rows Loded' (did you mean 'Rows Loaded'?); it defines",
    "unknown_timer": "defines no custom timer 'Nothing of the kind'; it defines 'Airflow Queue Wait'",
    "unknown_dimension": "defines no custom dimension 'Warehose' (did you mean 'Warehouse'?)",
    "unknown_task": "has 'unknown_mitric', which matches no task; did you mean 'unknown_metric'",
    "swapped_task_timers": "it maps names of timers to task IDs, not the reverse",
    "bad_bucket": "The argument ab_test of the task 'bad_bucket' cannot be sent",
    "empty_page_group": "The argument page_group of the task 'empty_page_group' cannot be sent",
    "control_character": "The argument page_group of the task 'control_character' cannot be sent",
    "unknown_field": "unknown field 'task_id'; fields of a run: {dag_id}, {run_type}",
    "negative_timer": "it must be 0 or more milliseconds",
    "not_a_number": "The custom metric 'Rows Loaded' is 'many'; it must be a number",
    "missing_connection": "The connection 'mpulse_not_defined' is not defined or cannot be read",
    "no_api_key": "The connection 'mpulse_no_key' has no API key",
    "no_domain": "The connection 'mpulse_no_domain' has no domain",
    "plain_http": "would send the API key to 'mpulse.example.com' over plain http",
    "wrong_key": "mPulse does not know the API key (404)",
    "wrong_domain": "mPulse refused the configuration (403) and said 'Domain is not a subdomain",
    "wrong_secret": "mPulse refused the configuration (403) and said",
}


@pytest.mark.parametrize("task_id", REFUSED)
def test_refusal_is_one_sentence_and_final(scheduler_run: SchedulerRun, task_id: str) -> None:
    """What another try cannot help fails at the first try, with one sentence in the task's log."""
    row = scheduler_run.task(REFUSALS, task_id)
    assert (row.state, row.try_number) == ("failed", 1)
    assert REFUSED[task_id] in scheduler_run.log(REFUSALS, task_id).replace('\\"', '"')


def test_what_may_pass_is_tried_again(scheduler_run: SchedulerRun) -> None:
    """A collector that cannot be reached fails the try, and Airflow tries again."""
    row = scheduler_run.task(REFUSALS, "unreachable")
    assert (row.state, row.try_number) == ("failed", 2)
    assert "refused the connection" in scheduler_run.log(REFUSALS, "unreachable", try_number=2)


def test_nothing_is_sent_for_a_refusal(scheduler_run: SchedulerRun) -> None:
    """A report that is refused leaves no beacon behind, not even in part."""
    assert [b for b in scheduler_run.beacons if "refusals" in str(b["page_group"])] == []
