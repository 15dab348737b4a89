# SPDX-License-Identifier: Apache-2.0
"""Tests of whose arguments an error names, and of text that a template gives as a number."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_mpulse.exceptions import MPulseSettingsError
from airflow_mpulse.reporting.arguments import Arguments

#: The operator, and the notifier of a task and of a DAG.
OWNERS = pytest.mark.parametrize(
    "owner",
    ["the task 'report'", "the MPulseNotifier of the task 'load.eu'", "the MPulseNotifier of the DAG"],
)


@OWNERS
@pytest.mark.parametrize(
    ("method", "values", "sentence"),
    [
        (
            "timers",
            ("timers", {"X": -1}),
            (
                "The argument timers of {owner} cannot be sent: The custom timer 'X' is -1; it must be 0 or "
                "more milliseconds."
            ),
        ),
        (
            "metrics",
            ("metrics", [1]),
            "The argument metrics of {owner} is of the type list; it must map names to values.",
        ),
        (
            "dimensions",
            ("dimensions", {"X": ["eu"]}),
            (
                "The argument dimensions of {owner} cannot be sent: The custom dimension 'X' must be text, "
                "not list."
            ),
        ),
        (
            "text",
            ("page_group", ""),
            (
                "The argument page_group of {owner} cannot be sent: The page_group is empty; give it at "
                "least one visible character."
            ),
        ),
        (
            "task_globs",
            ("*", []),
            "The argument task_ids of {owner} has '*', which matches no task; it has no other task.",
        ),
        (
            "task_globs",
            (7, []),
            "The argument task_ids of {owner} is 7; it must be a list of task IDs or globs.",
        ),
        (
            "task_timers",
            ({"X": "y"}, []),
            (
                "The argument task_timers of {owner} has 'y' for the timer 'X', which is no task of the DAG; "
                "it has no other task."
            ),
        ),
    ],
    ids=["timer", "no-mapping", "dimension", "text", "glob", "globs", "task-timer"],
)
def test_error_names_whose_argument_it_is(
    owner: str, method: str, values: tuple[Any, ...], sentence: str
) -> None:
    """Each error says which argument of which operator or notifier is wrong, in one sentence."""
    with pytest.raises(MPulseSettingsError) as caught:
        getattr(Arguments(owner), method)(*values)
    assert str(caught.value) == sentence.format(owner=owner)


@OWNERS
@pytest.mark.parametrize(("method", "value"), [("ab_test", "a|b"), ("site_version", "1\n2")])
def test_error_of_a_single_value_names_its_owner(owner: str, method: str, value: str) -> None:
    """A bucket or a version that cannot be sent is refused with its owner."""
    with pytest.raises(MPulseSettingsError) as caught:
        getattr(Arguments(owner), method)(value)
    assert str(caught.value).startswith(f"The argument {method} of {owner} cannot be sent: ")


def test_owners_do_not_share_remarks() -> None:
    """What one reader remarks on does not stand in another's log."""
    one, other = Arguments("the task 'a'"), Arguments("the task 'b'")
    one.site_version("")
    assert one.remarks == ["The value of site_version is empty, so it is left out."]
    assert other.remarks == []


@pytest.mark.parametrize(("value", "text"), [(7, "7"), (1.5, "1.5"), (0, "0"), (-3, "-3"), ("07", "07")])
def test_number_is_taken_as_text(value: object, text: str) -> None:
    """A version that a native template made a number is sent as the text that it was written as."""
    arguments = Arguments("the task 'report'")
    assert arguments.text("page_group", value) == text
    assert arguments.site_version(value) == text


@pytest.mark.parametrize(("value", "kind"), [(True, "bool"), ([1], "list"), (b"1", "bytes")])
def test_other_values_are_no_text(value: object, kind: str) -> None:
    """A truth value or a list is refused rather than sent in Python's own words."""
    with pytest.raises(MPulseSettingsError, match=f"The site_version must be text, not {kind}"):
        Arguments("the task 'report'").site_version(value)
