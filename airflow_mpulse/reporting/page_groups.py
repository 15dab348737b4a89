# SPDX-License-Identifier: Apache-2.0
"""
Page groups from patterns such as ``{dag_id} - {task_id}``.

Only what is filled in is cleaned; the text around the fields is the user's and is sent as it was written.
"""

from __future__ import annotations

import re
from string import Formatter
from typing import TYPE_CHECKING

from airflow_mpulse.exceptions import MPulseSettingsError
from airflow_mpulse.protocol.text import check_text

if TYPE_CHECKING:
    from airflow_mpulse.reporting.facts import RunFacts, TaskFacts

RUN_PATTERN = "{dag_id}"
TASK_PATTERN = "{dag_id} - {task_id}"

RUN_FIELDS = ("dag_id", "run_type")
TASK_FIELDS = ("dag_id", "task_id", "task_group", "operator", "run_type")


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
    filled: list[str] = []
    for text, field in _parse(pattern, tuple(values), of):
        filled.append(text)
        if field is not None:
            filled.append(_clean(values[field]))
    return check_text(f"page group made from the pattern {pattern!r}", "".join(filled))


def _parse(pattern: str, known: tuple[str, ...], of: str) -> list[tuple[str, str | None]]:
    listed = ", ".join(f"{{{name}}}" for name in known)
    if not isinstance(pattern, str):
        msg = f"The page-group pattern must be text, not {type(pattern).__name__}."
        raise MPulseSettingsError(msg)
    try:
        parts = list(Formatter().parse(pattern))
    except ValueError as error:
        msg = f"The page-group pattern {pattern!r} cannot be read ({error}); fields of {of}: {listed}."
        raise MPulseSettingsError(msg) from None
    for _, field, specification, conversion in parts:
        if field is not None and field not in known:
            msg = (
                f"The page-group pattern {pattern!r} has the unknown field {field!r}; "
                f"fields of {of}: {listed}."
            )
            raise MPulseSettingsError(msg)
        if specification or conversion:
            msg = (
                f"The page-group pattern {pattern!r} asks for a format of {field!r}; "
                f"write the bare field, one of {listed}."
            )
            raise MPulseSettingsError(msg)
    return [(text, field) for text, field, _, _ in parts]


def _clean(value: str) -> str:
    # The characters that the vendor's page-group plug-in keeps (PP), with letters and digits of any script.
    return re.sub(r"[^\w -]", "-", value)
