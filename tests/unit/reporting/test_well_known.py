# SPDX-License-Identifier: Apache-2.0
"""Tests of facts by name, and of the names that are filled in without being asked for."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from airflow_mpulse.reporting.facts import RunFacts, TaskCounts, TaskFacts
from airflow_mpulse.reporting.well_known import (
    FACTS,
    WELL_KNOWN_NAMES,
    run_fact_values,
    task_fact_values,
    well_known_values,
)
from tests.support.clocks import START

RUN = RunFacts(
    "daily_sales",
    "manual__1",
    START,
    state="failed",
    run_type="manual",
    counts=TaskCounts(succeeded=5, failed=1, skipped=2, upstream_failed=3, removed=4),
)
TASK = TaskFacts(
    "load.eu",
    "failed",
    started_at=START + timedelta(seconds=2),
    ended_at=START + timedelta(seconds=5),
    map_index=3,
    try_number=3,
    operator="PythonOperator",
    task_group="load",
    queued_at=START,
)

#: Section 4 of the design, by hand.
OF_A_TASK = {
    "timer": {"Airflow Queue Wait": 2000},
    "metric": {"Airflow Failures": 1, "Airflow Retries": 2},
    "dimension": {
        "Airflow State": "failed",
        "Airflow Operator": "PythonOperator",
        "Airflow Run Type": "manual",
        "Airflow DAG": "daily_sales",
        "Airflow Task": "load.eu",
        "Airflow Try": 3,
    },
}
OF_A_RUN = {
    "timer": {},
    "metric": {
        "Airflow Failures": 1,
        "Airflow Tasks Succeeded": 5,
        "Airflow Tasks Failed": 1,
        "Airflow Tasks Skipped": 2,
        "Airflow Tasks Upstream Failed": 3,
    },
    "dimension": {"Airflow State": "failed", "Airflow Run Type": "manual", "Airflow DAG": "daily_sales"},
}


def defined(kind: Any) -> dict[str, str]:
    """Define every well-known name of a kind."""
    return {known.name: f"label of {known.name}" for known in WELL_KNOWN_NAMES if known.kind == kind}


@pytest.mark.parametrize("kind", ["timer", "metric", "dimension"])
def test_names_of_a_task_equal_the_designs(kind: Any) -> None:
    """With all names defined, a task has exactly the values of the design's table."""
    assert well_known_values(kind, defined(kind), task_fact_values(RUN, TASK)) == OF_A_TASK[kind]


@pytest.mark.parametrize("kind", ["timer", "metric", "dimension"])
def test_names_of_a_run_equal_the_designs(kind: Any) -> None:
    """With all names defined, a run has exactly the values of the design's table."""
    assert well_known_values(kind, defined(kind), run_fact_values(RUN)) == OF_A_RUN[kind]


@pytest.mark.parametrize("kind", ["timer", "metric", "dimension"])
def test_nothing_is_sent_that_the_app_does_not_define(kind: Any) -> None:
    """A well-known name that the app does not define is not filled in, not even in other letters."""
    lowered = {name.lower(): label for name, label in defined(kind).items()}
    assert well_known_values(kind, {}, task_fact_values(RUN, TASK)) == {}
    assert well_known_values(kind, lowered, task_fact_values(RUN, TASK)) == {}


def test_name_of_one_kind_is_not_filled_in_for_another() -> None:
    """A dimension named as a well-known metric gets nothing."""
    assert well_known_values("dimension", {"Airflow Failures": "cdim.x"}, run_fact_values(RUN)) == {}


def test_unknown_facts_are_left_out() -> None:
    """What Airflow did not tell stands in no value, instead of a guess."""
    run = RunFacts("d", "r", START)
    assert run_fact_values(run) == {"dag_id": "d", "run_id": "r"}
    assert task_fact_values(run, TaskFacts("t", "success")) == {
        "dag_id": "d",
        "run_id": "r",
        "task_id": "t",
        "state": "success",
        "failures": 0,
    }


@pytest.mark.parametrize(("state", "failures"), [("success", 0), ("failed", 1), ("running", 0)])
def test_failure_is_one_or_zero(state: str, failures: int) -> None:
    """A failed run or task counts as one failure, any other as none."""
    assert run_fact_values(RunFacts("d", "r", START, state=state))["failures"] == failures
    assert task_fact_values(RUN, TaskFacts("t", state))["failures"] == failures


@pytest.mark.parametrize("state", ["failed", "up_for_retry"])
def test_try_that_is_tried_again_has_failed(state: str) -> None:
    """A failed try counts as a failure under the app's name, whether there is another one or not."""
    facts = task_fact_values(RUN, TaskFacts("t", state, try_number=2))
    assert well_known_values("metric", defined("metric"), facts) == {
        "Airflow Failures": 1,
        "Airflow Retries": 1,
    }
    assert well_known_values("dimension", {"Airflow State": "cdim.x"}, facts) == {"Airflow State": state}


def test_only_a_task_is_up_for_retry() -> None:
    """A run is never tried again by itself, so that only ``failed`` is its failure."""
    assert run_fact_values(RunFacts("d", "r", START, state="up_for_retry"))["failures"] == 0


@pytest.mark.parametrize(("try_number", "retries"), [(0, 0), (1, 0), (2, 1)])
def test_retries_are_the_tries_before(try_number: int, retries: int) -> None:
    """A task's retries are its tries before the reported one, never below 0."""
    assert task_fact_values(RUN, TaskFacts("t", "success", try_number=try_number))["retries"] == retries


def test_zero_facts_are_sent() -> None:
    """A fact of 0, such as no failed task or the first mapped instance, is a value and not a gap."""
    counts = run_fact_values(RunFacts("d", "r", START, counts=TaskCounts()))
    assert counts["tasks_failed"] == 0
    assert counts["tasks_finished"] == 0
    assert task_fact_values(RUN, TaskFacts("t", "success", map_index=0))["map_index"] == 0


def test_every_listed_fact_can_be_told() -> None:
    """Each fact that an option may name is told by a task or by a run that knows everything."""
    told = {*run_fact_values(RUN), *task_fact_values(RUN, TASK)}
    assert {fact for facts in FACTS.values() for fact in facts} <= told


def test_well_known_names_use_listed_facts() -> None:
    """Each well-known name stands for a fact that fits its kind, and no name stands twice."""
    assert all(known.fact in FACTS[known.kind] for known in WELL_KNOWN_NAMES)
    assert len({(known.kind, known.name) for known in WELL_KNOWN_NAMES}) == len(WELL_KNOWN_NAMES)
