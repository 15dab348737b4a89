# SPDX-License-Identifier: Apache-2.0
"""Tests of the session, against IDs that openssl and bc made."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pendulum
import pytest

from airflow_mpulse.protocol.beacon import Session
from airflow_mpulse.reporting.facts import RunFacts
from airflow_mpulse.reporting.sessions import build_session, build_session_id
from tests.support.clocks import START

RUN_ID = "scheduled__2026-03-01T00:00:00+00:00"


@pytest.mark.parametrize(
    ("run_id", "session_id"),
    [
        (RUN_ID, "fb74c79b-3f9c-5c5e-b38e-19bea09b32e5-tb7yo0"),
        ("manual__2026-03-01T00:00:00+00:00", "a298576d-d8b4-55ef-a581-e960f02d470d-tb7yo0"),
    ],
    ids=["scheduled", "manual"],
)
def test_session_id_never_changes(run_id: str, session_id: str) -> None:
    """A run's session ID is what ``openssl dgst -sha1`` and ``bc`` make of namespace, names and start."""
    assert build_session_id("daily_sales", run_id, START) == session_id


@pytest.mark.parametrize(
    "start",
    [
        START,
        START + timedelta(microseconds=999_999),
        datetime(2026, 3, 1, 13, tzinfo=ZoneInfo("Europe/Berlin")),
        pendulum.datetime(2026, 3, 1, 21, tz="Asia/Tokyo"),
    ],
    ids=["utc", "parts-of-a-second", "zone", "pendulum"],
)
def test_session_id_is_the_same_on_every_worker(start: datetime) -> None:
    """Workers that see the same instant in other zones or kinds make the same session ID."""
    assert build_session_id("daily_sales", RUN_ID, start).endswith("9bea09b32e5-tb7yo0")


@pytest.mark.parametrize(
    ("seconds", "digits"), [(0, "0"), (35, "z"), (36, "10"), (1295, "zz"), (1296, "100")]
)
def test_start_is_written_in_base_36(seconds: int, digits: str) -> None:
    """The part after the UUID is the start in seconds since the Unix epoch, in base 36."""
    start = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    assert build_session_id("a", "b", start)[37:] == digits


def test_names_are_not_run_together() -> None:
    """Two runs whose DAG and run IDs make the same letters in a row have different sessions."""
    assert build_session_id("ab", "c", START) != build_session_id("a", "bc", START)


@pytest.mark.parametrize("dag_id", ["日次売上", "a.b", "a" * 250])
def test_session_id_of_any_name_is_plain(dag_id: str) -> None:
    """A session ID has the form UUID, dash, base 36, whatever the names are."""
    assert re.fullmatch(
        r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}-tb7yo0", build_session_id(dag_id, "r", START)
    )


def test_session_starts_with_the_run() -> None:
    """A run's session starts when the run does, and has the length that is known."""
    run = RunFacts("daily_sales", RUN_ID, START)
    session_id = "fb74c79b-3f9c-5c5e-b38e-19bea09b32e5-tb7yo0"
    assert build_session(run) == Session(session_id, START, None)
    assert build_session(run, length=4) == Session(session_id, START, 4)
