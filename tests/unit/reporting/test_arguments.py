# SPDX-License-Identifier: Apache-2.0
"""Tests of the operator's arguments after their templates were rendered."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import pytest

from airflow_mpulse.exceptions import MPulseSettingsError
from airflow_mpulse.reporting.arguments import Arguments

TASKS = ["extract", "load.eu", "load.us", "report_totals"]


def read(method: str, *values: Any) -> Any:
    return getattr(Arguments("the task 'report'"), method)(*values)


def refuse(method: str, *values: Any) -> str:
    with pytest.raises(MPulseSettingsError) as caught:
        read(method, *values)
    assert not caught.value.retryable
    # What went wrong inside is told in the sentence, and not once more as a chain of errors.
    assert caught.value.__cause__ is None
    return str(caught.value)


@pytest.mark.parametrize("method", ["timers", "metrics", "dimensions"])
def test_absent_values_are_none(method: str) -> None:
    """An argument that was not given, or is empty, holds no values."""
    assert read(method, method, None) == {}
    assert read(method, method, {}) == {}


def test_values_are_read_each_by_its_kind() -> None:
    """Timers, metrics and dimensions that are given together are each read as what they are."""
    values = read("values", {"Load Time": "12"}, {"Rows Read": 7}, {"Region": "EMEA"})
    assert (values.timers, values.metrics) == ({"Load Time": 12}, {"Rows Read": 7})
    assert values.dimensions == {"Region": "EMEA"}
    assert values == read("values", {"Load Time": 12}, {"Rows Read": 7}, {"Region": "EMEA"})


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12", 12),
        (" 12 ", 12),
        ("-3", -3),
        ("0", 0),
        ("1.50", Decimal("1.50")),
        (" 0.1 ", Decimal("0.1")),
        ("1e3", Decimal(1000)),
        (7, 7),
        (0.25, 0.25),
        (Decimal("2.5"), Decimal("2.5")),
    ],
    ids=repr,
)
def test_numbers_are_read_from_text(text: object, number: object) -> None:
    """A template gives text, and a number in it is read exactly: decimals stay decimals."""
    value = read("metrics", "metrics", {"Rows": text})["Rows"]
    assert value == number
    assert type(value) is type(number)


@pytest.mark.parametrize("empty", [None, "", "  ", "None", " None\n"], ids=repr)
@pytest.mark.parametrize("method", ["timers", "metrics", "dimensions"])
def test_empty_value_is_left_out_with_a_remark(method: str, empty: object) -> None:
    """What a template leaves empty, such as a skipped task's result, is left out and remarked on."""
    arguments = Arguments("the task 'report'")
    assert getattr(arguments, method)(method, {"Gone": empty, "Kept": 5}) == {"Kept": 5}
    assert arguments.remarks == [f"The value of 'Gone' in {method} is empty, so it is left out."]


@pytest.mark.parametrize("method", ["timers", "metrics"])
def test_zero_is_not_empty(method: str) -> None:
    """A value of 0, as a number or as text, is sent."""
    arguments = Arguments("the task 'report'")
    assert getattr(arguments, method)(method, {"a": 0, "b": "0", "c": 0.0}) == {"a": 0, "b": 0, "c": 0.0}
    assert arguments.remarks == []


@pytest.mark.parametrize(
    ("method", "value", "sentence"),
    [
        ("timers", "fast", "The custom timer 'X' is 'fast'; it must be a number, not str."),
        ("timers", "-1", "The custom timer 'X' is -1; it must be 0 or more milliseconds."),
        ("timers", "nan", "The custom timer 'X' is Decimal('NaN'); it must be a finite number."),
        ("timers", "snan", "The custom timer 'X' is Decimal('sNaN'); it must be a finite number."),
        ("timers", "-0.5", "The custom timer 'X' is Decimal('-0.5'); it must be 0 or more milliseconds."),
        ("timers", math.inf, "The custom timer 'X' is inf; it must be a finite number."),
        ("timers", True, "The custom timer 'X' is True; it must be a number, not bool."),
        ("metrics", "true", "The custom metric 'X' is 'true'; it must be a number, not str."),
        ("metrics", "Infinity", "it must be a finite number."),
        ("metrics", "1,000", "The custom metric 'X' is '1,000'; it must be a number, not str."),
        ("metrics", "0x10", "The custom metric 'X' is '0x10'; it must be a number, not str."),
        ("metrics", "9" * 5000, "it must be a finite number."),
        ("metrics", [1], "The custom metric 'X' is [1]; it must be a number, not list."),
        ("dimensions", "a\nb", "The custom dimension 'X' 'a\\nb' holds the character '\\n' at position 1;"),
        ("dimensions", ["eu"], "The custom dimension 'X' must be text, not list."),
        ("dimensions", math.nan, "The custom dimension 'X' is nan; it must be a finite number."),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_unsendable_value_names_argument_and_task(method: str, value: object, sentence: str) -> None:
    """A value that cannot be sent is refused with the argument, the task and the reason."""
    refusal = refuse(method, method, {"X": value})
    assert refusal.startswith(f"The argument {method} of the task 'report' cannot be sent: ")
    assert sentence in refusal


@pytest.mark.parametrize("value", ["eu", "12", True, 7, 0.5, False], ids=repr)
def test_dimensions_are_kept_as_they_are(value: object) -> None:
    """A dimension is text, a number or a boolean, and text that looks like a number stays text."""
    assert read("dimensions", "dimensions", {"Region": value})["Region"] is value


@pytest.mark.parametrize("values", ["{'a': 1}", [("a", 1)], 7, {1: 2}], ids=repr)
@pytest.mark.parametrize("method", ["timers", "metrics", "dimensions"])
def test_values_must_be_a_mapping(method: str, values: object) -> None:
    """Anything but a mapping of names to values is refused, also one that a template made into text."""
    assert refuse(method, method, values) == (
        f"The argument {method} of the task 'report' is of the type {type(values).__name__}; it must map "
        "names to values."
    )


def test_bucket_is_read_or_refused() -> None:
    """An A/B bucket of the rule is taken, none is none, and another is refused with the rule."""
    assert read("ab_test", None) is None
    assert read("ab_test", "blue 1") == "blue 1"
    assert refuse("ab_test", "a|b") == (
        "The argument ab_test of the task 'report' cannot be sent: The A/B test bucket 'a|b' must be 1 to 25 "
        "characters of A-Z, a-z, 0-9, underscore, hyphen and space."
    )


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("", "The page_group is empty; give it at least one visible character."),
        ("a\tb", "control characters"),
        (["x"], "The page_group must be text, not list."),
    ],
    ids=["empty", "control", "list"],
)
def test_text_is_read_or_refused(value: object, sentence: str) -> None:
    """An optional text is taken as it is, and one that cannot be sent is refused by the argument's name."""
    assert read("text", "page_group", None) is None
    assert read("text", "page_group", "ETL {dag_id}") == "ETL {dag_id}"
    refusal = refuse("text", "page_group", value)
    assert refusal.startswith("The argument page_group of the task 'report' cannot be sent: ")
    assert sentence in refusal


@pytest.mark.parametrize(
    ("value", "globs"),
    [
        (None, None),
        ("load.*", ("load.*",)),
        (["extract", "load.??"], ("extract", "load.??")),
        (("*",), ("*",)),
        ({"extract"}, ("extract",)),
        (["load.[eu][us]"], ("load.[eu][us]",)),
        ([], ()),
    ],
    ids=repr,
)
def test_globs_that_match_are_taken(value: object, globs: tuple[str, ...] | None) -> None:
    """One glob or a list of globs is taken when each matches a task."""
    assert read("task_globs", value, TASKS) == globs


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (
            ["extract", "load.uk"],
            (
                "has 'load.uk', which matches no task; did you mean 'load.us'; its other tasks are "
                "'extract', 'load.eu', 'load.us', 'report_totals'."
            ),
        ),
        ("Extract", "has 'Extract', which matches no task; did you mean 'extract'; its other tasks are"),
        ("zzz*", "has 'zzz*', which matches no task; its other tasks are 'extract',"),
        ("", "has '', which matches no task; its other tasks are"),
        ("['extract']", "has \"['extract']\", which matches no task; did you mean 'extract';"),
        (7, "is 7; it must be a list of task IDs or globs."),
        (["extract", 7], "is ['extract', 7]; it must be a list of task IDs or globs."),
        ({"extract": 1}, "is {'extract': 1}; it must be a list of task IDs or globs."),
    ],
    ids=["near", "case", "far", "empty", "list-as-text", "number", "number-within", "mapping"],
)
def test_glob_that_matches_nothing_is_refused(value: object, sentence: str) -> None:
    """A glob without a task is refused with the nearest task and a list of them."""
    refusal = refuse("task_globs", value, TASKS)
    assert refusal.startswith("The argument task_ids of the task 'report' ")
    assert sentence in refusal


def test_long_list_of_tasks_is_cut() -> None:
    """Of a DAG with many tasks, the error lists twenty."""
    refusal = refuse("task_globs", "zzz", [f"task_{number:03}" for number in range(500)])
    assert refusal.endswith("'task_018', 'task_019', ….")
    assert "task_020" not in refusal


def test_list_of_twenty_tasks_is_whole() -> None:
    """A list that fits is given without a hint that more were left out."""
    refusal = refuse("task_globs", "zzz", [f"task_{number:03}" for number in range(20)])
    assert refusal.endswith("'task_018', 'task_019'.")


def test_lonely_operator_has_nothing_to_match() -> None:
    """In a DAG whose only task is the operator, a glob is told that there is no other task."""
    assert refuse("task_globs", "*", []) == (
        "The argument task_ids of the task 'report' has '*', which matches no task; it has no other task."
    )


def test_task_ids_may_come_from_an_iterator() -> None:
    """The tasks of the DAG may be given as an iterator, which is read once."""
    assert read("task_globs", ["extract", "load.*"], iter(TASKS)) == ("extract", "load.*")
    assert read("task_timers", {"A": "extract", "B": "load.eu"}, iter(TASKS)) == {
        "A": "extract",
        "B": "load.eu",
    }


def test_task_timers_map_names_to_tasks() -> None:
    """task_timers that name tasks of the DAG are taken, and none are none."""
    assert read("task_timers", None, TASKS) == {}
    assert read("task_timers", {"Load EU": "load.eu"}, TASKS) == {"Load EU": "load.eu"}


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (
            {"Load": "load.e"},
            "for the timer 'Load', which is no task of the DAG; did you mean 'load.eu'; its other tasks are",
        ),
        (
            {"extract": "Extract Step"},
            (
                "has 'Extract Step' for the timer 'extract', which is no task of the DAG; it maps names of "
                "timers to task IDs, not the reverse; "
            ),
        ),
        ({"Load": "load.eu[0]"}, "which is no task of the DAG; did you mean 'load.eu';"),
        ({"Load": "load.*"}, "has 'load.*' for the timer 'Load', which is no task of the DAG;"),
        ({"Load": None}, "has None for the timer 'Load', which is no task of the DAG;"),
        ({"Load": ["load.eu"]}, "has ['load.eu'] for the timer 'Load', which is no task of the DAG;"),
        (["load.eu"], "is of the type list; it must map names to values."),
        ("load.eu", "is of the type str; it must map names to values."),
    ],
    ids=["near", "swapped", "map-index", "glob", "none", "list-within", "list", "text"],
)
def test_task_timers_of_no_task_are_refused(value: object, sentence: str) -> None:
    """A timer for a task that the DAG lacks is refused with the nearest task, swapped ones with a hint."""
    refusal = refuse("task_timers", value, TASKS)
    assert refusal.startswith("The argument task_timers of the task 'report' ")
    assert sentence in refusal


@pytest.mark.parametrize("empty", [None, "", "  ", "None"], ids=repr)
@pytest.mark.parametrize("argument", ["ab_test", "site_version"])
def test_empty_template_leaves_the_field_out(argument: str, empty: str | None) -> None:
    """A bucket or a version that a template leaves empty is left out, with a remark."""
    arguments = Arguments("the task 'report'")
    assert getattr(arguments, argument)(empty) is None
    remark = f"The value of {argument} is empty, so it is left out."
    assert arguments.remarks == ([] if empty is None else [remark])
