# SPDX-License-Identifier: Apache-2.0
"""Rows that a person judges: tasks and runs that are said to have ended, or to have ended in another way."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow_mpulse.airflow_facts.reading import is_final

#: Airflow sets the end of a row and writes the row within moments; a row that had ended keeps its end.
WRITTEN_WITHIN = timedelta(milliseconds=500)


def was_ended_before(row: Any) -> bool:
    """
    Tell whether a row had ended before it was given the state that it has now.

    Airflow itself does not tell: a listener hears the same whether a run is ended or judged anew.

    :param row: The row of a task instance or a run, in its session.
    :return: Whether it had; its end was reported then.
    """
    from sqlalchemy import inspect

    attributes = inspect(row).attrs
    state = attributes["_state"] if "_state" in attributes else attributes["state"]
    if any(is_final(previous) for previous in state.history.deleted or ()):
        return True
    ended_at, written_at = row.end_date, getattr(row, "updated_at", None)
    # The scheduler tells of a run before it writes it: what was written last is older than the end then.
    return bool(ended_at and written_at and written_at - ended_at > WRITTEN_WITHIN)
