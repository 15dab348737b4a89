# SPDX-License-Identifier: Apache-2.0
"""Tests of page groups made from patterns."""

from __future__ import annotations

import pytest

from airflow_mpulse.exceptions import BeaconError, MPulseSettingsError
from airflow_mpulse.reporting.facts import RunFacts, TaskFacts
from airflow_mpulse.reporting.page_groups import (
    RUN_PATTERN,
    TASK_PATTERN,
    check_run_pattern,
    check_task_pattern,
    run_page_group,
    task_page_group,
)
from tests.support.clocks import START

RUN = RunFacts("daily.sales", "r", START, run_type="scheduled")
TASK = TaskFacts("load.eu", "success", map_index=3, operator="PythonOperator", task_group="load")
TASK_FIELDS = "{dag_id}, {task_id}, {task_group}, {operator}, {run_type}"


@pytest.mark.parametrize(
    ("pattern", "page_group"),
    [
        ("{dag_id}", "daily-sales"),
        ("{dag_id} - {task_id}", "daily-sales - load-eu"),
        ("{task_group}/{operator}/{run_type}", "load/PythonOperator/scheduled"),
        ("{task_id}{task_id}", "load-euload-eu"),
        ("ETL: {dag_id} (100 %) | a,b", "ETL: daily-sales (100 %) | a,b"),
        ("no field at all", "no field at all"),
        ("{{dag_id}}", "{dag_id}"),
        ("{{{dag_id}}}", "{daily-sales}"),
        ("{dag_id:}", "daily-sales"),
        ("売上 {dag_id}", "売上 daily-sales"),
    ],
)
def test_fields_are_filled_in_and_text_is_kept(pattern: str, page_group: str) -> None:
    """Known fields are filled in and cleaned, and the text around them is sent as it was written."""
    assert task_page_group(pattern, RUN, TASK) == page_group


def test_mapped_instances_share_a_page_group() -> None:
    """The map index is no part of the page group."""
    other = TaskFacts("load.eu", "success", map_index=4)
    assert task_page_group("{dag_id} - {task_id}", RUN, TASK) == task_page_group(
        "{dag_id} - {task_id}", RUN, other
    )


@pytest.mark.parametrize(
    ("dag_id", "page_group"),
    [
        ("under_score-dash 1", "under_score-dash 1"),
        ("a.b.c", "a-b-c"),
        ("日次売上", "日次売上"),
        ("Отчёт_2026", "Отчёт_2026"),
        ("a|b,c&d=e/f", "a-b-c-d-e-f"),
        ("a\nb\x00c", "a-b-c"),
        ("{task_id}", "-task_id-"),
        ("...", "---"),
        ("x" * 250, "x" * 250),
    ],
)
def test_filled_in_values_keep_letters_and_digits(dag_id: str, page_group: str) -> None:
    """Of a value, letters and digits of any script, ``_``, space and ``-`` stay; all else becomes ``-``."""
    assert run_page_group("{dag_id}", RunFacts(dag_id, "r", START)) == page_group


@pytest.mark.parametrize(
    ("pattern", "field"),
    [
        ("{dag}", "dag"),
        ("{0}", "0"),
        ("{}", ""),
        ("{ dag_id }", " dag_id "),
        ("{dag_id.x}", "dag_id.x"),
        ("{dag_id[0]}", "dag_id[0]"),
        ("{map_index}", "map_index"),
        ("{dag_id.__class__.__mro__}", "dag_id.__class__.__mro__"),
    ],
)
def test_unknown_field_lists_the_known_ones(pattern: str, field: str) -> None:
    """A field that is not known is refused, and the known ones are listed."""
    with pytest.raises(MPulseSettingsError) as caught:
        task_page_group(pattern, RUN, TASK)
    assert str(caught.value) == (
        f"The page-group pattern {pattern!r} has the unknown field {field!r}; fields of a task: "
        f"{TASK_FIELDS}."
    )


@pytest.mark.parametrize("field", ["task_id", "task_group", "operator"])
def test_field_of_a_task_is_unknown_to_a_run(field: str) -> None:
    """A run's pattern has no task to fill in, and the error lists a run's fields."""
    with pytest.raises(MPulseSettingsError, match=r"fields of a run: {dag_id}, {run_type}\.$"):
        run_page_group(f"{{dag_id}} {{{field}}}", RUN)


@pytest.mark.parametrize("pattern", ["{dag_id!r}", "{dag_id!s}", "{dag_id:>10}", "{dag_id:{task_id}}"])
def test_format_of_a_field_is_refused(pattern: str) -> None:
    """A conversion or a format specification is refused as such, though the field is known."""
    with pytest.raises(MPulseSettingsError) as caught:
        task_page_group(pattern, RUN, TASK)
    assert str(caught.value) == (
        f"The page-group pattern {pattern!r} asks for a format of 'dag_id'; write the bare field, one of "
        f"{TASK_FIELDS}."
    )


@pytest.mark.parametrize("pattern", ["{dag_id", "dag_id}", "{", "}", "{dag_id!}", "{{dag_id}", "{dag_id!rr}"])
def test_unbalanced_pattern_is_refused(pattern: str) -> None:
    """A pattern that cannot be read is refused with the reason and the known fields."""
    with pytest.raises(MPulseSettingsError) as caught:
        task_page_group(pattern, RUN, TASK)
    assert str(caught.value).startswith(f"The page-group pattern {pattern!r} cannot be read (")
    assert str(caught.value).endswith(f"; fields of a task: {TASK_FIELDS}.")


@pytest.mark.parametrize("pattern", [None, 7, ["{dag_id}"]], ids=["none", "number", "list"])
def test_pattern_must_be_text(pattern: object) -> None:
    """A pattern that is no text is refused as a setting."""
    with pytest.raises(MPulseSettingsError, match="The page-group pattern must be text, not "):
        run_page_group(pattern, RUN)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("pattern", "sentence"),
    [
        ("", "The page group made from the pattern '' is empty"),
        ("  ", "The page group made from the pattern '  ' is empty"),
        ("{task_group}", "The page group made from the pattern '{task_group}' is empty"),
        ("{operator}{task_group} ", "is empty; give it at least one visible character."),
        ("{dag_id}\n", "holds the character '\\n' at position 11; control characters"),
        ("a\x07{dag_id}", "holds the character '\\x07' at position 1; control characters"),
        ("a\ud800", "control characters and lone surrogates cannot be sent."),
    ],
    ids=["empty", "blank", "nothing-filled-in", "blank-around-nothing", "line-break", "bell", "surrogate"],
)
def test_unsendable_result_is_refused(pattern: str, sentence: str) -> None:
    """A page group that is empty or holds control characters is refused, with the pattern in the error."""
    with pytest.raises(BeaconError) as caught:
        task_page_group(pattern, RunFacts("daily.sales", "r", START), TaskFacts("load", "success"))
    assert sentence in str(caught.value)


@pytest.mark.parametrize("pattern", [RUN_PATTERN, "ETL {dag_id} ({run_type})", "no field", "{{task_id}}", ""])
def test_check_takes_what_runs_can_be_filled_into(pattern: str) -> None:
    """A pattern with fields of runs, or none, passes the check of runs, and that of tasks."""
    check_run_pattern(pattern)
    check_task_pattern(pattern)


@pytest.mark.parametrize("pattern", [TASK_PATTERN, "{task_group}", "{dag_id} {operator}"])
def test_check_of_runs_refuses_fields_of_tasks(pattern: str) -> None:
    """A pattern with fields of tasks passes the check of tasks alone."""
    check_task_pattern(pattern)
    with pytest.raises(MPulseSettingsError, match=r"fields of a run: {dag_id}, {run_type}\.$"):
        check_run_pattern(pattern)


@pytest.mark.parametrize("pattern", ["{dag}", "{dag_id", "{dag_id!r}", None], ids=repr)
def test_check_tells_what_filling_in_would(pattern: str) -> None:
    """A pattern is refused beforehand with the very sentence that a beacon would be refused with."""
    for check, fill_in in (
        (check_run_pattern, lambda: run_page_group(pattern, RUN)),
        (check_task_pattern, lambda: task_page_group(pattern, RUN, TASK)),
    ):
        with pytest.raises(MPulseSettingsError) as early:
            check(pattern)
        with pytest.raises(MPulseSettingsError) as late:
            fill_in()
        assert str(early.value) == str(late.value)
