# SPDX-License-Identifier: Apache-2.0
"""What a task may know about its run: objects of the shape that each Airflow gives, and what is read."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.subprocesses import clean_environment, run_python

if TYPE_CHECKING:
    from pathlib import Path

only_on_3 = pytest.mark.skipif(version("apache-airflow").startswith("2."), reason="2.11 reads the database")

# A DAG of four tasks, of which `report` looks at the others, in a run that began at noon.
LOOK = """
    import json
    from datetime import datetime, timedelta, timezone
    from types import SimpleNamespace as Some
    from airflow_mpulse.airflow_facts import so_far as airflow_facts
    NOON = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
    def task(task_id, *downstream, **more):
        return Some(task_id=task_id, downstream_task_ids=set(downstream), task_group=None, **more)
    tasks = [task("one", "two"), task("two", "report"), task("two_1", "report"), task("report")]
    by_id = {task.task_id: task for task in tasks}
    dag = Some(tasks=tasks, has_task=lambda task_id: True, get_task=by_id.get)
    run = Some(dag_id="d", run_id="r", start_date=NOON, run_type="manual")
    def look(now=NOON + timedelta(minutes=5), **reads):
        ti = Some(task_id="report", bundle_instance=None, **reads)
        context = {"dag_run": run, "ti": ti, "task": Some(dag=dag)}
        seen = airflow_facts.read_run_so_far(context, now=now)
        return [seen.run.state, seen.tells_durations, seen.run.url, str(seen.run.ended_at - NOON),
                sorted([t.name, t.state, t.duration_ms] for t in seen.tasks)]
"""


def _look(tmp_path: Path, code: str, **settings: str) -> Any:
    return run_python(LOOK + f"    print(json.dumps({code}))", clean_environment(tmp_path, **settings))


@only_on_3
@pytest.mark.parametrize(
    ("states", "seen", "state"),
    [
        ({"one": "success", "two_0": "success", "two_1": "failed"}, ["one", "two[0]", "two_1"], "failed"),
        ({"one": "success", "two": "running", "two_1": "success"}, ["one", "two_1"], "running"),
        ({"one": "failed", "two": "success", "two_1": "skipped"}, ["one", "two", "two_1"], "success"),
    ],
    ids=["mapped", "unfinished leaf", "failure that was handled"],
)
def test_states_are_read_where_no_durations_are_told(
    tmp_path: Path, states: dict[str, str], seen: list[str], state: str
) -> None:
    """Airflow 3.0 and 3.1 tell states only: tasks are told from mapped instances, and the run is judged."""
    found = _look(tmp_path, f"look(get_task_states=lambda dag_id, run_ids: {{'r': {states}}})")
    assert found[0] == state
    assert found[1] is False
    assert [name for name, _, _ in found[4]] == seen


@only_on_3
def test_breadcrumbs_end_at_the_look(tmp_path: Path) -> None:
    """Airflow 3.2 and later tell durations without dates; the looking task itself is left out."""
    crumbs = [
        {"task_id": "one", "map_index": -1, "state": "success", "operator": "X", "duration": 1.2345},
        {"task_id": "two", "map_index": 3, "state": "skipped", "operator": "X", "duration": None},
        {"task_id": "report", "map_index": -1, "state": "success", "operator": "X", "duration": 1.0},
    ]
    found = _look(tmp_path, f"look(get_task_breadcrumbs=lambda dag_id, run_id: {crumbs!r})")
    assert found[1] is True
    assert found[4] == [["one", "success", 1234], ["two[3]", "skipped", None]]


@only_on_3
@pytest.mark.parametrize(
    ("base_url", "url"),
    [
        ("https://airflow.example.com/base/", "https://airflow.example.com/base/dags/d/runs/r"),
        ("https://me:secret@airflow.example.com", "https://airflow.example.com/dags/d/runs/r"),
        ("airflow.example.com", None),
        ("/base", None),
    ],
)
def test_address_of_the_ui_is_never_made_up(tmp_path: Path, base_url: str, url: str | None) -> None:
    """A page's address is built on base_url without credentials, and left out where that is no address."""
    code = "look(get_task_breadcrumbs=lambda dag_id, run_id: [])"
    assert _look(tmp_path, code, AIRFLOW__API__BASE_URL=base_url)[2] == url


@only_on_3
def test_small_difference_of_clocks_is_no_error(tmp_path: Path) -> None:
    """A run that began, by the scheduler's clock, in the worker's future ends at its start."""
    code = "look(NOON - timedelta(milliseconds=200), get_task_breadcrumbs=lambda dag_id, run_id: [])"
    assert _look(tmp_path, code)[3] == "0:00:00"


def test_mapped_report_runs_after_failures(tmp_path: Path) -> None:
    """The operator's trigger rule is all_done, mapped or not, unless another is given."""
    found = run_python(
        """
        import json
        from datetime import datetime, timezone
        from airflow.providers.common.compat.sdk import DAG
        from airflow_mpulse.operators.mpulse import MPulseBeaconOperator as Operator
        with DAG(dag_id="d", schedule=None, start_date=datetime(2026, 1, 1, tzinfo=timezone.utc)):
            made = [
                Operator(task_id="plain"),
                Operator.partial(task_id="mapped").expand(page_group=["a", "b"]),
                Operator(task_id="other", trigger_rule="one_failed"),
                Operator.partial(task_id="mapped_other", trigger_rule="one_failed").expand(page_group=["a"]),
            ]
        print(json.dumps([str(getattr(task.trigger_rule, "value", task.trigger_rule)) for task in made]))
        """,
        clean_environment(tmp_path),
    )
    assert found == ["all_done", "all_done", "one_failed", "one_failed"]


@pytest.mark.parametrize(
    ("sent", "not_sent", "kind"),
    [
        (0, {"unreachable": 2}, "ConnectionFailedError"),
        (0, {"unreachable": 1, "unconfirmed": 1}, "AirflowFailException"),
        (1, {"unreachable": 1}, "AirflowFailException"),
    ],
    ids=["none left", "one may have been counted", "one was sent"],
)
def test_no_beacon_is_counted_twice_by_another_try(
    tmp_path: Path, sent: int, not_sent: dict[str, int], kind: str
) -> None:
    """The task is tried again only when no beacon can have been counted."""
    found = run_python(
        f"""
        import json
        from airflow_mpulse.delivery.report import DeliveryReport
        from airflow_mpulse.exceptions import ConnectionFailedError
        from airflow_mpulse.operators.mpulse import MPulseBeaconOperator
        report = DeliveryReport({sent}, {not_sent!r}, ConnectionFailedError("away"))
        try:
            MPulseBeaconOperator(task_id="report")._check(report)
        except Exception as error:
            print(json.dumps(type(error).__name__))
        """,
        clean_environment(tmp_path),
    )
    assert found == kind
