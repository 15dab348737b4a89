# SPDX-License-Identifier: Apache-2.0
"""
Variables in a compose file: ``$$``, ``${NAME}`` and ``${NAME:-default}``.

Source: Compose specification, *Interpolation*. Of its forms only these are used here, and others are refused.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_DOLLAR = re.compile(
    r"\$(?:(?P<escaped>\$)|\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^${}]*))?\})?"
)


class ComposeError(ValueError):
    """The compose file, or how it is used, is wrong."""


def interpolate(value: Any, variables: Mapping[str, str]) -> Any:  # noqa: DOC502
    """
    Fill variables in, wherever they stand in a part of the file.

    :param value: A value of the file; keys are left as they are.
    :param variables: The variables.
    :return: The same with the variables filled in; unset ones without a default become empty.
    :raises ComposeError: If there is a form that is not understood.
    """
    if isinstance(value, dict):
        return {key: interpolate(part, variables) for key, part in value.items()}
    if isinstance(value, list):
        return [interpolate(part, variables) for part in value]
    if isinstance(value, str):
        return _DOLLAR.sub(lambda match: _fill_in(match, value, variables), value)
    return value


def _fill_in(match: re.Match[str], text: str, variables: Mapping[str, str]) -> str:
    if match["escaped"]:
        return "$"
    if match["name"] is None:
        message = f"{text!r} has a variable that is not understood; write ${{NAME}}, ${{NAME:-…}} or $$."
        raise ComposeError(message)
    return variables.get(match["name"]) or match["default"] or ""
