# SPDX-License-Identifier: Apache-2.0
"""
Page groups from patterns such as ``{dag_id} - {task_id}``.

Only what is filled in is cleaned; the text around the fields is the user's and is sent as it was written.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from airflow_mpulse.protocol.text import check_text
from airflow_mpulse.reporting.patterns import fill, parse_pattern

if TYPE_CHECKING:
    from airflow_mpulse.reporting.facts import RunFacts, TaskFacts

RUN_PATTERN = "{dag_id}"
TASK_PATTERN = "{dag_id} - {task_id}"

RUN_FIELDS = ("dag_id", "run_type")
TASK_FIELDS = ("dag_id", "task_id", "task_group", "operator", "run_type")


def check_run_pattern(pattern: str) -> None:  # noqa: DOC502
    """
    Make sure that a pattern can be filled in for runs.

    :param pattern: The pattern.
    :raises MPulseSettingsError: If it cannot be read or has a field that is none of :data:`RUN_FIELDS`.
    """
    _parse(pattern, RUN_FIELDS, "a run")


def check_task_pattern(pattern: str) -> None:  # noqa: DOC502
    """
    Make sure that a pattern can be filled in for tasks.

    :param pattern: The pattern.
    :raises MPulseSettingsError: If it cannot be read or has a field that is none of :data:`TASK_FIELDS`.
    """
    _parse(pattern, TASK_FIELDS, "a task")


def run_page_group(pattern: str, run: RunFacts) -> str:  # noqa: DOC502
    """
    Fill in the page group of a run.

    :param pattern: A pattern with fields of :data:`RUN_FIELDS`.
    :param run: The run.
    :return: The page group.
    :raises MPulseSettingsError: If the pattern cannot be read or has another field.
    :raises BeaconError: If the result is empty or holds control characters.
    """
    return _fill(pattern, {"dag_id": run.dag_id, "run_type": run.run_type or ""}, of="a run")


def task_page_group(pattern: str, run: RunFacts, task: TaskFacts) -> str:  # noqa: DOC502
    """
    Fill in the page group of a task.

    :param pattern: A pattern with fields of :data:`TASK_FIELDS`.
    :param run: The run.
    :param task: The task; its map index is no part of the page group, so that all instances share one.
    :return: The page group.
    :raises MPulseSettingsError: If the pattern cannot be read or has another field.
    :raises BeaconError: If the result is empty or holds control characters.
    """
    values = {
        "dag_id": run.dag_id,
        "task_id": task.task_id,
        "task_group": task.task_group,
        "operator": task.operator or "",
        "run_type": run.run_type or "",
    }
    return _fill(pattern, values, of="a task")


def _fill(pattern: str, values: dict[str, str], *, of: str) -> str:
    filled = fill(_parse(pattern, tuple(values), of), values, _clean)
    return check_text(f"page group made from the pattern {pattern!r}", filled)


def _parse(pattern: str, known: tuple[str, ...], of: str) -> list[tuple[str, str | None]]:
    return parse_pattern(pattern, known, what="page-group pattern", of=of)


def _clean(value: str) -> str:
    # The characters that the vendor's page-group plug-in keeps (PP), with letters and digits of any script.
    return re.sub(r"[^\w -]", "-", value)
