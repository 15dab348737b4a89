# SPDX-License-Identifier: Apache-2.0
"""What a DAG says about how it is reported: its tags, and the reporting tasks that stand in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

#: What a reporting task says in ``report``, as what is reported by it.
_REPORTED = {"run": frozenset({"run"}), "tasks": frozenset({"tasks"}), "all": frozenset({"run", "tasks"})}


def read_tags(dag: Any) -> frozenset[str]:
    """
    Read the tags of a DAG.

    :param dag: The DAG as it was written, or as Airflow has stored it.
    :return: The tags.
    """
    return frozenset(str(getattr(tag, "name", tag)) for tag in getattr(dag, "tags", None) or ())


def read_reported_by_operators(dag: Any) -> frozenset[str]:
    """
    Tell what the reporting tasks of a DAG report.

    :param dag: The DAG as it was written, or as Airflow has stored it.
    :return: ``run``, ``tasks``, both or none.
    """
    return frozenset[str]().union(*(_REPORTED[_read_report(task)] for task in _find_reporting_tasks(dag)))


def is_reporting_task(task: Any) -> bool:
    """
    Tell whether a task is one that reports, rather than one that is reported.

    :param task: The task as it was written, mapped or not, or as Airflow has stored it.
    :return: Whether it is an ``MPulseBeaconOperator`` or something derived from it.
    """
    # Of a stored task neither the class nor its ancestors are left, but its templated fields are.
    fields = getattr(task, "template_fields", None) or ()
    return "task_page_group" in fields and "mpulse_conn_id" in fields


def _find_reporting_tasks(dag: Any) -> Iterable[Any]:
    if dag is None:
        return []
    return [task for task in dag.tasks if is_reporting_task(task)]


def _read_report(task: Any) -> str:
    given = getattr(task, "partial_kwargs", None)
    if given is None:
        report = getattr(task, "report", None)
    else:
        # Mapped: what is not in the part that all instances share is the default, or differs by instance.
        report = given.get("report", "all" if _is_expanded(task, "report") else "run")
    # Stored by an older version of this package, or odd: nothing is to be counted twice.
    return report if report in _REPORTED else "all"


def _is_expanded(task: Any, argument: str) -> bool:
    value = getattr(getattr(task, "expand_input", None), "value", None)
    return argument in value if isinstance(value, dict) else value is not None
