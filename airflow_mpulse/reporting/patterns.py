# SPDX-License-Identifier: Apache-2.0
"""Patterns such as ``{dag_id} - {task_id}``: bare names of fields in braces, and the user's own text."""

from __future__ import annotations

from string import Formatter
from typing import TYPE_CHECKING

from airflow_mpulse.exceptions import MPulseSettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


def parse_pattern(pattern: str, known: Iterable[str], *, what: str, of: str) -> list[tuple[str, str | None]]:
    """
    Take a pattern apart.

    :param pattern: The pattern.
    :param known: The fields that it may have.
    :param what: What the pattern is, for errors, such as ``"page-group pattern"``.
    :param of: What the fields belong to, for errors, such as ``"a run"``.
    :return: Pairs of text and the field after it, ``None`` where no field follows.
    :raises MPulseSettingsError: If the pattern cannot be read, has another field, or asks for a format.
    """
    fields = tuple(known)
    listed = ", ".join(f"{{{name}}}" for name in fields)
    if not isinstance(pattern, str):
        msg = f"The {what} must be text, not {type(pattern).__name__}."
        raise MPulseSettingsError(msg)
    try:
        parts = list(Formatter().parse(pattern))
    except ValueError as error:
        msg = f"The {what} {pattern!r} cannot be read ({error}); fields of {of}: {listed}."
        raise MPulseSettingsError(msg) from None
    for _, field, specification, conversion in parts:
        if field is not None and field not in fields:
            msg = f"The {what} {pattern!r} has the unknown field {field!r}; fields of {of}: {listed}."
            raise MPulseSettingsError(msg)
        if specification or conversion:
            msg = (
                f"The {what} {pattern!r} asks for a format of {field!r}; write the bare field, one of "
                f"{listed}."
            )
            raise MPulseSettingsError(msg)
    return [(text, field) for text, field, _, _ in parts]


def fill(
    parts: Iterable[tuple[str, str | None]], values: Mapping[str, str], clean: Callable[[str], str]
) -> str:
    """
    Put a pattern together again.

    :param parts: What :func:`parse_pattern` gave.
    :param values: The values of the fields.
    :param clean: What is done to each value; the text around it stays as it is.
    :return: The filled-in text.
    """
    return "".join(text + ("" if field is None else clean(values[field])) for text, field in parts)
