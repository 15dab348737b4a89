# SPDX-License-Identifier: Apache-2.0
"""What Airflow's database says, in mPulse's unit and by arithmetic of its own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from demo.metadata import TaskInstanceRow

MILLISECOND = timedelta(milliseconds=1)


def duration_ms(row: TaskInstanceRow) -> int:
    """Give Airflow's own duration in whole milliseconds; it has six decimals, so that nothing is in doubt."""
    assert row.duration_s is not None
    return round(round(row.duration_s * 1_000_000) / 1000)


def wire_ms(instant: datetime | None) -> int:
    """Give an instant as milliseconds since the Unix epoch."""
    assert instant is not None
    return (instant - datetime(1970, 1, 1, tzinfo=UTC)) // MILLISECOND
