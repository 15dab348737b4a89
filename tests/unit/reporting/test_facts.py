# SPDX-License-Identifier: Apache-2.0
"""Tests of the facts of runs and tasks."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pendulum
import pytest

from airflow_mpulse.reporting.facts import TaskCounts, TaskFacts, count_states
from tests.support.clocks import START


def test_states_are_counted_each() -> None:
    """Every final task instance is counted under its state, and one that is not final under none."""
    states = ["success", "success", "failed", "skipped", "upstream_failed", "removed"]
    counts = count_states([*states, "running", "up_for_retry", "", "queued"])
    assert counts == TaskCounts(succeeded=2, failed=1, skipped=1, upstream_failed=1, removed=1)
    assert counts.finished == 6


def test_no_states_are_no_counts() -> None:
    """A run without finished tasks has counts of 0."""
    assert count_states([]) == TaskCounts()
    assert TaskCounts().finished == 0


@pytest.mark.parametrize(("map_index", "name"), [(-1, "load"), (0, "load[0]"), (12, "load[12]")])
def test_name_has_the_map_index_of_a_mapped_instance(map_index: int, name: str) -> None:
    """A mapped instance is named with its index, another task without."""
    assert TaskFacts("load", "success", map_index=map_index).name == name


@pytest.mark.parametrize(
    ("started_at", "ended_at", "duration_ms"),
    [
        (START, START + timedelta(microseconds=1_500_499), 1500),
        (START, START, 0),
        (None, START, None),
        (START, None, None),
        (
            datetime(2026, 10, 25, 1, 30, tzinfo=ZoneInfo("Europe/Berlin")),
            datetime(2026, 10, 25, 3, 30, tzinfo=ZoneInfo("Europe/Berlin")),
            10_800_000,
        ),
        (
            pendulum.datetime(2026, 3, 1, tz="Europe/Berlin"),
            pendulum.datetime(2026, 3, 1, 0, 0, 2, tz="Europe/Berlin"),
            2000,
        ),
    ],
    ids=["rounded", "none", "no-start", "no-end", "change-of-summer-time", "pendulum"],
)
def test_duration_is_whole_milliseconds(
    started_at: datetime | None, ended_at: datetime | None, duration_ms: int | None
) -> None:
    """A task's duration is whole milliseconds from start to end, unknown where a side is."""
    assert TaskFacts("load", "success", started_at, ended_at).duration_ms == duration_ms


@pytest.mark.parametrize(
    ("queued_at", "started_at", "wait_ms"),
    [
        (START, START + timedelta(seconds=3), 3000),
        (START, START, 0),
        (None, START, None),
        (START, None, None),
        (START + timedelta(seconds=1), START, None),
    ],
    ids=["waited", "at-once", "not-queued", "not-started", "clocks-disagree"],
)
def test_queue_wait_is_known_or_left_out(
    queued_at: datetime | None, started_at: datetime | None, wait_ms: int | None
) -> None:
    """The wait in the queue is whole milliseconds from 0, unknown where a side is or the clocks disagree."""
    assert TaskFacts("load", "success", started_at, queued_at=queued_at).queue_wait_ms == wait_ms
