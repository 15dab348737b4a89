# SPDX-License-Identifier: Apache-2.0
"""Attributes of Airflow's objects, each read so that a missing one is no error."""

from __future__ import annotations

from typing import Any


def read_text(value: Any) -> str | None:
    """
    Read a state, a type or another value that is text in one Airflow and a member of an enum in the next.

    :param value: The value.
    :return: Its text.
    """
    return None if value is None else str(getattr(value, "value", value))


def is_final(state: Any) -> bool:
    """
    Tell whether a task instance will not change by itself any more.

    :param state: Its state.
    :return: Whether it is final.
    """
    return read_text(state) in {"success", "failed", "skipped", "upstream_failed", "removed"}


def read_bundle_version(ti: Any) -> str | None:
    """
    Read the version of the bundle that the DAG of a running task came from.

    :param ti: The task instance, in its own process on Airflow 3.
    :return: The version, where Airflow knows one.
    """
    return read_version(getattr(getattr(ti, "bundle_instance", None), "version", None))


def read_version(value: Any) -> str | None:
    """
    Read a version.

    :param value: The value.
    :return: The version, ``None`` where it is empty or no text.
    """
    return value if isinstance(value, str) and value else None


def read_task_group(task: Any) -> str:
    """
    Read the task group that a task stands in.

    :param task: The task, where Airflow has it at hand.
    :return: The group's ID, empty where it stands in none.
    """
    group_id = getattr(getattr(task, "task_group", None), "group_id", None)
    return group_id if isinstance(group_id, str) else ""


def is_row(thing: Any) -> bool:
    """
    Tell whether a task instance or a run is a row of the database rather than a plain object.

    :param thing: Airflow's object.
    :return: Whether it is; on Airflow 2.11 always.
    """
    return hasattr(type(thing), "__mapper__")
