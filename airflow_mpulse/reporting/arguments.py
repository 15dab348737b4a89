# SPDX-License-Identifier: Apache-2.0
"""
The arguments of an operator or a notifier, their templates rendered, read with errors that name them.

A template gives text, so that numbers are read from text here; a value that a template leaves empty, such as
the result of a task that was skipped, is left out with a remark rather than failing the report.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import Any, TypeVar

from airflow_mpulse.exceptions import BeaconError, MPulseSettingsError
from airflow_mpulse.protocol.beacon import (
    DimensionValue,
    Number,
    check_ab_test,
    check_dimension,
    check_metric,
    check_timer,
)
from airflow_mpulse.protocol.text import check_text
from airflow_mpulse.reporting.beacons import AuthorValues

V = TypeVar("V")

#: Read as numbers, so that the error about them says what is wrong.
_NOT_FINITE = re.compile(r"[+-]?(inf(inity)?|s?nan)", re.IGNORECASE)


class Arguments:
    """
    Reads arguments and collects remarks for the log.

    :param owner: Whose they are, for errors, such as ``"the task 'report'"``.
    """

    def __init__(self, owner: str) -> None:
        self.owner = owner
        self.remarks: list[str] = []

    def values(self, timers: object, metrics: object, dimensions: object) -> AuthorValues:
        """
        Read custom timers, metrics and dimensions.

        :param timers: A mapping of names to milliseconds, or ``None``.
        :param metrics: A mapping of names to numbers, or ``None``.
        :param dimensions: A mapping of names to text, numbers or booleans, or ``None``.
        :return: The values.
        """
        return AuthorValues(
            timers=self.timers("timers", timers),
            metrics=self.metrics("metrics", metrics),
            dimensions=self.dimensions("dimensions", dimensions),
        )

    def timers(self, argument: str, values: object) -> dict[str, Number]:
        """
        Read custom timers.

        :param argument: The argument's name.
        :param values: A mapping of names to milliseconds, or ``None``.
        :return: The timers.
        """
        return self._values(argument, values, lambda name, value: check_timer(name, _to_number(value)))

    def metrics(self, argument: str, values: object) -> dict[str, Number]:
        """
        Read custom metrics.

        :param argument: The argument's name.
        :param values: A mapping of names to numbers, or ``None``.
        :return: The metrics.
        """
        return self._values(argument, values, lambda name, value: check_metric(name, _to_number(value)))

    def dimensions(self, argument: str, values: object) -> dict[str, DimensionValue]:
        """
        Read custom dimensions.

        :param argument: The argument's name.
        :param values: A mapping of names to text, numbers or booleans, or ``None``.
        :return: The dimensions.
        """
        return self._values(argument, values, check_dimension)

    def ab_test(self, value: object) -> str | None:
        """
        Read the A/B bucket.

        :param value: The bucket, or ``None``.
        :return: The bucket.
        """
        if self._is_empty("ab_test", value):
            return None
        return self._checked("ab_test", lambda: check_ab_test(value))

    def site_version(self, value: object) -> str | None:
        """
        Read the site version.

        :param value: The version, or ``None``.
        :return: The version.
        """
        return None if self._is_empty("site_version", value) else self.text("site_version", value)

    def text(self, argument: str, value: object) -> str | None:
        """
        Read an optional text that must not be left empty by a template.

        :param argument: The argument's name.
        :param value: The text, or ``None``.
        :return: The text.
        """
        if isinstance(value, int | float) and not isinstance(value, bool):
            value = str(value)  # Where templates are rendered as native objects, a version may be a number.
        return None if value is None else self._checked(argument, lambda: check_text(argument, value))

    def task_globs(  # noqa: DOC503
        self, value: object, task_ids: Iterable[str]
    ) -> tuple[str, ...] | None:
        """
        Read the globs of the tasks to report.

        :param value: A glob, a list of globs, or ``None``.
        :param task_ids: The tasks of the DAG.
        :return: The globs, ``None`` for all tasks.
        :raises MPulseSettingsError: If it is no list of text, or a glob matches no task.
        """
        if value is None:
            return None
        globs = [value] if isinstance(value, str) else value
        if not isinstance(globs, list | tuple | set | frozenset) or not all(
            isinstance(g, str) for g in globs
        ):
            raise self._error(
                argument="task_ids", wrong=f"is {value!r}", right="it must be a list of task IDs or globs"
            )
        known = list(task_ids)
        for glob in globs:
            if not any(fnmatchcase(task_id, glob) for task_id in known):
                raise self._error(
                    argument="task_ids",
                    wrong=f"has {glob!r}, which matches no task",
                    right=_name_nearest(glob, known),
                )
        return tuple(globs)

    def task_timers(  # noqa: DOC503
        self, value: object, task_ids: Iterable[str]
    ) -> dict[str, str]:
        """
        Read the custom timers that hold a task's duration.

        :param value: A mapping of timer names to task IDs, or ``None``.
        :param task_ids: The tasks of the DAG.
        :return: The mapping.
        :raises MPulseSettingsError: If it is no mapping of text, or names a task that the DAG does not have.
        """
        known = list(task_ids)
        timers = self._mapping("task_timers", value)
        for name, task_id in timers.items():
            if not isinstance(task_id, str) or task_id not in known:
                swapped = "; it maps names of timers to task IDs, not the reverse" if name in known else ""
                raise self._error(
                    argument="task_timers",
                    wrong=f"has {task_id!r} for the timer {name!r}, which is no task of the DAG{swapped}",
                    right=_name_nearest(str(task_id), known),
                )
        return dict(timers)

    def _values(self, argument: str, values: object, check: Callable[[str, Any], V]) -> dict[str, V]:
        read: dict[str, V] = {}
        for name, value in self._mapping(argument, values).items():
            if value is None or _is_left_empty(value):
                self.remarks.append(f"The value of {name!r} in {argument} is empty, so it is left out.")
                continue
            read[name] = self._checked(argument, lambda name=name, value=value: check(name, value))  # type: ignore[misc]
        return read

    def _is_empty(self, argument: str, value: object) -> bool:
        if _is_left_empty(value):
            self.remarks.append(f"The value of {argument} is empty, so it is left out.")
            return True
        return value is None

    def _mapping(self, argument: str, values: object) -> Mapping[str, Any]:
        if values is None:
            return {}
        if not isinstance(values, Mapping) or not all(isinstance(name, str) for name in values):
            raise self._error(
                argument=argument,
                wrong=f"is of the type {type(values).__name__}",
                right="it must map names to values",
            )
        return values

    def _checked(self, argument: str, check: Callable[[], V]) -> V:
        try:
            return check()
        except BeaconError as error:
            msg = f"The argument {argument} of {self.owner} cannot be sent: {error}"
            raise MPulseSettingsError(msg) from None

    def _error(self, *, argument: str, wrong: str, right: str) -> MPulseSettingsError:
        return MPulseSettingsError(f"The argument {argument} of {self.owner} {wrong}; {right}.")


def _is_left_empty(value: object) -> bool:
    # What a template makes of nothing, and of None.
    return isinstance(value, str) and value.strip() in {"", "None"}


def _to_number(value: object) -> object:
    if not isinstance(value, str):
        return value
    text = value.strip()
    if re.fullmatch(r"[+-]?[0-9]{1,300}", text):
        return int(text)
    if re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?", text) or _NOT_FINITE.fullmatch(
        text
    ):
        return Decimal(text)
    return value


def _name_nearest(wanted: str, known: list[str]) -> str:
    nearest = difflib.get_close_matches(wanted, known, n=1, cutoff=0.5)
    hint = f"did you mean {nearest[0]!r}; " if nearest else ""
    listed = ", ".join(repr(task_id) for task_id in sorted(known)[:20]) + (", …" if len(known) > 20 else "")
    return f"{hint}its other tasks are {listed}" if known else "it has no other task"
