# SPDX-License-Identifier: Apache-2.0
"""A DAG run as a session: the same ID for every beacon of one run, on whichever worker it is made."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID, uuid5

from airflow_mpulse.protocol.beacon import Session

if TYPE_CHECKING:
    from datetime import datetime

    from airflow_mpulse.reporting.facts import RunFacts

#: Made once for this package; another value would give every run another session.
_NAMESPACE = UUID("7b0a1d3e-6c2f-5d84-9a3b-2f1c8e5d4a60")

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def build_session(run: RunFacts, *, length: int | None = None) -> Session:
    """
    Build the session that all beacons of a run share.

    :param run: The run.
    :param length: Pages of the session so far, 1 or more; ``None`` where it is not known.
    :return: The session; it starts with the run.
    """
    return Session(
        session_id=build_session_id(run.dag_id, run.run_id, run.started_at),
        started_at=run.started_at,
        length=length,
    )


def build_session_id(dag_id: str, run_id: str, started_at: datetime) -> str:
    """
    Build a run's session ID.

    :param dag_id: The DAG's ID.
    :param run_id: The run's ID.
    :param started_at: The run's start, with a time zone.
    :return: A UUID, a dash, and the start in seconds since the Unix epoch in base 36.

    Source: WIB ``rt.si``: the form that boomerang sends.
    """
    # A DAG ID holds no line break, so that two runs never make one name.
    name = f"{dag_id}\n{run_id}"
    return f"{uuid5(_NAMESPACE, name)}-{_to_base_36(int(started_at.timestamp()))}"


def _to_base_36(number: int) -> str:
    digits = ""
    while True:
        number, remainder = divmod(number, 36)
        digits = _DIGITS[remainder] + digits
        if number <= 0:
            return digits
