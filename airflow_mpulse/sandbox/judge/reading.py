# SPDX-License-Identifier: Apache-2.0
"""
What every rule is given: the fields of one beacon, the app, the tokens and the time of arrival.

Rules ask it for values; it decides nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from airflow_mpulse.sandbox.form import Field, first_values
from airflow_mpulse.sandbox.numbers import parse_whole

if TYPE_CHECKING:
    from airflow_mpulse.sandbox.app import SandboxApp
    from airflow_mpulse.sandbox.tokens import TokenMint


@dataclass(frozen=True, slots=True)
class Reading:
    """
    One beacon before the judge.

    :param fields: Fields in the order in which they were sent.
    :param app: The app that the beacon must fit.
    :param tokens: The mint that recognises its tokens.
    :param now_ms: Time of arrival, milliseconds since the Unix epoch.
    """

    fields: tuple[Field, ...]
    app: SandboxApp
    tokens: TokenMint
    now_ms: int
    values: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        # A frozen value may still fill in what follows from its arguments.
        object.__setattr__(self, "values", first_values(self.fields))

    def text(self, name: str) -> str:
        """
        Look a field up.

        :param name: Name of the field.
        :return: Its first value; empty text where the field is missing.
        """
        return self.values.get(name, "")

    def whole(self, name: str) -> int | None:
        """
        Look a whole number up.

        :param name: Name of the field.
        :return: The number; None where the field is missing or is not a whole number.
        """
        return parse_whole(self.text(name))
